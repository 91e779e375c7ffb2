"""One run as rows: its metrics while they are being read and after, its params, tags, data and overview."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import replace

from store.entities import (
    Axis,
    Bucket,
    Curve,
    Dataset,
    DatasetInput,
    LoggedModel,
    Metric,
    MetricSummary,
    ModelInput,
    ModelOutput,
    Point,
    Run,
)
from store.kinds import NOTE_TAG, PARENT_TAG
from tui.view.cells import SPARK_COLUMNS
from tui.view.glyphs import UNICODE
from tui.view.run import data_rows, headline, metric_rows, overview_rows, pair_rows
from tui.view.table import ListRows

HOSTILE = "\x1b]0;x\x07\u202e[red]\n\x9b"
WAITING = UNICODE.ellipsis

RUN = Run("a" * 32, "first", "1", "FINISHED", 1_700_000_000_000, 1_700_000_090_000, "active", "s3://b/1", "ada")


def texts(rows: ListRows, index: int) -> list[str]:
    found = rows.cells(index)
    assert len(found) == len(rows.columns)
    return [cell.text for cell in found]


def everything(rows: ListRows) -> list[str]:
    return [column.title for column in rows.columns] + [
        text for index in range(len(rows)) for text in texts(rows, index)
    ]


def harmless(shown: list[str]) -> bool:
    return all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for text in shown for character in text)


def summary(key: str, value: float = 0.5, **values: object) -> MetricSummary:
    plain = MetricSummary(
        key, Metric(key, value, 9, 90), 12_345, 0, 0, Point(3, 0, 0.25), Point(7, 0, 4.0), 0, 90, 0, 9
    )
    return replace(plain, **values)  # type: ignore[arg-type]  # the names are the entity's own


def curve(key: str) -> Curve:
    buckets = tuple(Bucket(float(x), float(x), float(x), float(x), 1) for x in range(8))
    return Curve(RUN.run_id, key, Axis.STEP, buckets, 8, 0, 0)


# Metrics


def test_a_metric_whose_history_is_being_read_shows_its_latest_value_and_dots() -> None:
    rows = metric_rows({"loss": Metric("loss", 0.125, 5, 70)}, {}, {})
    assert texts(rows, 0) == [
        "loss",
        "0.125",
        "",
        WAITING,
        WAITING,
        WAITING,
        WAITING,
        "70",
        WAITING,
        WAITING,
    ]


def test_a_metric_that_was_read_shows_its_extremes_with_their_steps() -> None:
    rows = metric_rows({}, {"loss": summary("loss")}, {"loss": curve("loss")})
    shown = texts(rows, 0)
    assert shown[0:2] == ["loss", "0.5"]
    assert len(shown[2]) == SPARK_COLUMNS
    assert set(shown[2]) <= set(UNICODE.blocks)
    assert shown[3:] == ["0.25", "3", "4", "7", "90", "12 345", "-"]


def test_rows_keep_their_places_while_summaries_arrive() -> None:
    latest = {key: Metric(key, 1.0, 0, 0) for key in ("c", "a", "b")}
    before = metric_rows(latest, {}, {})
    between = metric_rows(latest, {"b": summary("b")}, {})
    after = metric_rows(latest, {key: summary(key) for key in ("a", "b", "c", "only/in/history")}, {})
    assert [before.key(index) for index in range(3)] == ["a", "b", "c"]
    assert [between.key(index) for index in range(3)] == ["a", "b", "c"]
    assert [after.key(index) for index in range(4)] == ["a", "b", "c", "only/in/history"]
    assert texts(between, 0)[8] == WAITING
    assert texts(between, 1)[8] == "12 345"
    assert [column.id for column in before.columns] == [column.id for column in after.columns]


def test_the_latest_value_is_that_of_the_history_once_it_was_read() -> None:
    rows = metric_rows({"loss": Metric("loss", 9.0, 0, 0)}, {"loss": summary("loss", 0.5)}, {})
    assert texts(rows, 0)[1] == "0.5"


def test_what_is_not_a_number_is_counted_and_no_extreme() -> None:
    odd = summary("loss", math.nan, minimum=None, maximum=None, nans=3, infinities=9_999)
    rows = metric_rows({}, {"loss": odd}, {})
    assert texts(rows, 0)[1] == "NaN"
    assert texts(rows, 0)[3:7] == ["-", "-", "-", "-"]
    assert texts(rows, 0)[9] == "10 002"
    assert [cell.role for cell in (rows.cells(0)[1], rows.cells(0)[9])] == ["warn", "warn"]
    assert metric_rows({"x": Metric("x", 1.7976931348623157e308, 0, 0)}, {}, {}).cells(0)[1].text == "inf"


def test_a_metric_without_a_name_says_so() -> None:
    assert texts(metric_rows({"": Metric("", 1.0, 0, -5)}, {}, {}), 0)[0] == "(empty)"


def test_a_run_without_metrics_has_no_rows() -> None:
    assert len(metric_rows({}, {}, {})) == 0


# Params, tags, data


def test_pairs_are_sorted_and_an_empty_value_says_so() -> None:
    rows = pair_rows({"b": "", "a": "1\n2"}, "Param")
    assert [texts(rows, 0), texts(rows, 1)] == [["a", "1↵2"], ["b", "(empty)"]]
    assert [column.title for column in rows.columns] == ["Param", "Value"]


def test_datasets_and_models_say_what_they_were_used_for() -> None:
    dataset = DatasetInput(Dataset("iris", "d1", "local", "{}"), {"mlflow.data.context": "train"})
    model = LoggedModel("m-1", "1", "tree", "s3://m", 0, 0, "READY", "sklearn")
    run = replace(
        RUN, dataset_inputs=(dataset,), model_inputs=(ModelInput("m-2"),), model_outputs=(ModelOutput("m-1", 7),)
    )
    rows = data_rows(run, [model])
    assert texts(rows, 0)[:4] == ["dataset", "iris", "d1 local", "train"]
    # A model that is not there any more is shown by its id.
    assert texts(rows, 1)[:2] == ["model in", "m-2"]
    assert texts(rows, 2) == ["model out", "tree", "READY sklearn", "step 7", "s3://m"]


# Overview


def test_the_overview_leaves_out_what_is_not_there() -> None:
    labels = [texts(overview_rows(RUN, "iris"), index)[0] for index in range(len(overview_rows(RUN, "iris")))]
    assert labels == [
        "name",
        "run id",
        "experiment",
        "status",
        "stage",
        "start",
        "end",
        "duration",
        "user",
        "artifacts",
    ]


def test_the_overview_says_when_a_run_goes_on_or_was_deleted() -> None:
    going = overview_rows(replace(RUN, status="RUNNING", end_time=None), "iris")
    shown = {texts(going, index)[0]: texts(going, index)[1] for index in range(len(going))}
    assert shown["end"] == "-"
    assert "duration" not in shown
    gone = overview_rows(replace(RUN, lifecycle_stage="deleted", deleted_time=1_700_000_000_000), "iris")
    shown = {texts(gone, index)[0]: texts(gone, index)[1] for index in range(len(gone))}
    assert shown["stage"] == "deleted"
    assert shown["deleted"].startswith("2023-11-14 22:13:20.000")


def test_what_could_not_be_read_is_told_in_the_overview_and_above_the_tabs() -> None:
    damaged = replace(RUN, problems=("params/lr: \x1b[2Jempty", "metrics/loss: cut off"), tags={NOTE_TAG: "note"})
    shown = [texts(overview_rows(damaged, "iris"), index) for index in range(len(overview_rows(damaged, "iris")))]
    assert shown[-3:] == [["problem", "params/lr: ␛[2Jempty"], ["problem", "metrics/loss: cut off"], ["note", "note"]]
    assert ("incomplete", "warn") in headline(damaged)


def test_a_history_of_which_a_server_gave_a_sample_says_so() -> None:
    whole, sampled = summary("a"), summary("b", sampled=True)
    rows = metric_rows({}, {"a": whole, "b": sampled}, {})
    points = [column.title for column in rows.columns].index("Points")
    assert [texts(rows, index)[points] for index in range(2)] == ["12 345", "12 345 sampled"]


def test_a_note_keeps_its_lines() -> None:
    rows = overview_rows(replace(RUN, tags={NOTE_TAG: "# Title\n\n\tset in"}), "iris")
    assert [texts(rows, len(rows) - 3 + line) for line in range(3)] == [
        ["note", "# Title"],
        ["", ""],
        ["", "    set in"],
    ]


def test_the_user_is_found_where_older_releases_kept_it() -> None:
    rows = overview_rows(replace(RUN, user_id=None, tags={"mlflow.user": "grace"}), "iris")
    assert ["user", "grace"] in [texts(rows, index) for index in range(len(rows))]


def test_the_line_above_the_tabs_names_the_run_its_status_and_its_time() -> None:
    assert headline(RUN) == [
        ("first", "title"),
        (f"{UNICODE.finished} FINISHED", "status-FINISHED"),
        ("2023-11-14 22:13", "dim"),
        ("1:30 min", "dim"),
    ]
    assert ("deleted", "status-FAILED") in headline(replace(RUN, lifecycle_stage="deleted"))
    assert headline(replace(RUN, run_name=""))[0][0] == "(aaaaaaaa)"


def test_nothing_of_a_hostile_run_reaches_the_terminal_as_it_is() -> None:
    source = ("name", "type", "git.commit", "git.branch", "git.repoURL")
    shown_tags = (NOTE_TAG, PARENT_TAG, HOSTILE, *(f"mlflow.source.{name}" for name in source))
    model = LoggedModel(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 0, 0, HOSTILE, HOSTILE)
    hostile = Run(
        HOSTILE,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        1,
        2,
        HOSTILE,
        HOSTILE,
        HOSTILE,
        tags=dict.fromkeys(shown_tags, HOSTILE),
        dataset_inputs=(DatasetInput(Dataset(HOSTILE, HOSTILE, HOSTILE, HOSTILE), {"mlflow.data.context": HOSTILE}),),
        model_inputs=(ModelInput("m"),),
        model_outputs=(ModelOutput(HOSTILE, 1),),
    )
    assert harmless(everything(overview_rows(hostile, HOSTILE)))
    assert harmless(everything(data_rows(hostile, [model])))
    assert harmless(everything(pair_rows(hostile.tags, "Tag")))
    assert harmless(everything(metric_rows({HOSTILE: Metric(HOSTILE, 1.0, 0, 0)}, {}, {})))
    assert harmless([text for text, _ in headline(hostile)])
