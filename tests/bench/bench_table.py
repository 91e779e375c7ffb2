"""The runs table at 160x45: exec to the first rows, memory, and what a key costs, by the size of a store."""

from __future__ import annotations

import re
import sqlite3
import statistics
import time
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

from store.opening import open_store
from store.protocols import RunQuery
from tests.bench.baseline_runs import COLUMNS as RUN_COLUMNS
from tests.bench.baseline_runs import FILTERED
from tests.bench.bench_runs_cli import FILTER, SORT, Disagreement
from tests.bench.generator import RunsShape, cached_runs
from tests.bench.timing import (
    SCREEN_TIMEOUT,
    Row,
    Settings,
    flowdeck_command,
    interleaved,
    milliseconds,
    open_terminal,
    run_alone,
    scratch,
    something_painted,
    timed,
)
from tests.support.terminal import Terminal
from tui.reading import FIRST_RUNS
from tui.view.glyphs import GLYPHS

COLUMNS: Final = 160
ROWS: Final = 45

SIZES: Final = (RunsShape(10_000), RunsShape(100_000), RunsShape(1_000_000, params=6, metrics=6, tags=2))
QUICK_SIZES: Final = (RunsShape(500), RunsShape(2_000))

FILTERED_IDS: Final = FILTERED.replace(RUN_COLUMNS, "r.run_uuid")

SORTED: Final = """
    SELECT r.run_uuid FROM runs r
    LEFT JOIN latest_metrics o ON o.key = 'm1' AND o.run_uuid = r.run_uuid
    WHERE r.lifecycle_stage = 'active'
    ORDER BY o.value IS NULL, o.is_nan, o.value DESC, r.start_time DESC, r.run_uuid LIMIT ?
"""
"""The order is SORT of bench_runs_cli."""

SEARCHES: Final = 9

REPEATS: Final = 5
"""Starts of the program on each store, of which the last one is used to press keys."""

CURSOR_KEYS: Final = 120
PAGE_KEYS: Final = 30
JUMP_KEYS: Final = 10
BURST: Final = 200
"""Keys that are typed ahead."""

ALL_RUNS: Final = "A"
"""From the experiments to the runs of all of them."""

A_RUN: Final = "run-"
"""What the names of all runs start with."""

ALL_THERE: Final = re.compile(r"all experiments · [\d ]+ runs")
"""What the title says once all of them are listed."""

JUMP_TO: Final = "run-000"
"""In the names of a thousand runs."""

OTHER_ORDER: Final = "m1"
"""The metric that the runs are sorted by in the end."""

QUIET_SECONDS: Final = 0.06
"""Silence after which a key counts as answered, rows that had to be read included."""

FIRST_ROWS_SECONDS: Final = 1.0
MEMORY_MB: Final = 100
CURSOR_MEDIAN: Final = 0.010
CURSOR_95TH: Final = 0.033
PAGE_MEDIAN: Final = 0.025
PAGE_BYTES: Final = 15_000
STATEMENT_TIMES: Final = 1.5
GROWTH: Final = 1.2
"""Of the cost of a key, from the smallest store to the largest."""


@dataclass(slots=True)
class Keys:
    """What some presses of one key cost."""

    painted: list[float] = field(default_factory=list)
    """Seconds from a key to the first bytes that came of it."""
    settled: list[float] = field(default_factory=list)
    """Seconds from a key to the last bytes that came of it: rows that are read come after placeholders."""
    sizes: list[int] = field(default_factory=list)
    """Bytes."""


@dataclass(slots=True)
class Measured:
    """One store."""

    runs: int
    first_rows: list[float] = field(default_factory=list)
    complete: list[float] = field(default_factory=list)
    """Seconds from exec until the number of all runs was there."""
    memory: list[float] = field(default_factory=list)
    """MB, resident, once all runs are listed."""
    peak: list[float] = field(default_factory=list)
    searched: float = 0.0
    """MB, resident, after a jump to a run by its name and another order."""
    keys: dict[str, Keys] = field(default_factory=dict)
    burst: float = 0.0
    """Seconds for each of many keys that are typed ahead."""


