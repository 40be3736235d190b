"""Attendance of events: the 10 and the 20 of 70:20:10."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from connector.imports.errors import ImportFileError, ImportStateError
from mappings.mapping_decisions import Decider, withdraw
from mappings.progress import refresh
from mappings.tables import competency_state, course, learning_category, learning_event, mapping
from tests.connector.learning import (
    NOW,
    OWN,
    a_file,
    attendance,
    current,
    events,
    people,
    refused,
    take_back,
    uuid_of,
    written,
)

SHEET = """
อบรมเชิงปฏิบัติการ สพป.ตัวอย่าง,,
ชื่อกิจกรรม: ตารางคำนวณขั้นต้น,,
วันที่,5-6 กรกฎาคม ๒๕๖๗,
จำนวนชั่วโมง: 12 ชั่วโมง,,
รูปแบบ,อบรมเชิงปฏิบัติการ,
สมรรถนะ,D1.5,
,,
ลำดับ,อีเมล,ชั่วโมง
1,kaew@school.example,
2,kwan@school.example,6
"""
TITLE = "ตารางคำนวณขั้นต้น"


def categories(engine: Engine, person_id: int) -> dict[str, float | None]:
    with engine.begin() as conn:
        rows = conn.execute(
            select(learning_category.c.code, learning_event.c.hours)
            .join(learning_category, learning_category.c.id == learning_event.c.category_id)
            .where(learning_event.c.person_id == person_id)
        )
        return {row.code: row.hours for row in rows}


def proven(engine: Engine, person_id: int) -> int:
    with engine.begin() as conn:
        states = select(competency_state.c.competency_id).where(
            competency_state.c.person_id == person_id, competency_state.c.state == 2
        )
        return len(conn.execute(states).all())


def test_hours_of_the_event_or_of_the_person(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    uuid = attendance(engine, a_file(tmp_path, SHEET))
    kaew, kwan = current(engine)
    assert (kaew.account, kaew.home_page, kaew.verb, kaew.level) == (
        uuid_of(engine, ids["แก้ว"]),
        OWN,
        "attended",
        2,
    )
    assert "duration" not in kaew.body["result"]
    assert kwan.body["result"]["duration"].startswith("PT06H") or kwan.body["result"]["duration"] == "PT6H"
    assert kaew.body["object"]["definition"]["type"] == "http://activitystrea.ms/schema/1.0/event"
    assert categories(engine, ids["แก้ว"]) == {"LC10": 12.0}
    assert categories(engine, ids["ขวัญ"]) == {"LC10": 6.0}
    assert proven(engine, ids["แก้ว"]) == 1
    with engine.begin() as conn:
        row = conn.execute(select(mapping).join(course).where(course.c.title_th == TITLE)).one()
    assert (row.status, row.reference, row.hours) == ("approved", f"import {uuid}", 12.0)
    take_back(engine, uuid, 10)
    assert categories(engine, ids["ขวัญ"]) == {}
    take_back(engine, uuid)
    assert (events(engine, ids["แก้ว"]), proven(engine, ids["แก้ว"])) == ([], 0)
    with engine.begin() as conn:
        ended = conn.execute(select(mapping.c.ended_at).join(course).where(course.c.title_th == TITLE))
        assert ended.scalar_one() is not None


def test_what_was_withdrawn_is_not_brought_back_by_the_next_file(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    attendance(engine, a_file(tmp_path, SHEET))
    with engine.begin() as conn:
        (mapping_id,) = conn.execute(
            select(mapping.c.id).join(course).where(course.c.title_th == TITLE)
        ).scalars()
        withdraw(conn, mapping_id, "ไม่ได้จัด", Decider("ครูใหญ่", NOW))
    attendance(engine, a_file(tmp_path, f"{SHEET}3,kasem@school.example,\n", "again.csv"))
    assert proven(engine, ids["แก้ว"]) == 0
    with engine.begin() as conn:
        stands = (
            select(mapping.c.id).join(course).where(course.c.title_th == TITLE, mapping.c.ended_at.is_(None))
        )
        assert conn.execute(stands).all() == []


@pytest.mark.parametrize(
    ("mode", "category"),
    [
        ("onsite", "LC10"),
        ("ออนไลน์สด", "LC10"),
        ("Hybrid", "LC10"),
        ("สอนงาน", "LC20"),
        ("ให้คำปรึกษา", "LC20"),
        ("online self-paced", "LC70"),
    ],
)
def test_the_delivery_mode_decides_the_part(engine: Engine, tmp_path: Path, mode: str, category: str) -> None:
    ids = people(engine)
    path = a_file(tmp_path, "อีเมล\nkaew@school.example\n")
    attendance(engine, path, title="การโค้ช", days="5 ก.ค. 2567", mode=mode)
    assert categories(engine, ids["แก้ว"]) == {category: None}


def test_the_same_event_in_two_files_counts_once(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    first = attendance(engine, a_file(tmp_path, SHEET))
    before = written(engine)
    second = attendance(engine, a_file(tmp_path, SHEET.replace("12 ชั่วโมง", "12"), "again.csv"))
    assert written(engine) == before
    assert events(engine, ids["แก้ว"]) == [(TITLE, 12.0)]
    corrected = attendance(engine, a_file(tmp_path, SHEET.replace("12 ชั่วโมง", "9"), "corrected.csv"))
    assert events(engine, ids["แก้ว"]) == [(TITLE, 9.0)]
    take_back(engine, corrected)
    assert events(engine, ids["แก้ว"]) == [(TITLE, 12.0)]
    for uuid in (first, second):
        take_back(engine, uuid)
    assert current(engine) == []
    assert written(engine) > before


def test_changed_hours_of_one_person_replace_the_statement(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    attendance(engine, a_file(tmp_path, SHEET))
    corrected = SHEET.replace("example,6", "example,4.5")
    uuid = attendance(engine, a_file(tmp_path, corrected, "corrected.csv"))
    assert events(engine, ids["ขวัญ"]) == [(TITLE, 4.5)]
    take_back(engine, uuid)
    assert events(engine, ids["ขวัญ"]) == [(TITLE, 6.0)]
    with engine.begin() as conn:
        assert refresh(conn, NOW) == 0


def test_who_was_absent_or_comes_twice_or_is_unknown(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    rows = """
อีเมล,รหัสบุคลากร,เข้าร่วม,ชั่วโมง
kaew@school.example,,ขาด,
,R-2,/,3
kwan@school.example,,/,3
nobody@school.example,,/,
kasem@school.example,,/,นาน
"""
    path = a_file(tmp_path, rows)
    uuid = attendance(engine, path, title="สัมมนา", days="2024-07-05", hours="6", mode="onsite")
    assert refused(engine, uuid) == [
        (4, "ชั่วโมง", "3", "row 3 is about the same person: one row a person"),
        (5, "อีเมล", "nobody@school.example", "nobody on the rosters is known by this"),
        (6, "ชั่วโมง", "นาน", "is no number of hours: more than 0, at most 1000"),
    ]
    assert [events(engine, ids[name]) for name in ("แก้ว", "ขวัญ", "เกษม")] == [[], [("สัมมนา", 3.0)], []]


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ({"days": "5 ก.ค. 2567", "mode": "onsite"}, "the event has no title"),
        ({"title": "ก", "days": "ไม่รู้", "mode": "onsite"}, "the event's days 'ไม่รู้' is not a day"),
        ({"title": "ก", "days": "5 ก.ค. 2567"}, "the event's mode '' must be one of onsite"),
        ({"title": "ก", "days": "5 ก.ค. 2567", "mode": "onsite", "hours": "0"}, "is no number of hours"),
        ({"title": "ก", "days": "1-30 พ.ย. 2569", "mode": "onsite"}, "has not ended yet"),
        ({"title": "ก", "days": "5 ก.ค. 2567", "mode": "onsite", "competencies": "D9.9"}, "'D9.9' is not in"),
    ],
)
def test_an_event_that_is_not_told_whole_is_one_clear_error(
    engine: Engine, tmp_path: Path, event: dict[str, str], message: str
) -> None:
    people(engine)
    with pytest.raises((ImportFileError, ImportStateError), match=message):
        attendance(engine, a_file(tmp_path, "อีเมล\nkaew@school.example\n"), **event)
    assert current(engine) == []
