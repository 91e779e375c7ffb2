"""A pane in which one goes from hit to hit of a text, wherever in a long list these are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.message import Message

from tui.view import cells
from tui.view.glyphs import quoted
from tui.view.hits import Hits
from tui.view.text import clean
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.view.runs import RunsView
    from tui.widgets.prompt import Prompt

JUMP = "a part of a run's name, or the beginning of its id"
"""What the empty prompt asks for."""


class HitsPane(Pane):
    """Asks where the hits are, once for a text and a list; from then on a key leads from one to the next."""

    @dataclass
    class HitsWanted(Message):
        """Where the hits of a text are is to be found."""

        view: RunsView
        ids: Sequence[str]
        text: str

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self._sought = ""
        """What is looked for."""
        self._hits: Hits | None = None
        self._fresh = False
        """True until the first hit of a text was gone to: one that the cursor is on already is that."""
        self._steps = 0
        """Hits that are to be gone on by, once it is known where they are."""
        self._hit: tuple[int, int] | None = None
        """Place and number of the hit that the cursor is on."""

    @property
    def view(self) -> RunsView | None:
        """What the rows answer."""
        raise NotImplementedError

    @property
    def ids(self) -> Sequence[str]:
        """The rows."""
        raise NotImplementedError

    @property
    def settled(self) -> bool:
        """True if these are all rows."""
        raise NotImplementedError

    def hit_changed(self) -> None:
        """What `hit_told` says is another."""
        raise NotImplementedError

    @property
    def hit_told(self) -> str:
        """Which hit the cursor is on; empty if on none."""
        if self._hit is None or self._hits is None:
            return ""
        return f"{cells.count(self._hit[1])} of {cells.count(len(self._hits.places))} with {self._quoted}"

    @property
    def _quoted(self) -> str:
        return quoted(clean(self._sought))

    async def action_jump(self) -> None:
        if self.view is not None:
            await self.ask("jump", self._sought, JUMP)

    async def action_hit(self, steps: int) -> None:
        if not self._sought:
            await self.action_jump()
        else:
            self._step(steps)

    def on_prompt_done(self, event: Prompt.Done) -> None:
        if event.prompt.purpose != "jump":
            return
        event.stop()
        self._sought, self._hits, self._steps, self._fresh = event.text.strip(), None, 0, True
        self._left_hit()
        if self._sought:
            self._step(1)

    def _step(self, steps: int) -> None:
        self._steps += steps
        if self._hits is not None and self._hits.ids is self.ids:
            self._go()
        else:
            self.look_for_hits()

    def look_for_hits(self) -> None:
        """Asks where they are, if that is wanted; in a list that is not whole yet, when it is.

        Forgets where they were in another list.
        """
        if self._hits is not None and self._hits.ids is not self.ids:
            # They would keep a list of a million ids that is not shown any more.
            self._hits = None
            self._left_hit()
        if self._steps and self.settled and self.view is not None:
            self.post_message(self.HitsWanted(self.view, self.ids, self._sought))

    def forget_hits(self) -> None:
        """The rows stand elsewhere now."""
        self._hits = None
        self._left_hit()

    def hits_found(self, hits: Hits) -> None:
        """Goes to the one that is meant: from the cursor, where it is now."""
        if hits.text != self._sought:
            return
        if hits.ids is not self.ids:
            # The list was read again meanwhile.
            self.look_for_hits()
            return
        self._hits = replace(hits, places=self.hit_rows(hits.places))
        if not hits.places:
            self._steps = 0
            what = "has it in its name, or as the beginning of its id"
            self.notify(f"{self._quoted}: no run of this list {what}", severity="warning", markup=False, timeout=4)
        elif self._steps:
            self._go()

    def hit_rows(self, places: Sequence[int]) -> Sequence[int]:
        """The rows of runs, in order, that stand at these places of the list."""
        return places

    def no_hits(self) -> None:
        """What was typed ahead is not meant any more, or cannot be had."""
        self._steps = 0

    def _go(self) -> None:
        steps, self._steps = self._steps, 0
        if self._hits is None or not self._hits.places or not steps:
            return
        at_cursor, self._fresh = self._fresh and steps > 0, False
        self._hit = self._hits.step(self.table.cursor - at_cursor, steps)
        self.table.go_to_row(self._hit[0])
        self.hit_changed()

    def _left_hit(self) -> None:
        if self._hit is not None:
            self._hit = None
            self.hit_changed()

    def moved(self, index: int) -> None:
        """The cursor is on another row."""
        if self._hit is not None and index != self._hit[0]:
            self._left_hit()
