"""A competency framework as a file says it: YAML text in, frozen values out. Pure.

The file's Thai strings are the issuer's own, kept verbatim; matching is by id, never by name
(two competencies of the 2563 framework have nearly the same one).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from mappings.crosswalk import Crosswalk, parse_crosswalks
from mappings.yaml_entry import Entry

_SECTIONS = (
    "framework",
    "groups",
    "stages",
    "dimensions",
    "requirements",
    "learning_categories",
    "crosswalk",
)
_HEAD_FIELDS = (
    "id", "version", "title_th", "title_en", "issuer", "document_no", "issued_on", "valid_from", "valid_to",
    "target_text_th", "target_year_be",
)  # fmt: skip
_GROUP_FIELDS = (
    "id", "name_en", "label_th", "label_th_norm", "label_en", "ocsc_role_th", "definition_th", "members",
)  # fmt: skip
_COMPETENCY_FIELDS = ("id", "key", "name_th", "name_th_norm", "name_en", "tier", "tpqi_unit", "note")


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people by their post: M, A, S or T."""

    code: str
    label_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Named:
    """A stage of agencies, or a dimension: what competencies are listed under."""

    code: str
    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Competency:
    """The smallest thing that is counted; `position` orders them as the file does, from 1."""

    code: str
    dimension: str
    position: int
    name_th: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Requirement:
    """In this stage every one of these groups needs all of these competencies."""

    stage: str
    groups: tuple[str, ...]
    competencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LearningCategory:
    """A part of 70:20:10, and the delivery modes that fall into it."""

    code: str
    weight: int
    name_en: str
    description_th: str
    modes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """One version of a framework; equal to another if it says the same, however its file writes it.

    `text` is the file's, which may hold more than these values do, and `digest` its SHA-256.
    """

    code: str
    version: str
    title_th: str
    title_en: str
    issuer_th: str
    document_no: str
    valid_from: date
    valid_to: date | None
    groups: tuple[Group, ...]
    stages: tuple[Named, ...]
    dimensions: tuple[Named, ...]
    competencies: tuple[Competency, ...]
    requirements: tuple[Requirement, ...]
    categories: tuple[LearningCategory, ...]
    crosswalks: tuple[Crosswalk, ...]
    text: str = field(compare=False, repr=False)
    digest: str = field(compare=False)

    def name(self) -> str:
        """Code and version, as errors and lists say them."""
        return f"{self.code} version {self.version}"


