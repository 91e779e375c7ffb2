"""Live mode in a real terminal, on a run that a training loop writes to a server through MLflow's own client."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.pty.test_stores import opened
from tests.support.backends import opened as store_at
from tests.support.cli import process
from tests.support.mlflow_client import PYTHON_VARIABLE
from tests.support.mlflow_servers import mlflow_server, python_with
from tests.support.mlflow_training import EXPERIMENT, RUN, loss, training
from tests.support.program import COMMAND
from tests.support.terminal import Terminal
from tests.support.tree_copy import tree_copy

pytestmark = [pytest.mark.pty, pytest.mark.timeout(300), pytest.mark.xdist_group("faults")]

PATIENCE = 60.0
"""Seconds until something must be seen: most of it is for machines that are busy."""

STEPS = 150
"""Of the training: it goes on for some seconds after the server is back."""

ADVICE = "what to do:"


def seen_step(terminal: Terminal) -> int:
    """The last step whose loss is on screen; -1 if none is."""
    found = [float(text) for text in re.findall(r"\b1\d\d\d\.5\b", terminal.text())]
    return int(max(found) - loss(0)) if found else -1


def test_three_kinds_of_stores_and_a_training_followed_through_a_server_that_goes_and_comes_back(
    demo: Path, stores: Path, tmp_path: Path
) -> None:
    python = python_with(PYTHON_VARIABLE)
    served = tmp_path / "served"
    served.mkdir()
    tree = tmp_path / "mlruns"
    with store_at(str(stores / "3.17.2" / "mlflow.db")) as store:
        tree_copy(store, tree)
    config = tmp_path / "config.toml"
    config.write_text("interval = 0.5\n")
    env = {
        "FLOWDECK_CONFIG": str(config),
        "FLOWDECK_STATE": str(tmp_path / "state.json"),
        "FLOWDECK_VIEWS": str(tmp_path / "views.toml"),
        "PYTHONPATH": str(Path(__file__).resolve().parents[2]),
        "TZ": "UTC",
    }
    with mlflow_server(PYTHON_VARIABLE, stores / "3.17.2" / "mlflow.db", served) as server:
        for name, address in (("lab", str(demo)), ("tree", str(tree)), ("team", server.uri)):
            assert process("stores", "add", name, address, environ=env).code == 0
        with Terminal([*COMMAND, "lab"], columns=120, rows=30, env=env) as terminal:
            terminal.wait_for("resnet-cifar10", PATIENCE)
            opened(terminal, "tree", "tree · ")
            opened(terminal, "team", "team · ")
            terminal.wait_for("MLflow 3.17.2 server", PATIENCE)
            terminal.press("R")
            terminal.wait_for("live", PATIENCE)
            with training(python, server.uri, STEPS, tmp_path) as trainer:
                # Nothing is pressed until the new experiment has come by itself.
                terminal.wait_for(EXPERIMENT, PATIENCE)
                terminal.press("/")
                terminal.wait_for("find:")
                terminal.type(EXPERIMENT)
                terminal.press("enter")
                terminal.wait_for(f"›{EXPERIMENT}", PATIENCE)
                terminal.press("enter")
                terminal.wait_for(f"›●  {RUN}", PATIENCE)
                first = seen_step(terminal)
                terminal.wait_for(lambda: seen_step(terminal) > first, PATIENCE, "a new value in the list")
                terminal.press("enter")
                terminal.wait_for("Metrics 1", PATIENCE)
                first = seen_step(terminal)
                terminal.wait_for(lambda: seen_step(terminal) > first, PATIENCE, "a new value of the run")
                terminal.press("enter")
                terminal.wait_for("x: step", PATIENCE)
                # The server goes: the chart stays, and what happened is told.
                server.kill()
                terminal.wait_for(ADVICE, PATIENCE)
                terminal.wait_for("connection refused", PATIENCE)
                assert "x: step" in terminal.text()
                lost = seen_step(terminal)
                assert trainer.poll() is None
                # It comes back at the same place: live mode goes on without a key.
                server.start()
                terminal.wait_for(lambda: ADVICE not in terminal.text(), PATIENCE, "the error is gone")
                terminal.wait_for(lambda: seen_step(terminal) > lost, PATIENCE, "new points again")
                # Elsewhere and back: live mode stays on, and the run is where it was.
                opened(terminal, "tree", "tree · ")
                terminal.wait_for("live", PATIENCE)
                opened(terminal, "lab", "resnet-cifar10")
                opened(terminal, "team", "team · ")
                terminal.wait_for("x: step", PATIENCE)
                assert trainer.wait(PATIENCE) == 0, trainer.communicate()
                terminal.wait_for(lambda: seen_step(terminal) == STEPS - 1, PATIENCE, "the last value")
                terminal.wait_for(f"{STEPS} points", PATIENCE)
            terminal.press("escape", "escape")
            terminal.wait_for(f"›✓  {RUN}", PATIENCE)
            terminal.press("q")
            assert terminal.wait_exit(PATIENCE) == 0
            assert terminal.restored
