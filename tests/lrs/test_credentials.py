"""Credentials: making them, what they may read, and the admin API, over HTTP, on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select
from starlette.testclient import TestClient

from lrs import create_lrs_app
from lrs.credentials import authority_key, create_credential, list_credentials, revoke_credential
from lrs.errors import BadRequest, Conflict, NotFound
from lrs.record_store import RecordStore
from lrs.tables import credential

from .conftest import HASH_KEY, HOME_PAGE, NOW, make_credential
from .statements import COMPLETED, COURSE, simple
from .test_auth import client_with

OTHER_VERB = "https://example.org/verbs/slept"
OTHER_COURSE = "https://moodle.example/course/view.php?id=8"


def make(engine: Engine, **options: Any) -> tuple[str, str]:
    given: dict[str, Any] = {"name": "a client", "scopes": ["statements/read"], **options}
    with engine.begin() as conn:
        return create_credential(conn, hash_key=HASH_KEY, now=NOW, **given)


class TestMaking:
    """What a credential can be."""

    def test_the_secret_is_not_kept(self, engine: Engine) -> None:
        key, secret = make(engine)
        with engine.begin() as conn:
            row = conn.execute(select(credential)).one()
        assert row.key == key
        assert len(row.secret_hash) == 32
        assert secret not in json.dumps([str(value) for value in row])

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"scopes": ["write"]}, "unknown scope 'write': scopes are some of statements/write"),
            ({"scopes": []}, "scopes are needed"),
            ({"name": ""}, "name must be"),
            ({"name": "a\nb"}, "name must be"),
            ({"name": "x" * 201}, "name must be"),
            ({"level": 1}, "without the home pages"),
            ({"home_pages": [HOME_PAGE]}, "level is needed with home pages: one of platform-api"),
            ({"home_pages": [HOME_PAGE], "level": 5}, "level is needed"),
            (
                {"home_pages": ["moodle.example"], "level": 1},
                "home page: 'moodle.example' is not an absolute",
            ),
            ({"read_filter": {"people": ["x"]}}, "not 'people'"),
            ({"read_filter": {"verbs": []}}, "verbs are empty"),
            ({"read_filter": {"verbs": ["completed"]}}, "read filter, verbs: 'completed' is not an absolute"),
        ],
    )
    def test_what_means_nothing_is_refused(self, engine: Engine, options: Any, said: str) -> None:
        with pytest.raises(BadRequest) as caught:
            make(engine, **options)
        assert said in str(caught.value)

    def test_a_name_is_taken_once(self, engine: Engine) -> None:
        make(engine)
        with pytest.raises(Conflict, match="'a client' already"):
            make(engine)

    def test_two_at_the_same_moment_do_not_get_one_name(self, engine: Engine) -> None:
        with ThreadPoolExecutor(1) as other, engine.begin() as conn:
            create_credential(conn, hash_key=HASH_KEY, name="a client", scopes=["all"], now=NOW)
            second = other.submit(make, engine)
            with pytest.raises(TimeoutError):
                second.result(0.2)
            conn.commit()
            with pytest.raises(Conflict, match="'a client' already"):
                second.result(30)

    def test_revoking_says_what_is_wrong(self, engine: Engine) -> None:
        make(engine)
        with engine.begin() as conn:
            revoke_credential(conn, name="a client", now=NOW)
            with pytest.raises(Conflict, match="'a client' is revoked already"):
                revoke_credential(conn, name="a client", now=NOW)
            with pytest.raises(NotFound, match="no credential named 'nobody'"):
                revoke_credential(conn, name="nobody", now=NOW)

    def test_levels_and_filters_of_older_rows_are_shown(self, engine: Engine) -> None:
        row = {
            "name": "old",
            "key": "k",
            "secret_hash": bytes(32),
            "scopes": "all",
            "level": 9,
            "created_at": 0,
        }
        with engine.begin() as conn:
            conn.execute(insert(credential).values(row))
            shown = list_credentials(conn)[0]
        assert (shown.level, shown.home_pages, shown.read_filter) == (None, (), None)


class TestReadFilter:
    """A filtered reader sees what its filter names, by whatever road it asks (Communication 2.1.3)."""

    @pytest.mark.parametrize(
        ("filters", "hidden"),
        [
            ({"verbs": [COMPLETED]}, {"verb": {"id": OTHER_VERB}}),
            ({"activities": [COURSE]}, {"object": {"id": OTHER_COURSE}}),
            ({"verbs": [COMPLETED], "activities": [COURSE]}, {"object": {"id": OTHER_COURSE}}),
        ],
    )
    def test_by_verb_and_activity(
        self, app: RecordStore, engine: Engine, client: TestClient, filters: Any, hidden: Any
    ) -> None:
        reader = client_with(app, make(engine, read_filter=filters))
        seen = client.post("/statements", json=simple()).json()[0]
        unseen = client.post("/statements", json=simple(**hidden)).json()[0]
        nothing_else_is_seen(reader, seen, unseen)
        assert listed(reader, verb=OTHER_VERB) == []
        assert listed(reader, activity=OTHER_COURSE) == []

    def test_by_authority(self, app: RecordStore, engine: Engine, client: TestClient) -> None:
        allowed = make_credential(engine, "statements/write")
        filters = {"authorities": [authority_key(allowed[0])]}
        reader = client_with(app, make(engine, read_filter=filters))
        seen = client_with(app, allowed).post("/statements", json=simple()).json()[0]
        unseen = client.post("/statements", json=simple()).json()[0]
        nothing_else_is_seen(reader, seen, unseen)

    @pytest.mark.parametrize("asked", ["verb", "agent", "activity"])
    def test_a_reference_leads_to_nothing_hidden(
        self, app: RecordStore, engine: Engine, client: TestClient, asked: str
    ) -> None:
        """2.1.3: filters follow a StatementRef; a reader's limit is on the statement answered itself."""
        reader = client_with(app, make(engine, read_filter={"verbs": [COMPLETED]}))
        target = client.post("/statements", json=simple()).json()[0]
        reference = {"objectType": "StatementRef", "id": target}
        pointing = client.post(
            "/statements",
            json={
                "actor": {"mbox": "mailto:tutor@example.org"},
                "verb": {"id": OTHER_VERB},
                "object": reference,
            },
        ).json()[0]
        parameters = {
            "verb": COMPLETED,
            "agent": json.dumps({"account": {"homePage": "https://moodle.example", "name": "42"}}),
            "activity": COURSE,
        }
        assert listed(reader, **{asked: parameters[asked]}) == [target]
        nothing_else_is_seen(reader, target, pointing)

    def test_a_hidden_target_does_not_come_with_what_refers_to_it(
        self, app: RecordStore, engine: Engine, client: TestClient
    ) -> None:
        reader = client_with(app, make(engine, read_filter={"verbs": [OTHER_VERB]}))
        target = client.post("/statements", json=simple()).json()[0]
        reference = {"objectType": "StatementRef", "id": target}
        statement = simple(verb={"id": OTHER_VERB}, object=reference)
        pointing = client.post("/statements", json=statement).json()[0]
        nothing_else_is_seen(reader, pointing, target)

    def test_a_hidden_statement_stays_hidden_when_voided(
        self, app: RecordStore, engine: Engine, client: TestClient
    ) -> None:
        reader = client_with(app, make(engine, read_filter={"verbs": [OTHER_VERB]}))
        target = client.post("/statements", json=simple()).json()[0]
        voiding = simple(
            verb={"id": "http://adlnet.gov/expapi/verbs/voided"},
            object={"objectType": "StatementRef", "id": target},
        )
        assert client.post("/statements", json=voiding).status_code == 200
        assert client.get("/statements", params={"voidedStatementId": target}).status_code == 200
        assert reader.get("/statements", params={"voidedStatementId": target}).status_code == 404
        assert listed(reader) == []

    def test_hidden_attachments(self, engine: Engine, credential: tuple[str, str], tmp_path: Path) -> None:
        """Data 2.4.11, Communication 2.1.3: data comes with the statements answered, and no others."""
        app = create_lrs_app(engine, hash_key=HASH_KEY, attachments=tmp_path)
        writer = client_with(app, credential)
        seen = send_attached(writer, b"to be seen", simple())
        unseen = send_attached(writer, b"to be hidden", simple(verb={"id": OTHER_VERB}))
        reader = client_with(app, make(engine, read_filter={"verbs": [COMPLETED]}))
        both = [client.get("/statements", params={"attachments": "true"}) for client in (writer, reader)]
        assert [b"to be seen" in answer.content for answer in both] == [True, True]
        assert [b"to be hidden" in answer.content for answer in both] == [True, False]
        found = [
            reader.get("/statements", params={"statementId": one, "attachments": "true"}).status_code
            for one in (seen, unseen)
        ]
        assert found == [200, 404]
        app.close()

    def test_the_filter_holds_together_with_mine(self, app: RecordStore, engine: Engine) -> None:
        scopes = ["statements/write", "statements/read/mine"]
        reader = client_with(app, make(engine, scopes=scopes, read_filter={"verbs": [COMPLETED]}))
        seen = reader.post("/statements", json=simple()).json()[0]
        unseen = reader.post("/statements", json=simple(verb={"id": OTHER_VERB})).json()[0]
        nothing_else_is_seen(reader, seen, unseen)

    def test_pages_are_of_what_is_seen(self, app: RecordStore, engine: Engine, client: TestClient) -> None:
        reader = client_with(app, make(engine, read_filter={"verbs": [COMPLETED]}))
        batch = [simple(verb={"id": COMPLETED if one % 2 else OTHER_VERB}) for one in range(6)]
        client.post("/statements", json=batch)
        answer = reader.get("/statements", params={"limit": 2}).json()
        assert [one["verb"]["id"] for one in answer["statements"]] == [COMPLETED] * 2
        rest = reader.get(answer["more"].removeprefix("/xapi")).json()
        assert [one["verb"]["id"] for one in rest["statements"]] == [COMPLETED]
        assert rest["more"] == ""


