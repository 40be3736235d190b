"""The demonstration's organisation with users: a real server that people of every role sign in to."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize
from sqlalchemy import Connection, select, update

from connector.access import users
from connector.access.passwords import Passwords
from connector.access.users import Place
from connector.app import create_app
from connector.settings import load
from connector.tables_access import web_user
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect
from mappings.tables import competency_state, person
from tests.durability.waiting import wait_until

DESK: ViewportSize = {"width": 1200, "height": 900}
PASSWORD, INITIAL = "จำไว้เองคนเดียวเท่านั้น", "แสดงให้ดูเพียงครั้งเดียว"
OFFICE, OTHER_OFFICE, SCHOOL = "area-1", "area-2", "school-1050000100"


@dataclass(frozen=True)
class House:
    """A service with the users of `_PEOPLE`, all with PASSWORD but `newcomer`, who has INITIAL."""

    url: str
    data: Path

    def sign_in(self, context: BrowserContext, name: str, password: str = PASSWORD) -> Page:
        """A page of the user, where they begin."""
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto("/sign-in")
        page.locator("#name").fill(name)
        page.locator("#password").fill(password)
        page.locator(".entry form button").first.click()
        return page

    @contextmanager
    def visit(self, browser: Browser, name: str, *, javascript: bool = True) -> Iterator[Page]:
        """A signed-in page in a context of its own."""
        context = browser.new_context(
            base_url=self.url,
            locale="th-TH",
            java_script_enabled=javascript,
            # Tests look into pages with scripts of theirs.
            bypass_csp=True,
            viewport=DESK,
        )
        try:
            yield self.sign_in(context, name)
        finally:
            context.close()


@contextmanager
def open_house(demo: Path, data: Path) -> Iterator[House]:
    """Serves a copy of the demonstration's data to users."""
    _copy(demo, data)
    settings = load({}, data=data, access="users", argon2_mebibytes=8, argon2_passes=1)
    engine = connect(settings.database)
    upgrade(engine, utc_now())
    with engine.begin() as conn:
        _let_in(conn)
    engine.dispose()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield House(f"http://127.0.0.1:{port}", data)
    finally:
        server.should_exit = True
        thread.join()


def _copy(demo: Path, data: Path) -> None:
    """As it is now, although its own server runs."""
    data.mkdir(parents=True, exist_ok=True)
    with (
        closing(sqlite3.connect(demo / "thaksa.db")) as source,
        closing(sqlite3.connect(data / "thaksa.db")) as target,
    ):
        source.backup(target)


def _let_in(conn: Connection) -> None:
    now, passwords = utc_now(), Passwords(8, 1)
    learner = conn.execute(
        select(person.c.uuid)
        .join(competency_state, competency_state.c.person_id == person.c.id)
        .where(competency_state.c.state == 2)
        .order_by(person.c.id)
        .limit(1)
    ).scalar_one()
    for name, display, place, initial in (
        ("admin", "ผู้ดูแลระบบ ตัวอย่าง", Place("administrator"), PASSWORD),
        ("analyst", "นักวิเคราะห์ สพฐ.", Place("analyst"), PASSWORD),
        ("office", "ผู้ประสานงาน เขต 1", Place("office_coordinator", OFFICE), PASSWORD),
        ("stranger", "ผู้ประสานงาน เขตอื่น", Place("office_coordinator", OTHER_OFFICE), PASSWORD),
        ("school", "ผู้ประสานงาน โรงเรียน", Place("school_coordinator", SCHOOL), PASSWORD),
        ("learner", "ผู้เรียน ตัวอย่าง", Place("learner", None, learner), PASSWORD),
        ("newcomer", "ผู้ประสานงาน คนใหม่", Place("office_coordinator", OFFICE), INITIAL),
    ):
        users.create_user(conn, name, display, place, passwords.hash(initial), now, "test")
    conn.execute(update(web_user).where(web_user.c.name != "newcomer").values(must_change=False))
