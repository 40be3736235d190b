"""xAPI Communication 3.3: the version of requests and answers, on every resource."""

from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

HEADER = "X-Experience-API-Version"
RESOURCES = [
    ("/statements", ("GET", "PUT", "POST")),
    ("/activities/state", ("GET", "PUT", "POST", "DELETE")),
    ("/activities/profile", ("GET", "PUT", "POST", "DELETE")),
    ("/agents/profile", ("GET", "PUT", "POST", "DELETE")),
    ("/agents", ("GET",)),
    ("/activities", ("GET",)),
]


@pytest.mark.parametrize("version", ["1.0.3", "2.0.0"])
def test_requests_without_a_version(make_client: Callable[..., TestClient], version: str) -> None:
    client = make_client(version=version)
    for path, methods in RESOURCES:
        for method in methods:
            answer = client.request(method, path)
            assert (answer.status_code, answer.headers[HEADER]) == (400, version)
            assert HEADER in answer.json()["error"]
    answer = client.get("/about")
    assert (answer.status_code, answer.headers[HEADER]) == (200, version)


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("1.0", "1.0.3"), ("1.0.0", "1.0.3"), ("1.0.12", "1.0.3"), ("2.0", "2.0.0"), ("2.0.1", "2.0.0")],
)
def test_the_answer_names_the_latest_patch(
    make_client: Callable[..., TestClient], asked: str, answered: str
) -> None:
    client = make_client(version="1.0.3")
    answer = client.get("/statements", headers={HEADER: asked})
    assert (answer.status_code, answer.headers[HEADER]) == (200, answered)


@pytest.mark.parametrize(
    "asked", ["", "0.9", "0.95", "1", "1.0.", "1.00", "1.1.0", "2.1.0", "3.0.0", "1.0.3, 2.0.0"]
)
def test_versions_not_spoken(make_client: Callable[..., TestClient], asked: str) -> None:
    client = make_client(version="1.0.3", default_version="2.0.0")
    answer = client.get("/statements", headers={HEADER: asked})
    assert (answer.status_code, answer.headers[HEADER]) == (400, "1.0.3")
    assert HEADER in answer.json()["error"]


def test_an_assumed_version(make_client: Callable[..., TestClient]) -> None:
    client = make_client(default_version="1.0.3")
    answer = client.get("/statements")
    assert (answer.status_code, answer.headers[HEADER]) == (200, "1.0.3")
    # Under 1.0.3 a profile needs a condition, under 2.0.0 it does not.
    place = {"activityId": "https://example.org/a", "profileId": "a"}
    assert client.put("/activities/profile", params=place).status_code == 400
    assert client.put("/activities/profile", params=place, headers={HEADER: "2.0.0"}).status_code == 204
