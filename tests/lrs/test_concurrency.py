"""xAPI Communication 3.1 (2.0.0: 4.1.4): entity tags, over HTTP, on both databases and in both versions."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha1
from itertools import product
from threading import Barrier
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from lrs.record_store import RecordStore

AGENT = json.dumps({"mbox": "mailto:learner@example.org"})
ACTIVITY = "https://moodle.example/course/view.php?id=7"
STATE = ("/activities/state", {"activityId": ACTIVITY, "agent": AGENT, "stateId": "a"})
PROFILES = [
    ("/activities/profile", {"activityId": ACTIVITY, "profileId": "a"}),
    ("/agents/profile", {"agent": AGENT, "profileId": "a"}),
]
ALL = [STATE, *PROFILES]
CURRENT = f'"{sha1(b"now").hexdigest()}"'
OTHER = f'"{"1" * 40}"'
Place = tuple[str, dict[str, str]]


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(client: TestClient, request: pytest.FixtureRequest) -> TestClient:
    """A client of each version."""
    client.headers["X-Experience-API-Version"] = request.param
    return client


def put(client: TestClient, place: Place, content: bytes, **headers: str) -> Response:
    return send(client, "PUT", place, content, **headers)


def send(client: TestClient, method: str, place: Place, content: bytes = b"", **headers: str) -> Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer: Response = client.request(method, place[0], params=place[1], content=content, headers=named)
    return answer


def stored(client: TestClient, place: Place) -> bytes | None:
    answer = client.get(place[0], params=place[1])
    return answer.content if answer.status_code == 200 else None


@pytest.mark.parametrize("place", ALL)
class TestConditions:
    def test_put_if_match(self, either: TestClient, place: Place) -> None:
        for tags in (CURRENT, f"{OTHER}, {CURRENT}", "*", CURRENT.strip('"').upper()):
            put(either, place, b"now", If_None_Match=OTHER)
            assert put(either, place, b"new", If_Match=tags).status_code == 204, tags
            assert stored(either, place) == b"new"

    def test_put_if_match_fails(self, either: TestClient, place: Place) -> None:
        put(either, place, b"now", If_None_Match="*")
        for tags in (OTHER, f"W/{CURRENT}", '"1234"'):
            answer = put(either, place, b"new", If_Match=tags)
            assert answer.status_code == 412, tags
            assert "If-Match" in answer.json()["error"]
        assert stored(either, place) == b"now"

    def test_if_match_asks_for_a_document(self, either: TestClient, place: Place) -> None:
        for method, tags in product(("PUT", "POST", "DELETE"), (CURRENT, "*")):
            assert send(either, method, place, b"new", If_Match=tags).status_code == 412
        assert stored(either, place) is None

    def test_if_none_match_any(self, either: TestClient, place: Place) -> None:
        assert put(either, place, b"now", If_None_Match="*").status_code == 204
        for method in ("PUT", "POST", "DELETE"):
            answer = send(either, method, place, b"new", If_None_Match="*")
            assert answer.status_code == 412
            assert "If-None-Match" in answer.json()["error"]
        assert stored(either, place) == b"now"

    def test_if_none_match_of_tags(self, either: TestClient, place: Place) -> None:
        put(either, place, b"now", If_None_Match="*")
        assert put(either, place, b"new", If_None_Match=CURRENT).status_code == 412
        assert put(either, place, b"new", If_None_Match=OTHER).status_code == 204

    def test_post(self, either: TestClient, place: Place) -> None:
        kind = {"Content_Type": "application/json"}
        send(either, "POST", place, b'{"a": 1}', **kind)
        tag = either.get(place[0], params=place[1]).headers["ETag"]
        assert send(either, "POST", place, b'{"a": 2}', If_Match=OTHER, **kind).status_code == 412
        assert stored(either, place) == b'{"a": 1}'
        assert send(either, "POST", place, b'{"a": 2}', If_Match=tag, **kind).status_code == 204
        assert stored(either, place) == b'{"a":2}'

    def test_delete(self, either: TestClient, place: Place) -> None:
        put(either, place, b"now", If_None_Match="*")
        assert send(either, "DELETE", place, If_Match=OTHER).status_code == 412
        assert stored(either, place) == b"now"
        assert send(either, "DELETE", place, If_Match=CURRENT).status_code == 204
        assert stored(either, place) is None

    def test_what_is_no_tag(self, either: TestClient, place: Place) -> None:
        for header, tags in product(("If-Match", "If-None-Match"), ("", "abc", '"abc', '*, "a"', '"a" "b"')):
            answer = put(either, place, b"new", **{header: tags})
            assert answer.status_code == 400, (header, tags)
            assert header in answer.json()["error"]

    def test_what_the_client_has_is_not_sent_again(self, either: TestClient, place: Place) -> None:
        put(either, place, b"now", If_None_Match="*")
        for method in ("GET", "HEAD"):
            answer = send(either, method, place, If_None_Match=f"W/{CURRENT}")
            assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", CURRENT)
            assert answer.headers["Last-Modified"]
            assert send(either, method, place, If_None_Match=OTHER).status_code == 200


class TestWithoutConditions:
    def test_1_0_3_profiles_need_one(self, client: TestClient) -> None:
        for place in PROFILES:
            assert put(client, place, b"now").status_code == 400
            assert stored(client, place) is None

    @pytest.mark.parametrize(
        ("version", "places"), [("1.0.3", PROFILES), ("2.0.0", ALL)], ids=["1.0.3", "2.0.0"]
    )
    def test_a_stored_document_is_a_conflict(
        self, client: TestClient, version: str, places: list[Place]
    ) -> None:
        client.headers["X-Experience-API-Version"] = version
        for place in places:
            put(client, place, b"now", If_None_Match="*")
            answer = put(client, place, b"new")
            assert answer.status_code == 409
            assert "If-Match" in answer.json()["error"]
            assert stored(client, place) == b"now"

    def test_1_0_3_states_are_overwritten(self, client: TestClient) -> None:
        for content in (b"now", b"new"):
            assert put(client, STATE, content).status_code == 204
        assert stored(client, STATE) == b"new"

    def test_2_0_0_new_documents_are_stored(self, client: TestClient) -> None:
        client.headers["X-Experience-API-Version"] = "2.0.0"
        for place in ALL:
            assert put(client, place, b"now").status_code == 204

    def test_posts_and_deletions_go_through(self, either: TestClient) -> None:
        for place in ALL:
            for _ in range(2):
                kind = {"Content_Type": "application/json"}
                assert send(either, "POST", place, b"{}", **kind).status_code == 204
            assert send(either, "DELETE", place).status_code == 204


PARALLEL = 8


def at_once(app: RecordStore, like: TestClient, act: Callable[[TestClient, int], Response]) -> list[int]:
    """The statuses of what several clients do at the same moment."""
    gate = Barrier(PARALLEL)

    def one(index: int) -> int:
        client = TestClient(app, headers=dict(like.headers))
        assert like.auth is not None
        client.auth = like.auth
        gate.wait()
        return act(client, index).status_code

    with ThreadPoolExecutor(PARALLEL) as pool:
        return sorted(pool.map(one, range(PARALLEL)))


@pytest.mark.parametrize("place", ALL)
class TestParallel:
    def test_one_of_those_who_read_the_same_wins(
        self, app: RecordStore, client: TestClient, place: Place
    ) -> None:
        put(client, place, b"now", If_None_Match="*")
        statuses = at_once(app, client, lambda one, index: put(one, place, b"%d" % index, If_Match=CURRENT))
        assert statuses == [204] + [412] * (PARALLEL - 1)

    def test_one_of_those_who_create_wins(self, app: RecordStore, client: TestClient, place: Place) -> None:
        statuses = at_once(app, client, lambda one, index: put(one, place, b"%d" % index, If_None_Match="*"))
        assert statuses == [204] + [412] * (PARALLEL - 1)

    def test_no_merge_is_lost(self, app: RecordStore, client: TestClient, place: Place) -> None:
        def merge(one: TestClient, index: int) -> Any:
            return one.post(place[0], params=place[1], json={f"key{index}": index})

        assert at_once(app, client, merge) == [204] * PARALLEL
        content = stored(client, place)
        assert content is not None
        assert json.loads(content) == {f"key{index}": index for index in range(PARALLEL)}


def test_new_agents_and_activities_in_parallel(app: RecordStore, client: TestClient) -> None:
    """Statements and states about the same new agents and activities, all at once."""

    def act(one: TestClient, index: int) -> Any:
        answers = []
        for number in range(5):
            activity = f"https://moodle.example/{number}"
            agent = {"mbox": f"mailto:learner{number}@example.org"}
            if index % 2:
                verb = {"id": "http://adlnet.gov/expapi/verbs/completed"}
                body = {"actor": agent, "verb": verb, "object": {"id": activity}}
                answers.append(one.post("/statements", json=body))
            else:
                place = {"activityId": activity, "agent": json.dumps(agent), "stateId": str(index)}
                answers.append(one.put("/activities/state", params=place, content=b"x"))
        return max(answers, key=lambda answer: answer.status_code)

    assert at_once(app, client, act) == [200] * (PARALLEL // 2) + [204] * (PARALLEL // 2)
