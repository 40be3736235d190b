"""Posts that people decide about: everybody who holds one follows, now and in the next roster."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, select

from connector.report.queries.members import members
from mappings.days import bangkok_day, day_before
from mappings.errors import MappingError
from mappings.group_assignments import assign
from mappings.people import import_roster, import_units
from mappings.post_decisions import classifier, decide, undo
from mappings.tables import change_log, group_assignment, person, post_decision, stale_person, unit
from tests.mappings.world import BEGIN, NOW, UNITS, a_person

DAY = bangkok_day(NOW)
CLERK = "เจ้าหน้าที่กลุ่มอำนวยการ"
PEOPLE = (
    a_person("ก", position=CLERK),
    a_person("ข", position="เจ้าหน้าที่ กลุ่มอํานวยการ", unit_code="0100000002"),
    a_person("ค", position=CLERK, line="งานสนับสนุน"),
    a_person("ง", position=CLERK, group="-"),
    a_person("จ", position="กลุ่มอำนวยการ"),
    a_person("ฉ", position="ครู"),
)


@pytest.fixture
def conn(engine: Engine) -> Any:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        import_roster(conn, PEOPLE, BEGIN, "test")
        conn.execute(delete(stale_person))
        yield conn


def groups(conn: Connection, day: date = DAY) -> dict[str, str]:
    """given name -> M, A, S, T, "-" or "?", as reports count them on a day."""
    root = conn.execute(select(unit.c.id).where(unit.c.uid == "obec")).scalar_one()
    people = members(root, day)
    rows = conn.execute(
        select(person.c.given_name, people.c.group_code, people.c.classified).join(
            people, people.c.person_id == person.c.id
        )
    )
    return {row.given_name: (row.group_code or "-") if row.classified else "?" for row in rows}


def stale(conn: Connection) -> set[str]:
    """Who was marked; the marks are gone after."""
    ids = conn.execute(select(stale_person.c.person_id)).scalars().all()
    conn.execute(delete(stale_person))
    return set(conn.execute(select(person.c.given_name).where(person.c.id.in_(ids))).scalars())


def on_post(conn: Connection, group: str | None = "S", now: datetime = NOW, line: str = "") -> int:
    return decide(conn, line, CLERK, group, "มติที่ประชุม", now, "test")


def test_before_a_decision_nobody_is_classified_by_a_part_of_the_post(conn: Connection) -> None:
    assert groups(conn) == {"ก": "?", "ข": "?", "ค": "?", "ง": "-", "จ": "?", "ฉ": "S"}


def test_a_decision_counts_for_all_who_hold_the_post_from_today_on(conn: Connection) -> None:
    assert on_post(conn) == 3
    assert groups(conn) == {"ก": "S", "ข": "S", "ค": "S", "ง": "-", "จ": "?", "ฉ": "S"}
    assert groups(conn, DAY - timedelta(days=1))["ก"] == "?"
    assert stale(conn) == {"ก", "ข", "ค"}


def test_a_decision_counts_for_people_of_the_next_roster(conn: Connection) -> None:
    on_post(conn, "A")
    import_roster(conn, [*PEOPLE, a_person("ช", position=CLERK)], NOW + timedelta(days=3), "test")
    assert groups(conn, DAY + timedelta(days=3))["ช"] == "A"
    assert groups(conn, DAY + timedelta(days=3))["ก"] == "A"


def test_a_post_on_a_line_is_decided_by_itself(conn: Connection) -> None:
    assert on_post(conn, "T", line="งาน สนับสนุน") == 1
    assert groups(conn) == {"ก": "?", "ข": "?", "ค": "T", "ง": "-", "จ": "?", "ฉ": "S"}
    # What is decided without a line counts on lines that nothing was decided about.
    assert on_post(conn, "A") == 2
    assert groups(conn)["ค"] == "T"


def test_the_table_goes_before_what_was_decided_without_the_line(conn: Connection) -> None:
    decide(conn, "", "ผู้อำนวยการ", "A", "", NOW, "test")
    classify = classifier(conn)
    assert classify("", "ผู้อำนวยการ") == ("A", "decision")
    assert classify("สายงานบริหารสถานศึกษา", "ผู้อำนวยการ") == ("M", "position")
    decide(conn, "สายงานบริหารสถานศึกษา", "ผู้อำนวยการ", "S", "", NOW, "test")
    assert classifier(conn)("สายงานบริหารสถานศึกษา", "ผู้อำนวยการ") == ("S", "decision")


def test_a_new_decision_replaces_the_old_one_and_the_past_stays(conn: Connection) -> None:
    on_post(conn, "S")
    later = NOW + timedelta(days=10)
    assert on_post(conn, "A", later) == 3
    assert groups(conn, DAY + timedelta(days=9))["ก"] == "S"
    assert groups(conn, DAY + timedelta(days=10))["ก"] == "A"
    standing = conn.execute(select(post_decision.c.group_code).where(post_decision.c.ended_at.is_(None)))
    assert standing.scalars().all() == ["A"]


def test_the_same_decision_again_changes_nobody(conn: Connection) -> None:
    on_post(conn)
    stale(conn)
    assert on_post(conn, now=NOW + timedelta(days=1)) == 0
    assert stale(conn) == set()


def test_outside_is_a_decision_too(conn: Connection) -> None:
    assert on_post(conn, None) == 3
    assert groups(conn)["ก"] == "-"


def test_undone_people_are_unclassified_from_that_day_on(conn: Connection) -> None:
    on_post(conn)
    decision_id = conn.execute(select(post_decision.c.id)).scalar_one()
    later = NOW + timedelta(days=2)
    assert undo(conn, decision_id, "ผิดกลุ่ม", later, "test") == 3
    assert groups(conn, DAY + timedelta(days=2))["ก"] == "?"
    assert groups(conn, DAY + timedelta(days=1))["ก"] == "S"
    assert classifier(conn)("", CLERK) is None
    with pytest.raises(MappingError, match=f"decision {decision_id}: it stands no more"):
        undo(conn, decision_id, "", later, "test")


def test_a_decision_that_is_undone_the_same_day_was_never_in_force(conn: Connection) -> None:
    on_post(conn)
    undo(conn, conn.execute(select(post_decision.c.id)).scalar_one(), "", NOW, "test")
    assert groups(conn)["ก"] == "?"
    days = conn.execute(
        select(group_assignment.c.valid_from, group_assignment.c.valid_to).where(
            group_assignment.c.basis == "decision"
        )
    )
    assert {tuple(row) for row in days} == {(DAY, day_before(DAY))}


def test_what_was_assigned_by_name_stays(conn: Connection) -> None:
    uuid = conn.execute(select(person.c.uuid).where(person.c.given_name == "ก")).scalar_one()
    assign(conn, uuid, "T", "คำสั่งที่ 1/2569", DAY, None, NOW, "test")
    on_post(conn, "S")
    assert groups(conn)["ก"] == "T"
    assert groups(conn)["ข"] == "S"


def test_decisions_are_logged_without_names(conn: Connection) -> None:
    conn.execute(delete(change_log))
    on_post(conn)
    rows = conn.execute(select(change_log).order_by(change_log.c.id)).all()
    assert [(row.action, row.subject, row.detail, row.by) for row in rows] == [
        ("decide", "post", "มติที่ประชุม", "test"),
        *[("change", "person", "group", "test")] * 3,
    ]


def test_a_post_without_a_name_cannot_be_decided(conn: Connection) -> None:
    with pytest.raises(MappingError, match="correct it in the roster"):
        decide(conn, "สายงาน", " ", "S", "", NOW, "test")
