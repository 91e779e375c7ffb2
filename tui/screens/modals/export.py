"""What is exported, as which format, and to which file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from tui.parquet import INSTALL, parquet_possible
from tui.screens.modals.dialogue import Dialogue
from tui.view.export import ENDINGS, Format
from tui.view.export_choice import FORMATS, ExportChoice, format_name, renamed
from tui.view.glyphs import GLYPHS
from tui.view.status import store_title
from tui.view.table import Cell, Column, ListRows
from tui.widgets.line import Line
from tui.widgets.table import Table
from tui.widgets.tabs import Tabs

_DETAILS = (Column("columns", "", most=40), Column("left out", "", least=0, most=40))

FRAME = 1
"""Lines of the table that are no choices: that of the titles."""


@dataclass(frozen=True, slots=True)
class ExportChosen:
    """What is to be exported."""

    id: str
    format: Format
    path: str
    """As it was typed."""


class ExportScreen(Dialogue[ExportChosen | None]):
    """Ends with what was chosen, or None; whether a file is there is found out when it is written."""

    CSS_PATH = ["dialogue.tcss", "export.tcss"]  # type: ignore[assignment]  # noqa: RUF012 (Textual takes both)

    def __init__(self, choices: Sequence[ExportChoice], names: Sequence[str], chosen: Format = Format.CSV) -> None:
        """`names` are those of the files that are proposed for the choices, with the ending of the `chosen` format."""
        super().__init__()
        self._choices = choices
        self._proposals = {choice.id: name for choice, name in zip(choices, names, strict=True)}
        self._proposed = names[0]
        """What is proposed for the choice under the cursor."""
        self._given = self._format = chosen

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            yield Table(frozen=0, driven=True)
            yield Tabs([format_name(one) for one in FORMATS])
            with Horizontal():
                yield Label("to")
                field = Input(self._proposed, compact=True)
                field.cursor_blink = False
                yield field
            yield Line(classes="hint")

    def on_mount(self) -> None:
        how = f"{'/'.join(GLYPHS.arrows[:2])} what, Tab the format, Enter writes, Esc does not"
        self.query_one(".title", Line).show([("Export", "title"), (how, "dim")])
        table = self.query_one(Table)
        table.can_focus = False
        rows = [
            (one.id, (Cell(one.text, "name"), Cell(one.amount), Cell(one.columns), Cell(one.left_out, "warn")))
            for one in self._choices
        ]
        table.styles.height = len(rows) + FRAME
        columns = (Column("what", "What", least=10, most=40), Column("amount", "", "right"), *_DETAILS)
        table.show(ListRows(columns, rows))
        self._show_format()
        self.query_one(Input).focus()

    def _show_format(self) -> None:
        self.query_one(Tabs).chosen = FORMATS.index(self._format)
        missing = [(f"it needs pyarrow: {INSTALL}", "warn")]
        self.query_one(".hint", Line).show(missing if self._missing else [(_here(), "dim")])

    @property
    def _missing(self) -> bool:
        """True if the format cannot be written here."""
        return self._format is Format.PARQUET and not parquet_possible()

    def _choose(self, format_: Format) -> None:
        """Another format, with which the ending of the name goes."""
        field = self.query_one(Input)
        path, self._format = renamed(field.value, self._format, format_), format_
        if path != field.value:
            at_end = field.cursor_position == len(field.value)
            field.value = path
            if at_end:
                field.cursor_position = len(path)
        self._show_format()

    def on_tabs_clicked(self, event: Tabs.Clicked) -> None:
        event.stop()
        self._choose(FORMATS[event.index])

    def on_input_changed(self, event: Input.Changed) -> None:
        """An ending that was typed says which format is meant."""
        typed = ENDINGS.get(os.path.splitext(event.value)[1].lower())
        if typed is not None and typed is not self._format:
            self._format = typed
            self._show_format()

    def on_input_submitted(self) -> None:
        self._end()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        self._end()

    def on_table_moved(self, event: Table.Moved) -> None:
        """Proposes another name, unless one was typed."""
        event.stop()
        field, before = self.query_one(Input), self._proposed
        self._proposed = self._proposals[self._choices[event.index].id]
        if field.value == renamed(before, self._given, self._format):
            field.value = renamed(self._proposed, self._given, self._format)
            field.cursor_position = len(field.value)

    def _end(self) -> None:
        key, path = self.query_one(Table).key, self.query_one(Input).value.strip()
        if key is not None and path and not self._missing:
            self.dismiss(ExportChosen(key, self._format, path))

    def on_key(self, event: events.Key) -> None:
        """Typing is the name; what moves a cursor moves that of the list, Tab that of the formats."""
        table, place = self.query_one(Table), FORMATS.index(self._format)
        if event.key in ("up", "down"):
            table.action_move(1 if event.key == "down" else -1)
        elif event.key in ("tab", "shift+tab"):
            self._choose(FORMATS[(place + (1 if event.key == "tab" else -1)) % len(FORMATS)])
        elif event.key == "escape":
            self.dismiss(None)
        else:
            return
        event.stop()
        event.prevent_default()


def _here() -> str:
    """What names of files start from; nothing is said of a folder that is gone."""
    try:
        return f"in {store_title(os.getcwd())}"
    except OSError:
        return ""
