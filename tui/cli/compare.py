"""`flowdeck compare`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from tui.cli import diagnostics, output
from tui.cli.completing import complete_runs
from tui.cli.listing import print_csv, print_json, print_table
from tui.cli.options import Settings, output_option, store_option
from tui.view.export import Format, Heading, json_number

if TYPE_CHECKING:
    from store.compare import Comparison, Row
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
    format_ = settings.output
    if format_ in (Format.JSON, Format.NDJSON):
        print_json(_documents(comparison, rows), format_)
    elif format_ is Format.CSV:
        titles = ("section", "key", *(run.run_id for run in comparison.runs))
        print_csv(titles, ((row.section, row.key, *map(_plain, row.values)) for row in rows))
    else:
        _print(comparison, rows, names, format_)
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


def _plain(value: object) -> object:
    return json_number(value) if isinstance(value, float) else value


def _documents(comparison: Comparison, rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    ids = [run.run_id for run in comparison.runs]

    def by_run(values: Sequence[object]) -> dict[str, object]:
        return {key: _plain(value) for key, value in zip(ids, values, strict=True)}

    for row in rows:
        yield {
            "section": row.section,
            "key": row.key,
            "differs": row.differs,
            "baseline": ids[comparison.baseline],
            "values": by_run(row.values),
            "difference": by_run(row.differences),
            "percent": by_run(row.percents),
            "better": by_run(row.better),
        }


def _print(comparison: Comparison, rows: Sequence[Row], names: dict[str, str], format_: Format) -> None:
    from tui.view.compare import baseline_mark, change_text, heading_of, run_titles, value_text

    headings, places = [Heading("Key", most=40)], []
    for place, title in enumerate(run_titles(comparison)):
        mark = baseline_mark() if place == comparison.baseline else ""
        headings.append(Heading(f"{title}{mark}", "right", 30))
        places.append(place)
        if place != comparison.baseline and any(change_text(row, place) for row in rows):
            headings.append(Heading("", most=40))
            places.append(~place)
    lines = [
        [
            heading_of(row),
            *(value_text(row, place, names) if place >= 0 else change_text(row, ~place) for place in places),
        ]
        for row in rows
    ]
    print_table(headings, lines, format_)
