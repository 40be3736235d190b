"""An administrator signs in, takes a file, makes a user who signs in; also without JavaScript."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect

from connector.access import users
from connector.access.passwords import Passwords
from connector.access.users import Place
from connector.app import create_app
from connector.settings import load
from connector.upgrade import upgrade
from lrs.database import connect
from mappings.people import import_units
from tests.durability.waiting import wait_until
from tests.mappings.world import BEGIN, UNITS

FIRST, OWN = "แสดงให้ดูเพียงครั้งเดียว", "จำไว้เองคนเดียวเท่านั้น"


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    settings = load({}, data=tmp_path, argon2_mebibytes=8, argon2_passes=1)
    engine = connect(settings.database)
    upgrade(engine, BEGIN)
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        users.create_user(
            conn, "admin", "ผู้ดูแล", Place("administrator"), Passwords(8, 1).hash(FIRST), BEGIN, "test"
        )
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


def sign_in(page: Page, name: str, password: str) -> None:
    page.get_by_label("ชื่อผู้ใช้").fill(name)
    page.get_by_label("รหัสผ่าน").fill(password)
    page.get_by_role("button", name="เข้าสู่ระบบ").click()


def change_password(page: Page, old: str, new: str) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text("เปลี่ยนรหัสผ่าน")
    page.get_by_label("รหัสผ่านเดิม").fill(old)
    page.locator("#new").fill(new)
    page.locator("#again").fill(new)
    page.get_by_role("button", name="เปลี่ยนรหัสผ่าน").click()
    expect(page.get_by_role("status")).to_contain_text("เปลี่ยนรหัสผ่านแล้ว")


def test_a_first_day(page: Page) -> None:
    page.goto("/imports")
    sign_in(page, "admin", FIRST)
    change_password(page, FIRST, OWN)
    page.get_by_text("จัดการข้อมูล").click()
    page.get_by_role("link", name="นำเข้าข้อมูล").click()
    page.get_by_label("ประเภทของไฟล์").select_option(label="รายชื่อบุคลากร")
    roster = "ชื่อ-นามสกุล,ตำแหน่ง,รหัสโรงเรียน\n" + "นายสมชาย ใจดี,ครู,0100000001\n"
    content = roster.encode()
    page.locator("#file").set_input_files({"name": "ครู.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="อ่านและตรวจไฟล์").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("รอยืนยัน")
    page.get_by_role("button", name="ยืนยันนำเข้า").click()
    expect(page.locator(".asof").first).to_contain_text("admin")
    page.get_by_text("ระบบ", exact=True).click()
    page.get_by_role("link", name="ผู้ใช้", exact=True).click()
    page.get_by_label("ชื่อผู้ใช้").fill("school")
    page.get_by_label("บทบาท").select_option(label="ผู้ประสานงานโรงเรียน")
    page.get_by_label("หน่วยงาน (รหัสหรือชื่อ)").fill("0100000001")
    page.get_by_role("button", name="เพิ่มผู้ใช้").click()
    given = page.get_by_role("status").locator("code").inner_text()
    page.get_by_role("button", name="ออกจากระบบ").click()
    sign_in(page, "school", given)
    change_password(page, given, "โรงเรียนของเราเอง")
    page.get_by_role("link", name="รายบุคคล").click()
    expect(page.get_by_text("สมชาย ใจดี")).to_be_visible()
    expect(page.get_by_role("link", name="ผู้ใช้", exact=True)).to_have_count(0)
