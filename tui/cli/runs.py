"""`flowdeck runs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli import diagnostics, output
from tui.cli.absent_keys import tell_absent
from tui.cli.completing import complete_columns
from tui.cli.headway import headway_shown
from tui.cli.listing import print_csv, print_json, print_table, tell_page
from tui.cli.options import (
    Settings,
    experiment_option,
    filter_option,
    limit_option,
    output_option,
    sort_option,
    stage_options,
    store_option,
    view_of,
)
from tui.cli.run_columns import STORED, RunColumn, limited_document, parse_column, parts_of
from tui.cli.run_reading import RunReading
from tui.cli.sort_keys import order_by
from tui.view.export import Format

if TYPE_CHECKING:
    from store.absent import Named
    from store.entities import MetricColumn, ViewType
    from store.protocols import Store


@click.command(
    epilog="""\b
Filters are MLflow's, with OR, NOT, parentheses, IN and BETWEEN, and:
  params.depth >= 6                   params and tags as numbers
  params.data ~ '^s3://'              a regular expression; !~
  start_time > '2 days ago'           yesterday, 2026-01-31 14:00; duration > '1h 30m'
  max(metrics.auc) > 0.9              min, first, mean, at(metrics.auc, 100)
  has(tags.team), parent is null      also experiment, note, status = running
  resnet "two words"                  words in name, id, params and tags

\b
Sort keys are metrics.KEY, params.KEY (numbers first, by their size), tags.KEY, an attribute, duration,
max(metrics.KEY) ..., best(metrics.KEY); a string such as "params.KEY DESC" is MLflow's and sorts params as text.

