"""`flowdeck runs --to FILE`, and Parquet."""

from __future__ import annotations

import csv
import io
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import pytest

from store.entities import Metric, Run, RunParts
from store.errors import StoreBusy
from store.opening import open_store
from store.protocols import RunKeys
from tests.support.cli import invoke, process
from tests.support.counting import CountingStore
from tests.support.crafted import Crafted
from tests.support.fake_store import FakeStore
from tests.support.parquet import need_pyarrow, read_parquet
from tui import run_reading
from tui.run_reading import RunReading
from tui.view.export import TEXTS

ROOT = Path(__file__).resolve().parents[2]

COLUMNS = ("-c", "run_name", "-c", "start_time", "-c", "duration", "-c", "max(metrics.rmse)", "-c", "params.alpha")


@pytest.fixture
def store(stores: Path) -> Path:
    return stores / "3.17.2" / "mlflow.db"


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize("columns", [(), COLUMNS], ids=["all", "chosen"])
@pytest.mark.parametrize("format_", TEXTS)
def test_a_file_has_what_is_printed(store: Path, tmp_path: Path, format_: str, columns: tuple[str, ...]) -> None:
    printed = invoke("runs", "-s", store, "-n", 0, "-o", format_, *columns)
    result = invoke("runs", "-s", store, "-n", 0, "-o", format_, *columns, "--to", tmp_path / "runs")
    assert (result.code, result.out, result.err) == (0, b"", printed.err)
    assert (tmp_path / "runs").read_bytes() == printed.out
    assert names(tmp_path) == ["runs"]


@pytest.mark.parametrize(
    ("name", "format_"),
    [
        ("a.csv", "csv"),
        ("a.JSON", "json"),
        ("a.ndjson", "ndjson"),
        ("a.jsonl", "ndjson"),
        ("a.md", "md"),
        ("a", "table"),
    ],
)
def test_the_name_of_the_file_tells_the_format(store: Path, tmp_path: Path, name: str, format_: str) -> None:
    assert invoke("runs", "-s", store, "-O", tmp_path / name).code == 0
    assert (tmp_path / name).read_bytes() == invoke("runs", "-s", store, "-o", format_ or "table").out
    assert invoke("runs", "-s", store, "-o", "ndjson", "-O", tmp_path / name, "--force").code == 0
    assert (tmp_path / name).read_bytes() == invoke("runs", "-s", store, "-o", "ndjson").out


def test_a_name_of_no_known_format_is_wrong_usage(store: Path, tmp_path: Path) -> None:
    result = invoke("runs", "-s", store, "--to", tmp_path / "a.xyz")
    assert (result.code, names(tmp_path)) == (2, [])
    assert "no format is called .xyz" in result.err
    assert "-o names one for any file" in result.err
    assert invoke("runs", "-s", store, "-o", "csv", "--to", tmp_path / "a.xyz").code == 0


def test_a_file_is_not_cut_to_the_terminal(store: Path, tmp_path: Path) -> None:
    narrow = {"COLUMNS": "40", "NO_COLOR": "1"}
    result = invoke("runs", "-s", store, "--to", tmp_path / "runs.txt", terminal=True, environ=narrow)
    assert (result.code, result.out) == (0, b"")
    assert "no room" not in result.err
    assert (tmp_path / "runs.txt").read_bytes() == invoke("runs", "-s", store).out


def test_a_file_that_is_there_is_replaced_only_with_force(store: Path, tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("before")
    refused = invoke("runs", "-s", store, "--to", path)
    assert (refused.code, refused.out) == (2, b"")
    assert "runs.csv exists already, and was not changed" in refused.err
    assert "--force replaces it" in refused.err
    assert path.read_text() == "before"
    assert invoke("runs", "-s", store, "--to", path, "--force").code == 0
    assert path.read_bytes() == invoke("runs", "-s", store, "-o", "csv").out
    assert names(tmp_path) == ["runs.csv"]


def test_force_without_a_file_is_wrong_usage(store: Path) -> None:
    result = invoke("runs", "-s", store, "--force")
    assert (result.code, result.out) == (2, b"")
    assert "--to FILE" in result.err


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("nowhere/runs.csv", "there is no such folder"),
        ("file/runs.csv", "there is no such folder"),
        ("x" * 300, "that name is too long"),
        ("/sys/runs.csv", "may not be written to"),
        ("/proc/runs.csv", "no file can be made in that folder"),
        ("/dev/full", "is no file"),
    ],
)
def test_a_file_that_cannot_be_written_is_told(store: Path, tmp_path: Path, path: str, told: str) -> None:
    (tmp_path / "file").write_text("")
    result = invoke("runs", "-s", store, "--force", "--to", tmp_path / path)
    assert result.code == 3
    assert told in result.err
    assert "name" in result.err.splitlines()[1]
    assert names(tmp_path) == ["file"]


