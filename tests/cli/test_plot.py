"""Charts of several runs on the command line: every curve is named, and no two names are the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.cli import invoke
from tests.support.crafted import Crafted

RUNS = 14


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    crafted = Crafted(tmp_path_factory.mktemp("plot") / "mlflow.db")
    for place in range(RUNS):
        name = "twin" if place < 2 else f"trial number {place}"
        crafted.run(f"{place:08x}{place:024x}", name)
        crafted.points(f"{place:08x}{place:024x}", "loss", [(step, 1000 * step, place + step) for step in range(9)])
    return crafted.database


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_every_run_is_named_however_low_the_chart_is(database: Path, locale: str) -> None:
    runs = [f"{place:08x}" for place in range(RUNS)]
    size = ("--width", 50, "--height", 12)
    result = invoke("plot", "-s", database, "-m", "loss", *runs, *size, environ={"LC_ALL": locale})
    assert result.code == 0
    assert re.findall(r"trial number \d+", result.text) == [f"trial number {place}" for place in range(2, RUNS)]
    assert len(result.text.splitlines()[:12]) == 12
    assert "below the chart" in result.text


def test_runs_of_one_name_are_told_apart_by_their_ids(database: Path) -> None:
    result = invoke("plot", "-s", database, "-m", "loss", "00000000", "00000001", "--width", 60, "--height", 12)
    assert result.text.splitlines()[0].strip() == "loss by step"
    assert "twin (00000000)" in result.text
    assert "twin (00000001)" in result.text
