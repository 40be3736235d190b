"""Observations as xAPI 1.0.3 statements. Pure, and deterministic: the same fact has the same id.

A statement's id is a UUIDv5 over (home page, kind, course id, account, occurrence): no time, grade or
title is in it, so that a fact written twice is one statement. No name, e-mail or national id is in a
statement: the actor is the platform's account.
"""

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import tincan

from connector.completion import Course, Fact, Learner, Observation
from mappings.vocabulary import (
    COMPLETED,
    COURSE_TYPES,
    OURS,
    PROGRESS_EXTENSION,
    PROGRESSED,
    REGISTERED,
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
"""The verb of each fact that is a statement; NOT_COMPLETED is none: it takes statements back."""


def statement_id(fact: Fact, course: Course, learner: Learner, occurrence: int) -> str:
    """The id of the `occurrence`-th (from 1) statement of a fact."""
    return _uuid(course.home_page, fact.value, course.external_id, learner.account_name, occurrence)


def build(observation: Observation, *, occurrence: int, platform: str, now: datetime) -> dict[str, Any]:
    """The statement of a fact; `now` is its time where the platform tells none."""
    course, learner = observation.course, observation.learner
    return _document(
        tincan.Statement(
            id=statement_id(observation.fact, course, learner, occurrence),
            actor=_account(learner.home_page, learner.account_name),
            verb=_verb(VERBS[observation.fact]),
            object=_activity(course),
            result=_result(observation),
            context=tincan.Context(platform=platform),
            timestamp=observation.at or now,
        )
    )


def voiding(target_id: str, *, home_page: str, agent: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The statement by which `agent` voids another one: there is one such statement for each target."""
    account = agent["account"]
    return _document(
        tincan.Statement(
            id=_uuid(home_page, "voided", target_id),
            actor=_account(account["homePage"], account["name"]),
            verb=_verb(VOIDED),
            object=tincan.StatementRef(id=target_id),
            timestamp=now,
        )
    )


def _uuid(*parts: str | int) -> str:
    return str(uuid.uuid5(NAMESPACE, json.dumps(parts, ensure_ascii=False, separators=(",", ":"))))


def _document(statement: tincan.Statement) -> dict[str, Any]:
    document: dict[str, Any] = statement.as_version(VERSION)
    return document


def _account(home_page: str, name: str) -> tincan.Agent:
    return tincan.Agent(account=tincan.AgentAccount(home_page=home_page, name=name))


def _verb(iri: str) -> tincan.Verb:
    return tincan.Verb(id=iri, display=tincan.LanguageMap({"en": iri.rpartition("/")[2]}))


def _activity(course: Course) -> tincan.Activity:
    name = {course.language.replace("_", "-") or DEFAULT_LANGUAGE: course.title}
    definition = tincan.ActivityDefinition(type=COURSE_TYPES[0], name=tincan.LanguageMap(name))
    return tincan.Activity(id=course.activity_iri, definition=definition)


def _result(observation: Observation) -> tincan.Result | None:
    if observation.fact is Fact.COMPLETED:
        if observation.grade is None:
            return tincan.Result(completion=True)
        return tincan.Result(completion=True, score=tincan.Score(scaled=observation.grade))
    if observation.fact is Fact.IN_PROGRESS and observation.progress is not None:
        percent = round(observation.progress * 100)
        return tincan.Result(extensions=tincan.Extensions({PROGRESS_EXTENSION: percent}))
    return None
