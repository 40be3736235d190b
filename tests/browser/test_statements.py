"""The newest statements, in a real browser with JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.system.demo import Demo


@pytest.fixture
def page(browser: Browser, demo: Demo) -> Iterator[Page]:
    context = browser.new_context(locale="th-TH", base_url=demo.url)
    page = context.new_page()
    page.set_default_timeout(15_000)
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    yield page
    context.close()
    assert [url for url in asked if not url.startswith((demo.url, "data:"))] == []
    # Nothing that the content security policy forbids is tried.
    assert said == []


def test_a_row_opens_where_it_stands(page: Page) -> None:
    page.goto("/statements")
    first = page.locator("main details").first
    expect(first.locator("pre")).to_have_count(0)
    first.locator("summary").click()
    expect(first.locator("pre")).to_contain_text('"verb"')
    first.locator("pre a").first.click()
    expect(page.locator("main details").first).to_be_visible()
    assert "/statements?verb=" in page.url


def test_the_count_is_asked_for_again_and_again(page: Page) -> None:
    page.goto("/statements")
    with page.expect_response(lambda answer: "/statements/count" in answer.url) as first:
        pass
    assert first.value.status == 204
    with page.expect_response(lambda answer: "/statements/count" in answer.url):
        pass


def test_an_account_is_found_and_its_name_stays_out_of_the_address(page: Page) -> None:
    page.goto("/statements")
    account = page.locator("main details .who").first.inner_text().split()[0]
    page.get_by_label("บัญชีผู้เรียนหรืออีเมล").fill(account)
    page.locator("form.filters button").click()
    expect(page.get_by_label("บัญชีผู้เรียนหรืออีเมล")).to_have_value(account)
    expect(page.locator("main details .who").first).to_contain_text(account)
    assert page.url.endswith("/statements")
