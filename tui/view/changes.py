"""What a change does to runs, as rows and sentences."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from store.changes import Edit, Field, Outcome, Result, SetTags
from store.errors import UsageError
from store.uris import redact
from tui.view.cells import exact_moment, plural
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean

_ROLES = {
    Result.CHANGED: "good",
    Result.PARTLY: "warn",
    Result.REFUSED: "bad",
    Result.FAILED: "bad",
    Result.HELD: "dim",
    Result.UNCHANGED: "dim",
}
LONGEST = 10_000
"""Terminal columns of a value: longer than any that MLflow takes, so that nothing of one is hidden."""

_TIMES = frozenset({Field.END_TIME, Field.DELETED_TIME})

_COLUMNS = (
    Column("run", "run", least=8, most=30),
    Column("id", "id", least=8, most=8),
    Column("what", "what", least=8, most=28),
    Column("before", "before", least=6, most=LONGEST),
    Column("after", "after", least=6, most=LONGEST),
)


def change_rows(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> ListRows:
    """A row for every value that changes, and one for every run of which something else is to be said."""
    rows = []
    for outcome in outcomes:
        run = (Cell(clean(names.get(outcome.run_id, "")), "name"), Cell(clean(outcome.run_id[:8]), "dim"))
        for place, edit in enumerate(outcome.edits):
            what = f"{edit.field.value}.{edit.key}" if edit.key else edit.field.value
            cells = (*run, Cell(clean(what)), Cell(_shown(edit, edit.before), "dim"), Cell(_shown(edit, edit.after)))
            rows.append((f"{outcome.run_id} {place}", cells))
        said = outcome.problem or outcome.note
        if said or not outcome.edits:
            told = Cell(outcome.result.value, _ROLES[outcome.result])
            rows.append((outcome.run_id, (*run, told, Cell(""), Cell(clean(said), "warn"))))
    return ListRows(_COLUMNS, rows)


def _shown(edit: Edit, value: str | int | None) -> str:
    if value is None:
        return "(none)"
    if edit.field in _TIMES and isinstance(value, int):
        return exact_moment(value)
    return clean(redact(str(value))) or "(empty)"


def totals(outcomes: Sequence[Outcome]) -> str:
    """How many runs and values change, and how many runs do not."""
    changed = [outcome for outcome in outcomes if outcome.result in (Result.CHANGED, Result.PARTLY)]
    values = sum(len(outcome.edits) for outcome in changed)
    parts = [f"{plural(len(changed), 'run')}, {plural(values, 'value')}"]
    for result, word in (
        (Result.PARTLY, "in part"),
        (Result.UNCHANGED, "as wanted already"),
        (Result.REFUSED, "refused"),
        (Result.FAILED, "failed"),
        (Result.HELD, "held back"),
    ):
        if count := sum(outcome.result is result for outcome in outcomes):
            parts.append(f"{count} {word}")
    return ", ".join(parts)


def tags_from(text: str) -> SetTags:
    """What is typed to change tags: `key=value` sets, `-key` deletes; quotes as in a shell. Raises `UsageError`."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"that is not finished: {error}", "a quote is closed by another one") from error
    tags = [word.partition("=") for word in words if "=" in word and not word.startswith("-")]
    gone = tuple(word[1:] for word in words if word.startswith("-"))
    strange = [word for word in words if "=" not in word and not word.startswith("-")]
    if strange or not words:
        named = f"“{strange[0]}” is neither" if strange else "nothing was typed"
        raise UsageError(f"{named}: key=value sets a tag, -key deletes one", "")
    return SetTags(tuple((key, value) for key, _, value in tags), gone)
