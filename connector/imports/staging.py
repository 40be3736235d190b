"""Files that people bring, staged: read whole into the database first, then applied at once or thrown away.

`stage` reads a file, a chunk of rows a transaction, so that no memory fills and nobody waits; a file that
is not read to its end leaves nothing. Whoever knows what the rows mean checks them, calls `refuse` for
those that cannot be taken and `count` for what applying does; in the transaction that applies, `move` comes
first: it is what keeps a file from being applied twice.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Engine, and_, delete, select

from connector.imports.columns import Columns
from connector.imports.import_files import DISCARDED, READING, STAGED, Brought, add_file, change, find, move
from connector.imports.refusals import refuse
from connector.imports.row_count import rows_about
from connector.imports.table_file import RefusedRow, open_rows
from connector.imports.table_file import Row as FileRow
from connector.tables_imports import import_file, import_refusal, import_row
from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from mappings.roster_staging import forget_people

Item = TypeVar("Item")
Progress = Callable[[int, int], None]
"""(rows read, rows in all as far as can be told)."""

Check = Callable[[Connection, int], None]
"""What is done with a file that was read, before anybody can apply it."""

_AT_ONCE = 2_000
# A file that is being read for longer was given up; one that nobody confirms holds people's data for nothing.
_READING_AT_MOST, _WAITING_AT_MOST = timedelta(days=1), timedelta(days=30)


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


def _silent(_done: int, _total: int) -> None:
    pass
