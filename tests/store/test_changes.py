"""Changing runs: all or nothing in databases, run by run elsewhere, and what MLflow does not take not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.dialects import mssql, mysql, postgresql, sqlite

from store.changes import (
    Change,
    DeleteRuns,
    EndRuns,
    Exactly,
    Rename,
    RestoreRuns,
    Result,
    SetTags,
    undo_of,
)
from store.errors import AccessDenied, StoreBusy, StoreError, StoreNotFound, Unsupported, UsageError
from store.kinds import NOTE_TAG
from store.sql.schema import COLUMNS, Schema
from store.sql.sqlite_writing import SqliteWriter
from store.sql.writing import SqlChanges, runs_statement, tags_statement
from tests.support.backends import opened, reference_server
from tests.support.changeable import DATABASES, Changeable, changing, database_of, results, runs_of
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.mlflow_servers import changed_back
from tests.support.reference import reference_database
from tests.support.scripted import Answer, Asked, scripted
from tests.support.servers import READER_PASSWORD
from tests.support.sqlite_states import as_nobody, open_folder, untouched
from tests.support.tree_copy import tree_copy

NOW: Final = 1_700_000_000_000


@pytest.fixture(params=DATABASES)
def copied(request: pytest.FixtureRequest, tmp_path: Path) -> Changeable:
    """Puts a database behind each kind of server, where it can be written."""
    return Changeable(request.param, tmp_path)


@pytest.fixture(
    params=[
        pytest.param(name, marks=pytest.mark.xdist_group(f"contract-{name}")) for name in ("http-3.17.2", "http-2.22.5")
    ]
    + ["tree"]
)
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A store that is no database, which can be changed."""
    if request.param == "tree":
        with opened(str(reference_database(tmp_path))) as store:
            tree_copy(store, tmp_path / "mlruns")
        yield str(tmp_path / "mlruns")
        return
    server = reference_server(request.param.partition("-")[2])
    with changed_back(server):
        yield server.uri


def test_every_change_is_read_back_and_taken_back(copied: Changeable) -> None:
    uri = copied.uri()
    before = runs_of(uri)
    active = [run.run_id for run in before.values() if run.lifecycle_stage == "active"]
    running = [run.run_id for run in before.values() if run.status == "RUNNING" and run.run_id in active]
    assert len(active) > 1
    assert running
    cases: list[tuple[Change, list[str]]] = [
        (SetTags(((NOTE_TAG, "# Größe ✓\n"), ("a/b", ""))), active),
        (Rename("neuer Name"), active[:1]),
        (EndRuns("KILLED", NOW), running),
        (DeleteRuns(NOW), active),
    ]
    with changing(uri) as changes:
        for change, ids in cases:
            outcomes = changes.apply(change, ids)
            assert results(outcomes) == {Result.CHANGED}
            assert [outcome.run_id for outcome in outcomes] == ids
            now = runs_of(uri)
            for run_id in ids:
                if isinstance(change, SetTags):
                    assert now[run_id].tags == {**before[run_id].tags, **dict(change.tags)}
                elif isinstance(change, Rename):
                    assert (now[run_id].run_name, now[run_id].tags["mlflow.runName"]) == (change.name, change.name)
                elif isinstance(change, EndRuns):
                    assert (now[run_id].status, now[run_id].end_time) == ("KILLED", NOW)
                else:
                    assert now[run_id].lifecycle_stage == "deleted"
            undo = undo_of(outcomes)
            assert undo is not None
            assert results(changes.apply(undo, ids)) == {Result.CHANGED}
            assert runs_of(uri) == before


