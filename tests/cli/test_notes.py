"""What a store says about its answers reaches the user, whatever the format."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event

import pytest

from store.entities import Experiment, ExperimentStats, Metric, MetricSummary, Run, StoreInfo
from tests.support.cli import invoke
from tests.support.fake_store import FakeStore
from tui.view.export import TEXTS

Served = Callable[[FakeStore], FakeStore]

WHOLE = Run("1" * 32, "whole", "0", "FINISHED", 1_700_000_000_000, 1_700_000_001_000, "active", "s3://b/1", "ada")
DAMAGED = replace(WHOLE, run_id="2" * 32, run_name="damaged", problems=("metrics/loss: line 3 is \x1b[31mno point",))
SUMMARY = MetricSummary("loss", Metric("loss", 0.5, 1, 1), 2500, 0, 0, None, None, 0, 9, 0, 9, sampled=True)
PLACES = (
    Experiment("0", "whole", "s3://b", "active"),
    Experiment("1", "damaged", "s3://c", "active", problems=("meta.yaml is cut off",)),
)


@pytest.fixture
def store(served: Served) -> FakeStore:
    return served(FakeStore(all_experiments=PLACES, all_runs=(WHOLE, DAMAGED), summaries=(SUMMARY,)))


@pytest.mark.parametrize("format_", TEXTS)
@pytest.mark.parametrize("command", ["runs", "experiments"])
def test_how_an_answer_was_found_is_noted(served: Served, command: str, format_: str) -> None:
    served(FakeStore(all_experiments=PLACES[:1], all_runs=(WHOLE,), notes=("sorted here, over 12 runs",)))
    result = invoke(command, "-o", format_)
    assert (result.code, result.err) == (0, "note: sorted here, over 12 runs\n")
    assert b"sorted here" not in result.out


@pytest.mark.parametrize("format_", TEXTS)
@pytest.mark.parametrize("arguments", [("runs",), ("runs", "-c", "status"), ("experiments",)])
def test_what_could_not_be_read_whole_is_noted(store: FakeStore, arguments: tuple[str, ...], format_: str) -> None:
    told = invoke(*arguments, "-o", format_).err
    assert told.count("note: 1 ") == 1
    assert "could not be read whole" in told


def test_what_could_not_be_read_whole_is_flagged_in_tables(store: FakeStore) -> None:
    for command in (("runs",), ("runs", "-c", "run_name"), ("experiments",)):
        table = invoke(*command).text
        assert "! damaged" in table
        assert "! whole" not in table
        assert "| ! damaged |" in invoke(*command, "-o", "md").text
    assert "!" not in invoke("runs", "-o", "csv").text


def test_json_has_problems_only_where_there_are_any(store: FakeStore) -> None:
    told = list(DAMAGED.problems)
    assert [item.get("problems") for item in invoke("runs", "-o", "json").json] == [None, told]
    assert "problems" not in invoke("runs", "-o", "json").json[0]
    limited = invoke("runs", "-o", "json", "-c", "metrics.loss").json
    assert limited[1] == {"run_id": DAMAGED.run_id, "metrics": {"loss": None}, "problems": told}
    assert limited[0] == {"run_id": WHOLE.run_id, "metrics": {"loss": None}}
    assert [item.get("problems") for item in invoke("experiments", "-o", "json").json] == [
        None,
        ["meta.yaml is cut off"],
    ]
    assert invoke("show", "damaged", "-o", "json").json["problems"] == told
    assert "problems" not in invoke("show", "whole", "-o", "json").json


def test_show_has_a_section_of_problems(store: FakeStore) -> None:
    assert "\nProblems\nmetrics/loss: line 3 is ␛[31mno point\n" in invoke("show", "damaged").text
    assert "## Problems\n" in invoke("show", "damaged", "-o", "md").text
    assert "problems,1,metrics/loss: line 3 is" in invoke("show", "damaged", "-o", "csv").text
    assert "Problems" not in invoke("show", "whole").text


def test_show_says_which_metrics_are_summed_up_from_a_sample(store: FakeStore) -> None:
    result = invoke("show", "whole")
    assert "2500 sampled" in result.text
    assert result.err == (
        "note: 1 metric summed up from a sample of the history that the server gave (loss):"
        " only the latest value is sure\n"
    )
    assert invoke("show", "whole", "-o", "json").json["metric_summaries"]["loss"]["sampled"] is True
    store.summaries = (replace(SUMMARY, sampled=False),)
    result = invoke("show", "whole")
    assert "sampled" not in result.text
    assert result.err == ""
    assert "sampled" not in invoke("show", "whole", "-o", "json").json["metric_summaries"]["loss"]


class Uncounted(FakeStore):
    """Has runs, and does not say how many."""

    def experiment_stats(self, cancel: Event | None = None) -> dict[str, ExperimentStats]:
        return {}


def test_a_store_that_counts_no_runs_tells_experiments_apart_all_the_same(served: Served) -> None:
    info = StoreInfo("MLflow server", "http://mlflow.example:5000", "MLflow 3.17.2", counts_runs=False)
    served(Uncounted(info, all_experiments=PLACES, all_runs=(WHOLE, replace(DAMAGED, experiment_id="1"))))
    assert invoke("runs").text.splitlines()[0].split()[:3] == ["run_id", "run_name", "experiment"]
