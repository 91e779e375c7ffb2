"""Choosing columns: the steps from one choice to the next, and the list that one chooses from."""

from __future__ import annotations

from dataclasses import replace

from store.entities import Metric, Run
from tui.view.column_choice import LEAST_WIDTH, MOST_WIDTH, OFFERED, ColumnChoice, choice_rows, columns_known
from tui.view.run_columns import RunColumn

STATUS, LOSS, LR = RunColumn("attributes", "status"), RunColumn("metrics", "loss"), RunColumn("params", "lr")
CHOICE = ColumnChoice((STATUS, LOSS, LR))


def run(run_id: str, metrics: tuple[str, ...] = (), params: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> Run:
    plain = Run(run_id, "n", "1", "FINISHED", 1, 2, "active", None, None)
    return replace(
        plain,
        metrics={key: Metric(key, 1.0, 0, 0) for key in metrics},
        params=dict.fromkeys(params, "x"),
        tags=dict.fromkeys(tags, "x"),
    )


def test_a_column_is_shown_at_the_end_and_hidden_where_it_was() -> None:
    seed = RunColumn("params", "seed")
    assert CHOICE.toggled(seed).columns == (STATUS, LOSS, LR, seed)
    assert CHOICE.toggled(LOSS).columns == (STATUS, LR)
    assert CHOICE.toggled(replace(LOSS, width=30)).columns == (STATUS, LR)


def test_hiding_what_stays_leaves_the_others_staying() -> None:
    frozen = replace(CHOICE, frozen=2)
    assert frozen.toggled(STATUS) == ColumnChoice((LOSS, LR), 1)
    assert frozen.toggled(LR) == ColumnChoice((STATUS, LOSS), 2)


def test_a_column_moves_as_far_as_there_are_places() -> None:
    assert CHOICE.moved(LR.id, -1).columns == (STATUS, LR, LOSS)
    assert CHOICE.moved(LR.id, -9).columns == (LR, STATUS, LOSS)
    assert CHOICE.moved(STATUS.id, 9).columns == (LOSS, LR, STATUS)
    assert CHOICE.moved("metrics.nope", 1) == CHOICE


def test_a_column_is_as_wide_as_it_is_made_within_bounds() -> None:
    assert CHOICE.sized(LOSS.id, 1, 8).columns[1].width == 9
    assert CHOICE.sized(LOSS.id, 1, 8).sized(LOSS.id, -2, 8).columns[1].width == 7
    assert CHOICE.sized(LOSS.id, -99, 8).columns[1].width == LEAST_WIDTH
    assert CHOICE.sized(LOSS.id, 999, 8).columns[1].width == MOST_WIDTH
    assert CHOICE.sized(LOSS.id, 1, 8).sized(LOSS.id, None, 9) == CHOICE


def test_columns_stay_up_to_one_and_no_more_if_it_is_said_again() -> None:
    assert CHOICE.frozen_to(LOSS.id).frozen == 2
    assert CHOICE.frozen_to(LOSS.id).frozen_to(STATUS.id).frozen == 1
    assert CHOICE.frozen_to(LOSS.id).frozen_to(LOSS.id).frozen == 0


def test_what_most_runs_have_is_offered_first_and_what_mlflow_writes_last() -> None:
    known = columns_known(
        [run("a", ("system/gpu", "acc", "loss"), ("lr",), ("mlflow.user", "team")), run("b", ("loss", "system/gpu"))]
    )
    assert [column.id for column in known] == [
        "metrics.loss",
        "metrics.acc",
        "metrics.system/gpu",
        "params.lr",
        "tags.team",
        "tags.mlflow.user",
    ]
    assert known[LOSS] == 2
    assert known[LR] == 1


def test_the_list_has_what_is_shown_then_all_else_and_narrows_by_words() -> None:
    known = columns_known([run("a", ("loss", "acc"), ("lr", "\x1b[2J"))])
    rows = choice_rows(replace(CHOICE, frozen=1), known, "")
    keys = [rows.key(place) for place in range(len(rows))]
    assert keys[:3] == ["attributes.status", "metrics.loss", "params.lr"]
    assert len(keys) == len(set(keys)) == len(OFFERED) + 4
    first = [cell.text for cell in rows.cells(0)]
    assert first[0].strip()
    assert first[4] == "stays"
    assert [cell.text for cell in rows.cells(1)][1:4] == ["loss", "metric", "1"]
    assert all("\x1b" not in cell.text for place in range(len(rows)) for cell in rows.cells(place))
    narrowed = choice_rows(CHOICE, known, "metric AC")
    assert [narrowed.key(place) for place in range(len(narrowed))] == ["metrics.acc"]
