"""One store behind every backend: the command line prints the same bytes, apart from what is explained here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.backends import BACKENDS, Backend, served
from tests.support.cli import invoke
from tests.support.reference import CHILD, FULL, points

pytestmark = [pytest.mark.timeout(300)]


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
    for run in json.loads(found.lists[" ".join(LISTS[0])]):
        found.shown[run["run_id"]] = ask("show", run["run_id"])
    for key in points():
        found.histories[key] = ask("history", FULL, key)
    return found


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Printed:
    with served(BACKENDS[0], tmp_path_factory.mktemp("reference")) as uri:
        return _print(uri)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(one, id=one.name, marks=pytest.mark.xdist_group(f"contract-{one.name}")) for one in BACKENDS[1:]
    ],
)
def printed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, Printed]]:
    backend: Backend = request.param
    with served(backend, tmp_path_factory.mktemp("other")) as uri:
        yield backend, _print(uri)


def _explained(backend: Backend, text: str) -> str:
    """Without the one difference that is meant: SQL databases hold the greatest numbers instead of infinities."""
    if backend.keeps_infinities:
        text = text.replace('"-Infinity"', "-1.7976931348623157e+308").replace('"Infinity"', "1.7976931348623157e+308")
    return text


def _equal(backend: Backend, have: dict[str, str], want: dict[str, str]) -> list[Any]:
    assert have.keys() == want.keys()
    return [(key, have[key], want[key]) for key in want if _explained(backend, have[key]) != want[key]]


def test_lists_are_the_same(printed: tuple[Backend, Printed], reference: Printed) -> None:
    backend, found = printed
    assert _equal(backend, found.lists, reference.lists) == []


def test_what_is_shown_of_a_run_is_the_same(printed: tuple[Backend, Printed], reference: Printed) -> None:
    backend, found = printed
    assert CHILD in found.shown
    assert _equal(backend, found.shown, reference.shown) == []


def test_histories_are_the_same(printed: tuple[Backend, Printed], reference: Printed) -> None:
    backend, found = printed
    assert _equal(backend, found.histories, reference.histories) == []
