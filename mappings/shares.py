"""A rebuild by several connections of PostgreSQL, for a command there has one process to itself.

Each computes a share of the people, in tables of its own; what differs from what is kept is handed over.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, func, select, text

from mappings.differences import find
from mappings.own_batch import BATCH, own_batch, unprepared
from mappings.steps import KEPT, Told, joining, make, own_table
from mappings.tables import account_link

_MOST = 8


class Share(NamedTuple):
    """One of so many; people who come one after another are in different ones."""

    number: int
    of: int

    def people(self) -> Select[Any]:
        """person_id of everybody in it who has or had an account."""
        person = account_link.c.person_id
        return select(person).distinct().where(person % self.of == self.number)

    def condition(self) -> str:
        """The same as a condition on person_id."""
        return f"mod(person_id, {self.of}) = {self.number}"


class Times(NamedTuple):
    """What is asked; known_at in microseconds."""

    as_of: date
    known_at: int


def shares_of(conn: Connection) -> int:
    """So many processes the database allows a query: what its operator wants to be used."""
    if conn.dialect.name != "postgresql":
        return 1
    allowed = conn.execute(select(func.current_setting("max_parallel_workers_per_gather"))).scalar_one()
    return max(1, min(int(allowed), _MOST))


@contextmanager
def computed_in_shares(engine: Engine, count: int, times: Times, told: Told) -> Iterator[list[Connection]]:
    """Inside, what differs from what is kept stands on these connections; nothing of it stays."""
    with ExitStack() as opened:
        conns = [opened.enter_context(engine.connect()) for _ in range(count)]
        telling = _Together(count, told)
        with ThreadPoolExecutor(count) as threads:
            jobs = [
                threads.submit(_compute, conn, Share(number, count), times, partial(telling.told, number))
                for number, conn in enumerate(conns)
            ]
            _all_or_none(jobs, conns)
        yield conns


def _all_or_none(jobs: Sequence[Future[None]], conns: Sequence[Connection]) -> None:
    """Whatever ends one, or whoever waits for them, ends the others, which may have minutes to go."""
    try:
        wait(jobs, return_when=FIRST_EXCEPTION)
        for job in jobs:
            if job.done():
                job.result()
    except BaseException:
        for conn in conns:
            driver: Any = conn.connection.driver_connection
            driver.cancel_safe()
        raise


def _compute(conn: Connection, share: Share, times: Times, told: Told) -> None:
    # One has nothing to do while others compute, or are asked for their results.
    conn.execute(text("set local idle_in_transaction_session_timeout = 0"))
    made = {table: own_table(table, f"made_{table.name}") for table in KEPT}
    with unprepared(conn), own_batch(conn, *times, share.people()), joining(conn, None) as names:
        make(conn, BATCH, made, names, told)
        for number, (table, new) in enumerate(made.items()):
            told("compared", number, len(made))
            find(conn, table, new, share.condition())
        told("compared", len(made), len(made))


class _Together:
    """Tells what several do as one."""

    def __init__(self, count: int, told: Told) -> None:
        self._count, self._told = count, told
        self._done: dict[str, dict[int, int]] = defaultdict(dict)
        self._lock = Lock()

    def told(self, number: int, stage: str, done: int, total: int) -> None:
        with self._lock:
            self._done[stage][number] = done
            self._told(stage, sum(self._done[stage].values()), total * self._count)
