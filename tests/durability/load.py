"""Writers that post as fast as they can and remember what they were told."""

import http.client
import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.durability.server import Connection, Server
from tests.durability.statements import completed
from tests.durability.waiting import wait_until

WRITERS = 16


@dataclass
class Sent:
    """Every batch that went out, as ids, and whether its success was received in full."""

    batches: list[tuple[str, ...]] = field(default_factory=list)
    acknowledged: list[tuple[str, ...]] = field(default_factory=list)
    # Answers other than success, by status.
    refused: list[int] = field(default_factory=list)

    def ids(self) -> set[str]:
        return {id_ for batch in self.acknowledged for id_ in batch}

    def wait_for_more(self) -> None:
        """Waits until another batch is acknowledged."""
        before = len(self.acknowledged)
        wait_until(lambda: len(self.acknowledged) > before)


@contextmanager
def posting(servers: Sequence[Server], sent: Sent, stop: threading.Event) -> Iterator[None]:
    """Sixteen connections, spread over the servers, write until `stop`; a lost connection is made again."""
    threads = [
        threading.Thread(target=_write, args=(servers[number % len(servers)], sent, stop, number))
        for number in range(WRITERS)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _write(server: Server, sent: Sent, stop: threading.Event, number: int) -> None:
    chance = random.Random(number)
    while not stop.is_set():
        try:
            with server.connection() as connection:
                while not stop.is_set():
                    _send(connection, sent, _batch(chance))
        except (OSError, http.client.HTTPException):
            stop.wait(0.05)


def _batch(chance: random.Random) -> list[dict[str, Any]]:
    """One to eight statements whose actors and activities the other writers use too, in any order."""
    return [
        completed(chance.randrange(20), chance.randrange(10), title=f"บทที่ {chance.randrange(3)}")
        for _ in range(chance.choice((1, 1, 2, 8)))
    ]


def _send(connection: Connection, sent: Sent, batch: list[dict[str, Any]]) -> None:
    ids = tuple(one["id"] for one in batch)
    sent.batches.append(ids)
    answer = connection.post(batch if len(batch) > 1 else batch[0])
    if answer.status != 200:
        sent.refused.append(answer.status)
        return
    assert answer.json() == list(ids)
    sent.acknowledged.append(ids)
