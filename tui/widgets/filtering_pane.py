"""A pane in which a filter is written, with what the listed experiments have to offer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from tui.filter_history import FilterHistory
from tui.widgets.pane import Pane

if TYPE_CHECKING:
    from store.errors import FilterError
    from store.offers import Offers, Typed
    from tui.view.runs import RunsView
    from tui.widgets.filter_prompt import FilterPrompt
    from tui.widgets.prompt import Prompt

EXAMPLE = "for example metrics.rmse < 0.8"
"""What the empty prompt for a filter says."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A filter that was refused."""

    text: str
    """As it was written."""
    wrong: range
    """The characters of it that are."""


class FilteringPane(Pane):
    """Knows the filters that were used before, and the prompt, which is made when it is first needed."""

    refused = ""
    """A filter that did not do, to be mended."""

    class MendingDropped(Message):
        """A filter that was wrong is not to be mended."""

    @dataclass
    class Filtered(Message):
        """Other runs are wanted: those that match."""

        text: str

    def __init__(self, *, id: str) -> None:  # noqa: A002 (Textual's name)
        super().__init__(id=id)
        self.history = FilterHistory()
        """The filters that were used in this store."""

    @property
    def view(self) -> RunsView | None:
        """What is filtered; None before anything was read."""
        raise NotImplementedError

    def new_prompt(self) -> Prompt:
        from tui.widgets.filter_prompt import FilterPrompt

        return FilterPrompt()

    async def action_filter(self) -> None:
        if self.view is not None:
            await self.ask_filter(self.refused or self.view.filter)

    async def ask_filter(self, text: str, wrong: range = range(0)) -> None:
        """Opens the prompt for a filter."""
        await self.ask("filter", text, EXAMPLE, wrong)
        if self.view is not None and self.filter_prompt is not None:
            self.filter_prompt.history = self.history
            self.filter_prompt.observe(self.view.experiment_ids)

    async def mend(self, mistake: Mistake) -> None:
        """Opens the prompt at a mistake, unless the user is elsewhere by now."""
        self.history.forget(mistake.text)
        self.refused = mistake.text
        typing = self.prompt is not None and self.prompt.shown
        if mistake.wrong and not typing and self.has_focus_within and self.app.screen is self.screen:
            await self.ask_filter(mistake.text, mistake.wrong)

    @property
    def filter_prompt(self) -> FilterPrompt | None:
        """The prompt, once it was used."""
        from tui.widgets.filter_prompt import FilterPrompt

        return self.prompt if isinstance(self.prompt, FilterPrompt) else None

    def offered(self, offers: Offers) -> None:
        """What can come next in the filter that is being typed."""
        if self.filter_prompt is not None:
            self.filter_prompt.offered(offers)

    def mistaken(self, typed: Typed, error: FilterError | None) -> None:
        """What is wrong so far in the filter that is being typed."""
        if self.filter_prompt is not None:
            self.filter_prompt.mistaken(typed, error)

    def on_prompt_done(self, event: Prompt.Done) -> None:
        if event.prompt.purpose == "filter":
            event.stop()
            self.history.used(event.text)
            self.post_message(self.Filtered(event.text.strip()))
            self.take_focus()

    def on_prompt_dropped(self, event: Prompt.Dropped) -> None:
        if event.prompt.purpose == "filter":
            event.stop()
            if self.refused:
                self.post_message(self.MendingDropped())
            self.take_focus()
