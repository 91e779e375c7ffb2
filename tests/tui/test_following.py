"""What a look finds out about an open run, where newest points are not all there is to it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from threading import Event

from store import series
from store.entities import (
    Axis,
    Curve,
    History,
    LoggedModel,
    Metric,
    MetricSummary,
    ModelOutput,
    Point,
    Run,
)
from tests.tui.fakes import FakeStore, run
from tui.following import OpenRun, grow
from tui.looking import same

START = 1_700_000_000_000


def history(points: Sequence[Point]) -> History:
    return History(
        "",
        "loss",
        array("q", [point.step for point in points]),
        array("q", [point.timestamp for point in points]),
        array("d", [point.value for point in points]),
    )


def summary(points: Sequence[Point], *, sampled: bool = False) -> MetricSummary:
    last = points[-1]
    return series.summary(history(points), Metric("loss", last.value, last.timestamp, last.step), sampled=sampled)


@dataclass
class Growing(FakeStore):
    """One run with one metric."""

    points: list[Point] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def history(self, run_id: str, key: str, cancel: Event | None = None, since: int | None = None) -> History:
        self.asked.append(f"history {key} since {since}")
        return series.newest(history(self.points), -(2**63) if since is None else since)

    def metric_summaries(self, run_id: str, cancel: Event | None = None) -> list[MetricSummary]:
        self.asked.append("summaries")
        return super().metric_summaries(run_id, cancel)


def training(points: Sequence[Point], **fields: object) -> Run:
    latest = {"loss": summary(points).latest} if points else {}
    return run(1, status="RUNNING", end_time=None, start_time=START, metrics=latest, **fields)


def point(step: int, second: int, value: float = 1.0) -> Point:
    return Point(step, START + 1000 * second, value)


def curve(count: int, axis: Axis = Axis.STEP, *, sampled: bool = False) -> Curve:
    points = [point(step, step) for step in range(count)]
    made = series.curve(history(points), axis, 600, START, sampled=sampled)
    return replace(made, run_id=run(1).run_id)


def known(points: Sequence[Point], made: Curve | None = None, *, sampled: bool = False, **fields: object) -> OpenRun:
    curves = {} if made is None else {"loss": made}
    return OpenRun(training(points, **fields), (), {"loss": summary(points, sampled=sampled)}, curves, made, 600)


def test_nothing_new_is_told_and_no_history_is_read() -> None:
    points = [point(step, step) for step in range(5)]
    store = Growing([training(points)], points=points)
    assert grow(store, known(points, curve(5)), Event()) is None
    assert store.asked == []


def test_a_first_value_makes_a_summary() -> None:
    points = [point(0, 1), point(1, 2, 0.5)]
    store = Growing([training(points)], points=points)
    found = grow(store, OpenRun(training([]), (), {}, {}), Event())
    assert found is not None
    assert found.summaries == {"loss": summary(points)}
    assert store.asked == ["history loss since None"]


def test_before_the_metrics_were_summed_up_none_is_followed() -> None:
    points = [point(0, 1), point(1, 2, 0.5)]
    store = Growing([training(points)], points=points)
    found = grow(store, OpenRun(training(points[:1]), (), {}, {}), Event())
    assert found is not None
    assert (found.run.metrics["loss"].value, found.summaries, store.asked) == (0.5, {}, [])


def test_of_a_sampled_metric_another_sample_is_read() -> None:
    points = [point(step, step) for step in range(6)]
    fresh = summary(points, sampled=True)
    store = Growing([training(points)], summaries=[fresh], points=points)
    found = grow(store, known(points[:5], curve(5, sampled=True), sampled=True), Event())
    assert found is not None
    assert (found.summaries, found.curves, found.charted) == ({"loss": fresh}, {}, None)
    assert store.asked == ["summaries"]


def test_a_metric_that_gets_steps_is_drawn_anew() -> None:
    points = [Point(0, START + second, 1.0) for second in range(3)]
    grown = [*points, Point(1, START + 5, 1.0)]
    store = Growing([training(grown)], points=grown)
    found = grow(store, known(points, curve(3, Axis.ORDER)), Event())
    assert found is not None
    assert (found.summaries["loss"].one_step, found.curves, found.charted) == (False, {}, None)


def test_a_curve_that_lacks_more_than_the_newest_points_is_read_again() -> None:
    points = [point(step, 100 * step) for step in range(9)]
    store = Growing([training(points)], points=points)
    before = known(points[:8])
    found = grow(store, replace(before, curves={"loss": curve(3)}, charted=curve(8), charted_buckets=600), Event())
    assert found is not None
    assert found.curves == {}
    assert found.charted is not None
    assert found.charted.count == 9


def test_models_are_read_when_there_are_others_and_while_one_is_not_ready() -> None:
    model = LoggedModel("m-1", "1", "forest", "s3://b", 1, 2, "PENDING")
    points = [point(0, 1)]
    output = (ModelOutput("m-1", 0),)
    store = Growing([training(points, model_outputs=output)], points=points, models=[model])
    first = grow(store, known(points), Event())
    assert first is not None
    assert list(first.models) == [model]
    before = replace(known(points, model_outputs=output), models=[model])
    assert grow(store, before, Event()) is None
    store.models = [replace(model, status="READY")]
    second = grow(store, before, Event())
    assert second is not None
    assert second.models[0].status == "READY"


def test_a_run_that_is_finished_or_gone_is_to_be_read_once_more() -> None:
    points = [point(0, 1)]
    for runs in ([replace(training(points), status="KILLED")], []):
        found = grow(Growing(runs, points=points), known(points), Event())
        assert found is not None
        assert found.ended


def test_a_nan_is_no_change() -> None:
    one = training([point(0, 1, float("nan"))])
    other = training([point(0, 1, float("nan"))])
    assert one != other
    assert same(one, other)
    assert not same(one, training([point(0, 1, 0.5)]))
    assert not same(one, None)
