"""Reads a backup into an empty database of either kind: all of it, or nothing."""

import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile, ZipFile

from pydantic import ValidationError
from sqlalchemy import Connection, Engine, Table, insert, inspect, select, text

from connector.operations.backup import numbered
from connector.operations.backup_file import (
    ATTACHMENTS,
    FORMAT,
    MANIFEST,
    ROWS_AT_ONCE,
    BackupError,
    Manifest,
    TableEntry,
    Tell,
    member,
    rows,
    tables_of,
)
from connector.operations.readiness import newest_revision
from connector.upgrade import migrate
from mappings.stored_views import create_views

_DAMAGED = (BadZipFile, zlib.error, EOFError, KeyError, ValueError)


def read_backup(engine: Engine, attachments: Path, file: Path, tell: Tell) -> Manifest:
    """Everything of a file into an empty database and an empty folder of attachments.

    Nothing is left behind where it is refused. Raises BackupError.
    """
    written: list[Path] = []
    try:
        with ZipFile(file) as zipped, engine.begin() as conn:
            manifest = _manifest(zipped, file)
            _into_empty(conn, attachments)
            migrate(conn)
            create_views(conn)
            _load(conn, zipped, manifest, tell)
            _unpack(zipped, manifest, attachments, written, tell)
        return manifest
    except BaseException as error:
        for path in written:
            path.unlink(missing_ok=True)
        if isinstance(error, FileNotFoundError):
            raise BackupError(f"{file} is not there") from None
        if isinstance(error, _DAMAGED):
            raise BackupError(f"{file} is damaged, or no backup: {_named(error)}; take another") from None
        if isinstance(error, OSError):
            raise BackupError(f"{error.filename or file}: {error.strerror}") from None
        raise


def _named(error: BaseException) -> str:
    """What is wrong, without what stands in it."""
    return str(error) if isinstance(error, _Damaged) else "it cannot be read"


class _Damaged(ValueError):
    """A part of the file does not hold what the manifest says."""


def _manifest(zipped: ZipFile, file: Path) -> Manifest:
    try:
        manifest = Manifest.model_validate_json(zipped.read(MANIFEST))
    except (KeyError, ValidationError):
        raise _Damaged(f"{MANIFEST} is missing or wrong") from None
    if manifest.format != FORMAT or manifest.revision != newest_revision():
        raise BackupError(
            f"{file} is of release {manifest.release} and revision {manifest.revision}, this release's is "
            f"{newest_revision()}: restore it with that release, then run `thaksa upgrade` with this one"
        )
    return manifest


def _into_empty(conn: Connection, attachments: Path) -> None:
    if inspect(conn).get_table_names():
        for table in tables_of(conn):
            if conn.execute(select(1).select_from(table).limit(1)).first() is not None:
                raise BackupError(
                    f"the database is not empty (table {table.name}): name an empty one in database_url, "
                    "or move thaksa.db away"
                )
    if any(attachments.glob("*/*")):
        raise BackupError(f"the folder {attachments} is not empty: move it away")


def _load(conn: Connection, zipped: ZipFile, manifest: Manifest, tell: Tell) -> None:
    tables = {one.name: one for one in tables_of(conn)}
    if tables.keys() != manifest.tables.keys():
        [name, *_] = sorted(tables.keys() ^ manifest.tables.keys())
        raise _Damaged(f"the table {name} is in one of file and database alone")
    total, done = sum(one.rows for one in manifest.tables.values()), 0
    with _references_later(conn):
        for table in tables.values():
            # Rows that migrations themselves make.
            conn.execute(table.delete())
        for name, entry in manifest.tables.items():
            for some in _checked(zipped, name, tables[name], entry):
                _insert(conn, tables[name], entry.columns, some)
                done += len(some)
                tell("rows", done, total)
            _go_on_numbering(conn, tables[name], entry.last_number)


