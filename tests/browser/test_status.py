"""A sync that is under way, watched in a real browser: the page follows it without being loaded again."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, insert, update

from connector.app import create_app
from connector.settings import load
from connector.tables import platform, sync_run
from connector.upgrade import upgrade
from lrs.clock import to_micros, utc_now
from lrs.database import connect
from tests.durability.waiting import wait_until

PLATFORM = '[platforms.site]\nkind = "moodle"\nurl = "https://site.example"\n'


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    (tmp_path / "thaksa.toml").write_text(PLATFORM)
    engine = connect(load({}, data=tmp_path).database)
    upgrade(engine, utc_now())
    yield engine
    engine.dispose()


@pytest.fixture
def url(engine: Engine, tmp_path: Path) -> Iterator[str]:
    config = uvicorn.Config(create_app(load({}, data=tmp_path, access="open")), port=0, log_level="warning")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait_until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    context = browser.new_context(locale="th-TH", base_url=url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert said == []


def a_running_sync(engine: Engine) -> None:
    now = utc_now()
    with engine.begin() as conn:
        made = insert(platform).values(name="site", kind="moodle", home_page="https://site.example")
        values = {
            "platform_id": conn.execute(made.returning(platform.c.id)).scalar_one(),
            "started_at": to_micros(now - timedelta(minutes=1)),
            "seen_at": to_micros(now),
            "learners_total": 2000,
            **dict.fromkeys(("learners_seen", "courses_seen", "completions_seen"), 1),
            **dict.fromkeys(("statements_written", "statements_voided"), 0),
        }
        conn.execute(insert(sync_run).values(values))


def change(engine: Engine, **values: Any) -> None:
    with engine.begin() as conn:
        conn.execute(update(sync_run).values(values))


def test_a_running_sync_is_followed(engine: Engine, page: Page) -> None:
    a_running_sync(engine)
    page.goto("/status")
    page.evaluate("window.loadedOnce = true")
    expect(page.locator(".running")).to_contain_text("1 จาก 2,000 คน")
    change(engine, learners_seen=1234)
    expect(page.locator(".running")).to_contain_text("1,234 จาก 2,000 คน")
    change(engine, finished_at=to_micros(utc_now()), learners_seen=2000)
    expect(page.locator(".badge")).to_contain_text("สำเร็จ")
    expect(page.locator(".running")).to_have_count(0)
    assert page.evaluate("window.loadedOnce") is True


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_nothing_is_wider_than_the_screen(engine: Engine, page: Page, width: int) -> None:
    a_running_sync(engine)
    change(engine, finished_at=to_micros(utc_now()), error="an error with many words " * 9)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/status")
    expect(page.locator(".runs")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
