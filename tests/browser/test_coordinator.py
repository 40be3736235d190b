"""A coordinator's way through the pages, in a real browser without JavaScript."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.demo import Demo


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=False, locale="th-TH", base_url=demo.url)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((demo.url, "data:"))] == []


def test_from_the_overview_to_a_statement(page: Page) -> None:
    page.goto("/")
    expect(page.get_by_role("table").first).to_be_visible()
    expect(page.get_by_text("2569").first).to_be_visible()

    page.goto("/people")
    everybody = people(page)
    page.get_by_label(re.compile("สมรรถนะ|รายการ")).first.select_option(index=1)
    page.get_by_label("สถานะ").first.select_option(label="ยังไม่ผ่าน")
    page.locator("form button[type=submit]:visible").first.click()
    unfinished = people(page)
    assert 0 < len(unfinished) < len(everybody)

    page.goto("/people")
    page.locator('.persons a[href^="/people/"]').first.click()
    page.locator('a[href*="/statements/"]').first.click()
    expect(page.locator("pre")).to_contain_text('"verb"')


def people(page: Page) -> set[str]:
    links = page.locator('.persons a[href^="/people/"]')
    return {str(links.nth(index).get_attribute("href")) for index in range(links.count())}
