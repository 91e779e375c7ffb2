"""Changes of runs leave the rows that MLflow's own calls leave, on a twin of the same database."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
import yaml

from store.changes import (
    Change,
    DeleteRuns,
    EndRuns,
    Rename,
    RestoreRuns,
    Result,
    SetTags,
    undo_of,
)
from store.entities import RunParts
from store.kinds import NAME_TAG, NOTE_TAG
from store.opening import open_changes
from store.protocols import RunQuery
from store.sql.reach import driver_url
from store.uris import parse
from tests.support.backends import opened
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.mlflow_changes import MlflowRuns, mlflow_runs, release_python

pytestmark = pytest.mark.long

STORES: Final = Path(__file__).resolve().parents[1] / "data" / "stores"
MOMENT_MS: Final = 60_000
"""How far apart two clocks may be read."""


def rows_of(uri: str) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    engine = sa.create_engine(uri if uri.startswith("sqlite:") else driver_url(parse(uri), {}))
    with engine.connect() as connection:
        # Reflection of all constraints would take longer than all the rest.
        tables = sa.inspect(connection).get_table_names()
        quote = engine.dialect.identifier_preparer.quote_identifier
        found = {
            table: sorted(
                (dict(row) for row in connection.execute(sa.text(f"SELECT * FROM {quote(table)}")).mappings()), key=repr
            )
            for table in tables
        }
    engine.dispose()
    return found


def assert_twins(ours: str, theirs: str) -> None:
    """Equal but for the times of the two writes."""
    mine, other = (
        {row["run_uuid"]: row for row in rows.pop("runs")} | {"": rows} for rows in (rows_of(ours), rows_of(theirs))
    )
    assert mine.keys() == other.keys()
    for run_id, row in mine.items():
        for column in ("end_time", "deleted_time"):
            # MLflow 1.14 and older keep no time of a deletion.
            if run_id and column in row and row[column] != other[run_id][column]:
                assert abs(row[column] - other[run_id][column]) < MOMENT_MS
                row[column] = other[run_id][column]
    assert mine == other


def add_assessments(uri: str, run_ids: Sequence[str]) -> None:
    """An assessment that came from each run, in as much of the table as deleting runs needs."""
    engine = sa.create_engine(driver_url(parse(uri), {}))
    with engine.begin() as connection:
        connection.execute(
            sa.text("CREATE TABLE assessments (assessment_id VARCHAR(50) PRIMARY KEY, assessment_metadata TEXT)")
        )
        rows = [
            {"id": f"a-{number}", "metadata": json.dumps({"mlflow.assessment.sourceRunId": run_id})}
            for number, run_id in enumerate(run_ids)
        ]
        connection.execute(sa.text("INSERT INTO assessments VALUES (:id, :metadata)"), rows)
    engine.dispose()


def files_of(tree: Path) -> dict[str, Any]:
    """Every file of a tree; of a meta.yaml what it says."""
    found: dict[str, Any] = {}
    for path in sorted(tree.rglob("*")):
        if path.is_file():
            content = path.read_text("utf-8")
            found[str(path.relative_to(tree))] = yaml.safe_load(content) if path.name == "meta.yaml" else content
    return found


def assert_same_files(ours: str, theirs: str) -> None:
    """Equal but for the times of the two writes."""
    mine, other = files_of(Path(ours)), files_of(Path(theirs))
    for name, content in mine.items():
        if name.endswith("meta.yaml") and content.get("deleted_time"):
            assert abs(content["deleted_time"] - other[name]["deleted_time"]) < MOMENT_MS
            content["deleted_time"] = other[name]["deleted_time"]
    assert mine == other


@dataclass(frozen=True)
class Step:
    """A kind of change."""

    change: Change
    runs: tuple[str, ...]
    calls: tuple[tuple[Any, ...], ...]
    """What does the same with MLflow's client."""
    told: Mapping[str, Any]
    """What the client reads of the runs afterwards, as far as the change is about it."""
    tags: Mapping[str, str | None] = field(default_factory=dict)
    """Tags of the runs afterwards; None: there is none."""