def test_what_cannot_be_asked_of_the_store_leaves_no_file(store: Path, tmp_path: Path) -> None:
    for arguments in (("-f", "metrics.."), ("-e", "nothing is called that")):
        assert invoke("runs", "-s", store, *arguments, "--to", tmp_path / "runs.csv").code == 2
        assert names(tmp_path) == []


@dataclass
class Failing(FakeStore):
    """Fails once so many runs were read."""

    after: int = 0

    def runs(
        self, run_ids: Sequence[str], parts: RunParts, cancel: Event | None = None, keys: RunKeys | None = None
    ) -> list[Run]:
        self.after -= len(run_ids)
        if self.after < 0:
            raise StoreBusy("the database is locked", "try again")
        return super().runs(run_ids, parts, cancel, keys)


def many(count: int) -> tuple[Run, ...]:
    return tuple(
        Run(f"{number:032x}", f"run-{number}", "0", "FINISHED", number, number + 5, "active", "s3://b", "ada")
        for number in range(count)
    )


@pytest.mark.parametrize("format_", [*TEXTS, "parquet"])
def test_a_store_that_fails_half_way_leaves_no_file(
    served: Callable[[FakeStore], FakeStore], tmp_path: Path, format_: str
) -> None:
    if format_ == "parquet":
        need_pyarrow()
    served(Failing(all_runs=many(1500), after=1000))
    result = invoke("runs", "-n", 0, "-o", format_, "-c", "run_name", "--to", tmp_path / "runs")
    assert result.code == 3
    assert "the database is locked" in result.err
    assert names(tmp_path) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_command_that_is_ended_leaves_no_file(demo: Path, tmp_path: Path, number: int) -> None:
    program = tmp_path / "slow.py"
    program.write_text(
        "import sys, time\n"
        "from tui import run_reading\n"
        "from tui.cli import entry\n"
        "plain = run_reading.RunReading._watch\n"
        "def slow(self, runs):\n"
        "    plain(self, runs)\n"
        "    print('reading', file=sys.stderr, flush=True)\n"
        "    time.sleep(60)\n"
        "run_reading.RunReading._watch = slow\n"
        "entry.run()\n"
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    command = [sys.executable, str(program), "runs", "-s", str(demo), "-n", "0", "--to", str(folder / "runs.csv")]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=env) as running:
        assert running.stderr is not None
        assert running.stderr.readline() == b"reading\n"
        assert len(names(folder)) == 1
        running.send_signal(number)
        assert running.wait(30) == 128 + number
    assert names(folder) == []


# Parquet


def test_parquet_has_types_and_can_be_read_back(tmp_path: Path) -> None:
    need_pyarrow()
    import pyarrow as pa

    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.run("1" * 32, "one", start=1_700_000_000_123, metrics={"acc": 0.1, "inf": math.inf}, params={"lr": "1e-3"})
    crafted.run("2" * 32, "é中🚀", start=1_600_000_000_000, params={"lr": ""}, tags={"team": "a\x00b"})
    path = tmp_path / "runs.parquet"
    assert invoke("runs", "-s", crafted.database, "--to", path).code == 0
    table = read_parquet(path)
    types = dict(zip(table.schema.names, table.schema.types, strict=True))
    assert types["run_name"] == types["params.lr"] == types["tags.team"] == pa.string()
    assert types["metrics.acc"] == pa.float64()
    assert types["start_time"] == types["deleted_time"] == pa.timestamp("ms", tz="UTC")
    one, two = table.to_pylist()
    assert one["run_name"] == "one"
    assert one["start_time"] == datetime.fromtimestamp(1_700_000_000.123, UTC).replace(microsecond=123_000)
    assert (one["metrics.acc"], one["metrics.inf"], one["deleted_time"]) == (0.1, math.inf, None)
    assert (two["run_name"], two["params.lr"], two["tags.team"]) == ("é中🚀", "", "a\x00b")
    assert two["metrics.acc"] is None


@pytest.mark.parametrize("columns", [(), (*COLUMNS, "-c", "experiment", "-c", "metrics.nan_metric")])
def test_parquet_has_what_csv_has(store: Path, tmp_path: Path, columns: tuple[str, ...]) -> None:
    need_pyarrow()
    path = tmp_path / "runs"
    assert invoke("runs", "-s", store, "-n", 0, *columns, "-o", "parquet", "--to", path).code == 0
    rows = list(csv.reader(io.StringIO(invoke("runs", "-s", store, "-n", 0, *columns, "-o", "csv").text, newline="")))
    table = read_parquet(path)
    assert table.schema.names == rows[0]

    def plain(value: object) -> str:
        if isinstance(value, float) and not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        if isinstance(value, datetime):
            return str(round(value.timestamp() * 1000))
        return "" if value is None else str(value)

    assert [[plain(value) for value in row.values()] for row in table.to_pylist()] == rows[1:]


