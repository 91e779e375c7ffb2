"""`flowdeck runs`."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import TYPE_CHECKING, Final

import click

from tui.cli import diagnostics, output
from tui.cli.absent_keys import tell_absent
from tui.cli.completing import complete_columns
from tui.cli.destination import written_to
from tui.cli.headway import headway_shown
from tui.cli.listing import print_csv, print_json, print_markdown, print_table, tell_page
from tui.cli.options import (
    Settings,
    any_output_option,
    experiment_option,
    file_options,
    filter_option,
    limit_option,
    sort_option,
    stage_options,
    store_option,
    view_of,
)
from tui.cli.repeated import experiments_of, sorted_by
from tui.cli.run_columns import parse_column
from tui.cli.sort_keys import order_by
from tui.run_reading import RunReading, histories_of
from tui.run_sheet import run_sheet
from tui.view.export import Format
from tui.view.fields import RunField, parts_of

if TYPE_CHECKING:
    from store.absent import Named
    from store.entities import RunParts, ViewType
    from store.protocols import Store
    from tui.cli.run_table import RunTable

USUAL_COLLECTION: Final = (700, 10, 10)
"""Python's own thresholds, which a starting program has raised."""

LONG_ANSWER: Final = 5_000
"""Runs of which the garbage is worth collecting: of a thousand it is two megabytes, and takes a tenth of the time."""


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
Sort keys are metrics.KEY, params.KEY (numbers first, by their size), tags.KEY, dataset.name, an attribute,
duration, max(metrics.KEY) ..., best(metrics.KEY); a string such as "params.KEY DESC" is MLflow's and sorts params as
text.

\b
Examples:
  flowdeck runs -e churn -f "metrics.auc > 0.9 and params.depth > 6" --sort "max(metrics.auc):desc"
  flowdeck runs -n 0 -c status -c metrics.auc -o csv
  flowdeck runs -n 0 --to runs.parquet"""
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
@file_options
@any_output_option
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
    to: str | None,
    force: bool,
) -> None:
    """List runs with their metrics and params, newest first.

    Without -c, a table has columns for at most 8 metrics and 8 params, chosen from the first 500 runs, and says how
    many have none; json, ndjson, csv and parquet have every key.
    """
    from store.protocols import RunQuery

    view = view_of(deleted, everything)
    chosen = tuple(parse_column(text) for text in columns)
    order = tuple(order_by(key) for key in sort)
    format_ = settings.output_to(to)
    with written_to(to, force, format_), settings.opened() as store:
        ids = None
        if experiments:
            ids = experiments_of(store, experiments)
        query = RunQuery(ids, filter_, order, view, limit or None)
        with headway_shown() as progress, sorted_by(sort, order):
            page = store.run_ids(query, progress=progress)
        reading = RunReading(store, page.items, _named(chosen, order), histories_of(chosen))
        if len(reading.ids) > LONG_ANSWER:
            # A short command collects no garbage to speak of, a long answer is made of it.
            gc.set_threshold(*USUAL_COLLECTION)
        if format_ in (Format.TABLE, Format.MD):
            several = None if ids is None else len(ids) > 1
            _print_table(store, reading, chosen, format_, view, several)
        else:
            _print_sheet(store, reading, chosen, format_)
        tell_page(page, "run", len(reading.incomplete), "flowdeck show RUN")
        tell_absent(store, query, reading.unseen(), found=bool(reading.ids), given={"-c": columns, "--sort": sort})


def _named(columns: tuple[RunField, ...], order: tuple[str, ...]) -> list[Named]:
    """The keys that columns and order name."""
    named = [(column.kind, column.key) for column in columns if column.kind not in ("attributes", "datasets")]
    if order:
        from store.absent import named_by_order

        named += named_by_order(order)
    return named


def _names_for(store: Store, columns: tuple[RunField, ...]) -> dict[str, str]:
    from store.lookup import experiment_names

    named = any(column.kind == "attributes" and column.key == "experiment" for column in columns)
    return experiment_names(store) if named else {}


def _print_sheet(store: Store, reading: RunReading, columns: tuple[RunField, ...], format_: Format) -> None:
    """What programs read: as much of it at a time as memory is meant for."""
    sheet = run_sheet(reading, columns, lambda: _names_for(store, columns), format_)
    if format_ is Format.PARQUET:
        from tui.parquet import write_parquet

        write_parquet(sheet, output.data())
    elif format_ is Format.CSV:
        print_csv([column.title for column in sheet.columns], sheet.values())
    else:
        print_json(sheet.documents(), format_)


def _several_experiments(store: Store, names: dict[str, str], view: ViewType) -> bool:
    """True if runs of the whole store may be of several experiments: whichever of them are listed first."""
    from store.entities import ViewType

    if len(names) < 2 or view is not ViewType.ACTIVE_ONLY or not store.info.counts_runs:
        return len(names) > 1
    return sum(stats.runs > 0 for stats in store.experiment_stats().values()) > 1


def _lines(table: RunTable, reading: RunReading, parts: RunParts, several: bool) -> Iterator[Sequence[str]]:
    """The rows of a table, as they come."""
    for runs in reading.portions(parts):
        table.add(runs, several_experiments=several)
        yield from table.taken()
    if not reading.ids:
        table.add((), several_experiments=several)


def _print_table(
    store: Store,
    reading: RunReading,
    columns: tuple[RunField, ...],
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
    lines = _lines(table, reading, parts, several)
    if format_ is Format.MD:
        # The first runs choose the columns; how wide these are is nobody's business here.
        first = list(islice(lines, 1))
        print_markdown(table.headings, chain(first, lines))
    else:
        rows = list(lines)
        print_table(table.headings, rows, format_)
    if left_out := table.left_out:
        from tui.view.cells import plural

        counts = ((noun, sum(kind == f"{noun}s" for kind, _ in left_out)) for noun in ("metric", "param"))
        output.flush()
        told = " and ".join(plural(count, noun) for noun, count in counts if count)
        diagnostics.note(f"{told} without a column: name them with -c, or use -o json")
