"""The files that people brought: what kind each is, how far it has come, and the counts of what it does.

Every change of a file's state is one statement that names the state before, so that no file is applied twice.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, and_, insert, select, update

from connector.imports.errors import ImportStateError
from connector.tables_imports import import_file
from lrs.clock import from_micros, from_micros_or_none, to_micros

FULL, PART = "full", "part"
READING, STAGED, APPLIED, DISCARDED, WITHDRAWN = "reading", "staged", "applied", "discarded", "withdrawn"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Brought:
    """A file that somebody brings: its kind (see `import_file`), and who brings it.

    `name`: as it is called there; else the path's. `coverage`: FULL or PART. `options`: what else was
    chosen for it, JSON. `uuid`: of the file, where it was promised (`promised.expect`). `unit_id`: of the
    unit that its rows may be about; None: about anybody.
    """

    kind: str
    path: Path
    by: str
    name: str = ""
    coverage: str = PART
    options: Mapping[str, Any] = field(default_factory=dict)
    uuid: str = ""
    unit_id: int | None = None


@dataclass(frozen=True, slots=True)
class ImportFile:
    """A file as the database knows it; the counts are of what applying it does or did."""

    id: int
    uuid: str
    kind: str
    name: str
    coverage: str
    options: Mapping[str, Any]
    titles: tuple[str, ...]
    state: str
    rows_total: int
    rows_refused: int
    added: int
    changed: int
    unchanged: int
    departed: int
    staged_at: datetime
    staged_by: str
    unit_id: int | None
    done_at: datetime | None
    done_by: str | None
    reason: str | None


def add_file(conn: Connection, brought: Brought, now: datetime) -> tuple[int, str]:
    """Note that a file is being read; its id and its UUID."""
    added = insert(import_file).values(
        uuid=str(uuid.uuid4()),
        kind=brought.kind,
        name=brought.name or brought.path.name,
        digest="",
        coverage=brought.coverage,
        state=READING,
        staged_at=to_micros(now),
        staged_by=brought.by,
        unit_id=brought.unit_id,
    )
    row = conn.execute(added.returning(import_file.c.id, import_file.c.uuid)).one()
    return row.id, row.uuid


def find(conn: Connection, key: int | str) -> ImportFile:
    """A file by its id, or by the UUID that stands in addresses. Raises ImportStateError."""
    column = import_file.c.id if isinstance(key, int) else import_file.c.uuid
    row = conn.execute(select(import_file).where(column == key)).one_or_none()
    if row is None:
        raise ImportStateError(f"there is no import {key}")
    return _file(row)


def _file(row: Row[Any]) -> ImportFile:
    values = {name: getattr(row, name) for name in ImportFile.__dataclass_fields__}
    values["options"] = orjson.loads(row.options) if row.options else {}
    values["titles"] = tuple(orjson.loads(row.titles)) if row.titles else ()
    values["staged_at"] = from_micros(row.staged_at)
    values["done_at"] = from_micros_or_none(row.done_at)
    return ImportFile(**values)


def newest(
    conn: Connection,
    kinds: Sequence[str],
    limit: int = 50,
    *,
    unread: bool = False,
    unit_id: int | None = None,
) -> list[ImportFile]:
    """The files of these kinds that are read to their end, the newest first; `unread`: all others too;
    `unit_id`: those alone that this unit brought."""
    hidden = () if unread else (READING, FAILED)
    wanted = and_(import_file.c.kind.in_(kinds), import_file.c.state.not_in(hidden))
    if unit_id is not None:
        wanted = and_(wanted, import_file.c.unit_id == unit_id)
    rows = conn.execute(select(import_file).where(wanted).order_by(import_file.c.id.desc()).limit(limit))
    return [_file(row) for row in rows]


def move(
    conn: Connection,
    import_id: int,
    state: str,
    now: datetime,
    by: str,
    *,
    was: str = STAGED,
    reason: str | None = None,
) -> None:
    """Bring a file from one state to the next; whoever comes second waits, then gets ImportStateError."""
    moved = conn.execute(
        update(import_file)
        .where(import_file.c.id == import_id, import_file.c.state == was)
        .values(state=state, done_at=to_micros(now), done_by=by, reason=reason)
    )
    if moved.rowcount != 1:
        held = find(conn, import_id)
        raise ImportStateError(f"{held.name}: is {held.state}, not {was}")


def count(conn: Connection, import_id: int, **counts: int) -> None:
    """Note what applying does: `added`, `changed`, `unchanged`, `departed`."""
    change(conn, import_id, **counts)


def change(conn: Connection, import_id: int, **values: Any) -> None:
    """Change what is noted of a file."""
    conn.execute(update(import_file).where(import_file.c.id == import_id).values(**values))
