"""The facts that bear on one person and one competency, as an explanation is told them.

`mappings.explain_rows` reads them, `mappings.explain` holds them against each other.
"""

from dataclasses import dataclass
from datetime import date

from mappings.times import Times


@dataclass(frozen=True, slots=True)
class Span:
    """Valid on these days, both inclusive; known from `recorded_at` on (microseconds)."""

    valid_from: date
    valid_to: date | None
    recorded_at: int

    def holds(self, times: Times) -> bool:
        """Whether it is in force on the day asked, as was known."""
        return self.valid_from <= times.as_of and self.known(times) and not self.over(times)

    def over(self, times: Times) -> bool:
        """Whether its last day lies before the day asked."""
        return self.valid_to is not None and self.valid_to < times.as_of

    def known(self, times: Times) -> bool:
        """Whether it was recorded by the time of knowledge."""
        return self.recorded_at <= times.known_at


@dataclass(frozen=True, slots=True)
class Term:
    """The days on which a framework's version is in force, until another word of it came to be known."""

    span: Span
    ended_at: int | None

    def holds(self, times: Times) -> bool:
        """Whether the version is in force on the day asked, as was known."""
        return self.span.holds(times) and (self.ended_at is None or self.ended_at > times.known_at)


@dataclass(frozen=True, slots=True)
class Part:
    """A course that has to be done for a mapping: its own, or one of several others."""

    course_id: int
    code: str
    title: str


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping that names the competency, in any status. `digest` is the version of its entry."""

    id: int
    course_id: int
    course_code: str
    course_title: str
    status: str
    approved_by: str | None
    reference: str | None
    digest: str
    span: Span
    ended_at: int | None
    level_at_most: int
    score_at_least: float | None
    completing: frozenset[str]
    beginning: frozenset[str]
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Name:
    """An activity that stands for a course."""

    activity_iri: str
    course_id: int
    span: Span
    ended_at: int | None = None

    def holds(self, times: Times) -> bool:
        """Whether it stands for the course on the day asked, as was known."""
        return self.span.holds(times) and (self.ended_at is None or self.ended_at > times.known_at)


@dataclass(frozen=True, slots=True)
class Said:
    """A statement about an account that is or was the person's; instants in microseconds."""

    seq: int
    statement_id: str
    home_page: str
    activity_iri: str
    verb_iri: str
    level: int
    success: bool | None
    completion: bool | None
    score: float | None
    happened_at: int
    stored_at: int
    voided_at: int | None
    linked_at: int
    unlinked_at: int | None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for the competency: a framework's version, with the stages and groups that need it.

    `terms`: the days on which it is in force, and all that was known of them before.
    """

    framework: str
    version: str
    document_no: str
    terms: tuple[Term, ...]
    stages: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that bears on one person and one competency."""

    asking: Asking
    sources: tuple[Source, ...]
    names: tuple[Name, ...]
    said: tuple[Said, ...]
