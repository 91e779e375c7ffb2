"""One store behind every backend: the command line prints the same bytes, apart from what is explained here."""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.backends import BACKENDS, Backend, grouped, served
from tests.support.cli import invoke
from tests.support.reference import CHILD, FULL, TWIN, points, reference_database_of

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Printed:
    """What the commands print about a store."""

    lists: dict[str, str]
    """By command line, the whole of standard output."""
    shown: dict[str, str] = field(default_factory=dict)
    """By run id."""
    histories: dict[str, str] = field(default_factory=dict)
    """By metric of the run that has everything."""


LISTS = (
    ("runs", "--all", "-n", "0"),
    ("runs", "-n", "10"),
    ("runs", "-f", "metrics.loss > -2 and params.lr != '0.1'", "--sort", "metrics.loss DESC", "-n", "0"),
    ("runs", "--sort", "params.lr", "--all", "-n", "0"),
    ("runs", "--deleted", "-n", "0"),
    ("experiments", "--all", "-n", "0"),
    ("experiments", "-f", "name ILIKE '%A%'", "--sort", "name DESC"),
)


def _print(uri: str) -> Printed:
    def ask(*arguments: object) -> str:
        printed = invoke(*arguments, "-o", "json", "-s", uri)
        assert printed.code == 0, printed.err
        return printed.out.decode()

    found = Printed({" ".join(command): ask(*command) for command in LISTS})
    every = [run["run_id"] for run in json.loads(found.lists[" ".join(LISTS[0])])]
    for run_id in {FULL, CHILD, TWIN, *every[::5]}:
        found.shown[run_id] = ask("show", run_id)
    for key in points():
        found.histories[key] = ask("history", FULL, key)
    return found


@pytest.fixture(scope="module", params=grouped(BACKENDS[1:]))
def backend(request: pytest.FixtureRequest) -> Backend:
    found: Backend = request.param
    return found


@cache
def _reference(release: str) -> Printed:
    with tempfile.TemporaryDirectory() as folder:
        return _print(f"sqlite:///{reference_database_of(release, Path(folder))}")


@pytest.fixture(scope="module")
def reference(backend: Backend) -> Printed:
    """What is printed about an SQLite file in the schema of the backend's release."""
    return _reference(backend.release)


@pytest.fixture(scope="module")
def printed(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Printed:
    with served(backend, tmp_path_factory.mktemp("other")) as uri:
        return _print(uri)


def _explained(backend: Backend, have: str, want: str) -> tuple[str, str]:
    """Without the differences that are meant."""
    if backend.keeps_infinities:
        # SQL databases hold the greatest numbers instead of infinities.
        have = have.replace('"-Infinity"', "-1.7976931348623157e+308").replace('"Infinity"', "1.7976931348623157e+308")
    if not backend.tells_deletions:
        # MLflow's REST has no field for the time at which a run was deleted.
        want = re.sub(r'"deleted_time": \d+', '"deleted_time": null', want)
    return have, want


def _different(backend: Backend, have: dict[str, str], want: dict[str, str]) -> list[Any]:
    assert have.keys() == want.keys()
    pairs = {key: _explained(backend, have[key], want[key]) for key in want}
    return [(key, *pair) for key, pair in pairs.items() if pair[0] != pair[1]]


def test_lists_are_the_same(backend: Backend, printed: Printed, reference: Printed) -> None:
    assert _different(backend, printed.lists, reference.lists) == []


def test_what_is_shown_of_a_run_is_the_same(backend: Backend, printed: Printed, reference: Printed) -> None:
    assert {CHILD, FULL, TWIN} < printed.shown.keys()
    assert _different(backend, printed.shown, reference.shown) == []


def test_histories_are_the_same(backend: Backend, printed: Printed, reference: Printed) -> None:
    assert _different(backend, printed.histories, reference.histories) == []
