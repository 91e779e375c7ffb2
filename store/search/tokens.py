"""Cuts a filter into the words, names, values and signs of flowdeck's language.

Text in quotes is what MLflow takes for it: nothing in it is an escape, and a doubled quote, or one behind a backslash,
which do not end it, are two characters. Where that leaves a quote open, a backslash ends no less than other characters.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from typing import Final

from store.errors import FilterError
from store.search.explain import TYPOGRAPHIC_QUOTES, wrong
from store.search.syntax import Span


class Sort(enum.Enum):
    """What a token can be."""

    WORD = "word"
    """A word of the language, a name, or text to search for: `and`, `metrics.acc`, `resnet-50`."""
    NAME = "name"
    """A name with a part in quotes, or in backticks: ``metrics.`val/acc` ``."""
    TEXT = "text"
    """Text in single or double quotes."""
    NUMBER = "number"
    SIGN = "sign"
    """An operator: `<=`."""
    OPEN = "("
    CLOSE = ")"
    COMMA = ","
    END = "end"
    """Behind the last one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of a filter."""

    sort: Sort
    text: str
    """As it is written."""
    position: int

    @property
    def span(self) -> Span:
        return Span(self.position, len(self.text))

    @property
    def end(self) -> int:
        return self.position + len(self.text)

    @property
    def word(self) -> str:
        """In upper case, if it is a word; else nothing."""
        return self.text.upper() if self.sort is Sort.WORD else ""


_PLAIN: Final = r"[^\s()'\"`,=<>!~;]"
# A double quote belongs to a name where a dot stands before it. Quotes end as they do for MLflow's tokeniser.
_PARTS: Final = rf"""(?P<space>\s+)
    | (?P<number>-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?!{_PLAIN})
    | (?P<name>(?:{_PLAIN}*\.|`[^`]*`\.)(?:`[^`]*`|"[^"]*") | `[^`]*`(?:\.{_PLAIN}+)?)
    | (?P<text>'(?:''|ESCAPED'|[^'])*' | "(?:""|ESCAPED"|[^"])*")
    | (?P<sign>[=<>!~]+)
    | (?P<open>\() | (?P<close>\)) | (?P<comma>,)
    | (?P<word>{_PLAIN}+)
    """
_TOKEN: Final = re.compile(_PARTS.replace("ESCAPED", r"\\"), re.VERBOSE)
_PLAINER: Final = re.compile(_PARTS.replace("|ESCAPED'", "").replace('|ESCAPED"', ""), re.VERBOSE)
_COMMENTS: Final = ("--", "/*", "#")

MOST_TOKENS: Final = 10_000
"""As many as MLflow's own parser takes."""


def tokens_of(text: str) -> list[Token]:
    """The tokens of a filter, the last of which is its end. Raises FilterError for what cannot stand in a filter."""
    try:
        return _cut(text, _TOKEN)
    except FilterError:
        if "\\" not in text:
            raise
    return _cut(text, _PLAINER)


def _cut(text: str, pattern: re.Pattern[str]) -> list[Token]:
    found: list[Token] = []
    at = 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise _stray(text, at)
        at = match.end()
        sort = str(match.lastgroup)
        if sort == "space":
            continue
        token = Token(_SORTS[sort], match[0], match.start())
        if token.sort is Sort.WORD:
            _check_word(token, text)
        found.append(token)
        if len(found) > MOST_TOKENS:
            raise wrong(f"a filter has at most {MOST_TOKENS:,} words and signs", token.span, text)
    found.append(Token(Sort.END, "", len(text.rstrip())))
    return found


_SORTS: Final = {
    "number": Sort.NUMBER,
    "name": Sort.NAME,
    "text": Sort.TEXT,
    "sign": Sort.SIGN,
    "open": Sort.OPEN,
    "close": Sort.CLOSE,
    "comma": Sort.COMMA,
    "word": Sort.WORD,
}


def _stray(text: str, at: int) -> Exception:
    if text[at] in "'\"`":
        return wrong(f"this {text[at]} is never closed", Span(at, 1), text)
    return wrong(f"{text[at]!r} has no meaning in a filter: join conditions with AND", Span(at, 1), text, "AND")


def _check_word(token: Token, text: str) -> None:
    for quote in TYPOGRAPHIC_QUOTES:
        if (at := token.text.find(quote)) >= 0:
            raise wrong("text stands in straight quotes: ' or \"", Span(token.position + at, 1), text)
    if token.text.startswith(_COMMENTS):
        raise wrong("comments are not allowed", token.span, text)
