"""xAPI Communication 2.1: the statement resource, over HTTP, on both databases."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.testclient import TestClient

from lrs.api import create_lrs_app
from lrs.record_store import RecordStore
from lrs.service import Limits

from .conftest import HASH_KEY
from .statements import COMPLETED, COURSE, full, simple, voiding

STATEMENTS = "/statements"


def ids_of(answer: Any) -> list[str]:
    return [one["id"] for one in answer.json()["statements"]]


class TestPost:
    def test_one_statement(self, client: TestClient) -> None:
        answer = client.post(STATEMENTS, json=full())
        assert (answer.status_code, answer.json()) == (200, [full()["id"]])
        stored = client.get(STATEMENTS, params={"statementId": full()["id"]}).json()
        assert stored["timestamp"] == full()["timestamp"]
        assert stored["version"] == "1.0.0"
        assert stored["context"]["contextActivities"]["parent"] == [{"id": "https://moodle.example"}]

    def test_a_batch_answers_ids_in_order(self, client: TestClient) -> None:
        ids = [str(uuid4()) for _ in range(30)]
        answer = client.post(STATEMENTS, json=[simple(id=id_) for id_ in ids])
        assert answer.json() == ids
        assert ids_of(client.get(STATEMENTS)) == ids[::-1]

    def test_ids_are_assigned(self, client: TestClient) -> None:
        (assigned,) = client.post(STATEMENTS, json=simple()).json()
        assert client.get(STATEMENTS, params={"statementId": assigned}).status_code == 200

    def test_nothing_is_stored_of_nothing(self, client: TestClient) -> None:
        answer = client.post(STATEMENTS, json=[])
        assert (answer.status_code, answer.json()) == (200, [])

    def test_a_resend_changes_nothing(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=full())
        first = client.get(STATEMENTS).json()
        assert client.post(STATEMENTS, json=full()).status_code == 200
        assert client.get(STATEMENTS).json() == first

    def test_what_was_read_can_be_sent_again(self, client: TestClient) -> None:
        id_ = client.post(STATEMENTS, json=simple()).json()[0]
        read = client.get(STATEMENTS, params={"statementId": id_}).json()
        assert client.post(STATEMENTS, json=read).json() == [id_]

    def test_another_statement_under_an_id_is_a_conflict(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=full())
        answer = client.post(STATEMENTS, json=[simple(), full(result={"success": False})])
        assert answer.status_code == 409
        assert full()["id"] in answer.json()["error"]
        assert ids_of(client.get(STATEMENTS)) == [full()["id"]]

    def test_another_timestamp_is_a_conflict(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=full())
        assert client.post(STATEMENTS, json=full(timestamp="2026-01-01T10:00:01+07:00")).status_code == 409
        assert client.post(STATEMENTS, json=full(timestamp="2026-01-01T03:00:00Z")).status_code == 200

    def test_an_id_twice_in_a_batch(self, client: TestClient) -> None:
        answer = client.post(STATEMENTS, json=[full(), full()])
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("statement 1: statement.id ")
        assert ids_of(client.get(STATEMENTS)) == []

    def test_one_bad_statement_refuses_the_batch(self, client: TestClient) -> None:
        answer = client.post(STATEMENTS, json=[simple(), simple(verb={"id": "completed"})])
        assert answer.status_code == 400
        assert answer.json()["error"] == (
            "statement 1: statement.verb.id must be an absolute IRI (xAPI Data 2.2)"
        )
        assert ids_of(client.get(STATEMENTS)) == []

    def test_an_attachment_without_its_data(self, client: TestClient) -> None:
        (attachment,) = full()["attachments"]
        del attachment["fileUrl"]
        answer = client.post(STATEMENTS, json=full(attachments=[attachment]))
        assert answer.status_code == 400
        assert "fileUrl" in answer.json()["error"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"{",
            b'{"actor": NaN}',
            b'{"actor": "\xff"}',
            b'{"actor": "\\ud800"}',
            b"[" * 5000 + b"]" * 5000,
            b"null",
            b"1",
            b'"text"',
            b"[null]",
            b"[[]]",
        ],
    )
    def test_bad_json(self, client: TestClient, body: bytes) -> None:
        answer = client.post(STATEMENTS, content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400
        assert answer.json()["error"]

    def test_extensions_nested_too_deep(self, client: TestClient) -> None:
        deep: Any = 1
        for _ in range(400):
            deep = [deep]
        answer = client.post(STATEMENTS, json=simple(result={"extensions": {"https://example.org/": deep}}))
        assert answer.status_code == 400

    def test_nul_and_long_identifiers_are_refused(self, client: TestClient) -> None:
        assert client.post(STATEMENTS, json=simple(name="a\0b")).status_code == 400
        assert client.post(STATEMENTS, json=simple(name="ก" * 700)).status_code == 400
        assert client.post(STATEMENTS, json=simple(name="ก" * 600)).status_code == 200

    def test_other_content_types(self, client: TestClient) -> None:
        text = client.post(STATEMENTS, content=b"[]", headers={"Content-Type": "text/plain"})
        assert text.status_code == 400
        multipart = client.post(
            STATEMENTS, content=b"", headers={"Content-Type": "multipart/mixed; boundary=a"}
        )
        assert multipart.status_code == 415

    def test_a_body_that_is_too_large(self, make_client: Callable[..., TestClient]) -> None:
        client = make_client(default_version="1.0.3", limits=Limits(body_octets=1000))
        assert client.post(STATEMENTS, json=["x" * 1000]).status_code == 413
        assert client.post(STATEMENTS, json=[]).status_code == 200

    def test_unknown_parameters(self, client: TestClient) -> None:
        assert client.post(STATEMENTS, json=simple(), params={"method": "PUT"}).status_code == 400


class TestPut:
    def test_stores_under_the_id(self, client: TestClient) -> None:
        id_ = str(uuid4())
        answer = client.put(STATEMENTS, json=simple(), params={"statementId": id_})
        assert (answer.status_code, answer.content) == (204, b"")
        assert client.get(STATEMENTS, params={"statementId": id_}).json()["id"] == id_
        assert client.put(STATEMENTS, json=simple(id=id_), params={"statementId": id_}).status_code == 204
        other = client.put(STATEMENTS, json=simple(name="43"), params={"statementId": id_})
        assert other.status_code == 409

    def test_ids_must_match(self, client: TestClient) -> None:
        answer = client.put(STATEMENTS, json=simple(id=str(uuid4())), params={"statementId": str(uuid4())})
        assert answer.status_code == 400

    @pytest.mark.parametrize("parameters", [{}, {"statementId": "7"}, {"voidedStatementId": str(uuid4())}])
    def test_needs_the_id(self, client: TestClient, parameters: dict[str, str]) -> None:
        assert client.put(STATEMENTS, json=simple(), params=parameters).status_code == 400

    def test_takes_one_statement(self, client: TestClient) -> None:
        answer = client.put(STATEMENTS, json=[simple()], params={"statementId": str(uuid4())})
        assert answer.status_code == 400


class TestGet:
    def test_filters(self, client: TestClient) -> None:
        agent = '{"account": {"homePage": "https://moodle.example", "name": "43"}}'
        registration = str(uuid4())
        ids = client.post(
            STATEMENTS,
            json=[
                simple(),
                simple(name="43"),
                simple(course=8, verb={"id": "https://example.org/verb"}),
                simple(context={"registration": registration.upper()}),
                simple(object={"objectType": "Agent", **simple(name="43")["actor"]}),
            ],
        ).json()

        def found(**parameters: str) -> list[int]:
            return [ids.index(id_) for id_ in ids_of(client.get(STATEMENTS, params=parameters))]

        assert found() == [4, 3, 2, 1, 0]
        assert found(ascending="true", limit="2") == [0, 1]
        assert found(agent=agent) == [4, 1]
        assert found(verb="https://example.org/verb") == [2]
        assert found(activity="https://moodle.example/course/view.php?id=8") == [2]
        assert found(registration=registration) == [3]
        assert found(verb=COMPLETED, activity=COURSE, limit="1") == [3]
        assert found(agent=agent, verb="https://example.org/none") == []

    def test_since_and_until(self, client: TestClient) -> None:
        first, second = (client.post(STATEMENTS, json=simple(name=name)).json()[0] for name in "ab")
        stored = client.get(STATEMENTS, params={"statementId": first}).json()["stored"]
        assert ids_of(client.get(STATEMENTS, params={"since": stored})) == [second]
        assert ids_of(client.get(STATEMENTS, params={"until": stored})) == [first]

    def test_more_pages_through_all_once(self, client: TestClient) -> None:
        ids = client.post(STATEMENTS, json=[simple(name=str(n)) for n in range(7)]).json()
        client.post(STATEMENTS, json=simple(course=8))
        more, seen = f"/xapi{STATEMENTS}?limit=3&activity={COURSE.replace('?', '%3F')}", []
        while more:
            answer = client.get(more.removeprefix("/xapi"))
            seen.append(ids_of(answer))
            # What comes while somebody pages does not move the pages.
            client.post(STATEMENTS, json=simple(name="late"))
            more = answer.json()["more"]
        assert [len(page) for page in seen] == [3, 3, 1]
        assert [id_ for page in seen for id_ in page] == ids[::-1]

    def test_headers(self, client: TestClient) -> None:
        id_ = client.post(STATEMENTS, json=simple()).json()[0]
        one = client.get(STATEMENTS, params={"statementId": id_})
        assert one.headers["Content-Type"] == "application/json"
        assert one.headers["X-Experience-API-Consistent-Through"] >= one.json()["stored"]
        assert one.headers["Last-Modified"].endswith(" GMT")
        head = client.head(STATEMENTS, params={"statementId": id_})
        assert (head.status_code, head.headers["Last-Modified"]) == (200, one.headers["Last-Modified"])
        assert head.headers["Content-Length"] == one.headers["Content-Length"]

    @pytest.mark.parametrize(
        "parameters",
        [
            {"statementId": "7"},
            {"statementId": str(uuid4()), "voidedStatementId": str(uuid4())},
            {"statementId": str(uuid4()), "verb": COMPLETED},
            {"unknown": "1"},
            {"agent": "{"},
            {"agent": '{"mbox": "nobody"}'},
            {"verb": "completed"},
            {"activity": "x"},
            {"registration": "x"},
            {"since": "yesterday"},
            {"until": "2026-13-01T00:00:00Z"},
            {"limit": "-1"},
            {"limit": "x"},
            {"cursor": "x"},
            {"ascending": "yes"},
            {"format": "pretty"},
        ],
    )
    def test_bad_parameters(self, client: TestClient, parameters: dict[str, str]) -> None:
        answer = client.get(STATEMENTS, params=parameters)
        assert answer.status_code == 400
        assert next(iter(parameters)).split("_")[0] in answer.json()["error"]

    def test_unknown_id(self, client: TestClient) -> None:
        answer = client.get(STATEMENTS, params={"statementId": str(uuid4())})
        assert answer.status_code == 404

    def test_format_ids(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=full())
        (small,) = client.get(STATEMENTS, params={"format": "ids"}).json()["statements"]
        assert small["actor"] == {"objectType": "Agent", "account": full()["actor"]["account"]}
        assert small["verb"] == {"id": COMPLETED}
        assert small["object"] == {"id": COURSE}
        assert small["result"] == full()["result"]

    def test_format_canonical(self, client: TestClient) -> None:
        client.post(STATEMENTS, json=full())
        other = {"id": COURSE, "definition": {"name": {"en": "New name", "th": "ชื่อใหม่"}}}
        client.post(STATEMENTS, json=simple(object=other))
        answer = client.get(
            STATEMENTS,
            params={"format": "canonical", "statementId": full()["id"]},
            headers={"Accept-Language": "en;q=0.5, th-TH"},
        ).json()
        assert answer["verb"]["display"] == {"th": "เรียนจบ"}
        assert answer["object"]["definition"] == {**full()["object"]["definition"], "name": {"th": "ชื่อใหม่"}}
        assert answer["actor"] == full()["actor"]


class TestVoiding:
    def test_hides_the_statement(self, client: TestClient) -> None:
        id_ = client.post(STATEMENTS, json=simple()).json()[0]
        (void,) = client.post(STATEMENTS, json=voiding(id_.upper())).json()
        assert ids_of(client.get(STATEMENTS)) == [void]
        assert client.get(STATEMENTS, params={"statementId": id_}).status_code == 404
        assert client.get(STATEMENTS, params={"voidedStatementId": id_}).json()["id"] == id_
        assert client.get(STATEMENTS, params={"voidedStatementId": void}).status_code == 404

    def test_never_a_voiding_statement(self, client: TestClient) -> None:
        id_ = client.post(STATEMENTS, json=simple()).json()[0]
        (void,) = client.post(STATEMENTS, json=voiding(id_)).json()
        assert client.post(STATEMENTS, json=voiding(void)).status_code == 200
        assert client.get(STATEMENTS, params={"statementId": void}).status_code == 200
        assert client.get(STATEMENTS, params={"voidedStatementId": id_}).status_code == 200

    def test_a_statement_still_to_come(self, client: TestClient) -> None:
        id_ = str(uuid4())
        assert client.post(STATEMENTS, json=voiding(id_)).status_code == 200
        client.post(STATEMENTS, json=simple(id=id_))
        assert client.get(STATEMENTS, params={"statementId": id_}).status_code == 404
        assert client.get(STATEMENTS, params={"voidedStatementId": id_}).status_code == 200

    def test_within_one_batch(self, client: TestClient) -> None:
        id_ = str(uuid4())
        assert client.post(STATEMENTS, json=[voiding(id_), simple(id=id_)]).status_code == 200
        assert client.get(STATEMENTS, params={"voidedStatementId": id_}).status_code == 200


class TestVersions:
    @pytest.mark.parametrize(
        ("asked", "status", "answered"),
        [
            ("1.0.3", 200, "1.0.3"),
            ("1.0.0", 200, "1.0.3"),
            ("1.0", 200, "1.0.3"),
            ("2.0.0", 200, "2.0.0"),
            ("0.95", 400, "2.0.0"),
            ("1.1.0", 400, "2.0.0"),
            ("2.1.0", 400, "2.0.0"),
        ],
    )
    def test_header(self, client: TestClient, asked: str, status: int, answered: str) -> None:
        for method in ("GET", "HEAD"):
            answer = client.request(method, STATEMENTS, headers={"X-Experience-API-Version": asked})
            assert answer.status_code == status
            assert answer.headers["X-Experience-API-Version"] == answered

    def test_no_header(self, client: TestClient) -> None:
        del client.headers["X-Experience-API-Version"]
        answer = client.get(STATEMENTS)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (400, "2.0.0")

    def test_no_header_where_a_default_is_set(self, make_client: Callable[..., TestClient]) -> None:
        client = make_client(default_version="1.0.3")
        answer = client.get(STATEMENTS)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (200, "1.0.3")

    def test_context_agents_are_for_2_0_0(self, client: TestClient) -> None:
        agents = [{"objectType": "contextAgent", "agent": {"mbox": "mailto:a@example.org"}}]
        statement = simple(context={"contextAgents": agents})
        assert client.post(STATEMENTS, json=statement).status_code == 400
        answer = client.post(STATEMENTS, json=statement, headers={"X-Experience-API-Version": "2.0.0"})
        assert answer.status_code == 200
        assert client.get(STATEMENTS).json()["statements"][0]["version"] == "2.0.0"

    def test_every_answer_carries_it(self, client: TestClient) -> None:
        for path, status in (("/nowhere", 404), ("/about", 200), ("/statements", 200)):
            answer = client.get(path)
            assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (status, "1.0.3")
        answer = client.delete(STATEMENTS)
        assert (answer.status_code, answer.headers["X-Experience-API-Version"]) == (405, "1.0.3")
        assert answer.json()["error"]


def test_about_needs_neither_credential_nor_version(app: RecordStore) -> None:
    answer = TestClient(app).get("/about")
    assert (answer.status_code, answer.json()) == (200, {"version": ["1.0.3", "2.0.0"]})
    assert "X-Experience-API-Version" in answer.headers


def test_mounted_it_starts_lazily_and_closes(engine: Engine, credential: tuple[str, str]) -> None:
    inner = create_lrs_app(engine, hash_key=HASH_KEY)
    outer = Starlette()
    outer.mount("/xapi", inner)
    client = TestClient(outer)
    client.auth = credential
    client.headers["X-Experience-API-Version"] = "1.0.3"
    assert client.post("/xapi/statements", json=simple()).status_code == 200
    inner.close()
    inner.close()
    answer = client.post("/xapi/statements", json=simple())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert client.get("/xapi/statements").status_code == 200
