"""No page asks a browser for anything that the Content-Security-Policy refuses."""

import pytest
from playwright.sync_api import Browser, ConsoleMessage

from tests.system.demo import Demo

PAGES = ("", "people", "statements", "status", "mappings", "accounts", "imports", "docs")


@pytest.mark.parametrize("path", PAGES)
def test_pages_obey_their_policy(demo: Demo, browser: Browser, path: str) -> None:
    page = browser.new_page()
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error" and "favicon" not in message.text:
            said.append(message.text)

    page.on("console", hear)
    answer = page.goto(demo.url + path, wait_until="networkidle")
    if path == "docs":
        page.wait_for_selector(".opblock")
    page.close()
    assert answer is not None
    assert answer.status == 200
    assert said == []
