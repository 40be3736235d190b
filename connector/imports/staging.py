"""Files that people bring, staged: read whole into the database first, then applied at once or thrown away.

`stage` reads a file, a chunk of rows a transaction, so that no memory fills and nobody waits; a file that
is not read to its end leaves nothing. Whoever knows what the rows mean checks them, calls `refuse` for
those that cannot be taken and `count` for what applying does; in the transaction that applies, `move` comes
first: it is what keeps a file from being applied twice.
"""

import csv
import hashlib
import io
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, Row, Select, and_, delete, func, insert, select, update

from connector.imports.columns import Columns
from connector.imports.errors import ImportStateError
from connector.imports.row_count import rows_about
from connector.imports.table_file import RefusedRow, open_rows, refused_header, refused_line
from connector.imports.table_file import Row as FileRow
from connector.tables_imports import import_file, import_refusal, import_row
from lrs.bulk import bulk_insert
from lrs.clock import from_micros, to_micros
from mappings.people import Refusal
from mappings.roster_staging import forget_people

Item = TypeVar("Item")
Progress = Callable[[int, int], None]
"""(rows read, rows in all as far as can be told)."""

FULL, PART = "full", "part"
READING, STAGED, APPLIED, DISCARDED, WITHDRAWN = "reading", "staged", "applied", "discarded", "withdrawn"
FAILED = "failed"

Check = Callable[[Connection, int], None]
"""What is done with a file that was read, before anybody can apply it."""

_AT_ONCE = 2_000
# A file that is being read for longer was given up; one that nobody confirms holds people's data for nothing.
_READING_AT_MOST, _WAITING_AT_MOST = timedelta(days=1), timedelta(days=30)


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


def stage(
    engine: Engine,
    brought: Brought,
    columns: Columns,
    read_row: Callable[[FileRow], Item],
    write: Callable[[Connection, int, Sequence[Item]], None],
    now: datetime,
    progress: Progress | None = None,
    check: Check | None = None,
) -> int:
    """Read a file; its import id. `write(conn, import_id, items)` keeps what `read_row` makes of rows.

    Refused rows are kept with their cells. Raises ImportFileError, and then leaves nothing but the promise.
    """
    report, total = progress or _silent, rows_about(brought.path)
    with open_rows(brought.path, columns, read_row) as reading:
        with engine.begin() as conn:
            _forget_old(conn, now)
            import_id = _add(conn, brought, reading.header.titles, now)
        try:
            done = 0
            while some := list(islice(reading.rows, _AT_ONCE)):
                with engine.begin() as conn:
                    write(conn, import_id, [one for one in some if not isinstance(one, RefusedRow)])
                    refuse(conn, import_id, [one for one in some if isinstance(one, RefusedRow)])
                done += len(some)
                report(done, max(total, done))
            with engine.begin() as conn:
                change(conn, import_id, state=STAGED, rows_total=done)
                if check is not None:
                    check(conn, import_id)
        except BaseException:
            with engine.begin() as conn:
                _give_up(conn, import_id, promised=bool(brought.uuid))
            raise
    return import_id


def stage_rows(
    engine: Engine,
    brought: Brought,
    columns: Columns,
    read_row: Callable[[FileRow], Mapping[str, Any]],
    now: datetime,
    progress: Progress | None = None,
    check: Check | None = None,
) -> int:
    """As `stage`, into `import_row`: `read_row` gives a row's payload, which has to be fit for JSON."""

    def read(row: FileRow) -> tuple[int, Mapping[str, Any]]:
        return row.number, read_row(row)

    return stage(engine, brought, columns, read, _write_rows, now, progress, check)


def _write_rows(conn: Connection, import_id: int, rows: Sequence[tuple[int, Mapping[str, Any]]]) -> None:
    values = [(import_id, row, orjson.dumps(payload).decode(), "ready", None, None) for row, payload in rows]
    bulk_insert(conn, (import_row, values))


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
    values["done_at"] = None if row.done_at is None else from_micros(row.done_at)
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


