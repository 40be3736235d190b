"""The service as an operator starts it: `thaksa serve` in a process of its own, and one way to reach it."""

import http.client
import os
import re
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self
from urllib.parse import urlencode
from uuid import uuid4

import orjson

from tests.durability.waiting import wait_until
from tests.system.demo import ROOT, thaksa

START_SECONDS = 60
ANSWER_SECONDS = 60
END_SECONDS = 20


@dataclass(frozen=True)
class Answer:
    """An answer that was received in full."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


class Connection:
    """One kept-open connection of an xAPI client."""

    def __init__(self, port: int, headers: Mapping[str, str]) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
        self._headers = dict(headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises OSError or HTTPException unless the answer comes in full."""
        self._http.request(method, path, body, {**self._headers, **(headers or {})})
        answer = self._http.getresponse()
        content = answer.read()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, content)

    def post(self, statements: object) -> Answer:
        return self.send(
            "POST", "/xapi/statements", orjson.dumps(statements), {"Content-Type": "application/json"}
        )

    def get(self, **parameters: object) -> Answer:
        return self.send("GET", f"/xapi/statements?{urlencode(parameters)}")


class Started(Protocol):
    """A process, as `subprocess.Popen` gives it."""

    pid: int

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


Start = Callable[[Sequence[str], Mapping[str, str], Path], Started]
"""Starts `thaksa` with arguments, settings of its environment, and a file for what it prints."""


def spawned(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Started:
    """As an operator starts it."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "connector", *arguments],
            cwd=ROOT,
            env=os.environ | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


@dataclass(frozen=True)
class Process:
    """A started `thaksa serve` and the file of what it prints."""

    popen: Started
    log: Path

    def port(self) -> int | None:
        """Where it listens, once it says so."""
        found = re.search(r"open http://[^/]+:(\d+)/", self.log.read_text())
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Server:
    """A `thaksa serve` that answers."""

    process: Process
    port: int
    key: str
    secret: str

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}/xapi/"

    @property
    def headers(self) -> dict[str, str]:
        token = b64encode(f"{self.key}:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {token}", "X-Experience-API-Version": "1.0.3"}

    def connection(self) -> Connection:
        return Connection(self.port, self.headers)

    def kill(self) -> None:
        """kill -9: nothing of the process's own runs any more."""
        self.process.popen.kill()
        self.process.popen.wait()

    def resident_megabytes(self) -> int:
        """How much memory the process has at this moment."""
        status = Path(f"/proc/{self.process.popen.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1]) // 1024


@dataclass(frozen=True)
class Installation:
    """A data folder and a database, with a credential that may do all; servers are started on it."""

    data: Path
    database_url: str
    key: str
    secret: str

    @contextmanager
    def running(self, start: Start = spawned) -> Iterator[Server]:
        """Starts a server on a free port and ends it."""
        with self.started(start) as process:
            yield self.ready(process)

    @contextmanager
    def started(self, start: Start = spawned) -> Iterator[Process]:
        """A server that may not be ready yet; it is ended at the end, if it still runs."""
        self.data.mkdir(parents=True, exist_ok=True)
        log = self.data / f"serve-{uuid4()}.log"
        environment = {"THAKSA_DATA": str(self.data), "THAKSA_DATABASE_URL": self.database_url}
        log.touch()
        process = start(["serve", "--port", "0"], environment, log)
        try:
            yield Process(process, log)
        finally:
            _end(process)

    def ready(self, process: Process) -> Server:
        """Waits until a started server answers."""
        wait_until(lambda: process.port() is not None or process.popen.poll() is not None, START_SECONDS)
        port = process.port()
        assert port is not None, f"the server did not start:\n{process.log.read_text()}"
        return Server(process, port, self.key, self.secret)


def install(data: Path, database_url: str) -> Installation:
    """Upgrades the database and makes a credential, as an operator does."""
    made = thaksa(
        *("credential", "create", "--name", "client", "--scope", "all", "--json"),
        data=data,
        THAKSA_DATABASE_URL=database_url,
    )
    assert made.returncode == 0, made.stderr
    credential = orjson.loads(made.stdout)
    return Installation(data, database_url, credential["key"], credential["secret"])


def _end(process: Started) -> None:
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
