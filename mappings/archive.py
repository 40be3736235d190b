"""What the views read, as a folder of Parquet files: for DuckDB here, or for any engine elsewhere.

Only the columns that the views read: no statement, no name, no e-mail address; accounts, times and what was
said. Rows go through a temporary file of bounded size, so that the memory needed does not grow with the
database. Only this module and `mappings.engines` know of DuckDB.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
from sqlalchemy import Column, Connection, Table, func, select
from sqlalchemy.dialects import postgresql

from lrs.tables import activity, agent, evidence, verb
from mappings.steps import Told
from mappings.tables import (
    account,
    account_link,
    batch_learner,
    course_alias,
    evidence_hours,
    framework_term,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    parameter,
    requirement,
)

_TIMES = ("valid_from", "valid_to", "recorded_at")
ARCHIVED: dict[Table, tuple[str, ...]] = {
    evidence: (
        "seq", "agent_id", "verb_id", "activity_id", "object_type", "success", "completion", "score_scaled",
        "level", "timestamp", "stored", "voided_at",
    ),
    evidence_hours: ("seq", "hours"),
    agent: ("id", "home_page", "account_name"),
    activity: ("id", "iri"),
    verb: ("id", "iri"),
    account: ("id", "home_page", "name"),
    account_link: ("account_id", "person_id", "linked_at", "unlinked_at"),
    course_alias: ("course_id", "activity_iri", "ended_at", *_TIMES),
    framework_term: ("framework_id", "superseded_at", *_TIMES),
    requirement: ("framework_id", "competency_id"),
    mapping: (
        "id", "course_id", "framework_id", "category_id", "status", "hours", "level_at_most",
        "score_at_least", "part_count", "ended_at", *_TIMES,
    ),
    mapping_part: ("mapping_id", "course_id"),
    mapping_competency: ("mapping_id", "competency_id"),
    mapping_verb: ("mapping_id", "verb_iri", "criterion"),
    parameter: ("batch", "as_of_day", "as_of_end", "known_at"),
    batch_learner: ("batch", "person_id"),
}  # fmt: skip
"""Table -> its columns in the archive."""

_AT_ONCE = 1_000_000
"""Rows of a file."""

_TYPES = {"FLOAT": "DOUBLE", "TEXT": "VARCHAR"}
_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


def write_archive(conn: Connection, folder: Path, told: Told) -> None:
    """Write every table into `folder`/TABLE/NUMBER.parquet; the folder is there, and empty.

    What others commit meanwhile may be in some tables and not in others, unless the transaction reads one
    state of the database.
    """
    with duckdb_connection(folder) as writer:
        for table, names in ARCHIVED.items():
            total = conn.execute(select(func.count()).select_from(table)).scalar_one()
            columns = [table.c[name] for name in names]
            (folder / table.name).mkdir()
            done = 0
            with _lines(conn, table, columns) as lines:
                for number, some in enumerate(_pieces(lines)):
                    _write(writer, folder / table.name / f"{number:05}.parquet", columns, some)
                    done += len(some)
                    told(f"{table.name} archived", done, total)


def parquet_of(folder: Path, table: Table) -> str:
    """SQL of DuckDB for all rows of a table in an archive."""
    return f"read_parquet({quoted(folder / table.name / '*.parquet')})"


def quoted(path: Path) -> str:
    """A path as a text in SQL."""
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def duckdb_connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that spills into the folder, and never asks the network for an extension."""
    conn = duckdb.connect(
        config={
            "memory_limit": "600MB",
            "temp_directory": str(folder / "spilled"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    try:
        conn.execute("set enable_progress_bar = false")
        yield conn
    finally:
        conn.close()


def _pieces(lines: Iterator[bytes]) -> Iterator[list[bytes]]:
    """At least one, for an empty table needs a file too."""
    some = list(islice(lines, _AT_ONCE))
    yield some
    while some := list(islice(lines, _AT_ONCE)):
        yield some


def _write(
    writer: duckdb.DuckDBPyConnection, path: Path, columns: Sequence[Column[Any]], lines: list[bytes]
) -> None:
    """By way of a file: DuckDB reads values that Python hands over one by one hundreds of times slower."""
    table = path.with_suffix(".csv")
    with table.open("wb") as file:
        file.writelines(lines)
    types = ", ".join(f"'{column.name}': '{_type(column)}'" for column in columns)
    told = "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"'"
    nulls = "nullstr = '', allow_quoted_nulls = false"
    read = f"read_csv({quoted(table)}, {told}, {nulls}, columns = {{{types}}})"
    writer.execute(f"copy (from {read}) to {quoted(path)} (format parquet, compression zstd)")
    table.unlink()


def _type(column: Column[Any]) -> str:
    name = str(column.type.compile(_POSTGRESQL)).partition("(")[0]
    return _TYPES.get(name, name)


@contextmanager
def _lines(conn: Connection, table: Table, columns: Sequence[Column[Any]]) -> Iterator[Iterator[bytes]]:
    """The rows as lines of CSV, straight from the driver; nothing between two commas is null."""
    driver: Any = conn.connection.driver_connection
    names = ", ".join(f'"{column.name}"' for column in columns)
    query = f'select {names} from "{table.name}"'  # noqa: S608 - names of our own tables
    if conn.dialect.name == "sqlite":
        yield map(_line, driver.execute(query))
    else:
        with driver.cursor().copy(f"copy ({query}) to stdout (format csv)") as rows:
            yield map(bytes, rows)


def _line(row: tuple[Any, ...]) -> bytes:
    return (",".join(map(_cell, row)) + "\n").encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else repr(value)
