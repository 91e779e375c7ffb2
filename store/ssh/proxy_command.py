"""A ProxyCommand: a program whose input and output are the connection."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Mapping
from typing import Final

from store.errors import StoreUnreachable
from store.ssh.text import printable

END_TIMEOUT: Final = 2.0
"""Seconds that the program may take to end once it is asked to."""

LAST_WORDS: Final = 500
"""Bytes of what it said that an error repeats."""


class ProxyCommand:
    """A running command. Its socket is a real one, so that its end is noticed as with TCP."""

    def __init__(self, command: str, environ: Mapping[str, str]) -> None:
        """Raises `StoreUnreachable` if there is no shell to run it."""
        self.socket, theirs = socket.socketpair()
        self._said = tempfile.TemporaryFile()  # noqa: SIM115
        shell = environ.get("SHELL") or "/bin/sh"
        try:
            with theirs:
                self._process = subprocess.Popen(
                    [shell, "-c", f"exec {command}"],
                    stdin=theirs.fileno(),
                    stdout=theirs.fileno(),
                    stderr=self._said,
                    env={**os.environ, **environ},
                    start_new_session=True,
                )
        except OSError as error:
            self.socket.close()
            self._said.close()
            raise StoreUnreachable(f"{shell} cannot be run: {error.strerror}", "look at SHELL") from error

    def last_words(self) -> str:
        """What it said on its standard error, as one line without control characters."""
        if self._said.closed:
            return ""
        descriptor = self._said.fileno()
        size = os.fstat(descriptor).st_size
        return printable(os.pread(descriptor, LAST_WORDS, max(0, size - LAST_WORDS)))

    def close(self) -> None:
        """Ends it, and waits until it has ended."""
        self.socket.close()
        self._said.close()
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(END_TIMEOUT)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
