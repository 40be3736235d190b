"""Writes a backup while everything runs: all tables as of one moment, then the attachments."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from sqlalchemy import Connection, Engine, Table, func, select, text
from sqlalchemy.schema import Column

from connector.operations.backup_file import (
    ATTACHMENTS,
    FORMAT,
    MANIFEST,
    ROWS_AT_ONCE,
    BackupError,
    Manifest,
    TableEntry,
    Tell,
    line,
    member,
    tables_of,
)
from connector.operations.readiness import newest_revision, revision_of
from lrs.clock import to_iso
from lrs.database import read_only

_LEVEL = 3
_INCOMING = "incoming"


def write_backup(
    engine: Engine, attachments: Path, key: str, file: Path, now: datetime, tell: Tell
) -> Manifest:
    """Everything into a new file, which only its owner can read; `key` is the fingerprint of the secret.

    Nothing is locked: writers go on. Raises BackupError.
    """
    if file.exists():
        raise BackupError(f"{file} is there already: name a new file")
    part = file.with_name(f"{file.name}.part")
    try:
        with open(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b") as raw:
            with ZipFile(raw, "w", ZIP_DEFLATED, compresslevel=_LEVEL) as zipped:
                manifest = _write(zipped, engine, attachments, key, now, tell)
            raw.flush()
            os.fsync(raw.fileno())
        part.rename(file)
    except OSError as error:
        raise BackupError(f"{file} cannot be written: {error.strerror}") from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(
    zipped: ZipFile, engine: Engine, attachments: Path, key: str, now: datetime, tell: Tell
) -> Manifest:
    with _one_moment(engine) as conn:
        revision = _revision(conn)
        tables = tables_of(conn)
        total = sum(conn.scalar(select(func.count()).select_from(one)) or 0 for one in tables)
        entries: dict[str, TableEntry] = {}
        for table in tables:
            done = sum(one.rows for one in entries.values())
            entries[table.name] = _write_table(
                zipped, conn, table, lambda rows: tell("rows", rows, total), done
            )
    # After the tables: a statement's attachment is there before the statement is, and never changes.
    number = _write_attachments(zipped, attachments, tell)
    manifest = Manifest(
        format=FORMAT,
        made_at=to_iso(now),
        release=version("thaksa"),
        revision=revision,
        key=key,
        attachments=number,
        tables=entries,
    )
    zipped.writestr(MANIFEST, manifest.model_dump_json(indent=1))
    return manifest


@contextmanager
def _one_moment(engine: Engine) -> Iterator[Connection]:
    """A transaction that sees the database as it was at its begin, whatever is written meanwhile."""
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with read_only(engine).begin() as conn:
        yield conn


def _revision(conn: Connection) -> str:
    found, needed = revision_of(conn), newest_revision()
    if found is None or found != needed:
        raise BackupError(
            f"the database's revision is {found}, this release's {needed}: run `thaksa upgrade`"
        )
    return found


def _write_table(zipped: ZipFile, conn: Connection, table: Table, tell: Any, before: int) -> TableEntry:
    wanted = select(table).order_by(*table.primary_key.columns)
    digest, number = hashlib.sha256(), 0
    reading = conn.execution_options(stream_results=True, yield_per=ROWS_AT_ONCE)
    with zipped.open(_info(member(table.name), ZIP_DEFLATED), "w", force_zip64=True) as out:
        for some in reading.execute(wanted).partitions():
            octets = b"".join(map(line, some))
            digest.update(octets)
            out.write(octets)
            number += len(some)
            tell(before + number)
    return TableEntry(
        columns=tuple(table.columns.keys()),
        rows=number,
        sha256=digest.hexdigest(),
        last_number=_last_number(conn, table),
    )


def _last_number(conn: Connection, table: Table) -> int | None:
    """The last number that the database gave to a row of this table, be the row still there or not."""
    column = numbered(conn, table)
    if column is None:
        return None
    highest = conn.scalar(select(func.max(column))) or 0
    if conn.dialect.name == "sqlite":
        has = text("select 1 from sqlite_master where name = 'sqlite_sequence'")
        given = text("select seq from sqlite_sequence where name = :name")
        last = conn.scalar(given, {"name": table.name}) if conn.scalar(has) else 0
    else:
        quoted = conn.scalar(_SEQUENCE, {"table": table.name, "column": column.name})
        last = conn.scalar(text(f"select case when is_called then last_value else 0 end from {quoted}"))  # noqa: S608
    return max(int(highest), int(last or 0))


def numbered(conn: Connection, table: Table) -> Column[Any] | None:
    """The column that the database numbers rows in, if it does."""
    [column, *more] = table.primary_key.columns or [None]
    if column is None or more:
        return None
    if conn.dialect.name == "sqlite":
        return column if str(column.type) == "INTEGER" else None
    return column if conn.scalar(_SEQUENCE, {"table": table.name, "column": column.name}) else None


_SEQUENCE = text("select pg_get_serial_sequence(quote_ident(:table), :column)")


def _write_attachments(zipped: ZipFile, folder: Path, tell: Tell) -> int:
    files = [path for path in sorted(folder.glob("*/*")) if path.is_file() and path.parent.name != _INCOMING]
    kept = 0
    for number, path in enumerate(files, 1):
        if _write_attachment(zipped, path):
            kept += 1
        tell("attachments", number, len(files))
    return kept


def _write_attachment(zipped: ZipFile, path: Path) -> bool:
    """False: a person was erased meanwhile, and it with them."""
    try:
        source = path.open("rb")
    except FileNotFoundError:
        return False
    info = _info(f"{ATTACHMENTS}{path.parent.name}/{path.name}", ZIP_STORED)
    with source, zipped.open(info, "w", force_zip64=True) as out:
        while piece := source.read(1024 * 1024):
            out.write(piece)
    return True


def _info(name: str, method: int) -> ZipInfo:
    info = ZipInfo(name)
    info.compress_type = method
    return info
