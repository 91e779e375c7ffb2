"""`flowdeck groups`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Final

import click

from store.quoting import key_of_option
from tui.cli import diagnostics, output
from tui.cli.absent_keys import tell_absent
from tui.cli.completing import complete_columns
from tui.cli.headway import headway_shown
from tui.cli.listing import print_csv, print_json, print_table
from tui.cli.options import (
    Settings,
    experiment_option,
    filter_option,
    limit_option,
    output_option,
    stage_options,
    store_option,
    view_of,
)
from tui.cli.repeated import experiments_of
from tui.cli.run_columns import DATASETS, KINDS
from tui.view.export import Format
from tui.view.fields import ATTRIBUTES
from tui.view.group_sheet import group_sheet

if TYPE_CHECKING:
    from store.absent import Named
    from store.groups import Group, Grouping, GroupKey
    from store.protocols import RunQuery, Store
    from tui.view.group_order import GroupOrder
    from tui.view.run_columns import RunColumn

SOME_METRICS: Final = 8
"""Metrics that are summed up where none is named: those that most runs have."""


@click.command(
    epilog="\b\nExamples:\n  flowdeck groups -e churn\n"
    '  flowdeck groups -e churn -b params.eta -b params.max_depth -c metrics.auc --sort "mean(metrics.auc):desc"\n\n'
    "A filter says which runs are grouped: mean(metrics.auc) in it is the mean of one run's history.\n\n"
    "JSON has an object for each group: what its runs have in common, runs, and of each metric n, mean, std, min, max."
)
@experiment_option
@filter_option("\"metrics.rmse < 1 and tags.team = 'a'\"", "MLflow's filter, and more: see flowdeck runs --help")
@click.option(
    "-b",
    "--by",
    "keys",
    multiple=True,
    metavar="KEY",
    shell_complete=complete_columns,
    help="Group by params.KEY, tags.KEY or datasets; may be repeated. Default: by the configurations that seeds and "
    "folds repeat, if that can be told.",
)
@click.option(
    "-c",
    "--column",
    "columns",
    multiple=True,
    metavar="METRIC",
    shell_complete=complete_columns,
    help="Sum up metrics.KEY, or of its history max(metrics.KEY), min, first, mean, at(metrics.KEY, STEP); may be "
    f"repeated. Default: the {SOME_METRICS} metrics that most runs have.",
)
@click.option(
    "--sort",
    metavar="KEY[:asc|desc]",
    help="Rank by mean(metrics.KEY), std, min or max of it, runs, or a key of the groups. Default: the mean of the "
    "first metric whose direction its name tells.",
)
@limit_option("groups")
@stage_options
@output_option
@store_option
@click.pass_obj
def groups(
    settings: Settings,
    experiments: Sequence[str],
    filter_: str,
    keys: Sequence[str],
    columns: Sequence[str],
    sort: str | None,
    limit: int,
    deleted: bool,
    everything: bool,
) -> None:
    """Group runs by what they have in common: how many they are, and mean, std, min and max of their metrics."""
    from store.groups import Grouping
    from store.protocols import RunQuery
    from tui.view.group_order import can_rank, measured, ranked, usual_order

    by = list(dict.fromkeys(_key(text) for text in keys))
    chosen = list(dict.fromkeys(_metric(text) for text in columns))
    order = None if sort is None else _order(sort)
    with settings.opened() as store:
        ids = None
        if experiments:
            ids = experiments_of(store, experiments)
        query = RunQuery(ids, filter_, (), view_of(deleted, everything))
        grouping, metrics = _grouped(store, query, by, chosen, order)
        given = {"-b": keys, "-c": columns}
        tell_absent(store, query, _unseen(grouping, metrics), found=bool(grouping.runs), given=given)
    if order is not None and not can_rank(order, grouping, metrics):
        from store.errors import UsageError

        known = ", ".join(key.id for key in grouping.keys)
        raise UsageError(f"groups cannot be ranked by {sort}", f"they are grouped by {known}")
    if not grouping.groups:
        order = None
    elif order is None:
        order = usual_order(grouping, metrics, (), {})
    found = list(grouping.groups)
    if order is not None:
        found = ranked(found, measured(order, grouping, metrics), ascending=order.ascending)
    shown = found[: limit or None]
    _print(Grouping(grouping.levels, grouping.metrics, tuple(shown), grouping.runs), metrics, settings.output)
    output.flush()
    if len(shown) < len(found):
        from tui.view.cells import plural

        diagnostics.note(f"{plural(len(shown), 'group')} of {len(found)} shown; -n 0 for all")


def _grouped(
    store: Store, query: RunQuery, by: list[GroupKey], chosen: list[RunColumn], order: GroupOrder | None
) -> tuple[Grouping, list[RunColumn]]:
    """The runs in groups, and the metrics that are summed up."""
    from store.entities import MetricColumn
    from store.grouping import group_runs

    with headway_shown() as progress:
        page = store.run_ids(query, progress=progress)
    for note in page.notes:
        diagnostics.note(note)
    # Of no runs nothing is proposed: that there are none is the answer.
    keys = by or (_proposed(store, page.items) if page.items else ())
    metrics = chosen or (_usual_metrics(store, query) if page.items else [])
    if order is not None and order.column is not None and not any(one.same(order.column) for one in metrics):
        metrics = [*metrics, order.column]
    wanted = [MetricColumn(column.key, column.aggregate, column.step) for column in metrics]
    return group_runs(store, page.items, [tuple(keys)], wanted), metrics


def _proposed(store: Store, ids: Sequence[str]) -> tuple[GroupKey, ...]:
    """The configurations that the first proposal makes. Raises `UsageError` if there is none."""
    from store.errors import UsageError
    from store.grouping import propose
    from tui.view.command import as_option, shell_command
    from tui.view.group_choice import proposal_text
    from tui.view.text import clean

    found, looked_at = propose(store, ids)
    if not found:
        raise UsageError(
            "these runs do not look like configurations that were repeated",
            "name what they are grouped by: -b params.KEY, -b tags.KEY or -b datasets",
        )
    some = f", as seen in the first {looked_at} runs" if looked_at < len(ids) else ""
    keys = shell_command(chain.from_iterable(("-b", as_option(key).id) for key in found[0].keys))
    diagnostics.note(clean(f"{proposal_text(found[0])}{some}: ") + keys)
    return found[0].keys


def _usual_metrics(store: Store, query: RunQuery) -> list[RunColumn]:
    from store.kinds import KeyKind
    from tui.view.run_columns import RunColumn

    page = store.keys(KeyKind.METRIC, query.experiment_ids, limit=SOME_METRICS)
    for note in page.notes:
        diagnostics.note(note)
    if page.more:
        diagnostics.note(f"there are more than {SOME_METRICS} metrics: name those that you want with -c")
    return [RunColumn("metrics", entry.key) for entry in page.items]


def _unseen(grouping: Grouping, metrics: Sequence[RunColumn]) -> list[Named]:
    """The keys and metrics that none of the groups has."""
    groups = list(_every(grouping.groups))
    unseen: list[Named] = []
    for place, key in enumerate(grouping.keys):
        if key.key and all(group.values[place] is None for group in groups if place < len(group.values)):
            unseen.append((key.kind.value, key.key))
    for place, column in enumerate(metrics):
        if not any(group.spreads[place].n for group in groups):
            unseen.append(("metrics", column.key))
    return unseen


def _every(groups: Sequence[Group]) -> Iterator[Group]:
    for group in groups:
        yield group
        yield from _every(group.parts)


def _key(text: str) -> GroupKey:
    from store.errors import UsageError
    from store.groups import GroupKey
    from store.kinds import KeyKind

    if text in DATASETS:
        return GroupKey(KeyKind.DATASET)
    word, _, written = text.partition(".")
    kind = KINDS.get(word)
    if kind not in ("params", "tags") or not written:
        meant = "" if "." in text or not text or text in ATTRIBUTES else f"did you mean params.{text} or tags.{text}?\n"
        raise UsageError(f"runs cannot be grouped by {text}", f"{meant}known are params.KEY, tags.KEY and datasets")
    return GroupKey(KeyKind(kind), key_of_option(written))


def _metric(text: str) -> RunColumn:
    from store.errors import UsageError
    from store.kinds import Aggregate
    from tui.cli.run_columns import parse_column
    from tui.view.run_columns import RunColumn

    column = parse_column(text)
    if column.kind != "metrics":
        raise UsageError(f"{text} is no metric", "only metrics are summed up; -b groups by params and tags")
    aggregate = Aggregate(column.aggregate) if column.aggregate else Aggregate.LATEST
    return RunColumn("metrics", column.key, aggregate, column.step)


def _order(text: str) -> GroupOrder:
    from store.errors import UsageError
    from tui.view.group_order import first_ascending, group_order_of

    said = text.endswith((":asc", ":desc"))
    try:
        order = _plain(group_order_of(text if said else f"{text}:asc"))
        return order if said else replace(order, ascending=first_ascending(order))
    except ValueError:
        hint = "known are mean(metrics.KEY), std, min and max of it, runs, and the keys of the groups; :asc or :desc"
        raise UsageError(f"groups cannot be ranked by {text}", hint) from None


def _plain(order: GroupOrder) -> GroupOrder:
    """The order with its keys taken out of the quotes that options have them in."""
    column = None if order.column is None else replace(order.column, key=key_of_option(order.column.key))
    key = None if order.key is None else replace(order.key, key=key_of_option(order.key.key))
    return replace(order, column=column, key=key)


def _print(grouping: Grouping, metrics: Sequence[RunColumn], format_: Format) -> None:
    sheet = group_sheet(grouping.keys, metrics, grouping.groups)
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(sheet.documents(), format_)
    elif format_ is Format.CSV:
        print_csv([column.title for column in sheet.columns], sheet.values())
    else:
        print_table(sheet.headings(), [sheet.texts(group) for group in grouping.groups], format_)
