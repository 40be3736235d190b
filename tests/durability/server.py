"""The service as an operator starts it: `thaksa serve` in a process of its own, and one way to reach it."""

import http.client
import os
import re
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import orjson

from tests.system.demo import ROOT, thaksa

START_SECONDS = 60
ANSWER_SECONDS = 60


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


@dataclass(frozen=True)
class Server:
    """A running `thaksa serve`."""

    process: "subprocess.Popen[str]"
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
        self.process.kill()
        self.process.wait()

    def resident_megabytes(self) -> int:
        """How much memory the process has at this moment."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
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
    def running(self) -> Iterator[Server]:
        """Starts a server on a free port and ends it."""
        process = self.start()
        try:
            yield self.ready(process)
        finally:
            end(process)

    def start(self) -> "subprocess.Popen[str]":
        """A server that may not be ready yet; the caller ends it."""
        return subprocess.Popen(
            [sys.executable, "-m", "connector", "serve", "--port", "0"],
            cwd=ROOT,
            env=os.environ | {"THAKSA_DATA": str(self.data), "THAKSA_DATABASE_URL": self.database_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ready(self, process: "subprocess.Popen[str]") -> Server:
        """Waits until a started server answers."""
        timer = threading.Timer(START_SECONDS, process.kill)
        timer.start()
        try:
            return Server(process, _port(process), self.key, self.secret)
        finally:
            timer.cancel()


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


def end(process: "subprocess.Popen[str]") -> None:
    """Ends a server, whether it still runs or not."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise


def _port(process: "subprocess.Popen[str]") -> int:
    assert process.stdout
    printed = []
    for line in process.stdout:
        printed.append(line)
        if found := re.search(r"open http://[^/]+:(\d+)/", line):
            return int(found[1])
    raise AssertionError(f"the server did not start:\n{''.join(printed)}")
