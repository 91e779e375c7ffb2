"""A view of runs as the command that prints it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from store.groups import GroupKey
from store.kinds import ViewType
from store.quoting import option_key
from tui.view.group_order import GroupOrder
from tui.view.order import NEWEST_FIRST
from tui.view.run_columns import RunColumn
from tui.view.runs import RunsView

_Named = TypeVar("_Named", RunColumn, GroupKey)

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
            words += ["-b", as_option(by).id]
        for column in columns:
            if column.kind == "metrics" and not column.spark:
                words += ["-c", as_option(column).asked]
        if view.group_order is not None:
            words += ["--sort", _order_as_option(view.group_order).text]
        return shell_command([*words, "-n", "0"])
    if view.order != NEWEST_FIRST:
        for key in view.order:
            words += ["--sort", key.expression]
    words += _STAGES[view.stage]
    for column in (RunColumn("attributes", "run_name"), *columns):
        # A curve is nothing that a line of text has.
        if not column.spark:
            words += ["-c", column.key if column.kind == "attributes" else as_option(column).asked]
    return shell_command([*words, "-n", "0"])


def as_option(named: _Named) -> _Named:
    """The same with its key as options have it."""
    return named if named.kind in ("attributes", "datasets") else replace(named, key=option_key(named.key))


def _order_as_option(order: GroupOrder) -> GroupOrder:
    column = None if order.column is None else as_option(order.column)
    return replace(order, column=column, key=None if order.key is None else as_option(order.key))


def shell_command(words: Iterable[str]) -> str:
    """Words as a shell takes them, on one line without a character that a terminal obeys when it is pasted."""
    return " ".join(map(_shell_word, words))


def _shell_word(word: str) -> str:
    if word.isprintable():
        return shlex.quote(word)
    # As bash, zsh and ksh read it; fish has no quotes that spell control characters.
    spelled = (
        chr(byte) if 32 <= byte < 127 and chr(byte) not in "\\'" else f"\\x{byte:02x}"
        for byte in word.encode("utf-8", "surrogateescape")
    )
    return f"$'{''.join(spelled)}'"
