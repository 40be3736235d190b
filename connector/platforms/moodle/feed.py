"""What the companion plugin tells: pages of changes, and rows as standings."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from connector.platforms.moodle.client import Client
from connector.platforms.moodle.completions import Standing, moment
from connector.platforms.moodle.courses import Courses, Row
from connector.platforms.moodle.functions import CHANGES
from connector.platforms.moodle.grades import share

ENTRIES_A_CALL = 5000
ACTIVE = "active"


def read_feed(
    client: Client, since: int, courses: Sequence[int], *, activities: bool, limit: int = ENTRIES_A_CALL
) -> Iterator[Row]:
    """Pages of changes since a moment; since 0, of everything. No courses named: all of them."""
    asked: dict[str, Any] = {"courseids": list(courses)} if courses else {}
    after = ""
    while True:
        page: Row = client.call(
            CHANGES, since=since, after=after, limit=limit, include={"activities": activities}, **asked
        )
        yield page
        after = str(page["next"])
        if not after:
            return


def is_shown(row: Row, courses: Courses) -> bool:
    """Whether core functions would tell of it: the course is visible, and an enrolment is active."""
    return bool(row["status"] == ACTIVE and courses.row(int(row["courseid"]))["visible"])


def standing(row: Row, course: Row) -> Standing:
    """A row of an active enrolment."""
    progress = row["progress"]
    return Standing(
        course=int(row["courseid"]),
        idnumber=str(course["idnumber"]),
        completed=bool(row["completed"]),
        has_criteria=bool(course["hascriteria"]),
        progress=None if progress is None else float(progress) / 100,
        last_access=moment(row["lastaccess"]),
    )


def completed_at(row: Row) -> datetime | None:
    """When the course was completed."""
    return moment(row["timecompleted"])


def grade(row: Row) -> float | None:
    """The final grade, from 0 to 1; None where there is none or it is hidden from learners."""
    if row["grade"] is None:
        return None
    return share(row["grade"], row["grademin"], row["grademax"])
