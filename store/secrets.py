"""Secrets by reference: configuration names where a password is kept, never the password."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any, Final

from store.aside import Overdue, run_aside
from store.errors import AccessDenied, Cancelled, DriverMissing, UsageError

PATIENCE: Final = 60.0
"""Seconds for unlocking a keyring."""

_FORMS: Final = "env:VARIABLE or keyring:SERVICE/USER"


@dataclass(frozen=True, slots=True)
class SecretRef:
    """Where a secret is kept."""

    source: str
    """`env` or `keyring`."""
    name: str
    """Name of the environment variable, or `SERVICE/USER`."""

    def __str__(self) -> str:
        return f"{self.source}:{self.name}"


def parse_secret(text: str) -> SecretRef:
    """The reference that `text` is: `env:NAME` or `keyring:SERVICE/USER`.

    Raises `UsageError`, which does not repeat `text`: it may be the secret itself.
    """
    source, separator, name = text.partition(":")
    if source == "env" and separator and name.isidentifier():
        return SecretRef(source, name)
    if source == "keyring" and all(name.rpartition("/")):
        return SecretRef(source, name)
    raise UsageError(
        "a secret is named by where it is kept, and this is no such name",
        f"write {_FORMS}; the secret itself never stands in a command or in the configuration",
    )


def read_secret(ref: SecretRef, environ: Mapping[str, str], cancel: Event | None = None) -> str:
    """The secret itself.

    Raises `AccessDenied` if it is not there, `DriverMissing` without the package keyring, and `Cancelled`.
    """
    if ref.source == "env":
        if value := environ.get(ref.name):
            return value
        raise AccessDenied(
            f"the environment variable {ref.name} should hold a secret, and is not set",
            f"set it without leaving a trace: read -rs {ref.name} && export {ref.name}",
        )
    service, _, user = ref.name.rpartition("/")
    try:
        keyring = importlib.import_module("keyring")
    except ImportError as error:
        raise DriverMissing(
            f"{ref} is a secret of the desktop's keyring, and the package keyring is not installed",
            "pip install keyring",
        ) from error
    found = _asked(keyring, ref, service, user, cancel)
    if not found:
        raise AccessDenied(f"the keyring holds no {ref}", f"keyring set {service} {user}")
    return str(found)


def _asked(keyring: Any, ref: SecretRef, service: str, user: str, cancel: Event | None) -> object:
    """What a keyring holds, in a thread of its own: one that waits for a dialogue that nobody sees hangs for ever."""
    try:
        return run_aside(lambda: keyring.get_password(service, user), PATIENCE, cancel)
    except Cancelled:
        raise
    except Overdue as error:
        raise AccessDenied(
            f"the keyring did not give {ref} within {PATIENCE:g} s", "unlock it, or name an environment variable"
        ) from error
    except Exception as error:
        # Every desktop's keyring fails in its own way; KeyringError is only the polite one.
        raise AccessDenied(
            f"the keyring does not give {ref}: {type(error).__name__}", "unlock it, or name an environment variable"
        ) from error
