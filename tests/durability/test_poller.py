"""Communication 2.1.3 and 3.2 (Consistent-Through): a reader that asks for what was stored since the last
Consistent-Through sees every statement, while writers run, and whichever process it asks."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime
from itertools import cycle

import pytest

from tests.durability.load import Sent, posting
from tests.durability.server import Answer, Connection, Installation, Server
from tests.durability.waiting import wait_until

SECONDS = 4
LONG_SECONDS = 60
THROUGH = "x-experience-api-consistent-through"


@pytest.fixture
def servers(installation: Installation) -> Iterator[list[Server]]:
    """Two processes where the database allows it."""
    number = 2 if installation.database_url.startswith("postgresql") else 1
    with ExitStack() as stack:
        started = [stack.enter_context(installation.started()) for _ in range(number)]
        yield [installation.ready(process) for process in started]


class Poller:
    """Follows the store by `since` alone, and asks another process each time."""

    def __init__(self, connections: list[Connection], *, ascending: bool) -> None:
        self.seen: set[str] = set()
        self.through: list[str] = []
        self._turns = cycle(connections)
        self._parameters: dict[str, object] = {"ascending": str(ascending).lower(), "limit": 100}

    def run(self, stop: threading.Event) -> None:
        while not stop.is_set():
            self.poll()

    def poll(self) -> None:
        """Takes one answer with all its pages; the first page's Consistent-Through holds for them all."""
        since = {"since": self.through[-1]} if self.through else {}
        answer = next(self._turns).get(**self._parameters, **since)
        through = answer.headers[THROUGH]
        self._take(answer)
        while more := answer.json()["more"]:
            answer = next(self._turns).send("GET", more)
            self._take(answer)
        self.through.append(through)

    def _take(self, answer: Answer) -> None:
        assert answer.status == 200, answer.body
        self.seen.update(one["id"] for one in answer.json()["statements"])


@pytest.mark.parametrize("ascending", [False, True])
def test_nothing_is_missed_while_writers_run(servers: list[Server], ascending: bool, long: bool) -> None:
    sent, stop = Sent(), threading.Event()
    with ExitStack() as stack:
        connections = [stack.enter_context(server.connection()) for server in servers]
        poller = Poller(connections, ascending=ascending)
        with posting(servers, sent, stop), ThreadPoolExecutor(1) as pool:
            polling = pool.submit(poller.run, stop)
            stop.wait(LONG_SECONDS if long else SECONDS)
            stop.set()
            polling.result()
        assert len({*poller.through}) > 3, "Consistent-Through stood still while writers ran"
        last_stored = connections[0].get(limit=1).json()["statements"][0]["stored"]
        wait_until(lambda: instant(connections[0].get(limit=1).headers[THROUGH]) >= instant(last_stored))
        poller.poll()
    assert sent.refused == []
    assert sent.ids() - poller.seen == set(), "stored and never seen"


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
