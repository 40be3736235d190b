"""Engines for the two databases, set up so that an answered write is durable.

SQLite: write-ahead log, synchronous=FULL, foreign keys on; a transaction begins IMMEDIATE, so two
writers queue (busy_timeout) instead of failing half-way. PostgreSQL: its own synchronous_commit=on.
"""

import re
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from itertools import count
from typing import Any, TypeVar

import orjson
import psycopg
from sqlalchemy import URL, Column, Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

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
# Look-ups are written for the indexes that they use, whatever is asked: planning each anew takes as long as
# answering it, and other processes' start longer.
_LOOK_UPS = f"{_POSTGRES} -c plan_cache_mode=force_generic_plan -c max_parallel_workers_per_gather=0"
_SQLITE = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": 512}
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def connect(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://…`.

    Its errors quote no values of rows, which may be personal.
    """
    if not url.startswith("sqlite"):
        return _postgresql_engine(url, _POSTGRES)
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


def single_reads(engine: Engine) -> Engine:
    """The same for readers whose queries need not agree with one another: they need no transaction."""
    if engine.dialect.name == "sqlite":
        return read_only(engine)
    return engine.execution_options(isolation_level="AUTOCOMMIT")


def look_ups(engine: Engine) -> Engine:
    """As `single_reads`, for connections that are kept, and see many queries of few kinds."""
    if engine.dialect.name == "sqlite":
        return read_only(engine)
    return _postgresql_engine(engine.url, _LOOK_UPS, isolation_level="AUTOCOMMIT", poolclass=NullPool)


def _postgresql_engine(url: str | URL, options: str, **more: Any) -> Engine:
    engine = create_engine(url, hide_parameters=True, connect_args={"options": options}, **more)
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
    """One text for both databases: `:name` is a value, and `in :name` asks for a list of values."""

    def __init__(self, text: str) -> None:
        self.text = {
            "sqlite": _LIST.sub(r"in (select value from json_each(:\1))", text),
            "postgresql": _VALUE.sub(r"%(\1)s", _LIST.sub(r"= any(:\1)", text.replace("%", "%%"))),
        }


_LIST = re.compile(r"in :(\w+)")
_VALUE = re.compile(r"(?<!:):(\w+)")
_NOTHING = Sql("select 1")


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
    return nullcontext() if _in_pipeline(driver) else driver.pipeline()


def _in_pipeline(driver: Any) -> bool:
    return bool(driver.pgconn.pipeline_status != psycopg.pq.PipelineStatus.OFF)


def _postgresql(driver: Any, sql: Sql, values: Mapping[str, Any]) -> Any:
    # Binary results: octets as they are, not in hexadecimal.
    return driver.cursor(binary=True).execute(sql.text["postgresql"], values)


def _bindable(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: orjson.dumps(value).decode() if isinstance(value, list) else value
        for name, value in values.items()
    }


# Rows of one INSERT on SQLite: few sizes, so that few texts are prepared and each is used again.
_SIZES = (512, 256, 128, 64)
# Up to this PostgreSQL takes INSERTs in one round trip faster than COPYs in two each.
_FEW_ROWS = 64

Rows = Sequence[tuple[Any, ...]]


def bulk_insert(conn: Connection, *inserts: tuple[Table, Rows]) -> None:
    """Insert many rows, fast, table by table. Each row holds a value for every column that is not numbered
    by the database, in the table's order, of a type that the driver takes."""
    driver: Any = conn.connection.driver_connection
    filled = [(table, rows) for table, rows in inserts if rows]
    if not filled:
        return
    if conn.dialect.name == "sqlite":
        for table, rows in filled:
            _insert_sqlite(driver, table, rows)
    elif _in_pipeline(driver) or all(len(rows) <= _FEW_ROWS for _, rows in filled):
        tables = tuple(table for table, _ in filled)
        driver.execute(_all_from_json_sql(tables), [_as_json(table, rows) for table, rows in filled])
    else:
        for table, rows in filled:
            _copy(driver, table, rows)


def _as_json(table: Table, rows: Rows) -> str:
    names = list(_types(table))
    return orjson.dumps([dict(zip(names, row, strict=True)) for row in rows], default=bytes.decode).decode()


@cache
def _all_from_json_sql(tables: tuple[Table, ...]) -> str:
    """One command for all rows of all tables: each command of its own costs more than a row does."""
    *others, last = (_from_json_sql(table) for table in tables)
    with_others = ", ".join(f"i{n} as ({text})" for n, text in enumerate(others))
    return f"with {with_others} {last}" if others else last


def _from_json_sql(table: Table) -> str:
    octets = {name for name, type_ in _types(table).items() if type_ == "bytea"}
    names = ", ".join(f'"{name}"' for name in _types(table))
    values = ", ".join(
        f"convert_to(\"{name}\", 'UTF8')" if name in octets else f'"{name}"' for name in _types(table)
    )
    shape = ", ".join(
        f'"{name}" {"text" if name in octets else type_}' for name, type_ in _types(table).items()
    )
    return f'insert into "{table.name}" ({names}) select {values} from json_to_recordset(%s) as r({shape})'  # noqa: S608


def _copy(driver: Any, table: Table, rows: Rows) -> None:
    with driver.cursor().copy(_copy_sql(table)) as copy:
        copy.set_types(list(_types(table).values()))
        for row in rows:
            copy.write_row(row)


def _insert_sqlite(driver: sqlite3.Connection, table: Table, rows: Rows) -> None:
    # One step for many rows: each step gives Python's lock away, and getting it back may take long.
    done = 0
    while done < len(rows):
        left = len(rows) - done
        size = next((size for size in _SIZES if size <= left), left)
        some = rows[done : done + size]
        driver.execute(_insert_sql(table, size, "?"), [value for row in some for value in row])
        done += size


@cache
def _columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column is not table.autoincrement_column]


@cache
def _insert_sql(table: Table, rows: int, mark: str) -> str:
    names = ", ".join(f'"{column.name}"' for column in _columns(table))
    row = f"({', '.join([mark] * len(_columns(table)))})"
    return f'insert into "{table.name}" ({names}) values ' + ", ".join([row] * rows)  # noqa: S608


@cache
def _copy_sql(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in _columns(table))
    return f'copy "{table.name}" ({names}) from stdin (format binary)'


@cache
def _types(table: Table) -> dict[str, str]:
    """PostgreSQL's type of each column, by name."""
    return {
        str(column.name): _TYPES[column.type.compile(_POSTGRESQL).partition("(")[0]]
        for column in _columns(table)
    }


_TYPES = {
    "BIGINT": "int8",
    "SMALLINT": "int2",
    "TEXT": "text",
    "VARCHAR": "text",
    "BYTEA": "bytea",
    "BOOLEAN": "bool",
    "FLOAT": "float8",
}


def upsert_ignore(conn: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows that break no unique key; leave what is there as it is.

    All rows have the same columns. Sort them where several writers may bring the same keys: rows
    are locked in the order given.
    """
    if not rows:
        return
    statement: Any
    if conn.dialect.name == "sqlite":
        statement = sqlite.insert(table).on_conflict_do_nothing()
    else:
        statement = postgresql.insert(table).on_conflict_do_nothing()
    conn.execute(statement.inline(), [dict(row) for row in rows])
