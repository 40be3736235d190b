"""The list of people: filters, search by name, a hundred a page, in Thai order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, case, false, func, literal, select

from connector.report.errors import NamesHidden, UnknownFilter
from connector.report.queries.basis import Basis, Item
from connector.report.queries.members import members, number_in
from connector.report.thai import GROUPS
from mappings.people import Scope
from mappings.tables import person, unit, unit_path

PAGE = 100
MOST_CHOICES = 400
UNCLASSIFIED = "unclassified"
OUTSIDE = "outside"


class State(StrEnum):
    """What the list is asked for: of one item, or else of all the items required of a person."""

    COMPLETE = "complete"
    NOT_FINISHED = "not_finished"
    IN_PROGRESS = "in_progress"
    NOT_STARTED = "not_started"


class Filters(BaseModel):
    """As they stand in the address; empty means no filter. `school` is a unit's uid.

    `own` "1": only the people of that unit itself, not of the units below it.
    """

    model_config = ConfigDict(frozen=True)

    school: str = ""
    own: Literal["", "1"] = ""
    group: str = ""
    item: str = ""
    state: str = ""
    page: int = Field(default=1, ge=1, le=100_000)

    def at(self, page: int) -> "Filters":
        """The same filters on another page."""
        return self.model_copy(update={"page": page})

    def as_query(self) -> dict[str, str]:
        """What the address says of them."""
        return {name: str(value) for name, value in self.model_dump().items()}


@dataclass(frozen=True, slots=True)
class Person:
    """One line of the list; `states` holds an entry for each item, in the framework's order."""

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
class People:
    """A page of the list and how many there are in all."""

    rows: tuple[Person, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


ERASED = "(ลบข้อมูลแล้ว)"


def full_name(prefix: str, given: str, family: str) -> str:
    """As Thais write it: the prefix stands right before the name. Whoever was erased has none."""
    return f"{prefix}{given} {family}".strip() or ERASED


def read_people(conn: Connection, basis: Basis, filters: Filters) -> People:
    """The page asked for: one SELECT for the number, one for the lines, one for their states."""
    if not basis.scope.names:
        raise NamesHidden
    total = conn.execute(select(func.count()).select_from(_filtered(basis, filters).subquery())).scalar_one()
    lines = conn.execute(listed(basis, filters).limit(PAGE).offset((filters.page - 1) * PAGE)).all()
    states = read_states(conn, basis, [line.id for line in lines])
    return People(
        rows=tuple(_person(line, states.get(line.id, {}), basis) for line in lines),
        total=total,
        page=filters.page,
    )


def listed(basis: Basis, filters: Filters) -> Select[Any]:
    """Everybody on the list, in its order; with `unit` to be asked for more. Raises NamesHidden."""
    if not basis.scope.names:
        raise NamesHidden
    return _filtered(basis, filters).order_by(person.c.sort_key, person.c.id)


def read_states(conn: Connection, basis: Basis, person_ids: Sequence[int]) -> dict[int, dict[int, int]]:
    """person id -> item id -> state of some people; a state that is not there is "not started"."""
    state = basis.states.c
    found: dict[int, dict[int, int]] = {}
    for row in conn.execute(
        select(state.person_id, state.competency_id, state.state).where(state.person_id.in_(person_ids))
    ):
        found.setdefault(row.person_id, {})[row.competency_id] = row.state
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
    number = conn.execute(select(func.count()).select_from(every.subquery())).scalar_one()
    if number > MOST_CHOICES:
        parents = (top.unit_id, chosen.unit_id)
        every = every.where(unit.c.parent_id.in_(parents) | unit.c.id.in_(parents))
    return [(row.uid, row.name_th) for row in conn.execute(every)]


def _person(line: Any, states: Mapping[int, int], basis: Basis) -> Person:
    required = basis.required_of(line.group_code)
    return Person(
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


def _filtered(basis: Basis, filters: Filters) -> Select[Any]:
    item = _item(basis, filters.item)
    people = members(basis.scope.unit_id, basis.as_of, basis.known)
    states = basis.states
    state = states.c
    item_id = item.id if item else None
    query = (
        select(
            person.c.id,
            person.c.uuid,
            person.c.prefix_th,
            person.c.given_name,
            person.c.family_name,
            people.c.position_th,
            people.c.rank_th,
            people.c.group_code,
            people.c.classified,
            unit.c.uid.label("unit_uid"),
            unit.c.name_th.label("unit_name"),
        )
        .select_from(people)
        .join(person, person.c.id == people.c.person_id)
        .join(unit, unit.c.id == people.c.unit_id)
        .where(_group_is(people.c, filters.group))
    )
    if filters.own:
        query = query.where(people.c.unit_id == basis.unit.id)
    if not filters.state:
        return query
    if item is not None:
        query = query.outerjoin(
            states, and_(state.person_id == people.c.person_id, state.competency_id == item_id)
        )
        one = func.coalesce(state.state, 0)
        return query.where(_asked_of(people.c.group_code, basis, item), _item_is(one, filters.state))
    return query.where(_all_are(people, basis, filters.state))


def _item(basis: Basis, code: str) -> Item | None:
    if not code:
        return None
    for item in basis.items:
        if item.code == code:
            return item
    raise UnknownFilter("ไม่มีรายการสมรรถนะตามที่เลือก")


def _group_is(people: Any, group: str) -> ColumnElement[bool]:
    if not group:
        return people.group_code.is_not(None)  # type: ignore[no-any-return]
    if group == UNCLASSIFIED:
        return people.classified == 0  # type: ignore[no-any-return]
    if group == OUTSIDE:
        return people.group_code.is_(None) & (people.classified == 1)  # type: ignore[no-any-return]
    if group in GROUPS:
        return people.group_code == group  # type: ignore[no-any-return]
    raise UnknownFilter("ไม่มีกลุ่มตามที่เลือก: เลือกได้ M A S T ยังไม่จัดกลุ่ม หรือนอกกรอบแนวทาง")


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise UnknownFilter("ไม่มีสถานะตามที่เลือก") from None


def _asked_of(group_code: ColumnElement[str], basis: Basis, item: Item) -> ColumnElement[bool]:
    groups = [group for group, ids in basis.required.items() if item.id in ids]
    return group_code.in_(groups) if groups else false()


def _item_is(state: ColumnElement[int], wanted: str) -> ColumnElement[bool]:
    match _state(wanted):
        case State.COMPLETE:
            return state == 2
        case State.NOT_FINISHED:
            return state != 2
        case State.IN_PROGRESS:
            return state == 1
        case State.NOT_STARTED:
            return state == 0


def _all_are(people: FromClause, basis: Basis, wanted: str) -> ColumnElement[bool]:
    required = _number_required(people.c.group_code, basis)
    complete, begun = number_in(people, basis, 2), number_in(people, basis, 1, 2)
    match _state(wanted):
        case State.COMPLETE:
            return (complete >= required) & (required > 0)
        case State.NOT_FINISHED:
            return complete < required
        case State.IN_PROGRESS:
            return (complete < required) & (begun > 0)
        case State.NOT_STARTED:
            return begun == 0


def _number_required(group_code: ColumnElement[str], basis: Basis) -> ColumnElement[int]:
    numbers = [(group_code == group, len(ids)) for group, ids in sorted(basis.required.items())]
    return case(*numbers, else_=0) if numbers else literal(0)
