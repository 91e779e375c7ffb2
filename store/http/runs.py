"""Reading runs whose ids are known.

REST gives one run for one id. Runs of the last search are taken from what it brought along, others are asked for in
searches for their ids where the server knows those (MLflow 1.30 and newer) and their experiments are known, and the
rest one by one. A single run is always asked for anew: whoever looks at one wants to see it as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from threading import Event
from typing import Final, TypeVar

from store.entities import Run, RunParts
from store.errors import Cancelled, StoreError
from store.http.failures import Refused
from store.http.lane import Ask
from store.http.memory import Memory
from store.http.release import Server
from store.http.rows import fields, listed, run, run_id_of
from store.http.wire import Wire
from store.protocols import RunKeys

V = TypeVar("V")

IDS: Final = 100
"""Ids that one search asks for: MLflow's parser takes time for long lists."""

FEW: Final = 4
"""So many are asked for one by one: that takes no longer than a search, which takes the time of several."""

_RUN_ID: Final = re.compile(r"[A-Za-z0-9][\w-]{0,255}", re.ASCII)
"""What MLflow accepts as a run's id: nothing else is one."""


def is_run_id(text: str) -> bool:
    """True for what can be a run's id."""
    return _RUN_ID.fullmatch(text) is not None


def runs_by_id(
    wire: Wire,
    server: Server,
    memory: Memory,
    run_ids: Sequence[str],
    parts: RunParts,
    cancel: Event | None,
    keys: RunKeys,
) -> list[Run]:
    """The runs with these ids, in their order; ids that do not exist are left out. Raises `StoreError`s.

    Servers always send whole runs: `keys` are what is kept of them.
    """
    if cancel is not None and cancel.is_set():
        raise Cancelled
    ids = [text for text in dict.fromkeys(run_ids) if _RUN_ID.fullmatch(text)]
    found: dict[str, Run] = {}
    # A search leaves out which logged models a run read (MLflow 3.0 and newer have them).
    searchable = RunParts.INPUTS not in parts or not server.since(3, 0)
    if len(ids) > 1 and searchable:
        found = {text: one for text in ids if (one := memory.get(text)) is not None}
        missing = [text for text in ids if text not in found]
        if len(missing) > FEW and server.since(1, 30):
            for one in _searched(wire, memory, missing, cancel):
                found[one.run_id] = one
    missing = [text for text in ids if text not in found]
    for one in _one_by_one(wire, missing, cancel):
        found[one.run_id] = one
    return [_narrowed(found[text], parts, keys) for text in run_ids if text in found]


def _searched(wire: Wire, memory: Memory, ids: Sequence[str], cancel: Event | None) -> Iterator[Run]:
    """Those of the runs whose experiments are known; the others, and what a server refuses, are left to the caller."""
    known = [(text, experiment) for text in ids if (experiment := memory.experiment_of(text)) is not None]
    asks = []
    for start in range(0, len(known), IDS):
        some = known[start : start + IDS]
        # No quotes in a run's id: see _RUN_ID. A list of one would need Python's comma.
        names = ", ".join(f"'{text}'" for text, _ in (*some, some[0]))
        body = {
            "experiment_ids": sorted({experiment for _, experiment in some}),
            "filter": f"attributes.run_id IN ({names})",
            "run_view_type": "ALL",
            "max_results": IDS + 1,
        }
        asks.append(Ask("runs/search", body=body))
    for answer in wire.gather(asks, cancel):
        if isinstance(answer, Refused):
            continue
        if isinstance(answer, StoreError):
            raise answer
        for item in listed(answer.get("runs")):
            yield run(item)


def _one_by_one(wire: Wire, ids: Sequence[str], cancel: Event | None) -> Iterator[Run]:
    asks = (Ask("runs/get", (("run_id", text),)) for text in ids)
    for answer in wire.gather(asks, cancel):
        if isinstance(answer, Refused) and answer.absent:
            continue
        if isinstance(answer, StoreError):
            raise answer
        item = fields(answer.get("run"))
        if run_id_of(item):
            yield run(item)


def _narrowed(one: Run, parts: RunParts, keys: RunKeys) -> Run:
    """The run with those parts alone, and of these those keys."""
    if one.parts == parts and not keys:
        return one
    inputs = RunParts.INPUTS in parts

    def kept(part: RunParts, values: Mapping[str, V]) -> Mapping[str, V]:
        if part not in parts:
            return {}
        if part not in keys:
            return values
        return {key: value for key, value in values.items() if key in keys[part]}

    return replace(
        one,
        params=kept(RunParts.PARAMS, one.params),
        metrics=kept(RunParts.METRICS, one.metrics),
        tags=kept(RunParts.TAGS, one.tags),
        dataset_inputs=one.dataset_inputs if inputs else (),
        model_inputs=one.model_inputs if inputs else (),
        model_outputs=one.model_outputs if inputs else (),
        parts=parts,
    )
