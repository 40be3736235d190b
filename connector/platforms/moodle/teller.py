"""Says what the companion plugin tells: rows, states of activities, badges."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cached_property, partial

from connector.completion import Course, Fact, Learner, Observation
from connector.platforms import State
from connector.platforms.moodle.activities import COMPLETE, Parts, activity_fact, activity_part
from connector.platforms.moodle.badges import badge_fact, read_badges, site_course
from connector.platforms.moodle.completions import facts, moment
from connector.platforms.moodle.courses import Courses, Row
from connector.platforms.moodle.feed import completed_at, grade, is_shown, read_feed, standing
from connector.platforms.moodle.site import Site


class Teller:
    """`told`: user ids of all rows, by course.

    `whole`: (user id, number) of all states of activities, of courses that are listed whole.
    """

    def __init__(self, site: Site, courses: Courses) -> None:
        self.told: dict[int, set[int]] = defaultdict(set)
        self.whole: dict[int, set[tuple[int, int]]] = {}
        self._site = site
        self._courses = courses
        self._learners: dict[int, Learner] = {}
        self._tracked: dict[int, set[int]] = defaultdict(set)
        self._with_badges: set[int] = set()

    def learn(self, page: Row) -> None:
        """The courses and accounts that a page of changes mentions."""
        self._courses.add(page["courses"])
        for user in page["users"]:
            if not user["deleted"]:
                self._learners[int(user["id"])] = self._site.accounts.learner(user)

    def row(self, row: Row, was: State | None) -> Iterator[Observation]:
        """A learner in a course; `was`: what was said of it before."""
        user, number = int(row["userid"]), int(row["courseid"])
        self.told[number].add(user)
        if is_shown(row, self._courses):
            if row["tracked"]:
                self._tracked[number].add(user)
            course, now = self._courses.course(number), standing(row, self._courses.row(number))
            told_grade = grade(row) if self._site.reading.grades else None
            yield from facts(course, self._learners[user], now, completed_at(row), told_grade)
        elif was is not None and was.fact is not Fact.UNSEEN:
            course = self._courses.bare(str(number))
            yield Observation(course, self._site.accounts.bare(str(user)), Fact.UNSEEN)

    def activities(self, page: Row) -> Iterator[Observation]:
        """Of learners of whom a row was told."""
        modules = {int(module["cmid"]): module for module in page["modules"]}
        for entry in page["activities"]:
            user, number, cmid = int(entry["userid"]), int(entry["courseid"]), int(entry["cmid"])
            if number in self.whole:
                self.whole[number].add((user, cmid))
            if user in self._tracked.get(number, ()):
                module = modules[cmid]
                part = activity_part(self._site.home_page, cmid, str(module["modname"]), str(module["name"]))
                course, learner = self._courses.course(number), self._learners[user]
                complete, at = entry["state"] in COMPLETE, moment(entry["timemodified"])
                yield activity_fact(course, learner, part, complete=complete, at=at)

    def without_state(self, number: int, parts: Parts) -> Iterator[Observation]:
        """What learners have not completed in a course that was listed whole: a reset leaves no state."""
        course = self._courses.course(number)
        for user in sorted(self._tracked.get(number, ())):
            for part in parts.tracked(self._courses.row(number)):
                if (user, int(part.external_id)) not in self.whole[number]:
                    yield activity_fact(course, self._learners[user], part, complete=False, at=None)

    def badges(self, rows: Sequence[Row]) -> Iterator[Observation]:
        """Of learners who are shown in these rows, once a pass, where badges are wanted."""
        if not self._site.reading.badges:
            return
        shown = {int(row["userid"]) for row in rows if is_shown(row, self._courses)}
        users = sorted(shown - self._with_badges)
        self._with_badges |= shown
        answers = self._site.client.at_once(partial(read_badges, self._site.client), users)
        for user, badges in zip(users, answers, strict=True):
            for badge in badges:
                yield badge_fact(self._courses, self._site_course, self._learners[user], badge)

    def untold(self) -> list[int]:
        """Accounts that changed, and of whom there was no row."""
        return sorted(self._learners.keys() - set().union(*self.told.values()))

    def name(self, user: int, number: int) -> Iterator[Observation]:
        """The account as it is now, by a fact that is known: it is in the course."""
        if number not in self._courses:
            self.learn(next(read_feed(self._site.client, 0, [number], activities=False, limit=1)))
        if number in self._courses:
            yield Observation(self._courses.course(number), self._learners[user], Fact.ENROLLED)

    @cached_property
    def _site_course(self) -> Course:
        return site_course(self._site.home_page, self._site.name)
