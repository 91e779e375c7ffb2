"""A pane whose list is narrowed by name as one types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from tui.widgets.prompt import Prompt


class NamesPane(Pane):
    """Keeps the text that is looked for; what it does to the list is `narrow`'s business."""

    placeholder = "part of a name"
    """What the empty prompt asks for."""

    wanted = ""
    """The text that is looked for; empty shows everything."""

    def matches(self, name: str) -> bool:
        """True if every word that is looked for is in `name`, in whatever case."""
        folded = name.casefold()
        return all(word in folded for word in self.wanted.casefold().split())

    def narrow(self) -> None:
        """Shows what matches."""
        raise NotImplementedError

    async def action_find(self) -> None:
        await self.ask("find", self.wanted, self.placeholder)

    def clear_search(self) -> bool:
        if not self.wanted:
            return False
        self.wanted = ""
        self.narrow()
        return True

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        event.stop()
        if event.prompt.purpose == "find":
            self.wanted = event.text.strip()
            self.narrow()

    def on_prompt_done(self, event: Prompt.Done) -> None:
        if event.prompt.purpose == "find":
            event.stop()
            self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        if event.prompt.purpose == "find":
            event.stop()
            self.clear_search()
            self.take_focus()
