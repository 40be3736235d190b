"""Several connections of PostgreSQL at work for one command, for a command there has one process to itself.

Each does its share in temporary tables of its own and sees what was committed at the same moment.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import partial
from threading import Lock
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, func, select, text

from mappings.own_batch import unprepared
from mappings.steps import Told

_MOST = 8

# So many people who come one after another are in the same share, those after them in the next: however work
# is spread among them, shares have as much; and what they hand over lies in order for long.
_TOGETHER = 1_000


class Share(NamedTuple):
    """One of so many, and the connection that does it."""

    number: int
    of: int
    conn: Connection

    def has(self, person_id: ColumnElement[int]) -> ColumnElement[bool]:
        """Whether somebody is in it."""
        return person_id // _TOGETHER % self.of == self.number

    def condition(self) -> str:
        """The same, as a condition on person_id."""
        return f"mod(person_id / {_TOGETHER}, {self.of}) = {self.number}"


class Shares(NamedTuple):
    """All of them, at rest unless `each` is at work."""

    every: Sequence[Share]
    threads: ThreadPoolExecutor
    told: Told

    def conns(self) -> list[Connection]:
        """Of every share."""
        return [share.conn for share in self.every]

    def each(self, work: Callable[[Share, Told], None]) -> None:
        """Every share's work, side by side; to be told as one."""
        telling = _Together(len(self.every), self.told)
        jobs = [self.threads.submit(work, share, partial(telling.told, share.number)) for share in self.every]
        try:
            wait(jobs, return_when=FIRST_EXCEPTION)
            _raise_what_was_raised(jobs)
        except BaseException:
            # Whatever ends one, or whoever waits for them, ends the others, which may have minutes to go.
            for share in self.every:
                driver: Any = share.conn.connection.driver_connection
                driver.cancel_safe()
            raise


def _raise_what_was_raised(jobs: Sequence[Future[None]]) -> None:
    for job in jobs:
        if job.done():
            job.result()


def shares_of(conn: Connection) -> int:
    """So many processes the database allows a query: what its operator wants to be used."""
    if conn.dialect.name != "postgresql":
        return 1
    allowed = conn.execute(select(func.current_setting("max_parallel_workers_per_gather"))).scalar_one()
    return max(1, min(int(allowed), _MOST))


@contextmanager
def shares_beside(conn: Connection, engine: Engine, count: int, told: Told) -> Iterator[Shares]:
    """On so many connections of `engine`, which see what this one sees, but for what it has done itself;
    nothing that they do stays.
    """
    # One has nothing to do while others compute, or are asked for their results.
    conn.execute(text("set local idle_in_transaction_session_timeout = 0"))
    seen = conn.execute(select(func.pg_export_snapshot())).scalar_one()
    with ExitStack() as opened:
        conns = [opened.enter_context(engine.connect()) for _ in range(count)]
        for each in conns:
            each.execute(text("set transaction isolation level repeatable read"))
            # The database's own name for it.
            each.execute(text(f"set transaction snapshot '{seen}'"))
            each.execute(text("set local idle_in_transaction_session_timeout = 0"))
            # They are the processes that work together.
            each.execute(text("set local max_parallel_workers_per_gather = 0"))
            opened.enter_context(unprepared(each))
        threads = opened.enter_context(ThreadPoolExecutor(count))
        yield Shares([Share(number, count, each) for number, each in enumerate(conns)], threads, told)


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
