"""Reading the body of an answer within bounds."""

from __future__ import annotations

import json
import re
import time
import zlib
from collections.abc import Callable
from typing import Any, Final

import httpx

from store.errors import NotAStore, StoreBusy, StoreError
from store.http.limits import Limits

_STEP: Final = 2**20
"""Bytes that are unpacked at a time: a bomb is noticed before it fills the memory."""

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


def read_body(
    response: httpx.Response, limits: Limits, deadline: float, shown: str, check: Callable[[], None]
) -> bytes:
    """The whole body, unpacked. `deadline` is on the monotonic clock; `check` raises what ends the reading.

    Raises `NotAStore` for more bytes than `limits.size` or an unknown encoding, `StoreBusy` at the deadline, and
    httpx's exceptions.
    """
    unpack = _unpacker(response.headers.get("content-encoding", ""), shown)
    parts: list[bytes] = []
    size = 0
    for raw in response.iter_raw():
        for part in unpack(raw):
            size += len(part)
            if size > limits.size:
                raise NotAStore(
                    f"{shown}: the answer is larger than {limits.size // 2**20} MiB",
                    "no answer of MLflow's is that large: check the address",
                )
            parts.append(part)
            check()
        check()
        if time.monotonic() > deadline:
            raise too_late(shown, limits)
    return b"".join(parts)


def too_late(shown: str, limits: Limits) -> StoreBusy:
    """An answer that trickles on."""
    return StoreBusy(f"{shown}: the answer was not complete after {limits.whole:g} s", "try again, or ask for less")


def _unpacker(encoding: str, shown: str) -> Callable[[bytes], Any]:
    if encoding.lower() in ("", "identity"):
        return lambda raw: (raw,)
    if encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        raise NotAStore(f"{shown}: the answer is packed in a way that was not asked for", "check the address")
    packed = zlib.decompressobj(wbits=47)  # zlib's or gzip's own header

    def unpack(raw: bytes) -> Any:
        try:
            while raw:
                part = packed.decompress(raw, _STEP)
                raw = packed.unconsumed_tail
                if not part and not raw:
                    return
                yield part
        except zlib.error as error:
            raise NotAStore(f"{shown}: the answer is damaged: it cannot be unpacked", "try again") from error

    return unpack


def garbled(shown: str, path: str) -> StoreError:
    """An answer that MLflow does not give."""
    return NotAStore(
        f"{shown}: what came for {path} is not what MLflow answers",
        "check that the address is that of an MLflow server",
    )


def document(body: bytes, shown: str, path: str) -> dict[str, Any]:
    """The JSON object that a body is. Raises `NotAStore` if it is none."""
    try:
        found = json.loads(body)
        if _SURROGATE.search(body):
            found = _mended(found)
    except (ValueError, RecursionError) as error:
        raise garbled(shown, path) from error
    if not isinstance(found, dict):
        raise garbled(shown, path)
    return found


def _mended(value: Any) -> Any:
    """The same without halves of surrogate pairs, which are no text and cannot be printed."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value
