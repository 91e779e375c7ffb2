"""What a regular expression says, as a frozen tree."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

CharacterTest = Callable[[str], bool]


class Place(enum.Enum):
    """What must be so between two characters."""

    START = "start"
    END = "end"
    EDGE = "edge of a word"
    NO_EDGE = "no edge of a word"


def is_word(character: str) -> bool:
    r"""True of what `\w` matches."""
    return character.isalnum() or character == "_"


@dataclass(frozen=True, slots=True)
class One:
    """A character that passes the test."""

    test: CharacterTest


@dataclass(frozen=True, slots=True)
class Here:
    """A place between two characters."""

    place: Place


@dataclass(frozen=True, slots=True)
class Row:
    """One after the other."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """Again and again."""

    node: Node
    least: int
    most: int | None
    """None: without end."""


Node: TypeAlias = One | Here | Row | Either | Repeated
