"""How a learner stands in each course, and since when: enrolment, progress, completion."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from connector.completion import Course, Fact, Learner, Observation
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.courses import Row, in_course
from connector.platforms.moodle.errors import MoodleError
from connector.platforms.moodle.functions import COURSE_STATUS, USERS_COURSES

ALL_CRITERIA = 1

# The learner left, or the criteria were removed, between two calls: the time cannot be had.
_TIME_UNKNOWN = {"nocriteriaset", "usernotenroled", "userdeleted", "invaliduser"}


@dataclass(frozen=True, slots=True)
class Standing:
    """A learner in a course. `completed` None: not observable; `progress`: 0..1, None if unknown."""

    course: int
    idnumber: str
    completed: bool | None
    has_criteria: bool
    progress: float | None
    last_access: datetime | None


def read_standings(client: Client, user: int) -> list[Standing]:
    """All courses in which the learner is actively enrolled, by id: one call.

    Suspended and ended enrolments are left out, and hidden courses: Moodle tells those to teachers alone.
    """
    # Counting every course's participants is most of the cost of this call.
    rows = client.call(USERS_COURSES, userid=user, returnusercount=False)
    shown = (_standing(row) for row in rows if row.get("visible", 1))
    return sorted(shown, key=lambda standing: standing.course)


def _standing(row: Row) -> Standing:
    completed, progress = row.get("completed"), row.get("progress")
    return Standing(
        course=int(row["id"]),
        # Always told here; the list of courses tells it only to those who may edit the course.
        idnumber=str(row.get("idnumber") or ""),
        completed=None if completed is None else bool(completed),
        has_criteria=bool(row.get("completionhascriteria")),
        progress=None if progress is None else float(progress) / 100,
        last_access=moment(row.get("lastaccess")),
    )


def completed_at(client: Client, user: int, course: Row) -> datetime | None:
    """When the criteria were met, for Moodle's core tells no time of the course itself; None: unknown."""
    try:
        answer = client.call(COURSE_STATUS, courseid=course["id"], userid=user)
    except MoodleError as error:
        if error.code in _TIME_UNKNOWN:
            return None
        raise in_course(error, course) from error
    status = answer["completionstatus"]
    times = [item["timecompleted"] for item in status["completions"] if item["timecompleted"]]
    if not times:
        return None
    # Exact where all criteria are needed; where any one is enough, the first one completed.
    return moment(max(times) if status["aggregation"] == ALL_CRITERIA else min(times))


def facts(
    course: Course, learner: Learner, standing: Standing, at: datetime | None, grade: float | None
) -> Iterator[Observation]:
    """What is said of it; `at` and `grade` are those of a completion. Nothing where nothing can be seen."""
    if standing.completed is None:
        return
    progress = standing.progress
    yield Observation(course, learner, Fact.ENROLLED, progress=progress)
    if standing.completed:
        yield Observation(course, learner, Fact.COMPLETED, at=at, progress=progress, grade=grade)
        return
    if progress:
        yield Observation(course, learner, Fact.IN_PROGRESS, at=standing.last_access, progress=progress)
    # Without criteria a course cannot be completed: its "false" says nothing.
    if standing.has_criteria:
        yield Observation(course, learner, Fact.NOT_COMPLETED)


def moment(seconds: int | None) -> datetime | None:
    """Moodle's time, epoch seconds; 0 and null are never."""
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
