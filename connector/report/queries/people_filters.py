"""Whom a list of people asks for, and in which order (SELECTs)."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, FromClause, Select, and_, case, false, func, literal, or_, select

from connector.report.errors import NamesHidden, UnknownFilter
from connector.report.queries.basis import Basis, Item
from connector.report.queries.members import members, number_in
from connector.report.thai import GROUPS
from mappings.honorifics import split_honorific
from mappings.tables import person, unit

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

    `own` "1": only the people of that unit itself, not of the units below it. `search`: stands for the words
    searched for, which are no matter of an address (`people_searches`).
    """

    model_config = ConfigDict(frozen=True)

    school: str = ""
    own: Literal["", "1"] = ""
    group: str = ""
    item: str = ""
    state: str = ""
    search: str = Field(default="", max_length=64)
    sort: Literal["", "school", "fewest", "most"] = ""
    page: int = Field(default=1, ge=1, le=100_000)

    def at(self, page: int) -> "Filters":
        """The same filters on another page."""
        return self.model_copy(update={"page": page})

    def as_query(self) -> dict[str, str]:
        """What the address says of them."""
        return {name: str(value) for name, value in self.model_dump().items() if value}

    def lasting(self) -> dict[str, str]:
        """What an address says that is kept for later: a search is forgotten after hours."""
        return {name: value for name, value in self.as_query().items() if name != "search"}


def lines_of(people: FromClause) -> Select[Any]:
    """What a list says of each of `members`, beside the states."""
    names = (person.c.id, person.c.uuid, person.c.prefix_th, person.c.given_name, person.c.family_name)
    posts = (people.c.position_th, people.c.rank_th, people.c.group_code, people.c.classified)
    return (
        select(*names, *posts, unit.c.uid.label("unit_uid"), unit.c.name_th.label("unit_name"))
        .select_from(people)
        .join(person, person.c.id == people.c.person_id)
        .join(unit, unit.c.id == people.c.unit_id)
    )


def listed(basis: Basis, filters: Filters, words: str = "") -> Select[Any]:
    """Everybody whom the filters mean, in the order asked for, as `lines_of` says. Raises NamesHidden.

    `words`: each stands in the given or the family name; honorifics do not count.
    """
    if not basis.scope.names:
        raise NamesHidden
    item = item_of(basis, filters.item)
    people = members(basis.scope.unit_id, basis.as_of, basis.known)
    query = (
        lines_of(people)
        .where(_group_is(people.c, filters.group), *_named(words))
        .order_by(*_order(people, basis, filters.sort), person.c.sort_key, person.c.id)
    )
    if filters.own:
        query = query.where(people.c.unit_id == basis.unit.id)
    if not filters.state:
        return query
    if item is None:
        return query.where(_all_are(people, basis, filters.state))
    states = basis.states
    state = states.c
    query = query.outerjoin(
        states, and_(state.person_id == people.c.person_id, state.competency_id == item.id)
    )
    one = func.coalesce(state.state, 0)
    return query.where(_asked_of(people.c.group_code, basis, item), _item_is(one, filters.state))


def item_of(basis: Basis, code: str) -> Item | None:
    """The framework's item of this code; None for no code. Raises UnknownFilter."""
    if not code:
        return None
    for item in basis.items:
        if item.code == code:
            return item
    raise UnknownFilter("ไม่มีรายการสมรรถนะตามที่เลือก")


def _named(words: str) -> list[ColumnElement[bool]]:
    c = person.c
    return [
        or_(c.given_name.contains(word, autoescape=True), c.family_name.contains(word, autoescape=True))
        for word in split_honorific(words)[1].split()
    ]


def _order(people: FromClause, basis: Basis, sort: str) -> list[ColumnElement[Any]]:
    if sort == "school":
        return [unit.c.sort_key, unit.c.id]
    complete = number_in(people, basis, 2)
    orders: dict[str, list[ColumnElement[Any]]] = {"fewest": [complete], "most": [complete.desc()]}
    return orders.get(sort, [])


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
