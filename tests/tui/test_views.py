"""The file of views: what it keeps, what somebody else wrote there, what is damaged."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.groups import group_key_of
from store.kinds import Aggregate, ViewType
from tui import views
from tui.view.group_order import GroupOrder, Measure
from tui.view.order import SortKey, sort_key_of, sortable
from tui.view.run_columns import ATTRIBUTES, RunColumn, column_of
from tui.view.runs import RunsView
from tui.view.view_document import view_document, view_of
from tui.views import EVERY, MOST_EXPERIMENTS, ViewBook, read_views

KEYS = st.text(min_size=1, max_size=12) | st.sampled_from(
    ["val/loss", "x:asc", "metrics.x", "number(x)", "a b", "a, 5", "max(x)", "a)"]
)


def columns() -> st.SearchStrategy[RunColumn]:
    def metric(key: str, aggregate: Aggregate, step: int, spark: bool) -> RunColumn:
        if spark:
            return RunColumn("metrics", key, spark=True)
        return RunColumn("metrics", key, aggregate, step if aggregate is Aggregate.AT else None)

    attributes = st.sampled_from(sorted(ATTRIBUTES)).map(lambda key: RunColumn("attributes", key))
    texts = st.builds(RunColumn, st.sampled_from(["params", "tags"]), KEYS)
    steps = st.integers(-(2**63), 2**63 - 1)
    return attributes | texts | st.builds(metric, KEYS, st.sampled_from(Aggregate), steps, st.booleans())


@given(columns())
def test_a_column_is_the_one_that_its_written_form_says(column: RunColumn) -> None:
    assert column_of(column.id) == column


@given(columns().filter(sortable), st.booleans())
def test_a_sort_key_is_the_one_that_its_written_form_says(column: RunColumn, ascending: bool) -> None:
    key = SortKey(column, ascending, numeric=column.kind == "params")
    assert sort_key_of(key.text) == key


@pytest.mark.parametrize(
    "text", ["", "x", "metrics", "attributes.nope", "nope.x", "max(params.x)", "at(metrics.x)", "at(metrics.x, y)"]
)
def test_what_is_no_column_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its message is not shown)
        column_of(text)


@pytest.mark.parametrize("text", ["metrics.x", "metrics.x:up", "metrics.a`b:asc", "number(metrics.x)", ":asc"])
def test_what_is_no_sort_key_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (its message is not shown)
        sort_key_of(text)


FULL = RunsView(
    filter="metrics.a > 1",
    find="tree",
    order=(SortKey(RunColumn("metrics", "loss", Aggregate.MIN), True), SortKey(RunColumn("params", "lr"), False, True)),
    stage=ViewType.ALL,
    columns=(RunColumn("attributes", "status", width=9), RunColumn("metrics", "val/loss", spark=True)),
    frozen=1,
    varying=True,
    nested=True,
    groups=(
        (group_key_of("params.lr"), group_key_of("tags.a.b")),
        (group_key_of("datasets"),),
    ),
    group_order=GroupOrder(Measure.STD, ascending=True, column=RunColumn("metrics", "a)", Aggregate.MAX)),
)


@pytest.mark.parametrize("view", [RunsView(), FULL, RunsView(columns=())])
def test_a_view_comes_back_as_it_was_kept(view: RunsView, tmp_path: Path) -> None:
    assert view_of(view_document(view)) == view
    path = tmp_path / "flowdeck" / "views.toml"
    book = ViewBook(path)
    book.load()
    book.leave(("store", "3"), view)
    book.leave(("postgresql://ann@db/ml.flow", EVERY), FULL)
    book.name("my best", view)
    book.direct("val/loss", False)
    assert book.write() == ""
    assert path.stat().st_mode & 0o777 == 0o600
    again = ViewBook(path)
    assert again.load() == ""
    assert again.of(("store", "3")) == view
    assert again.of(("postgresql://ann@db/ml.flow", EVERY)) == FULL
    assert again.of(("store", "4")) is None
    assert again.named == {"my best": view}
    assert again.directions == {"val/loss": False}


def test_two_programs_keep_what_the_other_one_wrote(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    one, other = ViewBook(path), ViewBook(path)
    one.load()
    other.load()
    one.leave(("s", "1"), FULL)
    one.name("mine", FULL)
    other.leave(("s", "2"), FULL)
    other.name("theirs", FULL)
    assert (one.write(), other.write()) == ("", "")
    kept = read_views(path)
    assert set(kept.left) == {("s", "1"), ("s", "2")}
    assert set(kept.named) == {"mine", "theirs"}
    one.forget("theirs")
    assert one.write() == ""
    assert set(read_views(path).named) == {"mine"}


def test_what_a_user_wrote_into_the_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    path.write_text('# mine\n[views.best]  # the good ones\nsort = ["metrics.auc:desc"]\n')
    path.chmod(0o644)
    book = ViewBook(path)
    assert book.load() == ""
    assert book.named["best"].order[0].column.key == "auc"
    book.leave(("s", "1"), FULL)
    assert book.write() == ""
    text = path.read_text()
    assert "# mine" in text
    assert "# the good ones" in text
    assert tomllib.loads(text)["stores"]["s"]["1"]["frozen"] == 1
    assert path.stat().st_mode & 0o777 == 0o644


def test_what_changes_while_the_file_is_written_is_written_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "views.toml"
    book, view = ViewBook(path), RunsView(None)
    real = views._write

    def meanwhile(*arguments: Any) -> None:
        # The thread of the screen goes on while this one writes.
        for number in range(50):
            book.leave(("store", str(number)), view)
        book.name("later", view)
        book.name("first", replace(view, filter="metrics.x > 1"))
        book.direct("auc", True)
        real(*arguments)

    book.name("first", view)
    with monkeypatch.context() as patch:
        patch.setattr(views, "_write", meanwhile)
        assert book.write() == ""
    assert read_views(path).named == {"first": view}
    assert book.named == {"first": replace(view, filter="metrics.x > 1"), "later": view}
    assert book.write() == ""
    there = read_views(path)
    assert there.named == {"first": replace(view, filter="metrics.x > 1"), "later": view}
    assert len(there.left) == 50
    assert there.directions == {"auc": True}


def test_nothing_is_written_where_nothing_changed(tmp_path: Path) -> None:
    path = tmp_path / "views.toml"
    book = ViewBook(path)
    book.load()
    assert book.write() == ""
    assert not path.exists()
    book.leave(("s", "1"), FULL)
    book.write()
    before = path.stat().st_mtime_ns
    book.leave(("s", "1"), FULL)
    assert book.write() == ""
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    "text",
    [
        "no toml = = 1",
        'version = 2\n[views.a]\nfilter = "x"\n',
        "[views]\na = 5\n",
        '[views.a]\nsort = ["nonsense"]\n',
        '[directions]\nloss = "sideways"\n',
        "stores = 7\n",
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ],
)
def test_a_file_that_cannot_be_read_whole_is_told_and_never_overwritten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "views.toml"
    path.write_text(text)
    before = path.read_bytes()
    book = ViewBook(path)
    assert str(path) in book.load()
    book.leave(("s", "1"), FULL)
    assert str(path) in book.write()
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("version", "told"), [("2", "newer flowdeck"), ("'x'", "version = 'x'"), ("0", "version = 0"), ("true", "True")]
)
def test_a_version_that_is_none_is_told_as_it_is(tmp_path: Path, version: str, told: str) -> None:
    path = tmp_path / "views.toml"
    path.write_text(f"version = {version}\n")
    assert told in ViewBook(path).load()


def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    path = tmp_path / "file" / "views.toml"
    (tmp_path / "file").write_text("")
    book = ViewBook(path)
    book.leave(("s", "1"), FULL)
    assert "are not kept for the next time" in book.write()


def test_of_very_many_experiments_the_last_ones_are_kept(tmp_path: Path) -> None:
    book = ViewBook(tmp_path / "views.toml")
    for number in range(MOST_EXPERIMENTS + 3):
        book.leave(("s", str(number)), replace(FULL, filter=str(number)))
    assert book.write() == ""
    kept = read_views(tmp_path / "views.toml").left
    assert len(kept) == MOST_EXPERIMENTS
    assert ("s", "2") not in kept
    assert ("s", str(MOST_EXPERIMENTS + 2)) in kept
