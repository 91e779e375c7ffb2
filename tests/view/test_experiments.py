"""Experiments as rows and as a card."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from store.entities import Experiment, ExperimentStats
from store.kinds import NOTE_TAG
from tui.view.experiments import ALL, experiment_card, experiment_rows
from tui.view.glyphs import UNICODE

HOSTILE = "\x1b]0;x\x07\u202e[red]\n\x9b"
NOON = 1_700_000_000_000

IRIS = Experiment("1", "iris", "s3://b/1", "active", NOON, NOON, {"team": "a", NOTE_TAG: "# Iris\n\n\tpetals"})
DIGITS = Experiment("2", "digits", "s3://b/2", "active")
STATS = {
    "1": ExperimentStats("1", 12_345, 2, NOON),
    "7": ExperimentStats("7", 999, 9, NOON + 999_999),
}


def table(*experiments: Experiment) -> list[tuple[str, list[str]]]:
    rows = experiment_rows(experiments, STATS)
    assert all(len(rows.cells(index)) == len(rows.columns) for index in range(len(rows)))
    return [(rows.key(index), [cell.text for cell in rows.cells(index)]) for index in range(len(rows))]


def test_a_row_says_how_many_runs_there_are_and_how_many_run() -> None:
    assert table(IRIS) == [("1", ["iris", "12 345", f"{UNICODE.running} 2", "2023-11-14 22:13", "team=a"])]


def test_an_experiment_without_runs_has_none_and_not_nothing() -> None:
    assert table(DIGITS) == [("2", ["digits", "0", "-", "-", ""])]


def test_several_experiments_have_a_row_for_all_of_them_on_top() -> None:
    shown = table(IRIS, DIGITS)
    assert [key for key, _ in shown] == [ALL, "1", "2"]
    # Only what is listed counts: a filtered list must not claim the runs of the rest.
    assert shown[0][1] == ["All experiments", "12 345", f"{UNICODE.running} 2", "2023-11-14 22:13", ""]


def test_no_experiments_have_no_rows() -> None:
    assert table() == []


def test_deleted_and_nameless_experiments_are_told_apart() -> None:
    assert table(replace(IRIS, lifecycle_stage="deleted"))[0][1][0] == f"{UNICODE.deleted} iris"
    assert table(replace(IRIS, name=""))[0][1][0] == "(no name)"


def test_an_experiment_that_could_not_be_read_whole_is_marked_and_says_why() -> None:
    damaged = replace(IRIS, problems=("tags/team: \x1b[2Jno text",))
    assert table(damaged)[0][1][0] == f"{UNICODE.problem} iris"
    assert ("problem", "tags/team: ␛[2Jno text") in experiment_card(damaged, None)


def test_tags_of_mlflow_itself_are_not_listed_in_the_row_but_on_the_card() -> None:
    tagged = replace(IRIS, tags={"mlflow.sharedViewState": "x", "b": "2", "a": "1"})
    assert table(tagged)[0][1][4] == "a=1  b=2"
    assert ("mlflow.sharedViewState", "x") in experiment_card(tagged, None)


def test_a_card_has_everything_that_is_known() -> None:
    assert experiment_card(IRIS, STATS["1"]) == [
        ("", "iris"),
        ("id", "1"),
        ("stage", "active"),
        ("runs", "12 345"),
        ("running", "2"),
        ("last run", "2023-11-14 22:13"),
        ("created", "2023-11-14 22:13"),
        ("updated", "2023-11-14 22:13"),
        ("artifacts", "s3://b/1"),
        ("team", "a"),
        ("", ""),
        ("", "# Iris"),
        ("", ""),
        ("", "    petals"),
    ]


def test_a_card_leaves_out_what_the_schema_does_not_have() -> None:
    assert [label for label, _ in experiment_card(DIGITS, None)] == ["", "id", "stage", "runs", "artifacts"]
    assert ("workspace", "team-a") in experiment_card(replace(DIGITS, workspace="team-a"), None)
    assert "workspace" not in [label for label, _ in experiment_card(replace(DIGITS, workspace="default"), None)]


def test_nothing_of_a_hostile_experiment_reaches_the_terminal_as_it_is() -> None:
    hostile = Experiment(
        HOSTILE, HOSTILE, HOSTILE, HOSTILE, 1, 2, {HOSTILE: HOSTILE, NOTE_TAG: HOSTILE}, workspace=HOSTILE
    )
    shown = [text for _, texts in table(hostile, DIGITS) for text in texts]
    shown += [text for line in experiment_card(hostile, None) for text in line]
    assert all(unicodedata.category(character) not in ("Cc", "Cf", "Cs") for text in shown for character in text)
