"""Look-ups in SQLite, on connections that threads keep."""

import asyncio
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeVar

from sqlalchemy import Connection, Engine

from lrs.database import DRIVER_ERRORS, TooLong, at_most, read_only
from lrs.look_ups import Steps, drive

T = TypeVar("T")
# Of SQLite's machine, while other requests wait: some milliseconds. A page of 500 takes a third of them.
_STEPS = 50_000
# Each holds a connection and its cache.
_THREADS = 4


class SqliteLookUps:
    """Answers at once, on the event loop: most look-ups take less time than a thread, there and back.
    Those that take long are begun again in a thread.
    """

    def __init__(self, engine: Engine) -> None:
        self._connections = _Kept(read_only(engine))
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lrs-look-up")

    async def answer(self, steps: Callable[[], Steps[T]]) -> T:
        """As `LookUps` says."""
        with suppress(TooLong):
            return self._now(steps, _STEPS)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._now, steps, None)

    def _now(self, steps: Callable[[], Steps[T]], most: int | None) -> T:
        conn = self._connections.own()
        try:
            if most is None:
                return drive(conn, steps())
            with at_most(conn, most):
                return drive(conn, steps())
        except DRIVER_ERRORS:
            self._connections.give_back()
            raise

    def close(self) -> None:
        """As `LookUps` says."""
        self._threads.shutdown()
        self._connections.close()


class _Kept:
    """A connection for each thread that asks, kept: taking one from the pool and giving it back takes as long
    as finding a statement."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._mine = threading.local()
        self._all: list[Connection] = []
        # Where nobody calls `close`: a connection is not to be lost open.
        weakref.finalize(self, _close_all, self._all)

    def own(self) -> Connection:
        """This thread's."""
        conn: Connection | None = getattr(self._mine, "conn", None)
        if conn is None or conn.closed:
            self._mine.conn = conn = self._engine.connect()
            self._all.append(conn)
        return conn

    def give_back(self) -> None:
        """This thread's, after a failure; the next look-up gets another."""
        conn: Connection = self._mine.conn
        self._mine.conn = None
        with suppress(ValueError):
            self._all.remove(conn)
        conn.close()

    def close(self) -> None:
        """All."""
        _close_all(self._all)


def _close_all(connections: list[Connection]) -> None:
    while connections:
        connections.pop().close()
