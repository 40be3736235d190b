from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, Table, func, insert, select

from mappings.days import bangkok_day
from mappings.people import ImportReport, PersonRow, UnitRow, import_roster, import_units
from mappings.tables import change_log, group_assignment, membership, person, unit, unit_code, unit_path
from tests.mappings.world import BEGIN, NOW, UNITS, a_person

DAY = bangkok_day(NOW)


@pytest.fixture
def conn(engine: Engine) -> Any:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        yield conn


def rows_of(conn: Connection, table: Table) -> Sequence[Any]:
    return conn.execute(select(table).order_by(table.c.id)).all()


def bring(conn: Connection, *rows: PersonRow) -> ImportReport:
    return import_roster(conn, rows, NOW, "test")


def test_units_form_a_tree_with_dated_codes(conn: Connection) -> None:
    assert import_units(conn, UNITS, NOW, "test") == ImportReport(0, 0, 4)
    ids = {row.uid: row.id for row in rows_of(conn, unit)}
    below = conn.execute(
        select(unit_path.c.unit_id, unit_path.c.depth).where(unit_path.c.ancestor_id == ids["area"])
    )
    assert {tuple(row) for row in below} == {(ids["area"], 0), (ids["s1"], 1), (ids["s2"], 1)}
    moved = UnitRow("s2", "school", "โรงเรียนสอง", "obec", "0100000009", 2)
    assert import_units(conn, [moved], NOW, "test") == ImportReport(0, 1, 0)
    codes = conn.execute(select(unit_code).where(unit_code.c.unit_id == ids["s2"]).order_by(unit_code.c.id))
    assert [(row.code, row.valid_from, row.valid_to) for row in codes] == [
        ("0100000002", bangkok_day(BEGIN), DAY - timedelta(days=1)),
        ("0100000009", DAY, None),
    ]
    below = conn.execute(select(unit_path.c.unit_id).where(unit_path.c.ancestor_id == ids["area"]))
    assert set(below.scalars()) == {ids["area"], ids["s1"]}


def test_a_unit_without_a_sound_line_of_parents_is_refused(conn: Connection) -> None:
    rows = [
        UnitRow("x", "school", "โรงเรียนลอย", "nowhere", None, 2),
        UnitRow("y", "school", "ใต้โรงเรียนลอย", "x", None, 3),
        UnitRow("area", "area_office", "สพป.ตัวอย่าง", "s1", "9901", 4),
    ]
    report = import_units(conn, rows, NOW, "test")
    assert [(each.row, each.column) for each in report.refused] == [
        (2, "parent_uid"),
        (3, "parent_uid"),
        (4, "parent_uid"),
    ]
    assert (report.added, report.changed) == (0, 0)


def test_the_same_roster_twice_changes_nothing(conn: Connection) -> None:
    rows = [a_person("สมชาย"), a_person("สมหญิง", id_hmac=None, id_last4=None, row=3)]
    assert bring(conn, *rows) == ImportReport(2, 0, 0)
    tables = (person, membership, group_assignment, change_log)
    before = [rows_of(conn, table) for table in tables]
    assert bring(conn, *rows) == ImportReport(0, 0, 2)
    assert [rows_of(conn, table) for table in tables] == before


def test_a_moved_person_leaves_the_old_school_the_day_before(conn: Connection) -> None:
    import_roster(conn, [a_person()], BEGIN, "test")
    assert bring(conn, a_person(unit_code="0100000002")) == ImportReport(0, 1, 0)
    old, new = rows_of(conn, membership)
    assert (old.valid_from, old.valid_to) == (bangkok_day(BEGIN), DAY - timedelta(days=1))
    assert (new.valid_from, new.valid_to) == (DAY, None)
    assert old.unit_id != new.unit_id
    assert conn.execute(select(func.count()).select_from(person)).scalar_one() == 1


def test_the_log_names_fields_and_never_people(conn: Connection) -> None:
    bring(conn, a_person())
    bring(conn, a_person(family_name="เปลี่ยนแล้ว"))
    last = rows_of(conn, change_log)[-1]
    assert (last.action, last.subject, last.detail) == ("change", "person", "family_name sort_key")
    assert last.subject_id == rows_of(conn, person)[0].uuid
    assert not any("เปลี่ยนแล้ว" in str(row) for row in rows_of(conn, change_log))


@pytest.mark.parametrize(
    ("changes", "group"),
    [
        ({"position": "ครู"}, ("S", "position")),
        ({"position": "ครู", "group": "T"}, ("T", "roster")),
        ({"position": "ครู", "group": "-"}, (None, "roster")),
        ({"position": "ผู้อํานวยการโรงเรียน"}, ("M", "position")),
        ({"position": "รองผู้อำนวยการ"}, None),
        ({"position": "รองผู้อำนวยการ", "line": "สายงานบริหารสถานศึกษา"}, ("M", "position")),
        ({"position": "ศึกษานิเทศก์"}, ("A", "position")),
        ({"position": "นักวิชาการคอมพิวเตอร์"}, ("T", "position")),
        ({"position": "เจ้าหน้าที่ธุรการ"}, None),
        ({"position": "ผู้ช่วยครู"}, None),
    ],
)
def test_the_group_comes_from_the_file_or_else_from_the_exact_position(
    conn: Connection, changes: dict[str, str], group: tuple[str | None, str] | None
) -> None:
    bring(conn, a_person(**changes))
    found = [(row.group_code, row.basis) for row in rows_of(conn, group_assignment)]
    assert found == ([] if group is None else [group])


def test_a_group_ends_when_the_post_is_no_longer_known(conn: Connection) -> None:
    import_roster(conn, [a_person()], BEGIN, "test")
    bring(conn, a_person(position="เจ้าหน้าที่ธุรการ"))
    (row,) = rows_of(conn, group_assignment)
    assert row.valid_to == DAY - timedelta(days=1)


def test_a_group_that_somebody_assigned_outlives_a_roster(conn: Connection) -> None:
    bring(conn, a_person(position="เจ้าหน้าที่ธุรการ"))
    (found,) = rows_of(conn, person)
    conn.execute(
        insert(group_assignment).values(
            person_id=found.id,
            group_code="T",
            basis="assignment",
            reference="คำสั่งที่ 1",
            valid_from=DAY,
            recorded_at=1,
            recorded_by="test",
        )
    )
    assert bring(conn, a_person(position="ครู")).changed == 1
    # What the post says goes on beneath it.
    held = [(row.basis, row.valid_to) for row in rows_of(conn, group_assignment)]
    assert held == [("assignment", None), ("position", None)]


def test_a_row_of_an_unknown_school_is_refused_and_the_rest_taken(conn: Connection) -> None:
    report = bring(conn, a_person("ก", unit_code="100000001", row=2), a_person("ข", row=3))
    assert (report.added, [(each.row, each.value) for each in report.refused]) == (1, [(2, "100000001")])


def test_persons_without_an_id_are_one_only_within_a_unit(conn: Connection) -> None:
    nameless: dict[str, Any] = {"id_hmac": None, "id_last4": None}
    bring(conn, a_person(**nameless))
    assert bring(conn, a_person(unit_code="0100000002", **nameless)) == ImportReport(1, 0, 0)
