"""A view of runs as a command for a shell."""

from __future__ import annotations

import shlex
import subprocess

from store.kinds import Aggregate, ViewType
from tui.cli.run_columns import parse_column
from tui.view.command import command_of, shell_command
from tui.view.order import SortKey
from tui.view.run_columns import RunColumn, column_of
from tui.view.runs import RunsView

LOSS, LR = RunColumn("metrics", "val loss"), RunColumn("params", "lr")


def test_a_view_is_the_command_that_prints_it() -> None:
    view = RunsView(
        ("1", "2"),
        "metrics.`val loss` < 1 or params.it's = 'x'",
        "tree",
        (SortKey(LOSS, True), SortKey(LR, False, numeric=True)),
        ViewType.ALL,
    )
    command = command_of(view, (RunColumn("attributes", "status"), LOSS, LR), "my lab.db", {"1": "iris; rm -rf /"})
    words = shlex.split(command)
    assert words[:4] == ["flowdeck", "runs", "-s", "my lab.db"]
    assert [words[place + 1] for place, word in enumerate(words) if word == "-e"] == ["iris; rm -rf /", "2"]
    assert words[words.index("-f") + 1] == view.query.filter
    sorts = [words[place + 1] for place, word in enumerate(words) if word == "--sort"]
    assert sorts == ["metrics.`val loss` ASC", "number(params.`lr`) DESC"]
    columns = [words[place + 1] for place, word in enumerate(words) if word == "-c"]
    assert columns == ["run_name", "status", "metrics.val loss", "params.lr"]
    assert "--all" in words
    assert words[-2:] == ["-n", "0"]


def test_what_histories_come_to_is_a_column_of_the_command_and_a_curve_is_none() -> None:
    best, curve = RunColumn("metrics", "val/acc", Aggregate.MAX), RunColumn("metrics", "val/acc", spark=True)
    words = shlex.split(command_of(RunsView(), (best, curve), "lab", {}))
    columns = [words[place + 1] for place, word in enumerate(words) if word == "-c"]
    assert columns == ["run_name", "max(metrics.val/acc)"]
    assert parse_column("max(metrics.val/acc)").title == "max(metrics.val/acc)"


def test_what_is_best_is_printed_as_the_user_has_it() -> None:
    # The command line knows the name alone.
    best = RunColumn("metrics", "loss", Aggregate.MAX, best=True)
    view = RunsView(order=(SortKey(best, ascending=False),))
    words = shlex.split(command_of(view, (best,), "lab", {}))
    assert words[words.index("--sort") + 1] == "max(metrics.`loss`) DESC"
    assert words[-3:] == ["max(metrics.loss)", "-n", "0"]


def test_the_usual_view_of_all_experiments_needs_few_words() -> None:
    words = shlex.split(command_of(RunsView(), (), "lab", {}))
    assert words == ["flowdeck", "runs", "-s", "lab", "-c", "run_name", "-n", "0"]


def test_a_key_comes_back_from_the_command_line_as_it_is() -> None:
    for key in ("", "`lr`", '"lr"', "a`b", "`", "lr", "a b"):
        for column in (RunColumn("params", key), RunColumn("metrics", key, Aggregate.MAX)):
            words = shlex.split(command_of(RunsView(), (column,), "lab", {}))
            parsed = parse_column(words[-3])
            assert (parsed.kind, parsed.key, parsed.aggregate or Aggregate.LATEST) == (
                column.kind,
                key,
                column.aggregate,
            )
            assert column_of(column.id) == column


def test_what_a_terminal_obeys_is_spelled() -> None:
    nasty = "a\x1b]52;c;x\x07\n'b\\ \udcff"
    command = shell_command(["echo", nasty])
    assert command.isprintable()
    printed = subprocess.run(["bash", "-c", command.replace("echo", "printf %s", 1)], capture_output=True, check=True)
    assert printed.stdout == nasty.encode("utf-8", "surrogateescape")
