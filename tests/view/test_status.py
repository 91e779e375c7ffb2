"""The status line by width: what it always says, and that it fits."""

from __future__ import annotations

import os

import pytest

from store.entities import StoreInfo
from tui.view.status import Status, status_pieces, store_title
from tui.view.text import width

LONG = "sqlite:////data/experiments/of/a/team/with/a/long/name/mlflow.db"
SCHEMAS = ["MLflow 1.8", "MLflow 3.17 (dc11669786a5)", "newer than MLflow 3.18 (ab12cd34ef56)", "MLflow 0.9 or older"]
SIZES = [(0, 0, 0), (6, 300, 2), (99, 9_999, 10), (1_200, 100_000, 3)]


def line(
    columns: int,
    title: str = LONG,
    schema: str = SCHEMAS[1],
    sizes: tuple[int, int, int] = (6, 300, 2),
    *,
    as_of: str = "12:34:56",
    reading: bool = False,
    read_only: bool = True,
) -> str:
    experiments, runs, running = sizes
    info = StoreInfo("SQLite", title, schema, read_only=read_only)
    pieces = status_pieces(Status(title, info, experiments, runs, running, as_of, reading), columns)
    assert all(text for text, _ in pieces)
    return " · ".join(text for text, _ in pieces)


def fits(shown: str, columns: int) -> bool:
    return 1 + width(shown) <= columns


@pytest.mark.parametrize("columns", [60, 76, 80, 109, 110, 160, 240])
@pytest.mark.parametrize("schema", SCHEMAS[:2])
@pytest.mark.parametrize("title", ["demo store", "mlflow.db"])
def test_a_usual_store_fits(columns: int, schema: str, title: str) -> None:
    shown = line(columns, title, schema)
    if columns >= 76:
        assert fits(shown, columns), shown
        for part in ("read-only", "6 exp", "300 runs", "as of 12:34:56"):
            assert part in shown
    assert "MLflow" in shown
    assert "mlflow.db" in shown or "demo store" in shown


def test_wide_terminals_abbreviate_nothing() -> None:
    assert line(170) == (
        f"{LONG} · MLflow 3.17 (dc11669786a5) · read-only · 6 experiments · 300 runs · 2 running · as of 12:34:56"
    )


def test_any_store_fits_and_keeps_what_is_always_named() -> None:
    wrong = []
    for columns in (60, 76, 80, 110, 160):
        for title in ("demo store", "~/实验/mlflow.db", LONG):
            for schema in SCHEMAS:
                for sizes in SIZES:
                    shown = line(columns, title, schema, sizes)
                    always = ["read-only", "run", "exp", "12:34:56"] if columns >= 76 else ["run"]
                    named = shown.startswith((title[:4], "…")) and schema.split(" (")[0][:10] in shown
                    if not (fits(shown, columns) and named and all(part in shown for part in always)):
                        wrong.append((columns, shown))
    assert wrong == []


def test_narrow_terminals_keep_the_end_of_the_address_and_the_release() -> None:
    shown = line(60)
    assert shown.startswith("…name/mlflow.db · MLflow 3.17 · ")
    assert width(shown.split(" · ")[0]) <= 15


def test_a_wide_address_is_cut_by_columns_and_not_by_characters() -> None:
    first = line(60, "~/实验实验实验实验实验实验/库.db").split(" · ")[0]
    assert first.startswith("…")
    assert first.endswith("/库.db")
    assert 13 <= width(first) <= 15


def test_before_anything_was_read_only_the_store_is_named() -> None:
    pieces = status_pieces(Status("demo store", None, 0, 0, 0, "", True), 80)
    assert [text for text, _ in pieces] == ["demo store", "reading …"]
    assert [text for text, _ in status_pieces(Status("demo store", None, 0, 0, 0, "", False), 80)] == ["demo store"]


def test_while_reading_it_says_so_instead_of_the_age() -> None:
    shown = line(160, reading=True)
    assert shown.endswith("reading …")
    assert "as of" not in shown


def test_a_store_that_can_be_written_is_not_called_read_only() -> None:
    assert "read-only" not in line(160, read_only=False)


def test_one_is_singular() -> None:
    assert "1 experiment · 1 run · 1 running" in line(160, sizes=(1, 1, 1))


def test_the_schema_is_made_fit_to_show() -> None:
    assert "\x1b" not in line(160, schema="\x1b[31mred")


def test_a_path_below_the_home_folder_starts_with_a_tilde(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", os.path.join(os.sep, "home", "ada"))
    home = os.path.expanduser("~")
    assert store_title(f"{home}/runs/mlflow.db") == "~/runs/mlflow.db"
    assert store_title(f"{home}rella/mlflow.db") == f"{home}rella/mlflow.db"
    assert store_title("/data/\x1b[31m.db") == "/data/␛[31m.db"
