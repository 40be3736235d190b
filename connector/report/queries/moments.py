"""What a report begins with, read at once: the two times of the last computation, and how far the log of
changes has come.

Whoever changes names, units or frameworks says so in the log of changes, in the same transaction: what was
made of them may be remembered until the log goes on.
"""

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from mappings.tables import change_log, refresh_state, unit


class Moment(NamedTuple):
    """`root`: the unit that the others lie in. `as_of` and `known_at` (microseconds) are None before progress
    is computed. `settled`: nobody was writing, so that no earlier change can come to light later.
    """

    root: int | None
    as_of: date | None
    known_at: int | None
    changes: int
    settled: bool

    @property
    def mark(self) -> int | None:
        """Moments with the same mark have the same names, units and frameworks; None: it tells nothing."""
        return self.changes if self.settled else None


def read_moment(conn: Connection) -> Moment:
    """That of the transaction, whose queries are to agree with one another (`snapshots`)."""
    return Moment(*conn.execute(_QUERIES[conn.dialect.name]).one())


def _query(settled: ColumnElement[bool]) -> Select[Any]:
    state, log = refresh_state.c, func.max(change_log.c.id)
    root = select(unit.c.id).where(unit.c.parent_id.is_(None)).order_by(unit.c.id).limit(1)
    return select(
        root.scalar_subquery(),
        select(state.as_of_day).scalar_subquery(),
        select(state.known_at).scalar_subquery(),
        select(func.coalesce(log, 0)).scalar_subquery(),
        settled,
    )


_NOW = func.pg_current_snapshot()
# PostgreSQL numbers rows of the log before they are committed, SQLite has one writer at a time.
_QUERIES = {
    "sqlite": _query(true()),
    "postgresql": _query(func.pg_snapshot_xmin(_NOW) == func.pg_snapshot_xmax(_NOW)),
}
