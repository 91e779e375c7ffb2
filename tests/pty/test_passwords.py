"""A password that a database server misses, typed into a real terminal: asked for once, and left nowhere."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.cli import process
from tests.support.copies import mariadb_copy, postgres_copy
from tests.support.program import COMMAND
from tests.support.servers import READER_PASSWORD
from tests.support.terminal import Terminal

pytestmark = pytest.mark.pty

DATABASE = Path(__file__).resolve().parents[1] / "data" / "stores" / "3.17.2" / "mlflow.db"

COPIES = {"postgres": postgres_copy, "mariadb": mariadb_copy}


@pytest.fixture(params=COPIES, scope="module")
def served(request: pytest.FixtureRequest) -> str:
    """The address of a database, with its user and without the password."""
    parts = urlsplit(COPIES[request.param](DATABASE))
    return f"{parts.scheme}://{parts.username}@{parts.hostname}:{parts.port}{parts.path}"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "FLOWDECK_CONFIG": str(tmp_path / "config.toml"),
        "FLOWDECK_STATE": str(tmp_path / "state" / "state.json"),
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
    }


def left_in(folder: Path) -> list[Path]:
    """Files in which the password stands."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if READER_PASSWORD.encode() in path.read_bytes()]


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=["80x24", "160x45"])
def test_the_interface_asks_once(served: str, environ: dict[str, str], tmp_path: Path, size: tuple[int, int]) -> None:
    columns, rows = size
    with Terminal([*COMMAND, served], columns=columns, rows=rows, env=environ) as terminal:
        terminal.wait_for("Password of the server", what="the question")
        terminal.wait_for(served, what="whose password is meant")
        assert "Enter answers, Esc does not, ^c cancels" in terminal.text()
        terminal.type("wrong one")
        terminal.press("enter")
        terminal.wait_for("That was refused.", what="the second question")
        terminal.type(READER_PASSWORD)
        terminal.wait_quiet(0.2)
        assert READER_PASSWORD not in terminal.text()
        terminal.press("enter")
        terminal.wait_for("MLflow 3.17", what="the store")
        terminal.wait_for("r refresh", what="the experiments")
        terminal.press("r")
        terminal.wait_quiet(1.0)
        assert "Password of" not in terminal.text()
        for shown in ("cmdline", "environ"):
            assert READER_PASSWORD.encode() not in Path(f"/proc/{terminal.pid}/{shown}").read_bytes()
        terminal.press("q")
        assert terminal.wait_exit() == 0
        assert terminal.restored
        assert READER_PASSWORD.encode() not in terminal.settled_log
    assert left_in(tmp_path) == []


def test_without_an_answer_the_interface_says_what_to_do(served: str, environ: dict[str, str]) -> None:
    with Terminal([*COMMAND, served], columns=80, rows=24, env=environ) as terminal:
        terminal.wait_for("Password of the server", what="the question")
        terminal.press("escape")
        terminal.wait_for("wants a password", what="the error")
        terminal.wait_for("--password-from", what="what to do")
        terminal.press("r")
        terminal.wait_for("Password of the server", what="the question, again")
        terminal.press("ctrl+c")
        terminal.wait_for("cancelled: opening", what="that it was called off")
        terminal.press("q")
        assert terminal.wait_exit() == 0


def test_the_command_line_asks_once_and_prints_no_more_than_ever(served: str, environ: dict[str, str]) -> None:
    command = [*COMMAND, "experiments", "-s", served, "-o", "csv"]
    with Terminal(command, columns=160, rows=45, env=environ) as terminal:
        terminal.wait_for(f"password for {served}:", what="the question")
        terminal.type(READER_PASSWORD)
        terminal.press("enter")
        assert terminal.wait_exit() == 0
        assert READER_PASSWORD.encode() not in terminal.settled_log
        assert "experiment_id" in terminal.text()
    told = process("experiments", "-s", served, environ=environ, stdin=f"{READER_PASSWORD}\n".encode())
    assert (told.code, told.out) == (3, b"")
    assert "wants a password, and none was given" in told.err
    for place in ("~/.pgpass", "~/.my.cnf", "--password-from"):
        assert place in told.err
