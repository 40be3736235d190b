"""Courses and parts combined, as a mapping file says it: which of them have to be done, and what counts."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from lrs.clock import to_micros
from mappings import vocabulary
from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.explain import Explanation, explain
from mappings.explain_rows import read_competency, read_facts
from mappings.files import parse_mappings
from mappings.load import load_mappings
from mappings.progress import refresh
from mappings.tables import competency, competency_state, course, learning_event, stale_person
from mappings.times import Times
from tests.mappings.world import BEGIN, HOME, NOW, minutes, people_with_accounts, send, void

QUIZ = f"{HOME}/mod/quiz/view.php?id=31"
WHOLE = f"""\
framework: {{id: otepc-w4-2563, version: "1"}}
courses:
  - id: whole
    title_th: ชุดวิชา
    aliases: []
    mappings:
      - status: approved
        approved_by: คณะกรรมการ
        reference: มติ 1
        delivery: online_self_paced
        hours: 5
        valid_from: 2020-03-24
        competencies: [D1.9]
        parts:
          - course: sample-dl101
          - course: sample-dl102
          - activity: "{QUIZ}"
            title_th: แบบทดสอบ
        criteria: {{level_at_most: 2, verbs: [completed], progress_verbs: [registered]}}
"""
HOUR = timedelta(hours=1)


def load(conn: Connection, text: str, at: Any = BEGIN) -> int:
    return load_mappings(conn, parse_mappings(text, "mine.yaml"), at, "test")


def states(conn: Connection, person_id: int) -> dict[str, int]:
    """Code -> state, of what has begun."""
    refresh(conn, NOW)
    rows = conn.execute(
        select(competency.c.code, competency_state.c.state)
        .join(competency, competency.c.id == competency_state.c.competency_id)
        .where(competency_state.c.person_id == person_id, competency_state.c.state > 0)
    )
    return {row.code: row.state for row in rows}


def why(conn: Connection, person_id: int, code: str) -> Explanation:
    times = Times(bangkok_day(NOW), to_micros(NOW))
    competency_id = read_competency(conn, code, times)
    return explain(read_facts(conn, person_id, [competency_id])[competency_id], times)


def events(conn: Connection, person_id: int) -> dict[str, float | None]:
    """Course -> hours."""
    rows = conn.execute(
        select(course.c.code, learning_event.c.hours)
        .join(course, course.c.id == learning_event.c.course_id)
        .where(learning_event.c.person_id == person_id)
    )
    return {row.code: row.hours for row in rows}


def test_all_of_several_parts(engine: Engine) -> None:
    with engine.begin() as conn:
        (person,) = people_with_accounts(conn, {"11": "สมชาย", "12": "สมชาย"}).values()
        assert load(conn, WHOLE) == 2
        send(conn, "11", 2, at=BEGIN + 3 * HOUR)
        assert states(conn, person) == {"D1.1": 2, "D1.9": 1}
        worst = send(conn, "12", 3, at=BEGIN + HOUR, level=2)
        send(conn, "12", QUIZ, level=3)
        found = why(conn, person, "D1.9")
        assert [(part.code, bool(done)) for part, done in found.several[0].parts] == [
            ("sample-dl101", True), ("sample-dl102", True), (QUIZ, False)
        ]  # fmt: skip
        assert (found.state, found.proof, found.tried[0].part.title) == (1, None, "แบบทดสอบ")
        assert events(conn, person).keys() == {"sample-dl101"}
        send(conn, "12", QUIZ, at=BEGIN + 2 * HOUR)
        assert states(conn, person) == {"D1.1": 2, "D1.2": 2, "D1.9": 2}
        row = conn.execute(
            select(competency_state)
            .join(competency, competency.c.id == competency_state.c.competency_id)
            .where(competency.c.code == "D1.9")
        ).one()
        # The last of the parts, at the level of the worst; nothing for D1.3, which is called nearly the same.
        assert (row.completed_at, row.level) == (to_micros(BEGIN + 3 * HOUR), 2)
        assert events(conn, person) == {"sample-dl101": 3.0, "sample-dl102": 3.0, "whole": 5.0}
        found = why(conn, person, "D1.9")
        assert found.proof
        assert found.proof.said.seq == row.evidence_seq
        assert found.several[0].level == 2
        void(conn, worst, stored=NOW - minutes(1))
        assert states(conn, person) == {"D1.1": 2, "D1.9": 1}


def test_whoever_did_a_part_is_computed_anew(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย", "21": "สมหญิง", "31": "สมศรี"})
        send(conn, "11", QUIZ)
        send(conn, "21", 3)
        send(conn, "31", 4)
        refresh(conn, NOW)
        load(conn, WHOLE)
        marked = set(conn.execute(select(stale_person.c.person_id)).scalars())
        assert marked == {people["สมชาย"], people["สมหญิง"]}
        refresh(conn, NOW)
        # The quiz is no part any more: whoever did it is touched too.
        load(conn, WHOLE.replace(f'          - activity: "{QUIZ}"\n            title_th: แบบทดสอบ\n', ""))
        assert set(conn.execute(select(stale_person.c.person_id)).scalars()) == marked


ONE = f"""\
framework: {{id: otepc-w4-2563, version: "1"}}
courses:
  - id: quiz
    title_th: แบบทดสอบ
    aliases:
      - {{activity_iri: "{QUIZ}", label: Quiz, valid_from: 2020-03-24}}
      - {{activity_iri: "{QUIZ}&run=2", label: Quiz, valid_from: 2020-03-24}}
    mappings:
      - status: approved
        approved_by: คณะกรรมการ
        reference: มติ 2
        delivery: online_self_paced
        hours: 0.5
        valid_from: 2020-03-24
        competencies: [D1.3, D1.4]
        criteria: {{level_at_most: 2, score_at_least: 0.8, verbs: [passed], progress_verbs: []}}
