"""A coordinator brings a roster with one bad row: uploads it, looks, confirms; also without JavaScript."""

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from connector.app import create_app
from connector.settings import load
from connector.upgrade import upgrade
from lrs.database import connect
from mappings.people import import_units
from tests.durability.waiting import wait_until
from tests.mappings.world import BEGIN, UNITS

ROSTER = """ลำดับ,ชื่อ-นามสกุล,ตำแหน่ง,รหัสโรงเรียน
1,นายสมชาย ใจดี,ครู,0100000001
2,นางสมหญิง มีสุข,ครู,0100000001
3,นายสมศักดิ์ แสนดี,ครู,0100000009
"""


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    settings = load({}, data=tmp_path, access="open")
    engine = connect(settings.database)
    upgrade(engine, BEGIN)
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
    engine.dispose()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture(params=[True, False], ids=["javascript", "plain"])
def page(request: pytest.FixtureRequest, browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(locale="th-TH", base_url=url, java_script_enabled=request.param)
    page = context.new_page()
    page.set_default_timeout(15_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def bring(page: Page, text: str, *, full: bool = False) -> None:
    page.goto("/")
    page.get_by_text("จัดการข้อมูล").click()
    page.get_by_role("link", name="นำเข้าข้อมูล").click()
    page.get_by_label("ประเภทของไฟล์").select_option(label="รายชื่อบุคลากร")
    content = text.encode("cp874")
    page.locator("#file").set_input_files({"name": "ครู.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_label("รายชื่อครบทั้งหน่วยงาน" if full else "รายชื่อบางส่วน").check()
    page.get_by_role("button", name="อ่านและตรวจไฟล์").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("รอยืนยัน")


def test_from_the_upload_to_the_people(page: Page) -> None:
    bring(page, ROSTER)
    expect(page.locator(".tile", has_text="เพิ่มใหม่")).to_contain_text(re.compile(r"2\s*คน"))
    row = page.locator(".refused tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text(re.compile(r"4\s*รหัสโรงเรียน\s*0100000009"))
    with page.expect_download() as download:
        page.get_by_role("link", name="ดาวน์โหลดแถวที่ไม่รับ").click()
    assert "นายสมศักดิ์ แสนดี" in download.value.path().read_text("utf-8-sig")
    page.get_by_role("button", name="ยืนยันนำเข้า").click()
    expect(page.get_by_role("status")).to_contain_text("นำเข้าแล้ว")
    page.goto("/people")
    expect(page.get_by_text("สมหญิง มีสุข")).to_be_visible()
    expect(page.get_by_text("สมศักดิ์")).to_have_count(0)


def test_who_leaves_is_confirmed_by_hand(page: Page) -> None:
    bring(page, ROSTER)
    page.get_by_role("button", name="ยืนยันนำเข้า").click()
    first = "\n".join(ROSTER.splitlines()[:2])
    bring(page, first, full=True)
    expect(page.locator("#leaving ~ table tbody tr")).to_have_text(re.compile("นางสมหญิง มีสุข"))
    page.get_by_role("button", name="ยืนยันนำเข้า").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("รอยืนยัน")
    page.get_by_label(re.compile("1 คนนี้ออกจากหน่วยงานจริง")).check()
    page.get_by_role("button", name="ยืนยันนำเข้า").click()
    expect(page.get_by_role("status")).to_contain_text("นำเข้าแล้ว")


@pytest.mark.parametrize("page", [True], indirect=True, ids=["javascript"])
def test_nothing_is_wider_than_a_phone(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    bring(page, ROSTER.replace("0100000009", "ไม่มีรหัส" * 12))
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        page.goto("/imports")
