"""What commands print, byte by byte, on a store that MLflow 3.17.2 wrote.

FLOWDECK_UPDATE_GOLDEN=1 writes the files anew; read the difference before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.cli import invoke

GOLDEN = Path(__file__).parent / "golden"
FORMATS = ("table", "json", "ndjson", "csv", "md")

COMMANDS = {
    "experiments": ("experiments",),
    "experiments-all": ("experiments", "--all", "--sort", "name:asc"),
    "runs": ("runs",),
    "runs-columns": ("runs", "-c", "run_name", "-c", "metrics.rmse", "-c", "params.alpha", "-c", "tags.mlflow.user"),
    "runs-deleted": ("runs", "--deleted", "-c", "run_name", "-c", "experiment", "-c", "duration", "-c", "deleted_time"),
    "runs-none": ("runs", "-f", "params.alpha = 'nothing'"),
    "show": ("show", "baseline"),
    "show-running": ("show", "polite-yak-163"),
    "history": ("history", "baseline", "rmse"),
    "history-nan": ("history", "baseline", "nan_then"),
    "compare": ("compare", "baseline", "child-1", "child-2"),
    "compare-all": ("compare", "baseline", "child-1", "--baseline", "child-2", "--all"),
}
PLOTS = {
    "plot": ("plot", "-m", "rmse", "baseline", "--width", "60", "--height", "12"),
    "plot-two": ("plot", "-m", "rmse", "-m", "acc", "baseline", "child-1", "--width", "70", "--height", "14"),
    "plot-smooth": (
        "plot",
        "-m",
        "rmse",
        "baseline",
        "--x",
        "relative",
        "--smooth",
        "3",
        "--width",
        "60",
        "--height",
        "10",
    ),
    "plot-log": ("plot", "-m", "rmse", "baseline", "--x", "wall", "--log-y", "--width", "60", "--height", "10"),
    "plot-not-finite": ("plot", "-m", "nan_metric", "baseline", "--width", "60", "--height", "8"),
}


def compare(name: str, printed: bytes) -> None:
    path = GOLDEN / name
    if os.environ.get("FLOWDECK_UPDATE_GOLDEN"):
        path.write_bytes(printed)
    assert printed == path.read_bytes()


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", COMMANDS)
def test_lists(stores: Path, name: str, format_: str) -> None:
    result = invoke(*COMMANDS[name], "-o", format_, "-s", stores / "3.17.2" / "mlflow.db")
    assert result.code == 0
    compare(f"{name}.{format_}", result.out)


@pytest.mark.parametrize("name", PLOTS)
def test_plots(stores: Path, name: str) -> None:
    result = invoke(*PLOTS[name], "-s", stores / "3.17.2" / "mlflow.db")
    assert result.code == 0
    compare(f"{name}.txt", result.out)


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("release", ["1.8.0", "3.17.2"])
def test_doctor(stores: Path, release: str, format_: str) -> None:
    folder = stores / release
    result = invoke("doctor", "-o", format_, "-s", folder / "mlflow.db")
    assert (result.code, result.err) == (0, "")
    compare(f"doctor-{release}.{format_}", result.out.replace(str(folder).encode(), b"/data"))


def test_there_is_no_golden_file_too_many() -> None:
    names = {f"{name}.{format_}" for name in COMMANDS for format_ in FORMATS} | {f"{name}.txt" for name in PLOTS}
    names |= {f"doctor-{release}.{format_}" for release in ("1.8.0", "3.17.2") for format_ in FORMATS}
    assert {path.name for path in GOLDEN.iterdir()} == names
