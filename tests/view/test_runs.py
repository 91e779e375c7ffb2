"""Runs as table rows: which are asked for, which columns they get, what stands in them."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store.entities import Metric, Run, ViewType
from store.kinds import PARENT_TAG
from store.protocols import RunQuery
from store.search.parse import parse_run_filter, parse_run_order
from store.search.syntax import And, Comparison, Entity, Operator, conjuncts
from tui.view import cells
from tui.view.glyphs import UNICODE
from tui.view.order import Order, SortKey, sortable
from tui.view.run_columns import METRIC_COLUMNS, PARAM_COLUMNS, RunColumn, RunColumns, choose_columns
from tui.view.runs import RunRows, RunsView, run_title

OLDEST_FIRST = (SortKey(RunColumn("attributes", "start_time"), True),)
BY_NAME = (SortKey(RunColumn("attributes", "run_name"), True),)
HOSTILE = "\x1b]0;x\x07\u202e[red]\n"


def run(run_id: str = "a" * 32, name: str = "first", **values: object) -> Run:
    plain = Run(run_id, name, "1", "FINISHED", 1_700_000_000_000, 1_700_000_090_000, "active", "s3://b/1", "ada")
    return replace(plain, **values)  # type: ignore[arg-type]  # the names are the entity's own


def metrics(**values: float) -> dict[str, Metric]:
    return {key: Metric(key, value, 0, 0) for key, value in values.items()}


def matches_name(query: RunQuery, name: str) -> bool:
    """Whether the filter of a query lets a run of that name through, as LIKE works."""
    parsed = parse_run_filter(query.filter)
    assert isinstance(parsed, Comparison)
    assert (parsed.entity, parsed.key, parsed.operator) == (Entity.ATTRIBUTE, "run_name", Operator.ILIKE)
    wildcards = {"%": ".*", "_": "."}
    pattern = "".join(wildcards.get(character) or re.escape(character) for character in str(parsed.value))
    return re.fullmatch(pattern, name, re.DOTALL) is not None


# Which runs


def test_the_usual_view_asks_for_everything_newest_first() -> None:
    assert RunsView().query == RunQuery(None, "", (), ViewType.ACTIVE_ONLY)


def test_a_view_asks_for_its_experiments_its_stage_and_its_order() -> None:
    view = RunsView(("1", "2"), order=(SortKey(RunColumn("metrics", "val/auc"), False),), stage=ViewType.ALL)
    assert view.query == RunQuery(("1", "2"), "", ("metrics.`val/auc` DESC",), ViewType.ALL)
    (key,) = parse_run_order(view.query.order_by)
    assert (key.entity, key.key, key.ascending) == (Entity.METRIC, "val/auc", False)
    assert replace(view, order=OLDEST_FIRST).query.order_by == ("attributes.start_time ASC",)


@pytest.mark.parametrize("text", ["metrics.a > 1 or metrics.b > 1", "resnet OR vgg", "resnet", "metrics.a > 1 AND"])
def test_what_is_looked_for_by_name_holds_whatever_the_filter_says(text: str) -> None:
    view = RunsView(find="tree", filter=text)
    whole = view.query.filter
    assert whole[view.filter_at : view.filter_at + len(text)] == text
    parsed = parse_run_filter(whole)
    first = conjuncts(parsed)[0]
    assert first == parse_run_filter(RunsView(find="tree").query.filter)
    assert RunsView(filter=text).query.filter == text


def test_finding_and_filtering_are_both_asked_for() -> None:
    query = RunsView(find="tree", filter="metrics.rmse < 1 AND params.a = 'x'").query
    parsed = parse_run_filter(query.filter)
    assert isinstance(parsed, And)
    assert len(parsed.clauses) == 3


@pytest.mark.parametrize(
    "name",
    ["it's", 'say "hi"', """it's "both\"""", "a\\", "`", "--", "/*", "'; DROP TABLE runs; --", "a' OR 'b", "\x00"],
)
def test_quotes_in_a_name_neither_end_the_text_nor_hide_the_run(name: str) -> None:
    assert matches_name(RunsView(find=name).query, f"before {name} after")
    assert not matches_name(RunsView(find=f"x{name}").query, "something else")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_finds_the_runs_that_have_it_in_their_name(text: str) -> None:
    assert matches_name(RunsView(find=text).query, f"x{text}y")