def send_attached(client: TestClient, data: bytes, statement: dict[str, Any]) -> str:
    """Store a statement with an attachment; its id."""
    sha2 = sha256(data).hexdigest()
    attachment = {
        "usageType": "https://example.org/certificate",
        "display": {"en": "Certificate"},
        "contentType": "text/plain",
        "length": len(data),
        "sha2": sha2,
    }
    first = json.dumps({**statement, "attachments": [attachment]}).encode()
    body = (
        b"--b\r\nContent-Type: application/json\r\n\r\n%b\r\n--b\r\nContent-Type: text/plain\r\n"
        b"Content-Transfer-Encoding: binary\r\nX-Experience-API-Hash: %b\r\n\r\n%b\r\n--b--\r\n"
    ) % (first, sha2.encode(), data)
    headers = {"Content-Type": "multipart/mixed; boundary=b"}
    answer = client.post("/statements", content=body, headers=headers)
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0])


def listed(client: TestClient, **parameters: Any) -> list[str]:
    answer = client.get("/statements", params={**parameters, "attachments": "false"})
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["statements"]]


def nothing_else_is_seen(reader: TestClient, seen: str, unseen: str) -> None:
    for name in ("exact", "ids", "canonical"):
        assert listed(reader, format=name) == [seen]
        assert reader.get("/statements", params={"statementId": seen, "format": name}).status_code == 200
        hidden = reader.get("/statements", params={"statementId": unseen, "format": name})
        assert hidden.status_code == 404
    assert listed(reader, ascending="true") == [seen]
    nowhere = reader.get("/statements", params={"statementId": "00000000-0000-4000-8000-000000000000"})
    assert hidden.content == nowhere.content


