"""Passwords in a store's own texts are shown by nothing: no entity holds one, no command and no format prints one."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.entities import RunParts, ViewType
from store.opening import open_store
from store.protocols import ExperimentQuery, RunQuery
from tests.support.cli import invoke

PASSWORD, TOKEN = "s3cret", "T0KENT0KEN"
LOCATION = f"sftp://ann:{PASSWORD}@host/x"
REMOTE = f"https://ann:{TOKEN}@github.com/x"


@pytest.fixture(scope="module")
def planted(stores: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with passwords wherever MLflow's clients leave them."""
    path = tmp_path_factory.mktemp("secrets") / "mlflow.db"
    shutil.copy(stores / "3.17.2" / "mlflow.db", path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE runs SET artifact_uri = ?", (LOCATION,))
        connection.execute("UPDATE experiments SET artifact_location = ?", (LOCATION,))
        connection.execute("UPDATE logged_models SET artifact_location = ?", (LOCATION,))
        connection.execute("UPDATE datasets SET dataset_source = ?", (f'{{"uri": "{LOCATION}"}}',))
        for table in ("tags", "params"):
            connection.execute(
                f"INSERT OR REPLACE INTO {table} (key, value, run_uuid)"
                " SELECT 'mlflow.source.git.repoURL', ?, run_uuid FROM runs",
                (REMOTE,),
            )
        connection.execute(
            "INSERT INTO experiment_tags (key, value, experiment_id)"
            " SELECT 'remote', ?, experiment_id FROM experiments",
            (REMOTE,),
        )
        connection.execute("UPDATE input_tags SET value = ?", (REMOTE,))
        connection.execute("UPDATE logged_model_tags SET tag_value = ?", (REMOTE,))
        connection.execute("UPDATE logged_model_params SET param_value = ?", (REMOTE,))
        connection.commit()
    return path


def texts(item: object) -> Iterator[str]:
    """Every text in an entity."""
    if isinstance(item, str):
        yield item
    elif isinstance(item, dict):
        for pair in item.items():
            yield from texts(pair)
    elif isinstance(item, (list, tuple)):
        for one in item:
            yield from texts(one)
    elif dataclasses.is_dataclass(item):
        for field in dataclasses.fields(item):
            yield from texts(getattr(item, field.name))


def test_no_entity_holds_a_password(planted: Path) -> None:
    store = open_store(str(planted))
    try:
        experiments = store.experiments(ExperimentQuery(view=ViewType.ALL)).items
        runs = store.runs(store.run_ids(RunQuery(view=ViewType.ALL)).items, RunParts.ALL)
        models = store.logged_models(list({item.model_id for run in runs for item in run.model_outputs}))
    finally:
        store.close()
    assert experiments
    assert models
    assert any(run.dataset_inputs for run in runs)
    for found in (experiments, runs, models):
        every = list(texts(found))
        assert not [text for text in every if PASSWORD in text or TOKEN in text]
        assert "sftp://ann:***@host/x" in every
        assert "https://ann:***@github.com/x" in every
    assert '{"uri": "sftp://ann:***@host/x"}' in list(texts(runs))


COMMANDS = {
    "experiments": ("experiments", "-n", "0", "--all"),
    "runs": ("runs", "-n", "0", "--all"),
    "columns": (
        *("runs", "-n", "0", "--all", "-c", "artifact_uri", "-c", "tags.mlflow.source.git.repoURL"),
        *("-c", "params.mlflow.source.git.repoURL"),
    ),
    "show": ("show", "baseline"),
    "history": ("history", "baseline", "rmse"),
    "doctor": ("doctor",),
}


@pytest.mark.parametrize("command", list(COMMANDS))
def test_no_command_shows_a_password(planted: Path, command: str) -> None:
    hidden = 0
    for format_ in ("table", "md", "csv", "json", "ndjson"):
        for terminal in (False, True):
            result = invoke(*COMMANDS[command], "-o", format_, "-s", planted, terminal=terminal)
            assert result.code == 0, result.err
            for told in (result.text, result.err):
                assert PASSWORD not in told
                assert TOKEN not in told
            hidden += "***" in result.text
    assert bool(hidden) == (command not in ("history", "doctor"))


def test_no_drawing_shows_a_password(planted: Path) -> None:
    result = invoke("plot", "-m", "rmse", "baseline", "-s", planted)
    assert result.code == 0
    assert PASSWORD not in result.text + result.err
