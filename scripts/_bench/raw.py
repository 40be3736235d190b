"""What the database can do at best: rows into one table that has nothing but a primary key."""

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg

from scripts._bench.databases import Database
from scripts._bench.progress import say

Write = Callable[[list[tuple[str, bytes]]], None]


def raw_insert(write: Write, bodies: list[bytes], rows: int, seconds: float) -> float:
    """Rows per second, so many in each transaction."""
    say(f"raw insert, {rows} rows a transaction")
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        write([(str(uuid4()), body) for body in random.sample(bodies, rows)])
        done += rows
    return round(done / took, 1)


@contextmanager
def raw_writer(database: Database) -> Iterator[Write]:
    """Writes rows in one transaction, as durable as the database is; afterwards the table is gone."""
    with _sqlite(database) if database.name == "sqlite" else _postgresql(database) as write:
        yield write


@contextmanager
def _sqlite(database: Database) -> Iterator[Write]:
    path = database.folder / "raw.db"
    path.unlink(missing_ok=True)
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("pragma journal_mode=WAL")
    conn.execute("pragma synchronous=FULL")
    conn.execute("create table raw (id text primary key, body blob not null)")

    def write(rows: list[tuple[str, bytes]]) -> None:
        conn.execute("begin immediate")
        conn.executemany("insert into raw values (?, ?)", rows)
        conn.execute("commit")

    try:
        yield write
    finally:
        conn.close()
        path.unlink()


@contextmanager
def _postgresql(database: Database) -> Iterator[Write]:
    sql = "insert into raw select * from unnest(%s::text[], %s::bytea[])"
    with psycopg.connect(database.plain_url, autocommit=True) as conn:
        conn.execute("drop table if exists raw")
        conn.execute("create table raw (id text primary key, body bytea not null)")

        def write(rows: list[tuple[str, bytes]]) -> None:
            conn.execute(sql, tuple(list(column) for column in zip(*rows, strict=True)))

        try:
            yield write
        finally:
            conn.execute("drop table raw")
