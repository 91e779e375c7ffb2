"""Finding runs by the beginning of their id or by their name over REST."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import Any, Final

from store.entities import Run, RunParts, ViewType
from store.http.experiments import experiment_ids
from store.http.memory import Memory
from store.http.paging import pages
from store.http.release import Server
from store.http.rows import listed, run
from store.http.search import PAGE
from store.http.wire import Wire

_UNSAFE: Final = frozenset("'\"`\\%;#-/*")
"""Characters that mean something in a pattern, in a text in quotes, or to a parser of SQL that cuts it up."""


def matching_run_ids(
    wire: Wire, server: Server, memory: Memory, text: str, limit: int, cancel: Event | None
) -> list[str]:
    """Ids that start with `text`, and those of runs named `text`, of any lifecycle stage; at most `limit`.

    Names are looked for in the tag `mlflow.runName`, as MLflow's own search does. Raises `StoreError`s.
    """
    experiments = experiment_ids(wire, server, ViewType.ALL, cancel)
    if not experiments or not text:
        return []
    found: dict[str, None] = {}

    def search(condition: str, satisfies: Callable[[Run], bool]) -> None:
        size = min(PAGE, limit)
        # Runs that are started meanwhile push others to the next page: those come twice, and count once.
        here: set[str] = set()
        for one in _runs(wire, memory, experiments, condition, size, cancel):
            if satisfies(one):
                found[one.run_id] = None
                here.add(one.run_id)
                if len(here) >= limit:
                    return

    if text.isalnum() and text.isascii():
        if server.since(1, 30):
            search(f"attributes.run_id LIKE '{text}%'", lambda one: one.run_id.startswith(text))
        else:
            # Such a server cannot be asked for ids: every run is looked at.
            search("", lambda one: one.run_id.startswith(text))
    # A character that cannot be written is any character to the server; what fits too widely is left out here.
    unsafe = any(char in _UNSAFE or not char.isprintable() for char in text)
    pattern = "".join("_" if char in _UNSAFE or not char.isprintable() else char for char in text)
    operator = "LIKE" if unsafe else "="
    search(f"tags.`mlflow.runName` {operator} '{pattern}'", lambda one: one.run_name == text)
    return list(found)[:limit]


def _runs(
    wire: Wire, memory: Memory, experiments: tuple[str, ...], condition: str, size: int, cancel: Event | None
) -> Iterator[Run]:
    body: dict[str, Any] = {"experiment_ids": list(experiments), "run_view_type": ViewType.ALL.name}
    if condition:
        body["filter"] = condition
    for answer in pages(wire, "runs/search", body, size, None, cancel):
        some = [run(item, RunParts.ATTRIBUTES) for item in listed(answer.get("runs"))]
        memory.note_experiments((one.run_id, one.experiment_id) for one in some)
        yield from some
