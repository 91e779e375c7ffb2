"""Choosing the columns of the runs table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets import Input

from store.entities import KeyCount
from tui.bindings import bindings, key_of, some_bindings
from tui.keys import Place
from tui.screens.modals.dialogue import Dialogue
from tui.screens.modals.picker import Choice, Picker
from tui.view.column_choice import ColumnChoice, choice_rows, column_named, comes_to_best
from tui.view.glyphs import GLYPHS
from tui.view.run_columns import RunColumn
from tui.view.text import clean
from tui.widgets.line import Line
from tui.widgets.table import Table

TYPE: Final = "type to find a column"
LOOKING: Final = f"looking {GLYPHS.ellipsis}"
STEP: Final = "the step whose value is shown, then Enter"


@dataclass(frozen=True, slots=True)
class ColumnsChosen:
    """How the choice ended."""

    choice: ColumnChoice | None
    """None: the program chooses again."""
    directions: Mapping[str, bool] = field(default_factory=dict)
    """Metrics of which the user said whether more is better."""


class ColumnsScreen(Dialogue[ColumnsChosen]):
    """The columns that are shown and all others; typing narrows them, in the list letters change one."""

    BINDINGS = [*bindings(Place.COLUMNS), *some_bindings("help")]  # noqa: RUF012 (Textual's attribute)

    @dataclass
    class KeysWanted(Message):
        """What the store has under keys like this is to be looked up."""

        text: str

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ColumnsScreen.KeysWanted)

    def __init__(
        self,
        choice: ColumnChoice,
        widths: Mapping[str, int],
        ups: Mapping[str, bool | None],
        asked: MessagePump,
    ) -> None:
        """`widths` are those of the columns on screen by id; `ups` tell of metrics whether more is better; `asked` is
        the screen that looks keys up.
        """
        super().__init__()
        self._asked = asked
        self._choice = choice
        self._widths = widths
        self._ups = dict(ups)
        self._said: dict[str, bool] = {}
        self._found: Sequence[KeyCount] = ()
        self._note = LOOKING
        self._for_step = ""
        """The column whose step is being typed."""

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            entry = Input(placeholder=TYPE, compact=True)
            entry.cursor_blink = False
            yield entry
            yield Table(frozen=2, empty="nothing is called that")
            yield Line(classes="hint")

    @property
    def table(self) -> Table:
        return self.query_one(Table)

    @property
    def entry(self) -> Input:
        return self.query_one(Input)

    def on_mount(self) -> None:
        self._list()
        self.entry.focus()
        self._asked.post_message(self.KeysWanted(""))
        self._hint()

    def found(self, text: str, keys: Sequence[KeyCount], note: str) -> None:
        """What the store has, if it is still what is looked for; `note` says what is not told."""
        if text == self._typed:
            self._found, self._note = keys, note
            self._list()

    @property
    def _typed(self) -> str:
        return "" if self._for_step else self.entry.value

    def _list(self) -> None:
        shown = len(self._choice.columns)
        pieces = [("Columns", "title"), (f"{shown} shown", "accent")]
        if self._note:
            pieces.append((self._note, "dim"))
        self.query_one(".title", Line).show(pieces)
        signs = {key: GLYPHS.up if up else GLYPHS.down for key, up in self._ups.items() if up is not None}
        directions = {key: f"better {sign}" for key, sign in signs.items()}
        empty = self._note if self._note == LOOKING else "nothing is called that"
        self.table.show(choice_rows(self._choice, self._found, self._typed, directions), empty=empty)

    def _hint(self) -> None:
        def named(*entries: str) -> str:
            return "/".join(key_of(self, entry) for entry in entries)

        if self.table.has_focus:
            hints = [
                f"{named('column_toggle')} shows/hides",
                f"{named('help')} all keys",
                f"{named('column_up', 'column_down')} move",
                f"{named('column_aggregate')} best/min",
                f"{named('column_spark')} curve",
            ]
        else:
            hints = ["Enter shows/hides", "Tab to the list", "Esc is done"]
        self.query_one(".hint", Line).show([(hint, "dim") for hint in hints])

    def on_descendant_focus(self) -> None:
        self._hint()

    def on_input_changed(self) -> None:
        if not self._for_step:
            self._note = LOOKING
            self._list()
            self._asked.post_message(self.KeysWanted(self.entry.value))

    def on_input_submitted(self) -> None:
        if self._for_step:
            self._step_typed()
        else:
            self.action_column_toggle()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        self.action_column_toggle()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def on_key(self, event: events.Key) -> None:
        """While something is typed, what moves a cursor moves the list's."""
        table = self.table
        if event.key == "tab":
            (self.entry if table.has_focus else table).focus()
        elif event.key == "escape":
            self._leave()
        elif self.entry.has_focus and event.key in ("up", "down"):
            table.action_move(-1 if event.key == "up" else 1)
        elif self.entry.has_focus and event.key in ("pageup", "pagedown"):
            table.action_page(-1.0 if event.key == "pageup" else 1.0)
        else:
            return
        event.stop()
        event.prevent_default()

    def _leave(self) -> None:
        """One layer: the step, what was typed, then the choice is done."""
        if self._for_step:
            self._ask_for_text()
        elif self.entry.value:
            self.entry.value = ""
        else:
            self.dismiss(ColumnsChosen(self._choice, self._said))

    def _ask_for_text(self) -> None:
        self._for_step = ""
        self.entry.placeholder, self.entry.value = TYPE, ""
        self.table.focus()

    def _step_typed(self) -> None:
        try:
            step = int(self.entry.value)
        except ValueError:
            self.notify("a step is a whole number", severity="warning", timeout=4)
            return
        key = self._for_step
        self._ask_for_text()
        self._change(self._choice.at_step(key, step), key)

    # Keys of the list

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed is typed."""
        return not action.startswith("column_") or action == "column_toggle" or self.table.has_focus

    def _change(self, choice: ColumnChoice, key: str) -> None:
        """Another choice; the cursor stays on the column with that id, or on what has taken its place."""
        place = self._choice.place(key)
        self._choice = choice
        self._list()
        if choice.place(key) is None and place is not None and place < len(choice.columns):
            found = self.table.rows.find(choice.columns[place].id)
            if found is not None:
                self.table.cursor = found

    def action_column_toggle(self) -> None:
        key = self.table.key
        if key is not None:
            self._change(self._choice.toggled(column_named(key, self._choice)), key)

    def action_column_move(self, steps: int) -> None:
        self._change(self._choice.moved(self.table.key or "", steps), "")

    def action_column_size(self, steps: int) -> None:
        key = self.table.key or ""
        self._change(self._choice.sized(key, steps or None, self._widths.get(key, 12)), key)

    def action_column_freeze(self) -> None:
        self._change(self._choice.frozen_to(self.table.key or ""), "")

    def action_column_aggregate(self) -> None:
        """The next thing of a history; for the best value it has to be known what is better."""
        key = self.table.key or ""
        place = self._choice.place(key)
        column = None if place is None else self._choice.columns[place]
        if column is None:
            return
        up = self._ups.get(column.key)
        if comes_to_best(column) and up is None:
            self._ask_what_is_better(column)
        else:
            self._change(self._choice.aggregated(key, up), key)

    def _ask_what_is_better(self, column: RunColumn) -> None:
        """Once: what is said is remembered; without an answer there is no best value."""
        choices = [Choice("up", "more is better"), Choice("down", "less is better")]

        def said(answer: str | None) -> None:
            if answer is not None:
                self._direct(column.key, up=answer == "up")
            self._change(self._choice.aggregated(column.id, self._ups.get(column.key)), column.id)

        self.app.push_screen(Picker(f"What is better of {clean(column.key)}?", choices), said)

    def action_column_spark(self) -> None:
        key = self.table.key or ""
        self._change(self._choice.sparked(key), key)

    def action_column_double(self) -> None:
        self._change(self._choice.doubled(self.table.key or ""), "")

    def action_column_step(self) -> None:
        key = self.table.key or ""
        place = self._choice.place(key)
        if place is None or self._choice.columns[place].kind != "metrics":
            self.notify("only a metric that is shown has a value at a step", severity="warning", timeout=4)
            return
        self._for_step = key
        self.entry.placeholder, self.entry.value = STEP, ""
        self.entry.focus()

    def action_column_direction(self) -> None:
        """Says whether more of a metric is better: up, then down."""
        key = self.table.key
        column = None if key is None else column_named(key, self._choice)
        if column is None or column.kind != "metrics":
            self.notify("only metrics have a direction", severity="warning", timeout=4)
            return
        self._direct(column.key, up=not self._ups.get(column.key))

    def _direct(self, metric: str, *, up: bool) -> None:
        """What is best of the metric follows."""
        self._ups[metric] = self._said[metric] = up
        self._change(self._choice.directed(metric, up), "")

    def action_column_reset(self) -> None:
        self.dismiss(ColumnsChosen(None, self._said))
