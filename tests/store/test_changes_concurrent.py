"""Several processes that change the same runs at once, and processes that are killed while they do."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest

from store.changes import RestoreRuns, Result, SetTags
from store.sql.engine import IDS_PER_QUERY
from tests.support.changeable import DATABASES, Changeable, changing, results, runs_of
from tests.support.changer import begin, start_changer

pytestmark = pytest.mark.long

SECONDS: Final = 60
"""After which a process that changes runs is given up."""

BULK: Final = IDS_PER_QUERY + 100
"""Runs that one change takes: several statements' worth of ids."""


@pytest.fixture(params=[*DATABASES, "tree"])
def changeable(request: pytest.FixtureRequest, tmp_path: Path) -> Changeable:
    """Each kind of store, where flowdeck never gets into its own way."""
    return Changeable(request.param, tmp_path)


@pytest.fixture(params=DATABASES)
def transactional(request: pytest.FixtureRequest, tmp_path: Path) -> Changeable:
    """Each kind of store that changes many runs at one moment."""
    return Changeable(request.param, tmp_path)


def ready(uri: str, *names: str) -> list[subprocess.Popen[str]]:
    """Changers that are ready to begin."""
    processes = [start_changer(uri, name) for name in names]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    return processes


def ended(processes: list[subprocess.Popen[str]]) -> None:
    """Lets changers end after what they do."""
    for process in processes:
        process.communicate(timeout=SECONDS)
        assert process.returncode == 0


def done(processes: list[subprocess.Popen[str]], what: str, rounds: int) -> list[int]:
    """Lets changers do the same at the same time; how many runs each changed."""
    for process in processes:
        begin(process, what, rounds)
    changed = []
    for process in processes:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(rounds + 1)]
        changed.append(int(lines[-1].removeprefix("changed ")))
    return changed


def test_two_processes_lose_nothing_of_each_other(changeable: Changeable) -> None:
    uri, rounds = changeable.uri(runs=20), 8
    if changeable.kind == "tree":
        rounds = 3  # each value is a file of its own
    everything = list(runs_of(uri))
    with changing(uri) as changes:
        changes.apply(RestoreRuns(), everything)
        changes.apply(SetTags(tuple((f"token-{number}", "") for number in range(rounds))), everything)
    both = ready(uri, "ada", "bob")
    assert done(both, "tag", rounds) == [rounds * len(everything)] * 2
    for run in runs_of(uri).values():
        for name in ("ada", "bob"):
            assert [run.tags.get(f"{name}-{number}") for number in range(rounds)] == [name] * rounds
    # The last word of one of them, in every run the same.
    assert len({run.tags["shared"] for run in runs_of(uri).values()}) == 1
    done(both, "rename", rounds)
    names = {(run.run_name, run.tags["mlflow.runName"]) for run in runs_of(uri).values()}
    assert names in ({(f"{name}-{rounds - 1}",) * 2} for name in ("ada", "bob"))
    # What is there once can be taken once.
    assert sum(done(both, "take", rounds)) == rounds * len(everything)
    # A run that is deleted is not deleted again: deletions and restorations take turns, and a deletion is the last.
    assert sum(done(both, "toggle", 2 * rounds + 1)) % (2 * len(everything)) == len(everything)
    ((stage, deleted_time),) = {(run.lifecycle_stage, run.deleted_time) for run in runs_of(uri).values()}
    assert stage == "deleted"
    assert deleted_time
    ended(both)


def test_nobody_sees_a_part_of_a_change(transactional: Changeable) -> None:
    uri = transactional.uri(runs=20)
    everything = list(runs_of(uri))
    with changing(uri) as changes:
        changes.apply(RestoreRuns(), everything)
    processes = ready(uri, "ada", "bob")
    for process in processes:
        begin(process, "toggle", 24)
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
    looks = 0
    while any(process.poll() is None for process in processes):
        ((stage, deleted_time),) = {(run.lifecycle_stage, run.deleted_time) for run in runs_of(uri).values()}
        assert (stage == "deleted") == (deleted_time is not None)
        looks += 1
    ended(processes)
    assert looks


def killed_after(uri: str, what: str, seconds: float) -> None:
    """A process that changes every run again and again is killed so long after its first round."""
    (process,) = ready(uri, "x")
    begin(process, what, 1_000)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "round 0\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(seconds)
    finally:
        process.kill()
        process.wait(SECONDS)
        process.stdout.close()


def test_a_process_that_is_killed_leaves_all_or_nothing(transactional: Changeable) -> None:
    uri = transactional.uri(runs=BULK)
    everything = list(runs_of(uri))
    with changing(uri) as changes:
        changes.apply(RestoreRuns(), everything)
    for what, seconds in (("toggle", 0.05), ("rename", 0.03)):
        killed_after(uri, what, seconds)
        now = runs_of(uri).values()
        assert len({(run.lifecycle_stage, run.deleted_time) for run in now}) == 1
        if what == "rename":
            assert len({(run.run_name, run.tags["mlflow.runName"]) for run in now}) == 1
        with changing(uri) as changes:
            changes.apply(RestoreRuns(), everything)


def test_a_process_that_is_killed_leaves_every_run_of_a_tree_whole(tmp_path: Path) -> None:
    uri = Changeable("tree", tmp_path).uri(runs=60)
    with changing(uri) as changes:
        changes.apply(RestoreRuns(), list(runs_of(uri)))
    before = runs_of(uri)
    for seconds in (0.0, 0.03, 0.08):
        killed_after(uri, "toggle", seconds)
        # Some runs are changed and some are not, but nothing is half written, lost or locked.
        now = runs_of(uri)
        assert now.keys() == before.keys()
        for run_id, run in now.items():
            assert run.problems == before[run_id].problems
            assert (run.lifecycle_stage == "deleted") == (run.deleted_time is not None)
            assert (run.tags, run.params, run.run_name) == (
                before[run_id].tags,
                before[run_id].params,
                before[run_id].run_name,
            )
        with changing(uri) as changes:
            # The same again finishes what was begun.
            assert results(changes.apply(RestoreRuns(), list(now))) <= {Result.CHANGED, Result.UNCHANGED}
        assert repr(runs_of(uri)) == repr(before)
