"""Grades of a course, and what is said of them. Grades are of active enrolments alone.

A grade that is no pass is no pass yet. It is taken for "not completed" only after the platform said that the
course was passed, as after a grade was corrected.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from connector.completion import Course, Fact, Learner, Observation
from connector.platforms import State
from connector.platforms.openedx.client import Row


class Grade(NamedTuple):
    """A learner's standing in a course; `share` 0..1, None where it is not told."""

    username: str
    email: str
    passed: bool
    share: float | None


def grade_of(row: Row) -> Grade:
    """As the platform tells it; a bonus counts for no more than everything."""
    percent = row.get("percent")
    share = None if percent is None else min(1.0, max(0.0, float(percent)))
    return Grade(str(row["username"]), str(row.get("email") or ""), bool(row["passed"]), share)


def needs_time(grade: Grade, was: State | None, *, full: bool) -> bool:
    """Whether the time of a pass is to be read: of a new one, and of all where all is asked."""
    return grade.passed and (full or was is None or was.fact is not Fact.COMPLETED)


def facts(
    course: Course,
    learner: Learner,
    grade: Grade | None,
    since: datetime | None,
    passed: datetime | None,
    was: State | None,
) -> Iterator[Observation]:
    """What is said of an active enrolment; `passed`: when, None where unknown or not read."""
    yield Observation(course, learner, Fact.ENROLLED, at=since)
    if grade is None:
        return
    if grade.passed:
        yield Observation(course, learner, Fact.COMPLETED, at=passed, grade=grade.share)
    elif was is not None and was.fact is Fact.COMPLETED:
        yield Observation(course, learner, Fact.NOT_COMPLETED)


def by_course(seen: Mapping[tuple[str, str], State], course_id: str) -> Mapping[str, State]:
    """States in one course, by account name."""
    return {account: state for (account, course), state in seen.items() if course == course_id}
