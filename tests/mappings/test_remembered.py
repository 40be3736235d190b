"""Nothing changes memberships, groups or places but the one door that keeps what they said."""

import ast
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, select, true

from lrs.clock import to_micros
from mappings.people import UnitRow, import_units
from mappings.remembered import change, place_holds, versions
from mappings.tables import membership, membership_past, unit, unit_place
from tests.mappings.world import BEGIN, NOW, UNITS, minutes, people_with_accounts

HOME = Path(__file__).parents[2]
DOORS = {
    # What names somebody goes from rows of the past as well: that is no other version.
    "mappings/erase.py": {"_clear"},
    "mappings/remembered.py": {"change"},
    "mappings/unit_places.py": {"_write_dated"},
}
GUARDED = {"membership", "group_assignment", "membership_past", "group_assignment_past", "unit_place"}
# Functions that take one table after another, and none of these.
OF_OTHER_TABLES = {
    "connector/access/users.py": {"forget_persons"},
    "connector/imports/staging.py": {"forget_rows"},
    "connector/person_erasure.py": {"_forget_syncs"},
    "connector/reminders/queue.py": {"forget_reminders"},
    "mappings/counts.py": {"recount", "_count_people"},
    "mappings/erase.py": {"_delete", "_forget_staged"},
    "mappings/gap_counts.py": {"keep_counts"},
    "mappings/national_ids.py": {"_rekey_some", "forget_ids"},
    "mappings/progress.py": {"_taken", "_write_anew"},
    "mappings/roster_staging.py": {"forget_people"},
    "mappings/units_shares.py": {"_put_together"},
}


def _writes(path: Path) -> list[tuple[str, str]]:
    """(function, table's name in the code) of each update and delete."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        (function.name, ast.unparse(call.args[0]))
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for call in ast.walk(function)
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("update", "delete") and call.args
    ]


def test_no_other_module_updates_or_deletes_what_is_remembered() -> None:
    found = []
    for package in ("connector", "mappings"):
        for path in sorted((HOME / package).rglob("*.py")):
            name = path.relative_to(HOME).as_posix()
            found += [
                (name, function, table)
                for function, table in _writes(path)
                if table in {*GUARDED, "table"}
                and function not in DOORS.get(name, set()) | OF_OTHER_TABLES.get(name, set())
            ]
    assert found == []


def _places(conn: Connection, known_at: int | None) -> set[tuple[str, str]]:
    up, down = unit.alias(), unit.alias()
    rows = conn.execute(
        select(up.c.uid, down.c.uid)
        .join_from(unit_place, up, up.c.id == unit_place.c.ancestor_id)
        .join(down, down.c.id == unit_place.c.unit_id)
        .where(unit_place.c.depth == 1, unit_place.c.valid_to.is_(None), place_holds(unit_place, known_at))
    )
    return {(row[0], row[1]) for row in rows}


def test_a_changed_row_says_what_it_said_under_earlier_knowledge(engine: Engine) -> None:
    with engine.begin() as conn:
        people_with_accounts(conn, {"1": "แก้ว"})
        assert change(conn, membership, true(), {"position_th": "ครูใหญ่"}, NOW, "later") == 1
        assert change(conn, membership, true(), {"position_th": "ผู้อำนวยการ"}, NOW, "later") == 1
        told = {}
        for moment in (BEGIN, NOW - minutes(1), NOW, None):
            known_at = None if moment is None else to_micros(moment)
            told[moment] = [
                conn.execute(select(rows.c.position_th).where(holds)).scalars().all()
                for rows, holds in versions(membership, known_at)
            ]
        assert told == {
            BEGIN: [[], ["ครู"]],
            NOW - minutes(1): [[], ["ครู"]],
            NOW: [["ผู้อำนวยการ"], []],
            None: [["ผู้อำนวยการ"]],
        }
        assert conn.execute(select(membership_past.c.recorded_by)).scalars().all() == ["test"]


@pytest.mark.parametrize("parent", ["office", "obec"])
def test_a_unit_that_moves_keeps_its_old_place(engine: Engine, parent: str) -> None:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        was = _places(conn, None)
        office = UnitRow("office", "area_office", "สพป.อื่น", "obec", "9902", 6)
        moved = [office, *(one for one in UNITS if one.uid != "area")]
        school = UnitRow("s1", "school", "โรงเรียนหนึ่ง", parent, "0100000001", 4)
        import_units(conn, [one for one in moved if one.uid != "s1"] + [school], NOW, "test")
        assert _places(conn, to_micros(BEGIN)) == was
        assert _places(conn, None) == was - {("area", "s1")} | {("obec", "office"), (parent, "s1")}