@pytest.mark.long
def test_trees_and_servers_are_changed_and_changed_back(elsewhere: str) -> None:
    before = runs_of(elsewhere)
    ids = [run.run_id for run in before.values() if run.lifecycle_stage == "active"]
    running = [run_id for run_id in ids if before[run_id].status == "RUNNING"]
    with changing(elsewhere) as changes:
        for change, some in (
            (SetTags(((NOTE_TAG, "# Größe ✓\n"), ("a/b", ""))), ids),
            (Rename("neuer Name"), ids[:1]),
            (DeleteRuns(NOW), ids),
        ):
            outcomes = changes.apply(change, some)
            assert results(outcomes) == {Result.CHANGED}
            now = runs_of(elsewhere)
            for run_id in some:
                if isinstance(change, SetTags):
                    assert now[run_id].tags == {**before[run_id].tags, **dict(change.tags)}
                elif isinstance(change, Rename):
                    assert (now[run_id].run_name, now[run_id].tags["mlflow.runName"]) == (change.name, change.name)
                else:
                    assert now[run_id].lifecycle_stage == "deleted"
            undo = undo_of(outcomes)
            assert undo is not None
            assert results(changes.apply(undo, some)) == {Result.CHANGED}
            assert repr(runs_of(elsewhere)) == repr(before)
        refused = changes.apply(SetTags((("a", "1"),)), [ids[0], "f" * 32])
        assert [outcome.result for outcome in refused] == [Result.HELD, Result.REFUSED]
        assert repr(runs_of(elsewhere)) == repr(before)
        ended = changes.apply(EndRuns("KILLED", NOW), running)
        assert results(ended) == {Result.CHANGED}
        after = runs_of(elsewhere)
        assert {(after[run_id].status, after[run_id].end_time) for run_id in running} == {("KILLED", NOW)}
        undo = undo_of(ended)
        assert undo is not None
        if "http" in elsewhere:
            # REST has no way to take an end time away.
            with pytest.raises(UsageError, match="nothing was changed"):
                changes.apply(undo, running)
            assert repr(runs_of(elsewhere)) == repr(after)
        else:
            changes.apply(undo, running)
            assert repr(runs_of(elsewhere)) == repr(before)


def test_a_server_that_fails_in_the_middle_is_told_run_by_run() -> None:
    ids = [f"{number:032x}" for number in range(6)]
    tags: dict[str, dict[str, str]] = {run_id: {} for run_id in ids}

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/version"):
            return Answer("3.17.2")
        if asked.path.endswith("runs/get"):
            run_id = str(asked["run_id"])
            info = {"run_id": run_id, "run_name": "r", "status": "RUNNING", "lifecycle_stage": "active"}
            data = {"tags": [{"key": key, "value": value} for key, value in tags[run_id].items()]}
            return Answer({"run": {"info": info, "data": data}})
        if asked.path.endswith("runs/set-tag"):
            if asked["run_id"] in ids[3:] and (asked["run_id"] != ids[3] or asked["key"] == "b"):
                return Answer({"error_code": "INTERNAL_ERROR", "message": "no more"}, 500)
            tags[asked["run_id"]][asked["key"]] = asked["value"]
        return Answer({"experiments": []})

    with scripted(script) as (uri, asked), changing(uri) as changes:
        outcomes = changes.apply(SetTags((("a", "1"), ("b", "2"))), ids)
        assert [outcome.result for outcome in outcomes] == [
            *[Result.CHANGED] * 3,
            Result.PARTLY,
            *[Result.FAILED] * 2,
        ]
        assert [edit.key for edit in outcomes[3].edits] == ["a"]
        assert "no more" in outcomes[4].problem
        # A defect stays one: nothing is asked twice.
        assert len([one for one in asked if one.path.endswith("set-tag")]) == 12
        undo = undo_of(outcomes)
        assert undo is not None
        assert sorted(undo.edits) == ids[:4]


@pytest.mark.parametrize(
    ("answer", "unsure"),
    [
        (Answer(raw=lambda handler: handler.connection.close()), True),
        (Answer("gateway", status=504), True),
        (Answer("crash", status=500), True),
        (Answer({"error_code": "INVALID_PARAMETER_VALUE", "message": "no"}, status=400), False),
    ],
    ids=["cut", "proxy", "crash", "refused"],
)
def test_what_may_have_been_done_is_told_and_not_done_again(answer: Answer, unsure: bool) -> None:
    run_id = "a" * 32

    def script(asked: Asked) -> Answer:
        if asked.path.endswith("/version"):
            return Answer("3.17.2")
        if asked.path.endswith("runs/get"):
            data = {"tags": [{"key": "a", "value": "1"}]}
            return Answer({"run": {"info": {"run_id": run_id, "lifecycle_stage": "active"}, "data": data}})
        if asked.path.endswith("runs/delete-tag"):
            return answer
        return Answer({"experiments": []})

    with scripted(script) as (uri, asked), changing(uri) as changes:
        (outcome,) = changes.apply(SetTags((), ("a",)), [run_id])
    assert outcome.result is Result.FAILED
    assert ("may have been changed all the same" in outcome.problem) is unsure
    assert len([one for one in asked if one.path.endswith("delete-tag")]) == 1


