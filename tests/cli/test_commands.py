"""The table of commands, their help, and the demo's tour."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from tests.support.cli import Result, invoke, process
from tui.cli.commands import COMMANDS
from tui.cli.main import Commands, cli
from tui.run_reading import RUNS_AT_ONCE
from tui.view.run_columns import METRIC_COLUMNS, PARAM_COLUMNS


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = invoke(name, "--help")
    assert (result.code, result.err) == (0, "")
    assert result.text.startswith(f"Usage: flowdeck {name}")
    assert "Example" in result.text
    assert invoke(name, "-h").out == result.out


@pytest.mark.parametrize("name", COMMANDS)
def test_the_table_tells_the_options_that_a_command_has(name: str) -> None:
    assert isinstance(cli, Commands)
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    everywhere = {"-s", "--store", "-o", "--output", "--read-only", "--traceback"}
    have = {
        option for item in command.params if isinstance(item, click.Option) for option in (*item.opts,)
    } - everywhere
    told = set(re.findall(r"(?<![\w-])--?[a-z][a-z-]*", COMMANDS[name].usage))
    assert told <= have
    for item in command.params:
        if isinstance(item, click.Option) and not everywhere.intersection(item.opts):
            assert told.intersection(item.opts), item.opts


def test_help_lists_every_command() -> None:
    text = invoke("--help").text
    for name, entry in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(entry.help)}$", text, re.MULTILINE)


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """What `flowdeck demo` prints without a terminal, and the folder in which it puts its store."""
    cache = tmp_path_factory.mktemp("cache")
    return process("demo", environ={"FLOWDECK_CACHE_DIR": str(cache)}), cache


@pytest.mark.xdist_group("tour")
def test_the_tour_without_a_terminal(toured: tuple[Result, Path]) -> None:
    result, cache = toured
    assert (result.code, result.err) == (0, "")
    for part in (
        "The flowdeck demo: ",
        str(cache),
        "\nThe best runs of an experiment\n$ flowdeck runs -e resnet-cifar10",
        "\nWhat differs between ",
        "\n$ flowdeck plot -m val/loss ",
        "┤",
        "\nNext:\n",
    ):
        assert part in result.text
    assert "\x1b" not in result.text
    assert all(len(line) <= 120 for line in result.text.splitlines() if str(cache) not in line)


@pytest.mark.xdist_group("tour")
def test_the_tour_counts_what_the_lists_show(toured: tuple[Result, Path]) -> None:
    tour = toured[0].text
    database = next(line for line in tour.splitlines() if line.endswith("mlflow.db"))
    listed = invoke("experiments", "-o", "json", "-s", database).json
    runs = invoke("runs", "-n", 0, "-o", "ndjson", "-s", database).text.splitlines()
    assert f"The flowdeck demo: {len(listed)} experiments with {len(runs)} runs in a real MLflow" in tour


def test_the_help_of_runs_tells_which_columns_a_table_has() -> None:
    told = " ".join(invoke("runs", "--help").text.split())
    assert (
        f"at most {METRIC_COLUMNS} metrics and {PARAM_COLUMNS} params, chosen from the first {RUNS_AT_ONCE} runs"
        in told
    )


@pytest.mark.xdist_group("tour")
def test_the_commands_of_the_tour_work(toured: tuple[Result, Path]) -> None:
    tour = toured[0].text
    store = next(line for line in tour.splitlines() if line.endswith("mlflow.db"))
    commands = [line.removeprefix("$ flowdeck ") for line in tour.splitlines() if line.startswith("$ ")]
    assert len(commands) == 2
    for line in commands:
        assert invoke(*line.split(), "-s", store).code == 0


def test_columns_of_what_histories_come_to_are_printed_in_every_format() -> None:
    store = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"
    wanted = ("-c", "run_name", "-c", "max(metrics.rmse)", "-c", "at(metrics.`rmse`, 0)", "-c", "latest(metrics.rmse)")

    def printed(*options: str) -> Result:
        return invoke("runs", "-s", store, "-f", "run_name = 'baseline'", *wanted, *options)

    (document,) = printed("-o", "json").json
    history = [point["value"] for point in invoke("history", "-s", store, "baseline", "rmse", "-o", "json").json]
    assert document["metrics"]["max(metrics.rmse)"] == max(history)
    assert document["metrics"]["at(metrics.rmse, 0)"] == history[0]
    assert document["metrics"]["rmse"] == history[-1]
    lines = printed("-o", "csv").text.splitlines()
    assert lines[0] == 'run_name,max(metrics.rmse),"at(metrics.rmse, 0)",metrics.rmse'
    assert lines[1] == f"baseline,{max(history)},{history[0]},{history[-1]}"
    assert "max(metrics.rmse)" in printed().text
    refused = invoke("runs", "-s", store, "-c", "max(params.alpha)")
    assert refused.code == 2
    assert "only metrics have a history" in refused.err
