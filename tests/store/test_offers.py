"""What is offered while a filter is typed, of what a store has, and what is wrong so far."""

from __future__ import annotations

import pytest

from store.entities import Dataset, DatasetInput, Experiment, KeyKind, Page
from store.offers import LOOKED_UP, Observed, Offers, Typed, mistake_in, offers_at, unknown_in
from store.search.parse import parse_run_filter
from tests.support.counting import CountingStore
from tests.tui.fakes import FakeStore, run

WINE = DatasetInput(Dataset("wine", "d1", "local", "{}"), {"mlflow.data.context": "training"})
RUNS = [
    run(1, params={"lr": "0.1", "note": "x" * 300}, tags={"mlflow.runName": "alpha", "team": "it's"}),
    run(2, params={"lr": "0.1", "note": "short"}, tags={"mlflow.user": "ada"}, dataset_inputs=(WINE,)),
    run(3, params={"lr": "10", "val/x": "1"}, experiment_id="2"),
]


def store(**more: object) -> CountingStore:
    experiments = (Experiment("1", "iris", None, "active"), Experiment("2", "wine", None, "deleted"))
    return CountingStore(FakeStore(RUNS, experiments, **more))  # type: ignore[arg-type]  # the fake's own fields


def typed(text: str) -> Typed:
    return Typed(text.replace("|", ""), text.index("|"))


def at(text: str, observed: Observed | None = None, of: CountingStore | None = None) -> Offers:
    return offers_at(of or store(), observed or Observed(("1",)), typed(text))


def offered(text: str) -> list[str]:
    return [item.text for item in at(text).items]


def taken(text: str, item: str) -> str:
    found = next(one.becomes for one in at(text).items if one.text == item)
    return f"{found.text[: found.cursor]}|{found.text[found.cursor :]}"


def test_keys_and_values_are_those_of_the_runs_of_the_experiments() -> None:
    assert offered("params.|") == ["params.lr", "params.note"]
    assert offered("params.lr = |") == ["'0.1'"]
    assert [one.text for one in at("params.lr = |", Observed(None)).items] == ["'0.1'", "'10'"]
    assert offered("tags.team = |") == ['"it\'s"']


def test_values_of_attributes_and_datasets_are_known() -> None:
    assert offered("run_name = |") == ["'alpha'"]
    assert offered("user_id = |") == ["'ada'"]
    assert offered("experiment = |") == ["'iris'", "'wine'"]
    assert offered("dataset.name = |") == ["'wine'"]
    assert offered("dataset.context = 'tr|") == ["'training'"]
    assert offered("artifact_uri = |") == []


def test_a_value_whose_password_is_hidden_is_not_offered() -> None:
    some = [run(1, params={"db": "pg://ada:***@host"}), run(2, params={"db": "pg://ada@host"})]
    of = CountingStore(FakeStore(some, (Experiment("1", "iris", None, "active"),)))
    assert [one.text for one in at("params.db = |", of=of).items] == ["'pg://ada@host'"]


def test_texts_that_nobody_compares_with_are_not_offered() -> None:
    assert offered("params.note = |") == ["'short'"]


@pytest.mark.parametrize(
    ("text", "item", "becomes"),
    [
        ("met|", "metrics.", "metrics.|"),
        ("metrics.l|", "metrics.loss", "metrics.loss |"),
        ("metrics.l| > 1", "metrics.loss", "metrics.loss |> 1"),
        ("metrics.loss |", ">", "metrics.loss > |"),
        ("params.lr = |", "'0.1'", "params.lr = '0.1' |"),
        ("ma|", "max(", "max(|"),
        ("max(|", "metrics.loss", "max(metrics.loss) |"),
        ("max(l|) > 1", "metrics.loss", "max(metrics.loss|) > 1"),
        ("at(|", "metrics.loss", "at(metrics.loss, |"),
        ("has(|", "datasets", "has(datasets) |"),
        ("params.lr in |", "(", "params.lr in (|"),
        ("params.lr in (|", "'0.1'", "params.lr in ('0.1' |"),
    ],
)
def test_what_is_taken_is_ready_for_what_comes_next(text: str, item: str, becomes: str) -> None:
    assert taken(text, item) == becomes


def test_what_is_taken_is_understood() -> None:
    text = taken("params.|", "params.lr")
    for item in ("=", "'0.1'"):
        text = taken(text, item)
    assert text == "params.lr = '0.1' |"
    assert parse_run_filter(text.replace("|", "")) is not None


