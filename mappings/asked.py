"""Progress at any pair of times: the views' own texts, run for the people concerned alone.

`as_of` is what had happened by the end of that day in Bangkok, `known_at` what the store knew then. Results
stand in tables of the connection's own, so that nothing of the database is written and nobody waits; they are
gone with the transaction, or at the latest when the connection asks again.
"""

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Select,
    Table,
    select,
    text,
    union,
)

from mappings.own_batch import BATCH, own_batch, own_schema, unprepared
from mappings.steps import KEPT, fill, joining, own_table
from mappings.tables import (
    competency_state,
    learning_event,
    membership,
    membership_past,
    unit_place,
)

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
        with unprepared(self.conn):
            _compute(self.conn, self.as_of, self.known_at, self.people)
        return _RESULTS


def _compute(conn: Connection, as_of: date, known_at: int, people: Select[Any]) -> None:
    """As a refresh computes, from parameters to results of the connection's own."""
    prefix = own_schema(conn)
    for table in _RESULTS.values():
        conn.execute(text(f"drop table if exists {prefix}.{table.name}"))
        table.create(conn, checkfirst=False)
    with own_batch(conn, as_of, known_at, people) as size, joining(conn, size) as names:
        fill(conn, BATCH, _RESULTS, names)
    for table in _RESULTS.values():
        conn.execute(text(f"analyze {prefix}.{table.name}"))
