"""Observations as statements: the shape, and ids that depend on the fact alone."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector.completion import Course, Fact, Learner, Observation, Part
from connector.statements import build, statement_id, voiding
from mappings.vocabulary import BADGE

SITE = "https://moodle.example.test"
NOW = datetime(2026, 11, 22, 1, 2, 3, tzinfo=UTC)
DONE = datetime(2026, 11, 21, 11, 22, 1, tzinfo=UTC)
COURSE = Course(SITE, "2", f"{SITE}/course/view.php?id=2", "DL101", "TH-DL101", "การใช้งานคอมพิวเตอร์", "")
LEARNER = Learner(SITE, "3", "พิมพ์ชนก ณ อยุธยา", "ab" * 32)
CATEGORY = {
    "objectType": "Activity",
    "id": SITE,
    "definition": {"type": "http://id.tincanapi.com/activitytype/lms"},
}
AGENT = {"objectType": "Agent", "account": {"homePage": "https://w3id.org/thaksa/", "name": "sync:moodle"}}


def test_completion() -> None:
    observation = Observation(COURSE, LEARNER, Fact.COMPLETED, at=DONE, grade=0.8)
    assert build(observation, occurrence=1, platform="moodle", now=NOW) == {
        "id": statement_id(Fact.COMPLETED, COURSE, LEARNER, 1),
        "version": "1.0.3",
        "actor": {"objectType": "Agent", "account": {"homePage": SITE, "name": "3"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/completed", "display": {"en": "completed"}},
        "object": {
            "objectType": "Activity",
            "id": f"{SITE}/course/view.php?id=2",
            "definition": {
                "type": "https://w3id.org/xapi/cmi5/activitytype/course",
                "name": {"th": "การใช้งานคอมพิวเตอร์"},
            },
        },
        "result": {"completion": True, "score": {"scaled": 0.8}},
        "context": {"platform": "moodle", "contextActivities": {"category": [CATEGORY]}},
        "timestamp": "2026-11-21T11:22:01+00:00",
    }


def test_enrolment_and_progress() -> None:
    enrolled = build(Observation(COURSE, LEARNER, Fact.ENROLLED), occurrence=1, platform="moodle", now=NOW)
    assert enrolled["verb"]["id"] == "http://adlnet.gov/expapi/verbs/registered"
    assert "result" not in enrolled
    assert enrolled["timestamp"] == "2026-11-22T01:02:03+00:00"
    observation = Observation(COURSE, LEARNER, Fact.IN_PROGRESS, at=DONE, progress=0.426)
    progressed = build(observation, occurrence=1, platform="moodle", now=NOW)
    assert progressed["verb"]["id"] == "http://adlnet.gov/expapi/verbs/progressed"
    assert progressed["result"] == {
        "extensions": {"https://w3id.org/xapi/cmi5/result/extensions/progress": 43}
    }


@pytest.mark.parametrize(
    ("kind", "verb"),
    [
        ("http://adlnet.gov/expapi/activities/assessment", "http://adlnet.gov/expapi/verbs/completed"),
        (BADGE, "https://w3id.org/xapi/tla/verbs/achieved"),
    ],
)
def test_part_of_a_course(kind: str, verb: str) -> None:
    part = Part("15", f"{SITE}/part.php?id=15", kind, "แบบทดสอบ")
    observation = Observation(COURSE, LEARNER, Fact.COMPLETED, at=DONE, grade=0.5, part=part)
    document = build(observation, occurrence=1, platform="moodle", now=NOW)
    course = build(replace(observation, part=None), occurrence=1, platform="moodle", now=NOW)
    assert document["id"] == statement_id(Fact.COMPLETED, COURSE, LEARNER, 1, part) != course["id"]
    assert document["verb"]["id"] == verb
    assert document["object"] == {
        "objectType": "Activity",
        "id": part.activity_iri,
        "definition": {"type": kind, "name": {"th": "แบบทดสอบ"}},
    }
    assert document["result"] == {"completion": True, "score": {"scaled": 0.5}}
    assert document["context"]["contextActivities"] == {"category": [CATEGORY], "parent": [course["object"]]}


def test_language_of_the_course() -> None:
    course = replace(COURSE, language="en_us", title="Computers")
    document = build(Observation(course, LEARNER, Fact.ENROLLED), occurrence=1, platform="moodle", now=NOW)
    assert document["object"]["definition"]["name"] == {"en-us": "Computers"}


def test_id_is_fixed_for_good() -> None:
    assert statement_id(Fact.COMPLETED, COURSE, LEARNER, 1) == "2b99c27e-0131-5568-b46b-05874df3babe"


@pytest.mark.parametrize(
    "other",
    [
        Observation(COURSE, replace(LEARNER, display_name="ชื่อใหม่", id_hmac=None), Fact.COMPLETED),
        Observation(
            replace(COURSE, title="ชื่อใหม่", shortname="X"), LEARNER, Fact.COMPLETED, at=NOW, grade=1.0
        ),
    ],
)
def test_id_does_not_know_time_grade_or_titles(other: Observation) -> None:
    assert statement_id(other.fact, other.course, other.learner, 1) == statement_id(
        Fact.COMPLETED, COURSE, LEARNER, 1
    )


def test_id_knows_what_makes_a_fact() -> None:
    elsewhere = "https://other.example.test"
    ids = {
        statement_id(Fact.COMPLETED, COURSE, LEARNER, 1),
        statement_id(Fact.ENROLLED, COURSE, LEARNER, 1),
        statement_id(Fact.COMPLETED, COURSE, LEARNER, 2),
        statement_id(Fact.COMPLETED, replace(COURSE, external_id="3"), LEARNER, 1),
        statement_id(Fact.COMPLETED, COURSE, replace(LEARNER, account_name="4"), 1),
        statement_id(Fact.COMPLETED, replace(COURSE, home_page=elsewhere), LEARNER, 1),
    }
    assert len(ids) == 6


def test_no_personal_data() -> None:
    for fact in (Fact.ENROLLED, Fact.IN_PROGRESS, Fact.COMPLETED):
        text = str(build(Observation(COURSE, LEARNER, fact), occurrence=1, platform="moodle", now=NOW))
        assert LEARNER.display_name not in text
        assert str(LEARNER.id_hmac) not in text


def test_voiding() -> None:
    target = statement_id(Fact.COMPLETED, COURSE, LEARNER, 1)
    document = voiding(target, home_page=SITE, agent=AGENT, now=NOW)
    assert document["verb"]["id"] == "http://adlnet.gov/expapi/verbs/voided"
    assert document["object"] == {"objectType": "StatementRef", "id": target}
    assert document["actor"] == AGENT
    assert document == voiding(target, home_page=SITE, agent=AGENT, now=NOW)
    assert document["id"] != voiding(document["id"], home_page=SITE, agent=AGENT, now=NOW)["id"]
