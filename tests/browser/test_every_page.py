"""Every page in both languages: nothing axe objects to, nothing wider than a phone, no Thai in English."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from connector.access.rights import RIGHTS, find_right, may_call
from connector.access.roles import ADMINISTRATOR, ANALYST, LEARNER, OFFICE
from connector.access.roles import SCHOOL as SCHOOL_ROLE
from connector.report.language_page import COOKIE
from tests.browser.axe import AXE, faults
from tests.browser.house import SCHOOL, House

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
PAGES = [
    path
    for method, path in RIGHTS
    if method == "GET" and not path.startswith(NO_PAGES) and not path.endswith((".csv", ".xlsx"))
]
ROLES = {
    "admin": ADMINISTRATOR,
    "office": OFFICE,
    "school": SCHOOL_ROLE,
    "analyst": ANALYST,
    "learner": LEARNER,
}
SAID = """[document.documentElement.innerText, ...[...document.querySelectorAll("*")].flatMap(
    one => [one.title, one.ariaLabel, one.placeholder])].filter(Boolean).join("\\n")"""
ROSTER = "ชื่อ-นามสกุล,ตำแหน่ง,รหัสโรงเรียน\nนายสมชาย ใจดี,ครู,1050000100\nนายไกล ใจดี,ครู,9\n".encode()
THAI = re.compile("[\u0e00-\u0e7f]+")


def examples(house: House) -> dict[str, str]:
    """Of pages with a variable, an address that shows much."""
    with closing(sqlite3.connect(house.data / "thaksa.db")) as conn:
        [person] = conn.execute(
            "select person.uuid from person join competency_state on competency_state.person_id = person.id"
            " join membership on membership.person_id = person.id join unit on unit.id = unit_id"
            " where state = 2 and uid = ?",
            [SCHOOL],
        ).fetchone()
    return {
        "/people/{uuid}": f"/people/{person}",
        "/people/{uuid}/merge": f"/people/{person}/merge",
        "/mappings/{mapping_id}": "/mappings/1",
        "/mappings/{mapping_id}/edit": "/mappings/1/edit",
    }


def opened(page: Page, shown: dict[str, str]) -> Iterator[str]:
    """The address of every page that one sees who goes where they may and follows the first link to each."""
    linked: dict[str, str] = {}
    for pattern in PAGES:
        addresses = [one[pattern] for one in (shown, linked) if pattern in one] or [pattern]
        for path in addresses:
            if "{" not in path and (answer := page.goto(path)) is not None:
                assert answer.status < 500, path
                if answer.ok and "html" in answer.headers.get("content-type", ""):
                    yield path
                    linked = links(page) | linked
                    break


def links(page: Page) -> dict[str, str]:
    """Where the open page leads to, by the pattern of the address."""
    found = page.eval_on_selector_all("a[href^='/']", "all => all.map(one => one.getAttribute('href'))")
    leads = [(find_right("GET", urlsplit(path).path), path) for path in reversed(found)]
    return {right.pattern: path for right, path in leads if right is not None}


@pytest.mark.parametrize(
    ("name", "language", "least"),
    [
        ("admin", "th", 29),
        ("admin", "en", 29),
        ("office", "th", 22),
        ("school", "en", 8),
        ("analyst", "en", 5),
        ("learner", "th", 4),
    ],
)
def test_pages_can_be_read_by_all(
    browser: Browser, house: House, name: str, language: str, least: int
) -> None:
    data = thai_data(house) if language == "en" else ""
    with house.visit(browser, name) as page:
        page.context.add_cookies([{"name": COOKIE, "value": language, "url": house.url}])
        page.add_init_script(AXE)
        seen = []
        found: list[str] = []
        for path in opened(page, examples(house)):
            seen.append(path)
            found += faults(page, path)
            # The brand leads everybody to where they begin.
            found += [
                f"{path} leads to {link}"
                for pattern, link in links(page).items()
                if pattern != "/" and not may_call(ROLES[name], "GET", urlsplit(link).path)
            ]
            assert page.evaluate("document.documentElement.lang") == language
            if language == "en":
                words = set(THAI.findall(page.evaluate(SAID))) - {"ไทย"}
                found += [f"{path} says {word}" for word in words if word not in data]
        assert found == []
        assert len(seen) >= least, seen


def test_pages_on_the_way_can_be_read_by_all(browser: Browser, house: House) -> None:
    """What is shown after a form and before it is confirmed, and what says that there is nothing."""
    person = examples(house)["/people/{uuid}"]
    with house.visit(browser, "office") as page:
        page.add_init_script(AXE)
        page.goto("/imports")
        page.locator("#kind").select_option(value="roster")
        page.locator("#file").set_input_files({"name": "r.csv", "mimeType": "text/csv", "buffer": ROSTER})
        page.locator("input[value=full]").check()
        page.locator("form.upload button").click()
        expect(page.locator(".confirm")).to_be_visible()
        found = faults(page, "a file that waits")
        page.locator(".confirm button.quiet").click()
        page.goto(f"{person}/merge")
        page.locator("#words").fill("ทองคำ")
        page.locator("form.find button").click()
        found += faults(page, "persons to merge")
        page.locator("table.choose a[href*='/merge/']").first.click()
        found += faults(page, "two persons side by side")
        for path in ("/users", "/nothing", "/people?state=nonsense"):
            page.goto(path)
            found += faults(page, path)
    assert found == []


def thai_data(house: House) -> str:
    """All Thai of the database; names also as they are written, with the title in front."""
    with closing(sqlite3.connect(house.data / "thaksa.db")) as conn:
        tables = [row[0] for row in conn.execute("select name from sqlite_master where type = 'table'")]
        rows = [row for table in tables for row in conn.execute(f'select * from "{table}"')]
        rows += conn.execute("select prefix_th || given_name from person").fetchall()
    return "\n".join(
        {value for row in rows for value in row if isinstance(value, str) and THAI.search(value)}
    )
