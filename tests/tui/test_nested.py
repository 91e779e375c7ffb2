"""Runs below their parents: filtered, folded, marked, sorted, read again."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from textual.pilot import Pilot

from store.entities import Experiment, Metric, Run
from store.kinds import PARENT_TAG
from store.protocols import Headway
from tests.support.trainer import Trainer
from tests.tui.conftest import Walk, screen_text, wait_for
from tests.tui.fakes import FakeStore, Gate, run, shown
from tests.tui.test_browser import browser
from tests.tui.test_live import counted, living, open_experiment
from tui.screens.browser import Browser
from tui.view.glyphs import GLYPHS
from tui.view.run_columns import column_of
from tui.widgets import nested_runs


async def to_runs(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("enter")
    await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "runs")
    return screen


async def to_churn(pilot: Pilot[int]) -> Browser:
    screen = browser(pilot)
    await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
    await pilot.press("slash", *"churn", "enter", "enter")
    await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "runs")
    return screen


def child(number: int, parent: int | None, **metrics: float) -> Run:
    tags = {} if parent is None else {PARENT_TAG: f"{parent:032x}"}
    return run(number, tags=tags, metrics={key: Metric(key, value, 1, 1) for key, value in metrics.items()})


FAMILY = (child(3, 1, acc=0.7), child(2, 1, acc=0.9), child(1, 0), child(0, None), child(4, None, acc=0.5))


def names(screen: Browser) -> list[str]:
    rows = screen.runs.table.rows
    return [cells[1].text if (cells := rows.cells(place)) else "?" for place in range(len(rows))]


async def nested(pilot: Pilot[int], screen: Browser) -> None:
    await pilot.press("B")
    await wait_for(pilot, lambda: screen.runs.shown_ids is not screen.runs.ids and not screen.busy, "a tree")
    table = screen.runs.table
    await wait_for(pilot, lambda: all(table.rows.cells(row) for row in table.on_screen), "rows")


async def test_runs_of_any_depth_stand_below_their_parents_and_one_key_lists_them_again() -> None:
    async with shown(FakeStore(FAMILY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        down = GLYPHS.unfolded
        assert names(screen) == [f"{down} run-0 (3)", f"  {down} run-1 (2)", "      run-3", "      run-2", "  run-4"]
        assert "5 runs" in screen_text(pilot.app)
        await pilot.press("B")
        assert names(screen) == [f"{GLYPHS.child} run-{n}" for n in (3, 2, 1)] + ["run-0", "run-4"]


async def test_parents_that_do_not_match_are_there_and_do_not_count(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = await to_churn(pilot)
        await pilot.press("f", *"params.seed = 3 and status = FINISHED", "enter")
        await wait_for(pilot, lambda: screen.runs.settled and 0 < len(screen.runs.ids) < 60, "those with that seed")
        await nested(pilot, screen)
        matching = len(screen.runs.ids)
        assert len(screen.runs.shown_ids) == 2 * matching
        assert f"{matching} runs" in screen_text(pilot.app)
        cells = screen.runs.table.rows.cells(0)
        assert cells is not None
        assert {cell.role for cell in cells} == {"dim"}
        assert cells[1].text.endswith("(1)")
        child_cells = screen.runs.table.rows.cells(1)
        assert child_cells is not None
        assert child_cells[1].role == "name"


async def test_folding_hides_what_is_below_and_the_cursor_stays_on_something_shown() -> None:
    async with shown(FakeStore(FAMILY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        await pilot.press("home", "down", "down", "minus")
        assert names(screen)[1:] == [f"  {GLYPHS.folded} run-1 (2)", "  run-4"]
        assert screen.runs.key == f"{1:032x}"
        await pilot.press("r")
        await wait_for(pilot, lambda: not screen.busy, "read again")
        assert len(names(screen)) == 3
        await pilot.press("minus")
        assert len(names(screen)) == 5
        await pilot.press("asterisk")
        assert names(screen) == [f"{GLYPHS.folded} run-0 (3)", "  run-4"]
        await pilot.press("asterisk")
        assert len(names(screen)) == 5


async def test_a_parent_shows_what_its_best_child_has() -> None:
    async with shown(FakeStore(FAMILY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        assert GLYPHS.child not in screen_text(pilot.app)
        # The fake store sorts nothing: the first child counts as the best.
        screen.runs.sort_by(column_of("metrics.acc"))
        await wait_for(pilot, lambda: f"{GLYPHS.child} 0.7" in screen_text(pilot.app) and not screen.busy, "the best")
        cells = screen.runs.table.rows.cells(0)
        assert cells is not None
        assert [cell.role for cell in cells if cell.text.startswith(GLYPHS.child)] == ["dim"]
        await pilot.press("S")
        await wait_for(pilot, lambda: "acc ↑" in screen_text(pilot.app) and not screen.busy, "the worst are first now")
        assert f"{GLYPHS.child} 0.7" in screen_text(pilot.app)


async def test_marks_and_ranges_are_of_the_rows_that_are_seen() -> None:
    async with shown(FakeStore(FAMILY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        await pilot.press("home", "space", "down", "v")
        assert set(screen.runs.marks) == {f"{number:032x}" for number in (0, 1, 3)}
        await pilot.press("M", "ctrl+a")
        assert len(screen.runs.marks) == 5


async def test_jumping_finds_runs_that_are_folded_away(walk: Walk, demo: Path) -> None:
    async with walk(demo, (120, 30)) as pilot:
        screen = await to_churn(pilot)
        await nested(pilot, screen)
        await pilot.press("asterisk")
        folded = len(screen.runs.shown_ids)
        await pilot.press("J", *"trial-03-seed-1", "enter")
        chosen = "trial-03-seed-1"
        await wait_for(pilot, lambda: (found := screen.runs.chosen) is not None and found.run_name == chosen, chosen)
        assert len(screen.runs.shown_ids) > folded
        await pilot.press("n")
        await wait_for(pilot, lambda: "1 of 1" in screen_text(pilot.app), "the only one")
        # Folded away again, its row is another: it is looked for anew.
        await pilot.press("asterisk", "home", "n")
        await wait_for(pilot, lambda: (found := screen.runs.chosen) is not None and found.run_name == chosen, chosen)


async def test_folding_an_empty_tree_breaks_nothing() -> None:
    async with shown(FakeStore([]), size=(120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("enter")
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "no runs")
        await pilot.press("B")
        await wait_for(pilot, lambda: screen.runs.shown_ids is not screen.runs.ids and not screen.busy, "a tree")
        await pilot.press("asterisk", "minus", "asterisk")
        assert screen.runs.shown_ids == []
        assert pilot.app.screen is screen


async def test_too_many_runs_stand_one_after_the_other_and_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nested_runs, "MOST_NESTED", 3)
    async with shown(FakeStore(FAMILY), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press("B")
        await wait_for(pilot, lambda: "5 runs are not nested, 3 can be" in screen_text(pilot.app), "why")
        assert screen.runs.shown_ids is screen.runs.ids


async def test_a_new_child_comes_below_its_parent_while_the_cursor_stays(demo: Path, tmp_path: Path) -> None:
    database = Path(shutil.copy(demo, tmp_path / "mlflow.db"))
    trainer = Trainer(database)
    async with living(counted(database)) as (pilot, screen):
        await open_experiment(pilot, screen, "churn-xgboost")
        await nested(pilot, screen)
        await pilot.press("down", "down", "down")
        key, before = screen.runs.key, len(screen.runs.shown_ids)
        parent = screen.runs.shown_ids[0]
        trainer.start(trainer.experiment("churn-xgboost"), "begun-just-now", parent=parent)
        await wait_for(pilot, lambda: len(screen.runs.shown_ids) == before + 1, "one more row")
        assert screen.runs.key == key
        await wait_for(pilot, lambda: names(screen)[0].endswith("(6)"), "its parent has one more")


async def test_a_tree_that_is_folded_before_it_is_there_comes_folded() -> None:
    gate = Gate()
    store = FakeStore(FAMILY, steps=[(Headway("runs", 1, 5), gate)])
    async with shown(store, size=(120, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("enter")
        await wait_for(pilot, gate.reached.is_set, "the runs are asked for")
        await pilot.press("B", "asterisk", "G")
        gate.open()
        await wait_for(pilot, lambda: screen.runs.settled and len(screen.runs.shown_ids) == 2, "a folded tree")
        await wait_for(pilot, lambda: names(screen) == [f"{GLYPHS.folded} run-0 (3)", "  run-4"], "names")
        assert screen.runs.table.cursor == 1
        # And of a list that is there already.
        await pilot.press("asterisk", "B", "home", "B", "minus")
        await wait_for(pilot, lambda: len(screen.runs.shown_ids) == 3, "what is below the parent of run 3 is hidden")


async def test_all_is_folded_while_anything_is_shown() -> None:
    runs = [*FAMILY, child(5, 4)]
    async with shown(FakeStore(runs), size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        await pilot.press("home", "minus")
        assert len(screen.runs.shown_ids) == 3
        await pilot.press("asterisk")
        assert len(screen.runs.shown_ids) == 2
        await pilot.press("asterisk")
        assert len(screen.runs.shown_ids) == 6


async def test_parents_of_the_run_under_the_cursor_come_on_screen_with_the_tree() -> None:
    runs = [*(run(number) for number in range(40, 80)), child(3, 1), child(2, 1), child(1, 0), child(0, None)]
    async with shown(FakeStore(runs), size=(120, 16)) as pilot:
        screen = await to_runs(pilot)
        await pilot.press(*["down"] * 40)
        assert screen.runs.key == f"{3:032x}"
        await pilot.press("G", *["up"] * 3)
        await nested(pilot, screen)
        assert screen.runs.key == f"{3:032x}"
        table = screen.runs.table
        assert table.rows.key(table.on_screen.start) <= f"{0:032x}" or f"{0:032x}" in [
            table.rows.key(index) for index in table.on_screen
        ]


async def test_very_deep_runs_have_room_for_their_names() -> None:
    runs = [child(number, number - 1 if number else None) for number in range(60)]
    async with shown(FakeStore(runs), size=(80, 24)) as pilot:
        screen = await to_runs(pilot)
        await nested(pilot, screen)
        await pilot.press("end")
        await wait_for(pilot, lambda: "(59)   run-59" in screen_text(pilot.app), "the deepest run with its name")


async def test_what_was_typed_ahead_is_not_done_to_the_runs_of_another_experiment() -> None:
    gate = Gate()
    experiments = tuple(Experiment(key, name, "s3://bucket", "active") for key, name in (("1", "iris"), ("2", "moons")))
    store = FakeStore(FAMILY, experiments, steps=[(Headway("runs", 1, 5), gate)])
    async with shown(store, size=(160, 30)) as pilot:
        screen = browser(pilot)
        await wait_for(pilot, lambda: screen.experiments.table.key is not None and not screen.busy, "experiments")
        await pilot.press("enter")
        await wait_for(pilot, gate.reached.is_set, "the runs are asked for")
        assert screen.runs.view is not None
        assert screen.runs.view.experiment_ids == ("1",)
        await pilot.press("B", "asterisk", "tab")
        store.steps = []
        await pilot.press("down", "enter")
        await wait_for(pilot, lambda: screen.runs.settled and not screen.busy, "the runs of the other one")
        assert screen.runs.view.experiment_ids == ("2",)
        await nested(pilot, screen)
        assert len(screen.runs.shown_ids) == 5
        gate.open()


async def test_what_was_typed_ahead_of_a_tree_that_was_cancelled_is_not_done_to_the_next() -> None:
    @dataclass
    class Held(FakeStore):
        gate: Gate | None = None

        def runs(self, *arguments: object, **named: object) -> list[Run]:  # type: ignore[override]
            if self.gate is not None:
                self.gate.wait(named.get("cancel") or arguments[2])  # type: ignore[arg-type]
            return super().runs(*arguments, **named)  # type: ignore[arg-type]

    store = Held(FAMILY)
    async with shown(store, size=(120, 30)) as pilot:
        screen = await to_runs(pilot)
        store.gate = Gate()
        await pilot.press("B", "asterisk")
        await wait_for(pilot, store.gate.reached.is_set, "parents are looked for")
        await pilot.press("ctrl+c")
        await wait_for(pilot, lambda: not screen.busy, "the end of that")
        store.gate = None
        await pilot.press("B")
        await nested(pilot, screen)
        assert len(screen.runs.shown_ids) == 5
