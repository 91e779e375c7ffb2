"""Makes steps of a regular expression, which are gone all at once: see `store.search.automaton`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from store.search.regex_syntax import RegexError, parse_regex
from store.search.regex_tree import CharacterTest, Either, Here, Node, One, Place, Repeated, Row

MOST_STEPS: Final = 1_000
"""Steps of a program; a repetition of a repetition soon has millions."""


@dataclass(frozen=True, slots=True)
class Take:
    """Goes on behind a character that passes the test."""

    test: CharacterTest
    then: int


@dataclass(frozen=True, slots=True)
class Fork:
    """Goes on in each of these places."""

    then: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """Goes on if the place is one."""

    place: Place
    then: int


@dataclass(frozen=True, slots=True)
class Found:
    """The expression was found."""


Step: TypeAlias = Take | Fork | Check | Found


def compile_regex(pattern: str) -> tuple[Step, ...]:
    """The steps of finding `pattern`, the first of which is the beginning. Raises RegexError."""
    node = parse_regex(pattern)
    builder = _Builder()
    start = builder.build(node, builder.add(Found()))
    # What was built last comes first; the beginning is told by a step of its own.
    builder.steps.append(Fork((start,)))
    return tuple(builder.steps)


class _Builder:
    """Makes steps of what was read, from the end to the beginning."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, step: Step) -> int:
        if len(self.steps) >= MOST_STEPS:
            raise RegexError("this expression is too large", 0)
        self.steps.append(step)
        return len(self.steps) - 1

    def build(self, node: Node, then: int) -> int:
        """Adds the steps of a node that goes on at `then`; where it begins."""
        match node:
            case One():
                return self.add(Take(node.test, then))
            case Here():
                return self.add(Check(node.place, then))
            case Row():
                for part in reversed(node.parts):
                    then = self.build(part, then)
                return then
            case Either():
                return self.add(Fork(tuple(self.build(part, then) for part in node.parts)))
            case Repeated():
                return self._repeat(node, then)

    def _repeat(self, node: Repeated, then: int) -> int:
        if node.most is None:
            loop = self.add(Fork(()))
            self.steps[loop] = Fork((self.build(node.node, loop), then))
            then = loop
        else:
            end = then
            for _ in range(node.most - node.least):
                then = self.add(Fork((self.build(node.node, then), end)))
        for _ in range(node.least):
            before, then = then, self.build(node.node, then)
            if then == before:  # nothing, which stays nothing however often it is repeated
                break
        return then
