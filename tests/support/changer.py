"""A process of its own that changes runs again and again: `ROUND` lines tell how far it is.

Its arguments: the store's address, what it does, its name, the number of rounds.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]


def start_changer(uri: str, what: str, name: str, rounds: int) -> subprocess.Popen[str]:
    """Starts one; it says “ready” and begins when it gets a line."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.changer", uri, what, name, str(rounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )


def begin(process: subprocess.Popen[str]) -> None:
    """Lets a changer that is ready begin."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def _main(uri: str, what: str, name: str, rounds: int) -> None:
    from store.changes import Change, DeleteRuns, Rename, RestoreRuns, Result, SetTags
    from store.entities import ViewType
    from store.opening import open_changes, open_store
    from store.protocols import RunQuery
    from store.uris import parse

    store = open_store(uri)
    ids = store.run_ids(RunQuery(view=ViewType.ALL)).items
    store.close()
    changes = open_changes(parse(uri))
    print("ready", flush=True)
    sys.stdin.readline()
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
    print(f"changed {changed}", flush=True)
    changes.close()


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
