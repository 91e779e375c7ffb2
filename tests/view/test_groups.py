"""Groups of runs as rows: ranked, with parts, with what they come to."""

from __future__ import annotations

import pytest

from store.entities import Metric, MetricColumn, Run
from store.grouping import group_runs
from store.groups import Grouping, Level, group_key_of
from store.kinds import Aggregate, KeyKind
from store.seeds import Proposal
from tests.support.fake_store import FakeStore
from tui.view.group_choice import GroupChoice, choice_rows, proposal_text
from tui.view.group_order import GroupOrder, Measure, group_order_of, usual_order
from tui.view.groups import GroupRows, key_of_group, levels_text, order_choices, order_text
from tui.view.order import NEWEST_FIRST, SortKey
from tui.view.run_columns import RunColumn, column_of

AUC = column_of("metrics.val/auc")
LOSS = column_of("metrics.train/loss")


def grouping(levels: list[Level], *runs: tuple[dict[str, str], float | None]) -> Grouping:
    made = tuple(
        Run(
            f"{place:032x}",
            f"run-{place}",
            "0",
            "FINISHED",
            0,
            1,
            "active",
            None,
            None,
            None,
            params,
            {} if auc is None else {"val/auc": Metric("val/auc", auc, 0, 0)},
        )
        for place, (params, auc) in enumerate(runs)
    )
    columns = [MetricColumn(column.key, Aggregate.LATEST) for column in (LOSS, AUC)]
    return group_runs(FakeStore(all_runs=made), [run.run_id for run in made], levels, columns)


def level(*keys: str) -> Level:
    return tuple(map(group_key_of, keys))


def texts(rows: GroupRows) -> list[list[str]]:
    return [[cell.text for cell in rows.cells(place)] for place in range(len(rows))]


def by_mean(*, ascending: bool = False) -> GroupOrder:
    return GroupOrder(Measure.MEAN, ascending, AUC)


def test_a_configuration_ranks_by_its_mean_and_not_by_its_luckiest_run() -> None:
    found = grouping(
        [level("params.lr")], ({"lr": "1"}, 0.9), ({"lr": "1"}, 0.5), ({"lr": "2"}, 0.8), ({"lr": "2"}, 0.8), ({}, None)
    )
    rows = GroupRows(found, [LOSS, AUC], by_mean())
    assert texts(rows) == [
        ["2", "2", "0.8", "0", "0.8", "0.8", "-", "-", "-", "-"],
        ["1", "2", "0.7", "0.283", "0.5", "0.9", "-", "-", "-", "-"],
        ["(none)", "1", "-", "-", "-", "-", "-", "-", "-", "-"],
    ]
    assert [column.title for column in rows.columns][:4] == ["lr", "Runs", "mean val/auc ↓", "std"]
    turned = GroupRows(found, [LOSS, AUC], by_mean(ascending=True))
    assert [row[0] for row in texts(turned)] == ["1", "2", "(none)"]


def test_a_mean_over_fewer_runs_than_the_group_has_says_so() -> None:
    found = grouping([level("params.lr")], ({"lr": "1"}, 0.9), ({"lr": "1"}, None))
    assert texts(GroupRows(found, [LOSS, AUC], by_mean()))[0][2] == "0.9 (n 1)"


def test_what_groups_are_ranked_by_stands_before_all_but_the_first_keys() -> None:
    found = grouping([level("params.a", "params.b", "params.c")], ({"a": "1", "b": "2", "c": "3"}, 0.5))
    rows = GroupRows(found, [LOSS, AUC], by_mean())
    assert texts(rows)[0][:8] == ["1", "2", "1", "0.5", "-", "0.5", "0.5", "3"]
    assert len(rows.columns) == len(texts(rows)[0])


def test_parts_stand_below_their_group_ranked_among_themselves_and_can_be_folded_away() -> None:
    found = grouping(
        [level("params.model"), level("params.lr")],
        ({"model": "gbm", "lr": "1"}, 0.1),
        ({"model": "gbm", "lr": "2"}, 0.7),
        ({"model": "net", "lr": "1"}, 0.9),
        ({"model": "net", "lr": "2"}, 0.8),
    )
    rows = GroupRows(found, [LOSS, AUC], by_mean())
    assert [[text.strip() for text in row[:4]] for row in texts(rows)] == [
        ["▾ net", "", "2", "0.85"],
        ["net", "1", "1", "0.9"],
        ["net", "2", "1", "0.8"],
        ["▾ gbm", "", "2", "0.4"],
        ["gbm", "2", "1", "0.7"],
        ["gbm", "1", "1", "0.1"],
    ]
    folded = GroupRows(found, [LOSS, AUC], by_mean(), {key_of_group(rows.groups[0])})
    assert [row[0].strip() for row in texts(folded)] == ["▸ net", "▾ gbm", "gbm", "gbm"]
    assert folded.find(rows.key(3)) == 1
    assert folded.find(rows.key(1)) is None


