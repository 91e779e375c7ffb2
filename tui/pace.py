"""How often live mode looks at the store: quickly while things change, ever more slowly while they do not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

SLOWER: Final = 1.5
"""Each look that found nothing makes the next wait so many times longer."""

LONGEST: Final = 12
"""Times the interval: longer than this is never waited while the terminal has the focus."""

UNSEEN: Final = 6
"""Times the interval: less is never waited while the terminal has lost the focus."""


RETRY: Final = 30.0
"""Seconds: longer is never waited after a look that failed while the terminal has the focus, but for the interval."""

SHARE: Final = 9
"""Times what a look took: less is never waited, so that a store that answers slowly is left alone most of the time."""


@dataclass(frozen=True, slots=True)
class Pace:
    """When to look next."""

    interval: float
    """Seconds between looks while things change; 0: never."""
    factor: float = 1.0
    """What the interval is multiplied by now."""
    seen: bool = True
    """False while the terminal has lost the focus."""
    took: float = 0.0
    """Seconds that the last look took."""
    failing: bool = False
    """True if the last look failed."""

    @property
    def wait(self) -> float | None:
        """Seconds until the next look; None: never."""
        if self.interval <= 0:
            return None
        wait = self.interval * (self.factor if self.seen else max(self.factor, UNSEEN))
        if self.failing and self.seen:
            wait = min(wait, max(self.interval, RETRY))
        return max(wait, SHARE * self.took)

    def looked(self, *, changed: bool, took: float = 0.0) -> Pace:
        """After a look that took so many seconds; a store that is back is looked at soon again."""
        soon = changed or self.failing
        return replace(self, factor=1.0 if soon else self._slower, took=took, failing=False)

    def failed(self) -> Pace:
        """After a look that failed."""
        return replace(self, factor=self._slower, took=0.0, failing=True)

    @property
    def _slower(self) -> float:
        return min(self.factor * SLOWER, LONGEST)

    def focused(self, seen: bool) -> Pace:
        """After the terminal got or lost the focus: whoever comes back sees what is new soon."""
        return replace(self, seen=seen, factor=1.0 if seen and not self.seen else self.factor)
