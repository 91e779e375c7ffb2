"""Which MLflow a server is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from store.errors import AccessDenied, NotAStore
from store.http.answer import garbled
from store.http.failures import NoSuchRoute, Refused
from store.http.lane import Ask
from store.http.wire import Wire

_RELEASE: Final = re.compile(r"\s*(\d{1,3})\.(\d{1,3})[\w.+-]{0,40}\s*")

_OLDEST: Final = (1, 8)


@dataclass(frozen=True, slots=True)
class Server:
    """What a server is, as far as reading it goes."""

    release: tuple[int, int]
    """Major and minor number; where the server does not say, the lowest that it can be."""
    name: str
    """For people: `MLflow 3.17.2 server`."""
    brief: str
    """For parentheses: `3.17.2`."""
    notices: tuple[str, ...] = ()

    def since(self, major: int, minor: int) -> bool:
        """True if it is surely of that release or a newer one."""
        return self.release >= (major, minor)


def find_server(wire: Wire, cancel: Event | None) -> Server:
    """Asks what the server is, and has the workspace's name sent from then on if it has workspaces.

    Raises `NotAStore` if it is no MLflow server, and the `StoreError`s of any request.
    """
    version = _version(wire, cancel)
    release = (int(version[1]), int(version[2])) if version else None
    notices: list[str] = []
    info = None
    if wire.settings.workspace is not None or release is None:
        info = _server_info(wire, cancel)
    if wire.settings.workspace is not None:
        named = f"“{wire.settings.workspace}” ({wire.settings.workspace_from})"
        if info is not None and info.get("workspaces_enabled") is True:
            wire.use_workspace(wire.settings.workspace)
            notices.append(f"workspace {named}")
        else:
            notices.append(f"workspace {named}: this server has no workspaces")
    searches = _lists_experiments(wire, cancel)
    if release is not None and version is not None:
        brief = version[0].strip()
        return Server(release, f"MLflow {brief} server", brief, tuple(notices))
    if info is not None:
        release, brief = (3, 9), "3.9 or newer"
    elif searches:
        release, brief = (1, 28), "1.28 or newer"
    else:
        release, brief = _OLDEST, "1.27 or older"
    notices.append("the server does not tell its release: what only newer ones can do is done here")
    return Server(release, f"MLflow server ({brief})", brief, tuple(notices))


def _version(wire: Wire, cancel: Event | None) -> re.Match[str] | None:
    """What `/version` says, which MLflow 2.1 and newer have; a proxy may let only the API through."""
    try:
        answer = wire.ask(Ask("/version", text=True, probe=True), cancel)
    except (NotAStore, AccessDenied, Refused):
        # Whatever is wrong with the whole server, the API says it, too.
        return None
    return _RELEASE.fullmatch(answer["text"])


def _server_info(wire: Wire, cancel: Event | None) -> dict[str, Any] | None:
    """What MLflow 3.9 and newer say of themselves; None for others."""
    try:
        info = wire.ask(Ask("/api/3.0/mlflow/server-info", probe=True), cancel)
    except (NotAStore, AccessDenied, Refused):
        return None
    return info if "store_type" in info or "workspaces_enabled" in info else None


def _lists_experiments(wire: Wire, cancel: Event | None) -> bool:
    """True if the server searches experiments (MLflow 1.28 and newer), False if it only lists them."""
    try:
        found = wire.ask(Ask("experiments/search", body={"max_results": 1}, probe=True), cancel)
    except NoSuchRoute as error:
        try:
            found = wire.ask(Ask("experiments/list", (("view_type", "ACTIVE_ONLY"),), probe=True), cancel)
        except NoSuchRoute:
            raise error from None
        _check(wire, found)
        return False
    _check(wire, found)
    return True


def _check(wire: Wire, found: dict[str, Any]) -> None:
    """Raises `NotAStore` for a document that something else than MLflow sent."""
    listed = found.get("experiments", [])
    if not found.keys() <= {"experiments", "next_page_token"} or not isinstance(listed, list):
        raise garbled(wire.settings.shown, "experiments/search")
    if not all(isinstance(item, dict) and "experiment_id" in item for item in listed):
        raise garbled(wire.settings.shown, "experiments/search")
