"""Connections that threads keep for looking things up."""

import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Connection, Engine

from lrs.database import DRIVER_ERRORS, IDLE_TRUSTED_SECONDS, Sql, look_ups, run

_NOTHING = Sql("select 1")


class OwnConnections:
    """A connection for each thread that asks, kept for its next queries, which need no transaction.

    Taking one from the pool and giving it back takes as long as finding a statement.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = look_ups(engine)
        self._mine = threading.local()
        self._all: list[Connection] = []
        self._closed = False
        # Where nobody calls `close`: a connection is not to be lost open.
        weakref.finalize(self, _close_all, self._all)

    @contextmanager
    def use(self) -> Iterator[Connection]:
        """This thread's; another after a failure of the database."""
        if self._closed:
            with self._engine.connect() as conn:
                yield conn
            return
        try:
            yield self._own()
        except DRIVER_ERRORS:
            self._give_back()
            raise

    def _own(self) -> Connection:
        conn: Connection | None = getattr(self._mine, "conn", None)
        now = time.monotonic()
        if conn is not None and now - self._mine.used > IDLE_TRUSTED_SECONDS:
            conn = self._alive(conn)
        self._mine.used = now
        if conn is None:
            self._mine.conn = conn = self._engine.connect()
            self._all.append(conn)
        return conn

    def _alive(self, conn: Connection) -> Connection | None:
        try:
            run(conn, (_NOTHING, {}))
        except DRIVER_ERRORS:
            self._give_back()
            return None
        return conn

    def _give_back(self) -> None:
        conn: Connection | None = getattr(self._mine, "conn", None)
        if conn is not None:
            self._mine.conn = None
            with suppress(ValueError):
                self._all.remove(conn)
            conn.close()

    def close(self) -> None:
        """Give all back, once no thread asks any more; who asks later gets one for the time. May be called
        again."""
        self._closed = True
        _close_all(self._all)


def _close_all(connections: list[Connection]) -> None:
    while connections:
        connections.pop().close()
