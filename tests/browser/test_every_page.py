"""Every page in both languages: nothing axe objects to, nothing wider than a phone, no Thai in English."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from connector.access.rights import RIGHTS
from connector.report.language_page import COOKIE
from tests.browser.house import DESK, House

AXE = Path(__file__).parents[1] / "clients" / "node" / "node_modules" / "axe-core" / "axe.min.js"
NO_PAGES = (
    "/api/",
    "/static",
    "/ims/",
    "/thaksa/",
    "/docs",
    "/openapi",
    "/xapi",
    "/healthz",
    "/readyz",
    "/metrics",
)
PHONE: ViewportSize = {"width": 360, "height": 800}
FAULTS = """axe.run(document, {resultTypes: ["violations"]}).then(found => found.violations.map(
    one => one.id + ": " + one.nodes.map(node => node.html.slice(0, 120)).slice(0, 3).join(" | ")))"""
SAID = """[document.documentElement.innerText, ...[...document.querySelectorAll("*")].flatMap(
    one => [one.title, one.ariaLabel, one.placeholder])].filter(Boolean).join("\\n")"""
THAI = re.compile("[\u0e00-\u0e7f]+")


def examples(house: House) -> dict[str, str]:
    """Of each page with a variable, an address that shows something."""
    with closing(sqlite3.connect(house.data / "thaksa.db")) as conn:

        def one(query: str) -> object:
            return conn.execute(query).fetchone()[0]

        person = one("select uuid from person join competency_state on person_id = person.id where state = 2")
        account, user = one("select id from account"), one("select uuid from web_user where name = 'office'")
        statement = one("select id from statement order by seq")
    return {
        "/people/{uuid}": f"/people/{person}",
        "/people/{uuid}/merge": f"/people/{person}/merge",
        "/mappings/{mapping_id}": "/mappings/1",
        "/mappings/{mapping_id}/edit": "/mappings/1/edit",
        "/accounts/{account_id}": f"/accounts/{account}",
        "/statements/{statement_id}": f"/statements/{statement}",
        "/users/{uuid}": f"/users/{user}",
    }


@pytest.fixture(scope="module")
def pages(house: House) -> list[str]:
    shown = examples(house)
    every = [path for method, path in RIGHTS if method == "GET" and not path.startswith(NO_PAGES)]
    return [shown.get(path, path) for path in every if "{" not in path or path in shown]


def opened(page: Page, paths: list[str]) -> Iterator[str]:
    """Those of the addresses that lead to a page, with the page open."""
    for path in paths:
        answer = page.request.get(path)
        assert answer.status < 500, path
        if answer.ok and answer.text().lower().startswith("<!doctype html>"):
            page.goto(path)
            yield path


def faults(page: Page, path: str) -> list[str]:
    """What is wrong with the page as it is open."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = [f"{path} {fault}" for fault in page.evaluate(FAULTS)]
    page.set_viewport_size(PHONE)
    if (width := page.evaluate("document.documentElement.scrollWidth")) > PHONE["width"]:
        found.append(f"{path} is {width} wide on a phone")
    page.set_viewport_size(DESK)
    return found


@pytest.mark.parametrize(
    ("name", "language", "least"),
    [("admin", "th", 25), ("admin", "en", 25), ("analyst", "en", 5), ("learner", "th", 2)],
)
def test_pages_can_be_read_by_all(
    browser: Browser, house: House, pages: list[str], name: str, language: str, least: int
) -> None:
    data = thai_data(house) if language == "en" else ""
    with house.visit(browser, name) as page:
        page.context.add_cookies([{"name": COOKIE, "value": language, "url": house.url}])
        seen = 0
        found: list[str] = []
        for path in opened(page, pages):
            seen += 1
            found += faults(page, path)
            assert page.evaluate("document.documentElement.lang") == language
            if language == "en":
                words = set(THAI.findall(page.evaluate(SAID))) - {"ไทย"}
                found += [f"{path} says {word}" for word in words if word not in data]
        assert found == []
        assert seen >= least


def thai_data(house: House) -> str:
    """All Thai of the database; names also as they are written, with the title in front."""
    with closing(sqlite3.connect(house.data / "thaksa.db")) as conn:
        tables = [row[0] for row in conn.execute("select name from sqlite_master where type = 'table'")]
        rows = [row for table in tables for row in conn.execute(f'select * from "{table}"')]
        rows += conn.execute("select prefix_th || given_name from person").fetchall()
    return "\n".join(
        {value for row in rows for value in row if isinstance(value, str) and THAI.search(value)}
    )