# Which columns


def test_metrics_that_most_runs_have_come_first_and_system_metrics_last() -> None:
    several = [
        run(metrics=metrics(**{"system/gpu": 1.0, "rare": 1.0, "loss": 1.0})),
        run(metrics=metrics(**{"system/gpu": 1.0, "loss": 1.0, "auc": 1.0})),
        run(metrics=metrics(**{"system/gpu": 1.0, "loss": 1.0, "auc": 1.0})),
    ]
    assert choose_columns(several, several_experiments=False).metrics == ("loss", "auc", "rare", "system/gpu")


def test_params_that_differ_come_first() -> None:
    several = [run(params={"seed": str(seed), "model": "tree", "note": "x"}) for seed in range(3)]
    several.append(run(params={"seed": "1", "model": "tree"}))
    assert choose_columns(several, several_experiments=False).params == ("seed", "model", "note")


def test_what_gets_no_column_is_counted() -> None:
    many = [run(metrics=metrics(**{f"m{n}": 1.0 for n in range(30)}), params={f"p{n}": "1" for n in range(9)})]
    chosen = choose_columns(many, several_experiments=True)
    assert (len(chosen.metrics), chosen.other_metrics) == (METRIC_COLUMNS, 30 - METRIC_COLUMNS)
    assert (len(chosen.params), chosen.other_params) == (PARAM_COLUMNS, 9 - PARAM_COLUMNS)
    assert chosen.several_experiments


def test_no_runs_have_no_columns_of_their_own() -> None:
    assert choose_columns([], several_experiments=False) == RunColumns()


# What stands in them


def rows(*runs: Run, columns: RunColumns | None = None, order: Order = ()) -> RunRows:
    chosen = (columns or choose_columns(runs, several_experiments=False)).listed()
    return RunRows([item.run_id for item in runs], {item.run_id: item for item in runs}, chosen, {"1": "iris"}, order)


def test_a_row_has_a_cell_for_every_column() -> None:
    full = run(metrics=metrics(loss=0.25), params={"model": "tree"})
    for several in (False, True):
        table = rows(full, columns=choose_columns([full], several_experiments=several))
        found = table.cells(0)
        assert found is not None
        assert len(found) == len(table.columns)
        by_column = {column.title: cell.text for column, cell in zip(table.columns, found, strict=True)}
        assert by_column["Run"] == "first"
        assert by_column["Started"] == "2023-11-14 22:13"
        assert by_column["Duration"] == "1:30 min"
        assert by_column["loss"] == "0.25"
        assert by_column["model"] == "tree"
        assert by_column["User"] == "ada"
        assert by_column["Run id"] == "a" * 32
        assert by_column.get("Experiment") == ("iris" if several else None)


def test_missing_and_empty_values_are_told_apart() -> None:
    empty = run("b" * 32, params={"model": ""})
    table = rows(run(params={"model": "tree"}, metrics=metrics(loss=1.0)), empty)
    found = table.cells(1)
    assert found is not None
    by_column = {column.title: cell.text for column, cell in zip(table.columns, found, strict=True)}
    assert by_column["model"] == ""
    assert by_column["loss"] == cells.MISSING


def test_a_row_that_is_not_loaded_has_no_cells_but_a_key() -> None:
    table = RunRows(["x", "y"], {"y": run("y")}, RunColumns().listed(), {})
    assert table.cells(0) is None
    assert table.cells(1) is not None
    assert [table.key(0), table.key(1)] == ["x", "y"]
    assert [table.find("y"), table.find("z")] == [1, None]
    assert len(table) == 2


