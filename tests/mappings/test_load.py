from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, func, select

from lrs.clock import to_micros
from mappings import shipped
from mappings.days import bangkok_day
from mappings.errors import MappingError
from mappings.files import parse_mappings, read_mappings
from mappings.framework import load_yaml
from mappings.load import load_framework, load_mappings, load_shipped
from mappings.progress import refresh
from mappings.tables import (
    change_log,
    competency_state,
    course,
    course_alias,
    framework,
    learning_category,
    mapping,
    mapping_competency,
    requirement,
    stale_person,
)
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send

SAMPLE = shipped.text(shipped.MAPPINGS[0])
LATER = NOW + timedelta(days=3)


def load(conn: Connection, text: str, at: Any = LATER) -> int:
    return load_mappings(conn, parse_mappings(text, "mine.yaml"), at, "test")


def count(conn: Connection, table: Any) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_loading_what_is_shipped_twice_changes_nothing(engine: Engine) -> None:
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        tables = (framework, requirement, course, course_alias, mapping, mapping_competency, change_log)
        before = [count(conn, table) for table in tables]
        assert before[:5] == [1, 40, 7, 11, 7]
        load_shipped(conn, LATER, "test")
        assert [count(conn, table) for table in tables] == before


def test_sample_hours_say_so_and_self_paced_is_lc70(engine: Engine) -> None:
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        rows = conn.execute(
            select(mapping, learning_category.c.code).join(
                learning_category, learning_category.c.id == mapping.c.category_id
            )
        ).all()
    assert {row.code for row in rows} == {"LC70"}
    assert {(row.status, row.hours is None, row.hours_are_sample) for row in rows} == {
        ("approved", False, True),
        ("draft", True, False),
    }


def test_a_changed_framework_needs_a_new_version(engine: Engine) -> None:
    text = shipped.text(shipped.FRAMEWORK)
    with engine.begin() as conn:
        load_framework(conn, load_yaml(text), NOW, "test")
        changed = text.replace("Computer use", "Use of computers")
        with pytest.raises(MappingError, match=r"otepc-w4-2563 version 1: .* new version"):
            load_framework(conn, load_yaml(changed), NOW, "test")
        second = changed.replace('version: "1"', 'version: "2"')
        assert load_framework(conn, load_yaml(second), NOW, "test") is True
        assert count(conn, framework) == 2


def test_a_changed_entry_ends_the_old_mapping_and_keeps_it(engine: Engine) -> None:
    with engine.begin() as conn:
        people = people_with_accounts(conn, {"11": "สมชาย", "21": "สมหญิง"})
        send(conn, "11", 2)
        refresh(conn, NOW)
        assert load(conn, SAMPLE.replace("[D1.1]", "[D1.9]")) == 1
        old, new = conn.execute(
            select(mapping)
            .join(course, course.c.id == mapping.c.course_id)
            .where(course.c.code == "sample-dl101")
            .order_by(mapping.c.id)
        ).all()
        assert (old.ended_at, new.ended_at) == (to_micros(LATER), None)
        assert conn.execute(select(stale_person.c.person_id)).scalars().all() == [people["สมชาย"]]
        assert refresh(conn, LATER) == 1
        states = select(competency_state.c.mapping_id).where(competency_state.c.state == 2)
        assert conn.execute(states).scalars().all() == [new.id]
        assert load(conn, SAMPLE.replace("[D1.1]", "[D1.9]"), LATER + minutes(1)) == 0


def test_a_name_that_the_file_has_no_more_ends_yesterday(engine: Engine) -> None:
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        load(conn, SAMPLE.replace("id=2", "id=200"))
        rows = conn.execute(select(course_alias).where(course_alias.c.label == "DL101")).all()
        ends = {str(row.activity_iri)[-6:]: row.valid_to for row in rows}
    assert ends == {"p?id=2": bangkok_day(LATER) - timedelta(days=1), "id=200": None}


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[D1.1]", "[D9.9]", "sample-dl101: competencies: 'D9.9' is not in the framework"),
        ("online_self_paced", "by_osmosis", "sample-dl101: delivery: 'by_osmosis' is not in the framework"),
        ('version: "1"', 'version: "7"', "framework: 'otepc-w4-2563' version '7' is not loaded"),
        (
            "id: sample-dl101",
            "id: mine",
            "mine: aliases: activity http://127.0.0.1:8080/course/view.php?id=2 b",
        ),
    ],
)
def test_what_does_not_fit_the_database_is_refused(
    engine: Engine, old: str, new: str, complaint: str
) -> None:
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        with pytest.raises(MappingError) as caught:
            load(conn, SAMPLE.replace(old, new, 1))
        assert str(caught.value).startswith(f"mine.yaml: {complaint}")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("hours: 3", "hours: many", "courses[0] (sample-dl101).mappings[0]: hours: must be a number"),
        ("hours: 3", "hours: -1", "courses[0] (sample-dl101).mappings[0]: hours: must be between"),
        ("hours: 3", "hour: 3", "courses[0] (sample-dl101).mappings[0]: hour: unknown field"),
        (
            "level_at_most: 2",
            "level_at_most: 9",
            "courses[0] (sample-dl101).mappings[0].criteria: level_at_most",
        ),
        ("[completed, passed]", "[done]", "courses[0] (sample-dl101).mappings[0].criteria: verbs: 'done' is"),
        ("[D1.1]", "[]", "courses[0] (sample-dl101).mappings[0]: competencies: an approved mapping needs"),
        ("status: approved", "status: yes", "courses[0] (sample-dl101).mappings[0]: status: must be a text"),
        ("id: sample-dl102", "id: sample-dl101", "courses[1] (sample-dl101): id: there is an earlier entry"),
        ("view.php?id=3", "view.php?id=2", "courses[1] (sample-dl102): aliases: activity "),
        (
            "valid_from: 2020-03-24\n",
            "valid_from: 24/3/2563\n",
            "courses[0] (sample-dl101).mappings[0]: valid_from",
        ),
    ],
)
def test_a_fault_is_named_with_file_entry_and_field(old: str, new: str, complaint: str) -> None:
    assert old in SAMPLE
    with pytest.raises(MappingError) as caught:
        parse_mappings(SAMPLE.replace(old, new, 1), "mine.yaml")
    assert str(caught.value).startswith(f"mine.yaml: {complaint}")


def test_an_approval_names_who_and_where() -> None:
    without = "\n".join(line for line in SAMPLE.splitlines() if "approved_by" not in line)
    with pytest.raises(MappingError, match="approved_by: an approved mapping says who"):
        parse_mappings(without, "mine.yaml")


def test_a_file_that_is_not_there_or_not_text_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"none\.yaml: cannot be opened: No such file"):
        read_mappings(tmp_path / "none.yaml")
    (tmp_path / "thai.yaml").write_bytes("ครู".encode("cp874"))
    with pytest.raises(MappingError, match=r"thai\.yaml: is not UTF-8"):
        read_mappings(tmp_path / "thai.yaml")


def test_drafts_never_count(engine: Engine) -> None:
    draft = SAMPLE.replace("status: approved", "status: draft")
    with engine.begin() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        load(conn, draft, BEGIN)
        send(conn, "11", 2)
        refresh(conn, NOW)
        states = conn.execute(select(competency_state.c.state)).scalars().all()
    assert states == []
