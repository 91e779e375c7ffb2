"""What is kept of a tree between two runs of the program saves reading, and never changes an answer."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from store.entities import Run, RunParts, ViewType
from store.file import index_file
from store.file.index import Batch, Index
from store.file.tree import Tree
from store.protocols import RunQuery
from tests.support.trees import START, TreeShape, age, counted, listing, make_tree, opened, run_id, write_file

NEW = "c" * 32
SHAPE = TreeShape(runs=12, experiments=2, params=3, metrics=3, points=4, tags=2)
QUERY = RunQuery(filter="metrics.metric_0 > 2 AND params.param_1 != 'x'", order_by=("metrics.metric_0 DESC",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return age(make_tree(tmp_path / "mlruns", SHAPE))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(index_file.CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache" / index_file.FOLDER


def answer(root: Path) -> tuple[tuple[str, ...], list[Run], tuple[str, ...]]:
    """Of the query, of everything, and what the user is told."""
    with opened(root) as store:
        every = store.run_ids(RunQuery(view=ViewType.ALL)).items
        return store.run_ids(QUERY).items, store.runs(every, RunParts.ALL), store.info.notices


def index_of(cache: Path) -> Path:
    (found,) = cache.glob("*.db")
    return found


EXPECTED = tuple(run_id(number) for number in range(11, 2, -1))


def test_an_index_saves_every_read(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = listing(root)
    with counted(monkeypatch) as opened_files:
        first = answer(root)
        assert sum(path.startswith(str(root)) for path in opened_files()) >= 12 * 9
        assert answer(root) == first
        assert [path for path in opened_files() if path.startswith(str(root))] == []
    assert first[0] == EXPECTED
    assert first[2] == ()
    assert [run.problems for run in first[1]] == [()] * 12
    assert listing(root) == before


def test_folders_that_did_not_change_are_not_listed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_file(root / "1" / run_id(0) / "metrics" / "train/loss", "1 0.5 1\n")
    age(root)
    first = answer(root)
    listed = []

    def noting(path: str) -> Iterator[os.DirEntry[str]]:
        if str(path).startswith(str(root)):
            listed.append(os.path.relpath(path, root))
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", noting)
    assert answer(root) == first
    # Which runs there are is looked up, and what they were given, of which nothing is kept.
    assert {path.rpartition("/")[2] for path in listed} == {".", "1", "2", "inputs", "outputs"}
    listed.clear()
    write_file(root / "1" / run_id(0) / "metrics" / "train/auc", "1 0.75 1\n")
    after = answer(root)
    assert {path for path in listed if path.count("/") > 1 and not path.endswith("puts")} == {
        f"1/{run_id(0)}/metrics",
        f"1/{run_id(0)}/metrics/train",
    }
    (changed,) = (run for run in after[1] if run.run_id == run_id(0))
    assert changed.metrics["train/auc"].value == 0.75


def test_a_search_reads_the_keys_that_it_names_and_no_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with counted(monkeypatch) as opened_files, opened(root) as store:
        assert store.run_ids(QUERY).items == EXPECTED
        read = {os.path.relpath(path, root).split("/", 2)[-1] for path in opened_files() if path.startswith(str(root))}
        assert read == {"meta.yaml", "metrics/metric_0", "params/param_1"}
        store.run_ids(RunQuery(filter="metrics.metric_2 < 2 AND tags.tag_1 LIKE 'v%'"))
        read = {os.path.relpath(path, root).split("/", 2)[-1] for path in opened_files() if path.startswith(str(root))}
        assert read == {"metrics/metric_2", "tags/tag_1"}


def test_the_file_is_the_users_alone_and_outside_of_the_tree(root: Path, cache: Path) -> None:
    answer(root)
    assert stat.S_IMODE(index_of(cache).stat().st_mode) == 0o600
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700


def test_passwords_are_not_kept(root: Path, cache: Path) -> None:
    folder = root / "1" / run_id(0)
    write_file(folder / "params" / "database", "postgresql://ada:hunter2@host/db")
    meta = (folder / "meta.yaml").read_text()
    (folder / "meta.yaml").write_text(meta.replace("artifact_uri: ", "artifact_uri: ftp://ada:hunter2@host"))
    age(root)
    _, runs, _ = answer(root)
    assert "hunter2" not in str(runs)
    assert b"hunter2" not in index_of(cache).read_bytes()


RESUMED = f"{START} 0.5 5\n{START + 1} 0.25 1\n{START + 2} 0.125 2\n"
"""A metric whose latest value is not in its last line."""

Change = Callable[[Path], object]


@pytest.mark.parametrize(
    "change",
    [
        lambda run: (run / "params" / "param_0").write_text("longer than it was"),
        lambda run: _rewrite(run / "params" / "param_0"),
        lambda run: (run / "metrics" / "metric_0").write_text("1 99 9\n"),
        lambda run: (run / "metrics" / "resumed").write_text(RESUMED.replace("0.5", "0.9")),
        lambda run: (run / "metrics" / "resumed").write_text(f"{RESUMED}{START} nan 5\n{START} 2.5 5\n"),
        lambda run: _with_times(run / "params", lambda: write_file(run / "params" / "synced", "x")),
        lambda run: _with_times(run / "params" / "param_0", lambda: _overwrite(run / "params" / "param_0")),
        lambda run: (run / "tags" / "tag_0").unlink(),
        lambda run: write_file(run / "tags" / "new/one", "x"),
        lambda run: write_file(run / "tags" / "tag" / "later", "x"),
        lambda run: _link(run / "tags" / "tag_0", run / "tags" / "tag_1"),
        lambda run: (run / "meta.yaml").write_text((run / "meta.yaml").read_text().replace("ada", "bob")),
        lambda run: shutil.rmtree(run),
        lambda run: shutil.rmtree(run.parent),
        lambda run: shutil.rmtree(run / "params"),
        lambda run: _moved_and_linked(run / "params"),
        lambda run: shutil.copytree(run, run.parent / run_id(99)),
    ],
    ids=[
        "param",
        "same-size",
        "metric",
        "rewritten",
        "nan",
        "synced-folder",
        "synced-file",
        "no-tag",
        "new-tag",
        "in-folder",
        "link",
        "meta",
        "no-run",
        "no-experiment",
        "no-params",
        "moved-params",
        "copy",
    ],
)
def test_what_changed_is_read_anew(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Change) -> None:
    write_file(root / "1" / run_id(0) / "tags" / "tag" / "first", "x")
    write_file(root / "1" / run_id(0) / "metrics" / "resumed", RESUMED)
    age(root)
    before = answer(root)
    change(root / "1" / run_id(0))
    after = answer(root)
    assert after != before
    monkeypatch.setenv(index_file.CACHE_VARIABLE, str(tmp_path / "another"))
    assert answer(root) == after


def _link(path: Path, target: Path) -> None:
    """Another file of the tree in the place of one."""
    target.write_text("elsewhere")
    path.unlink()
    path.symlink_to(target)


def _with_times(path: Path, change: Callable[[], object]) -> None:
    """A change that leaves the times of a file or folder as they were, as rsync and tar do."""
    status = path.stat()
    change()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _overwrite(path: Path) -> None:
    """Other text of the same length, in place."""
    path.write_text("9" * path.stat().st_size)


def _moved_and_linked(path: Path) -> None:
    """The same folder, now elsewhere: no link is followed to it."""
    elsewhere = path.parents[3] / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _rewrite(path: Path) -> None:
    """Other text of the same length, by an editor that makes a new file."""
    beside = path.with_suffix(".new")
    beside.write_text("9" * path.stat().st_size)
    os.utime(beside, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    os.replace(beside, path)


def test_what_vanished_is_forgotten(root: Path, cache: Path) -> None:
    answer(root)
    shutil.rmtree(root / "2")
    shutil.rmtree(root / "1" / run_id(0))
    answer(root)
    with closing(sqlite3.connect(index_of(cache))) as connection:
        for table in ("meta", "part", "value"):
            folders = {row[0] for row in connection.execute(f"SELECT folder FROM {table}")}
            assert folders
            assert all((root / folder).is_dir() for folder in folders)


def test_a_file_that_is_just_being_written_is_not_trusted(root: Path, cache: Path) -> None:
    path = root / "1" / run_id(0) / "params" / "param_0"
    for value in ("aaa", "bbb"):
        status = path.stat()
        path.write_text(value)
        if value == "bbb":
            # As if both had been written within one tick of the file system's clock.
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        with opened(root) as store:
            assert store.runs([run_id(0)], RunParts.PARAMS)[0].params["param_0"] == value


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 500, None], ids=["empty", "garbage", "cut"])
def test_a_damaged_index_is_made_anew(root: Path, cache: Path, content: bytes | None) -> None:
    first = answer(root)
    path = index_of(cache)
    path.write_bytes(path.read_bytes()[:5000] if content is None else content)
    assert answer(root) == first
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


@pytest.mark.parametrize("place", [0.25, 0.5, 0.75])
@pytest.mark.parametrize("table", ["meta", "part", "value"])
def test_a_row_that_is_not_what_was_written_is_not_believed(root: Path, cache: Path, table: str, place: float) -> None:
    first = answer(root)
    with closing(sqlite3.connect(index_of(cache))) as connection, connection:
        for folder, content in connection.execute(f"SELECT folder, content FROM {table}").fetchall():
            middle = int(len(content) * place)
            # Still JSON, most often, and of another meaning.
            changed = content[:middle] + chr(ord(content[middle]) ^ 1) + content[middle + 1 :]
            connection.execute(f"UPDATE {table} SET content = ? WHERE folder = ?", (changed, folder))
    assert answer(root) == first
    assert answer(root) == first


def test_a_schema_that_is_no_text_is_damage(root: Path, cache: Path) -> None:
    first = answer(root)
    data = index_of(cache).read_bytes()
    place = data.index(b"CREATE TABLE meta")
    index_of(cache).write_bytes(data[: place + 7] + b"\xff" + data[place + 8 :])
    assert answer(root) == first
    assert answer(root) == first


def test_half_a_line_of_a_file_without_a_time_is_read_again(root: Path) -> None:
    path = root / "1" / run_id(0) / "metrics" / "half"
    write_file(path, "1 0.5 1\n2 0.75 2")
    os.utime(path, (0, 0))
    found = []
    for _ in range(2):
        with opened(root) as store:
            found.append(store.runs([run_id(0)], RunParts.METRICS)[0].metrics["half"].value)
    assert found == [0.75, 0.75]


def test_an_index_with_other_tables_is_made_anew(root: Path, cache: Path) -> None:
    first = answer(root)
    path = index_of(cache)
    for statement in ("DROP TABLE value", "PRAGMA user_version = 77", "UPDATE meta SET content = 'x'"):
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)
        assert answer(root)[:2] == first[:2], statement


def test_an_index_that_another_process_removed_is_made_anew(root: Path, cache: Path) -> None:
    with closing(Index(str(root))) as index:
        index.write(Batch(metas=[("1", (1, 2, 3, ["x"]))]))
        index_of(cache).unlink()
        index.write(Batch(metas=[("2", (1, 2, 3, ["x"]))]))
        assert index.notice == ""
        index.write(Batch(metas=[("3", (1, 2, 3, ["x"]))]))
        assert "3" in index.metas()
    assert index_of(cache).exists()


def test_damage_while_it_is_open(root: Path, cache: Path) -> None:
    first = answer(root)
    with opened(root) as store:
        path = index_of(cache)
        with path.open("r+b") as file:
            file.write(b"\xff" * path.stat().st_size)
        assert store.run_ids(QUERY).items == first[0]
        assert store.runs([run.run_id for run in first[1]], RunParts.ALL) == first[1]


def test_calls_that_come_after_it_was_closed_leave_the_file_alone(root: Path, cache: Path) -> None:
    answer(root)
    path = index_of(cache)
    index = Index(str(root.resolve()))
    assert index.metas()
    before = path.read_bytes(), path.stat().st_ino
    index.close()
    assert index.metas() == {}
    assert index.parts("params", [f"1/{run_id(0)}"]) == {}
    index.write(Batch(metas=[("1/x", (1, 2, 3, []))]))
    index.forget([f"1/{run_id(0)}"])
    index.close()
    assert (path.read_bytes(), path.stat().st_ino) == before
    assert (index.notice, index_file.error_code(sqlite3.ProgrammingError("closed"))) == ("", 0)


@pytest.mark.parametrize("kind", ["file", "directory", "link", "unwritable"])
def test_a_cache_that_cannot_be_used_costs_time_and_is_told_of(
    root: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    first = answer(root)
    if kind == "file":
        (tmp_path / "no-folder").write_text("x")
        monkeypatch.setenv(index_file.CACHE_VARIABLE, str(tmp_path / "no-folder"))
    elif kind == "unwritable":
        monkeypatch.setenv(index_file.CACHE_VARIABLE, "/proc/flowdeck")
    else:
        path = index_of(cache)
        path.rename(tmp_path / "elsewhere.db")
        if kind == "directory":
            path.mkdir()
        else:
            path.symlink_to(tmp_path / "elsewhere.db")
    ids, runs, notices = answer(root)
    assert (ids, runs) == first[:2]
    assert len(notices) == 1
    assert notices[0].startswith("what is read is not kept for the next time, which costs time: ")


def test_a_full_index_is_told_of(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "PAGES", 6)
    first = answer(root)
    assert first[0] == EXPECTED
    assert first[2] == ("not all that is read is kept for the next time: it is too much, or the disk is full",)


def test_an_index_that_another_process_writes_is_not_waited_for(root: Path, cache: Path) -> None:
    first = answer(root)
    path = root / "1" / run_id(0) / "tags" / "tag_0"
    with closing(sqlite3.connect(index_of(cache), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with opened(root) as store:
            path.write_text("changed")
            age(root)
            assert store.run_ids(QUERY).items == first[0]
            assert store.runs([run_id(0)], RunParts.TAGS)[0].tags["tag_0"] == "changed"
        other.execute("ROLLBACK")
    assert answer(root)[0] == first[0]


ASK = """
import sys
from store.entities import RunParts
from store.opening import open_store
from store.protocols import RunQuery
for turn in range(4):
    store = open_store(sys.argv[1])
    ids = store.run_ids(RunQuery(filter=f"metrics.metric_{turn % 3} > -1")).items
    runs = store.runs(ids, RunParts.ALL)
    assert all(len(run.params) == 3 and len(run.metrics) == 3 and not run.problems for run in runs), runs
    assert not store.info.notices, store.info.notices
    store.close()