"""


def test_an_activity_counts_once_a_mapping_says_so_and_meets_each_criterion(engine: Engine) -> None:
    enough: dict[str, Any] = {"verb": vocabulary.PASSED, "level": 2, "result": {"score": {"scaled": 0.8}}}
    worse: dict[str, dict[str, Any]] = {
        "verb": {"verb": vocabulary.COMPLETED},
        "level": {"level": 3},
        "score": {"result": {"score": {"scaled": 0.79}}},
        "no score": {"result": {"success": True}},
        "success": {"result": {"score": {"scaled": 1}, "success": False}},
        "completion": {"result": {"score": {"scaled": 1}, "completion": False}},
    }
    with engine.begin() as conn:
        owners: dict[str, str | None] = {name: name for name in ("all", *worse)}
        people = people_with_accounts(conn, owners)
        for name, changes in worse.items():
            send(conn, name, QUIZ, **(enough | changes))
        send(conn, "all", QUIZ, **enough)
        send(conn, "all", f"{QUIZ}&run=2", **enough)
        assert not any(states(conn, each) for each in people.values())
        load(conn, ONE)
        # One activity for two competencies; two runs are one event; any course of several is enough.
        assert states(conn, people["all"]) == {"D1.3": 2, "D1.4": 2}
        assert events(conn, people["all"]) == {"quiz": 0.5}
        assert not any(states(conn, people[name]) for name in worse)
        send(conn, "level", 4, level=2)
        assert states(conn, people["level"]) == {"D1.3": 2}


QUIZ_ALIAS = f"aliases: [{{activity_iri: '{QUIZ}', label: q, valid_from: 2020-03-24}}]"


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("course: sample-dl101", "curse: sample-dl101", "parts[0]: curse: unknown field; known are course"),
        (
            "course: sample-dl101",
            "{course: x, activity: 'a:b'}",
            "parts[0]: course: a part is either a course",
        ),
        ("course: sample-dl101", "course: 101", "parts[0]: course: must be a text (line 15)"),
        ("sample-dl101", "sample-dl102", "mappings[0]: parts: 'sample-dl102' is there twice (line 14)"),
        (QUIZ, "quiz 31", "parts[2]: activity: must be an absolute IRI (line 17)"),
        ("            title_th: แบบทดสอบ\n", "", "parts[2]: title_th: is missing (line 17)"),
        ("aliases: []", QUIZ_ALIAS, "parts[2]: activity: belongs to whole already: write course: whole (l"),
        ("course: sample-dl101", "course: whole", "parts[0]: course: 'whole' has parts itself: name them"),
    ],
)
def test_a_fault_in_parts_is_named_with_file_field_and_line(old: str, new: str, complaint: str) -> None:
    assert old in WHOLE
    with pytest.raises(MappingError) as caught:
        parse_mappings(WHOLE.replace(old, new, 1), "mine.yaml")
    assert str(caught.value).startswith("mine.yaml: courses[0] (whole).mappings[0]")
    assert complaint in str(caught.value)


def test_parts_that_are_not_there_are_named(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {})
        with pytest.raises(
            MappingError, match=r"mine\.yaml: whole: parts: course 'nobody' is neither in this"
        ):
            load(conn, WHOLE.replace("sample-dl101", "nobody"))


def test_a_mapping_without_parts_keeps_its_digest() -> None:
    """That of before there were parts: else an upgrade would end and add every mapping anew."""
    (mapping,) = parse_mappings(ONE, "mine.yaml").courses[0].mappings
    assert mapping.digest() == "0c06aede2dfbf210649241e6dd84a4a333c811e03a5ea047e750b2bd5b4b47bc"


def test_the_documented_example_is_a_mapping_file() -> None:
    page = (Path(__file__).parents[2] / "docs/framework.md").read_text(encoding="utf-8")
    text = page.partition("## Course mappings")[2].partition("```yaml\n")[2].partition("```")[0]
    whole, activity = parse_mappings(text, "framework.md").courses
    assert whole.mappings[0].parts == ("sample-dl104", activity.code)
