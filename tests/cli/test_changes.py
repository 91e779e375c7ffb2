"""`flowdeck tag`, `rename`, `note`, `end`, `delete` and `restore`."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import pytest

from tests.support.cli import Result, invoke, process

DATABASE: Final = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A copy that can be changed."""
    copy = tmp_path / "mlflow.db"
    shutil.copy(DATABASE, copy)
    return copy


def run_ids(database: Path) -> dict[str, str]:
    """Ids by name."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT name, run_uuid FROM runs"))


def tags_of(database: Path, run_id: str) -> dict[str, str]:
    """The tags of a run."""
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute("SELECT key, value FROM tags WHERE run_uuid = ?", (run_id,)))


def flowdeck(database: Path, *arguments: object) -> Result:
    """Runs a command on it."""
    return invoke(*arguments, "-s", database)


def test_what_changed_is_printed_run_by_run(database: Path) -> None:
    ids = run_ids(database)
    result = flowdeck(database, "tag", "child-1", "child-2", "a/b=1", "url=x=y")
    assert (result.code, result.err) == (0, "")
    assert result.text == (
        "run_id                            run_name  result   field     before  after  problem\n"
        f"{ids['child-1']}  child-1   changed  tags.a/b          1\n"
        f"{ids['child-1']}  child-1   changed  tags.url          x=y\n"
        f"{ids['child-2']}  child-2   changed  tags.a/b          1\n"
        f"{ids['child-2']}  child-2   changed  tags.url          x=y\n"
    )
    result = flowdeck(database, "tag", "child-1", "a/b=2", "--delete", "url", "-o", "ndjson")
    assert json.loads(result.text) == {
        "run_id": ids["child-1"],
        "run_name": "child-1",
        "result": "changed",
        "changes": [
            {"field": "tags.a/b", "before": "1", "after": "2"},
            {"field": "tags.url", "before": "x=y", "after": None},
        ],
    }
    assert tags_of(database, ids["child-1"])["a/b"] == "2"


def test_a_run_is_renamed_deleted_and_restored(database: Path) -> None:
    ids = run_ids(database)
    assert flowdeck(database, "rename", "child-1", "new name").code == 0
    assert run_ids(database)["new name"] == ids["child-1"]
    assert flowdeck(database, "delete", "new name").code == 0
    refused = flowdeck(database, "tag", ids["child-1"], "a=1")
    assert (refused.code, "deleted: restore it first" in refused.text) == (2, True)
    assert "nothing was changed" in refused.err
    assert flowdeck(database, "delete", ids["child-1"]).code == 1
    assert flowdeck(database, "restore", ids["child-1"]).code == 0
    assert flowdeck(database, "restore", ids["child-1"]).code == 1


def test_only_runs_that_run_are_ended(database: Path) -> None:
    result = flowdeck(database, "end", "polite-yak-163", "--status", "killed", "-o", "json")
    (document,) = result.json
    assert [change["field"] for change in document["changes"]] == ["status", "end_time"]
    assert document["changes"][0] == {"field": "status", "before": "RUNNING", "after": "KILLED"}
    again = flowdeck(database, "end", "polite-yak-163", "--status", "FAILED")
    assert (again.code, "it has ended: it is KILLED" in again.text) == (2, True)


def test_a_note_is_set_and_printed(database: Path) -> None:
    assert flowdeck(database, "note", "child-1").code == 1
    assert flowdeck(database, "note", "child-1", "worth\nanother look").code == 0
    assert flowdeck(database, "note", "child-1").text == "worth\nanother look\n"
    assert process("note", "child-1", "-", "-s", database, stdin="für später\n".encode()).code == 0
    assert flowdeck(database, "note", "child-1").text == "für später\n"
    assert flowdeck(database, "note", "child-1", "--edit").code == 2


def test_runs_are_named_on_stdin_too(database: Path) -> None:
    ids = run_ids(database)
    names = f"{ids['child-1']}\n\nchild-2\n".encode()
    result = process("delete", "-", "-o", "json", "-s", database, stdin=names)
    assert (result.code, result.err) == (0, "")
    assert [(item["run_id"], item["result"]) for item in result.json] == [
        (ids["child-1"], "changed"),
        (ids["child-2"], "changed"),
    ]
    assert process("delete", "-", "-s", database, stdin=b"").code == 2


def test_all_that_is_wrong_is_told_and_nothing_is_changed(database: Path) -> None:
    content = database.read_bytes()
    result = flowdeck(database, "tag", "nothing", "child-1", "child-1", "a=1")
    assert (result.code, result.out) == (2, b"")
    assert "“nothing”" in result.err
    assert "is given twice" in result.err
    assert "nothing was changed" in result.err
    for arguments in (
        ("tag", "child-1", "../x=1"),
        ("tag", "child-1"),
        ("tag", "a=1"),
        ("tag", "child-1", "a=1", "a=2"),
        ("rename", "child-1", ""),
        ("tag", "child-1", "--delete", "not there"),
        ("end", "polite-yak-163", "--status", "RUNNING"),
    ):
        assert flowdeck(database, *arguments).code == 2, arguments
    assert database.read_bytes() == content


@pytest.mark.parametrize(
    "arguments",
    [
        ("tag", "child-1", "a=1"),
        ("rename", "child-1", "x"),
        ("note", "child-1", "x"),
        ("end", "polite-yak-163", "--status", "KILLED"),
        ("delete", "child-1"),
        ("restore", "child-1"),
    ],
)
def test_read_only_forbids_every_change(arguments: tuple[str, ...], database: Path) -> None:
    content = database.read_bytes()
    result = flowdeck(database, *arguments, "--read-only")
    assert (result.code, result.out) == (2, b"")
    assert "--read-only forbids every change; nothing was changed" in result.err
    assert invoke("--read-only", *arguments, "-s", database).code == 2
    assert database.read_bytes() == content


def test_values_are_harmless_where_they_are_printed(database: Path) -> None:
    hostile = "\x1b[31mred\x07 https://ann:secret@example.org/x"
    for format_ in ("table", "json", "csv", "md"):
        result = invoke("tag", "child-1", f"{format_}={hostile}", "-o", format_, "-s", database, terminal=True)
        assert result.code == 0
        assert b"\x1b[31m" not in result.out
        assert b"\x07" not in result.out
        assert b"secret" not in result.out
    ids = run_ids(database)
    assert tags_of(database, ids["child-1"])["csv"] == hostile


def test_a_note_with_a_password_is_not_edited_without_it(database: Path) -> None:
    flowdeck(database, "note", "child-1", "see https://ann:secret@example.org/x")
    result = invoke("note", "child-1", "--edit", "-s", database, terminal=True)
    assert result.code == 2
    assert tags_of(database, run_ids(database)["child-1"])["mlflow.note.content"].count("secret") == 1
