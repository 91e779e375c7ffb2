"""`flowdeck experiments`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tui.cli.listing import print_csv, print_json, print_table, tell_page
from tui.cli.options import (
    Settings,
    filter_option,
    limit_option,
    output_option,
    sort_option,
    stage_options,
    store_option,
    view_of,
)
from tui.cli.repeated import sorted_by
from tui.cli.sort_keys import order_by
from tui.view.experiments_sheet import experiments_sheet
from tui.view.export import Format


@click.command(epilog="Example: flowdeck experiments -f \"name LIKE 'churn%'\" --sort last_update_time:desc")
@filter_option("\"name LIKE 'churn%'\"")
@sort_option("last_update_time:desc")
@limit_option("experiments")
@stage_options
@output_option
@store_option
@click.pass_obj
def experiments(
    settings: Settings, filter_: str, sort: Sequence[str], limit: int, deleted: bool, everything: bool
) -> None:
    """List experiments, newest first."""
    from store.protocols import ExperimentQuery

    query = ExperimentQuery(
        filter=filter_,
        order_by=tuple(order_by(key) for key in sort),
        view=view_of(deleted, everything),
        limit=limit or None,
    )
    format_ = settings.output
    with settings.opened() as store:
        with sorted_by(sort, query.order_by):
            page = store.experiments(query)
        counts = store.info.counts_runs
        stats = store.experiment_stats() if counts and format_ in (Format.TABLE, Format.MD) else {}
    sheet = experiments_sheet(page.items, stats if counts else None, stage=deleted or everything)
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(sheet.documents(), format_)
    elif format_ is Format.CSV:
        print_csv([column.title for column in sheet.columns], sheet.values())
    else:
        print_table(sheet.headings(), [sheet.texts(item) for item in page.items], format_)
    incomplete = sum(bool(item.problems) for item in page.items)
    tell_page(page, "experiment", incomplete, "flowdeck experiments -o json")
