"""The prompt in which filters are written: with offers of what can come next, and the filters of before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import Input

from store.errors import FilterError
from store.offers import Observed, Offers, Typed
from tui.bindings import bindings
from tui.filter_history import FilterHistory
from tui.keys import Place
from tui.view.text import clean
from tui.widgets.offers_list import OffersList
from tui.widgets.prompt import Pointer, Prompt

FILTER = "filter"
"""The purpose for which there are offers."""


class FilterPrompt(Prompt):
    """What is typed is told, so that offers can be looked up; those that come late are of no use any more."""

    BINDINGS = bindings(Place.PROMPT)

    @dataclass
    class OffersWanted(Message):
        """What can come next, and what is wrong so far, is to be found out."""

        observed: Observed
        typed: Typed

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, FilterPrompt.OffersWanted)

    def __init__(self) -> None:
        super().__init__()
        self.history = FilterHistory()
        """The filters of before."""
        self._observed = Observed(None)
        self._offers: Offers | None = None
        """What the list shows."""
        self._waiting: Typed | None = None
        """What offers were asked for and did not come yet."""
        self._steps = 0
        """How far on one is to be chosen of those that are waited for."""
        self._takes = False
        """True if that one is to be taken when it comes."""
        self._recalled: list[str] | None = None
        """The filters of before, the last one first, while one goes through them."""
        self._place = -1
        """Which of them is in the field; -1 for what was typed."""
        self._own = ""
        """What was typed before one went through them."""
        self._set = ""
        """What was put into the field and not typed."""
        self._searched: Sequence[str] | None = None
        """The filters of before that the list shows, while one searches them."""

    def on_mount(self) -> None:
        self.mount(OffersList(), before=0)

    @property
    def choices(self) -> OffersList:
        return self.query_one(OffersList)

    @property
    def field(self) -> Input:
        return self.query_one(Input)

    def observe(self, experiment_ids: tuple[str, ...] | None) -> None:
        """Offers are of what the runs of these experiments have (None: of all)."""
        self._observed = Observed(experiment_ids)

    def ask(self, purpose: str, text: str, placeholder: str, wrong: range = range(0)) -> None:
        self._forget()
        self._recalled, self._set = None, text
        super().ask(purpose, text, placeholder, wrong)

    def close(self) -> None:
        self._forget()
        super().close()

    def _forget(self) -> None:
        """Nothing is offered, and nothing that is under way is waited for."""
        self._offers = self._waiting = self._searched = None
        self._steps, self._takes = 0, False
        if self.is_mounted and self.query(OffersList):
            self.choices.show(())

    @property
    def _typed(self) -> Typed:
        return Typed(self.field.value, self.field.cursor_position)

    # What is offered

    def on_input_changed(self, event: Input.Changed) -> None:
        if self.purpose != FILTER or not self.shown:
            return
        if self._searched is not None:
            self._search()
        elif event.value != self._set:
            self._recalled, self._set = None, ""
            self._want()

    def _want(self) -> None:
        """Asks for offers at the cursor; the list stays as it is until they come, and nothing of it can be chosen."""
        self._waiting, self._steps, self._takes = self._typed, 0, False
        self.choices.choose(-len(self._offers.items) if self._offers is not None else 0)
        self.post_message(self.OffersWanted(self._observed, self._waiting))

    def offered(self, offers: Offers) -> None:
        """Shows offers, if they are for what is in the field now."""
        if offers.typed != self._waiting or offers.typed != self._typed or not self.shown:
            return
        self._offers, self._waiting = (offers if offers.items else None), None
        self.choices.show([(item.text, item.what) for item in offers.items], offers.note if offers.items else "")
        steps, takes = self._steps, self._takes
        self._steps, self._takes = 0, False
        if steps:
            self.choices.choose(steps)
        if takes:
            self.action_take()

    def mistaken(self, typed: Typed, error: FilterError | None) -> None:
        """Points at what is wrong whatever comes next, with what could be meant."""
        if typed != self._typed or not self.shown or self.purpose != FILTER:
            return
        if error is None or error.position is None:
            self.query_one(Pointer).point(range(0))
            return
        wrong = range(error.position, error.position + max(1, error.length))
        meant = error.suggestions[:3]
        self.query_one(Pointer).point(wrong, clean(f"{', '.join(meant)}?" if meant else error.message))

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action not in ("offer", "line", "search", "take", "close") or (self.purpose == FILTER and self.shown)

    def action_offer(self, steps: int) -> None:
        """Chooses among what is offered; asks for it if nothing is."""
        if self._waiting is not None:
            self._steps += steps
        elif self.choices.shown:
            self.choices.choose(steps)
        elif steps > 0:
            self._want()
            self._steps = steps

    def action_line(self, steps: int) -> None:
        """Up and down in the list; without a list, through the filters of before."""
        chosen = self.choices.chosen is not None or self._steps > 0
        if chosen or self._searched is not None or (steps > 0 and self._recalled is None):
            self.action_offer(steps)
        else:
            self._recall(-steps)

    def _recall(self, steps: int) -> None:
        """The filter that was used so many before the one in the field."""
        if self._recalled is None:
            self._own, self._place = self.field.value, -1
            self._recalled = [text for text in self.history.having("") if text != self._own]
        place = self._place + steps
        if not -1 <= place < len(self._recalled):
            return
        self._place = place
        self._put(self._own if place < 0 else self._recalled[place])
        if place < 0:
            self._recalled = None

    def _put(self, text: str) -> None:
        """Another text in the field, for which nothing is offered until it is changed."""
        self._forget()
        self._set = text
        self.field.value = text
        self.field.cursor_position = len(text)

    def action_search(self) -> None:
        """Lists the filters of before that hold what is typed."""
        self._forget()
        self._searched = ()
        self._search()
        if not self._searched:
            self._searched = None
            self.notify("no filter like this was used in this store before", markup=False, timeout=4)

    def _search(self) -> None:
        self._searched = self.history.having(self.field.value)
        self.choices.show([(text, "used before") for text in self._searched])
        if self._searched:
            self.choices.choose(1)

    def action_take(self) -> None:
        """Takes what is chosen; if nothing is, the filter is meant."""
        place = self.choices.chosen
        if self._waiting is not None and self._steps > 0:
            self._takes = True
        elif place is None:
            self._filter()
        else:
            self._take(place)

    def _filter(self) -> None:
        text = self.field.value
        self.close()
        self.post_message(self.Done(self, text))

    def _take(self, place: int) -> None:
        if self._searched is not None:
            self._put(self._searched[place])
        elif self._offers is not None:
            becomes = self._offers.items[place].becomes
            self._put(becomes.text)
            self.field.cursor_position = becomes.cursor
            self._want()

    def on_offers_list_clicked(self, event: OffersList.Clicked) -> None:
        event.stop()
        self._take(event.place)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if self.purpose == FILTER:
            event.stop()
            event.prevent_default()
            self.action_take()

    def action_close(self) -> None:
        """Closes the list; without one, the prompt."""
        if self.choices.shown:
            self._forget()
        else:
            self.close()
            self.post_message(self.Dropped(self))

    def on_key(self, event: events.Key) -> None:
        """Esc closes one layer, whatever other key closes them, too."""
        if event.key == "escape" and self.shown and self.purpose == FILTER:
            event.stop()
            event.prevent_default()
            self.action_close()
