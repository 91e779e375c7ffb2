"""Choosing columns: the steps from one choice to the next, and the list that one chooses from."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from store.entities import KeyCount
from store.kinds import Aggregate, KeyKind
from tui.view.column_choice import LEAST_WIDTH, MOST_WIDTH, OFFERED, ColumnChoice, choice_rows
from tui.view.order import SortKey, sort_key_of, sortable
from tui.view.run_cells import title
from tui.view.run_columns import RunColumn, column_of, keys_of

STATUS, LOSS, LR = RunColumn("attributes", "status"), RunColumn("metrics", "loss"), RunColumn("params", "lr")
CHOICE = ColumnChoice((STATUS, LOSS, LR))


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


def test_a_metrics_column_goes_through_what_its_history_comes_to() -> None:
    seen, choice = [], CHOICE
    for _ in range(5):
        choice = choice.aggregated(choice.columns[1].id)
        seen.append(choice.columns[1].id)
    assert seen == [
        "min(metrics.loss)",
        "max(metrics.loss)",
        "first(metrics.loss)",
        "mean(metrics.loss)",
        "metrics.loss",
    ]
    assert CHOICE.aggregated(LR.id) == CHOICE


def test_the_best_value_is_shown_if_it_is_known_what_is_better() -> None:
    best = CHOICE.aggregated(LOSS.id, False)
    assert [column.id for column in best.columns] == [STATUS.id, "best-min(metrics.loss)", LR.id]
    assert title(best.columns[1]) == "best loss"
    assert best.aggregated("best-min(metrics.loss)", False).columns[1].id == "min(metrics.loss)"
    assert CHOICE.aggregated(LOSS.id, True).columns[1].id == "best-max(metrics.loss)"
    # What is said later is true of it as well.
    assert best.directed("loss", True).columns[1].id == "best-max(metrics.loss)"
    assert best.directed("acc", True) == best
    assert best.sparked("best-min(metrics.loss)").columns[1].id == "spark(metrics.loss)"


def test_what_was_best_stays_what_it_was() -> None:
    for text, aggregate in (("best-max(metrics.a(b))", Aggregate.MAX), ("best-min(metrics.x)", Aggregate.MIN)):
        column = column_of(text)
        assert (column.id, column.aggregate, column.best) == (text, aggregate, True)
        assert column.asked == text.removeprefix("best-")
        assert column.same(column_of(column.asked))
        key = SortKey(column, ascending=False)
        assert sort_key_of(key.text) == key
    assert SortKey(column_of("best-max(metrics.acc)"), ascending=False).expression == "max(metrics.`acc`) DESC"
    with pytest.raises(ValueError, match="best-max"):
        column_of("best-max(params.lr)")


def test_a_metric_is_shown_at_a_step_as_a_curve_and_twice() -> None:
    assert CHOICE.at_step(LOSS.id, -5).columns[1].id == "at(metrics.loss, -5)"
    assert CHOICE.sparked(LOSS.id).columns[1].id == "spark(metrics.loss)"
    assert CHOICE.sparked(LOSS.id).sparked("spark(metrics.loss)") == CHOICE
    twice = CHOICE.doubled(LOSS.id)
    assert [column.id for column in twice.columns[1:3]] == ["metrics.loss", "min(metrics.loss)"]
    # None of them becomes one that is there already.
    assert twice.aggregated(LOSS.id) == twice
    assert CHOICE.doubled(LR.id) == CHOICE


def test_the_list_has_what_is_shown_then_all_else_and_narrows_by_words() -> None:
    found = [KeyCount(KeyKind.METRIC, key, 1) for key in ("loss", "acc")]
    found += [KeyCount(KeyKind.PARAM, key, None) for key in ("lr", "\x1b[2J")]
    rows = choice_rows(replace(CHOICE, frozen=1), found, "", {"loss": "better v"})
    keys = [rows.key(place) for place in range(len(rows))]
    assert keys[:3] == ["attributes.status", "metrics.loss", "params.lr"]
    assert len(keys) == len(set(keys)) == len(OFFERED) + 4
    first = [cell.text for cell in rows.cells(0)]
    assert first[0].strip()
    assert first[4] == "stays"
    assert [cell.text for cell in rows.cells(1)][1:4] == ["loss", "metric", "1"]
    assert rows.cells(1)[4].text == "better v"
    assert all("\x1b" not in cell.text for place in range(len(rows)) for cell in rows.cells(place))
    narrowed = choice_rows(CHOICE, found, "metric AC", {})
    assert [narrowed.key(place) for place in range(len(narrowed))] == ["metrics.acc"]


def test_datasets_are_written_down_as_columns_and_sorted_by_all_together() -> None:
    for text in ("datasets", "datasets.wine", "datasets.a.b (c)"):
        assert column_of(text).id == text
        assert sortable(column_of(text)) is (text == "datasets")
        assert column_of(text).computed
    assert column_of("datasets").key == ""
    assert keys_of([column_of("datasets")]) == keys_of([])
    for wrong in ("datasets.", "metrics", "max(datasets.wine)"):
        with pytest.raises(ValueError, match=re.escape(wrong)):
            column_of(wrong)
