"""A pass over a site by core web services alone: every learner is asked for.

One call a learner tells enrolment, progress and completion in all courses. `completed` null and a course
that is missing from the list are not observable: completion tracking is off, the enrolment is suspended
or over, or the account lacks a capability. Of the first nothing is said, the second is unseen.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, partial

from connector.completion import Course, Learner, Observation
from connector.platforms import Asked, Cursor
from connector.platforms.moodle.activities import Parts, activity_fact
from connector.platforms.moodle.badges import badge_fact, site_course
from connector.platforms.moodle.completions import Standing, facts, read_standings
from connector.platforms.moodle.courses import Courses, read_courses
from connector.platforms.moodle.details import DetailReader, Details
from connector.platforms.moodle.learners import read_learners
from connector.platforms.moodle.site import Site
from connector.platforms.moodle.unseen import by_account, in_scope, unseen
from connector.platforms.moodle.visible import Visible

LEARNERS_A_PAGE = 100


def sweep(site: Site, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
    """Learners by ascending user id, a cursor after each hundred; resumes after the last one read.

    The state of a cursor is that user's id. Who was seen and is listed no longer has a place in the order.
    """
    after = int(cursor.state) if cursor and cursor.state and cursor.state.isdigit() else 0
    courses = read_courses(site.client, site.home_page, asked.courses)
    learners = read_learners(site.client, courses, site.accounts)
    everybody = sorted(learners.keys() | _gone(asked, courses, learners))
    waiting = [user for user in everybody if user > after]
    reader = _Sweep(site, asked, courses, learners)
    done = len(everybody) - len(waiting)
    for start in range(0, len(waiting), LEARNERS_A_PAGE):
        page = waiting[start : start + LEARNERS_A_PAGE]
        yield from reader.page(page)
        done += len(page)
        yield Cursor(str(page[-1]) if done < len(everybody) else None, done, len(everybody))
    reader.visible.check()
    if not waiting:
        yield Cursor(None, done, len(everybody))


def _gone(asked: Asked, courses: Courses, learners: Collection[int]) -> set[int]:
    """Accounts that were shown in one of the courses, and are listed in none of them now."""
    names = [name for name in asked.seen.accounts() if name.isdigit() and int(name) not in learners]
    if not asked.courses:
        return {int(name) for name in names}
    found: set[int] = set()
    for start in range(0, len(names), LEARNERS_A_PAGE):
        pairs = asked.seen.of(names[start : start + LEARNERS_A_PAGE])
        found |= {int(name) for name, course in pairs if in_scope(course, asked, courses)}
    return found


class _Sweep:
    """Reads the pages of one pass."""

    def __init__(self, site: Site, asked: Asked, courses: Courses, learners: Mapping[int, Learner]) -> None:
        self.visible = Visible(site.client, courses)
        self._site = site
        self._asked = asked
        self._courses = courses
        self._learners = learners
        self._details = DetailReader(site, courses, full=asked.full)
        self._parts = Parts(site.client, site.home_page)

    def page(self, users: Sequence[int]) -> Iterator[Observation]:
        """Everything said of these users, in their order."""
        seen = self._asked.seen.of([str(user) for user in users])
        was = by_account(seen)
        standings = self._standings(users)
        details = self._details.read(standings, seen)
        absence_tells = bool(was) and self.visible.absence_tells()
        for user in users:
            told = standings.get(user, ())
            learner = self._learners.get(user) or self._site.accounts.bare(str(user))
            yield from self._said(user, learner, told, details)
            if absence_tells:
                shown = {standing.course for standing in told}
                yield from unseen(learner, was.get(str(user), {}), shown, self._asked, self._courses)

    def _standings(self, users: Sequence[int]) -> Mapping[int, Sequence[Standing]]:
        listed = [user for user in users if user in self._learners]
        answers = self._site.client.at_once(partial(read_standings, self._site.client), listed)
        standings = dict(zip(listed, answers, strict=True))
        for standing in (standing for told in standings.values() for standing in told):
            self._courses.note(standing.course, standing.idnumber)
        self.visible.count(standings)
        return standings

    def _said(
        self, user: int, learner: Learner, told: Sequence[Standing], details: Details
    ) -> Iterator[Observation]:
        for standing in told:
            if standing.course not in self._courses:
                continue
            course, key = self._courses.course(standing.course), (user, standing.course)
            yield from facts(course, learner, standing, details.times.get(key), details.grades.get(key))
            for state in details.activities.get(key, ()):
                part = self._parts.part(self._courses.row(standing.course), state.number, state.module)
                yield activity_fact(course, learner, part, complete=state.complete, at=state.at)
        for badge in details.badges.get(user, ()):
            yield badge_fact(self._courses, self._site_course, learner, badge)

    @cached_property
    def _site_course(self) -> Course:
        return site_course(self._site.home_page, self._site.name)
