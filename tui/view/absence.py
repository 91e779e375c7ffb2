"""What to say of a key or a status that was named and that no run has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.absent import Absent
    from store.protocols import RunQuery

_NOUNS: Final = {"metrics": "a metric", "params": "a param", "tags": "a tag", "status": "the status"}


def absence(item: Absent, query: RunQuery) -> str:
    """`no run of these experiments has a metric “lss”; did you mean “loss”?`"""
    from store.absent import LOOKED_AT
    from store.kinds import ViewType
    from store.lookup import alternatives

    runs = "deleted run" if query.view is ViewType.DELETED_ONLY else "run"
    among = f"no {runs}" if item.all_runs else f"none of the newest {LOOKED_AT} {runs}s"
    told = f"{among} of {_place(query.experiment_ids)} has {_NOUNS[item.kind]} “{item.text}”"
    if item.elsewhere:
        kinds = " and ".join(_NOUNS[kind] for kind in item.elsewhere)
        return f"{told}; there is {kinds} of that name"
    return f"{told}; did you mean {alternatives(item.similar)}?" if item.similar else told


def _place(experiment_ids: Sequence[str] | None) -> str:
    if experiment_ids is None:
        return "this store"
    return "this experiment" if len(experiment_ids) == 1 else "these experiments"
