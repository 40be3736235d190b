"""The words that platforms, imports and statements share: course, learner, observation.

A platform yields explicit facts; what it cannot see it does not say. Pure: no I/O, no database.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Course:
    """A course on one platform. `title` is plain text: entities are decoded at the platform's edge."""

    home_page: str
    external_id: str
    activity_iri: str
    shortname: str
    idnumber: str
    title: str
    language: str


@dataclass(frozen=True, slots=True)
class Learner:
    """An account on one platform. `id_hmac` is the keyed hash of a national id, hex, or None."""

    home_page: str
    account_name: str
    display_name: str
    id_hmac: str | None


class Fact(StrEnum):
    """What a platform can say of a learner in a course."""

    ENROLLED = "enrolled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"


@dataclass(frozen=True, slots=True)
class Observation:
    """One explicit fact. `at` is the platform's time of it (aware, UTC), None where it tells none.

    `progress` is a share 0..1, `grade` a scaled score -1..1; None where unknown.
    """

    course: Course
    learner: Learner
    fact: Fact
    at: datetime | None = None
    progress: float | None = None
    grade: float | None = None