def test_params_that_are_numbers_rank_as_numbers() -> None:
    runs = [({"lr": text}, 0.5) for text in ("10", "9", "1e-05", "x", "nan")]
    found = grouping([level("params.lr")], *runs, ({}, 0.5))
    order = GroupOrder(Measure.KEY, ascending=True, key=group_key_of("params.lr"))
    assert [row[0] for row in texts(GroupRows(found, [LOSS, AUC], order))] == ["1e-05", "9", "10", "nan", "x", "(none)"]


def test_hostile_values_are_clean() -> None:
    found = grouping([level("params.a\x1b[31m")], ({"a\x1b[31m": "\x1b]0;x\x07\u202e"}, 0.5))
    rows = GroupRows(found, [LOSS, AUC], by_mean())
    shown = [*texts(rows)[0], *(column.title for column in rows.columns), levels_text(found.levels)]
    assert not any(ord(char) < 32 or char == "\u202e" for text in shown for char in text)


def test_the_usual_rank_is_by_what_the_runs_are_sorted_by_else_by_what_was_held_out() -> None:
    found = grouping([level("params.lr")], ({"lr": "1"}, 0.9))
    sorted_by_loss = (SortKey(LOSS, ascending=True),)
    assert usual_order(found, [LOSS, AUC], sorted_by_loss, {}) == GroupOrder(Measure.MEAN, True, LOSS)
    assert usual_order(found, [LOSS, AUC], NEWEST_FIRST, {}) == by_mean()
    assert usual_order(found, [LOSS, AUC], NEWEST_FIRST, {"val/auc": False}) == by_mean(ascending=True)
    unknown = RunColumn("metrics", "foo")
    assert usual_order(found, [unknown], NEWEST_FIRST, {}).measure is Measure.KEY


def test_an_order_is_read_as_it_is_written() -> None:
    found = grouping([level("params.lr")], ({"lr": "1"}, 0.9))
    columns = [LOSS, AUC, column_of("max(metrics.val/auc)"), column_of("at(metrics.val/auc, 5)")]
    orders = order_choices(found, columns, {})
    assert [group_order_of(order.text) for order in orders] == orders
    assert len({order_text(order) for order in orders}) == len(orders)
    assert order_text(by_mean()) == "mean val/auc ↓"


@pytest.mark.parametrize(
    "text", ["", "runs", "mean(params.lr):asc", "mean(spark(metrics.a)):asc", "median(metrics.a):asc"]
)
def test_nothing_else_is_an_order(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        group_order_of(text)


def test_keys_are_chosen_together_or_level_by_level() -> None:
    a, b, c = map(group_key_of, ("params.a", "params.b", "tags.c"))
    choice = GroupChoice().toggled(a).toggled(b).split(c)
    assert choice.levels == ((a, b), (c,))
    assert choice.split(b).levels == ((a,), (b,), (c,))
    assert choice.split(b).split(b).levels == choice.levels
    assert choice.split(a).levels == choice.levels
    assert choice.toggled(a).toggled(b).levels == ((c,),)
    assert levels_text(choice.levels) == "by a, b, then c"


def test_proposals_come_first_and_say_how_many_runs_a_configuration_has() -> None:
    keys = level("params.lr", "params.depth")
    even, uneven = Proposal(keys, 8, ("seed",), 5, 5), Proposal(keys, 8, (), 3, 5)
    assert proposal_text(even) == "8 configurations x 5 seeds"
    assert proposal_text(uneven) == "8 configurations x 3-5 runs"
    assert (
        proposal_text(Proposal(keys, 2, ("random_state",), 3, 3))
        == "2 configurations x 3 runs that differ in random_state"
    )
    rows = choice_rows(GroupChoice((level("params.lr"),)), [even], [], "")
    assert [rows.key(place) for place in range(len(rows))] == ["proposal 0", "params.lr", KeyKind.DATASET.value]
    assert [rows.cells(1)[place].text for place in (0, 1)] == ["1", "lr"]
    narrowed = choice_rows(GroupChoice(), [even], [], "data")
    assert [narrowed.key(place) for place in range(len(narrowed))] == ["datasets"]
