"""`flowdeck history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from tui.cli.listing import print_csv, print_json, print_table
from tui.cli.options import Settings, metric_argument, output_option, run_argument, store_option
from tui.view.export import Format, Heading, json_number

if TYPE_CHECKING:
    from store.entities import History, Run
    from store.errors import NotFound
    from store.protocols import Store


@click.command(epilog="Example: flowdeck history baseline val/loss -o csv")
@run_argument
@metric_argument
@output_option
@store_option
@click.pass_obj
def history(settings: Settings, run: str, metric: str) -> None:
    """Print a metric's full history, ordered by step, time and value."""
    from store.lookup import find_run

    with settings.opened() as store:
        found = find_run(store, run)
        points = store.history(found.run_id, metric)
        if not points:
            raise no_metric(store, found, metric)
    format_ = settings.output
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(_documents(points), format_)
    elif format_ is Format.CSV:
        rows = zip(points.steps, points.timestamps, map(json_number, points.values), strict=True)
        print_csv(("step", "timestamp", "value"), rows)
    else:
        from tui.view import cells

        headings = [Heading("Step", "right"), Heading("Time"), Heading("Value", "right")]
        lines = [[str(point.step), cells.exact_moment(point.timestamp), cells.exact(point.value)] for point in points]
        print_table(headings, lines, format_)


def _documents(points: History) -> Iterator[dict[str, object]]:
    for step, timestamp, value in zip(points.steps, points.timestamps, points.values, strict=True):
        yield {"step": step, "timestamp": timestamp, "value": json_number(value)}


def no_metric(store: Store, run: Run, metric: str) -> NotFound:
    """The error for a metric that a run does not have, with those that could be meant."""
    from store.entities import RunParts
    from store.errors import NotFound
    from store.lookup import alternatives, similar

    keys = [key for item in store.runs([run.run_id], RunParts.METRICS) for key in item.metrics]
    name = run.run_name or run.run_id
    if near := similar(metric, keys):
        hint = f"did you mean {alternatives(near)}?"
    elif keys:
        hint = f"it has {alternatives(sorted(keys)[:5])}" + (f" and {len(keys) - 5} more" if len(keys) > 5 else "")
    else:
        hint = "it has no metrics at all"
    return NotFound(f"the run “{name}” has no metric “{metric}”", hint)
