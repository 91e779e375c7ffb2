"""Reads filters of runs in flowdeck's language, which has more than MLflow's.

    filter     = term (OR term)*
    term       = factor ([AND] factor)*
    factor     = NOT factor | ( filter ) | condition | text to search for
    condition  = name operator value | name [NOT] IN (value, ...) | name [NOT] BETWEEN value AND value
               | name IS [NOT] NULL | has(name) | max(metrics.key) operator value ...

Upper and lower case of these words are one. NOT binds more than AND, AND more than OR. Conditions may follow each
other without AND, as in MLflow's language, and so may words to search for; between a word and a condition it is
written, so that a slip does not become a search.

`NOT x` is true where x is not, whatever the reason: `NOT params.lr = '1'` is true of runs without that param,
`params.lr != '1'` is not, because nothing but IS NULL is true of what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from store.search.conditions import OPERATOR_WORDS, read_condition, starts_operator
from store.search.explain import brief, wrong
from store.search.functions import FUNCTIONS, call_of, read_call
from store.search.names import resolve, unquoted
from store.search.reader import Reader, Subject
from store.search.syntax import And, Expr, Not, Operator, Or, Span, Word, leaves
from store.search.tokens import Sort, Token, tokens_of
from store.search.vocabulary import LANGUAGE, similar_words

DEEPEST: Final = 40
"""Parentheses and NOTs inside of each other: databases and Python both have an end."""

MOST_CONDITIONS: Final = 400
"""Conditions of a filter: SQLite takes no more than a thousand in a row."""

RESERVED: Final = frozenset({"AND", "OR", "NOT", "NULL", *OPERATOR_WORDS})
"""Words that are searched for in quotes only."""


def parse_language(text: str, now: datetime) -> Expr:
    """What runs must satisfy. `now` is what relative times start from. Raises FilterError."""
    reader = Reader(tokens_of(text), text, now)
    if len(reader.tokens) == 1:
        raise wrong("the filter is blank", Span(0, len(text)), text)
    parser = _Parser(reader)
    found = parser.filter(0)
    rest = reader.token
    if rest.sort is not Sort.END:
        raise parser.stray(rest)
    for number, leaf in enumerate(leaves(found), start=1):
        if number > MOST_CONDITIONS:
            raise wrong(f"a filter has at most {MOST_CONDITIONS} conditions", leaf.span, text)
    return found


_OTHER_WORDS: Final = {
    **dict.fromkeys(("&", "&&"), ("AND",)),
    **dict.fromkeys(("|", "||"), ("OR",)),
    **dict.fromkeys(("CONTAINS", "INCLUDES"), ("ILIKE", "~")),
    **dict.fromkeys(("STARTSWITH", "ENDSWITH", "STARTS", "ENDS"), ("LIKE", "~")),
    **dict.fromkeys(("MATCHES", "MATCH", "REGEX"), ("~",)),
    **dict.fromkeys(("EQUALS", "EQ"), ("=",)),
}
"""What other languages write, and what was probably meant."""


def _meant(token: Token, known: Sequence[str]) -> tuple[str, ...]:
    """What a word where none is expected may be a slip for."""
    if token.sort is not Sort.WORD:
        return ()
    return _OTHER_WORDS.get(token.word) or similar_words(token.text, known)


class _Parser:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._text = reader.text

    def filter(self, depth: int) -> Expr:
        terms = [self._term(depth)]
        while self._reader.token.word == "OR":
            self._reader.take()
            terms.append(self._term(depth))
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def _term(self, depth: int) -> Expr:
        first = self._reader.at
        factors = [self._factor(depth)]
        while True:
            token = self._reader.token
            if token.word == "AND":
                self._reader.take()
            elif token.sort in (Sort.END, Sort.CLOSE, Sort.COMMA, Sort.SIGN) or token.word == "OR":
                break
            elif token.word != "NOT":
                self._check_neighbours(first, token)
            first = self._reader.at
            factors.append(self._factor(depth))
        return factors[0] if len(factors) == 1 else And(tuple(factors))

    def _check_neighbours(self, first: int, token: Token) -> None:
        """Conditions and words may stand side by side, but not one beside the other."""
        before, behind = self._reader.tokens[first : first + 2]
        if self._is_word(token, self._reader.ahead()) is self._is_word(before, behind):
            return
        if self._is_word(token, self._reader.ahead()):
            message = f"{brief(token.text)!r} is neither an operator nor AND"
            near = _meant(token, ("AND", "OR", *OPERATOR_WORDS))
            hint = "a word to search for is joined to a condition with AND"
            raise wrong(message, token.span, self._text, *(near or ("AND", "OR")), hint=hint)
        message = f"between {brief(before.text)}, which is searched for, and a condition stands AND or OR"
        near = similar_words(before.text, (*FUNCTIONS, "NOT")) if before.sort is Sort.WORD else ()
        raise wrong(message, token.span, self._text, "AND", "OR", *near)

    def _is_word(self, token: Token, following: Token) -> bool:
        """True if the factor that begins with these tokens is a search for a word."""
        if token.sort in (Sort.OPEN, Sort.NAME) or token.word == "NOT":
            return False
        if call_of(token, following) or starts_operator(following, following):
            return False
        return not self._names_a_field(token)

    def _factor(self, depth: int) -> Expr:
        reader, token = self._reader, self._reader.token
        if token.word == "NOT" or token.sort is Sort.OPEN:
            if depth >= DEEPEST:
                raise wrong(f"this is nested too deep: {DEEPEST} levels are the most", token.span, self._text)
            reader.take()
            if token.word == "NOT":
                return Not(self._factor(depth + 1))
            return self._inside(token, depth + 1)
        following = reader.ahead()
        if call_of(token, following):
            return read_call(reader)
        if token.sort in (Sort.WORD, Sort.NAME) and token.word not in RESERVED:
            if starts_operator(following, reader.ahead(2)):
                reader.take()
                field = resolve(token.text, token.position, self._text, LANGUAGE)
                return read_condition(reader, Subject(field, token.span))
            if token.sort is Sort.NAME or self._names_a_field(token):
                raise self._not_compared(token)
        return self._searched(token, following)

    def _inside(self, opened: Token, depth: int) -> Expr:
        if self._reader.token.sort is Sort.CLOSE:
            span = Span(opened.position, self._reader.token.end - opened.position)
            raise wrong("nothing stands in these parentheses", span, self._text)
        found = self.filter(depth)
        closed = self._reader.take()
        if closed.sort is Sort.CLOSE:
            return found
        if closed.sort is Sort.END:
            raise wrong("this ( is never closed", opened.span, self._text)
        raise self.stray(closed)

    def _names_a_field(self, token: Token) -> bool:
        if token.sort is not Sort.WORD:
            return False
        entity, dot, _ = token.text.partition(".")
        return entity in LANGUAGE.entities if dot else token.text in LANGUAGE.attributes

    def _searched(self, token: Token, following: Token) -> Word:
        if token.sort in (Sort.TEXT, Sort.NUMBER) and starts_operator(following, self._reader.ahead(2)):
            message = "on the left of an operator stands a name such as metrics.rmse"
            raise wrong(message, token.span, self._text)
        if token.sort not in (Sort.TEXT, Sort.NUMBER, Sort.WORD) or token.word in RESERVED:
            raise self.stray(token)
        self._reader.take()
        wanted = unquoted(token.text) if token.sort is Sort.TEXT else token.text
        if not wanted:
            raise wrong("there is nothing to search for in these quotes", token.span, self._text)
        return Word(wanted, token.span)

    def _not_compared(self, token: Token) -> Exception:
        message = f"{brief(token.text)} is not compared with anything: an operator and a value are expected"
        dotted = "." in token.text
        suggestions = (f"has({token.text})",) if dotted and not token.text.endswith(".") else ()
        hint = "" if token.sort is Sort.NAME else f"to search for this word, put it in quotes: '{brief(token.text)}'"
        following = self._reader.ahead()
        if following.sort is Sort.WORD and following.word not in RESERVED:
            near = _meant(following, [*OPERATOR_WORDS, *(one.value for one in Operator)])
            message = f"{brief(following.text)!r} is neither an operator nor AND"
            return wrong(message, following.span, self._text, *near)
        return wrong(message, token.span, self._text, *suggestions, hint=hint)

    def stray(self, token: Token) -> Exception:
        """Why a token cannot stand where it does."""
        before = self._reader.tokens[max(0, self._reader.tokens.index(token) - 1)]
        match token.sort:
            case Sort.END:
                message = f"after {brief(before.text)} a condition is expected"
                return wrong(message, before.span, self._text)
            case Sort.CLOSE:
                message = "this ) closes nothing"
            case Sort.COMMA:
                message = "conditions are joined with AND, not with commas"
            case Sort.SIGN:
                message = f"on the left of {token.text} stands a name such as metrics.rmse"
            case _:
                example = "metrics.rmse < 0.5"
                message = f"{brief(token.text)} was not expected: a filter is made of conditions such as {example}"
        return wrong(message, token.span, self._text)