def steps(run_ids: Sequence[str], running: Sequence[str], now: int, names: bool) -> Iterator[Step]:
    """Every kind of change. `names`: the release keeps a run's name beside its tag."""
    first, second = both = (run_ids[0], run_ids[1])
    note = "# Größe ✓\n\nsecond paragraph"
    yield Step(
        SetTags((("new/key", "ä 1"), (NOTE_TAG, note))),
        both,
        tuple(
            ("set_tag", run_id, key, value) for run_id in both for key, value in (("new/key", "ä 1"), (NOTE_TAG, note))
        ),
        {},
        {"new/key": "ä 1", NOTE_TAG: note},
    )
    yield Step(
        SetTags((("new/key", "2"),), (NOTE_TAG,)),
        (first,),
        (("set_tag", first, "new/key", "2"), ("delete_tag", first, NOTE_TAG)),
        {},
        {"new/key": "2", NOTE_TAG: None},
    )
    for run_id, name in ((first, "another name: #1"), (second, "größer")):
        renamed = ("update_run", run_id, None, name) if names else ("set_tag", run_id, NAME_TAG, name)
        told = {"name": name} if names else {}
        yield Step(Rename(name), (run_id,), (renamed,), told, {NAME_TAG: name})
    yield Step(
        SetTags(((NAME_TAG, "by tag"),)),
        (second,),
        (("set_tag", second, NAME_TAG, "by tag"),),
        {"name": "by tag"} if names else {},
        {NAME_TAG: "by tag"},
    )
    for run_id, status in zip(running, ("KILLED", "FAILED", "FINISHED"), strict=True):
        yield Step(
            EndRuns(status, now),
            (run_id,),
            (("set_terminated", run_id, status, now),),
            {"status": status, "end_time": now},
        )
    yield Step(DeleteRuns(now), both, tuple(("delete_run", run_id) for run_id in both), {"stage": "deleted"})
    yield Step(RestoreRuns(), (second,), (("restore_run", second),), {"stage": "active"})


def three_running(uri: str) -> tuple[list[str], list[str]]:
    """Of the active runs of a store: two that have to be made running for three to be, and the others that ended."""
    with opened(uri) as store:
        runs = store.runs(store.run_ids(RunQuery()).items, RunParts.ATTRIBUTES)
    ended = sorted(run.run_id for run in runs if run.status != "RUNNING")
    wanted = 3 - (len(runs) - len(ended))
    return ended[:wanted], ended[wanted:]


def assert_steps(
    ours: str,
    theirs: str,
    client: MlflowRuns,
    assert_twins: Callable[[str, str], None],
    *,
    names: bool,
) -> None:
    """Every kind of change in turn: made, read by MLflow, taken back, read again, made again, and compared with a twin
    in which MLflow made it.
    """
    with opened(ours) as store:
        runs = store.runs(store.run_ids(RunQuery()).items, RunParts.ATTRIBUTES)
    running = sorted(run.run_id for run in runs if run.status == "RUNNING")
    others = sorted(run.run_id for run in runs if run.status != "RUNNING")
    every = [*running, *others]
    experiments = sorted({run.experiment_id for run in runs})
    before = client.read(ours, every, experiments)
    assert before == client.read(theirs, every, experiments)
    with closing(open_changes(parse(ours))) as changes:
        for step in steps(others, running, int(time.time() * 1000), names):
            outcomes = changes.apply(step.change, step.runs)
            assert {item.result for item in outcomes} == {Result.CHANGED}
            after = client.read(ours, every, experiments)
            for run_id in every:
                expected = before[run_id]
                if run_id in step.runs:
                    tags = {key: value for key, value in {**expected["tags"], **step.tags}.items() if value is not None}
                    expected = {**expected, **step.told, "tags": tags}
                assert after[run_id] == expected
            undo = undo_of(outcomes)
            assert undo is not None
            assert {item.result for item in changes.apply(undo, step.runs)} == {Result.CHANGED}
            assert client.read(ours, every, experiments) == before
            changes.apply(step.change, step.runs)
            client.change(theirs, step.calls)
            assert_twins(ours, theirs)
            assert client.read(ours, every, experiments) == client.read(theirs, every, experiments) == after
            before = after


RELEASES: Final = ("1.8.0", "1.14.1", "1.30.1", "2.0.1", "2.9.2", "2.22.5", "3.1.4", "3.10.1", "3.17.2")
"""Those that wrote the stores."""

