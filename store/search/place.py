"""Tells what can stand at a place of a filter that is being typed: wrong and unfinished ones have places, too."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from store.errors import FilterError
from store.search.conditions import OPERATOR_WORDS
from store.search.functions import HAS, call_of
from store.search.syntax import Span
from store.search.tokens import Sort, Token, tokens_of


class Expected(enum.Enum):
    """What comes next."""

    OPERAND = "a name, a function, NOT, a parenthesis or words"
    ARGUMENT = "the name in the parentheses of a function"
    STEP = "a step"
    OPERATOR = "an operator, AND or OR"
    DENIED = "an operator behind NOT"
    NULL = "NULL or NOT NULL"
    VALUE = "a value"
    LIST = "an opening parenthesis"
    ITEM = "a value of a list"
    NEXT_ITEM = "a comma or the end of a list"
    BOUND = "AND before the second value of a BETWEEN"
    CLOSED = "a closing parenthesis"
    JOINER = "AND or OR"


@dataclass(frozen=True, slots=True)
class Place:
    """The place at the cursor."""

    expected: Expected
    typed: str
    """What of it stands there already, up to the cursor."""
    span: Span
    """All of that, also behind the cursor: what a completion replaces."""
    subject: str = ""
    """The name that the condition is about, with its quotes, without the function around it."""
    function: str = ""
    """In upper case, the function around the subject or around the cursor."""
    operator: str = ""
    """In upper case, what the value is compared by."""
    depth: int = 0
    """Parentheses that are open."""


_REST: Final = re.compile(r"""[^\s()'"`,=<>!~;]*""")


def place_at(text: str, cursor: int) -> Place:
    """The place at `cursor`, an offset in `text`."""
    typed, tokens = _split(text[:cursor])
    start = cursor - len(typed)
    end = cursor + _behind(typed, text[cursor:])
    walk = _Walk()
    for number, token in enumerate(tokens, start=1):
        walk.step(token, tokens[number] if number < len(tokens) else _END)
    return Place(
        walk.expected,
        typed,
        Span(start, end - start),
        walk.subject,
        walk.function,
        walk.operator,
        walk.depth,
    )


_END: Final = Token(Sort.END, "", 0)


def _split(before: str) -> tuple[str, list[Token]]:
    """What is being typed at the end of the text, and the tokens before it."""
    for partial in _partials(before):
        try:
            return partial, tokens_of(before[: len(before) - len(partial)])[:-1]
        except FilterError:
            continue
    return "", []


def _partials(before: str) -> list[str]:
    """Ends of the text that may be one unfinished token, the likeliest first."""
    try:
        tokens = tokens_of(before)[:-1]
    except FilterError:
        # A quote is open: the last one that can be.
        places = [match.start() for match in re.finditer(r"""['"`]""", before)]
        found = []
        for place in reversed(places):
            match = re.search(r"[^\s()'\"`,=<>!~;]*\.$", before[:place])
            start = match.start() if match is not None and before[place] in '`"' else place
            found.append(before[start:])
        return found
    last = tokens[-1] if tokens else _END
    is_open = last.sort in (Sort.WORD, Sort.NUMBER) and last.end == len(before)
    return [last.text if is_open else ""]


def _behind(typed: str, after: str) -> int:
    """How many characters behind the cursor belong to what is being typed."""
    for quote in "`\"'":
        if quote in typed:
            end = after.find(quote)
            # Up to the quote that ends it, unless that may be one of something else.
            inner = after[:end] if end >= 0 else ""
            return end + 1 if end >= 0 and not re.search(r"[=<>~()]", inner) else 0
    match = _REST.match(after)
    if match is None or not typed:
        return 0
    # Before the dot the kind of a key is being typed, not the key.
    dot = match[0].find(".")
    return dot + 1 if dot >= 0 and "." not in typed else match.end()


class _Walk:
    """Follows the tokens of a filter, wrong ones as well as right ones."""

    def __init__(self) -> None:
        self.expected = Expected.OPERAND
        self.subject = self.function = self.operator = ""
        self.depth = 0
        self._bounds = 0
        """Values of a BETWEEN that are still to come."""

    def step(self, token: Token, following: Token) -> None:
        match self.expected:
            case Expected.ARGUMENT if token.sort in (Sort.WORD, Sort.NAME):
                self.subject, self.expected = token.text, Expected.CLOSED
            case Expected.CLOSED if token.sort is Sort.COMMA:
                self.expected = Expected.STEP
            case Expected.CLOSED if token.sort is Sort.CLOSE:
                self.expected = Expected.JOINER if self.function == HAS else Expected.OPERATOR
            case Expected.STEP:
                self.expected = Expected.CLOSED
            case Expected.OPERATOR | Expected.DENIED | Expected.NULL:
                self._operator(token, following)
            case Expected.VALUE:
                self._bounds -= self._bounds > 0
                self.expected = Expected.BOUND if self._bounds else Expected.JOINER
            case Expected.BOUND:
                self.expected = Expected.VALUE
            case Expected.LIST if token.sort is Sort.OPEN:
                self.expected = Expected.ITEM
            case Expected.ITEM if token.sort is not Sort.CLOSE:
                self.expected = Expected.NEXT_ITEM
            case Expected.NEXT_ITEM if token.sort is Sort.COMMA:
                self.expected = Expected.ITEM
            case Expected.ITEM | Expected.NEXT_ITEM:
                self.expected = Expected.JOINER
            case _:
                self._operand(token, following)

    def _operand(self, token: Token, following: Token) -> None:
        if self.expected is Expected.ARGUMENT and token.sort is Sort.OPEN:
            return
        self.subject = self.function = self.operator = ""
        if call_of(token, following):
            self.function, self.expected = token.word, Expected.ARGUMENT
        elif token.sort is Sort.OPEN:
            self.depth += 1
            self.expected = Expected.OPERAND
        elif token.sort is Sort.CLOSE:
            self.depth = max(0, self.depth - 1)
            self.expected = Expected.JOINER
        elif token.word in ("AND", "OR", "NOT"):
            self.expected = Expected.OPERAND
        elif token.sort in (Sort.WORD, Sort.NAME):
            self.subject, self.expected = token.text, Expected.OPERATOR
        else:
            self.expected = Expected.JOINER

    def _operator(self, token: Token, following: Token) -> None:
        if token.word == "NULL":
            self.expected = Expected.JOINER
        elif token.word == "NOT" and (self.expected is Expected.NULL or following.word in (*OPERATOR_WORDS, "")):
            self.expected = Expected.NULL if self.expected is Expected.NULL else Expected.DENIED
        elif token.sort is Sort.SIGN or token.word in OPERATOR_WORDS:
            self.operator = token.word or token.text
            self._bounds = 2 if token.word == "BETWEEN" else 0
            special = {"IN": Expected.LIST, "IS": Expected.NULL}
            self.expected = special.get(token.word, Expected.VALUE)
        else:
            # What came before was a word to search for.
            self._operand(token, following)
