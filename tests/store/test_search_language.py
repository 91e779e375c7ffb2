"""What filters say that MLflow's language has no words for, and what is answered to them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from store.entities import Metric, Run
from store.errors import FilterError
from store.kinds import Aggregate
from store.search.match import run_predicate
from store.search.order import run_order
from store.search.parse import parse_mlflow_filter, parse_run_filter, parse_run_order
from store.search.syntax import And, Comparison, Entity, Expr, Not, Operator, Or, OrderKey, Span, Word, leaves

NOWHERE = Span(0, 0)
NOW = datetime(2026, 3, 31, 12, 30, tzinfo=UTC)
MINUTE = 60_000


def parsed(text: str) -> Expr:
    found = parse_run_filter(text, NOW)
    assert found is not None
    return found


def comparison(entity: Entity, key: str, operator: Operator, value: object) -> Comparison:
    return Comparison(entity, key, operator, value, NOWHERE)  # type: ignore[arg-type]


A = comparison(Entity.METRIC, "a", Operator.GREATER, 1.0)
B = comparison(Entity.PARAM, "b", Operator.EQUAL, "x")
C = comparison(Entity.TAG, "c", Operator.LIKE, "y%")


def run(**given: object) -> Run:
    fields: dict[str, object] = {
        "run_id": "ab12",
        "run_name": "clever-mole",
        "experiment_id": "1",
        "status": "FINISHED",
        "start_time": 1_000,
        "end_time": 61_000,
        "lifecycle_stage": "active",
        "artifact_uri": None,
        "user_id": None,
    }
    return Run(**{**fields, **given})  # type: ignore[arg-type]


def matches(text: str, one: Run) -> bool:
    return run_predicate(parse_run_filter(text, NOW))(one)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("metrics.a > 1 or params.b = 'x'", Or((A, B))),
        ("metrics.a > 1 or params.b = 'x' and tags.c like 'y%'", Or((A, And((B, C))))),
        ("metrics.a > 1 AND params.b = 'x' OR tags.c LIKE 'y%'", Or((And((A, B)), C))),
        ("(metrics.a > 1 Or params.b = 'x') aNd tags.c LIKE 'y%'", And((Or((A, B)), C))),
        ("not metrics.a > 1 and params.b = 'x'", And((Not(A), B))),
        ("NOT (metrics.a > 1 AND params.b = 'x')", Not(And((A, B)))),
        ("not not metrics.a > 1", Not(Not(A))),
        ("((metrics.a > 1))", A),
        ("(metrics.a > 1) params.b = 'x' or tags.c like 'y%'", Or((And((A, B)), C))),
        ("resnet", Word("resnet", NOWHERE)),
        ("resnet-50 'two words' \"or\" 7", And(tuple(Word(w, NOWHERE) for w in ("resnet-50", "two words", "or", "7")))),
        ("resnet not vgg", And((Word("resnet", NOWHERE), Not(Word("vgg", NOWHERE))))),
        ("resnet and metrics.a > 1", And((Word("resnet", NOWHERE), A))),
        ("metrics.a > 1 or resnet", Or((A, Word("resnet", NOWHERE)))),
        ("params.b in ('x', 'y')", comparison(Entity.PARAM, "b", Operator.IN, ("x", "y"))),
        ("tags.b Not In ('x',)", comparison(Entity.TAG, "b", Operator.NOT_IN, ("x",))),
        ("params.b in (1, 0.5)", comparison(Entity.PARAM, "b", Operator.IN, (1.0, 0.5))),
        ("params.b < 1e-2", comparison(Entity.PARAM, "b", Operator.LESS, 0.01)),
        ("params.b = 6", comparison(Entity.PARAM, "b", Operator.EQUAL, 6.0)),
        ("number(tags.b) != -6", comparison(Entity.TAG, "b", Operator.NOT_EQUAL, -6.0)),
        ("params.b ~ 'x+'", comparison(Entity.PARAM, "b", Operator.MATCHES, "x+")),
        ("params.b =~ 'x+'", comparison(Entity.PARAM, "b", Operator.MATCHES, "x+")),
        ("params.b regexp 'x+'", comparison(Entity.PARAM, "b", Operator.MATCHES, "x+")),
        ("params.b !~ 'x+'", comparison(Entity.PARAM, "b", Operator.NOT_MATCHES, "x+")),
        ("params.b not rlike 'x+'", comparison(Entity.PARAM, "b", Operator.NOT_MATCHES, "x+")),
        ("metrics.a is null", comparison(Entity.METRIC, "a", Operator.IS_NULL, None)),
        ("has(metrics.a)", comparison(Entity.METRIC, "a", Operator.IS_NOT_NULL, None)),
        ("HAS (tags.`a b`)", comparison(Entity.TAG, "a b", Operator.IS_NOT_NULL, None)),
        ("end_time is not null", comparison(Entity.ATTRIBUTE, "end_time", Operator.IS_NOT_NULL, None)),
        ("status = finished", comparison(Entity.ATTRIBUTE, "status", Operator.EQUAL, "FINISHED")),
        ("status in (Killed, failed)", comparison(Entity.ATTRIBUTE, "status", Operator.IN, ("KILLED", "FAILED"))),
        ("parent is null", comparison(Entity.TAG, "mlflow.parentRunId", Operator.IS_NULL, None)),
        ("description ~ 'x'", comparison(Entity.TAG, "mlflow.note.content", Operator.MATCHES, "x")),
        ("experiment = 'x'", comparison(Entity.ATTRIBUTE, "experiment", Operator.EQUAL, "x")),
        ("duration >= '1h 30m'", comparison(Entity.ATTRIBUTE, "duration", Operator.GREATER_EQUAL, 90 * MINUTE)),
        ("duration in ('1m', 90000)", comparison(Entity.ATTRIBUTE, "duration", Operator.IN, (60_000.0, 90_000.0))),
        ("created > '2026-01-31'", comparison(Entity.ATTRIBUTE, "start_time", Operator.GREATER, 1_769_817_600_000)),
        ("metrics.val/a-b > 1", comparison(Entity.METRIC, "val/a-b", Operator.GREATER, 1.0)),
        ("metrics.in > 1", comparison(Entity.METRIC, "in", Operator.GREATER, 1.0)),
        ("lifecycle = 'deleted'", comparison(Entity.ATTRIBUTE, "lifecycle_stage", Operator.EQUAL, "deleted")),
        (
            "metrics.a between 0 and 1",
            And((comparison(Entity.METRIC, "a", Operator.GREATER_EQUAL, 0.0),
                 comparison(Entity.METRIC, "a", Operator.LESS_EQUAL, 1.0))),
        ),
        (
            "params.b not between 0 and 1",
            Or((comparison(Entity.PARAM, "b", Operator.LESS, 0.0),
                comparison(Entity.PARAM, "b", Operator.GREATER, 1.0))),
        ),
        ("tags.c not like 'y%'", And((comparison(Entity.TAG, "c", Operator.IS_NOT_NULL, None), Not(C)))),
    ],
)  # fmt: skip
def test_what_is_meant(text: str, meant: Expr) -> None:
    assert parsed(text) == meant
    with pytest.raises(FilterError):
        parse_mlflow_filter(text)


@pytest.mark.parametrize(
    ("text", "aggregate", "step"),
    [
        ("max(metrics.a) > 1", Aggregate.MAX, None),
        ("MIN(metrics.`a`) > 1", Aggregate.MIN, None),
        ("first( metrics.a ) > 1", Aggregate.FIRST, None),
        ("mean (metric.a) > 1", Aggregate.MEAN, None),
        ("latest(metrics.a) > 1", Aggregate.LATEST, None),
        ("at(metrics.a, -3) > 1", Aggregate.AT, -3),
    ],
)
def test_aggregates(text: str, aggregate: Aggregate, step: int | None) -> None:
    found = parsed(text)
    assert found == Comparison(Entity.METRIC, "a", Operator.GREATER, 1.0, NOWHERE, aggregate, step)
    assert isinstance(found, Comparison)
    assert found.span == Span(0, len(text))


def test_a_condition_means_the_same_alone_and_among_others() -> None:
    for text in (
        "params.b = 'it''s'",
        'params.b = "x"',
        "params.b = 'a\\'b'",
        "run_id IN ('a\\x41', 'b')",
        "created > 5",
    ):
        (leaf,) = leaves(parse_mlflow_filter(text))
        assert parsed(f"{text} or has(tags.x)") == Or((leaf, comparison(Entity.TAG, "x", Operator.IS_NOT_NULL, None)))


def test_a_backslash_may_end_a_text_where_no_other_reading_is_left() -> None:
    ends = comparison(Entity.PARAM, "b", Operator.EQUAL, "C:\\")
    assert parsed("params.b = 'C:\\' or resnet") == Or((ends, Word("resnet", NOWHERE)))


def test_every_condition_knows_its_place() -> None:
    text = "not (resnet or params.lr <= 0.1) and max(metrics.a) between 0 and 1"
    spans = [leaf.span for leaf in leaves(parsed(text))]
    told = [text[span.position : span.end] for span in spans]
    assert told == ["resnet", "params.lr <= 0.1", "max(metrics.a) between 0 and 1", "max(metrics.a) between 0 and 1"]


@pytest.mark.parametrize(
    "text",
    [
        *("params.x != 'a'", "params.x !~ 'a'", "params.x not in ('a')", "params.x < 1", "params.x not like 'a'"),
        *("params.x not between 1 and 2", "params.x != 1"),
    ],
)
def test_nothing_but_null_is_true_of_what_is_missing_and_not_is_the_opposite(text: str) -> None:
    assert not matches(text, run())
    assert matches(f"not ({text})", run())
    assert not matches(f"not not ({text})", run())
    assert matches(text, run(params={"x": "0"}))
    assert not matches(f"not ({text})", run(params={"x": "0"}))


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("0.01", "params.x < 0.1", True),
        ("1e-05", "params.x < 0.0001", True),
        ("10", "params.x > 9", True),
        ("6.0", "params.x = 6", True),
        ("6.0", "params.x = '6'", False),
        ("auto", "params.x < 1e300", False),
        ("auto", "params.x != 6", False),
        ("nan", "params.x != 6", False),
        ("inf", "params.x > 6", False),
        ("", "params.x >= 0", False),
        ("7", "params.x in (6, 7)", True),
        ("7.5", "params.x not in (6, 7)", True),
    ],
)
def test_params_are_compared_as_numbers(value: str, text: str, expected: bool) -> None:
    assert matches(text, run(params={"x": value})) is expected


def test_words_are_looked_for_in_id_name_and_values_without_regard_to_case() -> None:
    one = run(params={"model": "ResNet-50", "key": "v"}, tags={"team": "two words"})
    for text in ("MOLE", "ab12", "resnet-50", "'TWO words'", "net clever", "resnet or vgg", "not vgg"):
        assert matches(text, one), text
    for text in ("model", "team", "resnet vgg", "not resnet", "'two  words'", "%", "'_'"):
        assert not matches(text, one), text


def test_a_run_that_has_not_ended_has_no_duration() -> None:
    assert matches("duration = '1m'", run())
    running = run(end_time=None)
    assert not matches("duration >= 0", running)
    assert matches("duration is null and not duration >= 0", running)


def test_orders() -> None:
    assert parse_run_order(
        [
            "number(params.lr)",
            "max(metrics.`a b`) DESC",
            "at(metrics.a, 10)",
            "duration desc",
            "metrics.val/loss",
            "parent",
        ]
    ) == (
        OrderKey(Entity.PARAM, "lr", True, NOWHERE, numeric=True),
        OrderKey(Entity.METRIC, "a b", False, NOWHERE, Aggregate.MAX),
        OrderKey(Entity.METRIC, "a", True, NOWHERE, Aggregate.AT, 10),
        OrderKey(Entity.ATTRIBUTE, "duration", False, NOWHERE),
        OrderKey(Entity.METRIC, "val/loss", True, NOWHERE),
        OrderKey(Entity.TAG, "mlflow.parentRunId", True, NOWHERE),
    )
    assert parse_run_order(["params.lr"])[0].numeric is False


@pytest.mark.parametrize(
    ("text", "blamed"),
    [
        ("max(metrics.a) UP", "UP"),
        ("max(params.a)", "params.a"),
        ("number(metrics.a)", "metrics.a"),
        ("mox(metrics.a)", "mox"),
        ("max(metrics.a", "("),
        ("max(metrics.a) > 1", "> 1"),
    ],
)
def test_an_order_that_is_wrong_is_told_with_its_place(text: str, blamed: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_run_order([text])
    error = caught.value
    assert error.position is not None
    assert text[error.position : error.position + error.length] == blamed


def test_an_aggregate_is_not_sorted_by_twice() -> None:
    with pytest.raises(FilterError, match="twice"):
        parse_run_order(["metrics.a", "latest(metrics.a) DESC"])
    assert len(parse_run_order(["metrics.a", "max(metrics.a)", "min(metrics.a)", "params.a", "number(params.a)"])) == 5


def test_numbers_come_before_texts_and_what_is_missing_last_in_both_directions() -> None:
    values = ["10", "9", "1e-05", "auto", "zero", None, "9.0", "nan", "-3"]
    runs = [run(run_id=f"{place}", params={} if value is None else {"x": value}) for place, value in enumerate(values)]

    def order(direction: str) -> list[str | None]:
        keys = parse_run_order([f"number(params.x) {direction}", "run_id"])
        return [values[int(one.run_id)] for one in run_order(keys).sorted(runs)]

    assert order("ASC") == ["-3", "1e-05", "9", "9.0", "10", "auto", "nan", "zero", None]
    assert order("DESC") == ["10", "9", "9.0", "1e-05", "-3", "zero", "nan", "auto", None]


def test_histories_are_asked_about_only_where_nothing_else_decides() -> None:
    asked = []

    def aggregated(one: Run, key: str, aggregate: Aggregate, step: int | None) -> float | None:
        asked.append((one.run_id, key, aggregate, step))
        return 0.95

    found = run_predicate(parsed("max(metrics.a) > 0.9 and metrics.a > 0.5"), aggregated)
    good = run(run_id="good", metrics={"a": Metric("a", 0.6, 0, 0)})
    assert not found(run(run_id="bad", metrics={"a": Metric("a", 0.1, 0, 0)}))
    assert found(good)
    assert asked == [("good", "a", Aggregate.MAX, None)]


def test_wide_and_deep_filters_are_bounded_and_run() -> None:
    wide = " or ".join(f"params.p{number} > {number}" for number in range(400))
    assert matches(wide, run(params={"p399": "400"}))
    with pytest.raises(FilterError, match="at most 400 conditions"):
        parse_run_filter(f"{wide} or resnet")
    with pytest.raises(FilterError, match=r"at most 10,000 words"):
        parse_run_filter("a " * 20_000)
