"""Starting the interface: which store is meant, what is kept from the last time and for the next one."""

from __future__ import annotations

import os

from store.errors import StoreNotFound
from tui.app import FlowdeckApp
from tui.keys import BY_ID
from tui.view.stores import Which
from tui.views import ViewBook


def check_address(uri: str) -> None:
    """What can be told about an address without opening it is told before the screen changes.

    Raises `UriError`, `StoreNotFound`, `Unsupported` and `DriverMissing`.
    """
    from store.opening import check_kind
    from store.uris import parse

    address = parse(uri)
    check_kind(address)
    if address.path is not None and not os.path.lexists(address.path):
        raise StoreNotFound(f"nothing is at {address.path}", "check the path; flowdeck never creates a store")


def run_tui(uri: str, *, read_only: bool = False, demo: bool = False) -> int:
    """Runs the TUI on the store at `uri`, or the one saved under this name, until the user quits; the exit code.

    `read_only` forbids every change to the store, and the status line says so. Where the user was is restored and
    kept for the next time, but for the demo. Raises `UsageError` for a wrong configuration file.
    """
    from store.places import STORE_NAME, state_path, views_path
    from store.uris import parse, redact_address
    from tui.config import read_config
    from tui.state import read_spots, write_spots
    from tui.view.status import store_title

    saved = None
    if STORE_NAME.match(uri):
        from store.saved_reading import find_store

        saved = find_store(uri, os.environ)
    check_address(uri if saved is None else saved.uri)
    config = read_config(os.environ, BY_ID)
    if saved is not None:
        from tui.view.stores import saved_which

        which = saved_which(saved)
    else:
        which = Which(uri, "demo store" if demo else store_title(redact_address(uri)), parse(uri).shown)
    path = state_path(os.environ)
    spots, notice = read_spots(path)
    if demo:
        spots.pop(which.key, None)
    views = ViewBook(views_path(os.environ))
    app = FlowdeckApp(
        uri, which.title, config, key=which.key, read_only=read_only, spots=spots, views=views, notice=notice
    )
    result = app.run(mouse=config.mouse)
    left = {key: spot for key, spot in app.left.items() if not (demo and key == which.key)}
    if demo:
        views.drop(which.key)
    for unkept in (write_spots(path, left), views.write()):
        if unkept:
            from tui.cli.diagnostics import note

            note(unkept)
    return app.return_code or (result if isinstance(result, int) else 0)
