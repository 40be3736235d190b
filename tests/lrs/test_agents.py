"""xAPI Communication 2.4: Agents, on both databases and in both versions."""

import json
from typing import Any

import pytest
from sqlalchemy import Engine
from starlette.testclient import TestClient

from .conftest import make_credential

ACCOUNT = {"homePage": "https://moodle.example", "name": "42"}


def ask(client: TestClient, agent: Any, method: str = "GET") -> Any:
    return client.request(method, "/agents", params={"agent": json.dumps(agent)})


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
@pytest.mark.parametrize(
    ("agent", "person"),
    [
        ({"mbox": "mailto:a@example.org"}, {"mbox": ["mailto:a@example.org"]}),
        (
            {"objectType": "Agent", "name": "ครู", "account": ACCOUNT},
            {"name": ["ครู"], "account": [ACCOUNT]},
        ),
        ({"mbox_sha1sum": "a" * 40}, {"mbox_sha1sum": ["a" * 40]}),
        ({"openid": "https://example.org/a"}, {"openid": ["https://example.org/a"]}),
    ],
)
def test_a_person_holds_arrays(
    client: TestClient, version: str, agent: dict[str, Any], person: dict[str, Any]
) -> None:
    client.headers["X-Experience-API-Version"] = version
    answer = ask(client, agent)
    assert (answer.status_code, answer.json()) == (200, {"objectType": "Person", **person})
    assert answer.headers["Content-Type"] == "application/json"
    headed = ask(client, agent, "HEAD")
    assert (headed.status_code, headed.content, headed.headers) == (200, b"", answer.headers)


@pytest.mark.parametrize(
    "agent",
    [
        None,
        True,
        [],
        {},
        {"name": "A learner"},
        {"mbox": ["mailto:a@example.org"]},
        {"mbox": "mailto:a@example.org", "openid": "https://example.org/a"},
        {"objectType": "Person", "mbox": "mailto:a@example.org"},
        {"objectType": "Group", "mbox": "mailto:team@example.org"},
    ],
)
def test_what_is_no_agent(client: TestClient, agent: Any) -> None:
    answer = ask(client, agent)
    assert answer.status_code == 400
    assert "agent" in answer.json()["error"]


def test_parameters(client: TestClient) -> None:
    agent = '{"mbox": "mailto:a@example.org"}'
    for given in (
        {},
        {"agent": "{"},
        {"Agent": agent},
        {"agent": agent, "activityId": "https://example.org"},
    ):
        assert client.get("/agents", params=given).status_code == 400
    assert client.put("/agents", params={"agent": agent}).status_code == 405


def test_scopes(engine: Engine, client: TestClient) -> None:
    agent = {"mbox": "mailto:a@example.org"}
    for scope in ("statements/read", "statements/read/mine", "all/read", "state", "define", "profile"):
        client.auth = make_credential(engine, scope)
        assert ask(client, agent).status_code == 200
    client.auth = make_credential(engine, "statements/write")
    assert ask(client, agent).status_code == 403
    client.auth = ("nobody", "")
    assert ask(client, agent).status_code == 401