def test_files_that_cannot_be_written_leave_the_others_as_they_were(tmp_path: Path) -> None:
    with opened(str(reference_database(tmp_path))) as store:
        tree_copy(store, tmp_path / "mlruns")
    tree = str(tmp_path / "mlruns")
    with changing(tree) as changes:
        ids = list(runs_of(tree))
        changes.apply(RestoreRuns(), ids)
        # A key below another key: a file cannot be a folder.
        changes.apply(SetTags((("a", "1"),)), ids[-1:])
        before = runs_of(tree)
        with pytest.raises(StoreError, match="nothing was changed"):
            changes.apply(SetTags((("z", "1"), ("a/b", "2"))), ids)
    assert repr(runs_of(tree)) == repr(before)
    assert not list((tmp_path / "mlruns").rglob(".flowdeck-*"))


def test_one_refused_run_holds_all_others(copied: Changeable) -> None:
    uri = copied.uri()
    before = runs_of(uri)
    active = [run.run_id for run in before.values() if run.lifecycle_stage == "active"]
    with changing(uri) as changes:
        outcomes = changes.apply(SetTags((("a", "1"),)), [active[0], "f" * 32])
        assert [outcome.result for outcome in outcomes] == [Result.HELD, Result.REFUSED]
        assert undo_of(outcomes) is None
        assert runs_of(uri) == before
        changes.apply(DeleteRuns(NOW), active[:1])
        refused = changes.apply(SetTags((("a", "1"),)), active)[0]
        assert (refused.result, refused.problem) == (Result.REFUSED, "it is deleted: restore it first")
        assert results(changes.apply(RestoreRuns(), active)) == {Result.CHANGED, Result.UNCHANGED}
    assert runs_of(uri) == before


def test_an_undo_does_not_overwrite_what_came_later(copied: Changeable) -> None:
    uri = copied.uri()
    run_id = next(run.run_id for run in runs_of(uri).values() if run.lifecycle_stage == "active")
    with changing(uri) as changes:
        undo = undo_of(changes.apply(SetTags((("a", "1"),)), [run_id]))
        assert isinstance(undo, Exactly)
        changes.apply(SetTags((("a", "2"),)), [run_id])
        (outcome,) = changes.apply(undo, [run_id])
        assert outcome.result is Result.REFUSED
        assert outcome.problem == "it was changed meanwhile: a is not what it was"
    assert runs_of(uri)[run_id].tags["a"] == "2"


@pytest.mark.xdist_group("contract-mariadb")
def test_a_key_that_differs_in_case_alone_is_told_where_that_does_not_count(tmp_path: Path) -> None:
    uri = mariadb_copy(database_of(tmp_path), writable=True)
    run_id = next(run.run_id for run in runs_of(uri).values() if run.lifecycle_stage == "active")
    with changing(uri) as changes:
        changes.apply(SetTags((("Team", "1"),)), [run_id])
        with pytest.raises(UsageError, match="has the tag “Team”"):
            changes.apply(SetTags((("team", "2"),)), [run_id])
    assert runs_of(uri)[run_id].tags["Team"] == "1"


@pytest.mark.parametrize(
    "change",
    [
        SetTags((("../x", "1"),)),
        SetTags((("a//b", "1"),)),
        SetTags((("k" * 251, "1"),)),
        SetTags((("a", "x" * 8001),)),
        SetTags((("a", "\0"),)),
        SetTags((("a?", "1"),)),
        SetTags((("a", "1"), ("a", "2"))),
        Rename(""),
        Rename("n" * 251),
        EndRuns("RUNNING", NOW),
    ],
    ids=repr,
)
def test_what_mlflow_does_not_take_is_refused_before_anything_is_written(change: Change, tmp_path: Path) -> None:
    database = database_of(tmp_path)
    content = database.read_bytes()
    with changing(str(database)) as changes, pytest.raises(UsageError):
        changes.apply(change, ["f" * 32])
    assert database.read_bytes() == content


