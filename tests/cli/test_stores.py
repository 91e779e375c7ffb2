"""Saved stores on the command line: names, `flowdeck stores`, completion, and that no secret is kept or shown."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import pytest

import tui.start
from store.questions import HostQuestion, Prompt
from store.saved import make_saved
from store.saved_reading import read_stores
from store.saved_writing import save_store
from store.secrets import SecretRef
from tests.cli.test_completion import offered
from tests.support.cli import Result, invoke, process
from tui.cli import questions
from tui.cli.questions import TerminalQuestions, terminal_questions

PG = "postgresql://ml@127.0.0.1:1/mlflow"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "settings" / "config.toml"
    monkeypatch.setenv("FLOWDECK_CONFIG", str(path))
    monkeypatch.chdir(tmp_path)
    return path


@pytest.fixture
def store(stores: Path) -> Path:
    return stores / "3.17.2" / "mlflow.db"


def refused(*arguments: object) -> str:
    """What is told of a command line that is wrong; it names what to do."""
    result = invoke(*arguments)
    assert (result.code, result.out) == (2, b""), result.err
    assert len(result.err.splitlines()) >= 2
    return result.err


# Names


def test_a_name_means_its_store_wherever_a_store_is_named(config: Path, store: Path) -> None:
    assert invoke("stores", "add", "lab", store).code == 0
    plain = invoke("runs", "-s", store, "-o", "json").out
    assert invoke("runs", "-s", "lab", "-o", "json").out == plain
    assert invoke("-s", "lab", "runs", "-o", "json").out == plain
    assert invoke("runs", "-o", "json", environ={"FLOWDECK_STORE": "lab"}).out == plain


def test_a_name_opens_the_interface(config: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(tui.start, "run_tui", lambda uri, **options: calls.append((uri, options)) or 0)
    monkeypatch.setattr(sys, "stdin", Terminal())
    save_store(config, make_saved("lab", str(store)))
    assert invoke("lab", terminal=True).code == 0
    assert [uri for uri, _ in calls] == ["lab"]
    unknown = invoke("lap", terminal=True)
    assert unknown.code == 2
    assert "Did you mean “lab”?" in unknown.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_name_counts_for_more_than_a_file_and_that_is_said(config: Path, store: Path, stores: Path) -> None:
    Path("lab").symlink_to(stores / "1.8.0" / "mlflow.db")
    save_store(config, make_saved("lab", str(store)))
    named = invoke("doctor", "-s", "lab", "-o", "json")
    assert named.json["schema"].startswith("MLflow 3.17")
    assert "./lab" in named.err
    beside = invoke("doctor", "-s", "./lab", "-o", "json")
    assert beside.json["schema"].startswith("MLflow 1.8")
    assert beside.err == ""


def test_mlflows_variable_never_means_a_name(config: Path, store: Path) -> None:
    save_store(config, make_saved("lab", str(store)))
    result = invoke("runs", environ={"MLFLOW_TRACKING_URI": "lab"})
    assert result.code == 3
    assert "nothing is at" in result.err


def test_another_stores_mistake_does_no_harm(config: Path, store: Path) -> None:
    config.parent.mkdir()
    config.write_text(f"[stores.bad]\nurl = 3\n[stores.lab]\nuri = '{store}'\n")
    assert invoke("runs", "-s", "lab").code == 0
    assert "[stores.bad]" in refused("runs", "-s", "bad")


# ls, add, rm


def test_what_is_added_is_listed_in_every_format(config: Path) -> None:
    added = invoke(
        *("stores", "add", "prod", PG, "--ssh", "ada@gpu-3:2222", "--password-from", "env:ML_DB"),
    )
    assert (added.code, added.out) == (0, b"")
    assert "“prod” is saved in" in added.err
    assert "flowdeck stores test prod" in added.err
    assert invoke("stores", "add", "team", "http://h:5000", "--token-from", "keyring:a/b", "--workspace", "w").code == 0
    assert invoke("stores", "ls", "-o", "json").json == [
        {
            "name": "prod",
            "kind": "PostgreSQL",
            "uri": PG,
            "ssh": "ada@gpu-3:2222",
            "password": "env:ML_DB",
            "token": None,
            "workspace": None,
        },
        {
            "name": "team",
            "kind": "MLflow server",
            "uri": "http://h:5000",
            "ssh": None,
            "password": None,
            "token": "keyring:a/b",
            "workspace": "w",
        },
    ]
    assert invoke("stores", "ls").text.splitlines() == [
        "Name  Kind           Address                             SSH             Secret",
        "prod  PostgreSQL     postgresql://ml@127.0.0.1:1/mlflow  ada@gpu-3:2222  env:ML_DB",
        "team  MLflow server  http://h:5000                       -               keyring:a/b",
    ]
    assert invoke("stores", "ls", "-o", "csv").text.splitlines()[0] == "name,kind,uri,ssh,password,token,workspace"
    assert "| prod | PostgreSQL |" in invoke("stores", "ls", "-o", "md").text
    assert len(invoke("stores", "ls", "-o", "ndjson").text.splitlines()) == 2


def test_without_a_command_those_that_there_are_can_be_looked_up() -> None:
    told = refused("stores")
    assert "Missing command" in told
    assert "flowdeck stores --help" in told


def test_without_any_the_way_to_add_one_is_told(config: Path) -> None:
    result = invoke("stores", "ls")
    assert result.code == 0
    assert "flowdeck stores add NAME URI" in result.err
    assert invoke("stores", "ls", "-o", "json").json == []
    assert invoke("stores", "test").code == 1


def test_paths_are_saved_so_that_they_mean_the_same_everywhere(config: Path, tmp_path: Path, store: Path) -> None:
    (tmp_path / "mlruns").mkdir()
    (tmp_path / "a b.db").symlink_to(store)
    for name, given, saved in (
        ("one", "mlruns", str(tmp_path / "mlruns")),
        ("two", "./a b.db", str(tmp_path / "a b.db")),
        ("three", "sqlite:///a b.db?x=1", f"sqlite:///{tmp_path}/a b.db?x=1"),
        ("four", f"sqlite:///{store}", f"sqlite:///{store}"),
        ("five", PG, PG),
        ("six", f"file://{tmp_path}/mlruns", f"file://{tmp_path}/mlruns"),
    ):
        assert invoke("stores", "add", name, given).code == 0
        assert read_stores(config)[name].uri == saved
    gone = invoke("stores", "add", "seven", "nowhere/mlflow.db")
    assert gone.code == 0
    assert f"nothing is at {tmp_path}/nowhere/mlflow.db just now" in gone.err
    assert "relative path" in refused("stores", "add", "eight", "sqlite:///file:a.db?uri=true")


@pytest.mark.parametrize(
    "arguments",
    [
        ("postgresql://ml:hunter2@db/mlflow",),
        ("https://hunter2@h/",),
        ("postgresql://ml@db/mlflow?password=hunter2",),
        (PG, "--password-from", "hunter2"),
        ("http://h", "--token-from", "hunter2"),
        (PG, "--ssh", "ada:hunter2@gpu-3"),
        (PG, "--ssh", "ssh://ada:hunter2@gpu-3"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(config: Path, arguments: tuple[str, ...]) -> None:
    told = refused("stores", "add", "prod", *arguments)
    assert "hunter2" not in told
    assert not config.exists()


def test_what_cannot_be_saved_is_refused(config: Path, store: Path) -> None:
    assert "command of flowdeck" in refused("stores", "add", "runs", store)
    assert "cannot name a store" in refused("stores", "add", "a/b", store)
    assert "gpu-3" in refused("stores", "add", "lab", store, "--ssh", "gpu-3")
    assert "only MLflow servers" in refused("stores", "add", "lab", PG, "--workspace", "w")
    assert "is not a kind of store" in refused("stores", "add", "lab", "gopher://x")
    assert invoke("stores", "add", "lab", store).code == 0
    assert "already" in refused("stores", "add", "lab", PG)
    assert invoke("stores", "add", "lab", PG, "--replace").code == 0
    assert read_stores(config)["lab"].uri == PG


def test_a_configuration_that_is_no_file_is_not_written_over() -> None:
    assert "that is no file" in refused("stores", "add", "lab", PG)
    assert Path("/dev/null").is_char_device()


def test_a_store_is_forgotten_and_not_touched(config: Path, store: Path) -> None:
    invoke("stores", "add", "lab", store)
    before = store.read_bytes()
    result = invoke("stores", "rm", "lab")
    assert (result.code, result.out) == (0, b"")
    assert read_stores(config) == {}
    assert store.read_bytes() == before
    assert "no store is called “lab”" in refused("stores", "rm", "lab")


# test


def test_stores_are_tried_and_failures_told(config: Path, store: Path) -> None:
    save_store(config, make_saved("lab", str(store)))
    assert invoke("stores", "test").code == 0
    save_store(config, make_saved("dead", PG, password=SecretRef("env", "ML_DB")))
    result = invoke("stores", "test", "-o", "json", environ={"ML_DB": "hunter2"})
    assert result.code == 3
    lab, dead = result.json
    assert (lab["opened"], lab["kind"], lab["error"]) == (True, "SQLite", None)
    assert lab["schema"].startswith("MLflow 3.17")
    assert lab["seconds"] >= 0
    assert (dead["opened"], dead["schema"]) == (False, None)
    assert "127.0.0.1" in dead["error"]
    assert dead["hint"]
    assert f"flowdeck: dead: {dead['error']}" in result.err
    assert "hunter2" not in result.text + result.err
    missing = invoke("stores", "test", "dead")
    assert missing.code == 3
    assert "ML_DB" in missing.err
    assert missing.text.splitlines()[1].split()[:2] == ["dead", "failed"]
    assert invoke("stores", "test", "lab").code == 0
    assert len(invoke("stores", "test", "lab", "lab", "-o", "ndjson").text.splitlines()) == 1
    assert "did you mean “dead”?" in refused("stores", "test", "deed", "lab")


# Completion


def test_names_are_offered(config: Path, store: Path) -> None:
    for name in ("lab", "later", "prod"):
        save_store(config, make_saved(name, str(store)))
    assert offered("flowdeck la", store=store) == ["lab", "later"]
    assert offered("flowdeck runs -s p", store=store) == ["prod"]
    assert offered("flowdeck -s p", store=store) == ["prod"]
    assert offered("flowdeck stores rm l", store=store) == ["lab", "later"]
    assert offered("flowdeck stores t", store=store) == ["test"]
    assert offered("flowdeck stores test p", store=store) == ["prod"]
    assert offered("flowdeck show -s lab base", store="/nowhere") == ["baseline"]
    config.write_text("[stores")
    assert offered("flowdeck stores rm l", store=store) == []


# Questions


def test_nobody_is_asked_unless_all_three_are_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        for stream in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, stream, io.StringIO() if stream == name else Terminal())
        assert terminal_questions() is None
    monkeypatch.setattr(sys, name, Terminal())
    assert isinstance(terminal_questions(), TerminalQuestions)


class _Person:
    """Types what it is told to, and remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, secrets: list[str], lines: str = "") -> None:
        self.asked: list[str] = []
        self.err = Terminal()
        self._secrets = secrets
        monkeypatch.setattr(questions, "getpass", self._getpass)
        monkeypatch.setattr(sys, "stdin", Terminal(lines))
        monkeypatch.setattr(sys, "stderr", self.err)

    def _getpass(self, prompt: str) -> str:
        self.asked.append(prompt)
        return self._secrets.pop(0)


