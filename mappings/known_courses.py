"""Which course of the mappings is meant, and the activity that stands for it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, exists, insert, or_, select

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day
from mappings.stale import mark_courses
from mappings.tables import course, course_alias
from mappings.thai_text import normalise
from mappings.vocabulary import own_activity

_OWN = "courses"


class KnownCourse(NamedTuple):
    """`activity_iri`: the one that stands for it on the platform asked about, or one of ours."""

    id: int
    code: str
    title: str
    activity_iri: str


class _Alias(NamedTuple):
    course_id: int
    activity_iri: str
    label: str


class Courses:
    """The courses under all names that they have today."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        day = bangkok_day(now)
        c = course_alias.c
        aliases = conn.execute(
            select(c.course_id, c.activity_iri, c.label)
            .where(c.ended_at.is_(None), c.valid_from <= day, or_(c.valid_to.is_(None), c.valid_to >= day))
            .order_by(c.id)
        )
        self._aliases: dict[int, list[_Alias]] = defaultdict(list)
        self._named: dict[str, set[int]] = defaultdict(set)
        self.titles: dict[int, tuple[str, str]] = {}
        for row in conn.execute(select(course.c.id, course.c.code, course.c.title_th)):
            self.titles[row.id] = (row.code, row.title_th)
            for name in (row.code, row.title_th):
                self._named[_key(name)].add(row.id)
        for alias in (_Alias(row.course_id, row.activity_iri or "", row.label) for row in aliases):
            self._aliases[alias.course_id].append(alias)
            for name in (alias.activity_iri, alias.label):
                self._named[_key(name)].add(alias.course_id)

    def find(self, name: str, home_page: str = "") -> KnownCourse | str:
        """The course of this label, code, title or activity IRI; or why it is none.

        The activity is that of the platform `home_page`; where it has none there, one of ours.
        """
        found = self._named.get(_key(name), set())
        if not found:
            return "no course of the mappings has this label, code or activity"
        if len(found) > 1:
            return "several courses of the mappings are called so: write the course's code or its activity"
        (course_id,) = found
        return self.of(course_id, home_page, name)

    def of(self, course_id: int, home_page: str = "", name: str = "") -> KnownCourse:
        """A course by its id."""
        code, title = self.titles[course_id]
        return KnownCourse(course_id, code, title, self._activity(course_id, code, home_page, name))

    def _activity(self, course_id: int, code: str, home_page: str, name: str) -> str:
        known = [one for one in self._aliases.get(course_id, []) if one.activity_iri]
        if home_page:
            known = [one for one in known if _lies_on(one.activity_iri, home_page)]
        meant = [one for one in known if _key(name) in (_key(one.activity_iri), _key(one.label))]
        return next((one.activity_iri for one in [*meant, *known]), own_activity(_OWN, code))


def add_own_activities(conn: Connection, courses: Collection[KnownCourse], now: datetime, by: str) -> None:
    """Let our own activities stand for their courses, where that is what statements are about."""
    for one in sorted(set(courses)):
        iri = own_activity(_OWN, one.code)
        if one.activity_iri != iri or _stands(conn, one.id, iri):
            continue
        first = bangkok_day(now).replace(month=1, day=1, year=2000)
        values = {"course_id": one.id, "activity_iri": iri, "label": one.code, "valid_from": first}
        conn.execute(insert(course_alias).values(**values, recorded_at=to_micros(now), recorded_by=by))
        log_changes(conn, [Change("add", "course_alias", one.code, one.code)], now, by)
        mark_courses(conn, [one.id])


def _stands(conn: Connection, course_id: int, iri: str) -> bool:
    there = exists().where(course_alias.c.course_id == course_id, course_alias.c.activity_iri == iri)
    return bool(conn.execute(select(there)).scalar_one())


def _lies_on(iri: str, home_page: str) -> bool:
    return iri.startswith(f"{home_page.rstrip('/')}/")


def _key(name: str) -> str:
    return normalise(name).casefold()


__all__: Sequence[str] = ["Courses", "KnownCourse", "add_own_activities"]
