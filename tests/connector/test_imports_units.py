"""Unit files: several codes with days, other names, kinds as people write them."""

from datetime import date
from pathlib import Path

import pytest

from connector.imports import Staged, read_units
from connector.imports.columns import unit_kind
from mappings.people import UnitRow
from mappings.units import DatedCode

HEADER = "รหัสอ้างอิง,ประเภท,ชื่อหน่วยงาน,parent_uid,รหัสหน่วยงาน,เริ่มใช้,เลิกใช้,ชื่อย่อ"
OFFICE = "a,สพม.,สพม.หนึ่ง,,"


def read(tmp_path: Path, *rows: str) -> Staged[UnitRow]:
    path = tmp_path / "units.csv"
    path.write_text("\n".join((HEADER, *rows)), encoding="cp874")
    return read_units(path)


def test_several_codes_and_names_in_a_cell(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f"{OFFICE}๑๐๕๐๐๐๐๑๐๑ | 10500001;105001,,,ม.1 | มัธยม 1 |").rows
    assert (row.code, row.codes) == ("1050000101", (DatedCode("10500001"), DatedCode("105001")))
    assert row.aliases == ("ม.1", "มัธยม 1")


def test_more_rows_of_a_unit_are_more_codes_of_it(tmp_path: Path) -> None:
    staged = read(
        tmp_path, f"{OFFICE}101701,1 ต.ค. 2564,,", "a,,,,1017,1/1/๒๕๕๓,30/9/2564,", "b,โรงเรียน,ข,a,,,,"
    )
    assert staged.refused == []
    assert [row.uid for row in staged.rows] == ["a", "b"]
    assert staged.rows[0].all_codes() == [
        DatedCode("101701", date(2021, 10, 1)),
        DatedCode("1017", date(2010, 1, 1), date(2021, 9, 30)),
    ]


@pytest.mark.parametrize(
    ("second", "column", "reason"),
    [
        ("a,,,,,,,", "รหัสอ้างอิง", "is in an earlier row already"),
        ("a,,ชื่ออื่น,,1017,,,", "รหัสอ้างอิง", "is in an earlier row already"),
        ("b,โรงเรียน,ข,,101701,,,", "รหัสหน่วยงาน", "is in an earlier row already"),
        ("b,โรงเรียน,ข,,1017,,5/7/2567,", "เริ่มใช้", "must not be empty where"),
        ("b,โรงเรียน,ข,,1017,5/7/2567,4/7/2567,", "เริ่มใช้", "is after the last day"),
        ("b,โรงเรียน,ข,,1017,5/7/24,,", "เริ่มใช้", "the year 24 may be"),
        ("b,โรงเรียน,ข,,105000010,,,", "รหัสหน่วยงาน", "has 9 digits"),
        ("b,ร้านค้า,ข,,,,,", "ประเภท", "must be one of obec, bureau"),
        (",โรงเรียน,ข,,,,,", "รหัสอ้างอิง", "must not be empty"),
    ],
)
def test_a_refused_row_says_where_and_why(tmp_path: Path, second: str, column: str, reason: str) -> None:
    staged = read(tmp_path, f"{OFFICE}101701,,,", second)
    (refusal,) = staged.refused
    assert (refusal.row, refusal.column, refusal.reason[: len(reason)]) == (3, column, reason)
    assert [row.uid for row in staged.rows] == ["a"]


def test_one_code_of_two_units_at_different_times(tmp_path: Path) -> None:
    staged = read(tmp_path, f"{OFFICE}1017,1/1/2553,30/9/2564,", "b,สพม.,สพม.สอง,,1017,1/10/2564,,")
    assert (len(staged.rows), staged.refused) == (2, [])


@pytest.mark.parametrize(
    ("word", "kind"),
    [("สพฐ", "obec"), ("Area Office", "area_office"), ("SESA", "area_office"), ("ร.ร.", "school")],
)
def test_kinds_as_people_write_them(word: str, kind: str) -> None:
    assert unit_kind(word) == kind