def test_secrets_are_asked_for_without_being_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    person = _Person(monkeypatch, ["s3cret", "", "pw", "db-s3cret"], "123456\n")
    ask = TerminalQuestions()
    assert ask.passphrase("/keys/id", again=False) == "s3cret"
    assert ask.password("ada", "gpu-3\x1b[31m", again=True) is None
    prompts = (Prompt("Password: ", shown=False), Prompt("Code:", shown=True))
    assert ask.answers("ada", "gpu-3", "two factors", prompts) == ["pw", "123456"]
    assert ask.server_password("postgresql://ml@db/mlflow", again=False) == "db-s3cret"
    assert person.asked[-1] == "password for postgresql://ml@db/mlflow: "
    assert [text for text in person.asked if "\x1b" in text] == []
    assert "/keys/id" in person.asked[0]
    assert "refused" in person.asked[1]
    told = person.err.getvalue()
    assert "two factors" in told
    assert "s3cret" not in told


def test_paragraphs_that_a_server_asks_are_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    person = _Person(monkeypatch, [], "1\n")
    prompts = (Prompt("Two factors\n\n 1. Push\n\nOption (1-1): ", shown=True),)
    assert TerminalQuestions().answers("ada", "gpu-3", "", prompts) == ["1"]
    assert [line for line in person.err.getvalue().split("\n") if line] == [
        "Two factors",
        " 1. Push",
        "ada on gpu-3: Option (1-1): ",
    ]


@pytest.mark.parametrize(("typed", "trusted"), [("yes\n", True), ("y\n", False), ("\n", False), ("", False)])
def test_a_host_key_takes_a_whole_yes(monkeypatch: pytest.MonkeyPatch, typed: str, trusted: bool) -> None:
    person = _Person(monkeypatch, [], typed)
    question = HostQuestion("gpu-3", "ED25519", "SHA256:abc", "")
    assert TerminalQuestions().confirm_host(question) is trusted
    assert "SHA256:abc" in person.err.getvalue()


def test_a_program_is_never_asked(config: Path, tmp_path: Path) -> None:
    save_store(config, make_saved("far", PG, ssh="127.0.0.1:1"))
    result: Result = process("runs", "-s", "far", stdin=b"yes\n")
    assert (result.code, result.out) == (3, b"")
    assert "127.0.0.1:1" in result.err
