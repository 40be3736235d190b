"""What analysts reach: published tables alone, and of an office its own rows; nobody else reaches them."""

import csv
import io
from datetime import date

import pytest
from starlette.testclient import TestClient

from connector.access import tokens, users
from connector.access.rights import RIGHTS
from connector.access.users import Place
from connector.report.published import TABLES, publish_months
from lrs.clock import utc_now
from mappings.closings import close_months
from tests.access.conftest import Service, add_user

APRIL, MAY = "2026-04-30", "2026-05-31"


@pytest.fixture
def published(service: Service) -> Service:
    close_months(service.world.engine, [date.fromisoformat(one) for one in (APRIL, MAY)], utc_now())
    publish_months(service.world.engine, 5, utc_now())
    return service


def test_an_analyst_reaches_no_other_numbers(published: Service) -> None:
    """The units of this organisation have five people at most: none of their counts is told anywhere."""
    client = published.signed_in("analyst")
    assert client.get("/").headers["location"] == "/published"
    page = client.get("/published").text
    assert "ปกปิด" in page
    for table in TABLES:
        cells = client.get(f"/api/v1/published/{table}").json()["cells"]
        assert {one["complete"] for one in cells} <= {None, 0}
    reached = {
        path
        for (method, path), right in RIGHTS.items()
        if method == "GET" and right.roles and "analyst" in right.roles and "{" not in path
    }
    assert reached == {"/", "/published", "/api/v1/published", "/password", "/mappings"}


@pytest.mark.parametrize("name", ["office1", "school1", "learner"])
def test_whoever_sees_people_has_their_own_numbers(published: Service, name: str) -> None:
    client = published.signed_in(name)
    for path in ("/published", "/api/v1/published", "/api/v1/published/months"):
        assert client.get(path).status_code == 403


def test_an_analyst_of_an_office_sees_its_rows(published: Service) -> None:
    add_user(published.world.engine, "analyst2", Place("analyst", "area-2"))
    client = published.signed_in("analyst2")
    for table in ("office-competency", "office-group"):
        cells = client.get(f"/api/v1/published/{table}").json()["cells"]
        assert {one["row"] for one in cells} == {"area-2"}
    assert client.get("/api/v1/published/months").status_code == 404
    assert "สพป.หนึ่ง" not in client.get("/published").text


def program(service: Service, *scopes: str) -> TestClient:
    key = service.settings.secret("api tokens")
    with service.world.engine.begin() as conn:
        user = users.find_user(conn, "analyst")
        made = tokens.create_token(conn, key, "one", user, scopes, utc_now(), "test")
    client = service.client()
    client.auth = made
    return client


def test_tokens_need_the_scope(published: Service) -> None:
    assert program(published, "status").get("/api/v1/published/months").status_code == 403
    assert published.client().get("/api/v1/published/months").status_code == 401


def test_months_in_a_row_in_pages_that_stay(published: Service) -> None:
    client = program(published, "aggregates")
    listed = client.get("/api/v1/published").json()
    assert [one["as_of"] for one in listed["months"]] == [APRIL, MAY]
    whole = client.get("/api/v1/published/months").json()
    assert {one["row"] for one in whole["cells"]} == {APRIL, MAY}
    pages, cursor = [], ""
    while cursor is not None:
        page = client.get("/api/v1/published/months", params={"limit": 7, "cursor": cursor}).json()
        pages += page["cells"]
        cursor = page["next"]
    assert pages == whole["cells"]
    for wrong in ("x", "é", "W10", client.get("/api/v1/published/office-group?limit=1").json()["next"]):
        answer = client.get("/api/v1/published/months", params={"cursor": wrong})
        assert (answer.status_code, answer.json()["detail"].split()[0]) == (422, "cursor")


def test_csv_and_unchanged_answers(published: Service) -> None:
    client = program(published, "aggregates")
    address = f"/api/v1/published/office-competency?as_of={APRIL}"
    answer = client.get(address, headers={"Accept": "text/csv"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    cells = client.get(address).json()["cells"]
    assert [one["row_name"] for one in rows] == [one["row_name"] for one in cells]
    assert client.get(f"{address}&format=csv").content == answer.content
    for accept in ("text/csv", "application/json"):
        tag = client.get(address, headers={"Accept": accept}).headers["etag"]
        same = client.get(address, headers={"Accept": accept, "If-None-Match": tag})
        assert (same.status_code, same.content) == (304, b"")
    assert client.get("/api/v1/published/office-competency?as_of=2026-04-29").status_code == 404
