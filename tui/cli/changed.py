"""What a change did, run by run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tui.cli import diagnostics, output
from tui.cli.diagnostics import ExitCode
from tui.cli.listing import print_csv, print_json, print_table
from tui.view.export import Format, Heading
from tui.view.fields import TIMES

if TYPE_CHECKING:
    from store.changes import Outcome

_TITLES: Final = ("run_id", "run_name", "result", "field", "before", "after", "problem")


def print_outcomes(format_: Format, outcomes: Sequence[Outcome], names: Mapping[str, str]) -> int:
    """Prints them, and gives the exit code: done if something was changed, usage if a run was refused,
    failed if some were changed and others not.
    """
    from store.changes import Result

    if format_ in (Format.JSON, Format.NDJSON):
        print_json((_document(outcome, names) for outcome in outcomes), format_)
    else:
        rows = [row for outcome in outcomes for row in _rows(outcome, names)]
        if format_ is Format.CSV:
            print_csv(_TITLES, rows)
        else:
            from tui.view.text import clean

            shown = [[clean(text) for text in _texts(row)] for row in rows]
            print_table([Heading(title) for title in _TITLES], shown, format_)
    results = {outcome.result for outcome in outcomes}
    bad = [item for item in outcomes if item.result in (Result.REFUSED, Result.FAILED, Result.PARTLY)]
    if bad:
        output.flush()
        done = sum(item.result is Result.CHANGED for item in outcomes)
        partly = sum(item.result is Result.PARTLY for item in outcomes)
        told = f"{done} changed, {partly} in part" if done or partly else "nothing was changed"
        diagnostics.note(f"{len(bad)} of {len(outcomes)} could not be changed as asked; {told}")
        return ExitCode.USAGE if results <= {Result.REFUSED, Result.HELD, Result.UNCHANGED} else ExitCode.FAILED
    return ExitCode.DONE if Result.CHANGED in results else ExitCode.NO


def _document(outcome: Outcome, names: Mapping[str, str]) -> dict[str, Any]:
    changes = [
        {"field": _field(edit.field.value, edit.key), "before": _shown(edit.before), "after": _shown(edit.after)}
        for edit in outcome.edits
    ]
    found: dict[str, Any] = {
        "run_id": outcome.run_id,
        "run_name": names.get(outcome.run_id, ""),
        "result": outcome.result.value,
        "changes": changes,
    }
    return {**found, **{key: text for key, text in (("problem", outcome.problem), ("note", outcome.note)) if text}}


def _rows(outcome: Outcome, names: Mapping[str, str]) -> list[tuple[object, ...]]:
    begin = (outcome.run_id, names.get(outcome.run_id, ""), outcome.result.value)
    rows: list[tuple[object, ...]] = [
        (
            *begin,
            _field(edit.field.value, edit.key),
            _shown(edit.before),
            _shown(edit.after),
            outcome.problem or outcome.note,
        )
        for edit in outcome.edits
    ]
    return rows or [(*begin, "", None, None, outcome.problem)]


def _texts(row: Sequence[object]) -> Iterator[str]:
    """The row for people."""
    is_time = row[_TITLES.index("field")] in TIMES
    for value in row:
        if is_time and isinstance(value, int):
            from tui.view.cells import moment

            yield moment(value)
        else:
            yield "" if value is None else str(value)


def _shown(value: str | int | None) -> str | int | None:
    """A value without the passwords of URIs in it."""
    from store.uris import redact

    return redact(value) if isinstance(value, str) else value


def _field(name: str, key: str) -> str:
    return f"{name}.{key}" if key else name
