"""What importing and running loads, and what the repository must not speak of: shown in processes of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import COMMAND

ROOT = Path(__file__).resolve().parents[1]

SOURCES = ("store", "tui", "tests", "screenshots", ".ci", ".github")
"""Folders of the repository that are looked through; a clone may hold others that git ignores."""

TERMINALS = {"textual", "rich", "plotext", "paramiko", "click"}
DATABASES = {"sqlalchemy", "sqlparse"}


def loaded(*arguments: str) -> set[str]:
    """Top-level packages that Python has loaded when the program ends, as it tells with -X importtime."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines() if "|" in line}


def test_the_library_loads_nothing_of_terminals_and_no_database() -> None:
    for modules in ("store", "store.opening, store.protocols, store.lookup, store.uris"):
        found = loaded("-c", f"import {modules}")
        assert "store" in found
        assert not found & {*TERMINALS, *DATABASES, "mlflow", "tui"}


def test_what_the_first_frame_does_not_need_is_loaded_later() -> None:
    found = loaded("-c", "import tui.app, tui.screens.browser")
    assert "textual" in found
    assert not found & {*DATABASES, "plotext", "paramiko", "mlflow", "click"}


def test_the_way_into_the_terminal_interface_loads_no_commands() -> None:
    found = loaded(
        "-c",
        "import tui.start; tui.start.run_tui = lambda uri: 0; from tui.cli import entry, guard;"
        " guard.guarded(lambda: entry._open('x.db'))",
    )
    assert "tui" in found
    assert not found & {*DATABASES, "click", "plotext", "paramiko", "mlflow"}


@pytest.mark.parametrize("command", ["runs", "experiments"])
def test_commands_for_programs_load_no_terminal_interface(demo: Path, command: str) -> None:
    found = loaded(*COMMAND[1:], command, "-s", str(demo), "-o", "json")
    assert "store" in found
    assert not found & {"textual", "paramiko", "plotext", "rich", "mlflow"}


def test_no_module_imports_mlflow() -> None:
    pattern = re.compile(r"^\s*(?:import|from)\s+mlflow\b|import_module\(.mlflow", re.MULTILINE)
    importing = [
        path
        for folder in ("store", "tui")
        for path in (ROOT / folder).rglob("*.py")
        if pattern.search(path.read_text())
    ]
    assert importing == []


def linted(folder: Path) -> tuple[int, str]:
    """The exit code and the answer of import-linter about the packages in a folder."""
    program = shutil.which("lint-imports", path=str(Path(sys.executable).parent)) or shutil.which("lint-imports")
    if program is None:
        pytest.skip("import-linter is not installed: pip install -e '.[dev]'")
    done = subprocess.run(
        [program, "--no-cache"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"},
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


def test_the_import_contracts_hold() -> None:
    code, told = linted(ROOT)
    assert code == 0, told
    assert "0 broken" in told


def test_the_import_contracts_catch_what_they_are_for(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for package in ("store", "tui"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    planted = {
        "tui/view/cells.py": "tui.widgets.table",
        "tui/view/text.py": "store.sql.store",
        "tui/cli/show.py": "tui.screens.browser",
        "tui/reading.py": "store.search.parse",
        "tui/messages.py": "store.demo",
        "store/file/parts.py": "store.sql.rows",
    }
    for path, module in planted.items():
        with (tmp_path / path).open("a") as file:
            file.write(f"\n\ndef planted() -> None:\n    import {module}\n")
    code, told = linted(tmp_path)
    assert code == 1
    assert "2 kept, 4 broken" in told
    for path, module in planted.items():
        importer = path.removesuffix(".py").replace("/", ".")
        assert f"{importer} -> {module} (" in told


def repository_files() -> list[Path]:
    files = [path for path in ROOT.iterdir() if path.is_file()]
    files += [path for folder in SOURCES for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for path in files if "__pycache__" not in path.parts and path.name != ".coverage"]


def test_no_file_speaks_of_a_developers_machine() -> None:
    # Written so that this file does not speak of them itself.
    pattern = re.compile(rb"(?<![\w.~-])/wor[k]/|/hom[e]/(?!ada\b)\w|/tmp/bas[h]_jobs|/roo[t]/")
    speaking = []
    for path in repository_files():
        found = pattern.search(path.read_bytes())
        if found:
            speaking.append(f"{path.relative_to(ROOT)}: {found.group()!r}")
    assert speaking == []
