"""Other engines for the views: DuckDB computes everybody from an archive, with the same texts.

The database needs the time for reading its rows once and for writing the results; all joins are done by
DuckDB, on columns, in bounded memory.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Connection, text

from lrs.bulk import bulk_insert
from mappings.archive import ARCHIVED, duckdb_connection, parquet_of, write_archive
from mappings.steps import KEPT, OF_MANY, Fill, Into, Told, asked, steps

_AT_ONCE = 50_000
"""Rows of a result that are written at once."""


@contextmanager
def opened_archive(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB on the tables of an archive."""
    with duckdb_connection(folder) as conn:
        for table in ARCHIVED:
            conn.execute(f"create view {table.name} as select * from {parquet_of(folder, table)}")  # noqa: S608
        yield conn


def compute(conn: duckdb.DuckDBPyConnection) -> None:
    """Compute all batches of the archive, for queries as `result` makes them.

    Joined as written (docs/decisions/0005): DuckDB takes the comparisons with the two times to leave next to
    nothing, and would first multiply the evidence by all mappings.
    """
    conn.execute("set disabled_optimizers = 'join_order'")
    for step in steps(OF_MANY):
        conn.execute(step)


def result(query: str) -> str:
    """A query of views, as one of what `compute` has made; its parameters as DuckDB writes them."""
    return asked(query, OF_MANY).replace(":batch", "$batch")


def with_duckdb(folder: Path, told: Told) -> Fill:
    """For `mappings.progress.rebuild`: compute with DuckDB. `folder` is its own: made, emptied, removed."""

    def fill(conn: Connection, batch: str, into: Into) -> None:
        if conn.dialect.name == "postgresql":
            # The connection has nothing to do while DuckDB computes, which may take long.
            conn.execute(text("set local idle_in_transaction_session_timeout = 0"))
        with _emptied(folder):
            write_archive(conn, folder, told)
            with opened_archive(folder) as computing:
                told("computed", 0, 1)
                compute(computing)
                told("computed", 1, 1)
                _hand_over(conn, computing, batch, told, into)

    return fill


@contextmanager
def _emptied(folder: Path) -> Iterator[None]:
    """Without what a computation left there that was ended from outside; one computes at a time."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _hand_over(
    conn: Connection, computing: duckdb.DuckDBPyConnection, batch: str, told: Told, into: Into
) -> None:
    for number, (table, query) in enumerate(KEPT.items()):
        told("results handed over", number, len(KEPT))
        into[table].create(conn, checkfirst=False)
        for rows in _rows(computing, query, batch):
            bulk_insert(conn, (into[table], rows))
    told("results handed over", len(KEPT), len(KEPT))


def _rows(computing: duckdb.DuckDBPyConnection, query: str, batch: str) -> Iterator[list[tuple[Any, ...]]]:
    computing.execute(f"{result(query)} order by 1, 2", {"batch": batch})
    while rows := computing.fetchmany(_AT_ONCE):
        yield rows
