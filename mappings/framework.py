"""A competency framework as a file says it: YAML text in, frozen values out. Pure.

The file's Thai strings are the issuer's own, kept verbatim; matching is by id, never by name
(two competencies of the 2563 framework have nearly the same one).
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from mappings.yaml_entry import Entry


@dataclass(frozen=True, slots=True)
class Group:
    """A group of people by their post: M, A, S or T."""

    code: str
    label_th: str
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
    """One version of a framework; `digest` is the SHA-256 of the file's text."""

    code: str
    version: str
    title_th: str
    title_en: str
    document_no: str
    valid_from: date
    valid_to: date | None
    groups: tuple[Group, ...]
    competencies: tuple[Competency, ...]
    requirements: tuple[Requirement, ...]
    categories: tuple[LearningCategory, ...]
    digest: str


def load_yaml(text: str, source: str = "framework") -> Framework:
    """The framework in a YAML text; `source` is the name for errors.

    It is in force from `issued_on`, unless `valid_from` and `valid_to` say otherwise.
    Raises MappingError.
    """
    top = Entry.parse(text, source)
    head = top.entry("framework")
    groups = tuple(_group(entry) for entry in top.entries("groups"))
    competencies = _competencies(top)
    stages = tuple(entry.text("id") for entry in top.entries("stages"))
    _none_twice(top, "groups", (group.code for group in groups))
    _none_twice(top, "competencies", (competency.code for competency in competencies))
    return Framework(
        code=head.text("id"),
        version=head.text("version"),
        title_th=head.text("title_th"),
        title_en=head.text("title_en"),
        document_no=head.text("document_no"),
        valid_from=head.day_or_none("valid_from") or head.day("issued_on"),
        valid_to=head.day_or_none("valid_to"),
        groups=groups,
        competencies=competencies,
        requirements=_requirements(top, stages, groups, competencies),
        categories=_categories(top),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _group(entry: Entry) -> Group:
    code = entry.text("id")
    if len(code) != 1:
        raise entry.error("id", "must be one letter")
    return Group(code, entry.text("label_th"), entry.text("name_en"))


def _competencies(top: Entry) -> tuple[Competency, ...]:
    found: list[Competency] = []
    for dimension in top.entries("dimensions"):
        code = dimension.text("id")
        for entry in dimension.entries("competencies"):
            names = entry.text("name_th"), entry.text("name_en")
            found.append(Competency(entry.text("id"), code, len(found) + 1, *names))
    if not found:
        raise top.error("dimensions", "no competency is listed")
    return tuple(found)


def _requirements(
    top: Entry, stages: tuple[str, ...], groups: tuple[Group, ...], competencies: tuple[Competency, ...]
) -> tuple[Requirement, ...]:
    found: list[Requirement] = []
    for entry in top.entries("requirements"):
        requirement = Requirement(
            entry.choice("stage", stages), entry.texts("groups"), entry.texts("competencies")
        )
        _known(entry, "groups", requirement.groups, {group.code for group in groups})
        _known(entry, "competencies", requirement.competencies, {each.code for each in competencies})
        found.append(requirement)
    _none_twice(top, "requirements", (f"{each.stage}/{group}" for each in found for group in each.groups))
    return tuple(found)


def _categories(top: Entry) -> tuple[LearningCategory, ...]:
    found = tuple(
        LearningCategory(
            entry.text("id"),
            entry.integer("weight"),
            entry.text("name_en"),
            entry.text("description_th"),
            entry.texts("modes"),
        )
        for entry in top.entries("learning_categories")
    )
    _none_twice(top, "learning_categories", (category.code for category in found))
    _none_twice(top, "learning_categories", (mode for category in found for mode in category.modes))
    return found


def _known(entry: Entry, field: str, used: tuple[str, ...], known: set[str]) -> None:
    for code in used:
        if code not in known:
            raise entry.error(field, f"'{code}' is not defined in this file")


def _none_twice(top: Entry, field: str, codes: Iterable[str]) -> None:
    for code, times in Counter(codes).items():
        if times > 1:
            raise top.error(field, f"'{code}' is there twice")