def refuse(conn: Connection, import_id: int, rows: Iterable[RefusedRow]) -> None:
    """Add rows that cannot be taken; each row once."""
    values = [
        (import_id, one.row, one.column, one.value, one.reason, orjson.dumps(cells).decode())
        for one, cells in rows
    ]
    if values:
        bulk_insert(conn, (import_refusal, values))
        refused = select(func.count()).where(import_refusal.c.import_id == import_id)
        change(conn, import_id, rows_refused=refused.scalar_subquery())


def cells_of(titles: Sequence[str], columns: Columns, values: Mapping[str, str]) -> list[str]:
    """A row of the file again, from its values by field: for one that is refused after it was read."""
    return [values.get(columns.field(title) or "", "") for title in titles]


def refusals(conn: Connection, import_id: int, limit: int | None = None, after: int = 0) -> list[Refusal]:
    """The refused rows in their order, from behind the row `after`."""
    rows = conn.execute(_refused(import_id).where(import_refusal.c.row > after).limit(limit))
    return [Refusal(row.row, row.column_title, row.value, row.reason) for row in rows]


def _refused(import_id: int) -> Select[Any]:
    return (
        select(import_refusal).where(import_refusal.c.import_id == import_id).order_by(import_refusal.c.row)
    )


def refused_csv(conn: Connection, import_id: int, tell: Callable[[str], str] = str) -> Iterator[str]:
    """The refused rows as CSV for Excel, each with what is wrong, to be corrected and brought again.

    National ids are masked and have to be typed again. `tell` puts a reason into the reader's language.
    """
    yield "\ufeff" + _csv_line(refused_header(find(conn, import_id).titles))
    for row in conn.execute(_refused(import_id).execution_options(yield_per=_AT_ONCE)):
        refusal = Refusal(row.row, row.column_title, row.value, tell(row.reason))
        yield _csv_line(refused_line(refusal, orjson.loads(row.cells) if row.cells else []))


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue()


def discard(conn: Connection, import_id: int, now: datetime, by: str, reason: str | None = None) -> None:
    """Throw a staged file's rows away; that it was brought stays on record. Raises ImportStateError."""
    move(conn, import_id, DISCARDED, now, by, reason=reason)
    forget_rows(conn, import_id)


def _forget_old(conn: Connection, now: datetime) -> None:
    """Files whose reader was killed, and files that nobody confirmed."""
    at, state = import_file.c.staged_at, import_file.c.state
    given_up = and_(state == READING, at < to_micros(now - _READING_AT_MOST))
    for import_id in conn.execute(select(import_file.c.id).where(given_up)).scalars().all():
        _give_up(conn, import_id, promised=False)
    waiting = and_(state == STAGED, at < to_micros(now - _WAITING_AT_MOST))
    for import_id in conn.execute(select(import_file.c.id).where(waiting)).scalars().all():
        discard(conn, import_id, now, "thaksa", f"not confirmed within {_WAITING_AT_MOST.days} days")


def _add(conn: Connection, brought: Brought, titles: Sequence[str], now: datetime) -> int:
    with brought.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    import_id = find(conn, brought.uuid).id if brought.uuid else add_file(conn, brought, now)[0]
    change(
        conn,
        import_id,
        digest=digest,
        coverage=brought.coverage,
        options=orjson.dumps(brought.options).decode() if brought.options else "",
        titles=orjson.dumps(titles).decode(),
    )
    return import_id


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


def forget_rows(conn: Connection, import_id: int) -> None:
    """Delete what was staged of a file."""
    forget_people(conn, import_id)
    for table in (import_row, import_refusal):
        conn.execute(delete(table).where(table.c.import_id == import_id))


def _give_up(conn: Connection, import_id: int, *, promised: bool) -> None:
    """What was promised stays known: whoever promised it says what became of it."""
    forget_rows(conn, import_id)
    if not promised:
        conn.execute(delete(import_file).where(import_file.c.id == import_id))


def change(conn: Connection, import_id: int, **values: Any) -> None:
    """Change what is noted of a file."""
    conn.execute(update(import_file).where(import_file.c.id == import_id).values(**values))


def _silent(_done: int, _total: int) -> None:
    pass