\b
Examples:
  flowdeck runs -e churn -f "metrics.auc > 0.9 and params.depth > 6" --sort "max(metrics.auc):desc"
  flowdeck runs -n 0 -c status -c metrics.auc -o csv"""
)
@experiment_option
@filter_option("\"metrics.rmse < 1 and tags.team = 'a'\"", "MLflow's filter, and more: see below")
@sort_option("metrics.rmse:desc")
@click.option(
    "-c",
    "--column",
    "columns",
    multiple=True,
    metavar="COL",
    shell_complete=complete_columns,
    help="Print this: metrics.KEY, params.KEY, tags.KEY, datasets, an attribute such as status, or of a history "
    "max(metrics.KEY), min, best, first, mean, at(metrics.KEY, STEP); may be repeated.",
)
@limit_option("runs")
@stage_options
@output_option
@store_option
@click.pass_obj
def runs(
    settings: Settings,
    experiments: Sequence[str],
    filter_: str,
    sort: Sequence[str],
    columns: Sequence[str],
    limit: int,
    deleted: bool,
    everything: bool,
) -> None:
    """List runs with their metrics and params, newest first.

    Without -c, a table has columns for at most 8 metrics and 8 params, chosen from the first 500 runs, and says how
    many have none; json, ndjson and csv have every key.
    """
    from store.protocols import RunQuery

    view = view_of(deleted, everything)
    chosen = tuple(parse_column(text) for text in columns)
    order = tuple(order_by(key) for key in sort)
    format_ = settings.output
    with settings.opened() as store:
        ids = None
        if experiments:
            from store.lookup import find_experiment

            ids = tuple(dict.fromkeys(find_experiment(store, text).experiment_id for text in experiments))
        query = RunQuery(ids, filter_, order, view, limit or None)
        with headway_shown() as progress:
            page = store.run_ids(query, progress=progress)
        reading = RunReading(store, page.items, _named(chosen, order), _histories(chosen))
        if format_ in (Format.JSON, Format.NDJSON):
            _print_json(store, reading, chosen, format_)
        elif format_ is Format.CSV:
            _print_csv(store, reading, chosen)
        else:
            several = None if ids is None else len(ids) > 1
            _print_table(store, reading, chosen, format_, view, several)
        tell_page(page, "run", len(reading.incomplete), "flowdeck show RUN")
        tell_absent(store, query, reading)


def _named(columns: tuple[RunColumn, ...], order: tuple[str, ...]) -> list[Named]:
    """The keys that columns and order name."""
    named = [(column.kind, column.key) for column in columns if column.kind not in ("attributes", "datasets")]
    if order:
        from store.absent import named_by_order

        named += named_by_order(order)
    return named


def _histories(columns: tuple[RunColumn, ...]) -> dict[str, MetricColumn]:
    """What columns ask of histories, by their names."""
    if not any(column.aggregate for column in columns):
        return {}
    from store.entities import MetricColumn
    from store.kinds import Aggregate

    return {
        column.name: MetricColumn(column.key, Aggregate(column.aggregate), column.step)
        for column in columns
        if column.aggregate
    }


def _names_for(store: Store, columns: tuple[RunColumn, ...]) -> dict[str, str]:
    from store.lookup import experiment_names

    named = any(column.kind == "attributes" and column.key == "experiment" for column in columns)
    return experiment_names(store) if named else {}


def _print_json(store: Store, reading: RunReading, columns: tuple[RunColumn, ...], format_: Format) -> None:
    if columns:
        document = limited_document(columns, _names_for(store, columns))
        print_json(map(document, reading.runs(parts_of(columns))), format_)
    else:
        from store.entities import RunParts
        from tui.cli.documents import run_document

        print_json(map(run_document, reading.runs(RunParts.ALL)), format_)


def _print_csv(store: Store, reading: RunReading, columns: tuple[RunColumn, ...]) -> None:
    if not columns:
        columns = _all_columns(reading)
    names = _names_for(store, columns)
    rows = ([column.value(run, names) for column in columns] for run in reading.runs(parts_of(columns)))
    print_csv([column.title for column in columns], rows)


def _all_columns(reading: RunReading) -> tuple[RunColumn, ...]:
    """The attributes and every key of any of the runs.

    The titles come first, so the runs are read twice: keeping them all would take memory without bound.
    """
    from store.entities import RunParts

    kinds = ("params", "metrics", "tags")
    keys: dict[str, set[str]] = {kind: set() for kind in kinds}
    for run in reading.runs(RunParts.PARAMS | RunParts.METRICS | RunParts.TAGS):
        for kind in kinds:
            keys[kind].update(getattr(run, kind))
    return (
        *(RunColumn("attributes", name) for name in STORED),
        *(RunColumn(kind, key) for kind in kinds for key in sorted(keys[kind])),
    )


def _several_experiments(store: Store, names: dict[str, str], view: ViewType) -> bool:
    """True if runs of the whole store may be of several experiments: whichever of them are listed first."""
    from store.entities import ViewType

    if len(names) < 2 or view is not ViewType.ACTIVE_ONLY:
        return len(names) > 1
    return sum(stats.runs > 0 for stats in store.experiment_stats().values()) > 1


def _print_table(
    store: Store,
    reading: RunReading,
    columns: tuple[RunColumn, ...],
    format_: Format,
    view: ViewType,
    several: bool | None,
) -> None:
    """`several`: the runs are of several experiments; None if that was left to the store."""
    from store.entities import RunParts, ViewType
    from store.lookup import experiment_names
    from tui.cli.run_table import RunTable

    parts = parts_of(columns) if columns else RunParts.PARAMS | RunParts.METRICS
    names = experiment_names(store) if not columns else _names_for(store, columns)
    if several is None:
        several = not columns and _several_experiments(store, names, view)
    table = RunTable(columns, names, stage=view is not ViewType.ACTIVE_ONLY)
    for runs in reading.portions(parts):
        table.add(runs, several_experiments=several)
    if not reading.ids:
        table.add((), several_experiments=several)
    print_table(table.headings, table.rows, format_)
    if left_out := table.left_out:
        from tui.view.cells import plural

        counts = ((noun, sum(kind == f"{noun}s" for kind, _ in left_out)) for noun in ("metric", "param"))
        output.flush()
        told = " and ".join(plural(count, noun) for noun, count in counts if count)
        diagnostics.note(f"{told} without a column: name them with -c, or use -o json")
