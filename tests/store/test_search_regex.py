"""Regular expressions mean what Python's mean, and never take long."""

from __future__ import annotations

import re
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.search.automaton import regex_test
from store.search.regex import compile_regex
from store.search.regex_syntax import RegexError
from tests.support.examples import examples

PIECES = st.sampled_from(
    [
        *("a", "b", "B", "é", "1", "_", " ", ".", r"\d", r"\w", r"\s", r"\W", r"\D", r"\S", r"\b", "^", r"\A", r"\Z"),
        *("[ab]", "[^a]", "[a-c1-3]", r"[\d_]", "[]a]", "[^]a]", "[a-]", "(", "(?:", "(?P<n>", ")", "|", "*", "+", "?"),
        *(
            "{2}",
            "{1,2}",
            "{,2}",
            "{2,}",
            "*?",
            "+?",
            "??",
            r"\n",
            "\n",
            "{",
            "}",
            r"\.",
            r"\x61",
            r"\u00e9",
            "-",
            "{a}",
        ),
    ]
)
PATTERNS = st.builds(
    lambda flags, pieces: flags + "".join(pieces),
    st.sampled_from(["", "", "(?i)", "(?s)", "(?is)"]),
    st.lists(PIECES, max_size=9),
)
TEXTS = st.text("abBcé1_ \n-{}.", max_size=8)


@settings(max_examples=examples(200), deadline=None)
@given(pattern=PATTERNS, texts=st.lists(TEXTS, min_size=1, max_size=6))
def test_what_is_found_is_what_python_finds(pattern: str, texts: list[str]) -> None:
    try:
        found = regex_test(pattern)
    except RegexError as error:
        assert 0 <= error.position <= len(pattern)  # noqa: PT017 - most are understood
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = re.compile(pattern)
    assert [found(text) for text in texts] == [expected.search(text) is not None for text in texts]


@pytest.mark.parametrize(
    "pattern",
    [
        *("(a+)+$", "(a|aa)+$", "(a*)*c", "(.*)(.*)(.*)(.*)(.*)[^a]{3}z", "(a|b)*a(a|b){12}c", "(a?){50}a{50}c"),
        "((a{1,14}){1,14}){1,2}c",
    ],
)
def test_hostile_expressions_take_time_in_proportion_to_the_text(pattern: str) -> None:
    # Python's own engine would not end within the age of the universe.
    assert regex_test(pattern)("ab" * 20_000 + "a" * 20_000 + "!") is False


@pytest.mark.parametrize(
    ("pattern", "position", "said"),
    [
        (r"(a)\1", 3, "references"),
        ("a(?=b)", 1, "kind of group"),
        ("(?<!a)b", 0, "kind of group"),
        ("(?>a)", 0, "kind of group"),
        ("(?x)a", 2, "flag"),
        ("a(?i)b", 1, "kind of group"),
        ("a**", 2, "quantifier"),
        ("a*+", 2, "quantifier"),
        ("*a", 0, "could be repeated"),
        ("a|{2}", 2, "could be repeated"),
        ("^*", 1, "a place"),
        ("a{3,2}", 1, "smaller"),
        ("a{1001}", 1, "too many"),
        ("((a{1000}){1000}){1000}", 0, "too large"),
        ("((){1000}){1000}" + "(a{999}){999}", 0, "too large"),
        ("(a", 0, "never closed"),
        ("a)", 1, "closes nothing"),
        ("[a", 0, "never closed"),
        ("[b-a]", 1, "range"),
        ("a\\", 1, "nothing follows"),
        (r"\xg1", 0, "hexadecimal"),
        (r"\q", 0, "not understood"),
        ("(" * 60 + ")" * 60, 50, "nested deeper"),
    ],
)
def test_what_is_not_understood_is_told_with_its_place(pattern: str, position: int, said: str) -> None:
    with pytest.raises(RegexError, match=re.escape(said)) as caught:
        compile_regex(pattern)
    assert caught.value.position == position


def test_the_end_is_the_end() -> None:
    assert regex_test("a$")("ba")
    assert not regex_test("a$")("a\n")


def test_what_is_remembered_is_bounded() -> None:
    found = regex_test("[a-y]z[0-9]{3}$")
    letters = [chr(0x4E00 + number) for number in range(15_000)]
    assert not found("".join(letters))
    assert not found("".join(reversed(letters)) + "az12")
    assert found("".join(letters) + "az123")
