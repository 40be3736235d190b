"""A pass over a site: its courses by id, in each the grades by the platform's own cursor.

Nothing tells what has changed: all grades are read each time, and certificates only of new passes. Whoever is
enrolled and has no grade is told last; whoever was shown in a course and is enrolled no more is unseen.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl

from connector.completion import Course, Observation
from connector.platforms import Asked, Cursor, Reading, State
from connector.platforms.openedx.calls import GRADES
from connector.platforms.openedx.certificates import passed_at
from connector.platforms.openedx.client import Client
from connector.platforms.openedx.courses import read_courses
from connector.platforms.openedx.enrolments import Enrolments, read_enrolments
from connector.platforms.openedx.grades import Grade, by_course, facts, grade_of, needs_time
from connector.platforms.openedx.learners import USERNAMES_A_CALL, read_learners
from connector.platforms.openedx.unseen import Shown

_BEHIND = "!"
_ALL_READ = "~"
# States are compared with ids of courses: the first sorts before what may follow in an id, so that "id!" is
# right behind that course; the second sorts after every id.


def sweep(
    client: Client, home_page: str, reading: Reading, cursor: Cursor | None, asked: Asked
) -> Iterator[Observation | Cursor]:
    """The state of a cursor is the course to go on with, and after a space the query of its next grades.

    A cursor's total is of what is known so far: a course tells its learners when it is reached.
    """
    state = cursor.state if cursor and cursor.state else ""
    first, _, query = state.partition(" ")
    courses = read_courses(client, home_page, asked.courses)
    reader = _Sweep(client, home_page, reading, asked)
    for number in courses:
        if number >= first:
            yield from reader.course(courses[number], query if number == first else "")
    yield from reader.shown.unseen(_ALL_READ, reader.done)
    yield Cursor(None, reader.done, reader.done)


class _Sweep:
    """Reads the courses of one pass. `done`: enrolments that were told."""

    def __init__(self, client: Client, home_page: str, reading: Reading, asked: Asked) -> None:
        self.done = 0
        self.shown = Shown(home_page, asked)
        self._client = client
        self._home_page = home_page
        self._reading = reading
        self._asked = asked

    def course(self, course: Course, query: str) -> Iterator[Observation | Cursor]:
        """A course from its grades' `query` on, from the start where that is empty."""
        number = course.external_id
        enrolments = read_enrolments(self._client, number)
        total, left = self.done + len(enrolments.active), dict.fromkeys(enrolments.active)
        for page in self._client.pages(GRADES, dict(parse_qsl(query)), course=number):
            with self._client.understanding(GRADES, number):
                grades = [self._grade(grade_of(row)) for row in page.rows]
            yield from self._page(course, enrolments, [one.username for one in grades], grades)
            for grade in grades:
                left.pop(grade.username, None)
            if page.following:
                yield Cursor(f"{number} {page.following}", self.done, max(total, self.done))
        yield from self._without_grades(course, enrolments, list(left))
        if enrolments.tells and not query:
            self.shown.whole(number)
        yield Cursor(f"{number}{_BEHIND}", self.done, self.done)

    def _grade(self, grade: Grade) -> Grade:
        return grade if self._reading.grades else grade._replace(share=None)

    def _without_grades(
        self, course: Course, enrolments: Enrolments, usernames: Sequence[str]
    ) -> Iterator[Observation]:
        for start in range(0, len(usernames), USERNAMES_A_CALL):
            yield from self._page(course, enrolments, usernames[start : start + USERNAMES_A_CALL], ())

    def _page(
        self, course: Course, enrolments: Enrolments, usernames: Sequence[str], grades: Collection[Grade]
    ) -> Iterator[Observation]:
        """What is said of these learners, in their order."""
        learners = read_learners(self._client, self._home_page, usernames)
        names = [one.account_name for one in learners.values()]
        was = by_course(self._asked.seen.of(names), course.external_id)
        graded = {one.username: one for one in grades}
        known = {username: was.get(one.account_name) for username, one in learners.items()}
        times = self._times(course, graded, known)
        for username in usernames:
            if (learner := learners.get(username)) is None:
                continue
            grade, since = graded.get(username), enrolments.active.get(username)
            if grade and not learner.email:
                learner = replace(learner, email=grade.email)
            self.shown.add(course.external_id, learner.account_name)
            self.done += 1
            yield from facts(course, learner, grade, since, times.get(username), known[username])

    def _times(
        self, course: Course, grades: Mapping[str, Grade], known: Mapping[str, State | None]
    ) -> Mapping[str, datetime | None]:
        """When passes were, of those whose time is to be read."""
        new = [
            username
            for username, was in known.items()
            if username in grades and needs_time(grades[username], was, full=self._asked.full)
        ]
        read = self._client.at_once(lambda one: passed_at(self._client, one, course.external_id), new)
        return dict(zip(new, read, strict=True))
