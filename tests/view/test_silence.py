"""The badge of runs that say they are running and are not, and the age of what live mode shows."""

from __future__ import annotations

import pytest

from store.entities import Metric, Run, StoreInfo
from tui.view import cells
from tui.view.run import headline, overview_rows
from tui.view.run_columns import RunColumns, widened
from tui.view.runs import RunRows
from tui.view.silence import silent
from tui.view.status import AGES, Status, status_pieces, updated

START = 1_750_000_000_000
INFO = StoreInfo("SQLite", "mlflow.db", "MLflow 3.17 (dc11669786a5)")


def run(run_id: str = "r", status: str = "RUNNING", steps: int = 100, **metrics: float) -> Run:
    """With a step a minute."""
    values = {key: Metric(key, value, START + steps * cells.MINUTE, steps) for key, value in metrics.items()}
    return Run(run_id, "n", "1", status, START, None, "active", None, None, metrics=values)


def after(minutes: float) -> int:
    """So many minutes after the newest value."""
    return START + int((100 + minutes) * cells.MINUTE)


@pytest.mark.parametrize(
    ("minutes", "badge"),
    [(19, ""), (20.5, "silent 20 min"), (29, "silent 20 min"), (59, "silent 50 min"), (60, "silent 1 h"),
     (3 * 60 + 59, "silent 3 h"), (3 * 24 * 60, "silent 3 d")],
)  # fmt: skip
def test_a_badge_tells_for_how_long_in_coarse_steps(minutes: float, badge: str) -> None:
    assert silent(run(loss=1.0), after(minutes)) == badge
    assert silent(run(status="FINISHED", loss=1.0), after(minutes)) == ""


def test_the_badge_stands_where_the_status_stands() -> None:
    now = after(180)
    table = RunRows(["r"], {"r": run(loss=1.0)}, RunColumns().listed(), {}, now=lambda: now)
    row = table.cells(0)
    assert row is not None
    status = row[[column.id for column in table.columns].index("attributes.status")]
    assert (status.text, status.role) == ("silent 3 h", "warn")
    column = next(column for column in table.columns if column.id == "attributes.status")
    assert column.most >= len("silent 50 min")
    assert headline(run(loss=1.0), "silent 3 h")[1:3] == [
        (f"{cells.status_symbol('RUNNING')} RUNNING", "status-RUNNING"),
        ("silent 3 h", "warn"),
    ]
    overview = overview_rows(run(loss=1.0), "iris", "silent 3 h")
    place = overview.find("status")
    assert place is not None
    assert overview.cells(place)[1].text.endswith("RUNNING, silent 3 h")


def test_columns_are_added_after_the_others_as_far_as_there_is_room() -> None:
    columns = RunColumns(metrics=("loss",))
    found = widened(columns, [run(acc=1.0, loss=2.0), run(zeta=1.0)])
    assert found.metrics == ("loss", "acc", "zeta")
    assert widened(found, [run(acc=1.0)]) == found
    many = widened(found, [run(**{f"m{number}": 1.0 for number in range(9)})])
    assert len(many.metrics) == 8
    assert many.metrics[:3] == ("loss", "acc", "zeta")
    assert many.other_metrics == 4
    assert widened(many, [run(more=1.0)]) == many


def test_the_age_is_told_in_steps_that_become_rarer() -> None:
    assert updated(0) == ("updated now", 3)
    assert updated(3) == ("updated 3 s ago", 7)
    assert updated(29.5) == ("updated 10 s ago", 0.5)
    assert updated(60) == ("updated 1 min ago", 60)
    assert updated(7_300)[0] == "updated 2 h ago"
    assert updated(2.5 * 86_400) == ("updated 2 d ago", 43_200)
    at, texts = 0.0, []
    while at < 86_400:
        text, later = updated(at)
        texts.append(text)
        at += later
    assert len(texts) == len(set(texts)) == len(AGES) + 1


@pytest.mark.parametrize("columns", [60, 76, 80, 110, 160])
@pytest.mark.parametrize("live", ["updated now", "updated 12 h ago", "retrying"])
def test_live_mode_is_named_at_every_width(columns: int, live: str) -> None:
    pieces = [
        text for text, _ in status_pieces(Status("demo store", INFO, 6, 300, 2, "12:34:56", False, live=live), columns)
    ]
    assert pieces[-1].startswith("live")
    assert 1 + len(" · ".join(pieces)) <= columns
    if columns == 160:
        assert pieces[-1] == f"live, {live}"
    reading = Status("demo store", INFO, 6, 300, 2, "12:34:56", True, live=live)
    assert status_pieces(reading, columns)[-1] == ("reading …", "warn")
