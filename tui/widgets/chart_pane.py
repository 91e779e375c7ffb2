"""The chart of one metric of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from textual.app import ComposeResult
from textual.message import Message

from store.entities import Axis, Curve, MetricSummary, Run
from tui.bindings import bindings, key_of
from tui.keys import Place
from tui.reading import CURVE_BUCKETS
from tui.view import cells
from tui.view.chart import ChartDrawing
from tui.view.glyphs import GLYPHS
from tui.view.text import clean
from tui.widgets.chart_view import ChartView
from tui.widgets.line import Line
from tui.widgets.pane import Part

_AXES = (Axis.STEP, Axis.RELATIVE, Axis.WALL)
_LOGS = ((False, False), (False, True), (True, False), (True, True))
"""(x, y): off, y, x, both."""

ROOMY: Final = 84
"""Columns from which the figures below the chart have all their digits."""


@dataclass(frozen=True, slots=True)
class ChartWish:
    """A chart as it is wanted."""

    run: Run
    summary: MetricSummary
    axis: Axis
    log_x: bool
    log_y: bool
    width: int
    height: int
    """Terminal columns and lines."""
    curve: Curve | None
    """The history as it was read for the list of metrics, perhaps on another axis, in `CURVE_BUCKETS`."""
    own: Curve | None = None
    """The history as it was read for the chart that is on screen, perhaps on another axis."""
    own_buckets: int = 0
    """Into how many `own` was thinned at most."""

    def curve_on(self, axis: Axis, buckets: int) -> Curve | None:
        """The history on this axis, in at least so many buckets, if it is here."""
        for curve, fine in ((self.own, self.own_buckets), (self.curve, CURVE_BUCKETS)):
            if curve is not None and curve.axis is axis and buckets <= fine:
                return curve
        return None


class ChartPane(Part):
    """The curve, what it shows in words, and how many points it was drawn from."""

    BINDINGS = bindings(Place.CHART)

    @dataclass
    class Wanted(Message):
        """A drawing is wanted."""

        wish: ChartWish
        growing: bool = False
        """True if the chart is on screen already, and points were added to it."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, ChartPane.Wanted)

    @dataclass
    class PickWanted(Message):
        """Another metric is to be picked from a list."""

        keys: Sequence[str]
        key: str

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._run: Run | None = None
        self._summaries: Mapping[str, MetricSummary] = {}
        self._curves: Mapping[str, Curve] = {}
        self._key = ""
        self._waits = False
        """True while a history is read for this chart that is being read for the list of metrics too."""
        self._axis = Axis.STEP
        self._drawn: Axis | None = None
        """What the chart on screen is drawn against; None before it was drawn."""
        self._own: Curve | None = None
        self._own_buckets = 0
        """The history that is drawn, and into how many buckets it was thinned at most."""
        self._log = 0

    def compose(self) -> ComposeResult:
        yield Line(classes="title")
        yield ChartView(self._choose)
        yield Line(id="figures")
        yield Line(id="notes")

    @property
    def _choose(self) -> str:
        return f"choose a metric first: {key_of(self, 'run')}, then {key_of(self, 'open')} on one"

    @property
    def metric(self) -> MetricSummary | None:
        return self._summaries.get(self._key)

    @property
    def run_shown(self) -> Run | None:
        return self._run

    @property
    def curve(self) -> tuple[Curve | None, int]:
        """The history that is drawn, and into how many buckets it was thinned at most."""
        return self._own, self._own_buckets

    @property
    def notes(self) -> str:
        """What is said about the drawing; empty until there is one."""
        return self.query_one("#notes", Line).text

    def show(self, run: Run, summaries: Mapping[str, MetricSummary], curves: Mapping[str, Curve], key: str) -> None:
        """Shows a metric; the same one again after new points came. `curves` are those that were read already."""
        another = self._run is None or run.run_id != self._run.run_id or key != self._key
        self._run, self._summaries, self._curves, self._key = run, summaries, curves, key
        if another:
            self._drawn = self._own = None
            self.query_one(ChartView).show(None, f"reading the history {GLYPHS.ellipsis}")
            self.query_one("#notes", Line).show(())
        if self._own is not None and (self._own.sampled or self._own.count < summaries[key].count):
            # Points came since: it is read again.
            self._own = None
        self._tell()
        self._want()
        self.screen.refresh_bindings()

    def grow(
        self,
        run: Run,
        summaries: Mapping[str, MetricSummary],
        curves: Mapping[str, Curve],
        before: Curve | None,
        own: Curve | None,
    ) -> None:
        """Shows the same metric after new points came.

        `own` is the drawn curve, as it was `before`, with them; None if it is to be read.
        """
        shown = self.metric
        self._run, self._summaries, self._curves = run, summaries, curves
        if before is self._own:
            self._own = own
        metric = self.metric
        if metric is not None and self._own is not None and self._own.count < metric.count:
            self._own = None
        if metric is not shown:
            self._tell()
            self._want(growing=True)

    def clear(self) -> None:
        """Another run is shown: its charts are opened from its metrics."""
        self._run, self._summaries, self._curves, self._key, self._waits = None, {}, {}, "", False
        self._own = None
        self.query_one(ChartView).show(None, self._choose)
        for line in self.query(Line):
            line.show(())

    def curves_came(self) -> None:
        """Histories were read for the list of metrics: whoever has this one first draws it."""
        if self._waits and self._key in self._curves:
            self._want()

    def ask_again(self) -> None:
        """What was to draw it did not come: it is read for the chart alone."""
        if self._waits:
            self._want()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a metric there is nothing to do with a chart."""
        return self.metric is not None

    def drawn(self, curve: Curve, buckets: int, drawing: ChartDrawing) -> None:
        """`curve` was thinned to at most so many `buckets`."""
        if self._run is not None and curve.run_id == self._run.run_id and curve.key == self._key:
            self._waits = False
            self._drawn, self._own, self._own_buckets = curve.axis, curve, buckets
            self._tell()
            self.query_one(ChartView).show(drawing)
            self.query_one("#notes", Line).show([(note, "dim") for note in drawing.notes])

    def take_focus(self) -> None:
        self.query_one(ChartView).focus()

    def _want(self, *, growing: bool = False) -> None:
        size = self.query_one(ChartView).size
        summary = self.metric
        if self._run is None or summary is None or size.width < 2 or size.height < 2:
            return
        log_x, log_y = _LOGS[self._log]
        curve = self._curves.get(summary.key)
        self._waits = curve is None and self._own is None
        wish = ChartWish(
            self._run,
            summary,
            self._axis,
            log_x,
            log_y,
            size.width,
            size.height,
            curve,
            self._own,
            self._own_buckets,
        )
        self.post_message(self.Wanted(wish, growing))

    def _tell(self) -> None:
        run, summary = self._run, self.metric
        if run is None or summary is None:
            return
        log_x, log_y = _LOGS[self._log]
        scales = "log x and y" if log_x and log_y else "log x" if log_x else "log y" if log_y else ""
        name = clean(run.run_name) or f"({clean(run.run_id)[:8]})"
        self.query_one(".title", Line).show(
            [
                (clean(summary.key), "title"),
                (name, "accent"),
                (self._axis_text(), ""),
                *([(scales, "warn")] if scales else []),
            ]
        )
        number, at = (cells.exact, " @ step ") if self.size.width >= ROOMY else (cells.number, "@")
        figures = [(f"latest {number(summary.latest.value)}{at}{summary.latest.step}", "")]
        for word, point in (("min", summary.minimum), ("max", summary.maximum)):
            if point is not None:
                figures.append((f"{word} {number(point.value)}{at}{point.step}", ""))
        for amount, word in ((summary.nans, "NaN"), (summary.infinities, "inf")):
            if amount:
                figures.append((f"{cells.count(amount)} {word}", "warn"))
        self.query_one("#figures", Line).show(figures)

    def _axis_text(self) -> str:
        if self._axis is Axis.STEP and self._drawn in (Axis.RELATIVE, Axis.ORDER):
            return f"x: {self._drawn.value}, as all points have one step"
        return f"x: {self._axis.value}"

    def on_chart_view_resized(self, event: ChartView.Resized) -> None:
        event.stop()
        self._tell()
        self._want()

    def action_axis(self) -> None:
        self._axis = _AXES[(_AXES.index(self._axis) + 1) % len(_AXES)]
        self._tell()
        self._want()

    def action_log(self) -> None:
        self._log = (self._log + 1) % len(_LOGS)
        self._tell()
        self._want()

    def action_other_metric(self, steps: int) -> None:
        keys = list(self._summaries)
        if self._run is not None and self._key in keys:
            self.show(self._run, self._summaries, self._curves, keys[(keys.index(self._key) + steps) % len(keys)])

    def action_metric(self) -> None:
        if self._run is not None:
            self.post_message(self.PickWanted(list(self._summaries), self._key))

    def pick(self, key: str) -> None:
        if self._run is not None and key in self._summaries:
            self.show(self._run, self._summaries, self._curves, key)
