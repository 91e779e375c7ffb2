"""Makes the pictures in this folder from the program itself, on the demo store.

`python screenshots/make.py` writes SVG; with `rsvg-convert` (librsvg2-bin, fonts-dejavu-core) there also PNG.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

os.environ.update(LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm-256color", FLOWDECK_CONFIG=os.devnull)
os.environ.pop("NO_COLOR", None)

# All of this before anything of the program is imported: what is drawn depends on it.
FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parent))

from textual.pilot import Pilot  # noqa: E402 (see above)

from store.demo import build_demo  # noqa: E402 (see above)
from store.demo.build import NOW_MS  # noqa: E402 (see above)
from tui.app import FlowdeckApp  # noqa: E402 (see above)
from tui.screens.browser import Browser  # noqa: E402 (see above)
from tui.view.run_columns import RunColumn  # noqa: E402 (see above)
from tui.widgets.pane import Pane  # noqa: E402 (see above)
from tui.widgets.table import Table  # noqa: E402 (see above)

# The runs of the demo that say they are running do so at that time.
Pane.now = staticmethod(lambda: NOW_MS)

CELL = 12.2
"""Width of a character in Textual's pictures."""

FONT = "DejaVu Sans Mono"


async def until(pilot: Pilot[int], condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            break
        await pilot.pause(0.02)
    else:
        raise TimeoutError("the screen for a picture never came")


def browser(pilot: Pilot[int]) -> Browser:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, Browser)
    return screen


async def put_cursor(pilot: Pilot[int], table: Table, text: str) -> None:
    """On the row that has `text` in a cell, once it is there."""

    def place() -> int | None:
        for index in range(len(table.rows)):
            if any(cell.text == text or cell.text.endswith(f" {text}") for cell in table.rows.cells(index) or ()):
                return index
        return None

    await until(pilot, lambda: place() is not None)
    table.cursor = place() or 0
    await pilot.pause()


async def experiments(pilot: Pilot[int]) -> None:
    await put_cursor(pilot, browser(pilot).experiments.table, "churn-xgboost")


async def runs(pilot: Pilot[int]) -> None:
    await experiments(pilot)
    await pilot.press("enter")
    await put_cursor(pilot, browser(pilot).runs.table, "trial-25")


async def run(pilot: Pilot[int]) -> None:
    await put_cursor(pilot, browser(pilot).experiments.table, "resnet-cifar10")
    await pilot.press("enter")
    await put_cursor(pilot, browser(pilot).runs.table, "resnet50-onecycle-long")
    await pilot.press("enter")
    table = browser(pilot).run_pane.table
    await put_cursor(pilot, table, "val/acc")
    await until(
        pilot, lambda: all(cells and cells[2].text.strip() for cells in map(table.rows.cells, range(len(table.rows))))
    )


async def chart(pilot: Pilot[int]) -> None:
    await run(pilot)
    await put_cursor(pilot, browser(pilot).run_pane.table, "train/loss")
    await pilot.press("enter")
    await until(pilot, lambda: browser(pilot).chart.notes)


async def keys(pilot: Pilot[int]) -> None:
    await runs(pilot)
    await pilot.press("question_mark")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 2)


async def filtered(pilot: Pilot[int]) -> None:
    await runs(pilot)
    await pilot.press("f", *"attributes.stauts = 'FAILED'", "enter")
    await pilot.pause(0.3)


async def columns(pilot: Pilot[int]) -> None:
    """Choosing them, with a metric's curve and its minimum beside its latest value."""
    await put_cursor(pilot, browser(pilot).experiments.table, "resnet-cifar10")
    await pilot.press("enter")
    await put_cursor(pilot, browser(pilot).runs.table, "resnet50-cosine")
    await pilot.press("C")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
    await pilot.press(*"val/loss")
    table = pilot.app.screen.query_one(Table)
    await until(pilot, lambda: table.key == "metrics.val/loss" and table.rows.cells(0)[3].text)
    await pilot.press("tab", "plus", "plus", "p")
    await pilot.pause()


async def compare(pilot: Pilot[int]) -> None:
    """Three marked runs side by side."""
    await put_cursor(pilot, browser(pilot).experiments.table, "resnet-cifar10")
    await pilot.press("enter")
    for name in ("resnet50-onecycle", "resnet50-cosine", "resnet34-onecycle"):
        await put_cursor(pilot, browser(pilot).runs.table, name)
        await pilot.press("space")
    await pilot.press("c")
    await until(pilot, lambda: len(pilot.app.screen_stack) == 2)
    await pilot.pause()


