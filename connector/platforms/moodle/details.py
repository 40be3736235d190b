"""What is asked beyond standings, as little of it as will do: times and grades of new completions,
activities where progress has moved, badges.

Activities are asked for again only where the progress in the course is not what it was: one that was
completed while another was taken back shows at a full sync.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from math import isclose

from connector.completion import Fact
from connector.platforms import Pair, State
from connector.platforms.moodle.activities import ActivityState, read_activities
from connector.platforms.moodle.badges import read_badges
from connector.platforms.moodle.completions import Standing, completed_at
from connector.platforms.moodle.courses import Courses, Row
from connector.platforms.moodle.functions import GRADES
from connector.platforms.moodle.grades import Grades
from connector.platforms.moodle.site import Site

Key = tuple[int, int]
"""(user id, course id)."""

Standings = Mapping[int, Sequence[Standing]]
"""By user id."""


@dataclass(frozen=True, slots=True)
class Details:
    """Of one page of learners; what was not asked for is absent."""

    times: Mapping[Key, datetime | None]
    grades: Mapping[Key, float]
    activities: Mapping[Key, Sequence[ActivityState]]
    badges: Mapping[int, Sequence[Row]]


class DetailReader:
    """Reads details during one pass; `full`: of everything, not only of what is new."""

    def __init__(self, site: Site, courses: Courses, *, full: bool) -> None:
        self._client = site.client
        self._reading = site.reading
        self._courses = courses
        self._full = full
        self._grades = Grades(site.client, told=site.reading.grades and GRADES in site.offered)

    def read(self, standings: Standings, seen: Mapping[Pair, State]) -> Details:
        """`seen`: what was said of these learners at earlier syncs."""
        states = {
            key: (standing, seen.get((str(key[0]), str(key[1])))) for key, standing in self._keys(standings)
        }
        new = [
            key
            for key, (one, was) in states.items()
            if one.completed and (self._full or not _was_complete(was))
        ]
        moved = [key for key, (one, was) in states.items() if self._full or _has_moved(one, was)]
        return Details(
            times=self._times(new),
            grades=self._graded(new),
            activities=self._activities(moved) if self._reading.activities else {},
            badges=self._badges(standings.keys()) if self._reading.badges else {},
        )

    def _keys(self, standings: Standings) -> Iterator[tuple[Key, Standing]]:
        for user, told in standings.items():
            for standing in told:
                if standing.course in self._courses and standing.completed is not None:
                    yield (user, standing.course), standing

    def _times(self, keys: Sequence[Key]) -> Mapping[Key, datetime | None]:
        def read(key: Key) -> datetime | None:
            return completed_at(self._client, key[0], self._courses.row(key[1]))

        return dict(zip(keys, self._client.at_once(read, keys), strict=True))

    def _graded(self, keys: Sequence[Key]) -> Mapping[Key, float]:
        users: dict[int, list[int]] = defaultdict(list)
        for user, course in keys:
            users[course].append(user)
        shares = {
            course: self._grades.of(self._courses.row(course), users[course]) for course in sorted(users)
        }
        return {(user, course): shares[course][user] for user, course in keys if user in shares[course]}

    def _activities(self, keys: Sequence[Key]) -> Mapping[Key, Sequence[ActivityState]]:
        def read(key: Key) -> Sequence[ActivityState]:
            return read_activities(self._client, key[0], self._courses.row(key[1]))

        return dict(zip(keys, self._client.at_once(read, keys), strict=True))

    def _badges(self, users: Collection[int]) -> Mapping[int, Sequence[Row]]:
        return dict(zip(users, self._client.at_once(partial(read_badges, self._client), users), strict=True))


def _was_complete(was: State | None) -> bool:
    return was is not None and was.fact is Fact.COMPLETED


def _has_moved(standing: Standing, was: State | None) -> bool:
    before = was.progress if was is not None and was.fact is not Fact.UNSEEN else None
    return not isclose(before or 0.0, standing.progress or 0.0, abs_tol=1e-9)
