"""Aggregates by all that they can be told by, in pages that stay the same, as CSV, and not sent twice."""

import csv
import io
from datetime import timedelta

from starlette.testclient import TestClient

from mappings.progress import rebuild
from tests.mappings.world import NOW, send
from tests.report.conftest import DL101, World, web

ADDRESS = "/api/v1/aggregates"


def test_offices_with_all_that_is_within_them(client: TestClient) -> None:
    answer = client.get(f"{ADDRESS}?by=office").json()
    assert {row["key"]: row["persons"] for row in answer["rows"] if row["persons"]} == {
        "area-1": 4,
        "area-2": 1,
    }
    first = next(row for row in answer["rows"] if row["key"] == "area-1")
    assert first["competencies"][0]["complete"] == 1
    assert answer["framework"]["version"]


def test_a_unit_that_no_database_can_name(client: TestClient) -> None:
    assert client.get(f"{ADDRESS}?by=school&unit=%00").status_code == 404


def test_categories(client: TestClient) -> None:
    rows = client.get(f"{ADDRESS}?by=category").json()["rows"]
    assert {row["code"]: row["weight"] for row in rows} == {"LC70": 70, "LC20": 20, "LC10": 10}
    assert sum(row["events"] for row in rows) > 0


def test_pages_stay_as_the_first_one_was(world: World) -> None:
    first = web(world.engine).get(f"{ADDRESS}?by=school&limit=2").json()
    with world.engine.begin() as conn:
        send(conn, "2", DL101, stored=NOW + timedelta(minutes=1))
        rebuild(conn, NOW + timedelta(minutes=2))
    later = web(world.engine, now=NOW + timedelta(minutes=3))
    query = {"by": "school", "limit": "2", "cursor": first["next"]}
    second = later.get(ADDRESS, params=query).json()
    assert (second["known_at"], second["total"], second["next"]) == (first["known_at"], first["total"], None)
    keys = [row["key"] for row in (*first["rows"], *second["rows"])]
    assert keys == [row["key"] for row in later.get(f"{ADDRESS}?by=school").json()["rows"]]
    assert later.get(ADDRESS, params=query | {"by": "office"}).status_code == 422


def test_csv_says_the_same(client: TestClient) -> None:
    for by in ("office", "school", "group", "competency", "category", "month"):
        answer = client.get(f"{ADDRESS}?by={by}&format=csv")
        assert answer.content.startswith(b"\xef\xbb\xbf")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
        told = client.get(f"{ADDRESS}?by={by}").json()["rows"]
        assert len(rows) == len(told) * (11 if by in ("office", "school", "group", "month") else 1)
    school = client.get(f"{ADDRESS}?by=school").json()["rows"][0]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{ADDRESS}?by=school&format=csv").text)))
    assert rows[1]["complete"] == str(school["competencies"][0]["complete"])


def test_what_is_known_is_not_sent_again(world: World) -> None:
    client = web(world.engine)
    answer = client.get(f"{ADDRESS}?by=school")
    known = {"If-None-Match": answer.headers["etag"]}
    assert client.get(f"{ADDRESS}?by=school", headers=known).status_code == 304
    assert client.get(f"{ADDRESS}?by=group", headers=known).status_code == 200
    with world.engine.begin() as conn:
        rebuild(conn, NOW + timedelta(minutes=2))
    later = web(world.engine, now=NOW + timedelta(minutes=3))
    assert later.get(f"{ADDRESS}?by=school", headers=known).status_code == 200
