"""Files of completions, of attendance and of claims, applied whole and taken back.

Their rows are staged (`connector.imports.learning_files`). `apply` makes statements of them in one
transaction, `withdraw` voids these again.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from connector.imports import import_files
from connector.imports.claim_store import add_claims
from connector.imports.claim_work import settle_claims, withdraw_claims
from connector.imports.errors import ImportStateError
from connector.imports.settle import CLAIMS, KINDS, Setting, Settled, link_accounts_of, settle_files
from connector.imports.voucher_store import (
    APPLIED,
    WITHDRAWN,
    FileRow,
    file_rows,
    mark_rows,
    wait_for_others,
)
from mappings.changes import Change, log_changes
from mappings.known_courses import Courses, add_own_activities


def apply(conn: Connection, import_id: int, setting: Setting) -> Settled:
    """Make statements of a staged file's rows, all or none. Raises ImportStateError."""
    wait_for_others(conn)
    import_files.move(conn, import_id, import_files.APPLIED, setting.now, setting.by)
    persons = mark_rows(conn, import_id, APPLIED)
    rows = [row for row in file_rows(conn, import_id) if not row.is_erased]
    found = import_files.find(conn, import_id)
    link_accounts_of(conn, rows, setting)
    if found.kind == CLAIMS:
        claimed = add_claims(conn, rows, setting.now)
        settled = settle_claims(conn, persons, setting)
        import_files.count(conn, import_id, added=len(claimed), unchanged=len(rows) - len(set(claimed)))
    else:
        _add_activities(conn, rows, setting)
        settled = settle_files(conn, found.kind, persons, setting)
        issued, replaced = (
            sum(one.import_id == import_id for one in some) for some in (settled.issued, settled.replaced)
        )
        same = found.rows_total - found.rows_refused - issued
        import_files.count(conn, import_id, added=issued - replaced, changed=replaced, unchanged=same)
    log_changes(conn, [Change("apply", "import_file", found.uuid, found.kind)], setting.now, setting.by)
    return settled


def rehearse(conn: Connection, import_id: int, setting: Setting) -> None:
    """Note what applying a staged file would do: it is applied, counted, and undone."""
    with conn.begin_nested() as savepoint:
        apply(conn, import_id, setting)
        would = import_files.find(conn, import_id)
        savepoint.rollback()
    import_files.count(
        conn, import_id, added=would.added, changed=would.changed, unchanged=would.unchanged, departed=0
    )


def _add_activities(conn: Connection, rows: Sequence[FileRow], setting: Setting) -> None:
    """Our own activities stand for courses that have none on the platform."""
    courses = Courses(conn, setting.now)
    wanted = {
        courses.of(row.payload["course_id"])._replace(activity_iri=row.payload["activity"])
        for row in rows
        if "course_id" in row.payload and "activity" in row.payload
    }
    add_own_activities(conn, wanted, setting.now, setting.by)


def withdraw(
    conn: Connection, uuid: str, rows: Sequence[int] | None, reason: str, setting: Setting
) -> Settled:
    """Take a file back, or some of its rows: their statements are voided, and the reason is kept.

    Raises ImportStateError where there is nothing to take back.
    """
    wait_for_others(conn)
    found = import_files.find(conn, uuid)
    if found.kind not in KINDS:
        raise ImportStateError(f"{found.name}: {found.kind} cannot be taken back: bring a corrected file")
    if not reason.strip():
        raise ImportStateError(f"{found.name}: taking back needs its reason (--reason)")
    if rows is None:
        was, to = import_files.APPLIED, import_files.WITHDRAWN
        import_files.move(conn, found.id, to, setting.now, setting.by, was=was, reason=reason)
    elif found.state != import_files.APPLIED:
        raise ImportStateError(f"{found.name}: is {found.state}, not {import_files.APPLIED}")
    persons = mark_rows(conn, found.id, WITHDRAWN, rows)
    if rows is not None and not persons:
        which = ", ".join(map(str, rows))
        raise ImportStateError(f"{found.name}: row {which} does not count: nothing to take back")
    changes = [Change("withdraw", "import_file", uuid, reason)]
    if rows is not None:
        changes = [Change("withdraw", "import_row", f"{uuid} {row}", reason) for row in rows]
    log_changes(conn, changes, setting.now, setting.by)
    if found.kind == CLAIMS:
        return withdraw_claims(conn, persons, setting)
    return settle_files(conn, found.kind, persons, setting)
