"""What was answered once in this process, kept in memory so that a lost connection asks nothing twice."""

from __future__ import annotations

from threading import Lock


class Secrets:
    """Passphrases by path, passwords by account, and host keys that were vouched for. Nothing is ever written down."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._passphrases: dict[str, str] = {}
        self._passwords: dict[tuple[str, str, int], str] = {}
        self._hosts: set[tuple[str, bytes]] = set()

    def __repr__(self) -> str:
        return "Secrets(...)"

    def __reduce__(self) -> str:
        raise TypeError("secrets are not written down")

    def passphrase(self, path: str) -> str | None:
        with self._lock:
            return self._passphrases.get(path)

    def keep_passphrase(self, path: str, passphrase: str | None) -> None:
        """None forgets it."""
        with self._lock:
            if passphrase is None:
                self._passphrases.pop(path, None)
            else:
                self._passphrases[path] = passphrase

    def password(self, account: tuple[str, str, int]) -> str | None:
        with self._lock:
            return self._passwords.get(account)

    def keep_password(self, account: tuple[str, str, int], password: str | None) -> None:
        """`account` is user, host and port; None forgets the password."""
        with self._lock:
            if password is None:
                self._passwords.pop(account, None)
            else:
                self._passwords[account] = password

    def trusts(self, host: str, key: bytes) -> bool:
        with self._lock:
            return (host, key) in self._hosts

    def trust(self, host: str, key: bytes) -> None:
        with self._lock:
            self._hosts.add((host, key))


KEPT = Secrets()
"""Shared by every connection of this process that is not given its own."""
