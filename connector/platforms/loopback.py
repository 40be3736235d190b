"""A site that answers over real HTTP on loopback: what the replays of recorded platforms share."""

import threading
from collections.abc import Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Asked(NamedTuple):
    """A request as it came; `target` is the path with its query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


class Answer(NamedTuple):
    """What is sent back; `headers` beyond type and length."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str] = {}


class LoopbackSite:
    """A context manager: inside it, the site answers at `url`. Subclasses say what, in `respond`."""

    def __init__(self, port: int = 0) -> None:
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.site = self
        serve = partial(self._server.serve_forever, poll_interval=0.02)
        self._thread = threading.Thread(target=serve, name="replay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def respond(self, asked: Asked) -> Answer:
        """The answer to a request; called by several threads."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    site: LoopbackSite


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in two writes: without this each answer waits 40 ms for an acknowledgement.
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """A request without a body, as a rule."""
        self._answer()

    def do_POST(self) -> None:
        """A request with a body."""
        self._answer()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's own name
        """Says nothing: a test's output is its own."""

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        answer = self.server.site.respond(Asked(self.command, self.path, dict(self.headers.items()), body))
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
