"""The quick reader of meta.yaml files agrees with the YAML library, or leaves the text to it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from store.file.flat import Malformed, parse, parse_any, parse_flat
from tests.support.examples import examples

TREES = Path(__file__).resolve().parents[1] / "data"

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
WORDS = (
    "a B é 漢 0 1 12 . - + _ e / : # ' \" \\ [ ] { } , & * ! | > % @ ` ~ = << ? null Null yes no on OFF true False y n"
    " 0x1f 0o7 010 1e5 1.5 .inf .nan 0b1010 1:30 2020-01-01 --- ... '' \"\" [] {}"
)
PIECES = st.sampled_from(
    [
        *WORDS.split(),
        *" \t\n\r\u00a0\u2028\ufeff\x00\x85",
        "- ",
        ": ",
        " #",
        "0b" + "01" * 15,
        "e" * 32,
        "1" * 32,
        "0a" * 16,
    ]
)
VALUES = st.lists(PIECES, max_size=5).map("".join)
KEYS = st.sampled_from(["a", "name", "run_id", "null", "yes", "_x", "1a", "é", "a b", "'a'", "<<", "="])


@given(st.lists(st.tuples(KEYS, VALUES), max_size=4))
@settings(max_examples=examples(100), deadline=None)
@example([("a", "~")])
@example([("a", "x:")])
@example([("a", "1" * 32)])
@example([("a", "0b" + "01" * 15)])
@example([("a", "-0")])
@example([("a", "x #y")])
@example([("a", "no")])
def test_what_the_quick_reader_takes_the_library_reads_alike(items: list[tuple[str, str]]) -> None:
    text = "".join(f"{key}: {value}\n" for key, value in items)
    quick = parse_flat(text)
    if quick is not None:
        whole = parse_any(text)
        assert whole is not None
        assert (quick, [type(value) for value in quick.values()]) == (whole, [type(value) for value in whole.values()])


@given(st.dictionaries(st.sampled_from(["a", "b", "name"]), TEXTS | st.integers() | st.none() | st.booleans()))
@settings(max_examples=examples(60), deadline=None)
def test_what_mlflow_writes_is_read_back(content: dict[str, object]) -> None:
    written = yaml.safe_dump(content, default_flow_style=False, allow_unicode=True)
    # The library does not get every text back that it has written: it takes U+0085 for the end of a line.
    assert parse(written.encode()) == yaml.safe_load(written)


@given(st.binary(max_size=60))
def test_anything_is_read_or_refused(data: bytes) -> None:
    try:
        found = parse(data)
    except Malformed:
        return
    assert found is None or isinstance(found, dict)


def test_runs_and_experiments_of_every_release_take_the_quick_way() -> None:
    metas = [path for path in TREES.glob("*/**/meta.yaml") if {"inputs", "models", ".trash"}.isdisjoint(path.parts)]
    assert len(metas) > 80
    for path in metas:
        text = path.read_text("utf-8")
        assert parse_flat(text) == yaml.safe_load(text), path


@pytest.mark.parametrize("text", ["a: 1", "a: 1\nb: 2", ""])
def test_a_text_that_may_be_torn_is_left_to_the_library(text: str) -> None:
    assert parse_flat(text) is None


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? ", "- - - "])
def test_deep_nesting_does_not_end_the_process(opening: str) -> None:
    with pytest.raises(Malformed):
        parse((opening * 100_000).encode())