class TestAdminApi:
    """/credentials, for the scope `all` only."""

    def test_a_credential_from_birth_to_end(self, app: RecordStore, client: TestClient) -> None:
        wanted = {
            "name": "ศูนย์ทดสอบ",
            "scopes": ["statements/write", "define"],
            "homePages": [HOME_PAGE],
            "level": "platform-export",
            "readFilter": {"verbs": [COMPLETED]},
        }
        made = client.post("/credentials", json=wanted)
        assert made.status_code == 201
        assert made.json().keys() == {"name", "key", "secret"}
        pair = made.json()["key"], made.json()["secret"]
        assert made.headers["Location"] == f"/xapi/credentials/{pair[0]}"
        assert {answer.headers["Cache-Control"] for answer in (made, client.get("/credentials"))} == {
            "no-store"
        }
        assert client_with(app, pair).post("/statements", json=simple()).status_code == 200

        shown = {one["name"]: one for one in client.get("/credentials").json()["credentials"]}["ศูนย์ทดสอบ"]
        assert {field: shown[field] for field in wanted} == wanted
        assert shown["key"] == pair[0]
        assert shown["revoked"] is None
        assert pair[1] not in client.get("/credentials").text

        assert client.delete(f"/credentials/{pair[0]}").status_code == 204
        assert client.delete(f"/credentials/{pair[0]}").status_code == 409
        shown = {one["name"]: one for one in client.get("/credentials").json()["credentials"]}["ศูนย์ทดสอบ"]
        assert shown["revoked"] is not None

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ([], "must be an object"),
            ({}, "name must be text"),
            ({"name": 1}, "name must be text"),
            ({"name": "x"}, "scopes must be an array"),
            ({"name": "x", "scopes": "all"}, "scopes must be an array"),
            ({"name": "x", "scopes": [1]}, "scopes must be an array"),
            ({"name": "x", "scopes": ["every"]}, "unknown scope 'every'"),
            ({"name": "x", "scopes": ["all"], "secret": "s"}, "unknown field 'secret'"),
            ({"name": "x", "scopes": ["all"], "level": 1}, "level must be one of platform-api"),
            ({"name": "x", "scopes": ["all"], "level": "best"}, "level must be one of platform-api"),
            ({"name": "x", "scopes": ["all"], "homePages": [HOME_PAGE]}, "level is needed"),
            ({"name": "x", "scopes": ["all"], "homePages": HOME_PAGE}, "homePages must be an array"),
            ({"name": "x", "scopes": ["all"], "readFilter": []}, "readFilter must be an object"),
            ({"name": "x", "scopes": ["all"], "readFilter": {}}, "readFilter must be an object"),
            (
                {"name": "x", "scopes": ["all"], "readFilter": {"verbs": "v"}},
                "readFilter.verbs must be an array",
            ),
            ({"name": "x", "scopes": ["all"], "readFilter": {"x": ["v"]}}, "not 'x'"),
        ],
    )
    def test_a_refusal_names_the_field(self, client: TestClient, body: Any, said: str) -> None:
        answer = client.post("/credentials", json=body)
        assert answer.status_code == 400
        assert said in answer.json()["error"]
        assert len(client.get("/credentials").json()["credentials"]) == 1

    def test_a_name_that_is_taken_and_a_key_that_is_not_there(self, client: TestClient) -> None:
        assert client.post("/credentials", json={"name": "all", "scopes": ["all"]}).status_code == 409
        assert client.delete(f"/credentials/{'0' * 32}").status_code == 404
        assert client.delete("/credentials/a%00b").status_code == 404

    @pytest.mark.parametrize(
        "scope",
        [
            "statements/write",
            "statements/read",
            "statements/read/mine",
            "state",
            "define",
            "profile",
            "all/read",
        ],
    )
    def test_nobody_else_may_use_it(self, app: RecordStore, engine: Engine, scope: str) -> None:
        key, secret = make_credential(engine, scope)
        refused_everything(client_with(app, (key, secret)), 403, key)
        refused_everything(client_with(app, (key, "wrong")), 401, key)

    def test_a_filtered_reader_cannot_make_itself_an_unfiltered_one(
        self, app: RecordStore, engine: Engine
    ) -> None:
        pair = make(engine, scopes=["all"], read_filter={"verbs": [COMPLETED]})
        refused_everything(client_with(app, pair), 403, pair[0])


def refused_everything(client: TestClient, status: int, key: str) -> None:
    answers = (
        client.get("/credentials"),
        client.post("/credentials", json={"name": "mine", "scopes": ["all"]}),
        client.delete(f"/credentials/{key}"),
    )
    assert [answer.status_code for answer in answers] == [status] * 3
