"""Making the demo store in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from store.demo import ablation, churn, fraud, lora, registry, resnet, scratch
from store.demo.database import write_database
from store.demo.draft import Draft

DATABASE: Final = "mlflow.db"

NOW_MS: Final = 1_795_165_200_000
"""The demo's present, 2026-11-20 09:00 UTC; fixed, so that pictures and tests can rely on every value."""


def build_demo(folder: Path, *, now_ms: int = NOW_MS, location: Path | None = None) -> Path:
    """Makes the demo in `folder`, which must hold no demo yet, and returns the path of its database.

    The same arguments give the same content. `location` is where the folder will be when it is used, if it
    is moved before: artifacts are recorded by absolute path. Raises OSError or sqlite3.Error.
    """
    draft = Draft((location or folder).absolute().as_posix(), now_ms)
    scratch.fill(draft)
    trials = churn.fill(draft)
    networks = resnet.fill(draft)
    lora.fill(draft)
    retrainings = fraud.fill(draft)
    ablation.fill(draft)
    registry.fill(draft, trials, retrainings, networks)

    folder.mkdir(parents=True, exist_ok=True)
    _write_files(folder, draft.files)
    database = folder / DATABASE
    write_database(database, draft.rows)
    return database


def _write_files(folder: Path, files: dict[str, bytes]) -> None:
    for parent in {(folder / path).parent for path in files}:
        parent.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        (folder / path).write_bytes(content)
