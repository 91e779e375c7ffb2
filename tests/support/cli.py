"""Running `flowdeck` in this process or in one of its own."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tui.cli.main import main


@dataclass(frozen=True, slots=True)
class Result:
    """What a command left behind."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        return self.out.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class _Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal, or not."""

    def __init__(self, *, terminal: bool) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding="utf-8", write_through=True)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def invoke(*arguments: object, terminal: bool = False, environ: Mapping[str, str] | None = None) -> Result:
    """Runs a command line in this process."""
    out, err = _Terminal(terminal=terminal), _Terminal(terminal=terminal)
    before = sys.stdout, sys.stderr
    with _environment(environ or {}):
        sys.stdout, sys.stderr = out, err
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # a shell was told what it can offer
            code = int(end.code or 0)
        finally:
            sys.stdout, sys.stderr = before
            out.flush()
    return Result(int(code), out.bytes.getvalue(), err.bytes.getvalue().decode())


@contextmanager
def _environment(changes: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(changes)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


_SEVERAL = """
import json, sys
from tui.cli import entry
for sys.argv[1:] in json.loads(sys.argv[1]):
    try:
        entry.run()
    except SystemExit:
        pass
"""


def processed(*lines: Sequence[object], environ: Mapping[str, str]) -> Result:
    """Runs several command lines one after the other in one process, as a user's shell would run each."""
    listed = json.dumps([[str(argument) for argument in line] for line in lines])
    return process(listed, environ=environ, program=("-c", _SEVERAL))


def process(
    *arguments: object,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    stdin: bytes = b"",
    program: tuple[str, ...] = ("-m", "tui.cli.entry"),
) -> Result:
    """Runs a command line as a user's shell would."""
    done = subprocess.run(
        [sys.executable, *program, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2]), **(environ or {})},
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr.decode())
