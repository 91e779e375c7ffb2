"""paramiko's transport with what it lacks: an order of host keys, reasons for failures, openings that can be given up.

It builds on names of paramiko that begin with an underscore where there is no other way in; all of them are here and
in `userauth`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from threading import Event
from typing import Any, Final

import paramiko  # type: ignore[import-untyped]
from paramiko.common import cMSG_CHANNEL_OPEN, cMSG_GLOBAL_REQUEST  # type: ignore[import-untyped]
from paramiko.packet import Packetizer  # type: ignore[import-untyped]

from store.ssh.text import printable
from store.ssh.waiting import Patience

LOG: Final = "store.ssh.wire"

CIPHERS: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes128-ctr", "aes192-ctr", "aes256-ctr")
"""Best first. GCM encrypts and authenticates in one call, which matters in Python; CBC is left out, as by ssh."""

MACS: Final = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
    "hmac-sha1",
)

WINDOW: Final = 4 << 20
"""Bytes that the host may send on a channel before it waits for us: 150 ms away, that still is 27 MB/s."""

# Without a handler Python would print paramiko's tracebacks over the screen; everything worth saying is raised.
_log = logging.getLogger(LOG)
_log.addHandler(logging.NullHandler())
_log.propagate = False
_log.setLevel(logging.CRITICAL + 1)


class Refused(Exception):
    """The host would not open a channel."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(code, text)
        self.code = code
        """As in RFC 4254, 5.1."""
        self.text = text
        """The host's own words, without control characters."""


class _Packets(Packetizer):  # type: ignore[misc]
    def __init__(self, socket: object) -> None:
        super().__init__(socket)
        self.heard = time.monotonic()

    def read_message(self) -> Any:
        message = super().read_message()
        self.heard = time.monotonic()
        return message


class Wire(paramiko.Transport):  # type: ignore[misc]
    """One SSH connection."""

    def __init__(self, socket: object, host_key_algorithms: Sequence[str]) -> None:
        self._host_key_algorithms = tuple(host_key_algorithms)
        self._opening: dict[int, Refused] = {}
        self._given_up: dict[int, paramiko.Channel] = {}
        self.farewell = ""
        """What the host said when it closed the connection; empty if it has not."""
        super().__init__(socket, default_window_size=WINDOW, packetizer_class=_Packets)
        self.set_log_channel(LOG)
        options = self.get_security_options()
        options.ciphers = CIPHERS
        options.digests = MACS

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        return self._host_key_algorithms

    @property
    def heard(self) -> float:
        """When the host last sent anything, as `time.monotonic` counts."""
        return float(self.packetizer.heard)

    def shake_hands(self, patience: Patience) -> None:
        """Agrees on keys. Raises what paramiko raises, and as `patience` does."""
        # Its own limits would come with texts of their own.
        self.banner_timeout = self.handshake_timeout = patience.remaining + 1
        done = Event()
        self.start_client(event=done)
        patience.wait(done)
        if not self.is_active():
            raise self.failure()

    def failure(self) -> Exception:
        """Why the connection ended: an `SSHException`, an `EOFError` or an `OSError`."""
        error: Exception | None = self.get_exception()
        if error is None:
            return EOFError()
        if isinstance(error, paramiko.SSHException | EOFError | OSError):
            return error
        # Bytes that could be neither decrypted nor parsed fail in many ways.
        wrapped: Exception = paramiko.SSHException(f"what the host sent makes no sense: {type(error).__name__}")
        wrapped.__cause__ = error
        return wrapped

    @property
    def certificate(self) -> bytes | None:
        """The host's certificate, if one was agreed on."""
        blob = getattr(self.host_key, "public_blob", None)
        return bytes(blob.key_blob) if blob is not None and "-cert-" in self.host_key_type else None

    def ask_whether_alive(self) -> None:
        """Sends a request that a host has to answer, whatever the answer. May block while nothing can be sent."""
        message = paramiko.Message()
        message.add_byte(cMSG_GLOBAL_REQUEST)
        message.add_string("keepalive@openssh.com")
        message.add_boolean(True)
        self._send_user_message(message)

    def open(self, kind: str, patience: Patience, destination: tuple[str, int] | None = None) -> paramiko.Channel:
        """A new channel: `session`, or `direct-tcpip` with a destination.

        Raises `Refused`, what paramiko raises, and as `patience` does; a channel that then opens is closed.
        """
        with self.lock:
            number = self._next_channel()
            channel = paramiko.Channel(number)
            self._channels.put(number, channel)
            self.channel_events[number] = answered = Event()
            self.channels_seen[number] = True
            channel._set_transport(self)
            channel._set_window(self.default_window_size, self.default_max_packet_size)
        message = paramiko.Message()
        message.add_byte(cMSG_CHANNEL_OPEN)
        message.add_string(kind)
        message.add_int(number)
        message.add_int(self.default_window_size)
        message.add_int(self.default_max_packet_size)
        if destination is not None:
            for host, port in (destination, ("127.0.0.1", 0)):
                message.add_string(host)
                message.add_int(port)
        self._send_user_message(message)
        try:
            while not answered.wait(patience.step):
                if not self.is_active():
                    raise self.failure()
                patience.check()
        except BaseException:
            with self.lock:
                self._given_up[number] = channel
            if channel.active:  # it opened just now
                self._close_given_up(number)
            raise
        refused = self._opening.pop(number, None)
        if refused is not None:
            raise refused
        if not self.is_active():
            raise self.failure()
        return channel

    def _close_given_up(self, number: int) -> None:
        with self.lock:
            channel = self._given_up.pop(number, None)
        if channel is not None:
            channel.close()

    def _parse_channel_open_success(self, message: Any) -> None:
        number = _peek(message, lambda: message.get_int())
        super()._parse_channel_open_success(message)
        self._close_given_up(number)

    def _parse_channel_open_failure(self, message: Any) -> None:
        def peek() -> tuple[int, Refused]:
            number, code = message.get_int(), message.get_int()
            return number, Refused(code, printable(message.get_string()))

        number, refused = _peek(message, peek)
        with self.lock:
            if self._given_up.pop(number, None) is None and number in self.channel_events:
                self._opening[number] = refused
            self._channels.delete(number)
            event = self.channel_events.pop(number, None)
        if event is not None:
            event.set()

    def _parse_disconnect(self, message: Any) -> None:
        message.get_int()
        self.farewell = printable(message.get_string())


def _peek(message: Any, read: Callable[[], Any]) -> Any:
    """What `read` takes from a message, which is then read anew from where it was."""
    position = message.packet.tell()
    result = read()
    message.packet.seek(position)
    return result
