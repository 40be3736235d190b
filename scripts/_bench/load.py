"""The load: connections that each send a request, wait for the whole answer, and send the next."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scripts._bench.report import Figures

WARM_UP_SECONDS = 1.0
STATEMENTS = "/xapi/statements"
# Octets that a connection holds before it tells the server to wait: more than the largest answer.
_BUFFER = 4 * 1024 * 1024
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


@dataclass(slots=True)
class Timed:
    """How long each request took, and all of them together; seconds."""

    requests: list[float] = field(default_factory=list)
    together: float = 0.0

    @property
    def per_second(self) -> float:
        """Requests."""
        return len(self.requests) / self.together

    def latency(self) -> Figures:
        """How many there were, and their percentiles in milliseconds."""
        times = sorted(self.requests)
        shares = {f"p{share}_ms": times[len(times) * share // 100] for share in (50, 95, 99)}
        return {"requests": len(times), **{name: round(value * 1000, 2) for name, value in shares.items()}}


class Connection:
    """One kept-alive connection to a server on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        """Connected."""
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=_BUFFER))

    async def ask(self, request: bytes) -> bytes:
        """The content of the answer; ends the program unless it is a 200."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        content = await self._reader.readexactly(int(length[1])) if length else b""
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {head[:200]!r} {content[:300]!r}")
        return content

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def get(target: str, authorization: str) -> bytes:
    """A request for a path with its parameters."""
    return _head("GET", target, authorization) + b"\r\n"


def sending(method: str, target: str, authorization: str) -> Callable[[bytes], bytes]:
    """Makes requests that bring a body of JSON."""
    head = _head(method, target, authorization) + b"Content-Type: application/json\r\nContent-Length: "
    return lambda body: b"%b%d\r\n\r\n%b" % (head, len(body), body)


def _head(method: str, target: str, authorization: str) -> bytes:
    return (
        f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Experience-API-Version: 1.0.3\r\n"
        f"Authorization: {authorization}\r\n"
    ).encode()


def load(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Timed:
    """Send what `make` makes over so many connections at once, after a second of warming up."""
    asyncio.run(_load(port, make, connections, WARM_UP_SECONDS))
    return asyncio.run(_load(port, make, connections, seconds))


def ask_each(port: int, requests: list[bytes]) -> list[bytes]:
    """The content of each answer, one after the other on one connection."""
    return asyncio.run(_ask_each(port, requests))


async def _ask_each(port: int, requests: list[bytes]) -> list[bytes]:
    connection = await Connection.open(port)
    answers = [await connection.ask(request) for request in requests]
    connection.close()
    return answers


async def _load(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Timed:
    timed = Timed()
    began = time.perf_counter()
    await asyncio.gather(*(_repeat(port, make, began + seconds, timed.requests) for _ in range(connections)))
    timed.together = time.perf_counter() - began
    return timed


async def _repeat(port: int, make: Callable[[], bytes], end: float, times: list[float]) -> None:
    connection = await Connection.open(port)
    while time.perf_counter() < end:
        request = make()
        began = time.perf_counter()
        await connection.ask(request)
        times.append(time.perf_counter() - began)
    connection.close()
