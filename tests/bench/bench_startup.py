"""Start-up: from exec to the first frame, and to the names of the experiments."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.generator import MIDDLE_EXPERIMENT, RunsShape, cached_runs
from tests.bench.timing import (
    SCREEN_TIMEOUT,
    Row,
    Samples,
    Settings,
    flowdeck_command,
    open_terminal,
    run_alone,
    scratch,
    something_painted,
)

REPEATS: Final = 15
FIRST_FRAME_TIMES: Final = 2.0
EXPERIMENTS_TIMES: Final = 3.0

MINIMAL: Final = "minimal Textual app"
FIRST_FRAME: Final = "`flowdeck STORE`: first frame"
EXPERIMENTS: Final = "`flowdeck STORE`: experiments visible"


def starts(command: Sequence[str], home: Path, text: str | None) -> tuple[float, float]:
    """Seconds from exec until anything was painted and until a text was (the same if there is none to wait for)."""
    with open_terminal(command, home) as terminal:
        painted = terminal.wait_for(lambda: something_painted(terminal), SCREEN_TIMEOUT, "a first frame")
        shown = painted if text is None else terminal.wait_for(text, SCREEN_TIMEOUT)
        return painted - terminal.started, shown - terminal.started


def measure(settings: Settings) -> list[Row]:
    """The rows of the table."""
    store = cached_runs(RunsShape(2_000) if settings.quick else RunsShape())
    minimal = [sys.executable, str(Path(__file__).with_name("minimal_app.py"))]
    ours = flowdeck_command(str(store))
    samples = Samples({MINIMAL: [], FIRST_FRAME: [], EXPERIMENTS: []})
    rounds = settings.rounds(REPEATS)
    with scratch() as home:
        for turn in range(rounds + 1):
            baseline = starts(minimal, home, None)[0]
            frame, experiments = starts(ours, home, MIDDLE_EXPERIMENT)
            if turn:  # the first round compiles modules and fills the page cache
                for name, seconds in ((MINIMAL, baseline), (FIRST_FRAME, frame), (EXPERIMENTS, experiments)):
                    samples.seconds[name].append(seconds)
    return [
        samples.at_most(FIRST_FRAME, MINIMAL, FIRST_FRAME_TIMES),
        samples.at_most(EXPERIMENTS, MINIMAL, EXPERIMENTS_TIMES),
    ]


def main() -> None:
    """Measures and prints."""
    run_alone(measure)


if __name__ == "__main__":
    main()
