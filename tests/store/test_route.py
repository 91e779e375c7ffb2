"""The ways to stores that only an SSH host can reach, while the user's SSH configuration has a command run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from store.errors import Cancelled, FlowdeckError, StoreUnreachable
from store.opening import open_address
from store.ssh.files import SshFiles
from store.uris import Address, parse
from tests.support.sshd import User, free_port

ADDRESS = parse("postgresql://ada@db.example/mlflow")


class Opening(threading.Thread):
    """Opens a store in a thread of its own; ends with the failure."""

    def __init__(self, address: Address) -> None:
        super().__init__()
        self.cancel = threading.Event()
        self.failure: FlowdeckError | None = None
        self._address = address
        self.start()

    def run(self) -> None:
        try:
            open_address(self._address, self.cancel).close()
        except FlowdeckError as error:
            self.failure = error


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file that is there once the command is run that only the host `slow` needs, and that ends with this test."""
    user, asked, over = User(tmp_path / "home"), tmp_path / "asked", tmp_path / "over"
    user.configure(
        f'Match host slow exec "touch {asked}; while [ ! -e {over} ]; do sleep 0.05; done"',
        "Host *",
        "HostName 127.0.0.1",
        f"Port {free_port()}",
    )
    monkeypatch.setattr(SshFiles, "of_user", classmethod(lambda cls, environ=None: user.files))
    yield asked
    over.touch()


def wait_for(path: Path) -> None:
    tick = threading.Event()
    while not path.exists():
        tick.wait(0.01)


@pytest.mark.timeout(60)
def test_a_command_of_the_configuration_ends_when_opening_is_cancelled(asked: Path) -> None:
    opening = Opening(replace(ADDRESS, ssh="slow"))
    wait_for(asked)
    opening.cancel.set()
    opening.join()
    assert isinstance(opening.failure, Cancelled)


@pytest.mark.timeout(60)
def test_a_command_for_one_host_keeps_no_other_waiting(asked: Path) -> None:
    slow = Opening(replace(ADDRESS, ssh="slow"))
    wait_for(asked)
    with pytest.raises(StoreUnreachable):
        open_address(replace(ADDRESS, ssh="quick"))
    assert slow.is_alive()
    slow.cancel.set()
    slow.join()
