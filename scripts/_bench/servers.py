"""The servers that are loaded, each in a process of its own: the product, and those that are its ceilings."""

# ruff: noqa: S603 - the programs started are this product's own
import json
import os
import re
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from scripts._bench.databases import Database
from scripts._bench.progress import ROOT, say

PROGRAM = str(ROOT / ".venv" / "bin" / "thaksa")
_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Service:
    """`thaksa serve` at work; `authorization` is the header of a credential that may do everything."""

    port: int
    authorization: str
    pid: int

    def peak_megabytes(self) -> float:
        """The most memory that the process has held so far (VmHWM)."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        kibibytes = re.search(r"VmHWM:\s+(\d+) kB", status)
        if kibibytes is None:
            raise SystemExit("this system does not tell how much memory a process has held")
        return round(int(kibibytes[1]) * 1024 / 1e6, 1)


def bare_server() -> AbstractContextManager[int]:
    """The bare server; its port."""
    return _server("scripts._bench.bare")


def bare_pages_server(files: Sequence[Path]) -> AbstractContextManager[int]:
    """The one that shows these pages and nothing else; its port."""
    return _server("scripts._bench.bare_pages", *map(str, files))


def keyed_server(database: Database) -> AbstractContextManager[int]:
    """The one that fetches by primary key; its port."""
    url = database.url if database.name == "sqlite" else database.plain_url
    return _server("scripts._bench.keyed", url)


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[int]:
    port = _free_port()
    process = subprocess.Popen([sys.executable, "-m", module, str(port), *arguments], cwd=ROOT)
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def thaksa(
    database: Database, more: Mapping[str, str] | None = None, home_pages: Sequence[str] = ()
) -> Iterator[Service]:
    """`thaksa serve` on the database; `more`: settings of its environment. The credential is that of a
    platform with these home pages.
    """
    authorization = _authorization(database, home_pages)
    process = subprocess.Popen(
        [PROGRAM, "serve", "--port", "0"],
        env={**environment(database), **(more or {})},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        ready = re.search(r":(\d+)/", process.stdout.readline())
        if ready is None:
            raise SystemExit("the service did not start")
        yield Service(int(ready[1]), authorization, process.pid)
    finally:
        process.terminate()
        process.wait()


def upgrade(database: Database) -> None:
    """Give the database its tables, or bring them up to date."""
    say("preparing the database")
    subprocess.run([PROGRAM, "upgrade"], env=environment(database), check=True, stdout=sys.stderr)


def _authorization(database: Database, home_pages: Sequence[str]) -> str:
    proves = [part for one in home_pages for part in ("--home-page", one)]
    level = ["--level", "platform-api"] if proves else []
    named = ["--name", f"bench {uuid4()}", "--scope", "all"]
    created = subprocess.run(
        [PROGRAM, "credential", "create", *named, *proves, *level, "--json"],
        env=environment(database),
        check=True,
        capture_output=True,
    )
    pair = json.loads(created.stdout)
    return "Basic " + b64encode(f"{pair['key']}:{pair['secret']}".encode()).decode()


def environment(database: Database) -> dict[str, str]:
    """For the product's own processes on the database."""
    return {**os.environ, "THAKSA_DATA": str(database.folder / "data"), "THAKSA_DATABASE_URL": database.url}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait_for(port: int) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("a server of the bench did not start")
