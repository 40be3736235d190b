"""Requests that are broken or huge on purpose: each is refused, and the service lives on as before."""

import http.client
import socket
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, suppress
from itertools import repeat

import orjson
import pytest

from tests.durability.server import ANSWER_SECONDS, Server, install
from tests.durability.statements import completed

MEBIBYTE = 1 << 20
HUGE = 100 * MEBIBYTE
LONG_HUGE = 1024 * MEBIBYTE
MOST_GROWTH_MEGABYTES = 100


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("hostile")
    with install(folder / "data", f"sqlite:///{folder / 'thaksa.db'}").running() as server:
        yield server


@pytest.fixture
def steady(server: Server) -> Iterator[Server]:
    """A service in use, which after the test must answer as before, hold hardly more memory and have
    nothing to report."""
    alive(server)
    before, reported = server.resident_megabytes(), len(server.process.log.read_text())
    yield server
    alive(server)
    assert server.resident_megabytes() - before < MOST_GROWTH_MEGABYTES
    assert "Traceback" not in server.process.log.read_text()[reported:]


def alive(server: Server) -> None:
    statement = completed()
    with server.connection() as connection:
        assert connection.post(statement).json() == [statement["id"]]
        assert connection.get(statementId=statement["id"]).status == 200


def body_with(text: bytes) -> bytes:
    """A statement in which an extension holds `text` as it is."""
    statement = completed(result={"extensions": {"https://moodle.example/x": "HERE"}})
    return orjson.dumps(statement).replace(b'"HERE"', text)


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def nested_objects(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


BROKEN_JSON = {
    "empty": b"",
    "not JSON": b"<xml/>",
    "cut off": body_with(b'"x"')[:-1],
    "two documents": b"{}{}",
    "invalid UTF-8": body_with(b'"\xff\xfe"'),
    "overlong UTF-8": body_with(b'"\xc0\xaf"'),
    "surrogate in UTF-8": body_with(b'"\xed\xa0\x80"'),
    "UTF-16": body_with(b'"x"').decode().encode("utf-16"),
    "lone surrogate": body_with(rb'"\ud800"'),
    "lone low surrogate": body_with(rb'"\udc00x"'),
    "surrogate as a key": body_with(rb'{"\ud800":1}'),
    "NaN": body_with(b"NaN"),
    "Infinity": body_with(b"-Infinity"),
    "number beyond all": body_with(b"1e999999"),
    "nul in a string": body_with(b'"\x00"'),
    "nested arrays": nested(10_000),
    "nested arrays in a statement": body_with(nested(10_000)),
    "nested arrays never closed": b"[" * 400_000,
    "nested objects in a statement": body_with(nested_objects(10_000)),
    "nested somewhat deep": body_with(nested(500)),
}


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_broken_json(steady: Server, method: str) -> None:
    path = "/xapi/statements"
    if method == "PUT":
        path += "?statementId=6690e6c9-3ef0-4ed3-8b37-7f3964730bee"
    with steady.connection() as connection:
        answers = {
            name: connection.send(method, path, body, {"Content-Type": "application/json"})
            for name, body in BROKEN_JSON.items()
        }
    assert {name: answer.status for name, answer in answers.items()} == dict.fromkeys(BROKEN_JSON, 400)
    assert all(answer.json()["error"] for answer in answers.values())
    assert all(len(answer.body) < 1000 for answer in answers.values())


@pytest.fixture
def size(long: bool) -> int:
    return LONG_HUGE if long else HUGE


def test_huge_body_announced(steady: Server, size: int) -> None:
    """Refused at once, or the connection is closed while the rest is on its way."""
    refused_or_closed(
        steady, [("Content-Length", str(size))], repeat(b" " * MEBIBYTE, size // MEBIBYTE), expected={413}
    )


def test_huge_body_in_chunks(steady: Server, size: int) -> None:
    chunk = b"%x\r\n%b\r\n" % (MEBIBYTE, b" " * MEBIBYTE)
    refused_or_closed(
        steady,
        [("Transfer-Encoding", "chunked")],
        [*repeat(chunk, size // MEBIBYTE), b"0\r\n\r\n"],
        expected={413},
    )


def test_bodies_that_never_end(steady: Server) -> None:
    """Each says it is below the limit, and most of it never comes."""
    with ExitStack() as stack:
        for _ in range(8):
            one = stack.enter_context(closing(open_request(steady, [("Content-Length", str(30 * MEBIBYTE))])))
            one.sendall(b" " * MEBIBYTE)


def test_many_small_values(steady: Server) -> None:
    """Three octets each, and a hundred in a program's memory."""
    body = b"[" + b"[],{}," * (5 * MEBIBYTE) + b"1]"
    with steady.connection() as connection:
        answer = connection.send("POST", "/xapi/statements", body, {"Content-Type": "application/json"})
    assert answer.status in (400, 413)


def test_less_than_announced(steady: Server) -> None:
    for _ in range(20):
        with closing(open_request(steady, [("Content-Length", "1000000")])) as sock:
            sock.sendall(b'[{"actor":')


@pytest.mark.parametrize("headers", [[("X-A", "b")] * 100_000, [("X-A", "b" * 10 * MEBIBYTE)]])
def test_flood_of_headers(steady: Server, headers: list[tuple[str, str]]) -> None:
    refused_or_closed(steady, [*headers, ("Content-Length", "2")], [b"[]"], expected={400, 413, 431})


def test_headers_that_never_end(steady: Server) -> None:
    before = steady.resident_megabytes()
    with closing(connect(steady)) as sock:
        with suppress(ConnectionError):
            sock.sendall(b"POST /xapi/statements HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: ")
            for _ in range(HUGE // MEBIBYTE):
                sock.sendall(b"b" * MEBIBYTE)
        assert steady.resident_megabytes() - before < MOST_GROWTH_MEGABYTES // 4


@pytest.mark.parametrize(
    "headers",
    [
        [("Content-Length", "-1")],
        [("Content-Length", "9" * 400)],
        [("Content-Length", "2"), ("Content-Length", "3")],
        [("Content-Length", "2"), ("Transfer-Encoding", "chunked")],
        [("Content-Length", "two")],
        [("Content-Length", "2"), ("X-\x00", "a")],
        [("Transfer-Encoding", "nonsense")],
    ],
)
def test_contradictory_framing(steady: Server, headers: list[tuple[str, str]]) -> None:
    refused_or_closed(steady, headers, [b"[]"], expected={400, 413, 501})


def connect(server: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=ANSWER_SECONDS)


def open_request(server: Server, headers: Iterable[tuple[str, str]]) -> socket.socket:
    """A connection on which the head of a POST of statements was sent."""
    sock = connect(server)
    given = [*server.headers.items(), ("Host", "127.0.0.1"), ("Content-Type", "application/json"), *headers]
    with suppress(ConnectionError):
        sock.sendall(
            b"".join(
                [
                    b"POST /xapi/statements HTTP/1.1\r\n",
                    *(f"{name}: {value}\r\n".encode() for name, value in given),
                    b"\r\n",
                ]
            )
        )
    return sock


def refused_or_closed(
    server: Server, headers: Iterable[tuple[str, str]], body: Iterable[bytes], *, expected: set[int]
) -> None:
    """The request ends with one of these statuses, or with the connection closed before an answer."""
    with closing(open_request(server, headers)) as sock:
        with suppress(ConnectionError):
            for piece in body:
                sock.sendall(piece)
        with suppress(ConnectionError, http.client.BadStatusLine), http.client.HTTPResponse(sock) as answer:
            answer.begin()
            assert answer.status in expected
