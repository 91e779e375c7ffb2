"""What a shell offers for names that are in the store: quickly, or not at all."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import click
    from click.shell_completion import CompletionItem

    from store.protocols import Store

PATIENCE_S: Final = 1.5
"""After so long a shell gets no names rather than late ones."""

_NEWEST: Final = 200
"""Runs whose names and keys are offered."""

Found = list[tuple[str, str]]
"""Values with a word of help each."""


def complete_experiments(context: click.Context, _parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Names of experiments."""

    def look(store: Store) -> Found:
        from store.entities import ViewType
        from store.protocols import ExperimentQuery

        page = store.experiments(ExperimentQuery(view=ViewType.ALL))
        return [(item.name, f"experiment {item.experiment_id}") for item in page.items]

    return _offered(context, look, incomplete)


def complete_runs(context: click.Context, _parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Names of the newest runs, and ids that begin like this."""

    def look(store: Store) -> Found:
        from store.entities import RunParts, ViewType
        from store.protocols import RunQuery

        page = store.run_ids(RunQuery(view=ViewType.ALL, limit=_NEWEST))
        found = [(run.run_name, run.run_id) for run in store.runs(page.items, RunParts.ATTRIBUTES) if run.run_name]
        if incomplete:
            ids = store.matching_run_ids(incomplete, _NEWEST)
            found += [(run.run_id, run.run_name) for run in store.runs(ids, RunParts.ATTRIBUTES)]
        return found

    return _offered(context, look, incomplete)


def complete_metrics(context: click.Context, _parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Metric keys of the runs that are already on the line, else of the newest runs."""
    return _offered(context, lambda store: [(key, "") for key in _keys(store, context)["metrics"]], incomplete)


def complete_columns(context: click.Context, _parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Attributes, and the keys of the newest runs with their kind in front."""
    from tui.view.fields import ATTRIBUTES

    def look(store: Store) -> Found:
        keys = _keys(store, context)
        return [(name, "") for name in (*ATTRIBUTES, "datasets")] + [
            (f"{kind}.{key}", "") for kind in ("metrics", "params", "tags") for key in keys[kind]
        ]

    return _offered(context, look, incomplete)


def complete_stores(_context: click.Context, _parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Names of saved stores."""
    from click.shell_completion import CompletionItem

    from store.errors import FlowdeckError
    from store.places import STORE_NAME, config_path
    from store.saved_reading import store_names

    try:
        names = store_names(config_path(os.environ))
    except FlowdeckError:
        # A shell that completes wants names or silence, whatever is wrong with the file.
        return []
    return [
        CompletionItem(name, help="saved store")
        for name in names
        if name.startswith(incomplete) and STORE_NAME.match(name)
    ]


def complete_addresses(context: click.Context, parameter: Any, incomplete: str) -> list[CompletionItem]:
    """Names of saved stores; if none begins like this, files."""
    from click.shell_completion import CompletionItem

    return complete_stores(context, parameter, incomplete) or [CompletionItem(incomplete, type="file")]


def _keys(store: Store, context: click.Context) -> dict[str, list[str]]:
    from store.entities import RunParts
    from store.lookup import find_run
    from store.protocols import RunQuery

    parts = RunParts.METRICS | RunParts.PARAMS | RunParts.TAGS
    named = context.params.get("run") or context.params.get("runs") or ()
    if isinstance(named, str):
        named = (named,)
    if named:
        runs = [find_run(store, name, parts) for name in named]
    else:
        runs = store.runs(store.run_ids(RunQuery(limit=_NEWEST)).items, parts)
    return {kind: sorted({key for run in runs for key in getattr(run, kind)}) for kind in ("metrics", "params", "tags")}


def _offered(context: click.Context, look: Callable[[Store], Found], incomplete: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    from tui.view.text import clean

    found: Found = []
    finished = Event()

    def work() -> None:
        # A shell that completes wants names or silence, whatever is wrong with the store.
        try:
            from tui.cli.options import Settings

            settings = context.find_object(Settings) or Settings()
            with settings.opened() as store:
                found.extend(look(store))
        except Exception:
            found.clear()
        finally:
            finished.set()

    Thread(target=work, daemon=True).start()
    if not finished.wait(PATIENCE_S):
        return []
    offered = {value: told for value, told in found if value.startswith(incomplete) and value == clean(value)}
    return [CompletionItem(_typed(value), help=clean(told) or None) for value, told in offered.items()]


def _typed(value: str) -> str:
    """As it has to be typed: bash inserts what it is given, zsh and fish quote it themselves."""
    in_bash = os.environ.get("_FLOWDECK_COMPLETE", "").startswith("bash")
    return re.sub(r"([^\w./:@%+=,-])", r"\\\1", value) if in_bash else value
