"""The stores that one can go to."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from tui.screens.modals.picker import Choice, Picker
from tui.view.glyphs import GLYPHS
from tui.view.stores import StoreEntry
from tui.view.table import Cell, Column, ListRows
from tui.widgets.line import Line
from tui.widgets.table import Table
from tui.widgets.whole_text import WholeText


class Stores(Picker):
    """Saved stores and the one that was named on the command line; ends with the key of the one to go to."""

    CSS_PATH = ["dialogue.tcss", "stores.tcss"]  # type: ignore[assignment]  # noqa: RUF012 (Textual takes both)

    def __init__(self, entries: Sequence[StoreEntry], current: str) -> None:
        """`current` is the key of the store that is on screen."""
        self._entries = {entry.key: entry for entry in entries}
        choices = [Choice(entry.key, entry.name, f"{entry.kind} {entry.address} {entry.ssh}") for entry in entries]
        super().__init__("Stores", choices, current)

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            field = Input(placeholder="type to narrow", compact=True)
            field.cursor_blink = False
            yield field
            yield Table(frozen=2, empty="nothing is called that", driven=True)
            yield WholeText(list(map(_whole, self._entries.values())))
            yield Line(classes="hint")

    def on_mount(self) -> None:
        super().on_mount()
        saved = any(entry.saved for entry in self._entries.values())
        add = "flowdeck stores add NAME URI"
        self.query_one(".hint", Line).show(
            [(f"{add} saves another one" if saved else f"no store is saved yet: {add} saves one", "dim")]
        )

    def narrow(self) -> None:
        super().narrow()
        self._tell()

    def on_table_moved(self) -> None:
        self._tell()

    def _tell(self) -> None:
        """The whole of the store that the cursor is on: the list may have cut it."""
        key = self.query_one(Table).key
        self.query_one(WholeText).show("" if key is None else _whole(self._entries[key]))

    def rows(self, kept: Sequence[Choice]) -> ListRows:
        rows = []
        for choice in kept:
            entry = self._entries[choice.id]
            mark = Cell(GLYPHS.running, "good") if entry.key == self._chosen else Cell("")
            name = Cell(entry.name, "name") if entry.saved else Cell("not saved", "dim")
            through = Cell(f"via {entry.ssh}", "accent") if entry.ssh else Cell("")
            rows.append((entry.key, (mark, name, Cell(entry.kind, "dim"), Cell(entry.address), through)))
        columns = (
            Column("mark", "", least=1, most=1),
            Column("name", "Name", least=9, most=40, ends=True),
            Column("kind", "Kind", least=4, most=13),
            Column("address", "Address", least=10, most=200, ends=True),
            Column("ssh", "", least=0, most=60),
        )
        return ListRows(columns, rows)


def _whole(entry: StoreEntry) -> str:
    name = entry.name or "not saved"
    through = (f"via {entry.ssh}",) if entry.ssh else ()
    return f" {GLYPHS.gap} ".join((name, entry.kind, *through, entry.address))