def test_a_locked_file_is_said_to_be_locked(tmp_path: Path) -> None:
    database = database_of(tmp_path)
    changes = SqlChanges(SqliteWriter(database, busy_timeout=0.1), str(database))
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match=r"locked by another process for .* s; nothing was changed"):
            changes.apply(RestoreRuns(), ["f" * 32])
        other.execute("ROLLBACK")
    changes.close()


def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    changes = SqlChanges(SqliteWriter(tmp_path / "gone.db"), "gone.db")
    with pytest.raises(StoreNotFound):
        changes.apply(RestoreRuns(), ["f" * 32])
    assert list(tmp_path.iterdir()) == []


def test_the_journal_mode_stays(tmp_path: Path) -> None:
    for mode in ("wal", "delete"):
        database = database_of(tmp_path)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
        run_id = next(iter(runs_of(str(database))))
        with changing(str(database)) as changes:
            changes.apply(RestoreRuns(), [run_id])
            changes.apply(SetTags((("a", mode),)), [run_id])
        with closing(sqlite3.connect(database)) as connection:
            assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
        database.unlink()


@pytest.mark.parametrize(
    "kind",
    [pytest.param(kind, marks=pytest.mark.xdist_group(f"contract-{kind}")) for kind in ("postgresql", "mariadb")],
)
def test_a_role_that_may_only_select_is_told_so(kind: str, tmp_path: Path) -> None:
    copied = postgres_copy if kind == "postgresql" else mariadb_copy
    uri = copied(database_of(tmp_path))
    before = runs_of(uri)
    run_id = next(run.run_id for run in before.values() if run.lifecycle_stage == "active")
    with (
        changing(uri) as changes,
        pytest.raises(AccessDenied, match=r"does not let this user change runs: .*; nothing was changed") as failure,
    ):
        changes.apply(SetTags((("a", "1"),)), [run_id])
    assert "UPDATE" in failure.value.hint
    assert READER_PASSWORD not in str(failure.value)
    assert runs_of(uri) == before


def test_an_old_check_without_killed_is_told(tmp_path: Path) -> None:
    database = database_of(tmp_path)
    run_id = next(run.run_id for run in runs_of(str(database)).values() if run.status == "RUNNING")
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute(
            "CREATE TRIGGER old_check BEFORE UPDATE ON runs WHEN NEW.status = 'KILLED'"
            " BEGIN SELECT RAISE(ABORT, 'CHECK constraint failed: status'); END"
        )
    before = runs_of(str(database))
    with changing(str(database)) as changes, pytest.raises(Unsupported, match="do not take the status KILLED"):
        changes.apply(EndRuns("KILLED", NOW), [run_id])
    assert runs_of(str(database)) == before


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_file_that_may_not_be_written_is_told(mode: str) -> None:
    with open_folder() as folder:
        database = database_of(folder)
        with closing(sqlite3.connect(database)) as connection:
            connection.execute(f"PRAGMA journal_mode={mode}")
        run_id = next(iter(runs_of(str(database))))
        with changing(str(database)) as changes:
            # Another user cannot import any more: a look imports everything first.
            with pytest.raises(UsageError):
                changes.apply(Rename(""), [run_id])
            with untouched(folder), pytest.raises(AccessDenied, match=r"cannot be written .*; nothing was changed"):
                as_nobody(lambda: changes.apply(SetTags((("a", "1"),)), [run_id]))


def test_sql_server_locks_the_rows_that_it_reads() -> None:
    schema = Schema(None, {table: frozenset(columns) for table, columns in COLUMNS.items()})
    for statement in (runs_statement(schema, ["a"]), tags_statement(schema, ["a"], ["k"])):
        text = str(statement.compile(dialect=mssql.dialect()))
        assert "WITH (UPDLOCK, HOLDLOCK, ROWLOCK)" in text
        assert "FOR UPDATE" not in text
        for dialect in (postgresql.dialect(), mysql.dialect()):
            assert str(statement.compile(dialect=dialect)).endswith("FOR UPDATE")
        assert "FOR UPDATE" not in str(statement.compile(dialect=sqlite.dialect()))
