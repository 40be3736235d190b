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
    MetaData,
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
from mappings.progress import KEPT, view_texts
from mappings.tables import (
    account_link,
    batch_learner,
    competency_state,
    learning_event,
    membership,
    membership_past,
    parameter,
    unit_place,
)

_BATCH = "asked"

_FEW = 10
"""So many learners PostgreSQL computes fastest index by index."""

_ONE_IN = 20
"""Looking evidence up costs so many times what reading it in order does."""


def _own(table: Table, name: str | None = None) -> Table:
    """A temporary table with the columns of another; one of the same name goes before it."""
    copies = (column._copy() for column in table.c)
    bare = Table(name or table.name, MetaData(), *copies, prefixes=["temporary"], postgresql_on_commit="DROP")
    for key in list(bare.foreign_key_constraints):
        bare.constraints.remove(key)
    return bare


_PARAMETER, _LEARNER = _own(parameter), _own(batch_learner)
_RESULTS = {
    competency_state: _own(competency_state, "asked_state"),
    learning_event: _own(learning_event, "asked_event"),
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
        _compute(self.conn, self.as_of, self.known_at, self.people)
        return _RESULTS


def _compute(conn: Connection, as_of: date, known_at: int, people: Select[Any]) -> None:
    """Each view becomes a table before the next reads it: planners see how many rows there are."""
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
    names = list(view_texts())
    for name, body in view_texts().items():
        with _hashed(conn, name, size):
            conn.execute(text(f"create temporary table {name} as {body}"))
        conn.execute(text(f"analyze {prefix}.{name}"))
    for table, queries in KEPT.items():
        columns = ", ".join(column.name for column in table.columns)
        for query in queries:
            filled = f"insert into {_RESULTS[table].name} ({columns}) {query}"
            conn.execute(text(filled), {"batch": _BATCH})
        conn.execute(text(f"analyze {prefix}.{_RESULTS[table].name}"))
    for name in (*reversed(names), "batch_learner", "parameter"):
        conn.execute(text(f"drop table {prefix}.{name}"))


@contextmanager
def _hashed(conn: Connection, view: str, size: int) -> Iterator[None]:
    """PostgreSQL takes comparisons with the two times to leave next to nothing, and would try every mapping
    for every row of many learners. Evidence itself it rightly looks up, unless the learners are a large part
    of all.
    """
    many = size > _FEW and (
        view == "mapped_evidence" or (view == "learner_evidence" and _is_large(conn, size))
    )
    if conn.dialect.name != "postgresql" or not many:
        yield
        return
    conn.execute(text("set local enable_nestloop = off"))
    conn.execute(text("set local jit = off"))
    yield
    conn.execute(text("set local enable_nestloop = on"))


def _is_large(conn: Connection, size: int) -> bool:
    """Whether reading all evidence once costs less than looking up that of so many learners."""
    everybody = select(func.count()).select_from(account_link)
    return size * _ONE_IN > conn.execute(everybody).scalar_one()
