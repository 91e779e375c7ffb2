"""`flowdeck plot`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from tui.cli import diagnostics, output
from tui.cli.completing import complete_metrics, complete_runs
from tui.cli.options import Settings, store_option
from tui.cli.repeated import each_by_itself

if TYPE_CHECKING:
    from store.entities import Axis, MetricSummary, Run
    from store.protocols import Store
    from tui.view.chart import ChartDrawing

HEIGHT: Final = 24
"""Lines of a chart, where the terminal is not lower."""

_COLOURS: Final = {
    "axis": "2",
    "label": "2",
    "raw": "2",
    "title": "1",
    **{f"series{index}": code for index, code in enumerate(("36", "33", "32", "35", "31", "34", "37", "90"))},
}
"""SGR codes of the sixteen colours every terminal has, in the user's own shades."""


@dataclass(frozen=True, slots=True)
class _Series:
    run: Run
    summary: MetricSummary


@click.command(
    epilog="\b\nExamples:\n  flowdeck plot -m val/loss baseline child-1 --log-y\n  flowdeck plot -m loss -m acc 3f2a"
)
@click.option(
    "-m",
    "--metric",
    "metrics",
    multiple=True,
    required=True,
    metavar="METRIC",
    shell_complete=complete_metrics,
    help="Metric to draw; may be repeated.",
)
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option("--x", type=click.Choice(["step", "relative", "wall"]), default="step", help="X axis; default step.")
@click.option("--log-y", is_flag=True, help="Logarithmic y axis.")
@click.option(
    "--smooth",
    type=click.IntRange(min=0),
    default=0,
    metavar="N",
    help="Draw the moving average over N neighbours, with the raw line beneath; of a history with more than two points "
    "to a column, over N half columns.",
)
@click.option("--width", type=click.IntRange(min=10, max=1000), metavar="W", help="Columns; default the terminal's.")
@click.option("--height", type=click.IntRange(min=4, max=500), metavar="H", help=f"Lines; default {HEIGHT} or fewer.")
@store_option
@click.pass_obj
def plot(
    settings: Settings,
    metrics: Sequence[str],
    runs: Sequence[str],
    x: str,
    log_y: bool,
    smooth: int,
    width: int | None,
    height: int | None,
) -> None:
    """Draw metric curves as text: every minimum and maximum is kept, whatever the size."""
    from store.entities import Axis
    from store.lookup import find_run
    from tui.view.chart import BUCKETS_PER_COLUMN, draw
    from tui.view.chart_axis import usable_axis

    if settings.format not in (None, "table"):
        raise click.UsageError("a chart is text only; “flowdeck history” prints its points in other formats.")
    columns = width or output.columns()
    with settings.opened() as store:
        found = list({run.run_id: run for run in (find_run(store, text) for text in runs)}.values())
        series = _series(store, found, list(dict.fromkeys(metrics)))
        axis = usable_axis(Axis(x), [item.summary for item in series])
        curves = [store.curve(item.run, item.summary, axis, BUCKETS_PER_COLUMN * columns) for item in series]
    colour = output.is_terminal() and not os.environ.get("NO_COLOR")
    drawing = draw(
        curves,
        width=columns,
        height=height or min(HEIGHT, max(6, output.lines() - 3)),
        names=_names(series),
        log_y=log_y,
        smooth=smooth,
        colour=colour,
        title=_title(series, axis),
        below=True,
    )
    _print(drawing, [*drawing.notes, *_told(Axis(x), axis)], colour)


def _series(store: Store, runs: Sequence[Run], metrics: Sequence[str]) -> list[_Series]:
    """What there is of each metric in each run; a metric that no run has is an error, others are said."""
    from tui.cli.history import no_metric

    summaries = {run.run_id: {item.key: item for item in store.metric_summaries(run.run_id)} for run in runs}
    series = []
    for metric in metrics:
        having = [run for run in runs if metric in summaries[run.run_id]]
        if not having:
            error = no_metric(store, runs[0], metric)
            known = {key for keys in summaries.values() for key in keys}
            error.hint = each_by_itself("-m", metric, known.__contains__) or error.hint
            raise error
        series += [_Series(run, summaries[run.run_id][metric]) for run in having]
        for run in runs:
            if run not in having:
                diagnostics.note(f"the run “{run.run_name or run.run_id}” has no metric “{metric}”")
    return series


def _told(wanted: Axis, axis: Axis) -> list[str]:
    """Why the axis is not the one that was asked for."""
    if axis is wanted:
        return []
    if axis.value == "order":
        return ["all points have one step and one time: drawn in their order"]
    return ["logged without steps: drawn over the time since the start"]


def _names(series: Sequence[_Series]) -> list[str]:
    several_runs = len({item.run.run_id for item in series}) > 1
    several_metrics = len({item.summary.key for item in series}) > 1
    if len(series) == 1:
        return []
    from tui.view.glyphs import GLYPHS

    names = []
    shared = _shared_names(series)
    for item in series:
        run = item.run.run_name or item.run.run_id[:8]
        if run in shared:
            run = f"{run} ({item.run.run_id[:8]})"
        parts = ([run] if several_runs else []) + ([item.summary.key] if several_metrics else [])
        names.append(f" {GLYPHS.gap} ".join(parts))
    return names


def _shared_names(series: Sequence[_Series]) -> set[str]:
    """The names that several of these runs have."""
    names = list({item.run.run_id: item.run.run_name for item in series}.values())
    return {name for name in names if names.count(name) > 1}


def _title(series: Sequence[_Series], axis: Axis) -> str:
    metrics = list(dict.fromkeys(item.summary.key for item in series))
    runs = {item.run.run_id: item.run.run_name or item.run.run_id[:8] for item in series}
    of = f" of {next(iter(runs.values()))}" if len(runs) == 1 else ""
    return f"{', '.join(metrics)}{of} by {_AXIS_NAMES[axis.value]}"


_AXIS_NAMES: Final = {"step": "step", "relative": "time since the start", "wall": "time", "order": "order"}


def _print(drawing: ChartDrawing, notes: Sequence[str], colour: bool) -> None:
    lines = []
    for row in (*drawing.rows, *drawing.legend):
        if colour:
            shown = (
                f"\x1b[{_COLOURS[span.role]}m{span.text}\x1b[0m" if span.role in _COLOURS else span.text for span in row
            )
            lines.append("".join(shown))
        else:
            lines.append("".join(span.text for span in row).rstrip())
    output.write_shown("".join(f"{line}\n" for line in [*lines, *(f"({note})" for note in notes)]))
