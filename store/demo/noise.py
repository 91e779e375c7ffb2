"""Chance that is the same on every machine and in every Python release."""

from __future__ import annotations

import random
from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


class Noise:
    """A seeded source of numbers.

    Only `Random.random` is used: its sequence is promised to stay, those of `gauss` or `choice` are not.
    """

    def __init__(self, *seed: object) -> None:
        self.uniform = random.Random("/".join(map(str, seed))).random
        """A number in [0, 1)."""

    def normal(self) -> float:
        """About a normal deviate: mean 0, deviation 1, never beyond 3."""
        uniform = self.uniform
        return 2 * (uniform() + uniform() + uniform()) - 3

    def between(self, low: float, high: float) -> float:
        return low + (high - low) * self.uniform()

    def pick(self, items: Sequence[T]) -> T:
        return items[int(self.uniform() * len(items))]


def identifier(*parts: object) -> str:
    """32 hexadecimal digits in the form of a random UUID, always the same for the same parts."""
    digits = blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:12]}4{digits[13:16]}{variant}{digits[17:]}"


def digest(*parts: object, length: int = 8) -> str:
    """Hexadecimal digits standing for a checksum or a commit."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=20).hexdigest()[:length]
