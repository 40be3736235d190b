from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from connector.imports import ImportFileError, read_roster, read_units
from connector.imports.roster import COLUMNS
from mappings import shipped
from mappings.people import HashKey, HashKeys, import_roster, import_units
from mappings.tables import group_assignment, membership, person, unit
from tests.mappings.world import NOW

KEYS = HashKeys(HashKey(b"a key for tests"))
HEADER = ",".join(COLUMNS)
GOOD = "นาย,สมชาย,ใจดี,ครู,คศ.1,สายงานการสอน,,0100000001,1001000079196"


def roster(tmp_path: Path, *rows: str, header: str = HEADER) -> Path:
    path = tmp_path / "roster.csv"
    path.write_text("\n".join([header, *rows]), encoding="utf-8")
    return path


def test_a_row_becomes_a_person_without_the_number(tmp_path: Path) -> None:
    (row,) = read_roster(roster(tmp_path, GOOD), KEYS).rows
    assert (row.given_name, row.family_name, row.unit_code) == ("สมชาย", "ใจดี", "0100000001")
    assert (row.id_hmac, row.id_last4) == (KEYS.hash("1001000079196").hmac, "9196")
    assert "1001000079196" not in repr(row)
    assert row.group is None


def test_byte_order_mark_thai_digits_spaces_and_empty_lines_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "roster.csv"
    cells = "นาย,สมชาย ,\u00a0ใจ  ดี,ครู,,,t,๐๑๐๐๐๐๐๐๐๑,๑-๐๐๑๐-๐๐๐๗๙-๑๙-๖"
    path.write_text(f"\ufeff{HEADER}\r\n,,,,,,,,\r\n{cells}\r\n", encoding="utf-8")
    staged = read_roster(path, KEYS)
    (row,) = staged.rows
    assert (row.family_name, row.unit_code, row.group, row.row) == ("ใจ ดี", "0100000001", "T", 3)
    assert row.id_hmac == KEYS.hash("1001000079196").hmac
    assert staged.refused == []


@pytest.mark.parametrize(
    ("old", "new", "column", "value", "reason"),
    [
        ("สมชาย", "", "ชื่อ", "", "must not be empty"),
        ("0100000001", "", "รหัสโรงเรียน", "", "must not be empty"),
        (",,0", ",X,0", "กลุ่ม", "X", "must be empty or one of M, A, S, T, -"),
        ("1001000079196", "100100007919", "เลขประจำตัวประชาชน", "xxxxxxxxxx19", "must have 13 digits"),
        ("1001000079196", "1001000079197", "เลขประจำตัวประชาชน", "xxxxxxxxxxx97", "the last digit"),
        ("1001000079196", "1.001E+12", "เลขประจำตัวประชาชน", "xxxxxxx12", "must have 13 digits"),
        ("ใจดี", "ใจดี,อีกช่อง", "เลขประจำตัวประชาชน", "", "the row has more cells"),
    ],
)
def test_a_refused_row_says_where_and_why(
    tmp_path: Path, old: str, new: str, column: str, value: str, reason: str
) -> None:
    staged = read_roster(roster(tmp_path, GOOD.replace(old, new, 1)), KEYS)
    (refusal,) = staged.refused
    assert staged.rows == []
    assert (refusal.row, refusal.column, refusal.value) == (2, column, value)
    assert refusal.reason.startswith(reason)


def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match=r"none\.csv: cannot be opened: No such file"):
        read_roster(tmp_path / "none.csv", KEYS)
    with pytest.raises(ImportFileError, match=r"roster\.csv: the first row lacks ชื่อ, .*expected: คำนำหน้า"):
        read_roster(roster(tmp_path, GOOD, header="คำนำหน้า,name"), KEYS)
    with pytest.raises(ImportFileError, match="has ชื่อ more than once"):
        read_roster(roster(tmp_path, header=f"{HEADER},ชื่อ"), KEYS)
    with pytest.raises(ImportFileError, match="the first row lacks"):
        read_roster(roster(tmp_path, header=""), KEYS)
    (tmp_path / "mac.csv").write_bytes(HEADER.encode("utf-16"))
    with pytest.raises(ImportFileError, match=r"mac\.csv: is not UTF-8 text, nor Thai text"):
        read_roster(tmp_path / "mac.csv", KEYS)


def test_units_keep_codes_as_text_and_refuse_bad_rows(tmp_path: Path) -> None:
    path = tmp_path / "units.csv"
    rows = [
        "uid,kind,name_th,parent_uid,code",
        "a,area_office,สพป.ตัวอย่าง,,๐๑๐๑",
        "b,shop,ร้าน,a,",
        "a,school,ซ้ำ,,",
        "c,school,,a,",
        "d,school,รหัสซ้ำ,a,0101",
    ]
    path.write_text("\n".join(rows), encoding="utf-8")
    staged = read_units(path)
    assert [(row.uid, row.code, row.parent_uid) for row in staged.rows] == [("a", "0101", None)]
    assert [(each.row, each.column) for each in staged.refused] == [
        (3, "kind"),
        (4, "uid"),
        (5, "name_th"),
        (6, "code"),
    ]


def test_the_shipped_sample_imports_whole(engine: Engine) -> None:
    units = read_units(shipped.path(shipped.SAMPLE_UNITS))
    people = read_roster(shipped.path(shipped.SAMPLE_ROSTER), KEYS)
    assert (units.refused, people.refused) == ([], [])
    with engine.begin() as conn:
        assert import_units(conn, units.rows, NOW, "test").added == 15
        report = import_roster(conn, people.rows, NOW, "test")
        assert (report.added, report.refused) == (58, ())
        groups = conn.execute(
            select(group_assignment.c.group_code, func.count()).group_by(group_assignment.c.group_code)
        )
        assert {row[0]: row[1] for row in groups} == {"S": 23, "M": 17, "A": 8, "T": 2, None: 1}
        assert conn.execute(select(func.count()).select_from(person)).scalar_one() == 58
        at_offices = (
            select(func.count())
            .select_from(membership)
            .join(unit, unit.c.id == membership.c.unit_id)
            .where(unit.c.kind == "area_office")
        )
        assert conn.execute(at_offices).scalar_one() == 2
