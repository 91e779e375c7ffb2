"""Choosing what runs are grouped by: what is chosen so far, as steps from one choice to the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final

from store.entities import KeyCount
from store.groups import GroupKey, Level
from store.kinds import KeyKind
from store.seeds import Proposal
from tui.view import cells
from tui.view.cells import plural
from tui.view.groups import key_title
from tui.view.table import Cell, Column, ListRows
from tui.view.text import clean

DATASETS: Final = GroupKey(KeyKind.DATASET)

_NOUNS: Final = {KeyKind.PARAM: "param", KeyKind.TAG: "tag", KeyKind.DATASET: "name and digest"}

_KEYED: Final = (KeyKind.PARAM, KeyKind.TAG)

PROPOSAL: Final = "proposal "
"""What the keys of rows begin with that propose something; their numbers follow."""


@dataclass(frozen=True, slots=True)
class GroupChoice:
    """The keys that are chosen, level by level."""

    levels: tuple[Level, ...] = ()

    def level_of(self, key: GroupKey) -> int | None:
        """The level that the key is chosen for, from 0."""
        return next((place for place, level in enumerate(self.levels) if key in level), None)

    def toggled(self, key: GroupKey) -> GroupChoice:
        """With the key in the last level, or without it."""
        place = self.level_of(key)
        if place is None:
            last = self.levels[-1] if self.levels else ()
            return GroupChoice((*self.levels[:-1], (*last, key)))
        without = (tuple(one for one in level if one != key) for level in self.levels)
        return GroupChoice(tuple(level for level in without if level))

    def split(self, key: GroupKey) -> GroupChoice:
        """With a level that begins with this key, or with that level and the one before it as one."""
        place = self.level_of(key)
        if place is None:
            return GroupChoice((*self.levels, (key,)))
        level = self.levels[place]
        at = level.index(key)
        if at:
            return GroupChoice((*self.levels[:place], level[:at], level[at:], *self.levels[place + 1 :]))
        if not place:
            return self
        return GroupChoice((*self.levels[: place - 1], (*self.levels[place - 1], *level), *self.levels[place + 1 :]))


def proposal_text(proposal: Proposal) -> str:
    """`26 configurations x 5 seeds`, `8 configurations x 3-5 runs, and 2 other runs`."""
    what = plural(proposal.configurations, "configuration")
    if not proposal.repeated:
        noun = "runs"
    elif len(proposal.repeated) == 1 and proposal.repeated[0].isalpha():
        noun = f"{clean(proposal.repeated[0])}s"
    else:
        noun = f"runs that differ in {' and '.join(map(clean, proposal.repeated))}"
    least = "" if proposal.least == proposal.most else f"{proposal.least}-"
    others = f", and {plural(proposal.others, 'other run')}" if proposal.others else ""
    return f"{what} x {least}{proposal.most} {noun}{others}"


def choice_rows(choice: GroupChoice, proposals: Sequence[Proposal], found: Sequence[KeyCount], typed: str) -> ListRows:
    """What is proposed, what is chosen, then what else is in the store; what was typed narrows the last two."""
    words = typed.casefold().split()
    counts = {GroupKey(entry.kind, entry.key): entry.runs for entry in found if entry.kind in _KEYED}
    chosen = list(chain.from_iterable(choice.levels))
    others = [key for key in (DATASETS, *counts) if key not in chosen]
    rows: list[tuple[str, Sequence[Cell]]] = []
    if not words:
        for place, proposal in enumerate(proposals):
            by = ", ".join(map(key_title, proposal.keys))
            cell = Cell(proposal_text(proposal), "accent")
            rows.append((f"{PROPOSAL}{place}", (Cell(""), cell, Cell(f"by {by}", "dim"), Cell(""))))
    for key in (*chosen, *others):
        name = key_title(key)
        if not all(word in f"{name} {_NOUNS[key.kind]}".casefold() for word in words):
            continue
        level, runs = choice.level_of(key), counts.get(key)
        sign = "" if level is None else str(level + 1)
        count = "" if runs is None else cells.count(runs)
        rows.append((key.id, (Cell(sign, "accent"), Cell(name, "name"), Cell(_NOUNS[key.kind], "dim"), Cell(count))))
    columns = (
        Column("level", "", least=1, most=2),
        Column("key", "Group by", least=16, most=48),
        Column("kind", "", least=5, most=80),
        Column("runs", "Runs", "right", most=9),
    )
    return ListRows(columns, rows)
