"""Days of people who use the pages: a coordinator's, an analyst's, a stranger's; on the demonstration."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from connector.access.rights import RIGHTS
from tests.browser.house import INITIAL, OFFICE, House, open_house
from tests.system.demo import Demo, thaksa

OWN = "รหัสผ่านของฉันเองทั้งนั้น"
TWIN = "พิมพ์ชนก ณ อยุธยา"


@pytest.fixture(scope="module")
def house(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own: a day leaves traces."""
    with open_house(demo.data, tmp_path_factory.mktemp("days")) as house:
        yield house


def rows(house: House, query: str) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(house.data / "thaksa.db")) as conn:
        return conn.execute(query).fetchall()


def names(house: House) -> list[str]:
    return [
        f"{given} {family}" for given, family in rows(house, "select given_name, family_name from person")
    ]


def test_a_coordinators_day(browser: Browser, house: House, tmp_path: Path) -> None:
    with house.visit(browser, "admin", javascript=False) as page:
        page.goto("/users")
        page.get_by_role("link", name="newcomer").click()
        page.get_by_role("button", name="ให้สิทธิ์อนุมัติ").click()
    context = browser.new_context(base_url=house.url, locale="th-TH", java_script_enabled=False)
    page = house.sign_in(context, "newcomer", INITIAL)
    change_password(page)
    sees_the_office(page)
    finds_who_has_not_finished(page)
    exports(page, tmp_path)
    approves_a_mapping(page)
    before = links_an_account(page)
    done = thaksa("refresh", data=house.data)
    assert done.returncode == 0, done.stderr
    page.reload()
    assert passed(page) > before
    context.close()