async def groups(pilot: Pilot[int]) -> None:
    """The configurations that seeds repeat, ranked by their mean."""
    await runs(pilot)
    await pilot.press("b")
    await until(
        pilot, lambda: len(pilot.app.screen_stack) == 2 and pilot.app.screen.query_one(Table).key == "proposal 0"
    )
    await pilot.press("enter")
    await until(pilot, lambda: browser(pilot).panes.grouped and browser(pilot).panes.groups.group is not None)


async def tree(pilot: Pilot[int]) -> None:
    """Runs below their parents, which show their best children."""
    await runs(pilot)
    screen = browser(pilot)
    screen.runs.sort_by(RunColumn("metrics", "validation-auc"))
    await until(pilot, lambda: screen.runs.settled and not screen.busy)
    await pilot.press("B")
    await until(pilot, lambda: screen.runs.shown_ids is not screen.runs.ids and not screen.busy)
    await pilot.press("home", "down", "down", "down")
    for _ in range(2):
        await pilot.press("minus", "down")
    await until(pilot, lambda: not screen.busy)


async def offers(pilot: Pilot[int]) -> None:
    """What can come next while a filter is written."""
    await runs(pilot)
    await pilot.press("f", *"params.max_depth > 4 and metrics.va")
    prompt = browser(pilot).filtering.filter_prompt
    await until(pilot, lambda: prompt is not None and prompt.choices.shown)


PICTURES: dict[str, tuple[tuple[int, int], str, Callable[[Pilot[int]], Awaitable[None]]]] = {
    "experiments": ((120, 26), "flowdeck-dark", experiments),
    "runs": ((160, 36), "flowdeck-dark", runs),
    "run": ((160, 26), "flowdeck-light", run),
    "chart": ((140, 36), "flowdeck-dark", chart),
    "narrow": ((80, 24), "flowdeck-dark", run),
    "keys": ((110, 40), "flowdeck-dark", keys),
    "columns": ((120, 24), "flowdeck-dark", columns),
    "compare": ((160, 36), "flowdeck-dark", compare),
    "groups": ((140, 26), "flowdeck-dark", groups),
    "tree": ((140, 26), "flowdeck-dark", tree),
    "offers": ((120, 24), "flowdeck-dark", offers),
    "mistake": ((120, 24), "flowdeck-safe", filtered),
}


def mended(svg: str) -> str:
    """Without leading no-break spaces, which converters drop, and without a font from the network."""

    def shifted(found: re.Match[str]) -> str:
        spaces = found[3].count("&#160;")
        x = f"{float(found[1]) + spaces * CELL:.1f}"
        return f'x="{x}"{found[2]}>{found[4]}<'

    svg = re.sub(r'x="([\d.]+)"([^>]*)>((?:&#160;)+)([^<]+)<', shifted, svg)
    svg = re.sub(r' textLength="[^"]*"', "", svg)
    svg = re.sub(r"@font-face \{.*?\}\n?", "", svg, flags=re.DOTALL)
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return svg.replace("Fira Code", f"{FONT}")


async def picture(database: Path, name: str) -> str:
    """One picture as SVG."""
    size, theme, walk = PICTURES[name]
    app = FlowdeckApp(str(database), "demo store")
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        screen = browser(pilot)
        await until(pilot, lambda: len(screen.experiments.table.rows) > 0)
        await screen.prepare()
        await walk(pilot)
        await until(pilot, lambda: not screen.busy)
        screen.stamp("09:00:00")
        await pilot.pause(0.2)
        return mended(app.export_screenshot(title="flowdeck"))


def make(database: Path) -> None:
    for name in PICTURES:
        target = FOLDER / f"{name}.svg"
        target.write_text(asyncio.run(picture(database, name)), encoding="utf-8")
        if shutil.which("rsvg-convert"):
            png = target.with_suffix(".png")
            subprocess.run(["rsvg-convert", "-w", "1500", str(target), "-o", str(png)], check=True)
        print(target.name)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        make(build_demo(Path(folder) / "demo", location=Path("/home/ada/.cache/flowdeck/demo")))
