"""`flowdeck doctor`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import click

from tui.cli import diagnostics, output
from tui.cli.diagnostics import ExitCode
from tui.cli.headway import headway_shown
from tui.cli.listing import print_csv, print_table
from tui.cli.options import Settings, output_option, store_option
from tui.view.export import Format, Heading, json_text

if TYPE_CHECKING:
    from store.protocols import Store

_NAMED: Final = 5
"""Absent artifact folders, and entries that could not be read, that the table names."""


@click.command(epilog="Example: flowdeck doctor -s sqlite:////data/mlflow.db")
@output_option
@store_option
@click.pass_obj
def doctor(settings: Settings) -> int:
    """Tell what store this is, which schema it has, and what can be read from it.

    If it cannot be read, the exit code is that of any other command: 3, or 2 for what is no address of a store.
    """
    from store.errors import FlowdeckError
    from store.uris import redact_address

    findings: dict[str, Any] = {"store": None, "source": None, "readable": False}
    code = ExitCode.DONE
    try:
        uri, source = settings.address()
        findings |= {"store": redact_address(uri), "source": source}
        if (saved := settings.saved()) is not None:
            uri = saved.uri
        with settings.opened() as store:
            findings |= _examine(store, uri)
    except FlowdeckError as error:
        code = diagnostics.report(error)
        findings |= {"error": error.message, "hint": error.hint or None}
    if settings.output in (Format.JSON, Format.NDJSON):
        output.write(json_text(findings, indent=settings.output is Format.JSON) + "\n")
    else:
        _print(findings, settings.output)
    return code


def _examine(store: Store, uri: str) -> dict[str, Any]:
    from store.checkup import artifact_roots, journal_mode
    from store.entities import ViewType
    from store.protocols import ExperimentQuery, RunQuery
    from store.uris import Kind, parse

    address = parse(uri)
    info = store.info
    page = store.experiments(ExperimentQuery(view=ViewType.ALL))
    experiments = page.items
    with headway_shown() as progress:
        deleted_runs = store.run_ids(RunQuery(view=ViewType.DELETED_ONLY), progress=progress)
    deleted = sum(item.lifecycle_stage == "deleted" for item in experiments)
    stats = store.experiment_stats().values()
    problems = [
        {"experiment_id": item.experiment_id, "name": item.name, "problem": text}
        for item in experiments
        for text in item.problems
    ]
    database = address.path if address.kind is Kind.SQLITE else None
    roots = artifact_roots((item.artifact_location for item in experiments if item.artifact_location), address.path)
    return {
        "readable": True,
        "location": info.uri,
        "kind": info.kind,
        "schema": info.schema,
        "revision": info.revision,
        "read_only": info.read_only,
        "journal": journal_mode(database) or None if database is not None else None,
        "experiments": {"active": len(experiments) - deleted, "deleted": deleted},
        "runs": {
            # None where the store does not count them.
            "active": sum(item.runs for item in stats) if info.counts_runs else None,
            "running": sum(item.running for item in stats) if info.counts_runs else None,
            "deleted": len(deleted_runs.items),
        },
        # Asked again: what is read may have taken another way since.
        "notices": list(dict.fromkeys((*store.info.notices, *page.notes, *deleted_runs.notes))),
        "artifacts": [
            {"scheme": item.scheme, "locations": item.locations, "there": item.there, "absent": list(item.absent)}
            for item in roots
        ],
        **({"problems": problems} if problems else {}),
    }


def _print(findings: dict[str, Any], format_: Format) -> None:
    from tui.view.text import clean

    rows = [(name, clean(text)) for name, text in _lines(findings)]
    if format_ is Format.CSV:
        print_csv(("finding", "value"), rows)
    else:
        print_table([Heading("Finding"), Heading("Value", most=2000)], rows, format_)


def _runs_told(runs: dict[str, int | None]) -> str:
    from tui.view.cells import count

    deleted = f"{count(runs['deleted'] or 0)} deleted"
    if runs["active"] is None:
        return f"active ones not counted, {deleted}"
    return f"{count(runs['active'])} active ({count(runs['running'] or 0)} running), {deleted}"


def _lines(findings: dict[str, Any]) -> list[tuple[str, str]]:
    from tui.view.cells import count, plural

    lines = [
        ("store", findings["store"] or "none"),
        ("named by", findings["source"] or "nothing"),
        ("readable", "yes" if findings["readable"] else "no"),
    ]
    if not findings["readable"]:
        return [*lines, ("why not", findings["error"])]
    experiments, runs = findings["experiments"], findings["runs"]
    lines += [
        ("found at", findings["location"]),
        ("kind", findings["kind"]),
        ("schema", findings["schema"]),
        ("opened", "for reading only" if findings["read_only"] else "for reading and writing"),
        *([("journal", findings["journal"])] if findings["journal"] else []),
        ("experiments", f"{count(experiments['active'])} active, {count(experiments['deleted'])} deleted"),
        (
            "runs",
            _runs_told(runs),
        ),
        *(("notice", notice) for notice in findings["notices"]),
        *_problem_lines(findings.get("problems", ())),
    ]
    for item in findings["artifacts"]:
        roots = plural(item["locations"], "location")
        if item["there"] is None:
            lines.append(("artifacts", f"{roots} with {item['scheme']}:, not asked"))
        else:
            lines.append(("artifacts", f"{roots} in folders, {count(item['there'])} there on this machine"))
            lines += [("not there", location) for location in item["absent"][:_NAMED]]
            if len(item["absent"]) > _NAMED:
                lines.append(("not there", f"and {len(item['absent']) - _NAMED} more (-o json names all)"))
    return lines


def _problem_lines(problems: Sequence[dict[str, str]]) -> list[tuple[str, str]]:
    """Experiments that could not be read whole."""
    lines = [
        ("problem", f"experiment {item['name'] or item['experiment_id']}: {item['problem']}")
        for item in problems[:_NAMED]
    ]
    if len(problems) > _NAMED:
        lines.append(("problem", f"and {len(problems) - _NAMED} more (-o json names all)"))
    return lines