NAMING: Final = frozenset({*RELEASES[RELEASES.index("1.30.1") :], "upgraded-from-1.8.0"})
"""Stores whose runs have a name beside the tag."""


@pytest.mark.parametrize(
    ("store", "release", "kind"),
    [
        *((release, release, "sqlite") for release in RELEASES),
        ("upgraded-from-1.8.0", "3.17.2", "sqlite"),
        *(
            pytest.param(release, release, kind, marks=pytest.mark.xdist_group(f"contract-{kind}"))
            for release in ("3.17.2", "2.22.5")
            for kind in ("postgresql", "mariadb")
        ),
    ],
)
def test_mlflow_reads_every_change_as_its_own_and_the_rows_are_the_same(
    store: str, release: str, kind: str, tmp_path: Path
) -> None:
    client = mlflow_runs(release_python(release))
    source = tmp_path / "source.db"
    shutil.copy(STORES / store / "mlflow.db", source)
    ended, _ = three_running(str(source))
    with closing(sqlite3.connect(source)) as connection, connection:
        connection.executemany(
            "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?", [(run_id,) for run_id in ended]
        )
    if kind == "sqlite":
        ours, theirs = (f"sqlite:///{shutil.copy(source, tmp_path / name)}" for name in ("ours.db", "theirs.db"))
    else:
        copied = postgres_copy if kind == "postgresql" else mariadb_copy
        ours, theirs = (copied(source, writable=True) for _ in range(2))
        if release == "3.17.2":
            _, others = three_running(str(source))
            for uri in (ours, theirs):
                add_assessments(uri, others)
    assert_steps(ours, theirs, client, assert_twins, names=store in NAMING)


@pytest.mark.parametrize("release", ["1.30.1", "2.9.2", "2.22.5", "3.17.2"])
def test_mlflow_reads_every_change_of_a_tree_as_its_own_and_the_files_are_the_same(
    release: str, tmp_path: Path
) -> None:
    client = mlflow_runs(release_python(release))
    source = tmp_path / "source"
    shutil.copytree(STORES / f"{release}-file" / "mlruns", source)
    for meta in source.glob("*/*/meta.yaml"):
        # Empty folders, without which MLflow sees no run.
        for part in ("artifacts", "metrics", "params"):
            meta.with_name(part).mkdir(exist_ok=True)
    ended, _ = three_running(str(source))
    for run_id in ended:
        (meta,) = source.glob(f"*/{run_id}/meta.yaml")
        content = {**yaml.safe_load(meta.read_text("utf-8")), "status": 1, "end_time": None}
        meta.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    ours, theirs = str(tmp_path / "ours"), str(tmp_path / "theirs")
    for copy in (ours, theirs):
        shutil.copytree(source, copy)
    assert_steps(ours, theirs, client, assert_same_files, names=True)


@pytest.mark.parametrize("release", sorted(path.parent.name for path in STORES.glob("*/mlflow.db")))
def test_every_change_of_every_schema_is_taken_back(release: str, tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"
    shutil.copy(STORES / release / "mlflow.db", database)
    uri = f"sqlite:///{database}"
    before = rows_of(uri)
    with closing(sqlite3.connect(database)) as connection:
        found = connection.execute(
            "SELECT run_uuid FROM runs WHERE lifecycle_stage = 'active' ORDER BY status = 'RUNNING' DESC"
        ).fetchall()
    ids = [row[0] for row in found]
    now = int(time.time() * 1000)
    changes = open_changes(parse(uri))
    try:
        for change, runs in (
            (SetTags((("a", "1"), ("mlflow.user", "somebody"))), ids),
            (Rename("renamed"), ids),
            (EndRuns("FAILED", now), ids[:1]),
            (DeleteRuns(now), ids),
        ):
            outcomes = changes.apply(change, runs)
            assert {item.result for item in outcomes} == {Result.CHANGED}
            assert rows_of(uri) != before
            undo = undo_of(outcomes)
            assert undo is not None
            assert {item.result for item in changes.apply(undo, runs)} == {Result.CHANGED}
            assert rows_of(uri) == before
    finally:
        changes.close()
