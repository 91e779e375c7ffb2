"""What can stand at the cursor of a filter that is being typed."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.errors import FilterError
from store.kinds import KeyKind
from store.search.complete import Completions, Kind, complete
from store.search.parse import parse_run_filter
from store.search.syntax import Entity
from tests.store.test_search_properties import TEXTS
from tests.support.examples import examples

KEYS = {
    KeyKind.METRIC: ("acc", "val/acc", "loss", "back`tick"),
    KeyKind.PARAM: ("lr", "depth", "data path"),
    KeyKind.TAG: ("mlflow.user", "team"),
    KeyKind.DATASET: (),
}
VALUES = {
    (Entity.PARAM, "lr"): ("0.1", "1e-05", "auto"),
    (Entity.TAG, "team"): ("it's", "vision", "both ' and \""),
    (Entity.ATTRIBUTE, "experiment"): ("churn", "fraud"),
    (Entity.DATASET, "name"): ("wine",),
}


def keys(kind: KeyKind, text: str) -> Iterable[str]:
    return [key for key in KEYS[kind] if text.lower() in key.lower()]


def values(entity: Entity, key: str, text: str) -> Iterable[str]:
    return [value for value in VALUES.get((entity, key), ()) if text.lower() in value.lower()]


def at(text: str) -> tuple[str, Completions]:
    """What is offered at the bar in `text`."""
    cursor = text.index("|")
    text = text.replace("|", "")
    return text, complete(text, cursor, keys=keys, values=values)


def offered(text: str) -> list[str]:
    return [item.text for item in at(text)[1].items]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("me|", ["metrics.", "mean("]),
        ("metrics.|", ["metrics.acc", "metrics.`val/acc`", "metrics.loss"]),
        ("metrics.`v|", ["metrics.`val/acc`"]),
        ("not (metric.lo|", ["metric.loss"]),
        ("dataset.|", ["dataset.name", "dataset.digest", "dataset.context"]),
        ("attributes.sta|", ["attributes.status", "attributes.start_time"]),
        ("dept|", ["params.depth"]),
        ("metrics.acc > 0.5 |", ["AND", "OR"]),
        ("(metrics.acc > 0.5 |", ["AND", "OR", ")"]),
        ("resnet |", ["AND", "OR"]),
        ("metrics.acc > 0.5 o|", ["OR"]),
        ("params.lr = |", ["'0.1'", "'1e-05'", "'auto'"]),
        ("params.lr = '1|", ["'1e-05'", "'0.1'"]),
        ("params.lr < |", ["0.1", "1e-05"]),
        ("params.lr between |", ["0.1", "1e-05"]),
        ("params.lr between 0.1 |", ["AND"]),
        ("params.lr between 0.1 and |", ["0.1", "1e-05"]),
        ("params.lr between 0.1 and 1 |", ["AND", "OR"]),
        ("params.lr in |", ["("]),
        ("params.lr in ('auto', |", ["'0.1'", "'1e-05'", "'auto'"]),
        ("params.lr in ('auto' |", [")", ","]),
        ("params.lr in ('auto') |", ["AND", "OR"]),
        ("tags.team = |", ['"it\'s"', "'vision'"]),
        ("dataset.name = |", ["'wine'"]),
        ("experiment != 'f|", ["'fraud'"]),
        ("status = ru|", ["'RUNNING'"]),
        ("status = 'ru|", ["'RUNNING'"]),
        ("params.lr is |", ["NULL", "NOT NULL"]),
        ("params.lr is not |", ["NULL", "NOT NULL"]),
        ("params.lr not |", ["IN", "LIKE", "ILIKE", "BETWEEN", "REGEXP"]),
        ("max(|", ["metrics.acc", "metrics.`val/acc`", "metrics.loss", "metrics."]),
        ("max(metrics.a|", ["metrics.acc", "metrics.`val/acc`"]),
        ("max(metrics.acc |", [")"]),
        ("at(metrics.acc |", [","]),
        ("number(params.d|", ["params.depth", "params.`data path`"]),
        ("has(|", ["metrics.", "params.", "tags.", "datasets"]),
        ("has(tags.team) |", ["AND", "OR"]),
        ("duration > '1|", ["'1m'", "'10m'", "'1h'", "'1 day'"]),
        ("metrics.acc > |", []),
    ],
)
def test_what_is_offered(text: str, expected: list[str]) -> None:
    assert offered(text) == expected


def test_at_the_beginning_everything_is_offered() -> None:
    kinds = {item.kind for item in at("|")[1].items}
    assert kinds == {Kind.ENTITY, Kind.ATTRIBUTE, Kind.FUNCTION, Kind.WORD}
    assert offered("|") == offered("metrics.acc > 1 and |") == offered("not |") == offered("(|")


def test_operators_are_those_of_the_field() -> None:
    assert offered("metrics.acc |")[:3] == [">", "<", "="]
    assert {"LIKE", "~", "IN", "IS NULL", "BETWEEN", "<"} <= set(offered("params.lr |"))
    assert "LIKE" not in offered("metrics.acc |")
    assert "IS NULL" not in offered("experiment |")
    assert offered("max(metrics.acc) |") == offered("metrics.acc |")


@pytest.mark.parametrize(
    ("text", "item", "becomes"),
    [
        ("metrics.v| > 1", "metrics.`val/acc`", "metrics.`val/acc`| > 1"),
        ("metrics.`v|al` > 1", "metrics.`val/acc`", "metrics.`val/acc`| > 1"),
        ("metr|cs.acc > 1", "metrics.", "metrics.|acc > 1"),
        ("params.lr = '0| and resnet", "'0.1'", "params.lr = '0.1'| and resnet"),
        ("params.lr = |", "'0.1'", "params.lr = '0.1'|"),
        ("params.lr = 'a|uto'", "'auto'", "params.lr = 'auto'|"),
        ("max(me|", "metrics.", "max(metrics.|"),
    ],
)
def test_what_it_replaces(text: str, item: str, becomes: str) -> None:
    typed, found = at(text)
    chosen = next(one for one in found.items if one.text == item)
    written, cursor = found.applied(typed, chosen)
    assert f"{written[:cursor]}|{written[cursor:]}" == becomes


def test_no_more_than_were_asked_for() -> None:
    assert (
        len(complete("metrics.", 8, keys=lambda kind, text: map(str, range(10**4)), values=values, limit=5).items) == 5
    )


def test_keys_and_values_that_were_offered_are_understood() -> None:
    for kind, word in ((KeyKind.METRIC, "metrics"), (KeyKind.PARAM, "params"), (KeyKind.TAG, "tags")):
        names = offered(f"{word}.|")
        assert len(names) == len([key for key in KEYS[kind] if "`" not in key])
        for name in names:
            assert parse_run_filter(f"has({name})") is not None
            for value in offered(f"{name} = |"):
                assert parse_run_filter(f"{name} = {value}") is not None


@settings(max_examples=examples(100), deadline=None)
@given(text=TEXTS, share=st.floats(0, 1))
def test_wherever_the_cursor_is_something_sensible_is_said(text: str, share: float) -> None:
    cursor = round(share * len(text))
    found = complete(text, cursor, keys=keys, values=values)
    assert 0 <= found.span.position <= cursor <= found.span.end <= len(text)
    for item in found.items:
        try:
            parse_run_filter(found.applied(text, item)[0])
        except FilterError as error:
            assert error.position is not None  # noqa: PT017 - most are still unfinished
