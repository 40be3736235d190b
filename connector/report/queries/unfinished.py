"""Who has not finished what, school by school: to chase people with."""

from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from connector.reminders.addresses import addresses_of
from connector.report.queries.basis import Basis
from connector.report.queries.people import Person, read_people
from connector.report.queries.people_filters import Filters, State, item_of
from connector.report.queries.people_orders import Orders

PAGE = 500
"""People; a message in a chat has no room for more."""


class Chased(BaseModel):
    """Filters as they stand in the address; empty means no filter. As in `Filters`."""

    model_config = ConfigDict(frozen=True)

    school: str = ""
    own: Literal["", "1"] = ""
    group: str = ""
    item: str = ""
    page: int = Field(default=1, ge=1, le=10_000)

    def at(self, page: int) -> "Chased":
        """The same filters on another page."""
        return self.model_copy(update={"page": page})

    def as_query(self) -> dict[str, str]:
        """What the address says of them."""
        return {name: str(value) for name, value in self.model_dump().items() if value}

    def filters(self) -> Filters:
        """Of the list of people."""
        return Filters(**self.model_dump(), state=State.NOT_FINISHED, sort="school")


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Somebody, and the codes of the items still to be finished. `every`: all that are asked of them."""

    person: Person
    missing: tuple[str, ...]
    every: bool


@dataclass(frozen=True, slots=True)
class School:
    """A school, or an office with people of its own."""

    uid: str
    name: str
    people: tuple[Unfinished, ...]


@dataclass(frozen=True, slots=True)
class Chase:
    """A page of the list; `addresses` of those on it who have one of their own, each once."""

    schools: tuple[School, ...]
    addresses: tuple[str, ...]
    total: int
    page: int
    pages: int

    @property
    def shown(self) -> int:
        """How many people are on this page."""
        return sum(len(school.people) for school in self.schools)


def read_unfinished(conn: Connection, basis: Basis, chased: Chased, orders: Orders | None = None) -> Chase:
    """The page asked for, in the order of schools and names. Raises NamesHidden, UnknownFilter."""
    people = read_people(conn, basis, chased.filters(), "", orders, PAGE)
    item = item_of(basis, chased.item)
    wanted = None if item is None else item.code
    schools = tuple(
        School(uid, name, tuple(_unfinished(basis, one, wanted) for one in those))
        for (uid, name), those in groupby(people.rows, lambda one: (one.unit_uid, one.unit_name))
    )
    addresses = addresses_of(conn, [one.id for one in people.rows])
    return Chase(schools, tuple(sorted(set(addresses.values()))), people.total, people.page, people.pages)


def missing_of(basis: Basis, one: Person) -> tuple[str, ...]:
    """The codes of the items asked of somebody that they have not finished."""
    required = basis.required_of(one.group)
    states = zip(basis.items, one.states, strict=True)
    return tuple(item.code for item, state in states if item.id in required and state != 2)


def _unfinished(basis: Basis, one: Person, wanted: str | None) -> Unfinished:
    missing = missing_of(basis, one)
    return Unfinished(one, missing if wanted is None else (wanted,), len(missing) == one.required)
