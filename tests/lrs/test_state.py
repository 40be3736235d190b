"""xAPI Communication 2.3 (State) and what all documents share, 2.2, on both databases, in both versions."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from itertools import product
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from lrs.credentials import create_credential
from lrs.service import Limits
from lrs.tables import activity, agent, document

from .conftest import HASH_KEY, NOW, make_credential

STATE = "/activities/state"
ACTIVITY = "https://moodle.example/course/view.php?id=7"
LEARNER = {"account": {"homePage": "https://moodle.example", "name": "42"}}
REGISTRATION = "3F1C2D3E-7a1e-4c44-8a3f-fdb0b6d04f50"
METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE")

WRONG: list[dict[str, Any]] = [
    {"activityId": None},
    {"activityId": "no IRI"},
    {"activityId": "https://example.org/" + "a" * 2000},
    {"agent": None},
    {"agent": "no JSON"},
    {"agent": "true"},
    {"agent": "{}"},
    {"agent": '{"mbox": "mailto:a@example.org", "openid": "https://example.org/"}'},
    {"agent": '{"objectType": "Group", "member": [{"mbox": "mailto:a@example.org"}]}'},
    {"registration": "true"},
    {"registration": ""},
    {"stateId": ""},
    {"stateId": "a\0b"},
    {"stateId": "a" * 2001},
    {"since": "2026-01-01T00:00:00Z"},
    {"profileId": "a"},
    {"StateId": "a"},
    {"format": "ids"},
]


def where(**changes: Any) -> dict[str, str]:
    """Parameters of one document; None leaves one out."""
    given = {"activityId": ACTIVITY, "agent": json.dumps(LEARNER), "stateId": "bookmark", **changes}
    return {name: value for name, value in given.items() if value is not None}


def everywhere(**changes: Any) -> dict[str, str]:
    return where(stateId=None, **changes)


@pytest.fixture(params=["1.0.3", "2.0.0"])
def either(client: TestClient, request: pytest.FixtureRequest) -> TestClient:
    """A client of each version."""
    client.headers["X-Experience-API-Version"] = request.param
    return client


class TestOneDocument:
    def test_it_is_returned_as_it_was_sent(self, either: TestClient) -> None:
        content = bytes(range(256))
        answer = either.put(STATE, params=where(), content=content, headers={"Content-Type": "image/x; a=b"})
        assert (answer.status_code, answer.content) == (204, b"")
        answer = either.get(STATE, params=where())
        assert (answer.status_code, answer.content) == (200, content)
        assert answer.headers["Content-Type"] == "image/x; a=b"
        assert answer.headers["ETag"] == f'"{sha1(content).hexdigest()}"'

    def test_without_a_type_it_is_octets(self, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"")
        answer = client.get(STATE, params=where())
        assert (answer.content, answer.headers["Content-Type"]) == (b"", "application/octet-stream")

    def test_no_browser_runs_it(self, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"<script>", headers={"Content-Type": "text/html"})
        headers = client.get(STATE, params=where()).headers
        assert headers["Content-Security-Policy"].startswith("sandbox")
        assert headers["X-Content-Type-Options"] == "nosniff"

    def test_head_answers_as_get_without_the_body(self, either: TestClient) -> None:
        either.put(STATE, params=where(), content=b"abc")
        got, headed = (either.request(method, STATE, params=where()) for method in ("GET", "HEAD"))
        assert (headed.status_code, headed.content) == (200, b"")
        assert headed.headers == got.headers
        assert either.head(STATE, params=where(stateId="other")).status_code == 404

    def test_last_modified(self, make_client: Callable[..., TestClient]) -> None:
        now = [datetime(2026, 1, 2, 3, 4, 5, 999_999, tzinfo=UTC)]
        client = make_client(clock=lambda: now[0])
        client.headers["X-Experience-API-Version"] = "2.0.0"
        client.post(STATE, params=where(), json={})
        assert client.get(STATE, params=where()).headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:05 GMT"
        now[0] += timedelta(seconds=1)
        client.post(STATE, params=where(), json={})
        assert client.get(STATE, params=where()).headers["Last-Modified"] == "Fri, 02 Jan 2026 03:04:06 GMT"

    def test_each_activity_agent_registration_and_name_has_its_own(self, client: TestClient) -> None:
        places = [
            where(),
            where(stateId="Bookmark"),
            where(activityId=ACTIVITY + "1"),
            where(agent='{"mbox": "mailto:a@example.org"}'),
            where(registration=REGISTRATION),
        ]
        for index, place in enumerate(places):
            assert client.put(STATE, params=place, content=str(index)).status_code == 204
        assert [client.get(STATE, params=place).text for place in places] == ["0", "1", "2", "3", "4"]
        assert client.get(STATE, params=where(registration=REGISTRATION.lower())).text == "4"

    def test_a_profile_of_that_name_is_another_document(self, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"state")
        place = {"activityId": ACTIVITY, "profileId": "bookmark"}
        assert client.get("/activities/profile", params=place).status_code == 404

    def test_the_agent_is_known_by_its_identifier_alone(self, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"a")
        named = json.dumps({"objectType": "Agent", "name": "A learner", **LEARNER})
        assert client.get(STATE, params=where(agent=named)).text == "a"

    def test_an_identified_group(self, client: TestClient) -> None:
        group = json.dumps({"objectType": "Group", "mbox": "mailto:team@example.org"})
        assert client.put(STATE, params=where(agent=group), content=b"a").status_code == 204
        assert client.get(STATE, params=where(agent=group)).text == "a"

    def test_delete(self, either: TestClient) -> None:
        either.put(STATE, params=where(), content=b"a")
        either.put(STATE, params=where(stateId="other"), content=b"b")
        for _ in range(2):
            assert either.delete(STATE, params=where()).status_code == 204
        assert either.get(STATE, params=where()).status_code == 404
        assert either.get(STATE, params=where(stateId="other")).text == "b"

    def test_reading_and_deleting_store_nothing(self, client: TestClient, engine: Engine) -> None:
        client.get(STATE, params=where())
        client.get(STATE, params=everywhere())
        client.delete(STATE, params=where())
        client.put(STATE, params=where(), content=b"a", headers={"If-Match": '"b"'})
        with engine.connect() as conn:
            for table in (agent, activity, document):
                assert conn.scalar(select(func.count()).select_from(table)) == 0

    def test_too_large(self, make_client: Callable[..., TestClient]) -> None:
        client = make_client(limits=Limits(body_octets=10))
        client.headers["X-Experience-API-Version"] = "1.0.3"
        assert client.put(STATE, params=where(), content=b"a" * 10).status_code == 204
        assert client.put(STATE, params=where(), content=b"a" * 11).status_code == 413
        assert client.post(STATE, params=where(), content=iter([b"a" * 11])).status_code == 413


class TestSeveralDocuments:
    def test_their_names(self, either: TestClient) -> None:
        assert either.get(STATE, params=everywhere()).json() == []
        for name in ("b", "a"):
            either.put(STATE, params=where(stateId=name), content=b"x")
        either.put(STATE, params=where(stateId="c", activityId=ACTIVITY + "1"), content=b"x")
        answer = either.get(STATE, params=everywhere())
        assert (answer.status_code, answer.json()) == (200, ["a", "b"])
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["ETag"] == f'"{sha1(answer.content).hexdigest()}"'
        assert answer.headers["Last-Modified"]

    def test_a_registration_limits_them_only_where_it_is_given(self, client: TestClient) -> None:
        client.put(STATE, params=where(stateId="a"), content=b"x")
        client.put(STATE, params=where(stateId="b", registration=REGISTRATION), content=b"x")
        client.put(STATE, params=where(stateId="b", registration=str(uuid4())), content=b"x")
        assert client.get(STATE, params=everywhere()).json() == ["a", "b"]
        assert client.get(STATE, params=everywhere(registration=REGISTRATION)).json() == ["b"]
        client.delete(STATE, params=everywhere(registration=REGISTRATION))
        assert client.get(STATE, params=where(stateId="b", registration=REGISTRATION)).status_code == 404
        assert client.get(STATE, params=everywhere()).json() == ["a", "b"]

    def test_since_is_exclusive(self, make_client: Callable[..., TestClient]) -> None:
        now = [datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)]
        client = make_client(clock=lambda: now[0])
        client.headers["X-Experience-API-Version"] = "1.0.3"
        client.put(STATE, params=where(stateId="old"), content=b"x")
        now[0] += timedelta(microseconds=1)
        client.put(STATE, params=where(stateId="new"), content=b"x")
        for since, names in (("05.000005", ["new", "old"]), ("05.000006", ["new"]), ("05.000007", [])):
            asked = everywhere(since=f"2026-01-02T10:04:{since}+07:00")
            assert client.get(STATE, params=asked).json() == names

    def test_delete_all(self, either: TestClient) -> None:
        for place in (where(), where(registration=REGISTRATION), where(stateId="other")):
            either.put(STATE, params=place, content=b"x")
        either.put(STATE, params=where(activityId=ACTIVITY + "1"), content=b"kept")
        assert either.delete(STATE, params=everywhere()).status_code == 204
        assert either.get(STATE, params=everywhere()).json() == []
        assert either.get(STATE, params=where(activityId=ACTIVITY + "1")).text == "kept"

    def test_delete_all_takes_no_condition(self, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"x")
        assert client.delete(STATE, params=everywhere(), headers={"If-Match": "*"}).status_code == 400
        assert client.get(STATE, params=where()).status_code == 200


class TestMerging:
    def test_top_level_properties_are_replaced(self, either: TestClient) -> None:
        for sent in ({"x": "foo", "y": {"a": 1, "b": 2}}, {"x": "bash", "y": {"c": 3}, "z": None}):
            assert either.post(STATE, params=where(), json=sent).status_code == 204
        answer = either.get(STATE, params=where())
        assert answer.json() == {"x": "bash", "y": {"c": 3}, "z": None}
        assert answer.headers["ETag"] == f'"{sha1(answer.content).hexdigest()}"'

    def test_where_there_is_none_it_is_stored(self, either: TestClient) -> None:
        either.post(STATE, params=where(), content=b"abc", headers={"Content-Type": "text/plain"})
        answer = either.get(STATE, params=where())
        assert (answer.text, answer.headers["Content-Type"]) == ("abc", "text/plain")

    @pytest.mark.parametrize(
        ("found_type", "found", "sent_type", "sent"),
        [
            ("application/json", b"{}", "text/plain", b"{}"),
            ("application/json", b"{}", None, b"{}"),
            ("text/plain", b"{}", "application/json", b"{}"),
            ("application/json", b"{}", "application/json", b"[]"),
            ("application/json", b"[]", "application/json", b"{}"),
            ("application/json", b"{", "application/json", b"{}"),
            ("application/json", b"{}", "application/json", b"{"),
            ("application/json", b"{}", "application/json", b'{"a": NaN}'),
            ("application/json", b"{}", "application/json", b'{"a": ' + b"[" * 300 + b"]" * 300 + b"}"),
        ],
    )
    def test_only_json_objects(
        self, either: TestClient, found_type: str, found: bytes, sent_type: str | None, sent: bytes
    ) -> None:
        assert either.put(
            STATE, params=where(), content=found, headers={"Content-Type": found_type}
        ).is_success
        headers = {} if sent_type is None else {"Content-Type": sent_type}
        answer = either.post(STATE, params=where(), content=sent, headers=headers)
        assert answer.status_code == 400
        assert "Communication 2.2" in answer.json()["error"]
        assert either.get(STATE, params=where()).content == found

    def test_a_charset_does_not_matter(self, client: TestClient) -> None:
        for sent in (b'{"a": 1}', b'{"b": 2}'):
            headers = {"Content-Type": "Application/JSON; charset=UTF-8"}
            assert client.post(STATE, params=where(), content=sent, headers=headers).status_code == 204
        assert client.get(STATE, params=where()).json() == {"a": 1, "b": 2}

    def test_what_is_called_json_must_be_json(self, either: TestClient) -> None:
        headers = {"Content-Type": "application/json"}
        assert either.post(STATE, params=where(), content=b"{", headers=headers).status_code == 400
        assert either.get(STATE, params=where()).status_code == 404


class TestParameters:
    def test_wrong(self, either: TestClient) -> None:
        for changes, method in product(WRONG, METHODS):
            answer = either.request(method, STATE, params=where(**changes))
            assert answer.status_code == 400, (method, changes)
            if method != "HEAD":
                assert next(iter(changes)) in answer.json()["error"]
                assert "(xAPI " in answer.json()["error"]

    @pytest.mark.parametrize("since", ["", "yesterday", "2026-13-01T00:00:00Z"])
    def test_since_must_be_a_moment(self, either: TestClient, since: str) -> None:
        assert either.get(STATE, params=everywhere(since=since)).status_code == 400

    def test_since_is_not_for_deleting(self, either: TestClient) -> None:
        assert either.delete(STATE, params=everywhere(since="2026-01-01T00:00:00Z")).status_code == 400

    def test_twice(self, client: TestClient) -> None:
        answer = client.get(STATE, params=[*where().items(), ("stateId", "other")])
        assert answer.status_code == 400
        assert "stateId" in answer.json()["error"]

    @pytest.mark.parametrize("method", ["PUT", "POST"])
    def test_a_name_is_needed_to_store(self, either: TestClient, method: str) -> None:
        assert either.request(method, STATE, params=everywhere()).status_code == 400


class TestScopes:
    def test_state_reads_and_writes(self, engine: Engine, client: TestClient) -> None:
        client.auth = make_credential(engine, "state")
        assert client.put(STATE, params=where(), content=b"a").status_code == 204
        assert client.get(STATE, params=where()).status_code == 200
        assert (
            client.post("/activities/profile", params={"activityId": ACTIVITY, "profileId": "a"}).status_code
            == 403
        )

    def test_all_read_reads_only(self, engine: Engine, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"a")
        client.auth = make_credential(engine, "all/read")
        assert client.get(STATE, params=where()).status_code == 200
        for method in ("PUT", "POST", "DELETE"):
            answer = client.request(method, STATE, params=where())
            assert (answer.status_code, answer.json()) == (
                403,
                {"error": "this credential lacks the scope state"},
            )

    @pytest.mark.parametrize("scope", ["statements/read", "statements/write", "profile", "define"])
    def test_others_do_not(self, engine: Engine, client: TestClient, scope: str) -> None:
        client.auth = make_credential(engine, scope)
        for method in METHODS:
            assert client.request(method, STATE, params=where()).status_code == 403

    def test_a_read_filter_does_not_cover_documents(self, engine: Engine, client: TestClient) -> None:
        client.put(STATE, params=where(), content=b"a")
        for scope, status in (("all/read", 403), ("state", 200)):
            with engine.begin() as conn:
                client.auth = create_credential(
                    conn,
                    hash_key=HASH_KEY,
                    name=f"filtered {scope}",
                    scopes=[scope],
                    now=NOW,
                    read_filter={"verbs": ["http://adlnet.gov/expapi/verbs/completed"]},
                )
            assert client.get(STATE, params=where()).status_code == status

    def test_nobody(self, client: TestClient) -> None:
        client.auth = ("nobody", "")
        for method in METHODS:
            assert client.request(method, STATE, params=where()).status_code == 401
