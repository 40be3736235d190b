"""Forwarding with `kill -9` on both sides: whoever dies, the target has everything in the end, and once."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.settings import FILE, write_secret
from lrs.clock import utc_now
from lrs.database import connect
from lrs.statement import Authority, prepare
from lrs.store import insert
from tests.durability.preloaded import Preloaded
from tests.durability.server import Installation, Server, install
from tests.durability.statements import completed
from tests.durability.waiting import wait_until

ROUNDS, LONG_ROUNDS = 1, 20
STATEMENTS_A_ROUND = 300
SECONDS = 60
# A whole run: all that the killed ones left, a few at a time.
BACKLOG_SECONDS = 900
BATCH = 5
CREDENTIAL = Authority({"account": {"homePage": "https://w3id.org/thaksa/credential", "name": "k"}}, 9, None)


@pytest.fixture
def rounds(long: bool) -> range:
    return range(LONG_ROUNDS if long else ROUNDS)


@pytest.fixture
def target(tmp_path: Path) -> Installation:
    return install(tmp_path / "target", f"sqlite:///{tmp_path / 'target.db'}")


class Source:
    """The side that forwards: a data folder, a database, and `thaksa forward run` on them."""

    def __init__(self, data: Path, url: str) -> None:
        self._data = data
        self._url = url
        self.ids: list[str] = []

    def store(self) -> None:
        ready = [
            prepare(completed(), version="1.0.3", authority=CREDENTIAL) for _ in range(STATEMENTS_A_ROUND)
        ]
        engine = connect(self._url)
        with engine.begin() as conn:
            self.ids += insert(conn, ready, utc_now)
        engine.dispose()

    @contextmanager
    def forwarding(self, server: Server) -> Iterator[Preloaded]:
        self._data.mkdir(exist_ok=True)
        table = {"endpoint": server.endpoint, "key": server.key, "statements": "personal"}
        lines = [
            "[targets.other]",
            *(f'{name} = "{value}"' for name, value in table.items()),
            f"batch = {BATCH}",
        ]
        (self._data / FILE).write_text("\n".join(lines))
        write_secret(self._data / "secrets" / "other.secret", server.secret)
        environment = {"THAKSA_DATA": str(self._data), "THAKSA_DATABASE_URL": self._url}
        process = Preloaded(["forward", "run", "other"], environment, self._data / "forward.log")
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    def wait_for_the_first(self, server: Server) -> None:
        """Until the first of the latest round has arrived."""
        with server.connection() as connection:
            first = self.ids[-STATEMENTS_A_ROUND]
            wait_until(lambda: connection.get(statementId=first).status == 200, SECONDS)

    def forward(self, server: Server) -> int:
        """A whole run."""
        with self.forwarding(server) as process:
            return process.wait(BACKLOG_SECONDS)


@pytest.fixture
def source(tmp_path: Path, database_url: str) -> Source:
    return Source(tmp_path / "source", database_url)


def test_the_side_that_forwards_is_killed(source: Source, target: Installation, rounds: range) -> None:
    with target.running() as server:
        for _ in rounds:
            source.store()
            with source.forwarding(server) as process:
                source.wait_for_the_first(server)
                time.sleep(random.uniform(0, 0.3))
                process.kill()
        assert source.forward(server) == 0
        assert held(server) == source.ids


def test_the_target_is_killed(source: Source, target: Installation, rounds: range) -> None:
    for _ in rounds:
        source.store()
        with target.running(Preloaded) as server, source.forwarding(server) as process:
            source.wait_for_the_first(server)
            time.sleep(random.uniform(0, 0.3))
            server.kill()
            assert process.wait(SECONDS) in (0, 1)
    with target.running(Preloaded) as server:
        assert source.forward(server) == 0
        assert held(server) == source.ids


def held(server: Server) -> list[str]:
    """All that the target has, in the order in which it stored it."""
    with server.connection() as connection:
        answer = connection.get(ascending="true").json()
        found = [one["id"] for one in answer["statements"]]
        while answer["more"]:
            answer = connection.send("GET", answer["more"]).json()
            found += [one["id"] for one in answer["statements"]]
    return found
