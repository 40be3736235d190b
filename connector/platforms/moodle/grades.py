"""Final grades of courses, as a share of what could be had.

One learner's grade is one call, and so are all grades of a course: where more than one is wanted, the
course is asked whole, once a pass (2,000 learners and 12 activities: 4 MB, and ten seconds or more of
Moodle's time); where that is too much for the site, one by one.
"""

from collections.abc import Collection, Mapping
from typing import Any

import structlog

from connector.platforms import PlatformError
from connector.platforms.http import ATTEMPTS
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.courses import Row, in_course
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import GRADES

EVERYBODY = 0

# Grades are worth having, and no reason to do without completions: `thaksa platform check` says what lacks.
_HIDDEN = {"nopermissions", "nopermissiontoviewgrades"}
_GONE = {"usernotenroled", "userdeleted", "invaliduser"}

log = structlog.get_logger()


class Grades:
    """The grades of a site during one pass."""

    def __init__(self, client: Client, *, told: bool) -> None:
        """`told` False: the site offers none, or none are wanted."""
        self._client = client
        self._told = told
        self._whole: dict[int, Mapping[int, float] | None] = {}
        self._one: set[int] = set()

    def of(self, course: Row, users: Collection[int]) -> Mapping[int, float]:
        """By user id; who has no grade is absent."""
        number = int(course["id"])
        if not self._told or not users:
            return {}
        if len(users) == 1 and number not in self._one and number not in self._whole:
            self._one.add(number)
            return self._each(course, users)
        if number not in self._whole:
            self._whole[number] = self._everybody(course)
        whole = self._whole[number]
        return self._each(course, users) if whole is None else whole

    def _everybody(self, course: Row) -> Mapping[int, float] | None:
        """None where that is more than the site can do."""
        try:
            return self._read(course, EVERYBODY, attempts=1)
        except MoodleError:
            raise
        except PlatformError as error:
            if error.permanent:
                raise
            log.warning("moodle grades are asked one by one", course=course["id"])
            return None

    def _each(self, course: Row, users: Collection[int]) -> Mapping[int, float]:
        found: dict[int, float] = {}
        for one in self._client.at_once(lambda user: self._read(course, user), users):
            found |= one
        return found

    def _read(self, course: Row, user: int, attempts: int = ATTEMPTS) -> Mapping[int, float]:
        try:
            answer = self._client.call(
                GRADES, courseid=course["id"], userid=user, object_hook=_course_item, attempts=attempts
            )
        except MoodleError as error:
            if error.code in _HIDDEN:
                log.warning("moodle grades are hidden", course=course["id"], code=error.code)
            elif error.code not in _GONE:
                raise in_course(error, course) from error
            return {}
        shares = {int(row["userid"]): _share(row["gradeitems"]) for row in answer["usergrades"]}
        return {user: share for user, share in shares.items() if share is not None}


def _course_item(found: dict[str, Any]) -> dict[str, Any] | None:
    """Of a learner's grades only the course's own is kept while the answer is read."""
    return None if found.get("itemtype", "course") != "course" else found


def _share(items: Collection[Row | None]) -> float | None:
    item = next((item for item in items if item is not None), None)
    if item is None or item["graderaw"] is None or item.get("gradeishidden"):
        return None
    return share(item["graderaw"], item["grademin"], item["grademax"])


def share(grade: float, least: float, most: float) -> float | None:
    """A grade from 0 to 1; a bonus counts for no more than everything. None where nothing could be had."""
    if most <= least:
        return None
    return min(1.0, max(0.0, (float(grade) - least) / (most - least)))
