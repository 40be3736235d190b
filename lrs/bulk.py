"""Many rows in few commands, past SQLAlchemy's Core: what a group of statements costs is decided here."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import Column, Connection, Date, Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite

from lrs.database import in_pipeline

_POSTGRESQL: Dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
# Rows of one INSERT on SQLite: few sizes, so that few texts are prepared and each is used again.
_SIZES = (512, 256, 128, 64)
# Up to this PostgreSQL takes INSERTs in one round trip faster than COPYs in two each.
_FEW_ROWS = 64
# Rows that one connection hands to another at once.
_ROWS_AT_ONCE = 1_000

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
    elif in_pipeline(driver) or all(len(rows) <= _FEW_ROWS for _, rows in filled):
        tables = tuple(table for table, _ in filled)
        driver.execute(_all_from_json_sql(tables), [_as_json(table, rows) for table, rows in filled])
    else:
        for table, rows in filled:
            _copy(driver, table, rows)


def copied(source: Connection, query: str, target: Connection, into: str) -> int:
    """Insert what a query says on one connection into a table, with its columns, on another (PostgreSQL); how
    many rows. The types of the columns are alike. Both are names and texts of our own.
    """
    reader: Any = source.connection.driver_connection
    writer: Any = target.connection.driver_connection
    write = writer.cursor()
    with (
        reader.cursor().copy(f"copy ({query}) to stdout (format binary)") as rows,
        write.copy(f"copy {into} from stdin (format binary)") as copy,
    ):
        # Each is a row; handing them on one by one takes twice the time.
        while some := b"".join(islice(rows, _ROWS_AT_ONCE)):
            copy.write(some)
    return int(write.rowcount)


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
    if any(isinstance(column.type, Date) for column in _columns(table)):
        # As SQLAlchemy stores days; what the driver would make of them is deprecated.
        rows = [
            tuple(value.isoformat() if isinstance(value, date) else value for value in row) for row in rows
        ]
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
    "DATE": "date",
    "INTEGER": "int4",
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
    if rows:
        statement = insert_of(conn, table).on_conflict_do_nothing()
        conn.execute(statement.inline(), [dict(row) for row in rows])


def insert_of(conn: Connection, table: Table) -> Any:
    """An INSERT that knows `on_conflict_do_nothing`, `on_conflict_do_update` and `excluded`."""
    return sqlite.insert(table) if conn.dialect.name == "sqlite" else postgresql.insert(table)
