"""Look-ups in PostgreSQL, on connections of the event loop's own: a thread for each would take longer, there
and back, than the database does."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import psycopg
from psycopg.pq import ConnStatus, TransactionStatus
from sqlalchemy import Engine

from lrs.database import look_up_arguments
from lrs.look_ups import Rows, Steps

T = TypeVar("T")
_Connection = psycopg.AsyncConnection[tuple[Any, ...]]
# At once; each holds a connection, and a process of the server.
_MOST = 8


@dataclass(slots=True)
class _Pool:
    """The connections of one event loop: those that are free, and turns for as many as there may be."""

    free: list[_Connection] = field(default_factory=list)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MOST))
    closed: bool = False

    def close(self) -> None:
        """All that are free or become it; without the event loop, which may be gone."""
        self.closed = True
        while self.free:
            conn = self.free.pop()
            conn.pgconn.finish()


class PostgresqlLookUps:
    """Answers up to 8 look-ups at once; others wait for their turn."""

    def __init__(self, engine: Engine) -> None:
        self._arguments = look_up_arguments(engine)
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._closed = False

    async def answer(self, steps: Callable[[], Steps[T]]) -> T:
        """As `LookUps` says. A connection that the server has closed meanwhile is replaced."""
        pool = self._pool()
        async with pool.turns:
            while pool.free:
                conn = pool.free.pop()
                try:
                    return await _answer(conn, pool, steps())
                except psycopg.OperationalError:
                    if conn.pgconn.status == ConnStatus.OK:
                        raise
            return await _answer(await self._connect(), pool, steps())

    def close(self) -> None:
        """As `LookUps` says."""
        self._closed = True
        while self._pools:
            self._pools.popitem()[1].close()

    def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for gone in [each for each in self._pools if each.is_closed()]:
                self._pools.pop(gone).close()
            self._pools[loop] = _Pool(closed=self._closed)
        return self._pools[loop]

    async def _connect(self) -> _Connection:
        return await psycopg.AsyncConnection.connect(**self._arguments, autocommit=True)


async def _answer(conn: _Connection, pool: _Pool, steps: Steps[T]) -> T:
    try:
        return await _drive(conn, steps)
    finally:
        # Given up in the middle of a query it cannot be used again.
        if conn.pgconn.transaction_status == TransactionStatus.IDLE and not pool.closed:
            pool.free.append(conn)
        else:
            conn.pgconn.finish()


async def _drive(conn: _Connection, steps: Steps[T]) -> T:
    rows: Rows | None = None
    try:
        while True:
            sql, values = next(steps) if rows is None else steps.send(rows)
            # Binary results: octets as they are, not in hexadecimal.
            cursor = await conn.execute(sql.text["postgresql"], values, binary=True)
            rows = await cursor.fetchall()
    except StopIteration as done:
        result: T = done.value
        return result
