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
from tui.cli.sort_keys import order_by
from tui.view.export import Format, Heading


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
    from tui.view.documents import experiment_document

    query = ExperimentQuery(
        filter=filter_,
        order_by=tuple(order_by(key) for key in sort),
        view=view_of(deleted, everything),
        limit=limit or None,
    )
    format_ = settings.output
    with settings.opened() as store:
        page = store.experiments(query)
        counts = store.info.counts_runs
        stats = store.experiment_stats() if counts and format_ in (Format.TABLE, Format.MD) else {}
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(map(experiment_document, page.items), format_)
    elif format_ is Format.CSV:
        tags = sorted({key for item in page.items for key in item.tags})
        names = ("experiment_id", "name", "artifact_location", "lifecycle_stage", "creation_time", "last_update_time")
        rows = (
            [*(getattr(item, name) for name in names), *(item.tags.get(key) for key in tags)] for item in page.items
        )
        print_csv([*names, *(f"tags.{key}" for key in tags)], rows)
    else:
        from tui.view import cells
        from tui.view.experiments import experiment_title
        from tui.view.text import clean

        headings = [
            Heading("ID", "right", 20),
            Heading("Name"),
            Heading("Runs", "right"),
            Heading("Running", "right"),
            Heading("Last run"),
            Heading("Created"),
            *([Heading("Stage")] if deleted or everything else []),
            Heading("Artifacts", most=200),
        ]
        lines = []
        for item in page.items:
            own = stats.get(item.experiment_id)
            lines.append(
                [
                    clean(item.experiment_id),
                    experiment_title(item),
                    *(
                        (cells.count(own.runs if own else 0), cells.count(own.running if own else 0))
                        if counts
                        else (cells.MISSING, cells.MISSING)
                    ),
                    cells.moment(own.last_start_time if own else None),
                    cells.moment(item.creation_time),
                    *([clean(item.lifecycle_stage)] if deleted or everything else []),
                    clean(item.artifact_location or cells.MISSING),
                ]
            )
        print_table(headings, lines, format_)
    incomplete = sum(bool(item.problems) for item in page.items)
    tell_page(page, "experiment", incomplete, "flowdeck experiments -o json")
