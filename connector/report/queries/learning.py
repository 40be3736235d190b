"""70:20:10 of a person or of a unit: hours and counts a category, each learning event once."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from connector.report.queries.basis import Basis, Category
from connector.report.queries.kept import kept_closing, read_learning
from connector.report.queries.members import members
from lrs.clock import from_micros
from mappings.counted import MILLIONTHS, sample_courses
from mappings.tables import course


@dataclass(frozen=True, slots=True)
class Event:
    """A course that a person has finished. `hours` None: unknown, which is not zero."""

    course_title: str
    category: Category | None
    hours: float | None
    hours_are_sample: bool
    completed_at: datetime


@dataclass(frozen=True, slots=True)
class Share:
    """One category beside its target; `category` None: the mapping names none."""

    category: Category | None
    hours: float
    events: int
    events_without_hours: int
    sample: bool


@dataclass(frozen=True, slots=True)
class Split:
    """The three categories, always all of them, and what has no category."""

    shares: tuple[Share, ...]

    @property
    def hours(self) -> float:
        """All known hours."""
        return sum(one.hours for one in self.shares)

    @property
    def events(self) -> int:
        """All events, those of unknown hours too."""
        return sum(one.events for one in self.shares)

    @property
    def events_without_hours(self) -> int:
        """Events that are counted by number only."""
        return sum(one.events_without_hours for one in self.shares)

    @property
    def sample(self) -> bool:
        """Some hours are made up for the sample, and must be marked so."""
        return any(one.sample for one in self.shares)

    def percent(self, one: Share) -> float:
        """A category's share of the known hours, 0 where none is known."""
        return one.hours * 100 / self.hours if self.hours else 0.0


def read_events(conn: Connection, person_id: int, basis: Basis) -> list[Event]:
    """A person's learning events, the latest first."""
    sample, events = sample_courses(basis.framework_id, basis.as_of, basis.known), basis.events
    e = events.c
    rows = conn.execute(
        select(e.category_id, e.hours, e.completed_at, course.c.title_th, sample.c.is_sample)
        .select_from(events)
        .join(course, course.c.id == e.course_id)
        .outerjoin(sample, sample.c.course_id == e.course_id)
        .where(e.person_id == person_id)
        .order_by(e.completed_at.desc(), e.course_id)
    )
    categories = {one.id: one for one in basis.categories}
    return [
        Event(
            course_title=row.title_th,
            category=categories.get(row.category_id),
            hours=row.hours,
            hours_are_sample=row.hours is not None and bool(row.is_sample),
            completed_at=from_micros(row.completed_at),
        )
        for row in rows
    ]


def split_of(events: Iterable[Event], basis: Basis) -> Split:
    """The split of some events."""
    found = [
        (
            one.category.id if one.category else None,
            one.hours or 0.0,
            1,
            int(one.hours is None),
            int(one.hours_are_sample),
        )
        for one in events
    ]
    return _split(found, basis)


def read_split(conn: Connection, basis: Basis) -> Split:
    """The split of everybody in the denominator of the unit's subtree: from kept counts, where there are."""
    closing = kept_closing(conn, basis)
    if closing is None:
        return compute_split(conn, basis)
    rows = read_learning(conn, closing, basis.scope.unit_id)
    return _split([(category_id, hours / MILLIONTHS, *rest) for category_id, hours, *rest in rows], basis)


def compute_split(conn: Connection, basis: Basis) -> Split:
    """The same, counted now from all people of the unit."""
    people = members(basis.scope.unit_id, basis.as_of, basis.known)
    sample, events = sample_courses(basis.framework_id, basis.as_of, basis.known), basis.events
    e = events.c
    known_sample = case((e.hours.is_(None), 0), else_=func.coalesce(sample.c.is_sample, 0))
    rows = conn.execute(
        select(
            e.category_id,
            func.coalesce(func.sum(e.hours), 0.0),
            func.count(),
            func.sum(case((e.hours.is_(None), 1), else_=0)),
            func.max(known_sample),
        )
        .select_from(events)
        .join(people, people.c.person_id == e.person_id)
        .outerjoin(sample, sample.c.course_id == e.course_id)
        .where(people.c.group_code.is_not(None))
        .group_by(e.category_id)
    )
    return _split([tuple(row) for row in rows], basis)


def _split(found: Iterable[tuple[Any, ...]], basis: Basis) -> Split:
    known = {one.id for one in basis.categories}
    sums: dict[int | None, list[float]] = {}
    for category_id, *numbers in found:
        into = sums.setdefault(category_id if category_id in known else None, [0, 0, 0, 0])
        for index, number in enumerate(numbers):
            into[index] += number
    wanted: list[Category | None] = [*basis.categories, *([None] if None in sums else [])]
    return Split(tuple(_share(one, sums.get(one.id if one else None, [0, 0, 0, 0])) for one in wanted))


def _share(category: Category | None, numbers: list[float]) -> Share:
    hours, events, without, sample = numbers
    return Share(category, float(hours), int(events), int(without), bool(sample))
