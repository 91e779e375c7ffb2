"""A process of its own that changes runs again and again, as it is told.

Its arguments: the store's address and its name. Each line of its input is something to do and a number of rounds; its
output tells of each round, and in the end how many runs were changed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from store.protocols import Changes

ROOT: Final = Path(__file__).resolve().parents[2]


def start_changer(uri: str, name: str) -> subprocess.Popen[str]:
    """Starts one; it says “ready” and waits for what there is to do, until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.changer", uri, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def begin(process: subprocess.Popen[str], what: str, rounds: int) -> None:
    """Lets a changer that is ready begin."""
    assert process.stdin is not None
    process.stdin.write(f"{what} {rounds}\n")
    process.stdin.flush()


def _main(uri: str, name: str) -> None:
    from store.entities import ViewType
    from store.opening import open_changes, open_store
    from store.protocols import RunQuery
    from store.uris import parse

    store = open_store(uri)
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    store.close()
    changes = open_changes(parse(uri))
    print("ready", flush=True)
    for line in sys.stdin:
        what, rounds = line.split()
        print(f"changed {_changed(changes, ids, what, name, int(rounds))}", flush=True)
    changes.close()


def _changed(changes: Changes, ids: Sequence[str], what: str, name: str, rounds: int) -> int:
    from store.changes import Change, DeleteRuns, Rename, RestoreRuns, Result, SetTags

    changed = 0
    for number in range(rounds):
        change: Change
        if what == "toggle":
            change = DeleteRuns(number + 1) if number % 2 == 0 else RestoreRuns()
        elif what == "rename":
            change = Rename(f"{name}-{number}")
        elif what == "take":
            change = SetTags((), (f"token-{number}",))
        else:
            change = SetTags(((f"{name}-{number}", name), ("shared", f"{name}-{number}")))
        outcomes = changes.apply(change, ids)
        changed += sum(outcome.result is Result.CHANGED for outcome in outcomes)
        print(f"round {number}", flush=True)
    return changed


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
