"""Observations as xAPI 1.0.3 statements. Pure, and deterministic: the same fact has the same id.

A statement's id is a UUIDv5 over (home page, kind, course id, account, occurrence), with the part's own id
after the course's where it is about a part: no time, grade or title is in it, so that a fact written twice is
one statement. No name, e-mail or national id is in a statement: the actor is the platform's account.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import tincan

from connector.completion import Course, Fact, Imported, Learner, Observation, Part
from mappings.vocabulary import (
    ACHIEVED,
    BADGE,
    COMPLETED,
    COURSE_TYPES,
    IMPORT_EXTENSION,
    LMS,
    OURS,
    PROGRESS_EXTENSION,
    PROGRESSED,
    REGISTERED,
    ROW_EXTENSION,
    VOIDED,
)

VERSION = "1.0.3"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, f"{OURS}statement")
DEFAULT_LANGUAGE = "th"

VERBS: Mapping[Fact, str] = {
    Fact.ENROLLED: REGISTERED,
    Fact.IN_PROGRESS: PROGRESSED,
    Fact.COMPLETED: COMPLETED,
}
"""The verb of each fact that is a statement. NOT_COMPLETED takes statements back, UNSEEN says nothing."""


def verb_of(observation: Observation) -> str:
    """The verb that says it: a badge is achieved."""
    part = observation.part
    return ACHIEVED if part and part.activity_type == BADGE else VERBS[observation.fact]


def statement_id(
    fact: Fact, course: Course, learner: Learner, occurrence: int, part: Part | None = None
) -> str:
    """The id of the `occurrence`-th (from 1) statement of a fact."""
    if part is None:
        return uuid_of(course.home_page, fact.value, course.external_id, learner.account_name, occurrence)
    # Activities and badges are numbered each by themselves.
    kind = "achieved" if part.activity_type == BADGE else fact.value
    within = course.external_id, part.external_id
    return uuid_of(course.home_page, kind, *within, learner.account_name, occurrence)


def build(observation: Observation, *, occurrence: int, platform: str, now: datetime) -> dict[str, Any]:
    """The statement of a fact; `now` is its time where the platform tells none."""
    course, learner, part = observation.course, observation.learner, observation.part
    return _document(
        tincan.Statement(
            id=statement_id(observation.fact, course, learner, occurrence, part),
            actor=_account(learner.home_page, learner.account_name),
            verb=_verb(verb_of(observation)),
            object=_part(course, part) if part else _course(course),
            result=_result(observation),
            context=_context(observation, platform),
            timestamp=observation.at or now,
        )
    )


def build_imported(said: Imported, *, occurrence: int) -> dict[str, Any]:
    """The statement of a row of a file; it refers to file and row, and says nothing else of its learner."""
    kind = f"import:{said.kind}"
    name = tincan.LanguageMap({DEFAULT_LANGUAGE: said.title}) if said.title else None
    definition = tincan.ActivityDefinition(type=said.activity_type, name=name)
    return _document(
        tincan.Statement(
            id=uuid_of(said.home_page, kind, said.activity_iri, said.account_name, occurrence),
            actor=_account(said.home_page, said.account_name),
            verb=_verb(said.verb_iri),
            object=tincan.Activity(id=said.activity_iri, definition=definition),
            result=tincan.Result(
                completion=True,
                score=None if said.grade is None else tincan.Score(scaled=said.grade),
                duration=None if said.hours is None else timedelta(hours=said.hours),
            ),
            context=tincan.Context(
                extensions=tincan.Extensions({IMPORT_EXTENSION: said.file, ROW_EXTENSION: said.row})
            ),
            timestamp=said.at,
        )
    )


def voiding(target_id: str, *, home_page: str, agent: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The statement by which `agent` voids another one: there is one such statement for each target."""
    account = agent["account"]
    return _document(
        tincan.Statement(
            id=uuid_of(home_page, "voided", target_id),
            actor=_account(account["homePage"], account["name"]),
            verb=_verb(VOIDED),
            object=tincan.StatementRef(id=target_id),
            timestamp=now,
        )
    )


def uuid_of(*parts: str | int) -> str:
    """The id of the statement that these say; the same for the same."""
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False, separators=(",", ":"))))


def _document(statement: tincan.Statement) -> dict[str, Any]:
    document: dict[str, Any] = statement.as_version(VERSION)
    return document


def _account(home_page: str, name: str) -> tincan.Agent:
    return tincan.Agent(account=tincan.AgentAccount(home_page=home_page, name=name))


def _verb(iri: str) -> tincan.Verb:
    return tincan.Verb(id=iri, display=tincan.LanguageMap({"en": iri.rpartition("/")[2]}))


def _course(course: Course) -> tincan.Activity:
    return _activity(course.activity_iri, COURSE_TYPES[0], course.title, course)


def _part(course: Course, part: Part) -> tincan.Activity:
    return _activity(part.activity_iri, part.activity_type, part.title, course)


def _activity(iri: str, type_: str, title: str, course: Course) -> tincan.Activity:
    name = {course.language.replace("_", "-") or DEFAULT_LANGUAGE: title}
    definition = tincan.ActivityDefinition(type=type_, name=tincan.LanguageMap(name))
    return tincan.Activity(id=iri, definition=definition)


def _context(observation: Observation, platform: str) -> tincan.Context:
    """The site as category, as its own plugin sends it, and the course of a part as its parent."""
    site = tincan.Activity(id=observation.course.home_page, definition=tincan.ActivityDefinition(type=LMS))
    around = tincan.ContextActivities(category=[site])
    if observation.part:
        around.parent = [_course(observation.course)]
    return tincan.Context(platform=platform, context_activities=around)


def _result(observation: Observation) -> tincan.Result | None:
    if observation.fact is Fact.COMPLETED:
        if observation.grade is None:
            return tincan.Result(completion=True)
        return tincan.Result(completion=True, score=tincan.Score(scaled=observation.grade))
    if observation.fact is Fact.IN_PROGRESS and observation.progress is not None:
        percent = round(observation.progress * 100)
        return tincan.Result(extensions=tincan.Extensions({PROGRESS_EXTENSION: percent}))
    return None