def change_password(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("เปลี่ยนรหัสผ่าน")
    page.goto("/people")
    expect(page.get_by_role("heading", level=1)).to_have_text("เปลี่ยนรหัสผ่าน")
    page.get_by_label("รหัสผ่านเดิม").fill(INITIAL)
    page.locator("#new").fill(OWN)
    page.locator("#again").fill(OWN)
    page.get_by_role("button", name="เปลี่ยนรหัสผ่าน").click()
    expect(page.get_by_role("status")).to_contain_text("เปลี่ยนรหัสผ่านแล้ว")


def sees_the_office(page: Page) -> None:
    page.get_by_role("link", name="ภาพรวม").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("สพป.ตัวอย่าง เขต 1")
    expect(page.locator(".matrix")).to_contain_text("โรงเรียนบ้านหนองตัวอย่าง")
    expect(page.locator(".matrix")).not_to_contain_text("โรงเรียนตัวอย่างวิทยาคม")


def finds_who_has_not_finished(page: Page) -> None:
    page.get_by_role("link", name="รายบุคคล", exact=True).click()
    everybody = found(page)
    page.locator("#item").select_option(value="D1.1")
    page.locator("#state").select_option(label="ยังไม่ผ่าน")
    page.get_by_role("button", name="แสดง", exact=True).locator("visible=true").click()
    assert 0 < found(page) < everybody
    page.locator('.persons a[href^="/people/"]').first.click()
    expect(page.get_by_role("heading", name="สมรรถนะและหลักฐาน")).to_be_visible()
    expect(page.locator(".evidence tbody tr")).to_have_count(10)


def found(page: Page) -> int:
    said = re.search(r"พบ ([\d,]+) คน", page.locator("main").inner_text())
    assert said is not None
    return int(said[1].replace(",", ""))


def exports(page: Page, folder: Path) -> None:
    page.goto("/")
    persons = int(page.locator(".matrix tfoot td").first.inner_text())
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Excel")).first.click()
    path = folder / "sheets.xlsx"
    download.value.save_as(path)
    book = load_workbook(path, read_only=True)
    assert book.sheetnames == ["รายบุคคล", "สรุป"]
    lines = list(book["สรุป"].iter_rows(values_only=True))
    total = next(row for row in lines if "รวม" in row)
    assert persons in total
    people = {(row[2], row[3]) for row in book["รายบุคคล"].iter_rows(values_only=True)}
    assert tuple(TWIN.split(" ", 1)) in people


def approves_a_mapping(page: Page) -> None:
    page.goto("/mappings?status=draft")
    page.get_by_role("link", name="การรู้เทคโนโลยีสารสนเทศ").click()
    page.get_by_role("link", name="แก้ไขร่าง").click()
    page.locator('input[name="competency"][value="D1.6"]').check()
    page.get_by_role("button", name="บันทึกเป็นร่าง").click()
    page.locator("#approve-reference").fill("มติที่ประชุมครั้งที่ 3/2569")
    page.get_by_role("button", name="อนุมัติ", exact=True).click()
    expect(page.locator("main")).to_contain_text("อนุมัติ ใช้อยู่")
    expect(page.locator("main")).to_contain_text("มติที่ประชุมครั้งที่ 3/2569")


def links_an_account(page: Page) -> int:
    page.get_by_text("จัดการข้อมูล").click()
    page.get_by_role("link", name="บัญชีผู้เรียน").click()
    page.get_by_role("link", name="รอการตัดสิน").click()
    account = page.locator("section", has=page.get_by_role("heading", name=TWIN))
    person = account.locator('a[href^="/people/"]').first.get_attribute("href") or ""
    account.get_by_role("button", name=re.compile("เป็นบัญชีของคนนี้")).click()
    page.goto(person)
    expect(page.get_by_role("heading", level=1)).to_contain_text(TWIN)
    return passed(page)


def passed(page: Page) -> int:
    said = re.search(r"(\d+) จาก 10 สมรรถนะ", page.locator("main").inner_text())
    assert said is not None
    return int(said[1])


def test_an_analysts_day(browser: Browser, house: House) -> None:
    with house.visit(browser, "analyst") as page:
        expect(page.get_by_role("heading", level=1)).to_have_text("สพฐ. (ตัวอย่าง)")
        answer = page.request.get("/api/v1/published")
        assert answer.ok, answer.text()
        seen = 0
        for method, path in RIGHTS:
            if method == "GET" and "{" not in path and not path.startswith(("/static", "/docs")):
                answer = page.request.get(path)
                assert answer.status < 500, path
                seen += answer.ok
                assert [name for name in names(house) if name in answer.text()] == [], path
        assert seen >= 5
        for path in ("/people", "/people/unfinished", "/accounts", "/statements", "/claims", "/imports"):
            assert page.request.get(path).status == 403, path


def test_a_strangers_day(browser: Browser, house: House) -> None:
    """Of what belongs to the office next door nothing is found, whatever is called."""
    [(person,)] = rows(house, f"select uuid from person where given_name || ' ' || family_name = '{TWIN}'")
    [(account,)] = rows(house, f"select id from account where display_name = '{TWIN}'")
    theirs = [name for name, unit in located(house) if unit == OFFICE]
    with house.visit(browser, "stranger") as page:
        token = page.locator('input[name="csrf"]').first.get_attribute("value") or ""
        values = {"uuid": person, "account_id": account, "other": person, "assignment_id": "1"}
        for (method, pattern), right in RIGHTS.items():
            if right.roles is None or pattern.startswith("/sign-out") or pattern == "/password":
                continue
            path = re.sub(r"\{(\w+)[^}]*\}", lambda found: str(values.get(found[1], "1")), pattern)
            answer = (
                page.request.get(path)
                if method == "GET"
                else page.request.fetch(path, method=method, form={"csrf": token}, max_redirects=0)
            )
            assert answer.status < 500, (method, path)
            if "{uuid}" in pattern or "{account_id}" in pattern:
                assert answer.status in (403, 404, 422), (method, path, answer.status)
            assert [name for name in theirs if name in answer.text()] == [], (method, path)
        for path in (
            f"/?unit={OFFICE}",
            f"/people?school={OFFICE}",
            f"/api/v1/aggregates?by=school&unit={OFFICE}",
        ):
            assert page.request.get(path).status == 404, path


def located(house: House) -> list[tuple[str, ...]]:
    """Name and office of each person."""
    return rows(
        house,
        "select given_name || ' ' || family_name, coalesce(above.uid, unit.uid) from person"
        " join membership on membership.person_id = person.id join unit on unit.id = membership.unit_id"
        " left join unit above on above.id = unit.parent_id and above.kind = 'area_office'",
    )


def test_nobody_gets_in_unasked(browser: Browser, house: House) -> None:
    context = browser.new_context(base_url=house.url)
    page = context.new_page()
    for (method, pattern), right in RIGHTS.items():
        if right.roles is not None:
            path = re.sub(r"\{[^}]*\}", "1", pattern)
            answer = page.request.fetch(path, method=method, max_redirects=0)
            assert answer.status in (303, 401), (method, path)
            assert answer.status == 401 or answer.headers["location"].startswith("/sign-in"), path
    context.close()
