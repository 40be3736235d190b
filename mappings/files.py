"""Course mappings as a file says them: which course is evidence for which competency, and when it counts.

Pure but for `read_mappings`, which opens the file.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from mappings import vocabulary
from mappings.parts import Part, read_parts
from mappings.yaml_entry import Entry, read_text

VERBS = {
    "completed": vocabulary.COMPLETED,
    "passed": vocabulary.PASSED,
    "earned": vocabulary.EARNED,
    "registered": vocabulary.REGISTERED,
    "initialized": vocabulary.INITIALIZED,
    "progressed": vocabulary.PROGRESSED,
}
"""Short names a file may use; any other verb is written as its IRI."""

_SINCE_EVER = date(2000, 1, 1)

_MAPPING_FIELDS = (
    "status", "approved_by", "reference", "delivery", "category", "hours", "hours_are_sample",
    "valid_from", "valid_to", "competencies", "criteria", "parts",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alias:
    """A name of a course; `activity_iri` None for a name that no statement carries."""

    activity_iri: str | None
    label: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class CourseMapping:
    """What a course proves, from when, and by which statements. A draft never counts."""

    status: str
    approved_by: str | None
    reference: str | None
    delivery: str
    category: str | None
    hours: float | None
    hours_are_sample: bool
    valid_from: date
    valid_to: date | None
    competencies: tuple[str, ...]
    level_at_most: int
    score_at_least: float | None
    verbs: tuple[str, ...]
    progress_verbs: tuple[str, ...]
    parts: tuple[str, ...] = ()
    """Codes of the courses all of which have to be done; none: the course itself."""

    def digest(self) -> str:
        """SHA-256 of all that it says, hex; without parts as it was before there were any."""
        said = {name: value for name, value in asdict(self).items() if value or name != "parts"}
        text = json.dumps(said, sort_keys=True, default=date.isoformat)
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """A course with its names on platforms and what it proves."""

    code: str
    title_th: str
    aliases: tuple[Alias, ...]
    mappings: tuple[CourseMapping, ...]


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A whole file; its competencies and delivery modes are those of one framework version."""

    source: str
    framework: str
    framework_version: str
    courses: tuple[CourseEntry, ...]


def read_mappings(path: Path) -> MappingFile:
    """The mapping file at `path`; MappingError says if it is missing, not UTF-8 or not as it should be."""
    return parse_mappings(read_text(path), path.name)


def parse_mappings(text: str, source: str) -> MappingFile:
    """The mapping file in a YAML text; `source` is the name for errors. Raises MappingError."""
    top = Entry.parse(text, source).only("framework", "courses")
    framework = top.entry("framework").only("id", "version")
    courses: dict[str, CourseEntry] = {}
    owners: dict[str, str] = {}
    entries = list(top.entries("courses"))
    for entry in entries:
        course = _course(entry)
        if course.code in courses:
            raise entry.error("id", "there is an earlier entry of this id")
        for iri in {alias.activity_iri for alias in course.aliases} - {None}:
            if owners.setdefault(str(iri), course.code) != course.code:
                raise entry.error("aliases", f"activity {iri} belongs to {owners[str(iri)]} already")
        courses[course.code] = course
    courses |= _activities(entries, courses, owners)
    return MappingFile(source, framework.text("id"), framework.text("version"), tuple(courses.values()))


def _activities(
    entries: Iterable[Entry], courses: Mapping[str, CourseEntry], owners: Mapping[str, str]
) -> dict[str, CourseEntry]:
    """Single activities that are parts, each as a course of its own: its IRI is its code and its one name."""
    found: dict[str, CourseEntry] = {}
    mappings = (each for entry in entries for each in entry.entries("mappings"))
    for part in (part for each in mappings for part in read_parts(each)):
        if part.title_th is None:
            _check_names(part, courses.get(part.code))
            continue
        if (owner := owners.get(part.code, part.code)) != part.code:
            raise part.entry.error("activity", f"belongs to {owner} already: write course: {owner}")
        name = Alias(part.code, part.code, _SINCE_EVER, None)
        activity = CourseEntry(part.code, part.title_th, (name,), ())
        if found.setdefault(part.code, activity) != activity:
            raise part.entry.error("title_th", f"is '{found[part.code].title_th}' above")
    return {code: activity for code, activity in found.items() if code not in courses}


def _check_names(part: Part, named: CourseEntry | None) -> None:
    """A part is done by statements about it, never by parts of its own."""
    if named and not named.aliases and any(each.parts for each in named.mappings):
        raise part.entry.error("course", f"'{part.code}' has parts itself: name them here")


def _course(entry: Entry) -> CourseEntry:
    entry.only("id", "title_th", "aliases", "mappings")
    return CourseEntry(
        entry.text("id"),
        entry.text("title_th"),
        tuple(_alias(each) for each in entry.entries("aliases")),
        tuple(_mapping(each) for each in entry.entries("mappings")),
    )


def _alias(entry: Entry) -> Alias:
    entry.only("activity_iri", "label", "valid_from", "valid_to")
    iri = entry.text_or_none("activity_iri")
    if iri is not None and ":" not in iri:
        raise entry.error("activity_iri", "must be an absolute IRI")
    return Alias(iri, entry.text("label"), *_validity(entry))


def _mapping(entry: Entry) -> CourseMapping:
    entry.only(*_MAPPING_FIELDS)
    criteria = entry.entry("criteria").only("level_at_most", "score_at_least", "verbs", "progress_verbs")
    mapping = CourseMapping(
        entry.choice("status", ("draft", "approved")),
        entry.text_or_none("approved_by"),
        entry.text_or_none("reference"),
        entry.text("delivery"),
        entry.text_or_none("category"),
        entry.number_or_none("hours"),
        entry.flag("hours_are_sample", default=False),
        *_validity(entry),
        entry.texts("competencies"),
        criteria.integer("level_at_most"),
        criteria.number_or_none("score_at_least"),
        _verbs(criteria, "verbs"),
        _verbs(criteria, "progress_verbs"),
        tuple(part.code for part in read_parts(entry)),
    )
    _check(entry, criteria, mapping)
    return mapping


def _check(entry: Entry, criteria: Entry, mapping: CourseMapping) -> None:
    if mapping.hours is not None and not 0 <= mapping.hours <= 10_000:
        raise entry.error("hours", "must be between 0 and 10000; leave it out where unknown")
    if mapping.level_at_most not in (1, 2, 3, 4):
        raise criteria.error("level_at_most", "must be 1, 2, 3 or 4")
    if mapping.score_at_least is not None and not -1 <= mapping.score_at_least <= 1:
        raise criteria.error("score_at_least", "is a scaled score: -1 to 1")
    if mapping.status == "draft":
        return
    for field in ("approved_by", "reference"):
        if getattr(mapping, field) is None:
            raise entry.error(field, "an approved mapping says who approved it and where that is written")
    for place, field in ((entry, "competencies"), (criteria, "verbs")):
        if not getattr(mapping, field):
            raise place.error(field, "an approved mapping needs at least one")


def _validity(entry: Entry) -> tuple[date, date | None]:
    begin, end = entry.day("valid_from"), entry.day_or_none("valid_to")
    if end is not None and end < begin:
        raise entry.error("valid_to", "lies before valid_from")
    return begin, end


def _verbs(criteria: Entry, field: str) -> tuple[str, ...]:
    verbs = tuple(VERBS.get(verb, verb) for verb in criteria.texts(field))
    for verb in verbs:
        if ":" not in verb:
            raise criteria.error(field, f"'{verb}' is neither an IRI nor one of {', '.join(VERBS)}")
    return verbs
