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

    @property
    def wait(self) -> float | None:
        """Seconds until the next look; None: never."""
        if self.interval <= 0:
            return None
        wait = self.interval * (self.factor if self.seen else max(self.factor, UNSEEN))
        return max(wait, SHARE * self.took)

    def looked(self, *, changed: bool, took: float = 0.0) -> Pace:
        """After a look that took so many seconds."""
        return replace(self, factor=1.0 if changed else min(self.factor * SLOWER, LONGEST), took=took)

    def focused(self, seen: bool) -> Pace:
        """After the terminal got or lost the focus: whoever comes back sees what is new soon."""
        return replace(self, seen=seen, factor=1.0 if seen and not self.seen else self.factor)
