"""Progress at any pair of times: the views' own texts, run for the people concerned alone.

`as_of` is what had happened by the end of that day in Bangkok, `known_at` what the store knew then. Results
stand in tables of the connection's own, so that nothing of the database is written and nobody waits; they are
gone with the transaction, or at the latest when the connection asks again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    func,
    insert,
    literal,
    select,
    text,
    union,
)

from lrs.clock import to_micros
from mappings.days import end_of_bangkok_day
from mappings.steps import KEPT, fill, joining, own_table
from mappings.tables import (
    batch_learner,
    competency_state,
    learning_event,
    membership,
    membership_past,
    parameter,
    unit_place,
)

_BATCH = "asked"

_PARAMETER, _LEARNER = own_table(parameter), own_table(batch_learner)
_RESULTS = {
    competency_state: own_table(competency_state, "asked_state"),
    learning_event: own_table(learning_event, "asked_event"),
}


def people_of(unit_id: int) -> Select[Any]:
    """person_id of whoever was ever told to be within a unit: those whom its reports may count."""
    within = select(unit_place.c.unit_id).where(unit_place.c.ancestor_id == unit_id)
    every = union(
        *(
            select(each.c.person_id).where(each.c.unit_id.in_(within))
            for each in (membership, membership_past)
        )
    ).subquery("ever_within")
    return select(every.c.person_id)


@dataclass(frozen=True)
class Progress:
    """`states` and `events`: FROM clauses with the columns of competency_state and learning_event.

    The kept tables where `people` is None; else computed for these when first asked for, in `conn`'s
    transaction. `known_at` in microseconds.
    """

    conn: Connection
    as_of: date
    known_at: int
    people: Select[Any] | None

    @property
    def states(self) -> FromClause:
        """person_id, competency_id, state and what completed it."""
        return self._tables[competency_state]

    @property
    def events(self) -> FromClause:
        """person_id, course_id, category_id, hours, completed_at, evidence_seq."""
        return self._tables[learning_event]

    @cached_property
    def _tables(self) -> dict[Table, Table]:
        if self.people is None:
            return {table: table for table in KEPT}
        with _unprepared(self.conn):
            _compute(self.conn, self.as_of, self.known_at, self.people)
        return _RESULTS


@contextmanager
def _unprepared(conn: Connection) -> Iterator[None]:
    """What PostgreSQL prepared when a refresh asked it goes on meaning the tables of the database, whatever
    of the same names comes before them.
    """
    driver: Any = conn.connection.driver_connection
    if conn.dialect.name != "postgresql":
        yield
        return
    before, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = before


def _compute(conn: Connection, as_of: date, known_at: int, people: Select[Any]) -> None:
    """As a refresh computes, from parameters to results of the connection's own."""
    prefix = "temp" if conn.dialect.name == "sqlite" else "pg_temp"
    for table in _RESULTS.values():
        conn.execute(text(f"drop table if exists {prefix}.{table.name}"))
    for table in (_PARAMETER, _LEARNER, *_RESULTS.values()):
        table.create(conn, checkfirst=False)
    times = {"as_of_day": as_of, "as_of_end": to_micros(end_of_bangkok_day(as_of)), "known_at": known_at}
    conn.execute(insert(_PARAMETER).values(batch=_BATCH, **times))
    learners = people.add_columns(literal(_BATCH))
    conn.execute(insert(_LEARNER).from_select(["person_id", "batch"], learners))
    size = conn.execute(select(func.count()).select_from(_LEARNER)).scalar_one()
    conn.execute(text(f"analyze {prefix}.batch_learner"))
    with joining(conn, size) as names:
        fill(conn, _BATCH, _RESULTS, names)
    for table in _RESULTS.values():
        conn.execute(text(f"analyze {prefix}.{table.name}"))
    for table in (_LEARNER, _PARAMETER):
        conn.execute(text(f"drop table {prefix}.{table.name}"))
