"""What workers tell screens: plain results of store calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from store.absent import Absent
    from store.entities import (
        Curve,
        Experiment,
        ExperimentStats,
        KeyCount,
        LoggedModel,
        MetricSummary,
        Page,
        Run,
        StoreInfo,
    )
    from store.errors import FilterError
    from store.groups import Grouping
    from store.kinds import KeyKind
    from store.nesting import Nesting
    from store.offers import Offers, Typed
    from store.protocols import Headway, RunKeys, Store
    from store.seeds import Proposal
    from tui.clipboard import Outcome
    from tui.following import Growth
    from tui.looking import Scene
    from tui.spot import Spot
    from tui.view.chart import ChartDrawing
    from tui.view.hits import Hits
    from tui.view.run_columns import RunColumn, RunColumns
    from tui.view.run_values import RunValues
    from tui.view.runs import RunsView
    from tui.view.stores import StoreEntry, Which


@dataclass
class StoreOpened(Message):
    """The store is open and can be read."""

    store: Store
    info: StoreInfo


@dataclass
class StoreReplaced(Message):
    """At the same address is a store of another schema than the one that was opened: it was opened anew."""

    store: Store
    info: StoreInfo


@dataclass
class StoresListed(Message):
    """The stores that one can go to."""

    entries: Sequence[StoreEntry]


@dataclass
class OtherStoreOpened(Message):
    """Another store is open, and is to be shown instead."""

    which: Which
    store: Store
    cancel: Event
    """Set if it is not wanted any more."""


@dataclass
class StoreLeft(Message):
    """The screen has done with its store: another one is to be shown on a screen of its own."""

    left: Which
    spot: Spot
    """Where one was in it."""
    next: Which
    store: Store
    """The next one, open."""
    live: bool = False
    """True if live mode was on, which it is to be then, too."""


@dataclass
class ExperimentsRead(Message):
    """All experiments of a view, and what their runs add up to."""

    experiments: Sequence[Experiment]
    stats: Mapping[str, ExperimentStats] | None
    """None if nobody counted the runs, or not yet."""
    names: Mapping[str, str]
    """By id, of the experiments of every stage."""
    info: StoreInfo
    counting: bool = False
    """True if the same comes once more, with `stats`."""


@dataclass
class RunsFound(Message):
    """Which runs a view shows, with the first of them read."""

    view: RunsView
    ids: Sequence[str]
    complete: bool
    """False if these are only the first ids and the rest is still being read."""
    runs: Sequence[Run]
    columns: RunColumns
    """The params and metrics that tell most about those runs."""
    notes: Sequence[str] = ()
    """How the store found them, where it did not do so alone."""
    keys: RunKeys | None = None
    """What of the runs was read; None: all."""
    nesting: Nesting | None = None
    """The same runs below their parents, if the view nests them."""


@dataclass
class RunsNested(Message):
    """The runs of a list below their parents."""

    ids: Sequence[str]
    """The list."""
    nesting: Nesting


@dataclass
class RunsComing(Message):
    """How far a store has come that takes long to find the runs of a view."""

    view: RunsView
    headway: Headway

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, RunsComing)


@dataclass
class RunsAbsent(Message):
    """Why a view shows no runs: what its filter names and no run has."""

    view: RunsView
    absent: Sequence[Absent]


@dataclass
class RunsRead(Message):
    """Some rows of the runs table."""

    ids: Sequence[str]
    """What was asked for."""
    runs: Sequence[Run]
    keys: RunKeys | None = None
    """What of the runs was read; None: all."""


@dataclass
class HitsFound(Message):
    """Where in a list of runs those are that were looked for."""

    hits: Hits


@dataclass
class KeysFound(Message):
    """What runs have something under, for choosing columns."""

    text: str
    """What was looked for."""
    keys: Sequence[KeyCount]
    note: str
    """What is not told, for people; empty if nothing is missing."""


@dataclass
class OffersFound(Message):
    """What can come next in a filter that is being typed."""

    offers: Offers


@dataclass
class MistakeFound(Message):
    """What is wrong in a filter that is being typed, whatever comes next."""

    typed: Typed
    error: FilterError | None
    """None if nothing is."""


@dataclass
class VaryingRead(Message):
    """In which params, metrics and tags the runs of a view differ."""

    view: RunsView
    keys: frozenset[tuple[KeyKind, str]]


@dataclass
class GroupsComing(Message):
    """How many runs of a list have been read to group them."""

    view: RunsView
    done: int
    total: int

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, GroupsComing)


@dataclass
class GroupsFound(Message):
    """The runs of a view in groups."""

    view: RunsView
    grouping: Grouping
    columns: Sequence[RunColumn]
    """Those of the grouping's metrics."""
    ids: Sequence[str]
    """What was grouped."""


@dataclass
class GroupsProposed(Message):
    """What the runs of a view may be meant to be grouped by."""

    view: RunsView
    proposals: Sequence[Proposal]
    note: str
    """Why there may be more; empty if there are none."""


@dataclass
class RunsCompared(Message):
    """Runs that are to be shown side by side were read whole."""

    runs: Sequence[Run]
    asked: int
    """How many were asked for: the others are no longer in the store."""


@dataclass
class ViewsKept(Message):
    """The file of views was written."""

    done: str
    unkept: str
    """Why it was not; empty if it was."""


@dataclass
class ValuesRead(Message):
    """What columns of the runs table show of histories."""

    values: RunValues


@dataclass
class RunRead(Message):
    """Everything about one run but its histories."""

    run: Run
    models: Sequence[LoggedModel]


@dataclass
class SummariesRead(Message):
    """What the histories of a run's metrics add up to."""

    run_id: str
    summaries: Sequence[MetricSummary]


@dataclass
class SparksRead(Message):
    """Thinned histories for the sparklines of some metrics."""

    run_id: str
    curves: Sequence[Curve]


@dataclass
class ChartDrawn(Message):
    """A metric's curve, drawn for the size that was asked for."""

    curve: Curve
    """On another axis than was wanted where all points share a step."""
    buckets: int
    """Into how many it was thinned at most."""
    drawing: ChartDrawing


@dataclass
class Looked(Message):
    """What a look of live mode found; None and empty where nothing changed."""

    scene: Scene
    """What was known before."""
    moved: bool
    """True if runs came or ended."""
    experiments: ExperimentsRead | None
    page: Page[str] | None
    """The runs of the view."""
    newest: Sequence[str] | None
    """The ids of the newest runs, of stores that do not count; told whether they changed or not."""
    asked: Sequence[str]
    """Ids of rows that changed or are gone."""
    runs: Sequence[Run]
    """Those that changed."""
    grown: Growth | None
    """The run that is shown in full."""
    took: float
    """Seconds."""

    @property
    def changed(self) -> bool:
        found = (self.experiments, self.page, self.grown)
        return self.moved or bool(self.asked) or any(item is not None for item in found)


class ReadyToUse(Message):
    """The program has everything that it needs to be used."""


@dataclass
class CopyWanted(Message):
    """A text is to be put on the clipboard."""

    what: str
    """For the notice: `run id`."""
    text: str


@dataclass
class Copied(Message):
    """A copy was tried."""

    outcome: Outcome
