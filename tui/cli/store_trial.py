"""Trying whether saved stores can be opened."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from store.errors import FlowdeckError
from tui.cli import diagnostics, output
from tui.cli.diagnostics import ExitCode, StatusLine
from tui.cli.listing import print_csv, print_json, print_table
from tui.view.export import Format, Heading

if TYPE_CHECKING:
    from store.entities import StoreInfo
    from store.questions import Questions

_FIELDS = ("name", "opened", "kind", "uri", "ssh", "schema", "seconds", "error", "hint")


@dataclass(frozen=True, slots=True)
class Trial:
    """How opening one saved store went."""

    name: str
    ssh: str | None
    seconds: float
    """Until the first experiment was read, or until it was clear that none will be."""
    info: StoreInfo | None
    """None if it could not be opened."""
    error: FlowdeckError | None = None


def tried(names: Iterable[str], questions: Questions | None) -> Iterator[Trial]:
    """One after the other, because each may ask something."""
    line = StatusLine() if StatusLine.possible() else None
    for name in names:
        if line is not None:
            line.show(f"opening {name}")
        trial = _tried(name, questions)
        if line is not None:
            line.erase()
        yield trial


def _tried(name: str, questions: Questions | None) -> Trial:
    from store.opening import open_address
    from store.protocols import ExperimentQuery
    from store.saved import address_of
    from store.saved_reading import find_store

    started = time.monotonic()
    ssh = None
    try:
        saved = find_store(name, os.environ)
        assert saved is not None
        ssh = saved.ssh
        with closing(open_address(address_of(saved, os.environ), questions=questions)) as store:
            # Some servers let anybody in, and answer only to some.
            store.experiments(ExperimentQuery(limit=1))
            return Trial(name, ssh, time.monotonic() - started, store.info)
    except FlowdeckError as error:
        return Trial(name, ssh, time.monotonic() - started, None, error)


def print_trials(trials: Iterable[Trial], format_: Format) -> ExitCode:
    """Prints them, what failed with its reason; the exit code."""
    if format_ is Format.NDJSON:
        # A line as soon as it is known: opening may take long.
        done = []
        for trial in trials:
            print_json([_document(trial)], format_)
            output.flush()
            done.append(trial)
    else:
        done = list(trials)
        if format_ is Format.JSON:
            print_json(map(_document, done), format_)
        elif format_ is Format.CSV:
            documents = map(_document, done)
            print_csv(_FIELDS, ([document[field] for field in _FIELDS] for document in documents))
        else:
            _print(done, format_)
    failed = [trial for trial in done if trial.error is not None]
    if failed:
        output.flush()
    for trial in failed:
        assert trial.error is not None
        diagnostics.report(FlowdeckError(f"{trial.name}: {trial.error.message}", trial.error.hint))
    return ExitCode.FAILED if failed else ExitCode.DONE


def _document(trial: Trial) -> dict[str, Any]:
    info, error = trial.info, trial.error
    return {
        "name": trial.name,
        "opened": error is None,
        "kind": info and info.kind,
        "uri": info and info.uri,
        "ssh": trial.ssh,
        "schema": info and info.schema,
        "seconds": round(trial.seconds, 3),
        "error": error and error.message,
        "hint": (error and error.hint) or None,
    }


def _print(trials: list[Trial], format_: Format) -> None:
    from tui.view.cells import MISSING
    from tui.view.text import clean

    headings = [Heading("Name"), Heading("Result"), Heading("Kind"), Heading("Schema"), Heading("Seconds", "right")]
    rows = []
    for trial in trials:
        kind, schema = (trial.info.kind, clean(trial.info.schema)) if trial.info is not None else (MISSING, MISSING)
        rows.append([trial.name, "failed" if trial.error else "opened", kind, schema, f"{trial.seconds:.2f}"])
    print_table(headings, rows, format_)
