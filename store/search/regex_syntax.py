r"""Reads regular expressions of one dialect, which every kind of store has: Python's, as far as time stays linear.

Understood are characters, `.`, `[...]`, `\d \w \s` and their opposites, `^ $ \A \Z \b \B`, groups, `|`, the quantifiers
`* + ? {m,n}` (lazy ones mean the same: what is asked is whether something is found), and `(?i)`, `(?s)` at the
beginning. They mean what they mean to Python's `re` about text, but `$` is the very end: no line break may follow.
Refused, with the place, are back references and looking around: no engine is fast with them on every text.
"""

from __future__ import annotations

import re
from typing import Final

from store.search.regex_tree import CharacterTest, Either, Here, Node, One, Place, Repeated, Row, is_word

MOST_GROUPS: Final = 50
"""Groups inside of each other."""

_MOST_REPEATS: Final = 1_000

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


class RegexError(Exception):
    """An expression is none of this dialect, or too large."""

    def __init__(self, message: str, position: int, length: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
        self.length = length


def parse_regex(pattern: str) -> Node:
    """What `pattern` says. Raises RegexError."""
    return _Reader(pattern).read()


class _Reader:
    """Reads a pattern from left to right."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern
        self._at = 0
        self._depth = 0
        self._any_case = False
        self._any_line = False

    def read(self) -> Node:
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

    def _either(self) -> Node:
        parts = [self._row()]
        while self._peek() == "|":
            self._at += 1
            parts.append(self._row())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _row(self) -> Node:
        parts: list[Node] = []
        while (character := self._peek()) and character not in "|)":
            parts.append(self._repeated(self._single()))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _single(self) -> Node:
        start, character = self._at, self._peek()
        if character in "*+?" or (character == "{" and _COUNTS.match(self._text, start)):
            raise RegexError(f"nothing stands before {character} that could be repeated", start)
        if character == "(":
            return self._group()
        self._at += 1
        match character:
            case ".":
                return One((lambda found: True) if self._any_line else (lambda found: found != "\n"))
            case "^":
                return Here(Place.START)
            case "$":
                return Here(Place.END)
            case "[":
                return One(self._set(start))
            case "\\":
                return self._escaped(start)
        return One(self._literal(character))

    def _group(self) -> Node:
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

    def _repeated(self, node: Node) -> Node:
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
        if isinstance(node, Here):
            raise RegexError("a place cannot be repeated", start, self._at - start)
        if self._peek() == "?":  # lazy
            self._at += 1
        if ((character := self._peek()) and character in "*+?") or _COUNTS.match(self._text, self._at):
            raise RegexError("a quantifier follows a quantifier", self._at)
        return Repeated(node, least, most)

    def _escaped(self, start: int) -> Node:
        character = self._peek()
        if (place := _PLACES.get(character)) is not None:
            self._at += 1
            return Here(place)
        if (test := _CLASSES.get(character)) is not None:
            self._at += 1
            return One(test)
        return One(self._literal(self._escape(start)))

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
