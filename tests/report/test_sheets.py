"""The sheets to hand in: people, order and numbers are those of the pages and the API."""

import csv
import io
import re
from datetime import date, datetime
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from openpyxl import Workbook, load_workbook
from sqlalchemy import update
from starlette.testclient import TestClient

from connector.formulas import escaped
from connector.report import thai
from connector.report.queries import sheets as module
from connector.report.sheets_page import CSV, XLSX, router_sheets
from mappings.tables import person
from tests.mappings.world import NOW
from tests.report.conftest import World

Rows = list[list[Any]]
FIRST = 3
"""Lines of the heading."""


@pytest.fixture
def client(world: World, client: TestClient) -> TestClient:
    app = client.app
    assert isinstance(app, FastAPI)
    app.include_router(router_sheets(world.engine, lambda: NOW))
    return client


def workbook(client: TestClient, path: str) -> Workbook:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == XLSX
    return load_workbook(io.BytesIO(answer.content))


def table(book: Workbook, name: str) -> Rows:
    return [list(row) for row in book[name].iter_rows(values_only=True)]


def lines(client: TestClient, path: str) -> list[list[str]]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == CSV
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def shown(cell: Any, title: str) -> str:
    """A cell of the workbook as CSV tells it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return thai.thai_date(cell.date(), short=True)
    if title.endswith("ร้อยละ"):
        return f"{cell * 100:.1f}"
    return f"{cell:.1f}".removesuffix(".0") if isinstance(cell, float) else str(cell)


@pytest.mark.parametrize("query", ["", "school=s1", "group=S", "item=D1.1&state=not_finished&school=area-1"])
def test_people_are_those_of_the_page_in_its_order(client: TestClient, query: str) -> None:
    page = client.get(f"/people?{query}").text
    named = re.findall(r'<th scope="row" class="first"><a [^>]*>([^<]+)</a>', page)
    assert named
    told = lines(client, f"/people.csv?{query}")[FIRST + 1 :]
    names = [f"{row[1]}{row[2]} {row[3]}".replace("<", "&lt;").replace(">", "&gt;") for row in told]
    assert names == named
    book = workbook(client, f"/people.xlsx?{query}")
    rows = table(book, "รายบุคคล")
    titles = rows[FIRST]
    assert [[shown(*pair) for pair in zip(row, titles, strict=True)] for row in rows[FIRST + 1 :]] == told


def test_a_person_is_told_as_the_framework_of_offices_asks(client: TestClient) -> None:
    header, *told = lines(client, "/people.csv?school=s1&group=S")[FIRST:]
    assert header[:9] == [
        "ลำดับ", "คำนำหน้า", "ชื่อ", "นามสกุล", "ตำแหน่ง", "วิทยฐานะ", "กลุ่ม", "โรงเรียน", "รหัสโรงเรียน"
    ]  # fmt: skip
    assert [title.split()[0] for title in header[9:19]] == [*(f"D1.{n}" for n in range(1, 10)), "D2.0"]
    assert header[19:] == ["ชั่วโมง 70", "ชั่วโมง 20", "ชั่วโมง 10", "วันที่ผ่านล่าสุด", "หลักฐาน"]
    first, second = told
    assert (first[0], first[2], second[0], second[2]) == ("1", "กาญจนา", "2", "แก้ว")
    assert second[6:9] == ["S ผู้ให้บริการ", "โรงเรียนหนึ่ง", "0100000001"]
    assert second[9:12] == ["ผ่าน", "ยังไม่เริ่ม", "ยังไม่เริ่ม"]
    assert second[19:22] == ["6", "0", "0"] or float(second[19]) > 0
    assert re.fullmatch(r"D1\.1: .+, ข้อมูลจากแพลตฟอร์มโดยตรง, \d+ \S+ 25\d\d", second[23])
    assert second[23].endswith(second[22])


def test_the_summary_has_the_numbers_of_the_page_and_the_api(client: TestClient) -> None:
    told = client.get("/api/v1/aggregates?by=school&unit=area-1").json()
    wanted = [
        [line["persons"], line["all_complete"], *(one["complete"] for one in line["competencies"])]
        for line in (*told["rows"], told["total"])
    ]
    page = client.get("/?unit=area-1").text
    fractions = [tuple(map(int, one)) for one in re.findall(r'class="frac">(\d+)/(\d+)<', page)]
    rows = table(workbook(client, "/people.xlsx?school=area-1"), "สรุป")
    numbers = [[row[2], row[3], *row[5:25:2]] for row in rows[FIRST + 2 :]]
    assert numbers == wanted
    assert [row[1] for row in rows[FIRST + 2 :]] == ["โรงเรียนสอง", "โรงเรียนหนึ่ง", "รวม"]
    assert [(part, row[0]) for row in numbers for part in row[1:]] == fractions
    assert [row[3] for row in lines(client, "/summary.csv?unit=area-1")[FIRST + 1 :]] == [
        str(row[1]) for row in wanted
    ]


def test_both_files_of_a_sheet_say_the_same(client: TestClient) -> None:
    rows = table(workbook(client, "/summary.xlsx"), "สรุป")
    told = lines(client, "/summary.csv")
    assert [row[0] for row in told[:FIRST]] == [row[0] for row in rows[:FIRST]]
    titles = told[FIRST]
    assert [[shown(*pair) for pair in zip(row, titles, strict=True)] for row in rows[FIRST + 2 :]] == told[
        FIRST + 1 :
    ]


def test_days_and_shares_are_real_ones(client: TestClient) -> None:
    book = workbook(client, "/people.xlsx?school=s1")
    people, summary = book["รายบุคคล"], book["สรุป"]
    days = [row[22] for row in people.iter_rows(min_row=FIRST + 2) if row[22].value is not None]
    assert all(isinstance(one.value, datetime) and "041E" in one.number_format for one in days)
    assert (
        date(2026, 1, 1)
        < max(one.value for one in days if isinstance(one.value, datetime)).date()
        <= NOW.date()
    )
    share = summary.cell(FIRST + 3, 7)
    assert (share.value, share.number_format) == (0.333, "0.0%")
    assert "33.3" in client.get("/?unit=s1").text


def test_a_sheet_is_ready_to_read_and_to_print(client: TestClient) -> None:
    book = workbook(client, "/people.xlsx?state=not_finished&group=S")
    people, summary = book["รายบุคคล"], book["สรุป"]
    assert [people["A1"].value, summary["A1"].value] == ["รายงานรายบุคคล สพฐ.", "รายงานสรุป สพฐ."]
    for sheet in (people, summary):
        assert str(sheet["A2"].value).startswith(f"ข้อมูล ณ วันที่ {thai.thai_date(NOW)} · ประมวลผลเมื่อ ")
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr is not None
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert {sheet["A2"].font.name, sheet["C6"].font.name} == {"TH Sarabun New"}
    assert people["A3"].value.startswith("กลุ่ม: S ผู้ให้บริการ · สถานะ: ยังไม่ผ่าน")
    assert (people.freeze_panes, summary.freeze_panes) == ("E5", "C6")
    assert (people.print_title_rows, summary.print_title_rows) == ("$4:$4", "$4:$5")
    assert people.auto_filter.ref == "A4:X6"
    # Below the title of the place stand the longest names.
    assert people.column_dimensions["H"].width > len("โรงเรียนหนึ่ง") - 3


@pytest.mark.parametrize("text", ["=1+1", "+66", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(world: World, client: TestClient, text: str) -> None:
    with world.engine.begin() as conn:
        conn.execute(update(person).where(person.c.given_name == "แก้ว").values(family_name=text))
    told = [row[3] for row in lines(client, "/people.csv?school=s1")[FIRST:]]
    assert f"'{text}" in told
    assert text not in told
    cells = [
        cell
        for sheet in workbook(client, "/people.xlsx?school=s1")
        for row in sheet.iter_rows()
        for cell in row
        if isinstance(cell.value, str)
    ]
    assert not [one for one in cells if one.data_type == "f" or one.value != escaped(str(one.value))]


def test_people_come_in_parts(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lines(client, "/people.csv")
    monkeypatch.setattr(module, "AT_ONCE", 2)
    assert lines(client, "/people.csv") == whole


def test_files_are_named_for_the_unit_and_the_day(client: TestClient) -> None:
    said = client.get("/people.xlsx?school=area-1").headers["content-disposition"]
    plain, named = re.fullmatch(
        r"attachment; filename=\"([ -~]+)\"; filename\*=UTF-8''([!-~]+)", said
    ).groups()  # type: ignore[union-attr]
    assert re.fullmatch(r"thaksa-people-20\d\d-\d\d-\d\d\.xlsx", plain)
    assert unquote(named) == f"รายบุคคล สพป.หนึ่ง {thai.thai_date(NOW, short=True)}.xlsx"


def test_sheets_of_another_day_say_so(client: TestClient) -> None:
    told = lines(client, "/people.csv?as_of=2026-01-31")
    assert told[1][0].startswith("ข้อมูล ณ วันที่ 31 มกราคม 2569")
    assert client.get("/people.csv?as_of=2999-01-01").status_code == 422


def test_what_pages_refuse_is_refused(client: TestClient) -> None:
    for path in ("/people.xlsx?group=X", "/people.csv?item=D9.9"):
        assert client.get(path).status_code == 422
    for path in ("/people.xlsx?school=s9", "/summary.csv?unit=s9"):
        assert client.get(path).status_code == 404


def test_sheets_are_thai_in_every_language(client: TestClient) -> None:
    thai_text = client.get("/people.csv").text
    assert client.get("/people.csv", headers={"Cookie": "thaksa_language=en"}).text == thai_text
