"""A view of runs as the command that prints it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from store.kinds import ViewType
from tui.view.order import NEWEST_FIRST
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView

_STAGES = {ViewType.DELETED_ONLY: ["--deleted"], ViewType.ALL: ["--all"], ViewType.ACTIVE_ONLY: []}


def command_of(view: RunsView, columns: Sequence[RunColumn], store: str, names: Mapping[str, str]) -> str:
    """The command for a shell; `store` is the address or the name of the store, `names` those of experiments by id.

    Of several levels of groups it prints the last, because a table of lines has no other.
    """
    words = ["flowdeck", "groups" if view.groups else "runs", "-s", store]
    for experiment in view.experiment_ids or ():
        words += ["-e", names.get(experiment, experiment)]
    if view.query.filter:
        words += ["-f", view.query.filter]
    if view.groups:
        words += _STAGES[view.stage]
        for by in (key for level in view.groups for key in level):
            words += ["-b", by.id]
        for column in columns:
            if column.kind == "metrics" and not column.spark:
                words += ["-c", column.asked]
        if view.group_order is not None:
            words += ["--sort", view.group_order.text]
        return shlex.join([*words, "-n", "0"])
    if view.order != NEWEST_FIRST:
        for key in view.order:
            words += ["--sort", key.expression]
    words += _STAGES[view.stage]
    for column in (RunColumn("attributes", "run_name"), *columns):
        # A curve is nothing that a line of text has.
        if not column.spark:
            words += ["-c", column.key if column.kind == "attributes" else column.asked]
    return shlex.join([*words, "-n", "0"])
