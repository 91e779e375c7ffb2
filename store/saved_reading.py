"""The saved stores that the configuration file has."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from store.errors import UsageError
from store.places import STORE_NAME, config_path
from store.saved import SETTINGS, TABLE, SavedStore, make_saved
from store.secrets import parse_secret


def find_store(text: str, environ: Mapping[str, str]) -> SavedStore | None:
    """The saved store that is called `text`; None if none is, or if `text` cannot be a name.

    A name counts for more than a file or folder that is called the same: what a user saved means the same in every
    folder, also in one in which somebody else may write. `./NAME` is the file. Raises `UsageError` for a
    configuration that cannot be read, and for a name that is nearly one of them where nothing is called `text`.
    """
    if not STORE_NAME.match(text):
        return None
    path = config_path(environ)
    table = read_table(path)
    if text not in table:
        from store.lookup import similar

        if not os.path.lexists(text) and similar(text, table):
            raise no_such_store(text, table)
        return None
    # Only this one is looked at: a disk that does not answer spoils no other store.
    return _parse_store(text, table[text], path)


def store_names(path: Path) -> list[str]:
    """The names of the saved stores, in the order of the file. Raises `UsageError` for a file that cannot be read."""
    return list(read_table(path))


def read_stores(path: Path) -> dict[str, SavedStore]:
    """The saved stores by name, in the order of the file; none if there is no file.

    Raises `UsageError` that names the place of a mistake.
    """
    return {name: _parse_store(name, entry, path) for name, entry in read_table(path).items()}


def read_table(path: Path) -> Mapping[str, object]:
    """What the file has for each name, unchecked. Raises `UsageError` for a file that cannot be read."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    import tomllib

    try:
        table = tomllib.loads(text).get(TABLE, {})
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} cannot be read: {error}", "mend or remove it") from error
    if not isinstance(table, dict):
        raise UsageError(f"{path}: stores: not a table", 'write [stores.NAME] on a line, and below it uri = "..."')
    return table


def _parse_store(name: str, entry: object, path: Path) -> SavedStore:
    place = f"{path}: [{TABLE}.{name}]"
    if not STORE_NAME.match(name):
        raise UsageError(f"{place}: not a name", "letters, digits, - and _, at most 40 of them")
    if not isinstance(entry, dict):
        raise UsageError(f"{place}: not a table", f'write [{TABLE}.{name}] on a line, and below it uri = "..."')
    for key, value in entry.items():
        if key not in SETTINGS:
            raise UsageError(f"{place} {key}: no such setting", f"there are {', '.join(SETTINGS)}")
        if not isinstance(value, str) or not value:
            raise UsageError(f"{place} {key}: not a text", f'write {key} = "..."')
    if "uri" not in entry:
        raise UsageError(f"{place}: lacks its uri", 'write uri = "sqlite:////data/mlflow.db" below it')
    try:
        secrets = {key: parse_secret(entry[key]) for key in ("password", "token") if key in entry}
        return make_saved(name, entry["uri"], ssh=entry.get("ssh"), workspace=entry.get("workspace"), **secrets)
    except UsageError as error:
        raise UsageError(f"{place}: {error.message}", error.hint) from error


def no_such_store(name: str, known: Iterable[str]) -> UsageError:
    """What is told of a name that none of the `known` stores has."""
    from store.lookup import alternatives, similar

    near = similar(name, known)
    hint = f"did you mean {alternatives(near)}?" if near else "flowdeck stores ls lists them"
    return UsageError(f"no store is called “{name}”", hint)