def test_parquet_is_written_in_groups_of_rows(
    served: Callable[[FakeStore], FakeStore], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need_pyarrow()
    import pyarrow.parquet

    monkeypatch.setattr("tui.parquet.ROWS_IN_A_GROUP", 1000)
    served(FakeStore(all_runs=many(2700)))
    path = tmp_path / "runs.parquet"
    assert invoke("runs", "-n", 0, "-c", "run_name", "-c", "duration", "--to", path).code == 0
    file = pyarrow.parquet.ParquetFile(path)
    assert [file.metadata.row_group(place).num_rows for place in range(file.num_row_groups)] == [1000, 1000, 700]
    table = file.read()
    assert table["run_name"].to_pylist() == [f"run-{number}" for number in range(2700)]
    assert set(table["duration"].to_pylist()) == {5}


def test_parquet_of_no_runs_has_columns(store: Path, tmp_path: Path) -> None:
    need_pyarrow()
    path = tmp_path / "runs.parquet"
    assert invoke("runs", "-s", store, "-f", "metrics.acc > 1e9", "-c", "metrics.acc", "--to", path).code == 0
    table = read_parquet(path)
    assert (table.schema.names, table.num_rows) == (["metrics.acc"], 0)


def test_a_column_that_is_named_twice_is_in_parquet_once(store: Path, tmp_path: Path) -> None:
    need_pyarrow()
    path = tmp_path / "runs.parquet"
    assert invoke("runs", "-s", store, "-c", "status", "-c", "run_name", "-c", "status", "--to", path).code == 0
    assert read_parquet(path).schema.names == ["status", "run_name"]


def test_parquet_goes_to_a_pipe_but_not_to_a_terminal(store: Path, tmp_path: Path) -> None:
    need_pyarrow()
    refused = invoke("runs", "-s", store, "-o", "parquet", terminal=True, environ={"NO_COLOR": "1"})
    assert (refused.code, refused.out) == (2, b"")
    assert "nothing that a terminal can show" in refused.err
    assert "--to runs.parquet" in refused.err
    piped = process("runs", "-s", store, "-o", "parquet")
    assert piped.code == 0
    (tmp_path / "runs.parquet").write_bytes(piped.out)
    assert read_parquet(tmp_path / "runs.parquet").num_rows == 5


def test_without_pyarrow_it_is_said_what_to_install(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.parquet.parquet_possible", lambda: False)
    result = invoke("runs", "-s", store, "--to", tmp_path / "runs.parquet")
    assert result.code == 3
    assert "pip install 'flowdeck[parquet]'" in result.err
    assert names(tmp_path) == []


def test_commands_that_print_texts_have_no_parquet(store: Path) -> None:
    for arguments in (("-o", "parquet", "experiments"), ("experiments", "-o", "parquet")):
        result = invoke(*arguments, "-s", store)
        assert (result.code, result.out) == (2, b"")
        assert "parquet" in result.err


# Memory


def test_runs_are_read_in_portions_and_wide_ones_fewer_at_a_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run_reading, "RUNS_AT_ONCE", 8)
    monkeypatch.setattr(run_reading, "VALUES_AT_ONCE", 20)
    crafted = Crafted(tmp_path / "mlflow.db")
    for number in range(30):
        crafted.run(f"{number:032x}", f"run-{number}", params={f"p{place}": "x" for place in range(10)})
    store = CountingStore(open_store(str(crafted.database)))
    try:
        ids = [f"{number:032x}" for number in range(30)]
        told: list[tuple[str, int]] = []
        reading = RunReading(store, ids, told=lambda what, done: told.append((what, done)))
        assert [run.run_id for run in reading.runs(RunParts.PARAMS)] == ids
    finally:
        store.inner.close()
    assert [len(call.arguments[0]) for call in store.calls if call.name == "runs"] == [8, *[2] * 11]
    assert told[0] == ("exporting", 8)
    assert told[-1] == ("exporting", 30)
    assert reading.seen == 30


def test_a_metric_that_is_no_number_is_told_as_json_has_it(served: Callable[[FakeStore], FakeStore]) -> None:
    (one,) = many(1)
    metrics = {"n": Metric("n", math.nan, 1, 1), "i": Metric("i", -math.inf, 1, 1)}
    served(FakeStore(all_runs=(replace(one, metrics=metrics),)))
    columns = ("-c", "metrics.n", "-c", "metrics.i")
    assert invoke("runs", "-o", "csv", *columns).text.splitlines()[1] == "NaN,-Infinity"
    assert json.loads(invoke("runs", "-o", "ndjson", *columns).text)["metrics"] == {"n": "NaN", "i": "-Infinity"}
