"""The file of a backup: one zip, the same whatever kind of database it comes from.

    manifest.json           release, revision, a fingerprint of the installation's secret; of each table its
                            columns, the number of rows, their SHA-256, the last number the database gave
    tables/NAME.jsonl       a row a line, its values in the order of the columns
    attachments/AB/AB….TAG  as in the folder; the name begins with the SHA-256 of what is in it

Days are ISO dates, octets base64. Secrets are in none of it.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

import orjson
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, Date, LargeBinary, MetaData, Table
from sqlalchemy.engine import Connection

FORMAT = 1
MANIFEST = "manifest.json"
ATTACHMENTS = "attachments/"
# Alembic's own; the manifest says what it holds.
REVISIONS = "alembic_version"
ROWS_AT_ONCE = 2_000

Tell = Callable[[str, int, int], None]
"""Told of a stage, how much of it is done, and of how much."""


class BackupError(Exception):
    """What cannot be backed up or restored, and what to do; one line for the operator."""


class TableEntry(BaseModel):
    """What the manifest says of a table; `last_number` null: the database numbers no rows of it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: tuple[str, ...]
    rows: int
    sha256: str
    last_number: int | None


class Manifest(BaseModel):
    """What the whole file holds; `key` tells one installation's secret from another's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int
    made_at: str
    release: str
    revision: str
    key: str
    attachments: int
    tables: dict[str, TableEntry]


def member(table: str) -> str:
    """The name in the zip of a table's rows."""
    return f"tables/{table}.jsonl"


def tables_of(conn: Connection) -> list[Table]:
    """All tables that the database has, those that others refer to first."""
    found = MetaData()
    found.reflect(conn)
    return [one for one in found.sorted_tables if one.name != REVISIONS]


def line(row: Iterable[Any]) -> bytes:
    """A row as the file has it."""
    return orjson.dumps(
        [b64encode(one).decode() if isinstance(one, bytes) else one for one in row],
        option=orjson.OPT_APPEND_NEWLINE,
    )


def rows(lines: Iterable[bytes], columns: Sequence[Column[Any]]) -> Iterator[tuple[Any, ...]]:
    """The rows again, as the driver of any of the databases takes them. Raises ValueError."""
    from_json = [_reader(column) for column in columns]
    for each in lines:
        values = orjson.loads(each)
        yield tuple(
            None if value is None else read(value) for read, value in zip(from_json, values, strict=True)
        )


def _reader(column: Column[Any]) -> Callable[[Any], Any]:
    if isinstance(column.type, LargeBinary):
        return b64decode
    if isinstance(column.type, Date):
        return date.fromisoformat
    return _same


def _same(value: Any) -> Any:
    return value
