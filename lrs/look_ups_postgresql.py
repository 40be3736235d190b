"""Look-ups in PostgreSQL, on connections of the event loop's own: a thread for each would take longer, there
and back, than the database does.

Only this module speaks to the driver asyncpg; the one that engines have wakes the event loop about ten times
for a page (docs/decisions/0014). A server that does not answer is told by the error of theirs, so that one
`except` means both.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import Any, TypeVar

import asyncpg
import psycopg
from sqlalchemy import URL, Engine

from lrs.look_ups import Rows, Steps

T = TypeVar("T")
# At once; each holds a connection, and a process of the server.
_MOST = 8
_STOPPING_SECONDS = 1
# Look-ups are written for the indexes that they use, whatever is asked: planning each anew takes as long as
# answering it, and other processes' start longer.
_SERVER = {"plan_cache_mode": "force_generic_plan", "max_parallel_workers_per_gather": "0", "jit": "off"}
# Of the parameters that an address may have.
_UNDERSTOOD = frozenset({
    "host", "port", "dbname", "user", "password", "passfile", "service", "sslmode", "sslcert", "sslkey",
    "sslrootcert", "sslcrl", "sslpassword", "target_session_attrs", "application_name", "options",
})  # fmt: skip
# What a server does that is stopped, started or full, and what is heard of one that is gone.
_UNANSWERED = (
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.InterfaceError,
    OSError,
)


class _Pool:
    """The connections of one event loop: those that are free, and turns for as many as there may be."""

    def __init__(self, *, closed: bool) -> None:
        self.free: list[Any] = []
        self.turns = asyncio.Semaphore(_MOST)
        self.closed = closed
        self._loop = asyncio.get_running_loop()
        self._end = self._at_end()

    async def watch_the_loop(self) -> None:
        """From now on the end of the event loop closes the connections: after it they cannot be."""
        await anext(self._end)

    async def _at_end(self) -> AsyncGenerator[None, None]:
        # A loop that ends closes the generators begun in it.
        try:
            yield
        finally:
            self._close()

    def put_back(self, conn: Any) -> None:
        """A connection that has answered."""
        if self.closed:
            conn.terminate()
        else:
            self.free.append(conn)

    def close(self) -> None:
        """All that are free or become it, at the next turn of the loop."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._close)

    def _close(self) -> None:
        self.closed = True
        while self.free:
            self.free.pop().terminate()


class PostgresqlLookUps:
    """Answers up to 8 look-ups at once; others wait for their turn."""

    def __init__(self, engine: Engine) -> None:
        self._url = _address(engine.url)
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}
        self._closed = False

    async def answer(self, steps: Callable[[], Steps[T]]) -> T:
        """As `LookUps` says."""
        try:
            return await self._answer(steps)
        except _UNANSWERED as error:
            raise psycopg.OperationalError("PostgreSQL does not answer") from error

    async def _answer(self, steps: Callable[[], Steps[T]]) -> T:
        """A connection that the server has closed meanwhile is replaced."""
        pool = await self._pool()
        async with pool.turns:
            while pool.free:
                conn = pool.free.pop()
                try:
                    return await _answer(conn, pool, steps())
                except _UNANSWERED:
                    if not conn.is_closed():
                        raise
            return await _answer(await self._connect(), pool, steps())

    def close(self) -> None:
        """As `LookUps` says."""
        self._closed = True
        while self._pools:
            self._pools.popitem()[1].close()

    async def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            for gone in [each for each in self._pools if each.is_closed()]:
                del self._pools[gone]
            self._pools[loop] = _Pool(closed=self._closed)
            await self._pools[loop].watch_the_loop()
        return self._pools[loop]

    async def _connect(self) -> Any:
        # A kept statement holds no plan that grows old: it was made for whatever is asked.
        return await asyncpg.connect(self._url, server_settings=_SERVER, max_cached_statement_lifetime=0)


def _address(url: URL) -> str:
    """Of the engine's server, for the other driver: what only the first one understands is left out."""
    understood = {name: value for name, value in url.query.items() if name in _UNDERSTOOD}
    return url.set(drivername="postgresql", query=understood).render_as_string(hide_password=False)


async def _answer(conn: Any, pool: _Pool, steps: Steps[T]) -> T:
    try:
        return await _drive(conn, steps)
    except asyncio.CancelledError:
        # Given up in the middle of a query: the server is told to stop.
        await conn.close(timeout=_STOPPING_SECONDS)
        raise
    finally:
        if not conn.is_closed():
            pool.put_back(conn)


async def _drive(conn: Any, steps: Steps[T]) -> T:
    rows: Rows | None = None
    try:
        while True:
            sql, values = next(steps) if rows is None else steps.send(rows)
            rows = await conn.fetch(sql.numbered, *[values[name] for name in sql.names])
    except StopIteration as done:
        result: T = done.value
        return result