def test_the_column_that_sorts_says_so() -> None:
    full = run(metrics=metrics(loss=1.0))
    titles = [column.title for column in rows(full, order=(SortKey(RunColumn("metrics", "loss"), False),)).columns]
    assert f"loss {UNICODE.down}" in titles
    titles = [column.title for column in rows(full, order=BY_NAME).columns]
    assert f"Run {UNICODE.up}" in titles


def test_columns_that_can_sort_are_order_by_keys_that_mlflow_takes() -> None:
    full = run(metrics=metrics(**{"val/loss": 1.0}), params={"learning rate": "0.1"})
    columns = choose_columns([full], several_experiments=False).listed()
    keys = [SortKey(column, True).expression for column in columns if sortable(column)]
    assert len(keys) == 6
    assert len(parse_run_order(keys)) == len(keys)


def test_odd_statuses_and_times_are_shown_as_they_are() -> None:
    odd = run(status="EXPLODED\n", start_time=None, end_time=5, user_id=None, run_name="")
    table = rows(odd)
    found = table.cells(0)
    assert found is not None
    texts = [cell.text for cell in found]
    assert texts[:6] == ["?", "(aaaaaaaa)", "EXPLODED↵", "-", "-", ""]


def test_deleted_children_and_nameless_runs_are_told_apart() -> None:
    child = run(tags={PARENT_TAG: "x"}, lifecycle_stage="deleted")
    found = rows(child).cells(0)
    assert found is not None
    assert found[0].text == UNICODE.deleted
    assert found[1].text == f"{UNICODE.child} first"
    assert run_title(run(run_name="")) == "(aaaaaaaa)"


def test_a_run_that_could_not_be_read_whole_is_marked() -> None:
    assert run_title(run(problems=("cut off",))) == f"{UNICODE.problem} first"
    assert run_title(run(problems=("cut off",), tags={PARENT_TAG: "x"})) == f"{UNICODE.problem} {UNICODE.child} first"


def test_a_run_that_goes_on_has_no_duration() -> None:
    assert run(end_time=None).duration is None
    assert run(start_time=None).duration is None
    assert run(end_time=1_700_000_000_000).duration == 0


def test_nothing_of_a_hostile_run_reaches_the_terminal_as_it_is() -> None:
    hostile = Run(
        "c" * 32,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        1,
        2,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        params={HOSTILE: HOSTILE},
        metrics={HOSTILE: Metric(HOSTILE, 1.0, 0, 0)},
        tags={PARENT_TAG: HOSTILE},
    )
    table = RunRows(
        [hostile.run_id],
        {hostile.run_id: hostile},
        choose_columns([hostile], several_experiments=True).listed(),
        {HOSTILE: HOSTILE},
    )
    found = table.cells(0)
    assert found is not None
    texts = [cell.text for cell in found] + [column.title for column in table.columns]
    assert all(unicodedata.category(character) not in ("Cc", "Cf") for text in texts for character in text)


def test_the_id_of_a_run_is_made_fit_to_show_too() -> None:
    found = rows(run("\x1b[2J")).cells(0)
    assert found is not None
    assert found[-1].text == "␛[2J"


@pytest.mark.parametrize("typed", ["50%", "it's", "a\\b"])
def test_what_means_something_in_a_pattern_stands_for_one_character(typed: str) -> None:
    found = RunsView(find=typed).query.filter
    pattern = found.removeprefix("attributes.run_name ILIKE '%").removesuffix("%'")
    assert pattern == "".join(character if character.isalnum() else "_" for character in typed)


def test_titles_that_two_kinds_have_say_which_they_are() -> None:
    columns = [RunColumn("metrics", "lr"), RunColumn("params", "lr"), RunColumn("metrics", "loss")]
    rows = RunRows(["a"], {}, columns, {}, (SortKey(columns[1], True),))
    assert [column.title for column in rows.columns[2:]] == ["metrics.lr", f"params.lr {UNICODE.up}", "loss"]
    assert [column.kind for column in rows.columns] == ["", "", "metrics", "params", "metrics"]
