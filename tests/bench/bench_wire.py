"""Bytes to the terminal: while nothing changes, and for a cursor key in the runs table."""

from __future__ import annotations

import statistics
import time
from typing import Final

from tests.bench.generator import RunsShape, cached_runs, experiment_names
from tests.bench.timing import (
    SCREEN_TIMEOUT,
    Row,
    Settings,
    flowdeck_command,
    open_terminal,
    run_alone,
    scratch,
)
from tests.support.terminal import Terminal

COLUMNS: Final = 160
ROWS: Final = 45
IDLE_SECONDS: Final = 10.0
PRESSES: Final = 20
KEY: Final = "j"
KEY_BYTES: Final = 3_000
QUIET_SECONDS: Final = 0.3
"""Silence after which a key press counts as answered."""

KEYS_TO_RUNS: Final = ("j", "enter")
"""From the experiments to the runs of one of them ("All experiments" stands on top)."""

A_RUN: Final = "run-"
"""What the names of all runs start with."""


def walk_to_runs(terminal: Terminal, experiment: str) -> None:
    """Opens a runs table and waits until nothing more comes."""
    terminal.wait_for(experiment, SCREEN_TIMEOUT)
    terminal.press(*KEYS_TO_RUNS)
    terminal.wait_for(A_RUN, SCREEN_TIMEOUT)
    terminal.wait_quiet(2.0, SCREEN_TIMEOUT)


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    shape = RunsShape(2_000) if settings.quick else RunsShape()
    store = cached_runs(shape)
    idle_seconds = 2.0 if settings.quick else IDLE_SECONDS
    sizes: list[int] = []
    with (
        scratch() as home,
        open_terminal(flowdeck_command(str(store)), home, COLUMNS, ROWS) as terminal,
    ):
        walk_to_runs(terminal, experiment_names(shape)[0])
        with terminal.measure() as idle:
            time.sleep(idle_seconds)
        for _ in range(PRESSES):
            with terminal.measure() as key:
                terminal.press(KEY)
                terminal.wait_quiet(QUIET_SECONDS)
            sizes.append(key.size)
    median, most = statistics.median(sizes), max(sizes)
    where = f"in the runs table at {COLUMNS}x{ROWS}"
    return [
        Row(f"idle for {idle_seconds:g} s {where}", f"{idle.size} B", target="0 B", within=idle.size == 0),
        Row(
            f"a cursor key {where}: median of {PRESSES}",
            f"{median:,.0f} B",
            target=f"at most {KEY_BYTES:,} B",
            # A key that changes nothing on the screen was not a cursor key.
            within=0 < median <= KEY_BYTES,
        ),
        Row(
            f"a cursor key {where}: largest of {PRESSES}",
            f"{most:,} B",
            target=f"at most {KEY_BYTES:,} B",
            within=most <= KEY_BYTES,
        ),
    ]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
