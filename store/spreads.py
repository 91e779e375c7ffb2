"""Adding up what a metric comes to over many runs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from store.groups import Spread
from store.kinds import INFINITE


@dataclass(slots=True)
class Total:
    """Adds numbers up as Welford does, whose sums do not lose small differences of large numbers.

    B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products, Technometrics 4 (1962).
    """

    n: int = 0
    mean: float = 0.0
    squares: float = 0.0
    least: float = math.inf
    most: float = -math.inf

    def add(self, numbers: Iterable[float]) -> None:
        """Adds these, without those that are NaN or infinite."""
        n, mean, squares, least, most = self.n, self.mean, self.squares, self.least, self.most
        for number in numbers:
            if not -INFINITE < number < INFINITE:
                continue
            n += 1
            away = number - mean
            # The difference of two numbers near the end of what a float holds is infinite; of their parts it is not.
            mean += away / n if -INFINITE < away < INFINITE else number / n - mean / n
            squares += away * (number - mean)
            if number < least:
                least = number
            if number > most:
                most = number
        self.n, self.mean, self.squares, self.least, self.most = n, mean, squares, least, most

    @property
    def spread(self) -> Spread:
        if not self.n:
            return Spread(0)
        std = math.sqrt(self.squares / (self.n - 1)) if self.n > 1 and math.isfinite(self.squares) else None
        return Spread(self.n, self.mean, std, self.least, self.most)