def memory_of(pid: int, what: str) -> float:
    """MB of a process: VmRSS now, or VmHWM at most so far."""
    for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
        if line.startswith(f"{what}:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"{what} of process {pid} is not known")


def pressed(terminal: Terminal, key: str, times: int) -> Keys:
    """Presses a key again and again, each time when the last one was answered."""
    found = Keys()
    for _ in range(times):
        before = len(terminal.chunks)
        sent = terminal.press(key)
        terminal.wait_for(lambda before=before: len(terminal.chunks) > before, SCREEN_TIMEOUT, f"an answer to {key}")
        terminal.wait_quiet(QUIET_SECONDS, SCREEN_TIMEOUT)
        came = terminal.chunks[before:]
        found.painted.append(came[0][0] - sent)
        found.settled.append(came[-1][0] - sent)
        found.sizes.append(sum(len(data) for _, data in came))
    return found


def typed_ahead(terminal: Terminal) -> float:
    """Seconds a key, for many that arrive together."""
    before = len(terminal.chunks)
    sent = terminal.send("j" * BURST)
    terminal.wait_for(lambda: len(terminal.chunks) > before, SCREEN_TIMEOUT, "an answer")
    terminal.wait_quiet(5 * QUIET_SECONDS, SCREEN_TIMEOUT)
    return (terminal.chunks[-1][0] - sent) / BURST


def start(measured: Measured, store: Path, home: Path, *, press: bool, scale: int) -> None:
    """Starts the program, asks for all runs as soon as anything is painted, and waits for them."""
    with open_terminal(flowdeck_command(str(store)), home, COLUMNS, ROWS) as terminal:
        terminal.wait_for(lambda: something_painted(terminal), SCREEN_TIMEOUT, "a first frame")
        terminal.press(ALL_RUNS)
        measured.first_rows.append(terminal.wait_for(A_RUN, SCREEN_TIMEOUT) - terminal.started)
        shown = terminal.wait_for(ALL_THERE, SCREEN_TIMEOUT)
        measured.complete.append(shown - terminal.started)
        terminal.wait_quiet(1.0, SCREEN_TIMEOUT)
        measured.memory.append(memory_of(terminal.pid, "VmRSS"))
        measured.peak.append(memory_of(terminal.pid, "VmHWM"))
        if not press:
            return
        pressed(terminal, "j", 3)
        measured.keys["cursor"] = pressed(terminal, "j", CURSOR_KEYS // scale)
        measured.keys["page"] = pressed(terminal, "pagedown", PAGE_KEYS // scale)
        jumps = Keys()
        for _ in range(JUMP_KEYS // scale):
            for key in ("end", "home"):
                one = pressed(terminal, key, 1)
                jumps.painted += one.painted
                jumps.settled += one.settled
        measured.keys["jump"] = jumps
        measured.burst = typed_ahead(terminal)
        measured.memory[-1] = memory_of(terminal.pid, "VmRSS")
        measured.peak[-1] = memory_of(terminal.pid, "VmHWM")
        measured.searched = memory_after_searches(terminal)


def memory_after_searches(terminal: Terminal) -> float:
    """Goes to a run by its name, sorts all of them by a metric, and says what memory there is then."""
    terminal.press("J")
    terminal.wait_quiet(QUIET_SECONDS, SCREEN_TIMEOUT)
    terminal.type(JUMP_TO)
    terminal.press("enter")
    terminal.wait_for(f"with “{JUMP_TO}”", SCREEN_TIMEOUT)
    terminal.press("s")
    terminal.wait_for("Sort by", SCREEN_TIMEOUT)
    terminal.type(OTHER_ORDER)
    terminal.wait_for(re.compile(rf"›{OTHER_ORDER} +metric"), SCREEN_TIMEOUT, "the metric")
    terminal.press("enter")
    terminal.wait_for(re.compile(rf"{OTHER_ORDER} {GLYPHS.down}"), SCREEN_TIMEOUT, "the order")
    terminal.wait_for(ALL_THERE, SCREEN_TIMEOUT)
    terminal.wait_quiet(1.0, SCREEN_TIMEOUT)
    return memory_of(terminal.pid, "VmRSS")


def searched(shape: RunsShape, repeats: int) -> list[Row]:
    """What the table asks the store for, next to a statement written for exactly that."""
    path = cached_runs(shape)
    limit = FIRST_RUNS
    cases = {
        "filter and sort by a metric": (RunQuery(filter=FILTER, order_by=(SORT,), limit=limit), FILTERED_IDS),
        "sort by a metric": (RunQuery(order_by=(SORT,), limit=limit), SORTED),
    }
    found = []
    opened = open_store(str(path))
    try:
        for what, (query, statement) in cases.items():
            name, baseline = f"{shape.runs:,} runs: {what}, the first {limit}", "one statement by sqlite3"
            ours, theirs = partial(opened.run_ids, query), partial(by_hand, path, statement, limit)
            if list(ours().items) != theirs():
                raise Disagreement(f"{what}: not the runs that the statement finds")
            samples = interleaved({name: timed(ours), baseline: timed(theirs)}, repeats)
            found.append(samples.at_most(name, baseline, STATEMENT_TIMES))
    finally:
        opened.close()
    return found


def by_hand(path: Path, statement: str, limit: int) -> list[str]:
    """The ids that a statement finds."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        return [row[0] for row in connection.execute(statement, (limit,))]


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    sizes = QUICK_SIZES if settings.quick else SIZES
    stores = [(Measured(shape.runs), cached_runs(shape)) for shape in sizes]
    rounds = settings.rounds(REPEATS)
    with scratch() as home:
        for turn in range(rounds + 1):
            for measured, store in stores:
                start(measured, store, home, press=turn == rounds, scale=10 if settings.quick else 1)
                if not turn:  # the first round fills the page cache
                    measured.first_rows.clear()
                    measured.complete.clear()
                time.sleep(0.2)
    found = [measured for measured, _ in stores]
    search = searched(sizes[1], settings.rounds(SEARCHES))
    return [*(row for measured in found for row in rows(measured)), *growth(found[0], found[-1]), *search]


def rows(measured: Measured) -> list[Row]:
    """What is said of one store."""
    where = f"{measured.runs:,} runs"
    first, memory = statistics.median(measured.first_rows), max(measured.memory)
    found = [
        Row(
            f"{where}: exec to first rows",
            milliseconds(first),
            target=f"at most {FIRST_ROWS_SECONDS:g} s",
            within=first <= FIRST_ROWS_SECONDS,
        ),
        Row(f"{where}: exec to the number of all", milliseconds(statistics.median(measured.complete))),
        Row(
            f"{where}: resident memory; at most so far",
            f"{memory:.0f} MB; {max(measured.peak):.0f} MB",
            target=f"at most {MEMORY_MB} MB",
            within=memory <= MEMORY_MB,
        ),
        Row(
            f"{where}: resident memory after a jump by name and a sort by a metric",
            f"{measured.searched:.0f} MB",
            target=f"at most {MEMORY_MB} MB",
            within=measured.searched <= MEMORY_MB,
        ),
    ]
    cursor, page, jump = (measured.keys[name] for name in ("cursor", "page", "jump"))
    late = statistics.quantiles(cursor.painted, n=20)[-1]
    size = statistics.median(page.sizes)
    found += [
        _limited(f"{where}: cursor key, median of {len(cursor.painted)}", cursor.painted, CURSOR_MEDIAN),
        Row(
            f"{where}: cursor key, 95th percentile",
            _ms(late),
            target=f"at most {CURSOR_95TH * 1e3:g} ms",
            within=late <= CURSOR_95TH,
        ),
        _limited(f"{where}: page-down, median of {len(page.painted)}", page.painted, PAGE_MEDIAN),
        Row(f"{where}: page-down until its rows are read", _ms(statistics.median(page.settled))),
        Row(
            f"{where}: page-down, bytes",
            f"{size:,.0f} B",
            target=f"at most {PAGE_BYTES:,} B",
            within=size <= PAGE_BYTES,
        ),
        Row(f"{where}: End and Home", _ms(statistics.median(jump.painted))),
        Row(f"{where}: End and Home until their rows are read", _ms(statistics.median(jump.settled))),
        Row(f"{where}: {BURST} keys typed ahead, each", _ms(measured.burst)),
    ]
    return found


def growth(small: Measured, large: Measured) -> list[Row]:
    """How much more a key costs in the largest store than in the smallest."""
    found = []
    for name, what in (("cursor", "cursor key"), ("page", "page-down")):
        less, more = (statistics.median(one.keys[name].painted) for one in (small, large))
        found.append(
            Row(
                f"{what}: {large.runs:,} runs",
                _ms(more),
                f"{small.runs:,} runs: {_ms(less)}",
                f"{more / less:.2f}x",
                f"at most {GROWTH:g}x",
                more <= GROWTH * less,
            )
        )
    return found


def _limited(what: str, seconds: list[float], most: float) -> Row:
    median = statistics.median(seconds)
    return Row(what, _ms(median), target=f"at most {most * 1e3:g} ms", within=median <= most)


def _ms(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
