"""xAPI Communication 2.5: Activities, on both databases and in both versions."""

from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from .conftest import make_credential
from .statements import COURSE, full, simple


def ask(client: TestClient, activity: str = COURSE, method: str = "GET") -> Any:
    return client.request(method, "/activities", params={"activityId": activity})


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(client: TestClient, request: pytest.FixtureRequest) -> TestClient:
    """A client of each version."""
    client.headers["X-Experience-API-Version"] = request.param
    return client


def test_an_activity_never_heard_of(either: TestClient) -> None:
    answer = ask(either)
    assert (answer.status_code, answer.json()) == (200, {"objectType": "Activity", "id": COURSE})


def test_all_that_was_said_of_it(either: TestClient) -> None:
    either.post("/statements", json=simple(object={"id": COURSE}))
    assert ask(either).json() == {"objectType": "Activity", "id": COURSE}
    either.post("/statements", json=full(attachments=[]))
    said = full()["object"]["definition"]
    assert ask(either).json() == {"objectType": "Activity", "id": COURSE, "definition": said}
    newer = [{"name": {"th": "ใหม่"}}, {"name": {"fr": "Sécurité"}, "moreInfo": "https://moodle.example/more"}]
    either.post("/statements", json=[simple(object={"id": COURSE, "definition": one}) for one in newer])
    name = {"th": "ใหม่", "en": "Cyber safety", "fr": "Sécurité"}
    merged = {**said, "name": name, "moreInfo": "https://moodle.example/more"}
    assert ask(either).json()["definition"] == merged


def test_head(either: TestClient) -> None:
    answer, headed = ask(either), ask(either, method="HEAD")
    assert (headed.status_code, headed.content, headed.headers) == (200, b"", answer.headers)


def test_parameters(either: TestClient) -> None:
    for given in (
        {},
        {"activityId": "no IRI"},
        {"ActivityId": COURSE},
        {"activityId": COURSE, "agent": "{}"},
    ):
        answer = either.get("/activities", params=given)
        assert answer.status_code == 400
        assert "Communication 2.5" in answer.json()["error"]
    assert either.put("/activities", params={"activityId": COURSE}).status_code == 405


def test_scopes(engine: Engine, client: TestClient) -> None:
    for scope in ("statements/read", "statements/read/mine", "all/read", "state", "define", "profile"):
        client.auth = make_credential(engine, scope)
        assert ask(client).status_code == 200
    client.auth = make_credential(engine, "statements/write")
    assert ask(client).status_code == 403
    client.auth = ("nobody", "")
    assert ask(client).status_code == 401
