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
from textual.widgets import Input

from store.entities import KeyCount
from store.groups import GroupKey, Level, group_key_of
from store.seeds import Proposal
from tui.bindings import bindings, key_of, some_bindings
from tui.keys import Place
from tui.screens.modals.dialogue import Dialogue
from tui.view.glyphs import GLYPHS
from tui.view.group_choice import PROPOSAL, GroupChoice, choice_rows
from tui.view.groups import levels_text
from tui.view.text import clean
from tui.widgets.line import Line
from tui.widgets.table import Table

LOOKING: Final = f"looking for seeds and folds {GLYPHS.ellipsis}"
NOTHING_FOUND: Final = "no seeds or folds found"


class GroupingScreen(Dialogue[tuple[Level, ...] | None]):
    """What is proposed, what is chosen and all other keys; ends with the levels, or None."""

    BINDINGS = [*bindings(Place.GROUPING), *some_bindings("help", "find")]  # noqa: RUF012 (Textual's attribute)

    @dataclass
    class KeysWanted(Message):
        """What the store has under keys like this is to be looked up."""

        text: str

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, GroupingScreen.KeysWanted)

    class ProposalsWanted(Message):
        """It is to be found out what the runs may be meant to be grouped by."""

    def __init__(self, levels: tuple[Level, ...], asked: MessagePump, *, at_once: bool = False) -> None:
        """`levels` are what the runs are grouped by now; `asked` is the screen that looks keys up; `at_once`: the first
        of what is proposed is meant.
        """
        super().__init__()
        self._asked = asked
        self._choice = self._given = GroupChoice(levels)
        self._proposals: Sequence[Proposal] = ()
        self._found: Sequence[KeyCount] = ()
        self._note = ""
        self._at_once = at_once
        """True if Enter was pressed before it was known what is proposed."""
        self._verdict = LOOKING
        """What became of looking for proposals."""

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
        self._asked.post_message(self.ProposalsWanted())

    def found(self, text: str, keys: Sequence[KeyCount], note: str) -> None:
        """What the store has, if it is still what is looked for; `note` says what is not told."""
        if text == self.entry.value:
            self._found, self._note = keys, note
            self._list()

    def proposed(self, proposals: Sequence[Proposal], note: str) -> None:
        """What the runs may be meant to be grouped by; the cursor goes to the first of them, if it was not moved."""
        first = self._verdict == LOOKING and self.table.cursor == 0 and not self.entry.value
        self._proposals = proposals
        self._verdict = note if proposals else NOTHING_FOUND
        self._list()
        if first:
            self.table.go_to_row(0)
            if self._at_once and proposals:
                self._group()

    def not_proposed(self) -> None:
        """The proposals that are looked for do not come."""
        if self._verdict == LOOKING:
            self._verdict, self._at_once = "nobody could look for seeds and folds", False
            self._list()

    def _list(self) -> None:
        levels = len(self._choice.levels)
        told = "choose one or several keys" if not levels else f"{levels} levels" if levels > 1 else "chosen"
        pieces = [("Group by", "title"), (told, "accent")]
        pieces += [(clean(text), "dim") for text in (self._verdict, self._note) if text]
        self.query_one(".title", Line).show(pieces)
        self.table.show(choice_rows(self._choice, self._proposals, self._found, self.entry.value))
        self._hint()

    def _hint(self) -> None:
        """What the keys do here, Enter first: that depends on where the cursor is."""

        def named(entry: str) -> str:
            return key_of(self, entry)

        meant = self._meant
        groups = f"Enter groups {levels_text(meant)}" if meant else ""
        if self._waits:
            groups = "Enter groups by what is found"
        others = (
            f"{named('grouping_toggle')} adds a key, {named('grouping_level')} one level below, "
            f"{named('find')} finds, {named('grouping_none')} no groups, Esc closes"
        )
        pieces = [(groups, "accent"), (others, "dim")] if groups else [(others, "dim")]
        self.query_one(".hint", Line).show(pieces)

    @property
    def _waits(self) -> bool:
        """True while Enter means what is looked for: it will stand first, and who does not choose means that."""
        chose = self._choice.levels or self.entry.value
        return self._verdict == LOOKING and self.table.cursor == 0 and not chose

    @property
    def _meant(self) -> tuple[Level, ...] | None:
        """What Enter groups by: what is proposed under the cursor, else what was chosen here, else the key under the
        cursor; one that is chosen already stands for all that are.
        """
        key = self.table.key
        if key is not None and key.startswith(PROPOSAL):
            return (self._proposals[int(key.removeprefix(PROPOSAL))].keys,)
        chosen = self._choice.levels
        if chosen and (
            key is None or self._choice != self._given or self._choice.level_of(group_key_of(key)) is not None
        ):
            return chosen
        return None if key is None else ((group_key_of(key),),)

    def on_input_changed(self) -> None:
        self._at_once = False
        self._list()
        self._asked.post_message(self.KeysWanted(self.entry.value))

    def on_input_submitted(self) -> None:
        self.table.focus()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()
        self._at_once = False
        self._hint()

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        self._at_once = self._waits
        if not self._at_once:
            self._group()

    def _group(self) -> None:
        if (meant := self._meant) is not None:
            self.dismiss(meant)

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
        self._choice, self._at_once = choice, False
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
