"""Engines for the two databases, set up so that an answered write is durable.

SQLite: write-ahead log, synchronous=FULL, foreign keys on; a transaction begins IMMEDIATE, so two
writers queue (busy_timeout) instead of failing half-way. PostgreSQL: its own synchronous_commit=on.
"""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

BUSY_SECONDS = 30


def connect(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql+psycopg://…`."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})
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
