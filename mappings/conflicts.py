"""The accounts that wait for somebody's decision, with what is known of each."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, func, select, true

from lrs.clock import from_micros
from mappings.claims import Known, read_known, twins_of
from mappings.links import Reason
from mappings.tables import account, account_conflict


@dataclass(frozen=True, slots=True)
class Conflict:
    """An account that waits; `twins` are the accounts with the same national id under another name."""

    account_id: int
    reason: Reason
    found_at: datetime
    known: Known
    twins: tuple[int, ...]


def conflicts(
    conn: Connection,
    day: date,
    *,
    after: int = 0,
    limit: int = 100,
    seen: ColumnElement[bool] | None = None,
) -> list[Conflict]:
    """Those after an account's id, in the order of these ids, with what points at people on that day.

    `seen`: a condition on `account`."""
    rows = conn.execute(
        select(account_conflict)
        .join(account, account.c.id == account_conflict.c.account_id)
        .where(account_conflict.c.account_id > after, true() if seen is None else seen)
        .order_by(account_conflict.c.account_id)
        .limit(limit)
    ).all()
    scope = account.c.id.in_([row.account_id for row in rows])
    known = read_known(conn, scope, day)
    twins = conn.execute(twins_of(scope)).all()
    return [
        Conflict(
            row.account_id,
            Reason(row.reason),
            from_micros(row.found_at),
            known.get(row.account_id, Known()),
            tuple(sorted(twin.twin_id for twin in twins if twin.account_id == row.account_id)),
        )
        for row in rows
    ]


def count_conflicts(conn: Connection, seen: ColumnElement[bool] | None = None) -> int:
    """How many accounts wait, linked ones too."""
    waiting = select(func.count()).select_from(account_conflict)
    if seen is not None:
        waiting = waiting.join(account, account.c.id == account_conflict.c.account_id).where(seen)
    return conn.execute(waiting).scalar_one()
