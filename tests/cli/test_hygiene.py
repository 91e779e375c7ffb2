"""Commands load what they need, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("textual", "paramiko", "plotext", "rich", "numpy", "mlflow", "asyncio.windows_events")
DATABASE = ("sqlalchemy", "sqlite3")

PROGRAM = """
import sys
{work}
print(*sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def loaded(work: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after `work`."""
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(work=work)], capture_output=True, text=True, check=True)
    return set(done.stderr.splitlines()[-1].split())


def command(*arguments: object) -> str:
    return f"from tui.cli.main import main\nassert main({[str(item) for item in arguments]!r}) == 0"


@pytest.mark.parametrize("format_", ["json", "ndjson", "csv"])
def test_runs_for_programs_load_nothing_for_people(stores: Path, format_: str) -> None:
    assert not loaded(command("runs", "-n", 10, "-o", format_, "-s", stores / "3.17.2")).intersection(HEAVY)


def test_experiments_history_and_show_neither(stores: Path) -> None:
    store = stores / "3.17.2"
    for arguments in (("experiments",), ("history", "baseline", "rmse"), ("show", "baseline")):
        assert not loaded(command(*arguments, "-o", "json", "-s", store)).intersection(HEAVY)


def test_tables_load_no_terminal_interface(stores: Path) -> None:
    have = loaded(command("runs", "-s", stores / "3.17.2"))
    assert not have.intersection(("textual", "paramiko", "plotext"))


def test_help_loads_no_database() -> None:
    assert not loaded(command("--help")).intersection((*HEAVY, *DATABASE))


def test_the_library_loads_no_terminal() -> None:
    work = "import store.opening, store.lookup, store.protocols, store.errors, store.entities"
    assert not loaded(work).intersection((*HEAVY, "click", *DATABASE))
