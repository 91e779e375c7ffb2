"""Writing lists to files from the screen."""

from __future__ import annotations

import csv
import io
import json
import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input

from store.entities import Metric, MetricSummary, Point, Run, RunParts
from store.errors import StoreBusy
from store.groups import GroupKey
from store.kinds import KeyKind
from store.protocols import RunKeys
from store.saved import make_saved
from store.saved_writing import save_store
from tests.support.cli import invoke
from tests.support.parquet import need_pyarrow, read_parquet
from tests.tui.conftest import WAIT, Walk, screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, opened, run, shown
from tests.tui.test_browser import browser, open_runs
from tests.tui.test_marks import to_runs
from tui.app import FlowdeckApp
from tui.messages import CopyWanted
from tui.screens.browser import Browser
from tui.screens.exports import EVERYTHING, GROUP, GROUPED, LISTED, MARKED, SEEN
from tui.screens.modals.compare import CompareScreen
from tui.screens.modals.export import ExportScreen
from tui.screens.modals.question import Ask
from tui.view.column_choice import ColumnChoice
from tui.view.export import Format
from tui.view.run_columns import RunColumn, column_of
from tui.widgets.table import Table

MANY = [run(number, params={"lr": str(number), "seed": "7"}) for number in range(60)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the program runs."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


async def exporting(pilot: Pilot[int]) -> ExportScreen:
    await pilot.press("e")
    await wait_for(pilot, lambda: isinstance(pilot.app.screen, ExportScreen), "the question what to export")
    await pilot.pause()
    screen = pilot.app.screen
    assert isinstance(screen, ExportScreen)
    return screen


async def choose(pilot: Pilot[int], what: str, path: str) -> None:
    """Asks for an export of this choice to this file, whose ending tells the format."""
    screen = await exporting(pilot)
    table = screen.query_one(Table)
    place = table.rows.find(what)
    assert place is not None, screen_text(pilot.app)
    await pilot.press(*["down"] * place)
    screen.query_one(Input).value = path
    await pilot.pause()
    await pilot.press("enter")


async def exported(pilot: Pilot[int], what: str, path: str) -> str:
    """The content of the file that is written for this choice."""
    await choose(pilot, what, path)
    file = Path(os.path.expanduser(path))
    await wait_for(pilot, file.exists, f"{what} is written")
    await wait_for(pilot, lambda: not browser(pilot).busy, "the work is done")
    return file.read_bytes().decode()


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


# What


async def test_what_is_on_screen_are_the_rows_and_columns_that_are_seen() -> None:
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("pagedown", "pagedown", "right")
        titles = [screen.runs.table.rows.columns[place].id for place in screen.runs.table.columns_on_screen][2:]
        seen = [screen.runs.table.rows.key(place) for place in screen.runs.table.on_screen]
        assert 1 < len(seen) < 60
        assert 0 < len(titles) < len(screen.runs.columns)
        found = rows(await exported(pilot, SEEN, "seen.csv"))
        assert found[0] == ["run_name", *(title.removeprefix("attributes.") for title in titles)]
        assert [row[0] for row in found[1:]] == [f"run-{int(run_id, 16)}" for run_id in seen]
        documents = json.loads(await exported(pilot, SEEN, "seen.json"))
        assert [document["run_id"] for document in documents] == seen
        assert f"{len(seen)} runs written to" in screen_text(pilot.app)


async def test_all_that_match_are_written_with_the_columns_of_the_table() -> None:
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        found = rows(await exported(pilot, LISTED, "all.csv"))
        assert len(found) == 61
        assert len(found[0]) == 1 + len(screen.runs.columns)
        assert found[1][found[0].index("metrics.loss")] == "0.0"
        assert found[1][found[0].index("start_time")] == "1700000000000"


async def test_all_that_match_are_written_with_everything_that_they_have() -> None:
    store = FakeStore([run(number, params={f"p{place}": "x" for place in range(20)}) for number in range(5)])
    async with shown(store, size=(80, 24)) as pilot:
        await to_runs(pilot)
        found = rows(await exported(pilot, EVERYTHING, "all.csv"))
        assert {f"params.p{place}" for place in range(20)} <= set(found[0])
        assert "deleted_time" in found[0]
        documents = json.loads(await exported(pilot, EVERYTHING, "all.json"))
        assert set(documents[0]) >= {"params", "metrics", "tags", "inputs", "outputs"}
        lines = (await exported(pilot, EVERYTHING, "all.ndjson")).splitlines()
        assert [json.loads(line) for line in lines] == documents


async def test_marked_runs_are_offered_once_there_are_any_and_written_in_the_order_of_marking() -> None:
    async with shown(FakeStore(MANY), size=(100, 30)) as pilot:
        await to_runs(pilot)
        screen = await exporting(pilot)
        assert screen.query_one(Table).rows.find(MARKED) is None
        await pilot.press("escape", "down", "down", "space", "home", "space")
        found = rows(await exported(pilot, MARKED, "marked.csv"))
        assert [row[0] for row in found[1:]] == ["run-2", "run-0"]


async def test_amounts_are_told_before_anything_is_written() -> None:
    async with shown(FakeStore(MANY), size=(100, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("space")
        await exporting(pilot)
        lines = screen_text(pilot.app)
        assert f"{len(screen.runs.table.on_screen)} runs" in lines
        assert f"60 runs  {1 + len(screen.runs.columns)} columns" in lines
        assert "60 runs  every param, metric and tag" in lines
        assert "those marked" in lines
        assert "1 run " in lines


async def test_curves_are_left_out_and_that_is_said() -> None:
    async with shown(FakeStore(MANY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        columns = (RunColumn("metrics", "loss", spark=True), RunColumn("params", "lr"))
        screen.runs.choose_columns(ColumnChoice(columns))
        await wait_for(pilot, lambda: not screen.busy, "the curves")
        await exporting(pilot)
        told = [line for line in screen_text(pilot.app).splitlines() if "without 1 curve" in line]
        assert len(told) == 2
        assert all("2 columns" in line for line in told)
        await pilot.press("escape")
        assert rows(await exported(pilot, LISTED, "all.csv"))[0] == ["run_name", "params.lr"]


async def test_runs_that_are_gone_by_then_are_counted() -> None:
    store = FakeStore(MANY)
    async with shown(store, size=(100, 30)) as pilot:
        await to_runs(pilot)
        store.all_runs = MANY[3:]
        assert len(rows(await exported(pilot, LISTED, "all.csv"))) == 58
        await wait_for(
            pilot, lambda: "57 runs, 3 are no longer in the store written to" in screen_text(pilot.app), "told"
        )


# As what


async def test_markdown_has_texts_for_people_and_nothing_hostile_in_it() -> None:
    hostile = run(1, run_name="a|b\x1b[2J\u202e", params={"*x*": "`y`"}, metrics={"loss": Metric("loss", 1 / 3, 1, 1)})
    async with shown(FakeStore([hostile]), size=(120, 30)) as pilot:
        await to_runs(pilot)
        lines = (await exported(pilot, LISTED, "all.md")).splitlines()
        assert lines[2].startswith("| a\\|b")
        assert "0.33333 |" in lines[2]
        assert "2023-11-14 22:13" in lines[2]
        assert "\\*x\\*" in lines[0]
        assert "\\`y\\`" in lines[2]
        assert "\x1b" not in "".join(lines)
        assert "\u202e" not in "".join(lines)


async def test_parquet_is_written_with_types() -> None:
    need_pyarrow()
    import pyarrow as pa

    async with shown(FakeStore(MANY), size=(100, 30)) as pilot:
        await to_runs(pilot)
        await choose(pilot, LISTED, "all.parquet")
        await wait_for(pilot, Path("all.parquet").exists, "it is written")
        table = read_parquet(Path("all.parquet"))
        assert table.num_rows == 60
        assert table.schema.field("metrics.loss").type == pa.float64()
        assert table.schema.field("start_time").type == pa.timestamp("ms", tz="UTC")
        assert table["run_name"].to_pylist() == [one.run_name for one in MANY]


async def test_without_pyarrow_parquet_is_offered_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setattr("tui.screens.modals.export.parquet_possible", lambda: False)
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        await to_runs(pilot)
        screen = await exporting(pilot)
        await pilot.press("shift+tab")
        assert screen.query_one(Input).value.endswith("-runs-" + today() + ".parquet")
        assert "pip install 'flowdeck[parquet]'" in screen_text(pilot.app)
        await pilot.press("enter")
        await pilot.pause()
        assert pilot.app.screen is screen
        await pilot.press("tab", "enter")
        await wait_for(pilot, lambda: names(folder) == [f"all-runs-{today()}.csv"], "the usual format")


def today() -> str:
    return datetime.now().astimezone().strftime("%Y-%m-%d")


# Where to


async def test_a_name_is_proposed_and_its_ending_goes_with_the_format(folder: Path) -> None:
    async with shown(FakeStore(MANY), size=(160, 45)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("enter")
        await wait_for(pilot, lambda: len(screen.runs.table.rows) > 0 and not screen.busy, "runs")
        asked = await exporting(pilot)
        path = asked.query_one(Input)
        assert path.value == f"iris-runs-{today()}.csv"
        await pilot.press("tab", "tab", "tab")
        assert path.value == f"iris-runs-{today()}.md"
        path.value = "x.ndjson"
        await pilot.pause()
        await pilot.press("tab")
        assert path.value == "x.md"
        assert f"in {folder}" in screen_text(pilot.app)
        await pilot.press("enter")
        await wait_for(pilot, lambda: names(folder) == ["x.md"], "the file")


async def test_the_users_folder_is_written_as_in_a_shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        await to_runs(pilot)
        assert len(rows(await exported(pilot, LISTED, "~/all.csv"))) == 61
        await wait_for(pilot, lambda: "60 runs written to ~/all.csv" in screen_text(pilot.app), "told")


async def test_a_file_that_is_there_is_asked_about_and_no_is_the_first_answer(folder: Path) -> None:
    (folder / "all.csv").write_text("before")
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        for answer in (("enter",), ("escape",), ("tab", "enter")):
            assert (folder / "all.csv").read_text() == "before"
            await choose(pilot, LISTED, "all.csv")
            await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the question")
            await pilot.pause()
            assert "That file exists" in screen_text(pilot.app)
            assert [str(button.label) for button in pilot.app.screen.query(Button)] == [
                "No, leave it as it is",
                "Yes, replace it",
            ]
            await pilot.press(*answer)
            await wait_for(pilot, lambda: pilot.app.screen is screen, "an answer")
        await wait_for(pilot, lambda: (folder / "all.csv").read_text() != "before", "it is replaced")
        assert names(folder) == ["all.csv"]
        assert len(rows((folder / "all.csv").read_text())) == 61


@pytest.mark.parametrize(
    ("path", "told"),
    [("/sys/all.csv", "may not be written to"), ("nowhere/all.csv", "there is no such folder"), (".", "is no file")],
)
async def test_what_cannot_be_written_is_told_with_what_to_do(folder: Path, path: str, told: str) -> None:
    async with shown(FakeStore(MANY), size=(120, 30)) as pilot:
        await to_runs(pilot)
        await choose(pilot, LISTED, path)
        await wait_for(pilot, lambda: told in screen_text(pilot.app), "the error")
        assert "what to do: " in screen_text(pilot.app)
        assert names(folder) == []


# While it is being written


@dataclass
class Slow(FakeStore):
    """Waits before it reads runs for a file, which are many at a time."""

    gate: Gate = field(default_factory=opened)
    fails_after: int | None = None
    """How many of them are read before the store fails."""
    read: int = 0

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        if len(run_ids) == 500:
            self.read += len(run_ids)
            if self.read > 500:
                self.gate.wait(cancel)
            if self.fails_after is not None and self.read > self.fails_after:
                raise StoreBusy("the database is locked", "try again")
        return super().runs(run_ids, parts, cancel, keys)


async def test_how_far_it_is_is_told_while_one_goes_on_working(folder: Path) -> None:
    gate = Gate()
    store = Slow([run(number) for number in range(1500)], gate=gate)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await choose(pilot, LISTED, "all.csv")
        await wait_for(pilot, gate.reached.is_set, "the second portion")
        await wait_for(pilot, lambda: "exporting 500 of 1500 runs" in screen_text(pilot.app), "how far it is")
        assert "all.csv" not in names(folder)
        await pilot.press("down", "down")
        assert screen.runs.table.cursor == 2
        await pilot.press("e")
        await wait_for(pilot, lambda: "the export before is not done yet" in screen_text(pilot.app), "one at a time")
        assert pilot.app.screen is screen
        gate.open()
        await wait_for(pilot, lambda: names(folder) == ["all.csv"], "the file")
        await wait_for(pilot, lambda: "1500 runs written to" in screen_text(pilot.app), "told")
        await wait_for(pilot, lambda: "exporting" not in screen_text(pilot.app).splitlines()[-2], "the status")
        assert len(rows((folder / "all.csv").read_text())) == 1501


async def test_what_is_cancelled_leaves_nothing(folder: Path) -> None:
    gate = Gate()
    store = Slow([run(number) for number in range(1500)], gate=gate)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        (folder / "all.csv").write_text("before")
        await choose(pilot, LISTED, "all.csv")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, Ask), "the question")
        await pilot.pause()
        await pilot.press("tab", "enter")
        await wait_for(pilot, gate.reached.is_set, "the second portion")
        assert len(names(folder)) == 2
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: names(folder) == ["all.csv"], "what was half done is gone")
        assert (folder / "all.csv").read_text() == "before"
        await wait_for(pilot, lambda: "cancelled" in screen_text(pilot.app), "told")
        assert "written" not in screen_text(pilot.app)
        assert "exporting" not in screen_text(pilot.app)
        assert not screen.busy
        # Pressed twice, it meant that, too.
        await pilot.press("ctrl+c")
        assert pilot.app.is_running


async def test_it_is_cancelled_under_what_lies_above_and_the_store_is_not_left_meanwhile(folder: Path) -> None:
    gate = Gate()
    store = Slow([run(number) for number in range(1500)], gate=gate)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await pilot.press("space", "space")
        await choose(pilot, LISTED, "all.csv")
        await wait_for(pilot, gate.reached.is_set, "the second portion")
        await pilot.press("t")
        await wait_for(pilot, lambda: "a file is being written: ^c ends that" in screen_text(pilot.app), "told")
        assert pilot.app.screen is screen
        await pilot.press("c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: names(folder) == [], "what was half done is gone")
        assert pilot.app.is_running
        assert isinstance(pilot.app.screen, CompareScreen)
        await wait_for(pilot, lambda: not screen.busy, "nothing is being done")


async def test_quitting_leaves_nothing(folder: Path) -> None:
    gate = Gate()
    store = Slow([run(number) for number in range(1500)], gate=gate)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await choose(pilot, LISTED, "all.csv")
        await wait_for(pilot, gate.reached.is_set, "the second portion")
        assert len(names(folder)) == 1
        await pilot.press("q")
    end = time.monotonic() + WAIT
    while names(folder):
        assert time.monotonic() < end, "the file is still there"
        time.sleep(0.02)


@pytest.mark.parametrize("ending", ["csv", "json", "ndjson", "md", "parquet"])
async def test_a_store_that_fails_half_way_leaves_nothing(folder: Path, ending: str) -> None:
    if ending == "parquet":
        need_pyarrow()
    store = Slow([run(number) for number in range(1500)], fails_after=500)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await choose(pilot, LISTED, f"all.{ending}")
        await wait_for(pilot, lambda: "the database is locked" in screen_text(pilot.app), "the error")
        await wait_for(pilot, lambda: not screen.busy, "the work is done")
        assert "exporting the runs: " in screen_text(pilot.app)
        assert names(folder) == []


async def test_esc_writes_nothing(folder: Path) -> None:
    async with shown(FakeStore(MANY), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        await exporting(pilot)
        await pilot.press("escape")
        await wait_for(pilot, lambda: pilot.app.screen is screen, "the runs")
        assert not screen._session.is_running(GROUP)
        assert names(folder) == []


# The same as the command line


async def copied_command(pilot: Pilot[int], screen: Browser, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the command that prints the view."""
    wanted: list[str] = []
    monkeypatch.setattr(type(pilot.app), "on_copy_wanted", lambda _, message: wanted.append(message.text))
    await pilot.press("ctrl+y")
    await wait_for(pilot, lambda: wanted, CopyWanted.__name__)
    return shlex.split(wanted[0])


COLUMNS = (
    *("attributes.experiment", "attributes.status", "attributes.start_time", "attributes.duration"),
    *("metrics.rmse", "max(metrics.rmse)", "at(metrics.rmse, 0)", "spark(metrics.rmse)", "metrics.inf_metric"),
    *("metrics.nan_metric", "params.alpha", "params.long", "tags.mlflow.user", "tags.tag with space"),
)


@pytest.mark.long
@pytest.mark.parametrize("columns", [None, COLUMNS], ids=["usual", "chosen"])
@pytest.mark.parametrize("filter_", ["", "metrics.rmse > 0.1 or not status = FINISHED"], ids=["all", "filtered"])
async def test_an_export_is_what_the_copied_command_prints(
    walk: Walk, stores: Path, columns: tuple[str, ...] | None, filter_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = stores / "3.17.2" / "mlflow.db"
    async with walk(database, (160, 45)) as pilot:
        screen = await to_runs(pilot)
        if columns is not None:
            screen.runs.choose_columns(ColumnChoice(tuple(map(column_of, columns))))
        if filter_:
            await pilot.press("f")
            await wait_for(pilot, lambda: screen.query(Input), "the prompt")
            await pilot.press(*filter_, "enter")
            await wait_for(pilot, lambda: screen.runs.view is not None and screen.runs.view.filter, "the filter")
        await pilot.press("S")
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "the runs")
        words = await copied_command(pilot, screen, monkeypatch)
        words[words.index("-s") + 1] = str(database)
        for format_ in (Format.CSV, Format.JSON, Format.NDJSON, Format.MD):
            printed = invoke(*words[1:], "-o", format_)
            assert printed.code == 0, printed.err
            assert await exported(pilot, LISTED, f"all.{format_}") == printed.text
            assert len(printed.text.splitlines()) > 3


async def test_everything_of_all_runs_is_what_the_command_prints_without_columns(walk: Walk, stores: Path) -> None:
    database = stores / "3.17.2" / "mlflow.db"
    async with walk(database, (100, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "the runs")
        for format_ in (Format.CSV, Format.JSON, Format.NDJSON):
            printed = invoke("runs", "-s", database, "-n", 0, "-o", format_)
            assert await exported(pilot, EVERYTHING, f"all.{format_}") == printed.text


async def test_only_the_columns_of_runs_that_have_much_are_read() -> None:
    wide = {f"m{number:03}": Metric(f"m{number:03}", float(number), 1, 1) for number in range(300)}
    store = Noting([run(number, metrics=wide) for number in range(40)])
    async with shown(store, size=(100, 30)) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: not screen.busy, "the rows")
        store.asked.clear()
        found = rows(await exported(pilot, LISTED, "all.csv"))
        assert len(found) == 41
        assert [many for many, _ in store.asked] == [10, 30]
        assert all(keys is not None and 0 < len(keys[RunParts.METRICS]) <= 8 for _, keys in store.asked)


@dataclass
class Noting(FakeStore):
    """Notes how many runs are read, and what of them."""

    asked: list[tuple[int, RunKeys | None]] = field(default_factory=list)

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        self.asked.append((len(run_ids), keys))
        return super().runs(run_ids, parts, cancel, keys)


# Other lists


async def test_a_comparison_is_written_as_it_is_listed_or_whole(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 40)) as pilot:
        screen = await open_runs(pilot, "resnet")
        await pilot.press("space", "space", "c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
        await pilot.pause()
        ids = screen.runs.marks
        for what, options in ((SEEN, ()), (LISTED, ("--all",))):
            for format_ in (Format.CSV, Format.JSON, Format.MD):
                printed = invoke("compare", "-s", demo, *ids, *options, "-o", format_).text
                assert await exported(pilot, what, f"{what}.{format_}") == printed
                assert isinstance(pilot.app.screen, CompareScreen)


async def test_an_error_is_told_above_a_comparison(folder: Path) -> None:
    async with shown(FakeStore(MANY), size=(120, 40)) as pilot:
        await to_runs(pilot)
        await pilot.press("space", "space", "c")
        await wait_for(pilot, lambda: isinstance(pilot.app.screen, CompareScreen), "the comparison")
        await pilot.pause()
        await choose(pilot, SEEN, "nowhere/x.csv")
        await wait_for(pilot, lambda: "there is no such folder" in screen_text(pilot.app), "the error")
        assert isinstance(pilot.app.screen, CompareScreen)
        assert names(folder) == []


async def test_groups_are_written_as_they_are_listed(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 40)) as pilot:
        screen = await open_runs(pilot, "resnet")
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        screen.runs.choose_columns(ColumnChoice((RunColumn("metrics", "val/acc"),)))
        screen.runs.group_by(((GroupKey(KeyKind.PARAM, "arch"),), (GroupKey(KeyKind.PARAM, "schedule"),)))
        await wait_for(pilot, lambda: screen.panes.groups.listed and not screen.busy, "the groups")
        listed = list(screen.panes.groups.listed)
        found = rows(await exported(pilot, GROUPED, "groups.csv"))
        assert found[0] == [
            *("params.arch", "params.schedule", "runs"),
            *(f"{name} metrics.val/acc" for name in ("n", "mean", "std", "min", "max")),
        ]
        assert [row[0] for row in found[1:]] == [group.values[0] or "" for group in listed]
        assert [row[2] for row in found[1:]] == [str(group.runs) for group in listed]
        outer = [row for row, group in zip(found[1:], listed, strict=True) if not group.depth]
        documents = json.loads(await exported(pilot, GROUPED, "groups.json"))
        assert [len(document["by"]) for document in documents] == [group.depth + 1 for group in listed]
        command = ("groups", "-s", demo, "-e", "resnet", "-b", "params.arch", "-c", "metrics.val/acc", "-n", 0)
        printed = invoke(*command, "-o", "csv")
        assert printed.code == 0, printed.err
        assert sorted(row[:1] + row[2:] for row in outer) == sorted(rows(printed.text)[1:])
        # The runs behind them are offered, too, under a name of their own.
        dialogue = await exporting(pilot)
        name = dialogue.query_one(Input)
        assert name.value.startswith("resnet-cifar10-groups-")
        await pilot.press("down")
        await wait_for(pilot, lambda: name.value.startswith("resnet-cifar10-runs-"), "another name")
        await pilot.press("x", "up")
        await pilot.pause()
        assert name.value.endswith("csvx")
        await pilot.press("escape")
        assert len(rows(await exported(pilot, LISTED, "runs.csv"))) == 1 + len(screen.runs.ids)


async def test_experiments_are_written_as_the_command_prints_them(walk: Walk, demo: Path) -> None:
    async with walk(demo, (100, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        documents = json.loads(await exported(pilot, SEEN, "all.json"))
        printed = {item["experiment_id"]: item for item in invoke("experiments", "-s", demo, "-o", "json").json}
        assert [item["experiment_id"] for item in documents] == [
            item.experiment_id for item in screen.experiments.listed
        ]
        assert {item["experiment_id"]: item for item in documents} == printed


async def test_the_lists_of_a_run_are_written_as_they_are_narrowed() -> None:
    summary = MetricSummary("loss", Metric("loss", 0.5, 1, 9), 3, 0, 0, Point(1, 1, 0.5), Point(0, 1, 2.0), 0, 9, 1, 1)
    store = FakeStore([run(1, params={"lr": "1", "seed": "7"}, tags={"team": "a"})], summaries=[summary])
    async with shown(store, size=(100, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.run_pane.summaries and not screen.busy, "the run")
        assert rows(await exported(pilot, SEEN, "metrics.csv"))[1] == [
            "loss",
            "0.5",
            "9",
            "0.5",
            "1",
            "2.0",
            "0",
            "3",
            "0",
            "0",
        ]
        await pilot.press("right_square_bracket", "slash", *"se", "enter")
        assert rows(await exported(pilot, SEEN, "params.csv")) == [["key", "value"], ["seed", "7"]]
        await pilot.press("right_square_bracket")
        assert json.loads(await exported(pilot, SEEN, "tags.json")) == [{"key": "team", "value": "a"}]
        await pilot.press("right_square_bracket", "e")
        await pilot.pause()
        assert pilot.app.screen is screen


async def test_another_store_that_was_chosen_before_waits_until_the_file_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = folder.parent / "config.toml"
    monkeypatch.setenv("FLOWDECK_CONFIG", str(config))
    save_store(config, make_saved("second", "http://second.invalid"))
    writing, opening = Gate(), Gate()
    first = Slow([run(number) for number in range(1500)], gate=writing)

    def opener(text: str, cancel: Event) -> FakeStore:
        if text == "second":
            opening.wait(cancel)
        return FakeStore([run(1)]) if text == "second" else first

    app = FlowdeckApp("first", "first", key="first", opener=opener)
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        screen = await to_runs(pilot)
        await wait_for(pilot, lambda: screen.runs.settled, "all ids")
        await pilot.press("t")
        await wait_for(pilot, lambda: "Enter picks" in screen_text(app), "the stores")
        await pilot.press(*"second", "enter")
        await wait_for(pilot, opening.reached.is_set, "the other store is being opened")
        await choose(pilot, LISTED, "all.csv")
        await wait_for(pilot, writing.reached.is_set, "the second portion")
        opening.open()
        await wait_for(pilot, lambda: screen._arrived, "the other store is open")
        assert browser(pilot) is screen
        writing.open()
        await wait_for(pilot, lambda: isinstance(app.screen, Browser) and app.screen.which.key == "second", "it")
        assert len(rows((folder / "all.csv").read_text())) == 1501


async def test_the_copied_command_has_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://ada:s3cret@db.invalid/mlflow"
    app = FlowdeckApp(address, "db", opener=lambda text, cancel: FakeStore([run(1)]))
    async with app.run_test(size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        words = await copied_command(pilot, screen, monkeypatch)
        assert words[:4] == ["flowdeck", "runs", "-s", "postgresql://ada:***@db.invalid/mlflow"]
