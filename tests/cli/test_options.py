"""Which store, which order, how many: options mean the same wherever they stand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.cli import Result, invoke, process
from tests.support.crafted import Crafted
from tui.cli.diagnostics import ExitCode
from tui.cli.run_columns import parse_column
from tui.cli.sort_keys import order_by
from tui.view.fields import RunField


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("metrics.rmse", "metrics.rmse"),
        ("metrics.rmse:desc", "metrics.rmse DESC"),
        ("metrics.rmse:ASC", "metrics.rmse ASC"),
        ("metrics.rmse DESC", "metrics.rmse DESC"),
        ("metrics.`a:b`:desc", "metrics.`a:b` DESC"),
        ("metrics.`a:desc`", "metrics.`a:desc`"),
        ("metrics.a:b", "metrics.`a:b`"),
        ("metrics.val/loss", "metrics.`val/loss`"),
        ("metrics.top 5 accuracy:desc", "metrics.`top 5 accuracy` DESC"),
        ("metrics.a b", "metrics.a b"),
        ('params."a-b":asc', 'number(params."a-b") ASC'),
        ("params.lr", "number(params.lr)"),
        ("params.val/loss:desc", "number(params.`val/loss`) DESC"),
        ("params.lr DESC", "params.lr DESC"),
        ("tags.version", "tags.version"),
        ("max(metrics.acc):desc", "max(metrics.acc) DESC"),
        ("at(metrics.acc, 100):asc", "at(metrics.acc, 100) ASC"),
        ("duration:desc", "duration DESC"),
        ("name:desc", "name DESC"),
        (":desc", ":desc"),
        ("metrics.a:updown", "metrics.`a:updown`"),
        ("metrics.`a:up`", "metrics.`a:up`"),
        ('metrics."a:" DESC', 'metrics."a:" DESC'),
    ],
)
def test_sort_keys(given: str, meant: str) -> None:
    assert order_by(given) == meant


@pytest.mark.parametrize(
    ("given", "told", "hint"),
    [
        ("metrics.rmse:up", "“up” is no direction", "did you mean “metrics.rmse:asc”?"),
        ("metrics.rmse:DOWN", "“down” is no direction", "did you mean “metrics.rmse:desc”?"),
        ("start_time:ascending", "“ascending” is no direction", "did you mean “start_time:asc”?"),
        ("metrics.a:b:descending", "“descending” is no direction", "did you mean “metrics.a:b:desc”?"),
        ("metrics.`a`:dsc", "“dsc” is no direction", "did you mean “metrics.`a`:desc”?"),
        ("metrics.rmse:", "no direction follows the colon", "“metrics.rmse:asc” or “metrics.rmse:desc”?"),
    ],
)
def test_what_is_meant_as_a_direction_and_is_none_is_refused(three: Path, given: str, told: str, hint: str) -> None:
    for command in ("runs", "experiments"):
        result = invoke(command, "--sort", given, "-s", three)
        assert (result.code, result.out) == (2, b"")
        assert told in result.err
        assert hint in result.err


def test_a_key_that_ends_like_a_direction_is_quoted(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    for place, value in enumerate((2.0, 3.0)):
        crafted.run(f"{place}" * 32, f"run-{place}", metrics={"a:up": value})
    refused = invoke("runs", "--sort", "metrics.a:up", "-s", crafted.database)
    assert refused.code == 2
    assert "a key that ends like that is quoted: metrics.`a:up`" in refused.err
    common = ("runs", "-o", "json", "-s", crafted.database, "--sort")
    assert names(invoke(*common, "metrics.`a:up`")) == ["run-0", "run-1"]
    assert names(invoke(*common, "metrics.`a:up`:desc")) == ["run-1", "run-0"]
    assert names(invoke(*common, "metrics.a:up:desc")) == ["run-1", "run-0"]


@pytest.mark.parametrize(
    ("given", "column"),
    [
        ("metrics.val/loss", RunField("metrics", "val/loss")),
        ("metric.`val/loss`", RunField("metrics", "val/loss")),
        ('params."a.b"', RunField("params", "a.b")),
        ("tags.mlflow.user", RunField("tags", "mlflow.user")),
        ("status", RunField("attributes", "status")),
        ("attributes.run_name", RunField("attributes", "run_name")),
        ("params.status", RunField("params", "status")),
    ],
)
def test_columns(given: str, column: RunField) -> None:
    assert parse_column(given) == column


@pytest.fixture
def three(tmp_path: Path) -> Path:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.experiment(1, "one")
    for place, value in enumerate((2.0, 3.0, 1.0)):
        crafted.run(f"{place}" * 32, f"run-{place}", experiment=place % 2, start=1000 + place, metrics={"a:b": value})
    return crafted.database


def names(result: Result) -> list[str]:
    assert result.code == 0
    return [run["run_name"] for run in result.json]


def test_keys_with_colons_can_be_sorted_by(three: Path) -> None:
    common = ("runs", "-o", "json", "-s", three)
    assert names(invoke(*common)) == ["run-2", "run-1", "run-0"]
    assert names(invoke(*common, "--sort", "metrics.`a:b`:desc")) == ["run-1", "run-0", "run-2"]
    assert names(invoke(*common, "--sort", "metrics.`a:b` ASC")) == ["run-2", "run-0", "run-1"]
    assert names(invoke(*common, "--sort", "end_time:asc")) == [
        "run-0",
        "run-1",
        "run-2",
    ]


def test_a_limit_that_cuts_is_said(three: Path) -> None:
    cut = invoke("runs", "-n", 2, "-o", "json", "-s", three)
    assert len(cut.json) == 2
    assert cut.err == "note: 2 runs shown, there are more; -n 0 for all\n"
    for limit in (3, 0, 100):
        whole = invoke("runs", "-n", limit, "-o", "json", "-s", three)
        assert (len(whole.json), whole.err) == (3, "")
    assert invoke("experiments", "-n", 1, "-o", "json", "-s", three).err.startswith("note: 1 experiment shown")


def test_the_default_limit_is_said_too(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    for number in range(101):
        crafted.run(f"{number:032x}", f"run-{number}")
    for format_, lines in (("ndjson", 100), ("table", 101), ("csv", 101), ("md", 102)):
        result = invoke("runs", "-o", format_, "-s", crafted.database)
        assert len(result.text.splitlines()) == lines
        assert "100 runs shown, there are more; -n 0 for all" in result.err


def test_experiments_by_id_name_and_beginning(three: Path) -> None:
    common = ("runs", "-o", "json", "-s", three)
    assert names(invoke(*common, "-e", "one")) == ["run-1"]
    assert names(invoke(*common, "-e", "0")) == ["run-2", "run-0"]
    assert names(invoke(*common, "-e", "o", "-e", "Default", "-e", "1")) == ["run-2", "run-1", "run-0"]


@pytest.mark.parametrize("place", ["before", "after", "both"])
def test_store_and_format_before_and_after_the_command(three: Path, place: str) -> None:
    options = ("-s", str(three), "-o", "ndjson")
    before = options if place == "before" else ("-s", "/nowhere", "-o", "csv") if place == "both" else ()
    after = () if place == "before" else options
    result = invoke(*before, "runs", *after)
    assert result.code == 0
    assert len(result.text.splitlines()) == 3


def test_discovery(three: Path, stores: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    none = process("runs", folder=empty)
    assert none.code == 3
    for word in ("FLOWDECK_STORE", "MLFLOW_TRACKING_URI", "mlflow.db", "mlruns", "flowdeck demo"):
        assert word in none.err

    def source(folder: Path, environ: dict[str, str]) -> tuple[str, int]:
        found = process("doctor", "-o", "json", folder=folder, environ=environ).json
        return found["source"], found["runs"]["active"]

    other = str(stores / "3.17.2" / "mlflow.db")
    assert source(three.parent, {}) == ("./mlflow.db", 3)
    assert source(three.parent, {"MLFLOW_TRACKING_URI": f"sqlite:///{other}"}) == ("MLFLOW_TRACKING_URI", 5)
    both = {"FLOWDECK_STORE": str(three), "MLFLOW_TRACKING_URI": other}
    assert source(empty, both) == ("FLOWDECK_STORE", 3)


def test_limited_json_objects_have_one_shape(three: Path) -> None:
    result = invoke("runs", "-s", three, "-o", "json", "-c", "metrics.none", "-c", "metrics.a:b", "-c", "experiment")
    assert result.json[0] == {"run_id": "2" * 32, "metrics": {"none": None, "a:b": 1.0}, "experiment": "Default"}


def test_a_narrow_terminal_hides_columns_and_says_which(three: Path) -> None:
    result = invoke("runs", "-s", three, terminal=True, environ={"COLUMNS": "40", "NO_COLOR": "1"})
    assert all(len(line) <= 40 for line in result.text.splitlines())
    assert "no room for" in result.err
    assert "a:b" in result.err
    assert "a:b" in invoke("runs", "-s", three, environ={"COLUMNS": "40"}).text


def test_a_chart_of_a_history_without_steps_falls_back_to_time(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.run("1" * 32, "timed")
    crafted.points("1" * 32, "loss", [(0, 1_700_000_000_000 + 1000 * place, float(place)) for place in range(9)])
    crafted.run("2" * 32, "ordered")
    crafted.points("2" * 32, "loss", [(0, 5, float(place)) for place in range(9)])
    timed = invoke("plot", "-m", "loss", "timed", "-s", crafted.database, "--width", 60).text
    assert "logged without steps: drawn over the time since the start" in timed
    assert "0:00:0" in timed
    ordered = invoke("plot", "-m", "loss", "ordered", "-s", crafted.database, "--width", 60).text
    assert "drawn in their order" in ordered


def test_a_run_without_the_metric_is_said_and_left_out(stores: Path) -> None:
    store = stores / "3.17.2"
    result = invoke("plot", "-m", "rmse", "baseline", "parent-sweep", "-s", store, "--width", 60, "--height", 8)
    assert result.code == 0
    assert result.err == "note: the run “parent-sweep” has no metric “rmse”\n"


def test_reading_changes_nothing(stores: Path, tmp_path: Path) -> None:
    shutil.copy(stores / "3.17.2" / "mlflow.db", tmp_path)
    before = (tmp_path / "mlflow.db").read_bytes()
    for command in (("runs",), ("show", "baseline"), ("doctor",), ("plot", "-m", "rmse", "baseline")):
        assert invoke("--read-only", *command, "-s", tmp_path).code == 0
    assert (tmp_path / "mlflow.db").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["mlflow.db"]


def test_arguments_are_utf8_in_every_locale(stores: Path, tmp_path: Path) -> None:
    environ = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    store = stores / "3.17.2"
    found = process("runs", "-e", "Fraud détection/v2 (été)", "-s", store, "-c", "experiment", environ=environ)
    assert (found.code, found.err) == (0, "")
    assert found.out == b"experiment\nFraud d?tection/v2 (?t?)\n"
    assert "é".encode() in process("experiments", "-s", store, "-o", "json", environ=environ).out
    assert process("runs", "-s", shutil.copy(store / "mlflow.db", tmp_path / "é.db"), environ=environ).code == 0
    odd = process("show", b"\xff\xfe".decode(errors="surrogateescape"), "-s", store)
    assert odd.code == 2
    assert "not text in UTF-8" in odd.err


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_how_many_runs_are_listed_does_not_change_the_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    """Whether runs are of several experiments is no matter of those that come first."""
    monkeypatch.setattr("tui.run_reading.RUNS_AT_ONCE", 2)
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.experiment(1, "busy")
    crafted.experiment(2, "late")
    crafted.experiment(3, "empty")
    for number in range(1, 5):
        crafted.run(str(number) * 32, f"run-{number}", experiment=1, start=2_000_000 - number)

    def titles(*arguments: str) -> list[str]:
        return invoke("runs", "-n", limit, "-s", crafted.database, *arguments).text.splitlines()[0].split()

    assert "experiment" not in titles()
    crafted.run("5" * 32, "run-5", experiment=2, start=1_000_000)
    assert "experiment" in titles()
    assert "experiment" not in titles("-e", "busy")
    assert "experiment" in titles("-e", "busy", "-e", "late")
    assert "experiment" in titles("--all")


def test_columns_in_one_option_are_told_to_be_named_each_by_itself() -> None:
    result = invoke("runs", "-c", "status, metrics.rmse")
    assert (result.code, result.text) == (ExitCode.USAGE, "")
    assert "name each by itself: -c status -c metrics.rmse" in result.err
