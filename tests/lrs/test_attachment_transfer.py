"""Large, lying and broken transfers of attachments to a running server: memory stays flat, nothing stays."""

import http.client
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from tests.durability.server import Installation, Server, install
from tests.durability.waiting import wait_until

from .mixed import BOUNDARY, attachment, body, headers, parsed, part
from .statements import simple

MEBIBYTE = 1024 * 1024
BLOCK = b"x" * MEBIBYTE
# What a server may need more while it receives or sends a body, however large that is.
MOST_GROWTH = 80
LIMIT = 96


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    data = tmp_path_factory.mktemp("transfer") / "data"
    made = install(data, f"sqlite:///{data}/thaksa.db")
    (data / "thaksa.toml").write_text(f"attachment_mebibytes = {LIMIT}\n")
    return made


@pytest.fixture(scope="module")
def server(installation: Installation) -> Iterator[Server]:
    with installation.running() as server:
        yield server


@pytest.fixture
def folder(installation: Installation) -> Path:
    return installation.data / "attachments"


@pytest.fixture
def mebibytes(long: bool) -> int:
    """The size of a body that is to be refused."""
    return 1024 if long else 200


class Growth:
    """The most memory that a server took beyond what it had at first, in MiB."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._first = server.resident_megabytes()
        self.most = 0

    def watch(self) -> None:
        self.most = max(self.most, self._server.resident_megabytes() - self._first)


def opening(statement: object, content_sha2: str) -> bytes:
    """A body up to where the content of its one attachment begins."""
    fields = part(b"", **{"X-Experience-API-Hash": content_sha2}).removesuffix(b"\r\n")
    return body(statement, fields).removesuffix(f"--{BOUNDARY}--\r\n".encode())


def closing() -> bytes:
    return f"\r\n--{BOUNDARY}--\r\n".encode()


def post_chunked(server: Server, pieces: Iterator[bytes]) -> tuple[int, bytes]:
    """Sends a body without Content-Length, to its end, and then reads the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(
        "POST", "/xapi/statements", pieces, {**server.headers, **headers()}, encode_chunked=True
    )
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def endless(first: bytes, mebibytes: int, watch: Callable[[], None], last: bytes = b"") -> Iterator[bytes]:
    yield first
    for number in range(mebibytes):
        yield BLOCK
        if number % 8 == 0:
            watch()
    yield last
    watch()


def left(folder: Path) -> list[Path]:
    """What was being received."""
    incoming = folder / "incoming"
    return list(incoming.iterdir()) if incoming.exists() else []


def lasts(server: Server) -> None:
    """The server still stores."""
    with server.connection() as connection:
        assert connection.post(simple(id=str(uuid4()))).status == 200


STATEMENT = simple(attachments=[attachment(b"one")])
NAMED = sha256(b"one").hexdigest()


class TestBodiesBeyondTheLimit:
    @pytest.mark.parametrize(
        ("first", "status", "named"),
        [
            (opening(STATEMENT, NAMED), 413, f"attachments[0] is larger than {LIMIT * MEBIBYTE} octets"),
            (opening(STATEMENT, NAMED)[:80], 413, "the first part is larger than"),
            (b"no boundary", 400, "not well-formed"),
            (f"--{BOUNDARY}\r\nX: ".encode(), 400, "not well-formed"),
            (b"\r\n", 400, "not well-formed"),
            (opening(STATEMENT, "a" * 64), 400, "no statement names"),
            (body(STATEMENT), 400, "must have a fileUrl"),
        ],
        ids=["attachment", "statements", "preamble", "header", "blank", "unnamed", "epilogue"],
    )
    def test_memory_stays_flat(
        self, server: Server, folder: Path, mebibytes: int, first: bytes, status: int, named: str
    ) -> None:
        growth = Growth(server)
        answered, content = post_chunked(server, endless(first, mebibytes, growth.watch))
        assert (answered, named in content.decode()) == (status, True), content
        assert growth.most < MOST_GROWTH
        assert left(folder) == []
        lasts(server)

    def test_an_announced_length(self, server: Server, folder: Path, mebibytes: int) -> None:
        growth = Growth(server)
        with server.connection() as connection:
            first = opening(STATEMENT, NAMED)
            content = first + BLOCK * mebibytes
            answer = connection.send("POST", "/xapi/statements", content, headers())
        growth.watch()
        assert answer.status == 413
        assert growth.most < MOST_GROWTH
        assert left(folder) == []


class TestWithinTheLimit:
    def test_there_and_back_with_flat_memory(self, server: Server, folder: Path) -> None:
        content = os.urandom(MEBIBYTE) * LIMIT
        statement = simple(id=str(uuid4()), attachments=[attachment(content)])
        growth = Growth(server)
        pieces = iter([opening(statement, sha256(content).hexdigest()), content, closing()])
        assert post_chunked(server, pieces)[0] == 200
        growth.watch()
        assert left(folder) == []
        with server.connection() as connection:
            answer = connection.get(statementId=statement["id"], attachments="true")
        growth.watch()
        assert growth.most < MOST_GROWTH
        found, ((_, received),) = parsed(answer.headers["content-type"], answer.body)
        assert found["id"] == statement["id"]
        assert received == content

    def test_other_requests_are_answered_meanwhile(self, server: Server) -> None:
        statement = simple(attachments=[attachment(BLOCK * LIMIT)])
        times: list[float] = []

        def pieces() -> Iterator[bytes]:
            yield opening(statement, statement["attachments"][0]["sha2"])
            for number in range(LIMIT):
                yield BLOCK
                if number % 16 == 0:
                    start = time.monotonic()
                    lasts(server)
                    times.append(time.monotonic() - start)
            yield closing()

        assert post_chunked(server, pieces())[0] == 200
        assert len(times) == LIMIT // 16


class TestLies:
    def send(self, server: Server, announced: int, content: bytes) -> socket.socket:
        lines = [
            "POST /xapi/statements HTTP/1.1",
            "Host: 127.0.0.1",
            f"Content-Length: {announced}",
            *(f"{name}: {value}" for name, value in {**server.headers, **headers()}.items()),
        ]
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=30)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        return connection

    def test_a_client_that_goes_away(self, server: Server, folder: Path) -> None:
        with self.send(server, 10 * MEBIBYTE, opening(STATEMENT, NAMED) + BLOCK):
            wait_until(lambda: any(one.stat().st_size > 500_000 for one in left(folder)))
        wait_until(lambda: left(folder) == [])
        lasts(server)

    def test_many_that_go_away_at_once(self, server: Server, folder: Path) -> None:
        content = opening(STATEMENT, NAMED) + b"x" * 300_000
        with ExitStack() as stack:
            for _ in range(30):
                stack.enter_context(self.send(server, 10 * MEBIBYTE, content))
            wait_until(lambda: len(left(folder)) == 30)
        wait_until(lambda: left(folder) == [])
        lasts(server)

    def test_a_body_that_ends_early(self, server: Server, folder: Path) -> None:
        first = opening(STATEMENT, NAMED)
        with self.send(server, len(first), first) as connection:
            # Head and body may come one after the other.
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            said = answer.read()
        assert answer.status == 400
        assert b"before its closing boundary" in said
        assert left(folder) == []

    def test_more_than_announced(self, server: Server, folder: Path) -> None:
        """What is beyond the announced length is no part of the body."""
        first = opening(STATEMENT, NAMED)
        with self.send(server, len(first) + 1, first + b"one" + closing()) as connection:
            assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
        wait_until(lambda: left(folder) == [])
        lasts(server)
