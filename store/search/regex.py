r"""Reads regular expressions of one dialect, which every kind of store has: Python's, as far as time stays linear.

Understood are characters, `.`, `[...]`, `\d \w \s` and their opposites, `^ $ \A \Z \b \B`, groups, `|`, the quantifiers
`* + ? {m,n}` (lazy ones mean the same: what is asked is whether something is found), and `(?i)`, `(?s)` at the
beginning. They mean what they mean to Python's `re` about text, but `$` is the very end: no line break may follow.
Refused, with the place, are back references and looking around: no engine is fast with them on every text.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

MOST_STEPS: Final = 1_000
"""Steps of a program; a repetition of a repetition soon has millions."""

MOST_GROUPS: Final = 50
"""Groups inside of each other."""

_MOST_REPEATS: Final = 1_000


class Place(enum.Enum):
    """What must be so between two characters."""

    START = "start"
    END = "end"
    EDGE = "edge of a word"
    NO_EDGE = "no edge of a word"


CharacterTest = Callable[[str], bool]


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


class RegexError(Exception):
    """An expression is none of this dialect, or too large."""

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = length


def compile_regex(pattern: str) -> tuple[Step, ...]:
    """The steps of finding `pattern`, the first of which is the beginning. Raises RegexError."""
    node = _Reader(pattern).read()
    builder = _Builder()
    start = builder.build(node, builder.add(Found()))
    # What was built last comes first; the beginning is told by a step of its own.
    builder.steps.append(Fork((start,)))
    return tuple(builder.steps)


def is_word(character: str) -> bool:
    r"""True of what `\w` matches."""
    return character.isalnum() or character == "_"


@dataclass(frozen=True, slots=True)
class _One:
    test: CharacterTest


@dataclass(frozen=True, slots=True)
class _Here:
    place: Place


@dataclass(frozen=True, slots=True)
class _Row:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Repeated:
    node: _Node
    least: int
    most: int | None


_Node: TypeAlias = _One | _Here | _Row | _Either | _Repeated

_CLASSES: Final[dict[str, CharacterTest]] = {
    "d": str.isdecimal,
    "D": lambda character: not character.isdecimal(),
    "w": is_word,
    "W": lambda character: not is_word(character),
    "s": str.isspace,
    "S": lambda character: not character.isspace(),
}
_PLACES: Final = {"A": Place.START, "Z": Place.END, "b": Place.EDGE, "B": Place.NO_EDGE}
_CONTROLS: Final = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_HEXADECIMAL: Final = {"x": 2, "u": 4, "U": 8}
_FLAGS: Final = re.compile(r"\(\?([a-zA-Z]+)\)")
_COUNTS: Final = re.compile(r"\{(?:([0-9]+)(?:(,)([0-9]*))?|,([0-9]+))\}")
_GROUP: Final = re.compile(r"\((?:\?(?::|P<[A-Za-z_]\w*>))?")


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0
        self._any_case = False
        self._any_line = False

    def read(self) -> _Node:
        if (flags := _FLAGS.match(self._text)) is not None:
            if unknown := set(flags[1]) - set("is"):
                raise RegexError(f"the flag {min(unknown)!r} is not understood: known are i and s", 2, len(flags[1]))
            self._any_case, self._any_line = "i" in flags[1], "s" in flags[1]
            self._at = flags.end()
        node = self._either()
        if self._at < len(self._text):
            raise RegexError("this ) closes nothing", self._at)
        return node

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _either(self) -> _Node:
        parts = [self._row()]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else _Either(tuple(parts))

    def _row(self) -> _Node:
        parts: list[_Node] = []
        while (character := self._peek()) and character not in "|)":
            parts.append(self._repeated(self._single()))
        return parts[0] if len(parts) == 1 else _Row(tuple(parts))

    def _single(self) -> _Node:
        start, character = self._at, self._peek()
        if character in "*+?" or (character == "{" and _COUNTS.match(self._text, start)):
            raise RegexError(f"nothing stands before {character} that could be repeated", start)
        if character == "(":
            return self._group()
        self._at += 1
        match character:
            case ".":
                return _One((lambda found: True) if self._any_line else (lambda found: found != "\n"))
            case "^":
                return _Here(Place.START)
            case "$":
                return _Here(Place.END)
            case "[":
                return _One(self._set(start))
            case "\\":
                return self._escaped(start)
        return _One(self._literal(character))

    def _group(self) -> _Node:
        start = self._at
        begin = _GROUP.match(self._text, start)
        assert begin is not None
        self._at = begin.end()
        if self._peek() == "?":
            raise RegexError(
                "this kind of group is not understood: there are (...), (?:...), (?P<name>...), and (?i) and (?s)"
                " at the beginning",
                start,
                3,
            )
        self._depth += 1
        if self._depth > MOST_GROUPS:
            raise RegexError(f"groups are nested deeper than {MOST_GROUPS}", start)
        node = self._either()
        if self._peek() != ")":
            raise RegexError("this ( is never closed", start)
        self._at += 1
        self._depth -= 1
        return node

    def _repeated(self, node: _Node) -> _Node:
        start = self._at
        counts = _COUNTS.match(self._text, start)
        if counts is not None:
            self._at = counts.end()
            least, most = _least_and_most(counts)
            if least > _MOST_REPEATS or (most or 0) > _MOST_REPEATS:
                raise RegexError(f"more than {_MOST_REPEATS} repetitions are too many", start, self._at - start)
            if most is not None and most < least:
                raise RegexError("the smaller number comes first", start, self._at - start)
        elif (character := self._peek()) and character in "*+?":
            self._at += 1
            least, most = {"*": (0, None), "+": (1, None), "?": (0, 1)}[character]
        else:
            return node
        if isinstance(node, _Here):
            raise RegexError("a place cannot be repeated", start, self._at - start)
        if self._peek() == "?":  # lazy
            self._at += 1
        if ((character := self._peek()) and character in "*+?") or _COUNTS.match(self._text, self._at):
            raise RegexError("a quantifier follows a quantifier", self._at)
        return _Repeated(node, least, most)

    def _escaped(self, start: int) -> _Node:
        character = self._peek()
        if (place := _PLACES.get(character)) is not None:
            self._at += 1
            return _Here(place)
        if (test := _CLASSES.get(character)) is not None:
            self._at += 1
            return _One(test)
        return _One(self._literal(self._escape(start)))

    def _escape(self, start: int) -> str:
        """The character that an escape stands for, whose backslash was read."""
        character = self._peek()
        if not character:
            raise RegexError("nothing follows this backslash", start)
        self._at += 1
        if (digits := _HEXADECIMAL.get(character)) is not None:
            code = self._text[self._at : self._at + digits]
            if not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", code) or int(code, 16) > 0x10FFFF:
                raise RegexError(f"\\{character} takes {digits} hexadecimal digits", start, 2 + len(code))
            self._at += digits
            return chr(int(code, 16))
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character.isascii() and character.isdigit():
            raise RegexError("references to groups are not understood", start, 2)
        if character.isascii() and character.isalpha():
            raise RegexError(f"\\{character} is not understood", start, 2)
        return character

    def _literal(self, character: str) -> CharacterTest:
        forms = _cases(character) if self._any_case else frozenset(character)
        return forms.__contains__ if len(forms) > 1 else character.__eq__

    def _set(self, start: int) -> CharacterTest:
        opposite = self._peek() == "^"
        self._at += opposite
        singles: set[str] = set()
        ranges: list[tuple[str, str]] = []
        classes: list[CharacterTest] = []
        first = True
        while first or self._peek() != "]":
            first = False
            at = self._at
            low = self._member(start, classes)
            if self._peek() != "-" or self._text[self._at + 1 : self._at + 2] == "]":
                if low is not None:
                    singles.add(low)
                continue
            self._at += 1
            high = self._member(start, classes)
            if low is None or high is None or high < low:
                raise RegexError("a range goes from one character up to another", at, self._at - at)
            ranges.append((low, high))
        self._at += 1
        return _set_test(singles, ranges, classes, any_case=self._any_case, opposite=opposite)

    def _member(self, start: int, classes: list[CharacterTest]) -> str | None:
        """One character of a set; None for a class, which is added to `classes`."""
        at, character = self._at, self._peek()
        if not character:
            raise RegexError("this [ is never closed", start)
        self._at += 1
        if character != "\\":
            return character
        escaped = self._peek()
        if escaped in _CLASSES:
            self._at += 1
            classes.append(_CLASSES[escaped])
            return None
        if escaped == "b":
            self._at += 1
            return "\b"
        return self._escape(at)


def _least_and_most(counts: re.Match[str]) -> tuple[int, int | None]:
    least, comma, most, only_most = counts.groups()
    # Longer numbers are too large anyway, and Python reads no more than some thousand digits.
    if only_most is not None:
        return 0, int(only_most[:9])
    if comma is None:
        return int(least[:9]), int(least[:9])
    return int(least[:9]), int(most[:9]) if most else None


def _cases(character: str) -> frozenset[str]:
    return frozenset(form for form in (character, character.lower(), character.upper()) if len(form) == 1)


def _set_test(
    singles: set[str],
    ranges: list[tuple[str, str]],
    classes: list[CharacterTest],
    *,
    any_case: bool,
    opposite: bool,
) -> CharacterTest:
    def test(found: str) -> bool:
        for form in _cases(found) if any_case else (found,):
            if form in singles or any(low <= form <= high for low, high in ranges):
                return not opposite
        return any(one(found) for one in classes) is not opposite

    return test


class _Builder:
    """Makes steps of what was read, from the end to the beginning."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    def add(self, step: Step) -> int:
        if len(self.steps) >= MOST_STEPS:
            raise RegexError("this expression is too large", 0)
        self.steps.append(step)
        return len(self.steps) - 1

    def build(self, node: _Node, then: int) -> int:
        """Adds the steps of a node that goes on at `then`; where it begins."""
        match node:
            case _One():
                return self.add(Take(node.test, then))
            case _Here():
                return self.add(Check(node.place, then))
            case _Row():
                for part in reversed(node.parts):
                    then = self.build(part, then)
                return then
            case _Either():
                return self.add(Fork(tuple(self.build(part, then) for part in node.parts)))
            case _Repeated():
                return self._repeat(node, then)

    def _repeat(self, node: _Repeated, then: int) -> int:
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
