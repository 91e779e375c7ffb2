"""What MLflow's file store calls its files and folders."""

from __future__ import annotations

import os
from typing import Final

META: Final = "meta.yaml"
TRASH: Final = ".trash"
"""Below the root: experiments that were deleted."""
REGISTRY: Final = "models"
"""Below the root: registered models, since MLflow 2.1."""
LOGGED_MODELS: Final = "models"
"""Below an experiment: logged models, since MLflow 3.0."""
DATASETS: Final = "datasets"
PARAMS: Final = "params"
METRICS: Final = "metrics"
TAGS: Final = "tags"
INPUTS: Final = "inputs"
OUTPUTS: Final = "outputs"

NO_RUNS: Final = frozenset({TAGS, DATASETS, "traces", LOGGED_MODELS, "artifacts"})
"""Folders of an experiment that are no runs."""

STATUS: Final = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
"""MLflow's RunStatus, which a tree keeps as a number."""


def shown(name: str) -> str:
    """A file name as text: bytes that are not UTF-8 become `\\xNN`."""
    if name.isascii():
        return name
    try:
        name.encode()
    except UnicodeEncodeError:
        return os.fsencode(name).decode("utf-8", "backslashreplace")
    return name


def is_component(name: str) -> bool:
    """True if `name` can be one entry of a folder: no path, nothing hidden, nothing too long."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        return False
    try:
        return len(os.fsencode(name)) <= 255
    except UnicodeEncodeError:
        return False