print(len(ids))
"""


def test_several_processes_use_one_index(root: Path, cache: Path) -> None:
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    for process in asking:
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out.strip()) == (0, "12"), err
    with closing(sqlite3.connect(index_of(cache))) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone() == ("ok",)


def test_several_threads_use_one_store(root: Path) -> None:
    wanted = answer(root)
    found: list[object] = []
    with opened(root) as store:

        def ask() -> None:
            found.extend((store.run_ids(QUERY).items, store.runs([run_id(3)], RunParts.ALL)) for _ in range(5))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    same = [run for run in wanted[1] if run.run_id == run_id(3)]
    assert found == [(wanted[0], same)] * 20


def test_what_others_find_while_a_tree_is_read_is_not_forgotten(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(root)
    tree, batch = Tree(str(root)), Batch()
    experiments = tree.experiments(batch)
    _, runs = tree.runs(experiments, batch)
    first = next(runs)
    shutil.copytree(root / "1" / run_id(0), root / "1" / NEW)
    meta = root / "1" / NEW / "meta.yaml"
    meta.write_text(meta.read_text().replace(run_id(0), NEW))
    age(root)
    assert tree.find_run(NEW, experiments, batch) is not None
    assert len([first, *runs]) == 12
    with counted(monkeypatch) as opened_files:
        assert tree.find_run(NEW, experiments, batch) is not None
        assert [path for path in opened_files() if path.startswith(str(root))] == []
    tree.index.close()


def test_indexes_of_other_trees_go_when_they_are_old_or_too_many(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer(root)
    old, big, recent = (cache / f"{name}.db" for name in ("old", "big", "recent"))
    for path, age_s, size in ((old, 61 * 86_400, 10), (big, 3_600, 900_000), (recent, 60, 10)):
        path.write_bytes(b"x" * size)
        os.utime(path, (time.time() - age_s,) * 2)
    monkeypatch.setattr(index_file, "TOTAL_BYTES", 500_000)
    answer(root)
    assert [path.exists() for path in (old, big, recent, index_of_tree(root))] == [False, False, True, True]


def index_of_tree(root: Path) -> Path:
    return index_file.index_path(os.path.realpath(root))


def test_names_that_sqlite_cannot_hold_are_not_kept(tmp_path: Path) -> None:
    index = Index(str(tmp_path))
    entry = (1, 2, 3, "value")
    index.write(Batch(metas=[("1/\udcff", entry), ("1/a", entry)], values=[("params", "\udcff", "1/a", entry)]))
    assert list(index.metas()) == ["1/a"]
    assert index.values("params", "\udcff") == {}
    assert index.parts("params", ["1/\udcff"]) == {}
    index.forget(["1/\udcff", "1/a"])
    assert index.metas() == {}
    index.close()
