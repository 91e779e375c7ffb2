"""The line that says which store this is, how much is in it, and as of when."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual.timer import Timer

from tui.view.status import Status, status_pieces, updated
from tui.widgets.line import Line

if TYPE_CHECKING:
    from store.entities import ExperimentStats, StoreInfo

SOONEST: Final = 0.05
"""Seconds: a timer of Textual's that is to ring at once may never ring."""


class StatusLine(Line):
    """Keeps what it says; shows as much of it as there is room for."""

    def __init__(self, title: str, *, read_only: bool) -> None:
        """`read_only`: nothing may be changed, whatever the store allows."""
        super().__init__(id="status")
        self._status = Status(title, None, 0, None, 0, "", False)
        self._read_only = read_only
        self._as_of: dict[str, str] = {}
        """Pane -> local time at which what it shows was read."""
        self._live = False
        self._failing = False
        """True if what live mode shows cannot be brought up to date."""
        self._changed = 0.0
        """When something on screen was read or changed last, in seconds of `monotonic`."""
        self._ageing: Timer | None = None
        self._said = ("", False)

    def live(self, on: bool) -> None:
        """Live mode begins or ends."""
        self._live, self._failing, self._changed = on, False, monotonic()
        if not on and self._ageing is not None:
            self._ageing.stop()

    def failing(self, failing: bool) -> None:
        """Whether live mode cannot reach the store."""
        self._failing = failing

    def _age(self) -> str:
        """What is said of live mode; it is said anew when it changes."""
        if self._ageing is not None:
            self._ageing.stop()
        text, later = updated(monotonic() - self._changed)
        self._ageing = self.set_timer(max(later, SOONEST), lambda: self.tell(self._said[0], reading=self._said[1]))
        return text

    def opened(self, info: StoreInfo) -> None:
        # The connection that reads never writes; what counts is whether runs may be changed.
        shown = replace(info, read_only=self._read_only)
        self._status = replace(self._status, info=shown)

    def counted(self, experiments: Collection[str], stats: Mapping[str, ExperimentStats] | None) -> None:
        """Which experiments there are, by id, and their runs, if somebody counted them."""
        known = [stats[key] for key in experiments if key in stats] if stats is not None else []
        runs = None if stats is None else sum(item.runs for item in known)
        running = sum(item.running for item in known)
        self._status = replace(self._status, experiments=len(experiments), runs=runs, running=running)

    def doing(self, what: str = "reading") -> None:
        """What is said to be done while something is."""
        self._status = replace(self._status, doing=what)

    def was_read(self, pane: str, *, changed: bool = True) -> None:
        """What a pane shows was read just now; it may have been the same as before."""
        if changed:
            self._changed = monotonic()
        self._as_of[pane] = datetime.now().astimezone().strftime("%H:%M:%S")

    def stamp(self, panes: Iterable[str], as_of: str) -> None:
        """Says of panes that they were read at this local time."""
        self._as_of.update(dict.fromkeys(panes, as_of))

    def tell(self, pane: str, *, reading: bool) -> None:
        """Shows it for the pane that the screen is about."""
        as_of = self._as_of.get(pane) or self._as_of.get("experiments", "")
        self._said = pane, reading
        live = "" if not self._live else "retrying" if self._failing else self._age()
        status = replace(self._status, as_of=as_of, reading=reading, live=live)
        self.show(status_pieces(status, self.app.size.width))
