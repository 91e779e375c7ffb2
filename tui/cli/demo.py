"""`flowdeck demo`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

from tui.cli import output
from tui.cli.listing import print_table
from tui.cli.options import Settings
from tui.view.export import Format, Heading

if TYPE_CHECKING:
    from store.entities import Run
    from store.protocols import Store

EXPERIMENT: Final = "resnet-cifar10"
METRIC: Final = "val/loss"
_WIDTH: Final = 100
_HEIGHT: Final = 18


@click.command(epilog="Example: flowdeck demo | less")
@click.pass_obj
def demo(settings: Settings) -> int:
    """Open the built-in demo store; without a terminal, print a tour of it.

    The demo is a real MLflow database with its artifacts, made in the user's cache folder on first use.
    """
    from store.demo import ensure_demo

    settings.store = str(ensure_demo())
    if sys.stdin.isatty() and output.is_terminal():
        from tui.cli.main import open_tui

        return open_tui(settings, demo=True)
    with settings.opened() as store:
        _tour(store, settings.store)
    return 0


def _tour(store: Store, path: str) -> None:
    """The same commands that the text names, on the demo."""
    from store.entities import RunParts
    from store.lookup import find_experiment
    from store.protocols import ExperimentQuery, RunQuery
    from tui.view import cells

    experiments = store.experiments(ExperimentQuery()).items
    stats = store.experiment_stats()
    runs = sum(stats[item.experiment_id].runs for item in experiments if item.experiment_id in stats)
    _say(
        f"The flowdeck demo: {cells.plural(len(experiments), 'experiment')} with {cells.plural(runs, 'run')} in a real"
        f" {store.info.schema} database,\n{path}"
    )
    experiment = find_experiment(store, EXPERIMENT)
    order = (f"metrics.`{METRIC}` ASC",)
    page = store.run_ids(RunQuery((experiment.experiment_id,), order_by=order, limit=6))
    _section(f"flowdeck runs -e {EXPERIMENT} --sort metrics.{METRIC}:asc -n 6", "The best runs of an experiment")
    _runs(store, page.items)
    best, other = store.runs(page.items[:2], RunParts.PARAMS | RunParts.METRICS)
    _say(f"\nWhat differs between {best.run_name} and {other.run_name}\n")
    _comparison(best, other)
    _section(f"flowdeck plot -m {METRIC} {best.run_name} {other.run_name}", "How they got there")
    _chart(store, [best, other])
    _say(
        "\nNext:\n"
        "  flowdeck demo                           in a terminal: the same with the keyboard\n"
        "  flowdeck sqlite:///mlflow.db            a store of your own, in the terminal interface\n"
        "  flowdeck runs -s mlflow.db -o json      the same for scripts\n"
        "  flowdeck --help                         everything else"
    )


def _say(text: str) -> None:
    output.write_shown(f"{text}\n")


def _section(command: str, title: str) -> None:
    _say(f"\n{title}\n$ {command}\n")


def _runs(store: Store, ids: Sequence[str]) -> None:
    from store.entities import RunParts
    from tui.cli.run_columns import parse_column
    from tui.cli.run_table import RunTable

    names = ("run_name", "status", "start_time", "duration", f"metrics.{METRIC}", "metrics.val/acc", "params.arch")
    table = RunTable([parse_column(name) for name in names], {}, stage=False)
    table.add(store.runs(ids, RunParts.PARAMS | RunParts.METRICS), several_experiments=False)
    print_table(table.headings, table.rows, Format.TABLE)


def _comparison(one: Run, other: Run) -> None:
    from tui.view import cells
    from tui.view.text import clean

    rows = []
    for key in sorted(one.params.keys() | other.params.keys()):
        values = [run.params.get(key, cells.MISSING) for run in (one, other)]
        if values[0] != values[1]:
            rows.append([f"params.{clean(key)}", *map(clean, values)])
    rows += [
        [f"metrics.{clean(key)}", *(cells.number(run.metrics[key].value) for run in (one, other))]
        for key in sorted(one.metrics.keys() & other.metrics.keys())
    ]
    headings = [Heading("Param or metric"), *(Heading(clean(run.run_name), "right") for run in (one, other))]
    print_table(headings, rows, Format.TABLE)


def _chart(store: Store, runs: list[Run]) -> None:
    from store.entities import Axis
    from tui.view.chart import BUCKETS_PER_COLUMN, draw

    curves = []
    for run in runs:
        summaries = {item.key: item for item in store.metric_summaries(run.run_id)}
        curves.append(store.curve(run, summaries[METRIC], Axis.STEP, BUCKETS_PER_COLUMN * _WIDTH))
    names = [run.run_name for run in runs]
    drawing = draw(curves, width=_WIDTH, height=_HEIGHT, names=names, colour=False, title=METRIC)
    for row in drawing.rows:
        _say("".join(span.text for span in row).rstrip())
    _say(f"({', '.join(drawing.notes)})")
