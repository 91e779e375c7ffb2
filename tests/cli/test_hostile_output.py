"""Texts of other people never reach a terminal as something that it obeys."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

import pytest

from tests.support.cli import invoke
from tests.support.crafted import Crafted
from tui.view.text import width

TEXTS = (
    "\x1b[31mred\x1b[0m",
    "\x1b]0;title\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x9b2J\x9d0;c1\x9c",
    "abc\u202egnp.exe\u2066x\u2069",
    "one\ntwo\r\nthree\rfour\u2028five",
    "tab\there",
    "bell\x07 del\x7f nul\x01",
    "[bold red]markup[/]",
    "a|b`c`*d*",
    "日本語の名前 🚀",
    "👩‍👩‍👧 🇫🇷",
    "=1+1",
    "x" * 10_000,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    crafted = Crafted(tmp_path_factory.mktemp("hostile") / "mlflow.db")
    for place, text in enumerate(TEXTS):
        crafted.experiment(100 + place, f"{text}{place}")
        tags = {f"t{text}": text, "mlflow.note.content": text}
        crafted.run(f"{place:032x}", text, experiment=100 + place, params={text: text}, tags=tags, metrics={text: 0.5})
    crafted.points("0" * 32, "curve", [(step, 1000 * step, step / 10) for step in range(10)])
    crafted.points(f"{1:032x}", "curve", [(step, 1000 * step, step / 5) for step in range(10)])
    return crafted.database


def harmless(shown: str) -> bool:
    """Nothing but line ends among the characters that terminals obey or that reorder text."""
    return all(
        character == "\n" or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Zl", "Zp")
        for character in shown
    )


COMMANDS = (
    ("experiments", "-n", "0"),
    ("runs", "-n", "0"),
    ("runs", "-n", "0", "-c", f"params.{TEXTS[0]}", "-c", f"metrics.{TEXTS[1]}", "-c", "experiment"),
    *(("show", f"{place:032x}") for place in range(len(TEXTS))),
    ("history", "0" * 32, TEXTS[0]),
    ("doctor",),
)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("format_", ["table", "md"])
@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: "-".join(command)[:40].encode("unicode_escape").decode()
)
def test_tables(database: Path, command: tuple[str, ...], format_: str, terminal: bool) -> None:
    result = invoke(
        *command, "-o", format_, "-s", database, terminal=terminal, environ={"COLUMNS": "100", "NO_COLOR": "1"}
    )
    assert result.code == 0
    assert harmless(result.text)
    assert harmless(result.err)
    if terminal and format_ == "table" and command[0] != "show":
        assert all(width(line) <= 100 for line in result.text.splitlines())


@pytest.mark.parametrize(
    "command", COMMANDS, ids=lambda command: "-".join(command)[:40].encode("unicode_escape").decode()
)
@pytest.mark.parametrize("format_", ["json", "ndjson"])
def test_json_shows_no_control_character_and_loses_nothing(
    database: Path, command: tuple[str, ...], format_: str
) -> None:
    result = invoke(*command, "-o", format_, "-s", database)
    assert result.code == 0
    assert harmless(result.text)


def test_json_and_csv_hold_what_the_store_holds(database: Path) -> None:
    runs = invoke("runs", "-n", 0, "-o", "json", "-s", database).json
    assert sorted(run["run_name"] for run in runs) == sorted(TEXTS)
    assert all(run["params"][run["run_name"]] == run["run_name"] for run in runs)
    names = invoke("runs", "-n", 0, "-c", "run_name", "-o", "csv", "-s", database).text
    for text in TEXTS:
        assert text in names


def test_csv_on_a_terminal_is_harmless(database: Path) -> None:
    result = invoke("runs", "-n", 0, "-o", "csv", "-s", database, terminal=True)
    assert harmless(result.text.replace("\r\n", "\n"))


def test_a_chart_of_hostile_names(database: Path) -> None:
    result = invoke("plot", "-m", "curve", "0" * 32, f"{1:032x}", "-s", database, "--width", 70)
    assert result.code == 0
    assert harmless(result.text)
    assert all(width(line) <= 70 for line in result.text.splitlines() if not line.startswith("("))


def test_errors_about_hostile_names(database: Path) -> None:
    for text in TEXTS:
        result = invoke("history", "0" * 32, f"{text}?", "-s", database)
        assert result.code == 2
        assert harmless(result.err)
        assert harmless(invoke("runs", "-f", f"metrics.{text} > ", "-s", database).err)


def test_columns_stay_aligned(database: Path) -> None:
    shown = invoke("runs", "-n", 0, "-c", "run_name", "-c", "status", "-s", database).text.splitlines()
    places = {width(line[: line.index("FINISHED")]) for line in shown[1:]}
    assert len(places) == 1


def test_the_terminal_is_not_needed_for_json(database: Path) -> None:
    printed = invoke("runs", "-o", "json", "-s", database, terminal=True, environ={"COLUMNS": "20"})
    assert len(json.loads(printed.out)) == len(TEXTS)