def load_yaml(text: str, source: str = "framework") -> Framework:
    """The framework in a YAML text; `source` is the name for errors.

    It is in force from `issued_on`, unless `valid_from` and `valid_to` say otherwise.
    Raises MappingError.
    """
    top = Entry.parse(text, source).only(*_SECTIONS)
    head = top.entry("framework").only(*_HEAD_FIELDS)
    groups = tuple(_group(entry) for entry in top.entries("groups"))
    dimensions, competencies = _competencies(top)
    begin, end = _validity(head)
    stages = tuple(_stage(entry) for entry in top.entries("stages"))
    _none_twice(top, "groups", (group.code for group in groups))
    _none_twice(top, "stages", (stage.code for stage in stages))
    _none_twice(top, "dimensions", (dimension.code for dimension in dimensions))
    _none_twice(top, "competencies", (competency.code for competency in competencies))
    return Framework(
        code=head.text("id"),
        version=head.text("version"),
        title_th=head.text("title_th"),
        title_en=head.text("title_en"),
        issuer_th=_issuer(head),
        document_no=head.text("document_no"),
        valid_from=begin,
        valid_to=end,
        groups=groups,
        stages=stages,
        dimensions=dimensions,
        competencies=competencies,
        requirements=_requirements(top, stages, groups, competencies),
        categories=_categories(top),
        crosswalks=parse_crosswalks(top, {each.code for each in competencies}),
        text=text,
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _issuer(head: Entry) -> str:
    """The issuer's name; the document's number where the file names none."""
    return (
        head.entry("issuer").only("th", "en").text("th") if head.has("issuer") else head.text("document_no")
    )


def _validity(head: Entry) -> tuple[date, date | None]:
    begin, end = head.day_or_none("valid_from") or head.day("issued_on"), head.day_or_none("valid_to")
    if end is not None and end < begin:
        raise head.error("valid_to", "lies before the first day of validity")
    return begin, end


def _code(entry: Entry, most: int) -> str:
    """The entry's id, which fits the column it is kept in."""
    code = entry.text("id")
    if len(code) > most:
        raise entry.error("id", f"must have at most {most} characters")
    return code


def _stage(entry: Entry) -> Named:
    entry.only("id", "order", "name_th", "name_en", "goal_th")
    return Named(_code(entry, 16), entry.text("name_th"), entry.text("name_en"))


def _group(entry: Entry) -> Group:
    entry.only(*_GROUP_FIELDS)
    code = entry.text("id")
    if len(code) != 1:
        raise entry.error("id", "must be one letter")
    return Group(code, entry.text("label_th"), entry.text("name_en"))


def _competencies(top: Entry) -> tuple[tuple[Named, ...], tuple[Competency, ...]]:
    dimensions: list[Named] = []
    found: list[Competency] = []
    for dimension in top.entries("dimensions"):
        dimension.only("id", "number", "name_th", "name_en", "competencies")
        code = _code(dimension, 16)
        dimensions.append(Named(code, dimension.text("name_th"), dimension.text("name_en")))
        for entry in dimension.entries("competencies"):
            entry.only(*_COMPETENCY_FIELDS)
            names = entry.text("name_th"), entry.text("name_en")
            found.append(Competency(_code(entry, 16), code, len(found) + 1, *names))
        if not found or found[-1].dimension != code:
            raise dimension.error("competencies", "no competency is listed")
    if not found:
        raise top.error("dimensions", "no competency is listed")
    return tuple(dimensions), tuple(found)


def _requirements(
    top: Entry, stages: tuple[Named, ...], groups: tuple[Group, ...], competencies: tuple[Competency, ...]
) -> tuple[Requirement, ...]:
    found: list[Requirement] = []
    known_stages = tuple(stage.code for stage in stages)
    for entry in top.entries("requirements"):
        entry.only("stage", "groups", "competencies", "basis_th")
        requirement = Requirement(
            entry.choice("stage", known_stages), entry.texts("groups"), entry.texts("competencies")
        )
        _known(entry, "groups", requirement.groups, {group.code for group in groups})
        _known(entry, "competencies", requirement.competencies, {each.code for each in competencies})
        found.append(requirement)
    _none_twice(top, "requirements", (f"{each.stage}/{group}" for each in found for group in each.groups))
    return tuple(found)


def _categories(top: Entry) -> tuple[LearningCategory, ...]:
    found = tuple(_category(entry) for entry in top.entries("learning_categories"))
    _none_twice(top, "learning_categories", (category.code for category in found))
    _none_twice(top, "learning_categories", (mode for category in found for mode in category.modes))
    return found


def _category(entry: Entry) -> LearningCategory:
    entry.only("id", "key", "weight", "name_en", "description_th", "modes")
    weight, modes = entry.integer("weight"), entry.texts("modes")
    if not 0 <= weight <= 100:
        raise entry.error("weight", "must be between 0 and 100")
    for mode in modes:
        if len(mode) > 32:
            raise entry.error("modes", f"'{mode}' must have at most 32 characters")
    return LearningCategory(
        _code(entry, 8), weight, entry.text("name_en"), entry.text("description_th"), modes
    )


def _known(entry: Entry, field: str, used: tuple[str, ...], known: set[str]) -> None:
    for code in used:
        if code not in known:
            raise entry.error(field, f"'{code}' is not defined in this file")


def _none_twice(top: Entry, field: str, codes: Iterable[str]) -> None:
    for code, times in Counter(codes).items():
        if times > 1:
            raise top.error(field, f"'{code}' is there twice")
