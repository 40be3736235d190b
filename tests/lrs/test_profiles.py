"""xAPI Communication 2.6 (Agent Profile) and 2.7 (Activity Profile), on both databases, in both versions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from .conftest import make_credential

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")
ANEW = {"If-None-Match": "*"}


class Profiles(NamedTuple):
    """One of the two resources, and how its owner is named in the address."""

    path: str
    owner: dict[str, str]
    other: dict[str, str]

    def one(self, name: str = "settings") -> dict[str, str]:
        return {**self.owner, "profileId": name}


ACTIVITIES = Profiles(
    "/activities/profile",
    {"activityId": "https://moodle.example/course/view.php?id=7"},
    {"activityId": "https://moodle.example/course/view.php?id=8"},
)
AGENTS = Profiles(
    "/agents/profile",
    {"agent": json.dumps({"account": {"homePage": "https://moodle.example", "name": "42"}})},
    {"agent": json.dumps({"mbox_sha1sum": "a" * 40})},
)

WRONG: list[tuple[Profiles, dict[str, Any]]] = [
    (ACTIVITIES, {"activityId": None}),
    (ACTIVITIES, {"activityId": "true"}),
    (ACTIVITIES, {"agent": AGENTS.owner["agent"]}),
    (ACTIVITIES, {"profileId": ""}),
    (ACTIVITIES, {"since": "2026-01-02T03:04:05Z"}),
    (ACTIVITIES, {"registration": "3f1c2d3e-7a1e-4c44-8a3f-fdb0b6d04f50"}),
    (AGENTS, {"agent": None}),
    (AGENTS, {"agent": "true"}),
    (AGENTS, {"agent": '{"name": "A learner"}'}),
    (AGENTS, {"activityId": ACTIVITIES.owner["activityId"]}),
    (AGENTS, {"ProfileId": "a"}),
]


@pytest.fixture(params=[ACTIVITIES, AGENTS], ids=["activity", "agent"])
def profiles(request: pytest.FixtureRequest) -> Profiles:
    profiles: Profiles = request.param
    return profiles


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(client: TestClient, request: pytest.FixtureRequest) -> TestClient:
    """A client of each version."""
    client.headers["X-Experience-API-Version"] = request.param
    return client


def test_put_get_head_post_delete(either: TestClient, profiles: Profiles) -> None:
    assert either.put(profiles.path, params=profiles.one(), json={"a": 1}, headers=ANEW).status_code == 204
    assert either.post(profiles.path, params=profiles.one(), json={"b": 2}).status_code == 204
    answer = either.get(profiles.path, params=profiles.one())
    assert (answer.status_code, answer.json()) == (200, {"a": 1, "b": 2})
    assert answer.headers["Content-Type"] == "application/json"
    headed = either.head(profiles.path, params=profiles.one())
    assert (headed.status_code, headed.content, headed.headers) == (200, b"", answer.headers)
    assert either.delete(profiles.path, params=profiles.one()).status_code == 204
    assert either.get(profiles.path, params=profiles.one()).status_code == 404


def test_names_of_this_owner_alone(either: TestClient, profiles: Profiles) -> None:
    for name in ("b", "a"):
        either.put(profiles.path, params=profiles.one(name), content=b"x", headers=ANEW)
    either.put(profiles.path, params={**profiles.other, "profileId": "c"}, content=b"x", headers=ANEW)
    answer = either.get(profiles.path, params=profiles.owner)
    assert (answer.status_code, answer.json()) == (200, ["a", "b"])
    assert {"etag", "last-modified"} <= answer.headers.keys()
    assert either.get(profiles.path, params=profiles.other).json() == ["c"]


def test_since(make_client: Callable[..., TestClient], profiles: Profiles) -> None:
    now = [datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)]
    client = make_client(clock=lambda: now[0])
    client.headers["X-Experience-API-Version"] = "2.0.0"
    for name in ("a", "b", "c"):
        client.put(profiles.path, params=profiles.one(name), content=b"x")
        now[0] += timedelta(seconds=1)
    answer = client.get(profiles.path, params={**profiles.owner, "since": "2026-01-02T03:04:05Z"})
    assert (answer.json(), answer.headers["Last-Modified"]) == (["b", "c"], "Fri, 02 Jan 2026 03:04:07 GMT")


def test_several_are_not_deleted_at_once(either: TestClient, profiles: Profiles) -> None:
    either.put(profiles.path, params=profiles.one(), content=b"x", headers=ANEW)
    answer = either.delete(profiles.path, params=profiles.owner)
    assert answer.status_code == 400
    assert "profileId" in answer.json()["error"]
    assert either.get(profiles.path, params=profiles.one()).status_code == 200


def test_wrong_parameters(either: TestClient) -> None:
    for (profiles, changes), method in product(WRONG, METHODS):
        given = {name: text for name, text in {**profiles.one(), **changes}.items() if text is not None}
        answer = either.request(method, profiles.path, params=given, headers=ANEW)
        assert answer.status_code == 400, (method, profiles.path, changes)


class TestScopes:
    def test_profile_reads_and_writes(self, engine: Engine, client: TestClient, profiles: Profiles) -> None:
        client.auth = make_credential(engine, "profile")
        assert client.put(profiles.path, params=profiles.one(), content=b"a", headers=ANEW).status_code == 204
        assert client.get(profiles.path, params=profiles.one()).status_code == 200
        assert client.get("/activities/state").status_code == 403

    @pytest.mark.parametrize("scope", ["statements/read", "statements/write", "state", "define"])
    def test_others_do_not(self, engine: Engine, client: TestClient, profiles: Profiles, scope: str) -> None:
        client.auth = make_credential(engine, scope)
        for method in METHODS:
            assert client.request(method, profiles.path, params=profiles.one()).status_code == 403

    def test_all_read_reads_only(self, engine: Engine, client: TestClient, profiles: Profiles) -> None:
        client.auth = make_credential(engine, "all/read")
        assert client.get(profiles.path, params=profiles.owner).json() == []
        for method in ("PUT", "POST", "DELETE"):
            assert client.request(method, profiles.path, params=profiles.one()).status_code == 403
