"""Choosing what the runs are grouped by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import ModalScreen
from textual.widgets import Input

from store.entities import KeyCount
from store.groups import GroupKey, Level, group_key_of
from store.seeds import Proposal
from tui.bindings import bindings, key_of, some_bindings
from tui.keys import Place
from tui.view.glyphs import GLYPHS
from tui.view.group_choice import PROPOSAL, GroupChoice, choice_rows
from tui.view.text import clean
from tui.widgets.line import Line
from tui.widgets.table import Table

LOOKING: Final = f"looking for seeds and folds {GLYPHS.ellipsis}"


class GroupingScreen(ModalScreen[tuple[Level, ...] | None]):
    """What is proposed, what is chosen and all other keys; ends with the levels, or None."""

    CSS_PATH = "grouping.tcss"
    BINDINGS = [*bindings(Place.GROUPING), *some_bindings("help", "find")]  # noqa: RUF012 (Textual's attribute)

    @dataclass
    class KeysWanted(Message):
        """What the store has under keys like this is to be looked up."""

        text: str

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, GroupingScreen.KeysWanted)

    def __init__(self, levels: tuple[Level, ...], asked: MessagePump) -> None:
        """`levels` are what the runs are grouped by now; `asked` is the screen that looks keys up."""
        super().__init__()
        self._asked = asked
        self._choice = GroupChoice(levels)
        self._proposals: Sequence[Proposal] = ()
        self._found: Sequence[KeyCount] = ()
        self._note = ""
        self._looking = True

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Line(classes="title")
            entry = Input(placeholder="a part of a key", compact=True)
            entry.cursor_blink = False
            entry.display = False
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
        self.table.focus()
        self._asked.post_message(self.KeysWanted(""))

    def found(self, text: str, keys: Sequence[KeyCount], note: str) -> None:
        """What the store has, if it is still what is looked for; `note` says what is not told."""
        if text == self.entry.value:
            self._found, self._note = keys, note
            self._list()

    def proposed(self, proposals: Sequence[Proposal], note: str) -> None:
        """What the runs may be meant to be grouped by; the cursor goes to the first of them, if it was not moved."""
        first = self._looking and self.table.cursor == 0
        self._proposals, self._looking = proposals, False
        if note and proposals:
            self._note = note
        self._list()
        if first:
            self.table.go_to_row(0)

    def not_proposed(self) -> None:
        """Nobody could look for proposals."""
        self._looking = False
        self._list()

    def _list(self) -> None:
        levels = len(self._choice.levels)
        told = "choose one or several keys" if not levels else f"{levels} levels" if levels > 1 else "chosen"
        pieces = [("Group by", "title"), (told, "accent")]
        if self._looking:
            pieces.append((LOOKING, "dim"))
        elif self._note:
            pieces.append((clean(self._note), "dim"))
        self.query_one(".title", Line).show(pieces)
        self.table.show(choice_rows(self._choice, self._proposals, self._found, self.entry.value))

        def named(entry: str) -> str:
            return key_of(self, entry)

        hint = (
            f"Enter groups, {named('grouping_toggle')} adds a key, {named('grouping_level')} adds it one level below, "
            f"{named('find')} finds, {named('grouping_none')} no groups, Esc closes"
        )
        self.query_one(".hint", Line).show([(hint, "dim")])

    def on_input_changed(self) -> None:
        self._list()
        self._asked.post_message(self.KeysWanted(self.entry.value))

    def on_input_submitted(self) -> None:
        self.table.focus()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def on_table_opened(self, event: Table.Opened) -> None:
        """Groups by what is proposed, else by what is chosen, else by the key under the cursor."""
        event.stop()
        key = self.table.key
        if key is not None and key.startswith(PROPOSAL):
            self.dismiss((self._proposals[int(key.removeprefix(PROPOSAL))].keys,))
        elif self._choice.levels:
            self.dismiss(self._choice.levels)
        elif key is not None:
            self.dismiss(((group_key_of(key),),))

    def on_key(self, event: events.Key) -> None:
        """One layer at a time: what was typed, then the screen."""
        table, entry = self.table, self.entry
        if event.key == "escape":
            if entry.display:
                entry.value = ""
                entry.display = False
                table.focus()
                self._list()
            else:
                self.dismiss(None)
        elif entry.has_focus and event.key in ("up", "down"):
            table.action_move(-1 if event.key == "up" else 1)
        else:
            return
        event.stop()
        event.prevent_default()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is typed is typed."""
        return not (action.startswith("grouping_") or action == "find") or self.table.has_focus

    # Keys

    def action_find(self) -> None:
        self.entry.display = True
        self.entry.focus()

    def _key(self) -> GroupKey | None:
        key = self.table.key
        return None if key is None or key.startswith(PROPOSAL) else group_key_of(key)

    def _change(self, choice: GroupChoice, key: GroupKey) -> None:
        self._choice = choice
        self._list()
        if (row := self.table.rows.find(key.id)) is not None:
            self.table.go_to_row(row)

    def action_grouping_toggle(self) -> None:
        if (key := self._key()) is not None:
            self._change(self._choice.toggled(key), key)

    def action_grouping_level(self) -> None:
        if (key := self._key()) is not None:
            self._change(self._choice.split(key), key)

    def action_grouping_none(self) -> None:
        self.dismiss(())
