import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from connector.platforms import PLATFORMS, PlatformError, Reading
from connector.platforms.moodle.replay import Replay
from connector.sync import sync
from mappings.people import HashKey, HashKeys
from tests.mappings.world import NOW
from tests.report.conftest import PEOPLE, World, web

RECORDING = Path(__file__).parents[1] / "fixtures" / "moodle" / "site-1.jsonl.gz"
COMPLETIONS = {"DL101": 22, "DL102": 18, "DL103": 15, "DL104": 21, "DL105": 15, "DL106": 44, "LAB01": 0}

KEYS = HashKeys(HashKey(b"key"))


@pytest.mark.parametrize(
    ("by", "persons"),
    [("school", {"s1": 3, "s2": 1, "s3": 1}), ("group", {"M": 1, "A": 1, "S": 2, "T": 1})],
)
def test_aggregates_by_school_and_group(client: TestClient, by: str, persons: dict[str, int]) -> None:
    answer = client.get("/api/v1/aggregates", params={"by": by}).json()
    assert {row["key"]: row["persons"] for row in answer["rows"]} == persons
    assert answer["total"]["persons"] == 5
    assert answer["total"]["unclassified"] == 1
    assert (answer["as_of"], answer["known_at"]) == ("2026-06-01", "2026-06-01T03:00:00Z")


def test_aggregates_by_competency(client: TestClient) -> None:
    answer = client.get("/api/v1/aggregates", params={"by": "competency"}).json()
    first = answer["rows"][0]
    assert [row["code"] for row in answer["rows"]][::9] == ["D1.1", "D2.0"]
    assert (first["persons"], first["complete"], first["in_progress"], first["not_started"]) == (5, 1, 1, 3)


def test_aggregates_of_a_unit(client: TestClient) -> None:
    answer = client.get("/api/v1/aggregates", params={"by": "school", "unit": "area-2"}).json()
    assert [row["key"] for row in answer["rows"]] == ["s3"]
    assert client.get("/api/v1/aggregates", params={"by": "school", "unit": "s9"}).status_code == 404


def test_an_unknown_kind_is_refused_with_the_known_ones(client: TestClient) -> None:
    answer = client.get("/api/v1/aggregates", params={"by": "person"})
    assert answer.status_code == 422
    assert "school, group, competency" in answer.json()["detail"]


@pytest.mark.parametrize(
    "path", ["aggregates?by=school", "aggregates?by=group", "aggregates?by=competency", "status"]
)
def test_no_answer_names_a_person(client: TestClient, world: World, path: str) -> None:
    text = json.dumps(client.get(f"/api/v1/{path}").json(), ensure_ascii=False)
    assert [name for name, _, _ in PEOPLE if name in text] == []
    assert [uuid for uuid in world.uuids.values() if uuid in text] == []


def test_aggregates_of_an_empty_database(engine: Engine) -> None:
    assert web(engine).get("/api/v1/aggregates", params={"by": "school"}).status_code == 503


def test_status_after_a_sync_and_a_failed_one(engine: Engine) -> None:
    with Replay(RECORDING, "token") as replay:
        moodle = PLATFORMS["moodle"](url=replay.url, token="token", hash_keys=KEYS, reading=Reading())
        sync(engine, moodle, name="site", kind="moodle", now=NOW)
        refused = PLATFORMS["moodle"](url=replay.url, token="wrong", hash_keys=KEYS, reading=Reading())
        with pytest.raises(PlatformError):
            sync(engine, refused, name="site", kind="moodle", now=NOW)
    status = web(engine).get("/api/v1/status").json()
    [platform] = status["platforms"]
    found = {course["shortname"]: course["current_completions"] for course in platform["courses"]}
    assert found == COMPLETIONS
    assert status["current_completions"] == sum(COMPLETIONS.values())
    assert [course["course_id"] for course in platform["courses"]][:2] == ["2", "3"]
    assert platform["last_sync"]["error"]
    assert platform["last_sync"]["succeeded_at"] is not None
    page = web(engine).get("/status").text
    assert "ไม่สำเร็จ" in page
    assert "TH-DL101" in page
