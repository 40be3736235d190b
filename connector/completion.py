"""The words that platforms, imports and statements share: course, part of a course, learner, observation.

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
class Part:
    """What is completed within a course by itself: an activity (`external_id`: its number), or a badge."""

    external_id: str
    activity_iri: str
    activity_type: str
    title: str


@dataclass(frozen=True, slots=True)
class Learner:
    """An account on one platform, as it is shown there.

    `id_hmac` is the keyed hash of a national id, hex, or None; `id_key` and `id_before` as in
    `mappings.national_ids.IdHash`. `email` and `username` are empty where the
    platform does not tell them; they go into the account's row and nowhere else.
    """

    home_page: str
    account_name: str
    display_name: str
    id_hmac: str | None
    email: str = ""
    username: str = ""
    id_key: str | None = None
    id_before: str | None = None


class Fact(StrEnum):
    """What a platform can say of a learner in a course, or in a part of it."""

    ENROLLED = "enrolled"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    NOT_COMPLETED = "not_completed"
    # The platform shows the learner there no longer: from now on nothing is known, and nothing is taken back.
    # Of the course and the learner only the numbers are told then: names may be empty.
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Observation:
    """One explicit fact. `at` is the platform's time of it (aware, UTC), None where it tells none.

    `progress` is a share 0..1, `grade` a scaled score -1..1; None where unknown, or not read this time: what
    is None never differs from what is held. `part` None: the fact is about the course itself. Parts are
    completed or not completed, and no more.
    """

    course: Course
    learner: Learner
    fact: Fact
    at: datetime | None = None
    progress: float | None = None
    grade: float | None = None
    part: Part | None = None

    @property
    def activity_iri(self) -> str:
        """What the fact is about."""
        return self.course.activity_iri if self.part is None else self.part.activity_iri


@dataclass(frozen=True, slots=True)
class Imported:
    """What a row of a file says that an account completed or attended.

    `kind` is the file's; `title` is empty where the activity is a platform's own, which names it itself;
    `grade` is a scaled score -1..1. `file` is the file's UUID.
    """

    kind: str
    home_page: str
    account_name: str
    verb_iri: str
    activity_iri: str
    activity_type: str
    title: str
    at: datetime
    grade: float | None
    hours: float | None
    file: str
    row: int
