"""Lists as they are exported: columns, values of every kind, texts."""

from __future__ import annotations

import json
import math
import shlex
from dataclasses import replace

import pytest

from store.entities import Experiment, Metric, MetricSummary, Point
from store.kinds import Aggregate
from tests.tui.fakes import run
from tui.cli.run_columns import parse_column
from tui.view.column_fields import NAME, fields_of
from tui.view.command import command_of
from tui.view.experiments_sheet import experiments_sheet
from tui.view.export import TEXTS, Format
from tui.view.export_choice import FORMATS, format_name, proposed_name, renamed
from tui.view.field_texts import field_heading, field_text
from tui.view.fields import RunField, Type
from tui.view.run_columns import RunColumn
from tui.view.run_sheets import metrics_sheet, pairs_sheet
from tui.view.runs import RunsView

COLUMNS = (
    RunColumn("attributes", "start_time"),
    RunColumn("attributes", "duration", width=7),
    RunColumn("attributes", "experiment"),
    RunColumn("metrics", "val/acc"),
    RunColumn("metrics", "val/acc", Aggregate.MAX),
    RunColumn("metrics", "a, b", Aggregate.AT, -5),
    RunColumn("metrics", "val/acc", spark=True),
    RunColumn("params", "status"),
    RunColumn("tags", "mlflow.user"),
)


def test_what_is_exported_of_columns_is_what_the_copied_command_names() -> None:
    words = command_of(RunsView(), COLUMNS, "lab", {})
    parts = shlex.split(words)
    named = [parts[place + 1] for place, word in enumerate(parts) if word == "-c"]
    fields = fields_of(COLUMNS)
    assert fields == tuple(parse_column(name) for name in named)
    assert fields[0] == NAME
    assert len(fields) == len(COLUMNS)  # The name is there, the curve is not.


def test_columns_have_types_and_values_of_every_kind() -> None:
    one = run(
        1,
        start_time=1_700_000_000_000,
        end_time=None,
        metrics={"acc": Metric("acc", math.nan, 1, 1), "top": Metric("top", math.inf, 1, 1)},
        tags={"a|b": "x|y\x1b[31m"},
    )

    def of(kind: str, key: str) -> tuple[Type, object, object, str]:
        field = RunField(kind, key)
        return field.type, field.plain(one, {"1": "iris"}), field.value(one, {"1": "iris"}), field_text(field, one, {})

    assert of("attributes", "start_time") == (Type.TIME, 1_700_000_000_000, 1_700_000_000_000, "2023-11-14 22:13")
    assert of("attributes", "duration") == (Type.INTEGER, None, None, "-")
    assert of("attributes", "experiment")[:3] == (Type.TEXT, "iris", "iris")
    assert of("params", "lr") == (Type.TEXT, "1", "1", "1")
    assert of("metrics", "gone") == (Type.NUMBER, None, None, "-")
    assert of("metrics", "top") == (Type.NUMBER, math.inf, "Infinity", "inf")
    type_, plain, value, text = of("metrics", "acc")
    assert (type_, value, text) == (Type.NUMBER, "NaN", "NaN")
    assert isinstance(plain, float)
    assert math.isnan(plain)
    assert of("tags", "a|b")[2] == "x|y\x1b[31m"
    assert "\x1b" not in of("tags", "a|b")[3]
    assert "\x1b" not in field_heading(RunField("tags", "\x1b[31m")).title


def test_the_name_of_a_run_that_could_not_be_read_whole_is_marked_for_people_alone() -> None:
    damaged = run(1, problems=("metrics/loss: line 3",))
    assert NAME.value(damaged, {}) == "run-1"
    assert field_text(NAME, damaged, {}) == "! run-1"


