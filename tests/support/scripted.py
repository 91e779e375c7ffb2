"""An HTTP server that answers by a script: for what servers do that cannot be installed, or should not exist."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it came."""

    method: str
    path: str
    params: Mapping[str, str]
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    """Names in lower case."""

    def __getitem__(self, name: str) -> Any:
        return self.body.get(name, self.params.get(name))


@dataclass(frozen=True)
class Answer:
    """What comes back."""

    body: Any = field(default_factory=dict)
    """Text and bytes as they are, everything else as JSON."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    raw: Callable[[BaseHTTPRequestHandler], None] | None = None
    """Instead of all that: writes to the connection itself."""


PAGE_404 = Answer(
    "<!doctype html>\n<title>404 Not Found</title>\n<h1>Not Found</h1>", 404, {"Content-Type": "text/html"}
)
"""What MLflow and Flask answer to unknown paths."""

Script = Callable[[Asked], Answer]


@contextmanager
def scripted(script: Script) -> Iterator[tuple[str, list[Asked]]]:
    """The address of a server that answers by `script`, and the requests that came, in their order."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else {}
            names = {name.lower(): value for name, value in self.headers.items()}
            request = Asked(self.command, parts.path, dict(parse_qsl(parts.query)), body, names)
            asked.append(request)
            answer = script(request)
            if answer.raw is not None:
                self.close_connection = True
                with suppress(OSError):
                    answer.raw(self)
                return
            data = _bytes(answer.body)
            with suppress(OSError):
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server wants

        def log_message(self, *args: object) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _bytes(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()
