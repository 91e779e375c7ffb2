"""Choosing what runs are sorted by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual.message import Message
from textual.message_pump import MessagePump
from textual.widgets import Input

from store.entities import KeyCount
from tui.screens.modals.picker import Choice, Picker
from tui.view import cells
from tui.view.glyphs import GLYPHS
from tui.view.order import BEST_WORD, OrderChoice, with_best, with_keys
from tui.widgets.table import Table


class SortScreen(Picker):
    """Attributes and what the runs on screen have at once, then what the store has under keys like what is typed."""

    @dataclass
    class KeysWanted(Message):
        """What the store has under keys like this is to be looked up."""

        text: str

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, SortScreen.KeysWanted)

    def __init__(
        self,
        title: str,
        choices: Sequence[OrderChoice],
        chosen: str,
        directions: Mapping[str, bool],
        asked: MessagePump,
    ) -> None:
        """`choices` are those that are known, the id of a column `chosen`; `directions` are metrics of which the user
        said whether more is better; `asked` is the screen that looks keys up.
        """
        self._directions = directions
        self._best = False
        """True if best values are looked for."""
        self._known = choices
        self._asked = asked
        self._looking = True
        self._meant = False
        """True if what comes first is to be picked as soon as it was looked up."""
        self._by_id: dict[str, OrderChoice] = {}
        super().__init__(title, (), chosen)
        self._offer(())

    def _offer(self, found: Sequence[KeyCount]) -> None:
        offered = with_keys(self._known, found)
        if self._best:
            offered = with_best(offered, self._directions)
        self._by_id = {choice.column.id: choice for choice in offered}
        self._choices = [Choice(key, choice.title, _detail(choice)) for key, choice in self._by_id.items()]

    def choice(self, key: str) -> OrderChoice:
        """What the id stands for that was picked."""
        return self._by_id[key]

    def on_mount(self) -> None:
        super().on_mount()
        self._look()

    def _look(self) -> None:
        self._looking = True
        self.say(f"looking {GLYPHS.ellipsis}", "dim")
        self._asked.post_message(self.KeysWanted(self._typed))

    @property
    def _typed(self) -> str:
        """What the key is to have in it."""
        words = self.query_one(Input).value.split()
        self._best = BEST_WORD in words
        return " ".join(word for word in words if word != BEST_WORD)

    def on_input_changed(self) -> None:
        self._meant = False
        self._look()

    def found(self, text: str, keys: Sequence[KeyCount], note: str) -> None:
        """What the store has, if it is still what is looked for; `note` says what is not told."""
        if text != self._typed:
            return
        self._looking = False
        self._offer(keys)
        self.narrow()
        self.say(note, "warn")
        if self._meant:
            self._pick()

    def _pick(self) -> None:
        # What was typed quickly may be a key that the store has yet to tell.
        if self._looking and self.query_one(Table).key is None:
            self._meant = True
        elif self.query_one(Table).key is not None:
            super()._pick()


def _detail(choice: OrderChoice) -> str:
    runs = "" if choice.runs is None else f" {GLYPHS.gap} {cells.plural(choice.runs, 'run')}"
    return f"{choice.kind}{runs}"