def test_metrics_of_a_run_have_what_was_summed_up_of_them() -> None:
    latest = {key: Metric(key, 0.5, 7, 9) for key in ("acc", "loss")}
    summary = MetricSummary("acc", latest["acc"], 4, 1, 0, Point(1, 5, 0.25), Point(9, 7, 0.5), 0, 9, 1, 7)
    sheet = metrics_sheet(latest, {"acc": summary}, ["acc", "loss"])
    assert [column.title for column in sheet.columns][-3:] == ["count", "nans", "infinities"]
    assert list(sheet.values()) == [
        ["acc", 0.5, 9, 0.25, 1, 0.5, 9, 4, 1, 0],
        ["loss", 0.5, 9, *[None] * 7],
    ]
    documents = [json.loads(line) for line in "".join(sheet.pieces(Format.NDJSON)).splitlines()]
    assert documents[0]["minimum"] == {"step": 1, "timestamp": 5, "value": 0.25}
    assert documents[1] == {"key": "loss", "value": 0.5, "step": 9, "timestamp": 7}
    assert "| acc | 0.5 | 9 | 0.25 | 1 |" in "".join(sheet.pieces(Format.MD))


def test_that_a_history_is_a_sample_is_said_in_a_column_of_its_own() -> None:
    latest = {"acc": Metric("acc", 0.5, 7, 9)}
    summary = MetricSummary("acc", latest["acc"], 4, 1, 0, None, None, 0, 9, 1, 7, sampled=True)
    sheet = metrics_sheet(latest, {"acc": summary}, ["acc"])
    for format_ in (Format.CSV, Format.JSON, Format.MD):
        text = "".join(sheet.pieces(format_))
        assert "sampled" in text.lower()
        assert "true" in text


def test_params_and_tags_are_pairs_and_hostile_ones_are_clean_for_people() -> None:
    sheet = pairs_sheet({"a": "1", "b|\x1b[2J": "=cmd|x\n"}, ["a", "b|\x1b[2J"], "tag")
    assert "".join(sheet.pieces(Format.CSV)) == 'key,value\r\na,1\r\nb|\x1b[2J,"=cmd|x\n"\r\n'
    shown = "".join(sheet.pieces(Format.MD))
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 4
    assert json.loads("".join(sheet.pieces(Format.JSON)))[1] == {"key": "b|\x1b[2J", "value": "=cmd|x\n"}


def test_experiments_have_their_tags_as_columns() -> None:
    one = Experiment("1", "iris", "s3://b", "active", tags={"team": "a"})
    sheet = experiments_sheet([one, replace(one, experiment_id="2", tags={})], None, stage=True)
    lines = "".join(sheet.pieces(Format.CSV)).splitlines()
    assert lines[0].endswith(",tags.team")
    assert (lines[1][-2:], lines[2][-1:]) == (",a", ",")
    assert "| Stage |" in "".join(sheet.pieces(Format.MD))


def test_what_is_no_text_has_no_pieces() -> None:
    with pytest.raises(ValueError, match="parquet"):
        pairs_sheet({}, [], "tag").pieces(Format.PARQUET)
    assert {*FORMATS} == {*Format} - {Format.TABLE}
    assert Format.PARQUET not in TEXTS


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("churn", "runs"), "churn-runs-2026-11-27.csv"),
        (("Fraud détection/v2 (été)", "runs"), "Fraud-détection-v2-été-runs-2026-11-27.csv"),
        (("../../etc/passwd\x00\u202e", "runs"), "etc-passwd-runs-2026-11-27.csv"),
        (("~", "runs"), "runs-2026-11-27.csv"),
        (("x" * 500, "runs"), f"{'x' * 60}-runs-2026-11-27.csv"),
        (("-rf", "runs"), "rf-runs-2026-11-27.csv"),
    ],
)
def test_a_proposed_name_has_letters_and_digits_of_what_is_exported(parts: tuple[str, ...], name: str) -> None:
    assert proposed_name(parts, "2026-11-27", Format.CSV) == name


def test_the_ending_goes_with_the_format_unless_another_one_was_typed() -> None:
    assert renamed("a/runs.csv", Format.CSV, Format.MD) == "a/runs.md"
    assert renamed("a/runs.txt", Format.CSV, Format.MD) == "a/runs.txt"
    assert format_name(Format.MD) == "markdown"
