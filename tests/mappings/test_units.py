"""Units: dated codes, names with aliases, and a whole country in few commands."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, event, func, select

from mappings.days import bangkok_day
from mappings.people import ImportReport, UnitRow, import_units
from mappings.tables import change_log, unit, unit_alias, unit_code, unit_path
from mappings.units import DatedCode, check_units, name_key, units_by_code, units_by_name
from tests.mappings.world import BEGIN, NOW, UNITS

TODAY = bangkok_day(NOW)
BEFORE = TODAY - timedelta(days=1)
START = bangkok_day(BEGIN)
Days = tuple[str, date, date | None]


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        yield conn


def school(code: str | None = None, *codes: DatedCode, **changes: Any) -> UnitRow:
    values = {"uid": "s1", "kind": "school", "name_th": "โรงเรียนหนึ่ง", "parent_uid": "area", "code": code}
    return UnitRow(**(values | {"codes": codes} | changes))


def bring(conn: Connection, *rows: UnitRow) -> ImportReport:
    """As the check says before, and as the same rows again say after: nothing."""
    foretold = check_units(conn, rows, NOW)
    report = import_units(conn, rows, NOW, "test")
    assert foretold == report
    assert import_units(conn, rows, NOW, "test").unchanged == len(rows) - len(report.refused)
    return report


def codes_of(conn: Connection, uid: str = "s1") -> list[Days]:
    query = select(unit_code).join(unit, unit.c.id == unit_code.c.unit_id).where(unit.c.uid == uid)
    return [(row.code, row.valid_from, row.valid_to) for row in conn.execute(query.order_by(unit_code.c.id))]


def id_of(conn: Connection, uid: str = "s1") -> int:
    return int(conn.execute(select(unit.c.id).where(unit.c.uid == uid)).scalar_one())


def test_a_school_has_codes_of_several_lengths_at_once(conn: Connection) -> None:
    assert bring(conn, school("10500001")) == ImportReport(0, 1, 0)
    bring(conn, school("0100000009", DatedCode("105001")))
    assert codes_of(conn) == [
        ("0100000001", START, BEFORE),
        ("10500001", TODAY, None),
        ("0100000009", TODAY, None),
        ("105001", TODAY, None),
    ]
    found = units_by_code(conn, TODAY)
    assert {found.get(code) for code in ("0100000009", "10500001", "105001")} == {id_of(conn)}
    assert units_by_code(conn, BEFORE)["0100000001"] == id_of(conn)


def test_a_row_without_a_code_ends_none(conn: Connection) -> None:
    assert bring(conn, school(None)) == ImportReport(0, 0, 1)
    assert codes_of(conn) == [("0100000001", START, None)]


def test_codes_with_their_own_days(conn: Connection) -> None:
    first, change = date(2010, 1, 1), date(2021, 6, 1)
    old = DatedCode("0100000001", first, change - timedelta(days=1))
    assert bring(conn, school(None, old, DatedCode("0100000009", change))).changed == 1
    assert codes_of(conn) == [
        ("0100000001", first, change - timedelta(days=1)),
        ("0100000009", change, None),
    ]
    assert units_by_code(conn, date(2015, 1, 1)) == {"0100000001": id_of(conn)}
    assert "0100000001" not in units_by_code(conn, TODAY)
    bring(conn, school(None, DatedCode("0100000009", change, TODAY)))
    assert codes_of(conn)[1] == ("0100000009", change, TODAY)


def test_a_code_that_two_units_have_means_neither(conn: Connection) -> None:
    bring(conn, UnitRow("s2", "school", "โรงเรียนสอง", "area", "0100000001"))
    assert "0100000001" not in units_by_code(conn, TODAY)
    assert units_by_code(conn, BEFORE)["0100000001"] == id_of(conn)


def test_a_former_name_is_kept_until_yesterday(conn: Connection) -> None:
    assert bring(conn, school(name_th="โรงเรียนหนึ่ง (ใหม่)")).changed == 1
    (alias,) = conn.execute(select(unit_alias)).all()
    assert (alias.name, alias.valid_from, alias.valid_to) == ("โรงเรียนหนึ่ง", START, BEFORE)
    for day in (BEFORE, TODAY):
        names = units_by_name(conn, day)
        assert names[name_key("โรงเรียนหนึ่ง")] == names[name_key("โรงเรียน หนึ่ง(ใหม่)")] == id_of(conn)
    bring(conn, school(name_th="โรงเรียน หนึ่ง  (ใหม่)"))
    assert len(conn.execute(select(unit_alias)).all()) == 1


def test_a_former_name_gives_way_to_the_unit_that_has_it_now(conn: Connection) -> None:
    bring(conn, school(name_th="โรงเรียนที่หนึ่ง"))
    bring(conn, UnitRow("s3", "school", "โรงเรียนหนึ่ง", "area", None))
    assert units_by_name(conn, TODAY)[name_key("โรงเรียนหนึ่ง")] == id_of(conn, "s3")


def test_aliases_are_brought_to_what_the_file_says(conn: Connection) -> None:
    assert bring(conn, school(aliases=("ร.ร.๑", "ร.ร. 1", "หนึ่งวิทยา", "โรงเรียนหนึ่ง"))).changed == 1
    assert units_by_name(conn, TODAY)[name_key("ร.ร.1")] == id_of(conn)
    bring(conn, school(aliases=("หนึ่งวิทยา",)))
    bring(conn, school())
    lasting = select(unit_alias.c.name).where(unit_alias.c.valid_to.is_(None))
    assert conn.execute(lasting).scalars().all() == ["หนึ่งวิทยา"]
    actions = select(change_log.c.detail).where(change_log.c.detail.is_not(None))
    assert conn.execute(actions).scalars().all() == ["aliases", "aliases"]


def test_a_name_that_two_units_have_means_neither(conn: Connection) -> None:
    bring(conn, UnitRow("s3", "school", "โรงเรียนสอง", "obec", None))
    assert name_key("โรงเรียนสอง") not in units_by_name(conn, TODAY)


def test_a_moved_unit_takes_what_lies_below_it_along(conn: Connection) -> None:
    bring(conn, UnitRow("other", "area_office", "สพป.อื่น", "obec", None), school(parent_uid="other"))
    bring(conn, UnitRow("other", "area_office", "สพป.อื่น", "area", None))
    above = select(unit.c.uid, unit_path.c.depth).join(unit, unit.c.id == unit_path.c.ancestor_id)
    rows = conn.execute(above.where(unit_path.c.unit_id == id_of(conn)))
    assert {tuple(row) for row in rows} == {("s1", 0), ("other", 1), ("area", 2), ("obec", 3)}


def test_where_a_file_says_nothing_of_parents(conn: Connection) -> None:
    known = school(parent_uid=None, parent_said=False)
    new = UnitRow("other", "area_office", "สพป.อื่น", None, "9902", parent_said=False)
    assert bring(conn, known, new) == ImportReport(1, 0, 1)
    above = select(unit.c.uid).join(unit_path, unit_path.c.ancestor_id == unit.c.id)
    for uid, expected in (("other", {"obec", "other"}), ("s1", {"obec", "area", "s1"})):
        found = conn.execute(above.where(unit_path.c.unit_id == id_of(conn, uid))).scalars()
        assert set(found) == expected
    bring(conn, UnitRow("obec-2", "obec", "อีกแห่ง", None, None))
    bring(conn, UnitRow("alone", "area_office", "สพป.ใหม่", None, None, parent_said=False))
    parent = select(unit.c.parent_id).where(unit.c.uid == "alone")
    assert conn.execute(parent).scalar_one() is None


def test_a_whole_country_takes_few_commands(engine: Engine) -> None:
    """29,600 schools come in seconds: no command runs once a unit, at the first import or at a rename."""
    offices = [UnitRow(f"a{n}", "area_office", f"สพป.{n}", "obec", f"{1000 + n}") for n in range(30)]
    schools = [UnitRow(f"s{n}", "school", f"โรงเรียน {n}", f"a{n % 30}", f"{10**9 + n}") for n in range(3000)]
    # Children first: their parents are looked for among all rows.
    rows = [*schools, *offices, UnitRow("obec", "obec", "สพฐ.", None, None)]
    renamed = [UnitRow(one.uid, one.kind, f"{one.name_th} ก", "a1", f"{one.code}"[::-1]) for one in schools]
    commands: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *about: commands.append(about[2]))
    later = datetime(2026, 7, 1, tzinfo=UTC)
    with engine.begin() as conn:
        assert import_units(conn, rows, NOW, "test").added == len(rows)
        assert import_units(conn, renamed, later, "test").changed == len(schools)
        counted = conn.execute(select(func.count()).select_from(unit_path)).scalar_one()
    assert counted == 1 + 2 * 30 + 3 * 3000
    assert len(commands) < 40