def test_a_store_is_asked_once_for_what_it_told_whole() -> None:
    counting, observed = store(), Observed(("1",))
    for text in ("params.|", "params.l|", "params.n|", "has(params.l|"):
        at(text, observed, counting)
    assert counting.names() == ["keys"]
    at("params.lr = |", observed, counting)
    at("params.lr = '0|", observed, counting)
    assert counting.names() == ["keys", "values"]


def test_of_many_keys_those_that_hold_the_text_are_asked_for() -> None:
    many = {f"key-{number:04}": "1" for number in range(LOOKED_UP + 300)}
    counting = CountingStore(FakeStore([run(1, params=many)]))
    found = at("params.`key-0499|", Observed(None), counting)
    assert [item.text for item in found.items] == ["params.`key-0499`"]
    assert counting.names() == ["keys", "keys"]


@pytest.mark.parametrize(
    "text",
    [
        "|",
        "met|",
        "metrics.|",
        "attributes.stau|",
        "metrics.acc |",
        "metrics.acc >|",
        "metrics.acc > |",
        "metrics.acc > 1 |",
        "metrics.acc > 1 and |",
        "metrics.acc > 1 and (params.x = 'a' or |",
        "not |",
        "not (|",
        "max(|",
        "max(metrics.acc|",
        "max(metrics.acc) |",
        "at(metrics.acc, |",
        "at(metrics.acc, 1|",
        "has(tags.te|",
        "params.lr in |",
        "params.lr in ('a'|",
        "params.lr in ('a', |",
        "params.lr between |",
        "params.lr between 1 |",
        "params.lr between 1 and |",
        "params.lr not |",
        "params.lr is |",
        "params.lr = 'unfinis|",
        "metrics.`val/|",
        "start_time > '2 d|",
        "start_time > |",
        "duration > |",
        "status = |",
        "experiment = |",
        "parent is |",
        "two words|",
    ],
)
def test_what_is_unfinished_is_not_wrong(text: str) -> None:
    assert mistake_in(typed(text)) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("attributes.stauts |", "stauts"),
        ("attributes.stauts = 'RUNNING'|", "stauts"),
        ("metrics.acc >> 3 and (params.x|", ">>"),
        ("(metrics.acc >> 3 or params.|", ">>"),
        ("foo(metrics.acc) > |", "foo"),
        ("metrics.acc > 0.9 met x|", "met"),
        ("metrics.acc > 1 | and metrics.loss >> 2", ">>"),
    ],
)
def test_what_nothing_mends_is_wrong_where_it_stands(text: str, wrong: str) -> None:
    error = mistake_in(typed(text))
    assert error is not None
    assert error.position is not None
    plain = text.replace("|", "")
    assert plain[error.position : error.position + error.length] == wrong


def unknown(
    text: str, observed: Observed | None = None, of: CountingStore | None = None
) -> tuple[str, tuple[str, ...]]:
    error = unknown_in(of or store(), observed or Observed(("1",)), typed(text))
    if error is None or error.position is None:
        return "", ()
    return error.text[error.position : error.position + error.length], error.suggestions


def test_a_key_that_no_run_has_is_told_with_the_nearest_one() -> None:
    assert unknown("params.noet = '1' and status = failed|") == ("params.noet", ("params.note",))
    assert unknown("metric.los > 1 and |") == ("metric.los", ("metric.loss",))
    assert unknown("max(metrics.los) > 1 |") == ("metrics.los", ("metrics.loss",))
    assert unknown("params.`val/y` = '1' |", Observed(None)) == ("params.`val/y`", ("params.`val/x`",))
    assert unknown("params.nothing_like_it = '1' |") == ("params.nothing_like_it", ())


@pytest.mark.parametrize(
    "text",
    ["params.lr = '1' |", "params.lx|", "lx |", "nothing.like it |", "status = 'x' |", "params.lr = 'params.x' |"],
)
def test_what_is_known_or_no_key_or_not_finished_is_not_told(text: str) -> None:
    assert unknown(text) == ("", ())


def test_where_more_keys_are_like_it_than_were_asked_for_no_key_is_called_unknown() -> None:
    many = {f"layer{number}/loss": "1" for number in range(LOOKED_UP + 100)}
    runs = [*(run(number, params=many) for number in (1, 2)), run(3, params={"loss": "1"})]
    assert unknown("params.loss = '1' |", Observed(None), CountingStore(FakeStore(runs))) == ("", ())


def test_where_not_every_run_was_looked_at_no_key_is_called_unknown() -> None:
    sampled = CountingStore(FakeStore(RUNS))
    observed = Observed(None)
    known = sampled.keys(KeyKind.PARAM, None)
    sampled.inner.keys = lambda *_, **__: Page(known.items, False, ("the newest 2 runs",))  # type: ignore[method-assign]
    assert unknown("params.lx = '1' |", observed, sampled) == ("", ())
