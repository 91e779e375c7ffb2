"""Interleaved timing and the table that the benchmarks print."""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tests.support.terminal import Terminal

ROOT: Final = Path(__file__).resolve().parents[2]

SWITCH_SECONDS: Final = 0.0005
"""The interpreter's switch interval while timing: the thread that stamps a terminal's bytes must not wait for long."""

SCREEN_TIMEOUT: Final = 60.0
"""Seconds until a screen that is waited for counts as never shown."""

Case = Callable[[], float]
"""Does something once and gives the seconds that it took."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How thorough a run of the benchmarks is."""

    quick: bool = False
    """Small stores and few repeats: tells whether the benchmarks work, not how fast anything is."""
    repeats: int | None = None
    """Instead of each benchmark's own number."""

    def rounds(self, usual: int) -> int:
        """How often to repeat what is usually repeated so often."""
        return self.repeats or (2 if self.quick else usual)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table."""

    what: str
    measured: str
    baseline: str = ""
    ratio: str = ""
    target: str = ""
    within: bool | None = None
    """Whether the target was met; None if there is none."""

    def __str__(self) -> str:
        mark = {True: "ok", False: "**over**", None: ""}[self.within]
        return f"| {self.what} | {self.measured} | {self.baseline} | {self.ratio} | {self.target} | {mark} |"


@dataclass(slots=True)
class Samples:
    """Seconds by case, each list in the order of the rounds, which it shares with the others."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def median(self, case: str) -> float:
        return statistics.median(self.seconds[case])

    def ratio(self, case: str, baseline: str) -> float:
        """The median of the ratios within each round, which slow phases of the machine do not touch."""
        pairs = zip(self.seconds[case], self.seconds[baseline], strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)

    def compared(self, case: str, baseline: str) -> Row:
        """A row that only tells."""
        return Row(
            case,
            milliseconds(self.median(case)),
            f"{baseline}: {milliseconds(self.median(baseline))}",
            f"{self.ratio(case, baseline):.2f}x",
        )

    def at_most(self, case: str, baseline: str, times: float) -> Row:
        """A row that asks that a case takes at most so many times as long as a baseline."""
        within = self.ratio(case, baseline) <= times
        return replace(self.compared(case, baseline), target=f"at most {times:g}x", within=within)

    def faster(self, case: str, baseline: str, times: float) -> Row:
        """A row that asks that a case is at least so many times faster than a baseline."""
        ratio = self.ratio(baseline, case)
        target = f"at least {times:g}x faster"
        row = self.compared(case, baseline)
        return replace(row, ratio=f"{ratio:.0f}x faster", target=target, within=ratio >= times)


def interleaved(cases: Mapping[str, Case], repeats: int, warm_up: bool = True) -> Samples:
    """Runs every case once a round, so that what disturbs the machine disturbs them all.

    Args:
        cases: What to run, by name.
        repeats: Rounds.
        warm_up: Whether a first round is thrown away: files come into the page cache, modules are compiled.
    """
    samples = Samples({name: [] for name in cases})
    for turn in range(repeats + warm_up):
        # Every other round backwards, so that no case always runs behind the same one.
        for name, case in cases.items() if turn % 2 else reversed(list(cases.items())):
            # Like the program once it is up: it does not look again at what was there before, nor at others' garbage.
            gc.collect()
            gc.freeze()
            seconds = case()
            if turn >= warm_up:
                samples.seconds[name].append(seconds)
    gc.unfreeze()
    return samples


def timed(action: Callable[[], object]) -> Case:
    """A case that is timed from outside."""

    def case() -> float:
        start = time.perf_counter()
        action()
        return time.perf_counter() - start

    return case


def milliseconds(seconds: float) -> str:
    """A duration for people."""
    return f"{seconds * 1e3:,.0f} ms" if seconds < 10 else f"{seconds:,.1f} s"


# ------------------------------------------------------------------------------------------------------------ processes


def flowdeck_command(*arguments: str) -> list[str]:
    """The command as installed beside this interpreter, else as a module of the working tree."""
    installed = Path(sys.executable).with_name("flowdeck")
    command = [str(installed)] if installed.exists() else [sys.executable, "-m", "tui.cli.entry"]
    return [*command, *arguments]


def environment(home: Path) -> dict[str, str]:
    """What a measured process gets: nothing of the user's settings."""
    return {"PYTHONPATH": str(ROOT), "HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for what processes write; also a HOME that outlives one of them, as a user's does."""
    with tempfile.TemporaryDirectory(prefix="flowdeck-bench-") as folder:
        yield Path(folder)


def process(command: Sequence[str], output: Path, extra: Mapping[str, str] | None = None) -> Case:
    """A case that runs a program from exec to exit with its output in a file.

    The case raises subprocess.CalledProcessError when the program fails.
    """

    def case() -> float:
        with output.open("wb") as stream:
            start = time.perf_counter()
            subprocess.run(
                command,
                stdout=stream,
                stdin=subprocess.DEVNULL,
                env={**environment(output.parent), **(extra or {})},
                cwd=output.parent,
                check=True,
            )
            return time.perf_counter() - start

    return case


def open_terminal(command: Sequence[str], home: Path, columns: int = 120, rows: int = 40) -> Terminal:
    """Starts a program in a pseudo-terminal with the environment of the benchmarks."""
    return Terminal(command, columns=columns, rows=rows, home=home, env=environment(home))


def something_painted(terminal: Terminal) -> bool:
    """Whether there is anything on the screen but spaces."""
    return bool(terminal.text().strip())


# ------------------------------------------------------------------------------------------------------------ the table


def table(rows: Iterable[Row]) -> str:
    """The rows as a markdown table."""
    head = "| what | median | baseline | ratio | target | |\n|---|---|---|---|---|---|"
    return "\n".join([head, *map(str, rows)])


def machine() -> str:
    """What the figures depend on."""
    system = f"{platform.system()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {system}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that all benchmarks share."""
    parser.add_argument("--quick", action="store_true", help="small stores, two repeats: only shows that it works")
    parser.add_argument("--repeats", type=int, help="rounds, instead of each benchmark's own number")


def run_alone(rows: Callable[[Settings], list[Row]]) -> None:
    """The main function of one benchmark: measures and prints its table."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    print(table(rows(Settings(options.quick, options.repeats))))
    print(f"\n{machine()}")
