"""`flowdeck groups`: what runs have in common, and what their metrics come to."""

from __future__ import annotations

import csv
import io
import shlex
import statistics
from pathlib import Path

import pytest

from store.groups import group_key_of
from tests.support.cli import invoke
from tests.support.crafted import Crafted
from tui.cli.diagnostics import ExitCode
from tui.view.command import command_of
from tui.view.group_order import GroupOrder, Measure
from tui.view.run_columns import column_of
from tui.view.runs import RunsView

AUC = "metrics.validation-auc"


def test_configurations_are_found_and_ranked_by_their_mean(demo: Path) -> None:
    result = invoke("groups", "-s", demo, "-e", "churn", "-c", AUC, "-n", "0", "-o", "json")
    assert result.code == ExitCode.DONE
    assert "29 configurations x 1-5 seeds, and 26 other runs: -b params.eta -b params.max_depth" in result.err
    means = [group["metrics"][AUC]["mean"] for group in result.json]
    known = [mean for mean in means if mean is not None]
    assert known == sorted(known, reverse=True)
    assert means == [*known, *[None] * (len(means) - len(known))]
    # What it says is what the runs of the best configuration have.
    best = result.json[0]
    params = " and ".join(
        f"{key} = '{value}'" if value is not None else f"not has({key})" for key, value in best["by"].items()
    )
    runs = invoke("runs", "-s", demo, "-e", "churn", "-f", params, "-c", AUC, "-o", "json").json
    assert len(runs) == best["runs"]
    values = [run["metrics"]["validation-auc"] for run in runs if run["metrics"]["validation-auc"] is not None]
    assert best["metrics"][AUC] == {
        "n": len(values),
        "mean": pytest.approx(statistics.fmean(values)),
        "std": pytest.approx(statistics.stdev(values)),
        "min": min(values),
        "max": max(values),
    }


def test_keys_metrics_and_rank_are_what_was_asked_for(demo: Path) -> None:
    best = f"max({AUC})"
    asked = (
        "groups",
        "-s",
        demo,
        "-e",
        "churn",
        "-b",
        "params.max_depth",
        "-c",
        best,
        "--sort",
        "params.max_depth:desc",
    )
    result = invoke(*asked, "-o", "csv")
    rows = list(csv.reader(io.StringIO(result.text)))
    assert rows[0] == ["params.max_depth", "runs", *(f"{name} {best}" for name in ("n", "mean", "std", "min", "max"))]
    depths = [row[0] for row in rows[1:]]
    numbers = [float(depth) for depth in depths if depth]
    assert numbers == sorted(numbers, reverse=True)
    table = invoke(*asked).text.splitlines()
    assert table[0].split() == ["max_depth", "Runs", "mean", "max", "validation-auc", "std", "min", "max"]
    assert [line.split()[0] for line in table[1:]] == [depth or "(none)" for depth in depths]
    limited = invoke(*asked, "-n", "2")
    assert len(limited.text.splitlines()) == 3
    assert f"2 groups of {len(depths)} shown; -n 0 for all" in limited.err
    by_count = invoke(*asked[:-1], "runs:desc", "-o", "json").json
    counts = [group["runs"] for group in by_count]
    assert counts == sorted(counts, reverse=True)


def test_the_best_groups_come_first_unless_a_direction_follows(demo: Path) -> None:
    asked = ("groups", "-s", demo, "-e", "churn", "-b", "params.eta", "-b", "params.eta", "-c", AUC, "-o", "json")
    usual = invoke(*asked).json
    assert invoke(*asked, "--sort", f"mean({AUC})").json == usual
    assert invoke(*asked, "--sort", f"mean({AUC}):asc").json != usual
    assert list(usual[0]["by"]) == ["params.eta"]


def test_datasets_are_name_and_digest(demo: Path) -> None:
    found = invoke("groups", "-s", demo, "-b", "datasets", "-c", AUC, "-o", "json", "-n", "0").json
    named = [group["by"]["datasets"] for group in found if group["by"]["datasets"] is not None]
    assert {"name": "churn-2026-10", "digest": "1fb9315a"} in named


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("-b", "lr"), "did you mean params.lr or tags.lr?"),
        (("-b", "metrics.auc"), "runs cannot be grouped by metrics.auc"),
        (("-b", "params.a", "-c", "params.b"), "params.b is no metric"),
        (("-b", "params.a", "--sort", "median(metrics.a)"), "groups cannot be ranked by median(metrics.a)"),
        (("-b", "params.eta", "--sort", "params.zzz"), "groups cannot be ranked by params.zzz"),
        (("-e", "llm"), "do not look like configurations that were repeated"),
    ],
)
def test_what_cannot_be_grouped_is_told(demo: Path, arguments: tuple[str, ...], told: str) -> None:
    result = invoke("groups", "-s", demo, *arguments)
    assert (result.code, result.text) == (ExitCode.USAGE, "")
    assert told in result.err


