"""What tests of every part share."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import tests.support.examples  # noqa: F401 - its profile can be chosen before any test is imported

# Before anything of the program is imported: what is drawn depends on the locale and the time zone.
os.environ.update(LC_ALL="C.UTF-8", TZ="UTC", TERM="xterm-256color")
os.environ.update(FLOWDECK_CONFIG=os.devnull, FLOWDECK_STATE=os.devnull)
for name in ("NO_COLOR", "TMUX", "STY", "FLOWDECK_STORE", "MLFLOW_TRACKING_URI", "FLOWDECK_ASCII"):
    os.environ.pop(name, None)
# What many processes import is compiled once.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
# Nothing of a test lands in the user's cache.
os.environ["FLOWDECK_CACHE_DIR"] = tempfile.mkdtemp(prefix="flowdeck-cache-")
atexit.register(shutil.rmtree, os.environ["FLOWDECK_CACHE_DIR"], ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def _servers_end() -> Iterator[None]:
    """Database servers end with the tests: a worker of pytest-xdist has no time left for it when it exits."""
    yield
    if "tests.support.servers" in sys.modules:
        sys.modules["tests.support.servers"].remove_servers()


@pytest.fixture(scope="session")
def demo_folder() -> Iterator[Path]:
    """A folder that holds the demo store; tests that change it copy it first."""
    from store.demo import build_demo

    folder = Path(tempfile.mkdtemp(prefix="flowdeck-demo-"))
    build_demo(folder / "demo")
    yield folder / "demo"
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Path:
    """The demo's database."""
    return demo_folder / "mlflow.db"


@pytest.fixture(scope="session")
def stores() -> Path:
    """Databases that real MLflow releases wrote, one folder a release; never changed."""
    return Path(__file__).resolve().parent / "data" / "stores"
