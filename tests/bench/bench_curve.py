"""A curve of 1,000,000 points: read through `store`, and from a key press to the chart on the screen."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from store.entities import Axis, Curve, MetricSummary, Run, RunParts
from store.opening import open_store
from store.protocols import RunQuery, Store
from tests.bench.generator import (
    LONG_EXPERIMENT,
    LONG_METRIC,
    LONG_RUN,
    SPIKE_MAX,
    SPIKE_MIN,
    MetricShape,
    cached_metric,
)
from tests.bench.timing import (
    SCREEN_TIMEOUT,
    Case,
    Row,
    Settings,
    flowdeck_command,
    interleaved,
    open_terminal,
    run_alone,
    scratch,
    timed,
)
from tests.support.terminal import Terminal

REPEATS: Final = 7
TIMES: Final = 2.0
BUCKETS: Final = 300
"""About as many as the braille columns of a chart in a terminal 160 cells wide."""

COLUMNS: Final = 160
ROWS: Final = 45

ON_SCREEN: Final = "{points:,} points: key press to chart painted"
CURVE: Final = "{points:,} points: `store.curve`"
SUMMARY: Final = "{points:,} points: `store.metric_summaries`, which a run's list of metrics shows before"
AGGREGATE: Final = "one aggregate query by sqlite3"

STEPS_TO_CURVE: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (LONG_EXPERIMENT, ("/", *LONG_EXPERIMENT, "enter", "enter")),
    (LONG_RUN, ("/", *LONG_RUN, "enter")),
    (f"called “{LONG_RUN}”", ("enter",)),
    (LONG_METRIC, ("/", *LONG_METRIC, "enter")),
)
"""What must be on the screen, and the keys that are then pressed; after the last ones the metric is chosen."""

CURVE_KEY: Final = "enter"
"""The key that opens the chart: the time runs from here."""

AGGREGATE_SQL: Final = """
    SELECT step / :width AS bucket, min(value), max(value) FROM metrics
    WHERE run_uuid = :run AND key = :key AND is_nan = 0 GROUP BY bucket ORDER BY bucket
"""


class Inexact(Exception):
    """A curve without its extremes."""


def chart_painted(terminal: Terminal, points: int) -> bool:
    """Whether a chart is on the screen that says how many points it was drawn from."""
    text = terminal.text()
    drawn = any("\u2801" <= character <= "\u28ff" for character in text)
    return drawn and f"{points:,}".replace(",", " ") in text


def walk_to_curve(terminal: Terminal) -> None:
    """Walks from the first screen to where CURVE_KEY opens the chart."""
    for text, keys in STEPS_TO_CURVE:
        terminal.wait_for(text, SCREEN_TIMEOUT)
        terminal.press(*keys)
    terminal.wait_for(lambda: LONG_METRIC in terminal.text() and "reading" not in terminal.text(), SCREEN_TIMEOUT)
    # The key must find an idle program: what it still does for the screen before is not the chart's cost.
    terminal.wait_quiet(0.5, SCREEN_TIMEOUT)


def on_screen(path: Path, points: int) -> float:
    """Seconds from the key press to the painted chart, in a program that has not read the metric's points before.

    Its HOME is new: another one could remember where it was left, which may be the chart.
    """
    with scratch() as home, open_terminal(flowdeck_command(str(path)), home, COLUMNS, ROWS) as terminal:
        walk_to_curve(terminal)
        pressed = terminal.press(CURVE_KEY)
        painted = terminal.wait_for(lambda: chart_painted(terminal, points), SCREEN_TIMEOUT, "the chart")
        return painted - pressed


def find_long_run(store: Store) -> Run:
    """The run with the long history."""
    page = store.run_ids(RunQuery(filter=f"attributes.run_name = '{LONG_RUN}'"))
    return store.runs(page.items, RunParts.ATTRIBUTES)[0]


def find_summary(store: Store, run: Run) -> MetricSummary:
    """The metric's extent and extremes."""
    (summary,) = (item for item in store.metric_summaries(run.run_id) if item.key == LONG_METRIC)
    return summary


def read_curve(store: Store, run: Run, summary: MetricSummary) -> Curve:
    """What the chart draws: the metric's points by column."""
    return store.curve(run, summary, Axis.STEP, BUCKETS)


def check_extremes(summary: MetricSummary, curve: Curve, shape: MetricShape) -> None:
    """Raises Inexact unless both spikes are in the summary and in the columns where they belong."""
    expected = ((shape.max_step, SPIKE_MAX), (shape.min_step, SPIKE_MIN))
    for point, (step, value) in zip((summary.maximum, summary.minimum), expected, strict=True):
        if point is None or (point.step, point.value) != (step, value):
            raise Inexact(f"the summary has {point}, not {value} at step {step}")
    for step, value in expected:
        columns = [bucket for bucket in curve.buckets if bucket.x_first <= step <= bucket.x_last]
        if not any(value in (bucket.minimum, bucket.maximum) for bucket in columns):
            raise Inexact(f"the curve has lost {value} at step {step}")
    if curve.count != shape.points or sum(bucket.count for bucket in curve.buckets) != shape.points:
        raise Inexact(f"the curve has {curve.count} points of {shape.points}")


def aggregate(path: Path, run_id: str, points: int) -> list[tuple[float, ...]]:
    """The baseline: it is told how wide a bucket is, and counts nothing."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        connection.execute(f"PRAGMA mmap_size = {1 << 32}")
        values = {"run": run_id, "key": LONG_METRIC, "width": -(-points // BUCKETS)}
        return connection.execute(AGGREGATE_SQL, values).fetchall()


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    shape = MetricShape(20_000) if settings.quick else MetricShape()
    path = cached_metric(shape)
    painted, read, summarised = (name.format(points=shape.points) for name in (ON_SCREEN, CURVE, SUMMARY))
    store = open_store(str(path))
    try:
        run = find_long_run(store)
        summary = find_summary(store, run)
        check_extremes(summary, read_curve(store, run, summary), shape)
        cases: dict[str, Case] = {
            painted: lambda: on_screen(path, shape.points),
            read: timed(lambda: read_curve(store, run, summary)),
            summarised: timed(lambda: find_summary(store, run)),
            AGGREGATE: timed(lambda: aggregate(path, run.run_id, shape.points)),
        }
        samples = interleaved(cases, settings.rounds(REPEATS))
    finally:
        store.close()
    return [
        samples.at_most(painted, AGGREGATE, TIMES),
        samples.at_most(read, AGGREGATE, TIMES),
        samples.compared(summarised, AGGREGATE),
    ]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
