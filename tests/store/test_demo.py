"""The demo store: what is in it, that it is always the same, and that it is whole or not there."""

from __future__ import annotations

import json
import math
import os
import shutil
import sqlite3
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import pytest

from store.demo import build_demo, ensure_demo
from store.demo.cache import CACHE_VARIABLE, MARKER, cache_folder, content_version, is_whole
from store.demo.draft import HUGE
from store.errors import AccessDenied, StoreError
from tests.support.mlflow_client import ask_mlflow, digest_of, mlflow_python, schema_of

ROOT: Final = Path(__file__).parents[2]

READ: Final = "SELECT source_id, destination_id FROM inputs WHERE source_type = 'RUN_INPUT'"
"""Which run read which logged model."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that no test changes."""
    folder = tmp_path_factory.mktemp("demo") / "store"
    build_demo(folder)
    return folder


@pytest.fixture
def database(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{(folder / 'mlflow.db').as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache; a demo in it is the user's."""
    cache = tmp_path / "cache"
    monkeypatch.setenv(CACHE_VARIABLE, str(cache))
    return cache


def one(database: sqlite3.Connection, statement: str, *values: object) -> Any:
    """The first column of the first row."""
    return database.execute(statement, values).fetchone()[0]


def content(folder: Path) -> tuple[str, dict[str, bytes]]:
    """All rows as text without the folder's name, and all artifacts."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        dump = "\n".join(connection.iterdump()).replace(folder.as_posix(), "FOLDER")
    artifacts = folder / "mlruns"
    files = {str(path.relative_to(artifacts)): path.read_bytes() for path in artifacts.rglob("*") if path.is_file()}
    return dump, {path: data.replace(folder.as_posix().encode(), b"FOLDER") for path, data in files.items()}


class TestContent:
    def test_two_builds_are_equal(self, folder: Path, tmp_path: Path) -> None:
        build_demo(tmp_path / "again")
        assert content(folder) == content(tmp_path / "again")

    def test_a_build_in_another_process_is_equal(self, folder: Path, tmp_path: Path) -> None:
        again = tmp_path / "again"
        code = "import sys; from pathlib import Path; from store.demo import build_demo; build_demo(Path(sys.argv[1]))"
        environment = {**os.environ, "PYTHONHASHSEED": "17", "TZ": "Asia/Tokyo", "LC_ALL": "C"}
        subprocess.run([sys.executable, "-c", code, str(again)], cwd=ROOT, env=environment, check=True)
        assert content(folder) == content(again)

    def test_another_present_shifts_every_time(self, tmp_path: Path) -> None:
        path = build_demo(tmp_path / "later", now_ms=2_000_000_000_000)
        with closing(sqlite3.connect(path)) as connection:
            assert one(connection, "SELECT max(timestamp) FROM metrics") <= 2_000_000_000_000
            assert one(connection, "SELECT max(start_time) FROM runs") > 2_000_000_000_000 - 86_400_000

    def test_another_location_is_recorded(self, tmp_path: Path) -> None:
        path = build_demo(tmp_path / "here", location=Path("/elsewhere/demo"))
        with closing(sqlite3.connect(path)) as connection:
            uris = [uri for (uri,) in connection.execute("SELECT artifact_uri FROM runs")]
        assert all(uri.startswith("/elsewhere/demo/mlruns/") for uri in uris)

    def test_counts(self, database: sqlite3.Connection) -> None:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        assert len(tables) == 65
        counted = {
            "experiments": 7,
            "runs": 294,
            "metrics": 53_803,
            "registered_models": 3,
            "model_versions": 15,
            "registered_model_aliases": 6,
            "logged_models": 26,
            "datasets": 15,
            "workspaces": 1,
        }
        assert {table: one(database, f"SELECT count(*) FROM {table}") for table in counted} == counted
        assert one(database, "SELECT version_num FROM alembic_version") == "dc11669786a5"

    def test_every_status_and_stage_is_there(self, database: sqlite3.Connection) -> None:
        statuses = dict(database.execute("SELECT status, count(*) FROM runs GROUP BY status").fetchall())
        assert set(statuses) == {"FINISHED", "FAILED", "KILLED", "RUNNING", "SCHEDULED"}
        assert one(database, "SELECT count(*) FROM runs WHERE lifecycle_stage = 'deleted'") == 6
        assert one(database, "SELECT count(*) FROM experiments WHERE lifecycle_stage = 'deleted'") == 1
        stages = {stage for (stage,) in database.execute("SELECT current_stage FROM model_versions")}
        assert stages == {"None", "Staging", "Production", "Archived", "Deleted_Internal"}

    def test_only_live_runs_have_no_end(self, database: sqlite3.Connection) -> None:
        live = "status IN ('RUNNING', 'SCHEDULED')"
        assert one(database, f"SELECT count(*) FROM runs WHERE (end_time IS NULL) IS NOT ({live})") == 0
        assert one(database, "SELECT count(*) FROM runs WHERE end_time < start_time") == 0

    def test_nothing_happens_in_the_future(self, database: sqlite3.Connection) -> None:
        now = 1_795_165_200_000
        assert one(database, "SELECT max(timestamp) FROM metrics") <= now
        assert one(database, "SELECT max(end_time) FROM runs") <= now
        assert one(database, "SELECT max(last_updated_time) FROM model_versions") <= now

    def test_metrics_belong_to_the_life_of_their_run(self, database: sqlite3.Connection) -> None:
        early_or_late = (
            "SELECT count(*) FROM metrics JOIN runs USING (run_uuid)"
            " WHERE timestamp < start_time OR timestamp > end_time"
        )
        assert one(database, early_or_late) == 0

    def test_versions_are_registered_after_their_run(self, database: sqlite3.Connection) -> None:
        statement = (
            "SELECT count(*) FROM model_versions JOIN runs ON run_uuid = run_id"
            " WHERE creation_time < end_time OR last_updated_time < creation_time OR model_versions.status != 'READY'"
        )
        assert one(database, statement) == 0

    def test_the_odd_cases_are_there(self, database: sqlite3.Connection) -> None:
        longest = one(database, "SELECT max(n) FROM (SELECT count(*) n FROM metrics GROUP BY run_uuid, key)")
        assert longest == 20_000
        assert one(database, "SELECT min(step) FROM metrics") < 0
        assert one(database, "SELECT sum(is_nan) FROM metrics") > 0
        assert one(database, "SELECT count(*) FROM metrics WHERE value = ?", HUGE) > 0
        assert one(database, "SELECT count(*) FROM metrics WHERE value = ?", -HUGE) > 0
        assert one(database, "SELECT count(*) FROM latest_metrics WHERE is_nan AND value = 0") > 0
        assert one(database, "SELECT count(*) FROM params WHERE value = ''") > 0
        assert one(database, "SELECT max(length(value)) FROM params") > 5_000
        assert one(
            database, "SELECT count(*) FROM (SELECT 1 FROM runs WHERE name != '' GROUP BY name HAVING count(*) > 1)"
        )
        assert one(database, "SELECT count(*) FROM runs WHERE name IS NULL OR name = ''") == 3
        one_step = "SELECT 1 FROM metrics GROUP BY run_uuid, key HAVING count(*) > 50 AND max(step) = min(step)"
        assert one(database, f"SELECT count(*) FROM ({one_step})") > 0

    def test_better_settings_give_better_results(self, database: sqlite3.Connection) -> None:
        mean = (
            "SELECT avg(m.value) FROM latest_metrics m JOIN params p USING (run_uuid)"
            " WHERE m.key = 'mean_validation_auc' AND p.key = 'max_depth' AND p.value "
        )
        assert one(database, mean + "IN ('5', '6')") > one(database, mean + "IN ('3', '10')") + 0.005

    def test_runs_are_nested_four_levels_deep(self, database: sqlite3.Connection) -> None:
        parents = dict(database.execute("SELECT run_uuid, value FROM tags WHERE key = 'mlflow.parentRunId'").fetchall())

        def depth(run: str) -> int:
            return 1 + depth(parents[run]) if run in parents else 1

        assert max(map(depth, parents)) == 4
        assert set(parents.values()) <= {run for (run,) in database.execute("SELECT run_uuid FROM runs")}

    def test_latest_metrics_follow_the_rule_of_mlflow(self, database: sqlite3.Connection) -> None:
        greatest = (
            "SELECT run_uuid, key, step, timestamp, value, is_nan FROM (SELECT *, row_number() OVER"
            " (PARTITION BY run_uuid, key ORDER BY step DESC, timestamp DESC, value DESC) AS place FROM metrics)"
            " WHERE place = 1 ORDER BY run_uuid, key"
        )
        latest = "SELECT run_uuid, key, step, timestamp, value, is_nan FROM latest_metrics ORDER BY run_uuid, key"
        assert database.execute(greatest).fetchall() == database.execute(latest).fetchall()

    def test_the_database_is_sound(self, database: sqlite3.Connection) -> None:
        assert one(database, "PRAGMA integrity_check") == "ok"
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        assert one(database, "PRAGMA journal_mode") == "delete"

    def test_values_fit_their_columns_on_every_database(self, database: sqlite3.Connection) -> None:
        limits = {"params": 6_000, "tags": 8_000, "experiment_tags": 20_000, "registered_model_tags": 5_000}
        for table, limit in limits.items():
            assert one(database, f"SELECT max(length(value)) FROM {table}") <= limit
            assert one(database, f"SELECT max(length(key)) FROM {table}") <= 250

    def test_artifacts_are_where_the_database_says(self, folder: Path, database: sqlite3.Connection) -> None:
        uris = [uri for (uri,) in database.execute("SELECT artifact_uri FROM runs")]
        models = database.execute("SELECT artifact_location FROM logged_models WHERE status = 2").fetchall()
        versions = database.execute("SELECT storage_location FROM model_versions").fetchall()
        assert all(uri.startswith(folder.as_posix()) for uri in uris)
        assert all((Path(location) / "MLmodel").is_file() for (location,) in models + versions)
        files = [path for path in folder.rglob("*") if path.is_file() and path.name != "mlflow.db"]
        roots = {Path(root) for root in uris} | {Path(location) for (location,) in models}
        assert all(roots & set(path.parents) for path in files)
        assert {path.name for path in files} >= {"MLmodel", "conda.yaml", "requirements.txt", "model.pkl", "notes.md"}
        assert max(path.stat().st_size for path in files) == 300_000

    def test_pictures_are_valid_png(self, folder: Path) -> None:
        pictures = list(folder.rglob("*.png"))
        assert len(pictures) > 10
        for picture in pictures:
            data = picture.read_bytes()
            assert data.startswith(b"\x89PNG\r\n\x1a\n")
            position, chunks = 8, {}
            while position < len(data):
                length, kind = struct.unpack(">I4s", data[position : position + 8])
                body = data[position + 8 : position + 8 + length]
                (checksum,) = struct.unpack(">I", data[position + 8 + length : position + 12 + length])
                assert checksum == zlib.crc32(kind + body)
                chunks[kind] = body
                position += 12 + length
            width, height, depth, colour = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
            assert (depth, colour) == (8, 3)
            pixels = zlib.decompress(chunks[b"IDAT"])
            assert len(pixels) == height * (width + 1)
            assert max(pixels) < len(chunks[b"PLTE"]) // 3
            assert len(set(pixels)) > 3


@pytest.mark.long
class TestCache:
    def test_it_is_made_once_and_used_again(self, cache: Path) -> None:
        path = ensure_demo()
        assert path == cache / f"demo-{content_version()}" / "mlflow.db"
        stamp = path.stat().st_mtime_ns
        assert ensure_demo() == path
        assert path.stat().st_mtime_ns == stamp
        assert os.listdir(cache) == [path.parent.name]

    def test_artifacts_are_recorded_under_their_final_place(self, cache: Path) -> None:
        path = ensure_demo()
        with closing(sqlite3.connect(path)) as connection:
            assert one(connection, "SELECT artifact_location FROM experiments WHERE experiment_id = 1") == (
                f"{path.parent.as_posix()}/mlruns/1"
            )

    def test_changes_by_the_user_are_kept(self, cache: Path) -> None:
        path = ensure_demo()
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE model_versions SET current_stage = 'Archived'")
        ensure_demo()
        with closing(sqlite3.connect(path)) as connection:
            assert one(connection, "SELECT count(*) FROM model_versions WHERE current_stage != 'Archived'") == 0

    def test_a_writer_at_work_does_not_make_it_look_damaged(self, cache: Path) -> None:
        path = ensure_demo()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            assert is_whole(path.parent)

    @pytest.mark.parametrize(
        "damage", ["truncated", "emptied", "overwritten", "not a database", "no marker", "artifact lost", "a file"]
    )
    def test_a_damaged_one_is_made_again(self, cache: Path, damage: str) -> None:
        path = ensure_demo()
        whole = path.read_bytes()
        match damage:
            case "truncated":
                path.write_bytes(whole[: len(whole) // 2])
            case "emptied":
                path.write_bytes(b"")
            case "overwritten":
                middle = len(whole) // 8192 * 4096
                path.write_bytes(whole[:middle] + b"\xff" * 40_960 + whole[middle + 40_960 :])
            case "not a database":
                path.write_bytes(b"no database" * 1000)
            case "no marker":
                (path.parent / MARKER).unlink()
            case "artifact lost":
                next(path.parent.rglob("*.png")).unlink()
            case _:
                shutil.rmtree(path.parent)
                path.parent.write_text("in the way")
        assert not is_whole(path.parent)
        assert ensure_demo() == path
        assert is_whole(path.parent)
        assert os.listdir(cache) == [path.parent.name]

    def test_a_copied_cache_is_made_again(self, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ensure_demo()
        copy = tmp_path / "copy"
        shutil.copytree(cache, copy)
        monkeypatch.setenv(CACHE_VARIABLE, str(copy))
        with closing(sqlite3.connect(ensure_demo())) as connection:
            assert one(connection, "SELECT artifact_uri FROM runs").startswith(copy.as_posix())

    def test_a_killed_start_leaves_nothing_to_be_mistaken_for_a_demo(self, cache: Path) -> None:
        code = (
            "import os, store.demo.build as build\n"
            "write = build.write_database\n"
            "def half(path, rows):\n"
            "    write(path, rows)\n"
            "    os.truncate(path, 1_000_000)\n"
            "    os._exit(9)\n"
            "build.write_database = half\n"
            "from store.demo import ensure_demo\n"
            "ensure_demo()\n"
        )
        assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 9
        (left,) = cache.iterdir()
        assert ".partial-" in left.name
        assert not is_whole(cache / f"demo-{content_version()}")

        path = ensure_demo()
        assert is_whole(path.parent)
        assert left.exists(), "it could belong to a start that is under way"

        os.utime(left, (1_600_000_000, 1_600_000_000))
        (path.parent / MARKER).unlink()
        ensure_demo()
        assert not left.exists()

    def test_an_exception_leaves_nothing(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*arguments: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr("store.demo.build.write_database", full)
        with pytest.raises(StoreError, match="disk is full") as caught:
            ensure_demo()
        assert CACHE_VARIABLE in caught.value.hint
        assert os.listdir(cache) == []

    def test_processes_that_start_together_share_one(self, cache: Path) -> None:
        code = (
            "import sqlite3; from store.demo import ensure_demo; path = ensure_demo()\n"
            "print(path, sqlite3.connect(path).execute('SELECT count(*) FROM runs').fetchone()[0])"
        )
        command = [sys.executable, "-c", code]
        started = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, encoding="utf-8") for _ in range(6)]
        answers = {process.communicate(timeout=100)[0].strip() for process in started}
        assert [process.returncode for process in started] == [0] * 6
        folder = cache / f"demo-{content_version()}"
        assert answers == {f"{folder / 'mlflow.db'} 294"}
        assert is_whole(folder)
        assert os.listdir(cache) == [folder.name]

    def test_processes_that_find_damage_together_share_one(self, cache: Path) -> None:
        folder = ensure_demo().parent
        (folder / "mlflow.db").write_bytes(b"damaged")
        command = [sys.executable, "-c", "from store.demo import ensure_demo; ensure_demo()"]
        started = [subprocess.Popen(command, cwd=ROOT) for _ in range(6)]
        assert [process.wait(timeout=100) for process in started] == [0] * 6
        assert is_whole(folder)
        assert os.listdir(cache) == [folder.name]

    def test_demos_of_other_versions_go_after_a_month(self, cache: Path) -> None:
        for name in ("demo-recent", "demo-old", "unrelated-old"):
            (cache / name / "inside").mkdir(parents=True)
            if name.endswith("old"):
                os.utime(cache / name, (1_600_000_000, 1_600_000_000))
        folder = ensure_demo().parent
        assert set(os.listdir(cache)) == {"demo-recent", "unrelated-old", folder.name}

    def test_a_cache_that_may_not_be_written_is_an_error_with_a_hint(self, tmp_path: Path, cache: Path) -> None:
        cache.write_text("a file where the folder should be")
        with pytest.raises(StoreError) as caught:
            ensure_demo()
        assert str(cache) in caught.value.message
        assert CACHE_VARIABLE in caught.value.hint

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
    def test_a_forbidden_cache_is_access_denied(self, cache: Path) -> None:
        cache.mkdir(mode=0o500)
        with pytest.raises(AccessDenied):
            ensure_demo()

    def test_a_refusal_is_access_denied(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*arguments: object, **settings: object) -> str:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("tempfile.mkdtemp", refuse)
        with pytest.raises(AccessDenied, match="Permission denied"):
            ensure_demo()

    def test_without_the_variable_it_lies_in_the_cache_of_the_user(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv(CACHE_VARIABLE, raising=False)
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        monkeypatch.setenv("HOME", str(tmp_path))
        assert cache_folder().is_relative_to(tmp_path)
        assert cache_folder().name == "flowdeck"

    def test_importing_the_demo_loads_no_driver(self) -> None:
        code = "import sys, store.demo; print(*{'sqlalchemy', 'platformdirs', 'numpy', 'mlflow'} & set(sys.modules))"
        answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
        assert answer.stdout.strip() == ""


@pytest.fixture(scope="module")
def copy(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copy(folder / "mlflow.db", tmp_path_factory.mktemp("mlflow")))


@pytest.fixture(scope="module")
def wanted(copy: Path) -> dict[str, tuple[str, str]]:
    """Some (run id, metric key)."""
    with closing(sqlite3.connect(copy)) as connection:
        rows = connection.execute(
            "SELECT name, run_uuid, key FROM runs JOIN latest_metrics USING (run_uuid) WHERE (name, key) IN (VALUES"
            " ('resnet18-every-batch', 'batch/loss'), ('resnet18-lr-3.0', 'train/loss'),"
            " ('resnet18-lr-3.0', 'grad_norm'), ('resnet18-lr-3.0', 'val/acc'), ('polite-yak-163', 'loss'))"
        )
        return {f"{name}: {key}": (run, key) for name, run, key in rows}


@pytest.fixture(scope="module")
def artifact(copy: Path) -> tuple[str, str]:
    with closing(sqlite3.connect(copy)) as connection:
        return one(connection, "SELECT run_uuid FROM runs WHERE name = 'resnet50-cosine'"), "confusion_matrix.json"


@pytest.fixture(scope="module")
def report(copy: Path, wanted: dict[str, tuple[str, str]], artifact: tuple[str, str]) -> Any:
    python, before = mlflow_python(), digest_of(copy)
    with closing(sqlite3.connect(copy)) as connection:
        readers = sorted({run for run, _ in connection.execute(READ)})
    report = ask_mlflow(python, copy, histories=list(wanted.values()), readers=readers, artifact=artifact)
    report["unchanged"] = digest_of(copy) == before
    return report


@pytest.mark.long
@pytest.mark.xdist_group("demo-mlflow")  # whose one answer all of them look at
class TestMlflowReadsIt:
    """MLflow's own client reads what is in the database, and does not change a byte of it."""

    def test_release(self, report: Any) -> None:
        assert report["version"].startswith("3.17.")

    def test_reading_changed_nothing(self, report: Any) -> None:
        assert report["unchanged"]

    def test_the_schema_is_that_of_a_fresh_database(self, folder: Path, report: Any) -> None:
        assert schema_of(folder / "mlflow.db") == report["schema"]

    def test_experiments(self, database: sqlite3.Connection, report: Any) -> None:
        expected = {
            str(number): [name, stage, pairs(database, "experiment_tags", "experiment_id", number)]
            for number, name, stage in database.execute("SELECT experiment_id, name, lifecycle_stage FROM experiments")
        }
        assert report["experiments"] == expected

    def test_runs(self, database: sqlite3.Connection, report: Any) -> None:
        rows = database.execute(
            "SELECT run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri FROM runs"
        ).fetchall()
        assert set(report["runs"]) == {row[0] for row in rows}
        for run_id, name, status, start, end, stage, uri in rows:
            run = report["runs"][run_id]
            assert (run["name"] or "") == (name or run["tags"].get("mlflow.runName", ""))
            assert [run["status"], run["times"], run["stage"], run["artifact_uri"]] == [
                status,
                [start, end],
                stage,
                uri,
            ]
            assert run["params"] == pairs(database, "params", "run_uuid", run_id)
            assert run["tags"] == pairs(database, "tags", "run_uuid", run_id)
            latest = database.execute(
                "SELECT key, value, timestamp, step, is_nan FROM latest_metrics WHERE run_uuid = ?", (run_id,)
            )
            expected = {key: [None if nan else value, time, step] for key, value, time, step, nan in latest}
            got = {key: [None if math.isnan(value) else value, *rest] for key, (value, *rest) in run["metrics"].items()}
            assert got == expected

    def test_datasets_and_models_of_runs(self, database: sqlite3.Connection, report: Any) -> None:
        datasets = database.execute(
            "SELECT destination_id, d.name, digest, value FROM inputs JOIN datasets d ON dataset_uuid = source_id"
            " JOIN input_tags USING (input_uuid) WHERE source_type = 'DATASET'"
        ).fetchall()
        assert sorted(datasets) == sorted((i, *d) for i, run in report["runs"].items() for d in run["datasets"])
        read: dict[str, list[str]] = {}
        for run, model in database.execute(f"{READ} ORDER BY destination_id"):
            read.setdefault(run, []).append(model)
        assert [len(models) for models in read.values()] == [2, 2]
        assert report["models_read"] == read
        written = database.execute(
            "SELECT source_id, destination_id, step FROM inputs WHERE source_type = 'RUN_OUTPUT'"
        ).fetchall()
        assert len(written) == 26
        assert sorted(written) == sorted((i, *m) for i, run in report["runs"].items() for m in run["models_written"])

    def test_histories(self, database: sqlite3.Connection, wanted: dict[str, tuple[str, str]], report: Any) -> None:
        assert len(wanted) == 5
        statement = "SELECT step, timestamp, value, is_nan FROM metrics WHERE run_uuid = ? AND key = ?"
        for asked, answer in zip(wanted.values(), report["histories"], strict=True):
            rows = database.execute(f"{statement} ORDER BY timestamp, step, value", asked)
            expected = [(step, time, None if nan else value) for step, time, value, nan in rows]
            assert [(step, time, None if math.isnan(value) else value) for step, time, value in answer] == expected

    def test_registered_models(self, database: sqlite3.Connection, report: Any) -> None:
        expected = {
            name: {
                "description": description or "",
                "tags": pairs(database, "registered_model_tags", "name", name),
                "aliases": pairs(database, "registered_model_aliases", "name", name, "alias", "version"),
            }
            for name, description in database.execute("SELECT name, description FROM registered_models")
        }
        got = {
            name: {**model, "description": model["description"] or "", "aliases": numbers(model["aliases"])}
            for name, model in report["registered_models"].items()
        }
        assert got == expected

    def test_model_versions(self, database: sqlite3.Connection, report: Any) -> None:
        tags: dict[str, dict[str, str]] = {}
        for name, version, key, value in database.execute("SELECT name, version, key, value FROM model_version_tags"):
            tags.setdefault(f"{name}/{version}", {})[key] = value
        rows = database.execute(
            "SELECT name || '/' || version, current_stage, status, source, run_id, description FROM model_versions"
            " WHERE current_stage != 'Deleted_Internal'"
        )
        expected = {version: [*rest, description or "", tags.get(version, {})] for version, *rest, description in rows}
        got = {v: [*rest, description or "", own] for v, (*rest, description, own) in report["model_versions"].items()}
        assert got == expected

    def test_logged_models(self, database: sqlite3.Connection, report: Any) -> None:
        statuses = {1: "PENDING", 2: "READY", 3: "FAILED"}
        rows = database.execute(
            "SELECT model_id, name, source_run_id, status, artifact_location FROM logged_models"
        ).fetchall()
        assert set(report["logged_models"]) == {row[0] for row in rows}
        for model, name, run, status, location in rows:
            assert report["logged_models"][model] == [
                name,
                run,
                statuses[status],
                location,
                pairs(database, "logged_model_params", "model_id", model, "param_key", "param_value"),
                pairs(database, "logged_model_tags", "model_id", model, "tag_key", "tag_value"),
                pairs(database, "logged_model_metrics", "model_id", model, "metric_name", "metric_value"),
            ]

    def test_artifacts(self, folder: Path, artifact: tuple[str, str], report: Any) -> None:
        run_id, path = artifact
        root = folder / "mlruns" / "2" / run_id / "artifacts"
        files = [file for file in root.rglob("*") if file.is_file()]
        expected = sorted([file.relative_to(root).as_posix(), file.stat().st_size] for file in files)
        assert report["artifacts"] == expected
        assert report["downloaded"] == digest_of(root / path)
        assert json.loads((root / path).read_bytes())["columns"][0] == "true class"


def pairs(
    database: sqlite3.Connection, table: str, owner: str, value: object, key: str = "key", content: str = "value"
) -> dict[str, Any]:
    return dict(database.execute(f"SELECT {key}, {content} FROM {table} WHERE {owner} = ?", (value,)).fetchall())


def numbers(aliases: dict[str, str]) -> dict[str, int]:
    """MLflow's client gives a version's number as text or as a number, depending on the call."""
    return {alias: int(version) for alias, version in aliases.items()}
