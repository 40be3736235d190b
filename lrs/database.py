"""Engines for the two databases, set up so that an answered write is durable.

SQLite: write-ahead log, synchronous=FULL, foreign keys on; a transaction begins IMMEDIATE, so two
writers queue (busy_timeout) instead of failing half-way. PostgreSQL: its own synchronous_commit=on.
"""

import re
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from typing import Any, TypeVar

import orjson
import psycopg
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

BUSY_SECONDS = 30
IDLE_SECONDS = 60
# A pooled connection that was idle for longer is tried before it is used.
IDLE_TRUSTED_SECONDS = 1.0
# What a database may raise: by way of SQLAlchemy, or of `run` and `bulk_insert`.
DRIVER_ERRORS = (DBAPIError, sqlite3.Error, psycopg.Error)
OPERATIONAL_ERRORS = (OperationalError, sqlite3.OperationalError, psycopg.OperationalError)
# Values bound in one SQL statement stay below this: both databases allow 32,767 and more.
MOST_VALUES = 30_000

T = TypeVar("T")
# A process that hangs with the writers' lock in hand loses it.
_POSTGRES = f"-c idle_in_transaction_session_timeout={IDLE_SECONDS}s"
_SQLITE = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}


def connect(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://…`.

    Its errors quote no values of rows, which may be personal.
    """
    if not url.startswith("sqlite"):
        return _postgresql_engine(url)
    engine = create_engine(url, hide_parameters=True, connect_args=_SQLITE)
    event.listen(engine, "connect", _prepare_sqlite)
    turns = _Turns()
    event.listen(engine, "begin", turns.begin)
    event.listen(engine, "checkin", turns.end)
    event.listen(engine, "invalidate", turns.end)
    return engine


def read_only(engine: Engine) -> Engine:
    """The same engine for readers: on SQLite its transactions take no write lock."""
    return engine.execution_options(thaksa_read_only=True)


def snapshots(engine: Engine) -> Engine:
    """The same for readers whose queries agree with one another, however long they take."""
    if engine.dialect.name == "sqlite":
        return read_only(engine)
    return engine.execution_options(isolation_level="REPEATABLE READ", thaksa_read_only=True)


def single_reads(engine: Engine) -> Engine:
    """The same for readers whose queries need not agree with one another: they need no transaction."""
    if engine.dialect.name == "sqlite":
        return read_only(engine)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def _postgresql_engine(url: str) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"options": _POSTGRES})
    event.listen(engine, "checkin", _put_down)
    event.listen(engine, "checkout", _look_alive)
    return engine


def _put_down(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["idle_since"] = time.monotonic()


def _look_alive(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A server that was restarted is noticed before the connection is used; asking each time would cost as
    much as storing."""
    if time.monotonic() - record.info.get("idle_since", time.monotonic()) < IDLE_TRUSTED_SECONDS:
        return
    try:
        connection.execute("select 1")
        connection.rollback()
    except psycopg.OperationalError as error:
        raise DisconnectionError from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # SQLAlchemy sends BEGIN itself (below); Python's driver must not.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-32768",
        "wal_autocheckpoint=16384",
    ):
        connection.execute(f"pragma {pragma}")


class _Turns:
    """Threads of this process take turns in writing to SQLite.

    SQLite itself lets a second writer sleep and ask again, up to 100 ms later: a lock wakes it at once.
    Writers of other processes are still kept apart by `begin immediate`. A turn ends when the connection goes
    back to the pool, for SQLAlchemy tells of a commit before it is done.
    """

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._holder: object = None

    def begin(self, conn: Connection) -> None:
        """Start a transaction, in turn if it writes."""
        if conn.get_execution_options().get("thaksa_read_only", False):
            conn.exec_driver_sql("begin deferred")
            return
        driver = conn.connection.driver_connection
        # Later than that SQLite would refuse too, and says so.
        if self._holder is not driver and self._turn.acquire(timeout=BUSY_SECONDS):
            self._holder = driver
        conn.exec_driver_sql("begin immediate")

    def end(self, driver: object, *_details: object) -> None:
        """The connection is done: the next may ask for the database."""
        if self._holder is driver:
            self._holder = None
            self._turn.release()


def chunks(items: Sequence[T], size: int = MOST_VALUES) -> Iterator[Sequence[T]]:
    """The items in order, in pieces that one SQL statement can bind."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


class TooLong(Exception):
    """A query was given up after the steps that it was allowed."""


@contextmanager
def at_most(conn: Connection, steps: int) -> Iterator[None]:
    """Raise TooLong once a query has taken `steps` of SQLite's machine, or twice as many."""
    driver: Any = conn.connection.driver_connection
    # SQLite counts on from the last time that the same text was run: the first call may come at once.
    calls = count()
    driver.set_progress_handler(lambda: next(calls), steps)
    try:
        yield
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise TooLong from None
        raise
    finally:
        driver.set_progress_handler(None, 0)


class Sql:
    """One text for both databases: `:name` is a value, and `in :name` asks for a list of values.

    `numbered` is PostgreSQL's own: `$1` is the first of `names`.
    """

    def __init__(self, text: str) -> None:
        of_postgresql = _LIST.sub(r"= any(:\1)", text)
        self.text = {
            "sqlite": _LIST.sub(r"in (select value from json_each(:\1))", text),
            "postgresql": _VALUE.sub(r"%(\1)s", of_postgresql.replace("%", "%%")),
        }
        self.names = tuple(dict.fromkeys(_VALUE.findall(of_postgresql)))
        self.numbered = _VALUE.sub(lambda value: f"${self.names.index(value[1]) + 1}", of_postgresql)


_LIST = re.compile(r"in :(\w+)")
_VALUE = re.compile(r"(?<!:):(\w+)")


def run(conn: Connection, *queries: tuple[Sql, Mapping[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, in order; one round trip for all of them, and none of the ORM's costs.

    A value that is a list may have any length. Octets are `bytes`.
    """
    driver: Any = conn.connection.driver_connection
    if conn.dialect.name == "sqlite":
        return [driver.execute(sql.text["sqlite"], _bindable(values)).fetchall() for sql, values in queries]
    if len(queries) == 1:
        return [_postgresql(driver, *queries[0]).fetchall()]
    with _one_trip(driver):
        cursors = [_postgresql(driver, sql, values) for sql, values in queries]
    return [cursor.fetchall() for cursor in cursors]


@contextmanager
def hasty(engine: Engine) -> Iterator[Connection]:
    """A transaction of few rows that waits for no answer before one is read, on PostgreSQL: the last commands
    and COMMIT make one trip. What the database refuses may be raised later than by the call that asked for
    it. Many rows go faster without, because COPY cannot be used within it."""
    with engine.connect() as conn:
        driver: Any = conn.connection.driver_connection
        with nullcontext() if conn.dialect.name == "sqlite" else driver.pipeline(), conn.begin():
            yield conn


def _one_trip(driver: Any) -> AbstractContextManager[object]:
    """Commands within it wait for no answer; nothing where that is so anyway."""
    return nullcontext() if in_pipeline(driver) else driver.pipeline()


def in_pipeline(driver: Any) -> bool:
    """Whether commands wait for no answer on this connection of PostgreSQL's driver."""
    return bool(driver.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF)


def _postgresql(driver: Any, sql: Sql, values: Mapping[str, Any]) -> Any:
    # Binary results: octets as they are, not in hexadecimal.
    return driver.cursor(binary=True).execute(sql.text["postgresql"], values)


def _bindable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: orjson.dumps(value).decode() if isinstance(value, list) else value
        for name, value in values.items()
    }
