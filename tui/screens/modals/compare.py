"""Runs side by side on a screen of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen
from textual.widgets import Input

from store.compare import Comparison, Row, compare
from store.entities import Run
from tui import messages
from tui.bindings import bindings, key_of, some_bindings
from tui.keys import Place
from tui.view.cells import plural
from tui.view.compare import BASELINE, compare_rows, heading_of, run_titles
from tui.widgets.line import Line
from tui.widgets.table import Table


class CompareScreen(ModalScreen[str | None]):
    """Keys below each other, runs beside each other, of which one is chosen; ends with the id of the run to go to."""

    CSS_PATH = "compare.tcss"
    BINDINGS = [*bindings(Place.COMPARE), *some_bindings("help", "cancel")]  # noqa: RUF012 (Textual's attribute)

    @dataclass
    class ExportWanted(Message):
        """What is compared is to be written to a file."""

        comparison: Comparison
        rows: Sequence[Row]
        """Those that are listed."""

    def __init__(
        self, runs: Sequence[Run], names: Mapping[str, str], directions: Mapping[str, bool], target: MessagePump
    ) -> None:
        """`runs` were read whole; `names` are those of experiments by id; `directions` are metrics of which the user
        said whether more is better; `target` is told `ExportWanted`.
        """
        super().__init__()
        self._target = target
        self._runs = runs
        self._names = dict(names)
        self._directions = directions
        self._compared = compare(runs, directions=directions)
        self._shown: Mapping[str, Row] = {}
        """The rows on screen, by what they are called."""
        self._everything = False
        self._chosen = 1 if len(runs) > 1 else 0
        """The run that keys are about."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            field = Input(placeholder="a part of a key", compact=True)
            field.cursor_blink = False
            field.display = False
            yield field
            yield Table(frozen=1, empty="no key is called that")
            yield Line(classes="hint")

    @property
    def comparison(self) -> Comparison:
        """What is shown."""
        return self._compared

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def field(self) -> Input:
        return self.query_one(Input)

    def on_mount(self) -> None:
        self._list()
        self.table.focus()

    def _list(self) -> None:
        rows = self._compared.rows if self._everything else self._compared.differing
        words = self.field.value.casefold().split()
        kept = [row for row in rows if all(word in heading_of(row).casefold() for word in words)]
        self._shown = {heading_of(row): row for row in kept}
        empty = "no key is called that" if words else "these runs differ in nothing that is compared"
        self.table.show(compare_rows(self._compared, kept, self._names, self._chosen, self.app.size.width), empty=empty)
        titles = run_titles(self._compared)
        same = len(self._compared.rows) - len(self._compared.differing)
        pieces = [
            ("Compare", "title"),
            (plural(len(self._runs), "run"), "accent"),
            (plural(len(kept), "key"), ""),
            (f"{BASELINE} baseline {titles[self._compared.baseline]}", "dim"),
        ]
        if same and not self._everything:
            pieces.append((f"{same} the same in all are hidden", "dim"))
        self.query_one(".title", Line).show(pieces)

        def named(entry: str) -> str:
            return key_of(self, entry)

        other = "differing" if self._everything else "all"
        hint = (
            f"{named('compare_next')}/{named('compare_previous')} other run, Enter goes to it, "
            f"{named('compare_baseline')} baseline, {named('compare_all')} {other}, "
            f"{named('compare_find')} find, Esc closes"
        )
        self.query_one(".hint", Line).show([(hint, "dim")])

    def on_key(self, event: events.Key) -> None:
        """One layer at a time: what was typed, then the screen."""
        if event.key != "escape":
            return
        event.stop()
        if self.field.display:
            self.field.value = ""
            self.field.display = False
            self.table.focus()
            self._list()
        else:
            self.dismiss(None)

    def on_input_changed(self) -> None:
        self._list()

    def on_input_submitted(self) -> None:
        self.table.focus()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        self.dismiss(self._runs[self._chosen].run_id)

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    # Keys

    def action_compare_run(self, steps: int) -> None:
        """Chooses another run."""
        self._chosen = (self._chosen + steps) % len(self._runs)
        self._list()
        self.table.bring(self._chosen + 1)

    def action_compare_baseline(self) -> None:
        """Measures the others against the chosen run."""
        self._compared = compare(self._runs, self._chosen, self._directions)
        self._list()

    def action_compare_all(self) -> None:
        """What differs, or everything."""
        self._everything = not self._everything
        self._list()

    def action_compare_find(self) -> None:
        """Asks for a part of a key."""
        self.field.display = True
        self.field.focus()

    def action_compare_export(self) -> None:
        """Asks for a file to write what is compared to."""
        self._target.post_message(self.ExportWanted(self._compared, list(self._shown.values())))

    def action_compare_copy_id(self) -> None:
        """Copies the id of the chosen run."""
        self.app.post_message(messages.CopyWanted("run id", self._runs[self._chosen].run_id))

    def action_compare_copy_value(self) -> None:
        """Copies what the chosen run has under the key that the cursor is on, whole."""
        row = self._shown.get(self.table.key or "")
        value = None if row is None else row.values[self._chosen]
        self.app.post_message(messages.CopyWanted("value", "" if value is None else str(value)))
