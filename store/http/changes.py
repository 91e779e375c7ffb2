"""Changing runs behind an MLflow server: every run by itself, a few requests at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Any

from store.change_rules import Rules, RunState, decide, problems
from store.changes import Change, Edit, Field, Outcome, Result
from store.errors import Cancelled, StoreBusy, StoreError, UsageError
from store.http.failures import Broken, Refused, Unanswered
from store.http.lane import Ask
from store.http.limits import Limits
from store.http.release import Server, find_server
from store.http.rows import fields, listed, optional_integer, run_id_of
from store.http.runs import is_run_id
from store.http.settings import settings_of
from store.http.wire import Wire
from store.kinds import NAME_TAG
from store.texts import text
from store.uris import Address


def open_http(
    address: Address,
    cancel: Event | None = None,
    *,
    limits: Limits | None = None,
    environ: Mapping[str, str] | None = None,
) -> HttpChanges:
    """The runs behind the server at `address`, to be changed; see `store.http.store.open_http`."""
    wire = Wire(settings_of(address, os.environ if environ is None else environ), limits or Limits())
    try:
        return HttpChanges(wire, find_server(wire, cancel))
    except BaseException:
        wire.close()
        raise


@dataclass(frozen=True, slots=True)
class _Step:
    """One request of a change."""

    run_id: str
    ask: Ask
    edits: tuple[Edit, ...]
    """What it does."""


class HttpChanges:
    """See `store.protocols.Changes`. Runs are looked at first; one that is refused then holds all others."""

    def __init__(self, wire: Wire, server: Server) -> None:
        self._wire = wire
        self._rules = Rules(
            longest_value=8000 if server.since(2, 17) else 5000,
            colons=server.since(2, 16),
            names=server.since(1, 30),
            deleted_times=False,
        )

    def apply(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """See `store.protocols.Changes.apply`."""
        outcomes, refused = self._decided(change, run_ids, cancel)
        planned = [item for item in outcomes if item.result is Result.CHANGED]
        if refused or not planned:
            return outcomes
        steps = [step for item in planned for step in _steps(item)]
        made, failures = self._take(steps, cancel)
        return tuple(_told(item, made.get(item.run_id, ()), failures.get(item.run_id)) for item in outcomes)

    def preview(self, change: Change, run_ids: Sequence[str], cancel: Event | None = None) -> tuple[Outcome, ...]:
        """See `store.protocols.Changes.preview`."""
        return self._decided(change, run_ids, cancel)[0]

    def _decided(
        self, change: Change, run_ids: Sequence[str], cancel: Event | None
    ) -> tuple[tuple[Outcome, ...], bool]:
        ids = tuple(dict.fromkeys(run_ids))
        if found := problems(change, self._rules):
            raise UsageError("; ".join(found), "nothing was changed")
        decision = decide(change, ids, self._states(ids, cancel), self._rules)
        if any(_cannot_be_told(edit) for item in decision.outcomes for edit in item.edits):
            raise UsageError(
                "MLflow's REST interface cannot take an end time or a name away; nothing was changed",
                "this can be done in the server's database",
            )
        return tuple(decision.outcomes), decision.refused

    def close(self) -> None:
        self._wire.close()

    def _states(self, ids: Sequence[str], cancel: Event | None) -> dict[str, RunState]:
        asks = (Ask("runs/get", (("run_id", one),)) for one in ids if is_run_id(one))
        found: dict[str, RunState] = {}
        for answer in self._wire.gather(asks, cancel):
            if isinstance(answer, Refused) and answer.absent:
                continue
            if isinstance(answer, StoreError):
                raise answer
            state = _state(fields(answer.get("run")))
            found[state.run_id] = state
        return found

    def _take(self, steps: Sequence[_Step], cancel: Event | None) -> tuple[dict[str, tuple[Edit, ...]], dict[str, str]]:
        """What was done to each run, and why the rest was not."""
        made: dict[str, tuple[Edit, ...]] = {}
        failures: dict[str, str] = {}
        done = 0
        try:
            for step, answer in zip(steps, self._answers(steps, cancel), strict=True):
                done += 1
                if isinstance(answer, StoreError):
                    unsure = "; it may have been changed all the same" if _may_be_done(answer) else ""
                    failures.setdefault(step.run_id, f"{answer.message}{unsure}")
                else:
                    made[step.run_id] = (*made.get(step.run_id, ()), *step.edits)
        except Cancelled:
            # What was done is told; requests that were under way may have been done, too.
            for step in steps[done:]:
                failures.setdefault(step.run_id, "it was cancelled; it may have been changed all the same")
        return made, failures

    def _answers(self, steps: Sequence[_Step], cancel: Event | None) -> Iterator[dict[str, Any] | StoreError]:
        return self._wire.gather((step.ask for step in steps), cancel)


def _may_be_done(error: StoreError) -> bool:
    """True if an error does not tell that the server did nothing: its answer did not come, or it failed on the way."""
    return isinstance(error, (Broken, Unanswered, StoreBusy)) or (isinstance(error, Refused) and error.status >= 500)


def _state(item: Mapping[str, Any]) -> RunState:
    info, data = fields(item.get("info")), fields(item.get("data"))
    # As they are, with whatever passwords they hold: they may have to be put back.
    tags = {str(tag.get("key")): str(tag.get("value", "")) for tag in listed(data.get("tags"))}
    return RunState(
        run_id=run_id_of(item),
        run_name=text(info.get("run_name")) or tags.get(NAME_TAG, ""),
        status=text(info.get("status")),
        end_time=optional_integer(info.get("end_time")),
        lifecycle_stage=text(info.get("lifecycle_stage")) or "active",
        deleted_time=None,
        tags=tags,
    )


def _cannot_be_told(edit: Edit) -> bool:
    return (edit.field is Field.END_TIME and edit.after is None) or (edit.field is Field.NAME and not edit.after)


def _steps(outcome: Outcome) -> Iterator[_Step]:
    """The requests that make a run what it is to be."""
    run_id = outcome.run_id
    renamed = any(edit.field is Field.NAME for edit in outcome.edits)
    updates = [edit for edit in outcome.edits if edit.field in (Field.NAME, Field.STATUS, Field.END_TIME)]
    # Naming a run sets the tag, too.
    updates += [e for e in outcome.edits if renamed and e.field is Field.TAG and e.key == NAME_TAG and e.after]
    if updates:
        values = {edit.field.value: edit.after for edit in updates if edit.field is not Field.TAG}
        yield _Step(run_id, Ask("runs/update", body={"run_id": run_id, **values}), tuple(updates))
    for edit in outcome.edits:
        if edit in updates:
            continue
        if edit.field is Field.STAGE:
            path = "runs/delete" if edit.after == "deleted" else "runs/restore"
            yield _Step(run_id, Ask(path, body={"run_id": run_id}), (edit,))
        elif edit.field is Field.TAG and edit.after is None:
            # Done twice it would be refused the second time.
            ask = Ask("runs/delete-tag", body={"run_id": run_id, "key": edit.key}, once=True)
            yield _Step(run_id, ask, (edit,))
        elif edit.field is Field.TAG:
            body = {"run_id": run_id, "key": edit.key, "value": edit.after}
            yield _Step(run_id, Ask("runs/set-tag", body=body), (edit,))


def _told(outcome: Outcome, made: tuple[Edit, ...], problem: str | None) -> Outcome:
    if problem is None:
        return outcome
    return replace(outcome, result=Result.PARTLY if made else Result.FAILED, edits=made, problem=problem)
