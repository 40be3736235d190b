"""What the sheet of people says beside their states: codes of schools, hours, evidence and its days (SQL)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select

from connector.report.queries.basis import Basis
from connector.report.queries.people import read_states
from connector.report.queries.people_filters import Filters, listed
from connector.report.queries.person import IMPORTED
from connector.report.queries.platforms import platform_names
from lrs.tables import agent, evidence
from mappings.requirements import valid_on
from mappings.tables import person, unit, unit_code

AT_ONCE = 1000
"""People that are held in memory."""


class Hours(NamedTuple):
    """Of one category: known hours, and the learning events, those of unknown hours among them."""

    known: float
    events: int
    unknown: int


class Proof(NamedTuple):
    """What completed items: where it comes from, its level, and when (microseconds)."""

    source: str
    level: int
    completed_at: int


@dataclass(frozen=True, slots=True)
class Listed:
    """One person of the list. `states`: item -> 0, 1 or 2; `hours`: category -> hours (None: no category);
    `proofs`: what completed items -> their ids.
    """

    uuid: str
    prefix_th: str
    given_name: str
    family_name: str
    position_th: str
    rank_th: str
    group: str | None
    classified: bool
    unit_name: str
    unit_code: str
    states: Mapping[int, int]
    hours: Mapping[int | None, Hours]
    proofs: Mapping[Proof, Sequence[int]]


def each_listed(conn: Connection, basis: Basis, filters: Filters, words: str = "") -> Iterator[Listed]:
    """Everybody on the list of people, in its order; never more than AT_ONCE of them at a time.

    `words`: what is searched for in names. Raises NamesHidden and UnknownFilter.
    """
    # Known before the rows are read: what is computed for them may not wait for an open cursor.
    states, events = basis.states, basis.events
    codes = _codes(conn, basis)
    lines = listed(basis, filters, words).add_columns(unit.c.id.label("unit_id"))
    for some in conn.execute(lines, execution_options={"yield_per": AT_ONCE}).partitions():
        ids = [line.id for line in some]
        told = read_states(conn, basis, ids)
        hours = _hours(conn, events, ids)
        proofs = _proofs(conn, states, ids)
        for line in some:
            yield _listed(line, codes, told.get(line.id, {}), hours[line.id], proofs[line.id])


def _listed(
    line: Row[Any],
    codes: Mapping[int, str],
    states: Mapping[int, int],
    hours: Mapping[int | None, Hours],
    proofs: Mapping[Proof, Sequence[int]],
) -> Listed:
    return Listed(
        uuid=line.uuid,
        prefix_th=line.prefix_th,
        given_name=line.given_name,
        family_name=line.family_name,
        position_th=line.position_th,
        rank_th=line.rank_th,
        group=line.group_code,
        classified=bool(line.classified),
        unit_name=line.unit_name,
        unit_code=codes.get(line.unit_id, ""),
        states=states,
        hours=hours,
        proofs=proofs,
    )


def _codes(conn: Connection, basis: Basis) -> dict[int, str]:
    """unit -> its code on the report's day: the longest of several, which is the one of the ministry."""
    c = unit_code.c
    held = select(c.unit_id, c.code).where(valid_on(unit_code, basis.as_of))
    rows = conn.execute(held.order_by(func.length(c.code), c.code))
    return {row.unit_id: row.code for row in rows}


def _hours(conn: Connection, events: Any, ids: Sequence[int]) -> Mapping[int, dict[int | None, Hours]]:
    e = events.c
    sums = (func.coalesce(func.sum(e.hours), 0.0), func.count(), func.count() - func.count(e.hours))
    rows = conn.execute(
        select(e.person_id, e.category_id, *sums)
        .where(e.person_id.in_(ids))
        .group_by(e.person_id, e.category_id)
    )
    found: dict[int, dict[int | None, Hours]] = defaultdict(dict)
    for person_id, category_id, *numbers in rows:
        found[person_id][category_id] = Hours(*numbers)
    return found


def _proofs(conn: Connection, states: Any, ids: Sequence[int]) -> Mapping[int, dict[Proof, list[int]]]:
    s, names = states.c, platform_names()
    rows = conn.execute(
        select(
            s.person_id,
            s.competency_id,
            s.level,
            s.completed_at,
            person.c.uuid,
            agent.c.home_page,
            agent.c.account_name,
            names.c.name,
        )
        .join(person, person.c.id == s.person_id)
        .outerjoin(evidence, evidence.c.seq == s.evidence_seq)
        .outerjoin(agent, agent.c.id == evidence.c.agent_id)
        .outerjoin(names, names.c.home_page == agent.c.home_page)
        .where(s.person_id.in_(ids), s.state == 2, s.completed_at.is_not(None))
        .order_by(s.person_id, s.completed_at, s.competency_id)
    )
    found: dict[int, dict[Proof, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        proof = Proof(_source(row), row.level or 0, row.completed_at)
        found[row.person_id][proof].append(row.competency_id)
    return found


def _source(row: Any) -> str:
    """As the page of a person names it; the account that stands for a person is what a file said of them."""
    own = IMPORTED if row.account_name == row.uuid else row.home_page
    return str(row.name or own or "")
