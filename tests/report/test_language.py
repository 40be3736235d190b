"""The pages in English."""

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from connector.report.language_page import COOKIE, Languages, router_language
from connector.report.words import Words, _, ngettext, reading


@pytest.fixture
def reader(client: TestClient) -> TestClient:
    app = client.app
    assert isinstance(app, FastAPI)
    app.include_router(router_language())
    app.add_middleware(Languages)
    client.follow_redirects = False
    return client


def test_the_switch_leads_back_to_the_page_in_the_other_language(reader: TestClient) -> None:
    thai = reader.get("/people", params={"state": "complete"})
    assert '<html lang="th">' in thai.text
    assert 'name="back" value="/people?state=complete"' in thai.text
    answer = reader.post("/language", data={"language": "en", "back": "/people?state=complete"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/people?state=complete")
    english = reader.get("/people", params={"state": "complete"})
    assert '<html lang="en">' in english.text
    assert "Overview" in english.text
    reader.post("/language", data={"language": "th", "back": "/"})
    assert '<html lang="th">' in reader.get("/").text


@pytest.mark.parametrize(
    "back", ["//elsewhere.example/", "https://elsewhere.example/", "/nothing", "/\\x", ""]
)
def test_the_switch_leads_nowhere_else(reader: TestClient, back: str) -> None:
    assert reader.post("/language", data={"language": "en", "back": back}).headers["location"] == "/"


def test_an_unknown_language_is_thai(reader: TestClient) -> None:
    reader.cookies.set(COOKIE, "tlh")
    assert '<html lang="th">' in reader.get("/").text
    assert f"{COOKIE}=th" in reader.post("/language", data={"language": "tlh"}).headers["set-cookie"]


def test_texts_are_said_in_the_language_of_the_request() -> None:
    words = Words({1: "ภาพรวม"})
    with reading("en"):
        assert (_("ภาพรวม"), words[1], dict(words)) == ("Overview", "Overview", {1: "Overview"})
        assert _("ไม่มีคำแปล %(n)s", n=3) == "ไม่มีคำแปล 3"
        assert ngettext("หนึ่ง", "many", 2) == "many"
    assert (_("ภาพรวม"), words[1], ngettext("หนึ่ง", "many", 2)) == ("ภาพรวม", "ภาพรวม", "หนึ่ง")
