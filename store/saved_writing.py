"""Writing saved stores into the configuration file, whose other lines stay as they are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from store.errors import UsageError
from store.replacing import replace_text
from store.saved import SETTINGS, TABLE, SavedStore
from store.saved_reading import no_such_store, read_table

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def save_store(path: Path, saved: SavedStore, *, replace: bool = False) -> None:
    """Writes a saved store into the configuration at `path`; the rest of the file, comments too, stays as it is.

    Raises `UsageError` if the name is taken and `replace` is not given, or if the file cannot be changed.
    """
    import tomlkit

    if saved.name in read_table(path) and not replace:
        raise UsageError(f"there is a store called “{saved.name}” already", "remove it first, or give --replace")
    document = _load(path)
    stores: Any = document.setdefault(TABLE, tomlkit.table(is_super_table=True))
    if isinstance(stores, tomlkit.items.InlineTable):
        raise UsageError(
            f"{path} has all its stores on one line, to which none can be added",
            f"write each below a line of its own: [{TABLE}.NAME]",
        )
    entry = tomlkit.table()
    for key in SETTINGS:
        if (value := getattr(saved, key)) is not None:
            entry[key] = str(value)
    stores[saved.name] = entry
    _write(path, tomlkit.dumps(document))


def remove_store(path: Path, name: str) -> None:
    """Takes a saved store out of the configuration at `path`. Raises `UsageError`."""
    import tomlkit

    known = read_table(path)
    if name not in known:
        raise no_such_store(name, known)
    document = _load(path)
    stores: Any = document[TABLE]
    del stores[name]
    if not stores:
        del document[TABLE]
    _write(path, tomlkit.dumps(document))


def _load(path: Path) -> TOMLDocument:
    import tomlkit

    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return tomlkit.document()
    except (OSError, UnicodeDecodeError, tomlkit.exceptions.TOMLKitError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error


def _write(path: Path, text: str) -> None:
    try:
        replace_text(path, text, keep_mode=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}", "check the folder's permissions") from error
