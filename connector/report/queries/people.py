"""The list of people: filters, search by name, a hundred a page, in Thai order."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, case, select

from connector.report.queries.basis import Basis
from connector.report.queries.members import members
from connector.report.queries.people_filters import Filters, lines_of, listed
from connector.report.queries.people_orders import Orders
from connector.report.words import gettext
from lrs.database import Sql, run
from mappings.people import Scope
from mappings.tables import unit, unit_path

__all__ = [
    "Filters",
    "Page",
    "People",
    "Person",
    "full_name",
    "listed",
    "page_of",
    "read_lines",
    "read_names",
    "read_people",
    "read_schools",
    "read_states",
]

PAGE = 100
MOST_CHOICES = 400


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the list; `states` holds an entry for each item, in the framework's order."""

    id: int
    uuid: str
    name: str
    position_th: str
    rank_th: str
    unit_uid: str
    unit_name: str
    group: str | None
    classified: bool
    states: tuple[int, ...]
    complete: int
    required: int


@dataclass(frozen=True, slots=True)
class Page:
    """Who stands on a page of a list, and how many there are in all."""

    ids: Sequence[int]
    total: int
    page: int
    size: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class People(Page):
    """A page with its lines."""

    rows: tuple[Person, ...]


_NAMES = Sql("""
    select id, uuid, prefix_th, given_name, family_name from person where id in :ids order by id
    """)
ERASED = "(ลบข้อมูลแล้ว)"


def full_name(prefix: str, given: str, family: str) -> str:
    """As Thais write it: the prefix stands right before the name. Whoever was erased has none."""
    return f"{prefix}{given} {family}".strip() or gettext(ERASED)


def read_people(
    conn: Connection,
    basis: Basis,
    filters: Filters,
    words: str = "",
    orders: Orders | None = None,
    size: int | None = None,
) -> People:
    """The page asked for, of `size` people; who they are is found once for all, where `orders` remember.

    `words`: what is searched for in names. Raises NamesHidden.
    """
    page = page_of((orders or Orders()).read(conn, basis, filters, words), filters.page, size)
    return People(page.ids, page.total, page.page, page.size, read_lines(conn, basis, page.ids))


def page_of(ids: Sequence[int], number: int, size: int | None = None) -> Page:
    """The page of this number, the first is 1, of a list in its order."""
    size = size or PAGE
    return Page(ids[(number - 1) * size : number * size], len(ids), number, size)


def read_names(conn: Connection, person_ids: Sequence[int]) -> Hashable:
    """How these people are called now: the same as long as nobody's name or UUID is another."""
    [rows] = run(conn, (_NAMES, {"ids": list(person_ids)}))
    return tuple(map(tuple, rows))


def read_lines(conn: Connection, basis: Basis, person_ids: Sequence[int]) -> tuple[Person, ...]:
    """Those of these people who are within the scope, in this order."""
    query = _lines(basis.scope.unit_id, basis.as_of, basis.known)
    lines = {line.id: line for line in conn.execute(query, {"ids": list(person_ids)})}
    states = read_states(conn, basis, person_ids)
    return tuple(_person(lines[one], states.get(one, {}), basis) for one in person_ids if one in lines)


@lru_cache(maxsize=64)
def _lines(unit_id: int, day: date, known_at: int | None) -> Select[Any]:
    """Of the people `:ids`. Kept, because putting it together takes longer than asking it."""
    return lines_of(members(unit_id, day, known_at, ids=bindparam("ids", expanding=True)))


def read_states(conn: Connection, basis: Basis, person_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """person id -> item id -> state of some people; a state that is not there is "not started"."""
    state = basis.states.c
    found: dict[int, dict[int, int]] = {}
    begun = select(state.person_id, state.competency_id, state.state).where(state.state > 0)
    for person_id, item_id, reached in conn.execute(begun.where(state.person_id.in_(person_ids))):
        found.setdefault(person_id, {})[item_id] = reached
    return found


def read_schools(conn: Connection, top: Scope, chosen: Scope) -> list[tuple[str, str]]:
    """(uid, name) of the units that a filter offers, schools last, in Thai order.

    All within `top`; where those are too many for a list, the chosen unit with those around it: the
    units right below `top` and right below the chosen one.
    """
    path = unit_path.c
    every = (
        select(unit.c.uid, unit.c.name_th)
        .join(unit_path, path.unit_id == unit.c.id)
        .where(path.ancestor_id == top.unit_id)
        .order_by(case((unit.c.kind == "school", 1), else_=0), unit.c.sort_key, unit.c.uid)
    )
    found = conn.execute(every.limit(MOST_CHOICES + 1)).all()
    if len(found) > MOST_CHOICES:
        parents = (top.unit_id, chosen.unit_id)
        found = conn.execute(every.where(unit.c.parent_id.in_(parents) | unit.c.id.in_(parents))).all()
    return [(uid, name) for uid, name in found]


def _person(line: Any, states: Mapping[int, int], basis: Basis) -> Person:
    required = basis.required_of(line.group_code)
    return Person(
        id=line.id,
        uuid=line.uuid,
        name=full_name(line.prefix_th, line.given_name, line.family_name),
        position_th=line.position_th,
        rank_th=line.rank_th,
        unit_uid=line.unit_uid,
        unit_name=line.unit_name,
        group=line.group_code,
        classified=bool(line.classified),
        states=tuple(states.get(item.id, 0) for item in basis.items),
        complete=sum(states.get(item_id) == 2 for item_id in required),
        required=len(required),
    )
