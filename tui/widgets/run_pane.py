"""One run: its metrics, params, tags, data and overview under tabs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message

from store.entities import Axis, Curve, LoggedModel, MetricSummary, Run
from tui.bindings import bindings, key_of
from tui.keys import Place
from tui.view.cells import exact
from tui.view.glyphs import GLYPHS
from tui.view.run import SAMPLED, data_rows, headline, metric_rows, overview_rows, pair_rows
from tui.view.silence import silent
from tui.view.text import clean
from tui.view.value import FullValue, data_value, overview_value, pair_value
from tui.widgets.line import Line
from tui.widgets.names_pane import NamesPane
from tui.widgets.table import Table
from tui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from tui.following import Growth, OpenRun
    from tui.widgets.chart_pane import ChartWish

METRICS, PARAMS, TAGS, DATA, OVERVIEW = range(5)
_NAMES = ("Metrics", "Params", "Tags", "Data", "Overview")


class RunPane(NamesPane):
    """Everything about one run; a metric opens as its chart, anything else as its full value."""

    BINDINGS = bindings(Place.NAMES, Place.RUN)

    @dataclass
    class MetricOpened(Message):
        """The chart of a metric is wanted."""

        run: Run
        summary: MetricSummary

    @dataclass
    class ValueOpened(Message):
        """A value is wanted in full."""

        value: FullValue

    @dataclass
    class SummariesWanted(Message):
        """A chart is wanted of a metric whose history was not summed up yet."""

        run_id: str

    @dataclass
    class SparksWanted(Message):
        """Metrics are on screen whose sparkline is not read yet."""

        run: Run
        summaries: Sequence[MetricSummary]

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, RunPane.SparksWanted)

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._run: Run | None = None
        self._asked: str | None = None
        """The id of the run that was asked for last, read or not."""
        self._experiment = ""
        self._badge = ""
        """What is said of the run's silence."""
        self._models: Sequence[LoggedModel] = ()
        self._summaries: dict[str, MetricSummary] = {}
        self._curves: dict[str, Curve] = {}
        self._under_way: set[str] = set()
        """Metrics whose curve was asked for."""
        self._opening: str | None = None
        self._return_row = ""
        self._return_metric = ""
        """Where the cursor is to be, and which metric is to be opened, once they were read."""
        self._charted: str | None = None
        """The metric that is charted beside the list."""

    def compose(self) -> ComposeResult:
        yield Line(classes="title")
        yield Line(id="problems", classes="-gone")
        yield Tabs(_NAMES)
        yield Table(frozen=1, empty=self._unchosen)
        yield Line(id="run-notes", classes="notes -gone")

    @property
    def run_shown(self) -> Run | None:
        return self._run

    @property
    def run_wanted(self) -> str | None:
        """The id of the run that this pane is about, even if it could not be read; None before there was one."""
        return self._asked

    @property
    def summaries(self) -> dict[str, MetricSummary]:
        return self._summaries

    @property
    def curves(self) -> dict[str, Curve]:
        """The histories that were read for the sparklines, by metric."""
        return self._curves

    @property
    def tab(self) -> int:
        return self.query_one(Tabs).chosen

    @property
    def value_under_cursor(self) -> str:
        """A metric's latest value, a param, a tag as the store has it; the text of a line of the other tabs."""
        run, key = self._run, self.table.key or ""
        if run is None:
            return ""
        if self.tab == METRICS and key in run.metrics:
            return exact(run.metrics[key].value)
        if self.tab in (PARAMS, TAGS):
            return (run.params if self.tab == PARAMS else run.tags).get(key, "")
        cells = self.table.rows.cells(self.table.cursor) if len(self.table.rows) else None
        return cells[-1].text if cells else run.artifact_uri or ""

    @property
    def listed_pairs(self) -> tuple[str, Sequence[str]] | None:
        """What is listed, `metric`, `param` or `tag`, and the keys of it; None on other tabs and without a run."""
        if self._run is None or self.tab not in (METRICS, PARAMS, TAGS):
            return None
        rows = self.table.rows
        return ("metric", "param", "tag")[self.tab], [rows.key(index) for index in range(len(rows))]

    def wait(self, run_id: str) -> None:
        """A run is being read: the one on screen stays, unless it is another one's."""
        self._asked = run_id
        if self._run is None or self._run.run_id != run_id:
            self._opening = None
            self._run, self._models, self._summaries, self._curves, self.wanted = None, (), {}, {}, ""
            self.entitle([("Run", "title"), (clean(run_id)[:8], "dim")])
            self._say("#problems", ())
            self._say("#run-notes", ())
            self.table.show(metric_rows({}, {}, {}), empty=f"reading the run {GLYPHS.ellipsis}", cursor=0)

    def ended(self) -> None:
        """Nothing is being read any more: if the run did not come, says so."""
        if self._run is None and self._asked is not None:
            again = f"the run was not read\n{key_of(self, 'refresh')} tries again"
            self.table.show(metric_rows({}, {}, {}), empty=again)

    def forget(self) -> None:
        """The run that was asked for is not wanted any more, for it is gone."""
        self._asked = None
        self.entitle([("Run", "title")])
        self.table.show(metric_rows({}, {}, {}), empty=self._unchosen)

    @property
    def _unchosen(self) -> str:
        return f"choose a run first: {key_of(self, 'runs')}"

    def return_to(self, tab: int, row: str, metric: str) -> None:
        """What is to be shown of the run that is being read; a `metric` opens as its chart."""
        self.query_one(Tabs).chosen = tab
        self._return_row, self._return_metric = row, metric

    def show(self, run: Run, models: Sequence[LoggedModel], experiment: str) -> None:
        self._run, self._models, self._experiment = run, models, experiment
        self._head(run)
        self._fill()
        place = self.table.rows.find(self._return_row) if self._return_row else None
        if place is not None:
            self.table.cursor = place
        self._return_row = ""
        self.screen.refresh_bindings()

    def _head(self, run: Run) -> None:
        self._badge = silent(run, self.now())
        self.entitle(headline(run, self._badge))
        self._say("#problems", [(f"{GLYPHS.problem} {clean(problem)}", "warn") for problem in run.problems])

    def grow(self, known: OpenRun, growth: Growth) -> bool:
        """Shows the run as it is now, unless it was read anew since it was as it is `known`; True if it did."""
        if self._run is not known.run or self._summaries is not known.summaries:
            return False
        self._run, self._models = growth.run, growth.models
        # Sparklines may have come meanwhile.
        came = {key: curve for key, curve in self._curves.items() if key not in known.curves}
        self._summaries = growth.summaries
        self._curves = {
            key: curve for key, curve in {**growth.curves, **came}.items() if curve.count >= growth.summaries[key].count
        }
        self._head(growth.run)
        self._fill()
        self.want_sparks()
        return True

    def judge(self) -> None:
        """Says of a run for how long it has been silent, if that is told otherwise now."""
        if self._run is not None and silent(self._run, self.now()) != self._badge:
            self._head(self._run)
            if self.tab == OVERVIEW:
                self._fill()

    @property
    def models(self) -> Sequence[LoggedModel]:
        return self._models

    def summed_up(self, run_id: str, summaries: Sequence[MetricSummary]) -> None:
        if self._run is None or run_id != self._run.run_id:
            return
        found = {summary.key: summary for summary in summaries}
        # A curve stays while its history did not grow.
        self._curves = {
            key: curve
            for key, curve in self._curves.items()
            if key in found and found[key].count == curve.count and not curve.sampled
        }
        self._summaries = found
        self._fill()
        self.want_sparks()
        metric, self._return_metric = self._return_metric, ""
        if metric in found:
            self._open_metric(metric)
        elif self._opening is not None:
            self._open_metric(self._opening)

    def sparked(self, run_id: str, curves: Sequence[Curve]) -> None:
        if self._run is None or run_id != self._run.run_id:
            return
        self._curves.update((curve.key, curve) for curve in curves)
        if self.tab == METRICS:
            self._fill()

    def _fill(self) -> None:
        run = self._run
        if run is None:
            return
        data = len(run.dataset_inputs) + len(run.model_inputs) + len(run.model_outputs)
        counts = (len(run.metrics), len(run.params), len(run.tags), data)
        self.query_one(Tabs).show(
            [f"{name} {count}" for name, count in zip(_NAMES, counts, strict=False)] + [_NAMES[OVERVIEW]]
        )
        if self.tab == METRICS:
            rows = metric_rows(
                {key: value for key, value in run.metrics.items() if self.matches(key)},
                {key: value for key, value in self._summaries.items() if self.matches(key)},
                self._curves,
            )
        elif self.tab == PARAMS:
            rows = pair_rows({key: value for key, value in run.params.items() if self.matches(key)}, "Param")
        elif self.tab == TAGS:
            rows = pair_rows({key: value for key, value in run.tags.items() if self.matches(key)}, "Tag")
        elif self.tab == DATA:
            rows = data_rows(run, self._models)
        else:
            rows = overview_rows(run, self._experiment, self._badge)
        names = ("metrics", "params", "tags", "datasets and models", "overview")
        if self.wanted:
            empty = f"nothing is called that\n{key_of(self, 'back')} shows everything"
        else:
            empty = f"this run has no {names[self.tab]}"
        sampled = self.tab == METRICS and any(summary.sampled for summary in self._summaries.values())
        self._say("#run-notes", [(SAMPLED, "dim")] if sampled else ())
        self.table.show(rows, empty=empty)
        self.table.mark(self._charted if self.tab == METRICS else None)

    # Tabs

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a run there are no tabs; only lists of names can be searched."""
        if action == "find":
            return self._run is not None and self.tab in (METRICS, PARAMS, TAGS)
        return self._run is not None

    def action_tab(self, steps: int) -> None:
        self._choose((self.tab + steps) % len(_NAMES))

    def on_tabs_clicked(self, event: Tabs.Clicked) -> None:
        event.stop()
        self._choose(event.index)

    def _choose(self, tab: int) -> None:
        self.query_one(Tabs).chosen = tab
        self.screen.refresh_bindings()
        self.wanted = ""
        if self._run is not None:
            self._fill()
            self.table.cursor = 0
            if tab == METRICS:
                self.want_sparks()
        self.take_focus()

    # Metrics

    def want_sparks(self) -> None:
        """Asks for the sparklines of the metrics on screen that have none yet."""
        table = self.table
        if self._run is None or self.tab != METRICS:
            return
        keys = [table.rows.key(index) for index in table.on_screen]
        missing = [self._summaries[key] for key in keys if key in self._summaries and key not in self._curves]
        if any(summary.key not in self._under_way for summary in missing):
            self._under_way = {summary.key for summary in missing}
            self.post_message(self.SparksWanted(self._run, missing))

    def is_reading_only(self, wish: ChartWish) -> bool:
        """True if the one curve that is being read for the sparklines is the one that this chart needs."""
        same_run = self._run is not None and wish.run.run_id == self._run.run_id
        own = same_run and self._under_way == {wish.summary.key} and wish.curve is None and wish.own is None
        return own and wish.axis is Axis.STEP and not wish.summary.one_step

    def sparks_ended(self) -> None:
        """What was asked for was read, or will not be."""
        self._under_way = set()

    def on_table_scrolled(self, event: Table.Scrolled) -> None:
        event.stop()
        self.want_sparks()

    def on_table_moved(self, event: Table.Moved) -> None:
        event.stop()

    def mark(self, metric: str | None) -> None:
        """Marks the metric that is charted beside the list; None: none is."""
        self._charted = metric
        self.table.mark(metric if self.tab == METRICS else None)

    def on_table_opened(self, event: Table.Opened) -> None:
        event.stop()
        key = self.table.key
        if key is None:
            return
        if self.tab == METRICS:
            self._open_metric(key)
        elif (value := self._full_value(key)) is not None:
            self.post_message(self.ValueOpened(value))

    def _full_value(self, key: str) -> FullValue | None:
        """What the row of another list than that of the metrics stands for."""
        run = self._run
        if run is None:
            return None
        if self.tab == PARAMS:
            return pair_value("param", run.params, key)
        if self.tab == TAGS:
            return pair_value("tag", run.tags, key)
        if self.tab == DATA:
            return data_value(run, self._models, key)
        cells = self.table.rows.cells(self.table.cursor)
        return overview_value(run, key, cells[-1].text if cells else "")

    def _open_metric(self, key: str) -> None:
        """Opens the chart, at once or when the summary it needs was read."""
        summary = self._summaries.get(key)
        self._opening = key if summary is None else None
        if self._run is None:
            return
        if summary is None:
            self.post_message(self.SummariesWanted(self._run.run_id))
        else:
            self.post_message(self.MetricOpened(self._run, summary))

    def stay(self) -> None:
        """What was typed ahead is not meant any more."""
        self._opening, self._return_metric = None, ""

    def narrow(self) -> None:
        self._fill()
        self.want_sparks()