@contextmanager
def _references_later(conn: Connection) -> Iterator[None]:
    """References are checked once all rows are there: a table may refer to itself, in any order."""
    constraints: list[Any] = []
    if conn.dialect.name == "sqlite":
        conn.execute(text("pragma defer_foreign_keys = on"))
    else:
        constraints += conn.execute(_REFERENCES).all()
    for table, name, _ in constraints:
        conn.execute(text(f"alter table {table} drop constraint {name}"))
    yield
    for table, name, definition in constraints:
        conn.execute(text(f"alter table {table} add constraint {name} {definition}"))


_REFERENCES = text(
    "select conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) from pg_constraint "
    "where contype = 'f' and connamespace = 'public'::regnamespace order by conrelid, conname"
)


def _checked(zipped: ZipFile, name: str, table: Table, entry: TableEntry) -> Iterator[list[tuple[Any, ...]]]:
    if set(entry.columns) != set(table.columns.keys()):
        raise _Damaged(f"the table {name} has other columns")
    digest, number = hashlib.sha256(), 0
    with zipped.open(member(name)) as packed:
        read = rows(_hashed(packed, digest), [table.columns[one] for one in entry.columns])
        while some := list(islice(read, ROWS_AT_ONCE)):
            number += len(some)
            yield some
    if (digest.hexdigest(), number) != (entry.sha256, entry.rows):
        raise _Damaged(f"the rows of the table {name} are not those that were written")


def _hashed(lines: IO[bytes], digest: Any) -> Iterator[bytes]:
    for each in lines:
        digest.update(each)
        yield each


def _insert(conn: Connection, table: Table, columns: tuple[str, ...], some: list[tuple[Any, ...]]) -> None:
    if conn.dialect.name == "sqlite":
        conn.execute(insert(table), [dict(zip(columns, row, strict=True)) for row in some])
        return
    driver: Any = conn.connection.driver_connection
    names = ", ".join(f'"{name}"' for name in columns)
    with driver.cursor().copy(f'copy "{table.name}" ({names}) from stdin') as copy:
        for row in some:
            copy.write_row(row)


def _go_on_numbering(conn: Connection, table: Table, last: int | None) -> None:
    """The next row gets a number that none had before."""
    column = numbered(conn, table)
    if column is None or not last:
        return
    if conn.dialect.name == "sqlite":
        gone_on = text("update sqlite_sequence set seq = :last where name = :name")
        begun = text(
            "insert into sqlite_sequence (name, seq) select :name, :last where exists (select 1 from "
            "sqlite_master where name = :name and sql like '%AUTOINCREMENT%')"
        )
        values = {"last": last, "name": table.name}
        if not conn.execute(gone_on, values).rowcount:
            conn.execute(begun, values)
    else:
        sequence = "pg_get_serial_sequence(quote_ident(:table), :column)"
        values = {"last": last, "table": table.name, "column": column.name}
        conn.execute(text(f"select setval({sequence}, :last)"), values)


def _unpack(zipped: ZipFile, manifest: Manifest, folder: Path, written: list[Path], tell: Tell) -> None:
    names = [one for one in zipped.namelist() if one.startswith(ATTACHMENTS)]
    if len(names) != manifest.attachments:
        raise _Damaged("attachments are missing")
    for number, name in enumerate(names, 1):
        _unpack_one(zipped, name, folder, written)
        tell("attachments", number, len(names))


def _unpack_one(zipped: ZipFile, name: str, folder: Path, written: list[Path]) -> None:
    start, file = name.removeprefix(ATTACHMENTS).split("/")
    sha2, digest = file.partition(".")[0], hashlib.sha256()
    if start != sha2[:2] or not file.replace(".", "").isalnum():
        raise _Damaged(f"{name} is no attachment")
    target = folder / start / file
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    written.append(target)
    with zipped.open(name) as packed, target.open("xb") as out:
        while piece := packed.read(1024 * 1024):
            digest.update(piece)
            out.write(piece)
    if digest.hexdigest() != sha2:
        raise _Damaged(f"{name} is not what was written")
