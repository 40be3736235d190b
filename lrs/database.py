"""Engines for the two databases, set up so that an answered write is durable.

SQLite: write-ahead log, synchronous=FULL, foreign keys on; a transaction begins IMMEDIATE, so two
writers queue (busy_timeout) instead of failing half-way. PostgreSQL: its own synchronous_commit=on.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite

BUSY_SECONDS = 30
# Values bound in one SQL statement stay below this: both databases allow 32,767 and more.
MOST_VALUES = 30_000

T = TypeVar("T")
_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]


def connect(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://…`.

    Its errors quote no values of rows, which may be personal.
    """
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(
        url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
    )
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def read_only(engine: Engine) -> Engine:
    """The same engine for readers: on SQLite its transactions take no write lock."""
    return engine.execution_options(thaksa_read_only=True)


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # SQLAlchemy sends BEGIN itself (below); Python's driver must not.
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    reading = connection.get_execution_options().get("thaksa_read_only", False)
    connection.exec_driver_sql("begin deferred" if reading else "begin immediate")


def chunks(items: Sequence[T], size: int = MOST_VALUES) -> Iterator[Sequence[T]]:
    """The items in order, in pieces that one SQL statement can bind."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


@cache
def _insert_ignore_sql(table: Table, dialect: str) -> str:
    if dialect == "sqlite":
        source = f"values ({', '.join('?' * len(table.columns))})"
    else:
        types = [column.type.compile(_POSTGRESQL) for column in table.columns]
        source = f"select * from unnest({', '.join(f'%s::{type_}[]' for type_ in types)})"  # noqa: S608
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    return " ".join(("insert into", f'"{table.name}" ({names})', source, "on conflict do nothing"))


def insert_ignore(conn: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> int:
    """`upsert_ignore` for many rows, fast: each row holds a value for every column, in the table's order.

    The values are those the driver takes. Answers how many rows were inserted.
    """
    if not rows:
        return 0
    sql = _insert_ignore_sql(table, conn.dialect.name)
    if conn.dialect.name == "sqlite":
        return conn.exec_driver_sql(sql, list(rows)).rowcount
    return conn.exec_driver_sql(sql, tuple(list(column) for column in zip(*rows, strict=True))).rowcount


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
    conn.execute(statement, [dict(row) for row in rows])
