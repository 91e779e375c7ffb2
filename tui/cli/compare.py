"""`flowdeck compare`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tui.cli import diagnostics, output
from tui.cli.completing import complete_runs
from tui.cli.listing import print_csv, print_json, print_table
from tui.cli.options import Settings, output_option, store_option
from tui.view.compare_sheet import compare_sheet
from tui.view.export import Format

if TYPE_CHECKING:
    from store.entities import Run
    from store.protocols import Store


@click.command(
    epilog="\b\nExamples:\n  flowdeck compare baseline child-1\n"
    "  flowdeck compare 3f2a 91bc 77e0 --baseline 91bc --all -o csv\n\n"
    "JSON has an object for each key: section, key, differs, and by run id values, difference, percent and better."
)
@click.argument("runs", metavar="RUN RUN...", nargs=-1, required=True, shell_complete=complete_runs)
@click.option("--all", "everything", is_flag=True, help="Print what is the same in all runs, too.")
@click.option(
    "--baseline",
    metavar="RUN",
    shell_complete=complete_runs,
    help="The run that the others are measured against; default the first one.",
)
@output_option
@store_option
@click.pass_obj
def compare(settings: Settings, runs: Sequence[str], everything: bool, baseline: str | None) -> None:
    """Print in what runs differ: attributes, params, latest metrics, tags and datasets.

    Differences are from the baseline. Whether more of a metric is better is guessed from its name.
    """
    from store.compare import compare as compared
    from store.lookup import experiment_names

    with settings.opened() as store:
        found, place = _found(store, runs, baseline)
        names = experiment_names(store)
    comparison = compared(found, place)
    rows = comparison.rows if everything else comparison.differing
    sheet = compare_sheet(comparison, rows, names)
    format_ = settings.output
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(sheet.documents(), format_)
    elif format_ is Format.CSV:
        print_csv([column.title for column in sheet.columns], sheet.values())
    else:
        print_table(sheet.headings(), [sheet.texts(row) for row in rows], format_)
    if hidden := len(comparison.rows) - len(rows):
        from tui.view.cells import plural

        output.flush()
        diagnostics.note(f"{plural(hidden, 'key')} with the same value in all runs left out; --all for them")


def _found(store: Store, texts: Sequence[str], baseline: str | None) -> tuple[list[Run], int]:
    """The runs, and which of them is the baseline, which is added before the others if it is none of them."""
    from store.compare import MOST_RUNS
    from store.entities import RunParts
    from store.errors import UsageError
    from store.lookup import find_run

    ids = [find_run(store, text).run_id for text in texts]
    twice = [text for place, text in enumerate(texts) if ids[place] in ids[:place]]
    if twice:
        raise UsageError(f"{twice[0]} is a run that was named before", "name each run once")
    place = 0
    if baseline is not None:
        base = find_run(store, baseline).run_id
        if base not in ids:
            ids.insert(0, base)
        place = ids.index(base)
    if not 2 <= len(ids) <= MOST_RUNS:
        many = "1 run" if len(ids) == 1 else f"{len(ids)} runs"
        raise UsageError(f"{many} cannot be compared", f"name from 2 to {MOST_RUNS} runs")
    return store.runs(ids, RunParts.ALL), place