def test_keys_that_no_run_has_are_told(demo: Path) -> None:
    result = invoke("groups", "-s", demo, "-e", "churn", "-b", "params.etta", "-c", "metrics.validation-ouc")
    assert result.code == ExitCode.DONE
    assert "no run of this experiment has a param “etta”; did you mean “eta”?" in result.err
    assert "has a metric “validation-ouc”; did you mean “validation-auc”" in result.err
    told = invoke("groups", "-s", demo, "-f", "params.none = 'x'", "-b", "params.eta").err
    assert "0 runs; none of the newest 200 runs of this store has a param “none”" in told
    assert "more than 8 metrics" not in told
    assert invoke("groups", "-s", demo, "-e", "churn", "-b", "params.eta", "-c", AUC).err == ""


def test_no_runs_are_no_groups(demo: Path) -> None:
    asked = ("groups", "-s", demo, "-e", "churn", "-f", f"{AUC} > 100")
    found = invoke(*asked, "-o", "json")
    assert (found.code, found.json, found.err) == (ExitCode.DONE, [], "")
    assert invoke(*asked).text.split() == ["Runs"]
    told = invoke("groups", "-s", demo, "-e", "churn", "-f", "params.none = 'x'")
    assert (told.code, "0 runs; no run of this experiment has a param “none”" in told.err) == (ExitCode.DONE, True)


def test_keys_may_stand_in_quotes_and_datasets_be_one(demo: Path) -> None:
    asked = ("groups", "-s", demo, "-e", "churn", "-n", "0", "-o", "json")
    plain = invoke(*asked, "-b", "params.eta", "-c", AUC, "--sort", "params.eta").json
    assert invoke(*asked, "-b", "param.`eta`", "-c", "metrics.`validation-auc`", "--sort", "params.`eta`").json == plain
    assert invoke(*asked, "-b", "dataset", "-c", AUC).json == invoke(*asked, "-b", "datasets", "-c", AUC).json


def test_what_is_proposed_can_be_pasted(tmp_path: Path) -> None:
    crafted = Crafted(tmp_path / "mlflow.db")
    crafted.experiment(1, "one")
    for place in range(8):
        params = {"a\n\x1b[2Jb; ls": str(place // 4), "seed": str(place % 4)}
        crafted.run(f"{place}" * 32, "run", experiment=1, metrics={"loss": 1.0}, params=params)
    result = invoke("groups", "-s", crafted.database, "-o", "json")
    line = next(line for line in result.err.splitlines() if "configurations x" in line)
    assert line.endswith(": -b $'params.a\\x0a\\x1b[2Jb; ls'")
    assert [group["runs"] for group in result.json] == [4, 4]


def test_an_experiment_without_runs_has_no_groups(demo: Path) -> None:
    result = invoke("groups", "-s", demo, "-f", "params.none = 'x'", "-b", "params.a", "-o", "json")
    assert (result.code, result.json) == (ExitCode.DONE, [])


def test_the_command_of_a_view_prints_the_groups_of_the_view(demo: Path) -> None:
    view = RunsView(
        filter="params.max_depth > 3",
        groups=((group_key_of("params.max_depth"),), (group_key_of("params.eta"),)),
        group_order=GroupOrder(Measure.STD, ascending=True, column=column_of(AUC)),
    )
    words = shlex.split(command_of(view, (column_of("attributes.status"), column_of(AUC)), str(demo), {}))
    assert words[:2] == ["flowdeck", "groups"]
    found = invoke(*words[1:], "-o", "json").json
    assert list(found[0]["by"]) == ["params.max_depth", "params.eta"]
    stds = [group["metrics"][AUC]["std"] for group in found]
    known = [std for std in stds if std is not None]
    assert known == sorted(known)
    assert len(known) > 10
