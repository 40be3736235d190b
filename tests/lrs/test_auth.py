"""Communication 4: authentication of requests and scopes, over HTTP, on both databases."""

import sqlite3
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from starlette.testclient import TestClient

from lrs import auth
from lrs.auth import Authenticator
from lrs.credentials import AUTHORITY_HOME_PAGE, hash_secret, list_credentials, revoke_credential
from lrs.errors import Unauthorized
from lrs.record_store import RecordStore
from lrs.tables import credential, evidence

from .conftest import HASH_KEY, NOW, make_credential
from .statements import COURSE, simple


def client_with(app: RecordStore, pair: tuple[str, str]) -> TestClient:
    client = TestClient(app)
    client.auth = pair
    client.headers["X-Experience-API-Version"] = "1.0.3"
    return client


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


@pytest.fixture
def authenticator(engine: Engine) -> Iterator[Authenticator]:
    authenticator = Authenticator(engine, HASH_KEY, lambda: NOW)
    yield authenticator
    authenticator.close()


def a_revoked_one(engine: Engine) -> str:
    key, secret = make_credential(engine, "all", "all/read")
    with engine.begin() as conn:
        revoke_credential(conn, key=key, now=NOW)
    return f"{key}:{secret}"


class TestRefusal:
    """Communication 4: 401, and nobody learns which part was wrong."""

    def test_unknown_wrong_and_revoked_look_the_same(
        self, app: RecordStore, engine: Engine, credential: tuple[str, str]
    ) -> None:
        key, secret = credential
        headers = [
            None,
            "Basic",
            "Bearer abc",
            "Basic !!!",
            "Basic " + b64encode(b"\xff:\xff").decode(),
            basic("no colon"),
            basic(":"),
            basic("a\0b:c"),
            basic(f"unknown:{secret}"),
            basic(f"{key}:{secret}x"),
            basic(f"{key}:"),
            basic(a_revoked_one(engine)),
        ]
        client = TestClient(app)
        answers = [
            client.get("/statements", headers={"Authorization": one} if one else {}) for one in headers
        ]
        assert {(one.status_code, one.content, one.headers["WWW-Authenticate"]) for one in answers} == {
            (401, b'{"error":"a valid key and secret are needed"}', 'Basic realm="xAPI"')
        }
        good = {"Authorization": basic(f"{key}:{secret}"), "X-Experience-API-Version": "1.0.3"}
        wrong = {**good, "Authorization": basic(f"{key}:{secret}x")}
        assert client.get("/statements", headers=good).status_code == 200
        assert client.get("/statements", headers=wrong).status_code == 401

    @pytest.mark.parametrize("just_seen", [False, True])
    def test_the_work_is_the_same(
        self,
        app: RecordStore,
        engine: Engine,
        credential: tuple[str, str],
        work: Callable[[], tuple[int, int]],
        just_seen: bool,
    ) -> None:
        key, secret = credential
        client = TestClient(app, headers={"X-Experience-API-Version": "1.0.3"})
        revoked = a_revoked_one(engine)
        if just_seen:
            assert client.get("/statements", auth=credential).status_code == 200
        done = []
        for text in (f"unknown:{secret}", f"{key}:{secret}x", f"{key}:", revoked, "not even a pair"):
            work()
            answer = client.get("/statements", headers={"Authorization": basic(text)})
            assert answer.status_code == 401
            done.append(work())
        assert set(done) == {(1, 1)}

    def test_another_installations_secret_does_not_hold(self, engine: Engine) -> None:
        other = Authenticator(engine, b"another key")
        with pytest.raises(Unauthorized):
            other.authenticate(basic(":".join(make_credential(engine, "all"))))
        other.close()


@pytest.fixture
def work(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[[], tuple[int, int]]:
    """Answers how many SQL statements and how many hashes there were since it was last called."""
    done = {"sql": 0, "hashes": 0}

    def hashed(hash_key: bytes, secret: str) -> bytes:
        done["hashes"] += 1
        return hash_secret(hash_key, secret)

    def ran(_conn: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
        done["sql"] += "credential" in sql

    def since_last() -> tuple[int, int]:
        counted = done["sql"], done["hashes"]
        done.update(sql=0, hashes=0)
        return counted

    monkeypatch.setattr(auth, "hash_secret", hashed)
    event.listen(engine, "before_cursor_execute", ran)
    return since_last


class TestScopes:
    """Communication 4: what each scope allows; 403 is for those who are known."""

    @pytest.mark.parametrize(
        ("scope", "writes", "reads"),
        [
            ("statements/write", 200, 403),
            ("statements/read", 403, 200),
            ("statements/read/mine", 403, 200),
            ("state", 403, 403),
            ("define", 403, 403),
            ("profile", 403, 403),
            ("all/read", 403, 200),
            ("all", 200, 200),
        ],
    )
    def test_of_statements(
        self, app: RecordStore, engine: Engine, scope: str, writes: int, reads: int
    ) -> None:
        client = client_with(app, make_credential(engine, scope))
        assert client.post("/statements", json=[]).status_code == writes
        statement = simple(id="fdb0b6d0-7a1e-4c44-8a3f-3f1c2d3e4f50")
        put = client.put("/statements", params={"statementId": statement["id"]}, json=statement)
        assert put.status_code == (204 if writes == 200 else 403)
        assert client.get("/statements").status_code == reads

    def test_a_refusal_names_the_scope(self, app: RecordStore, engine: Engine) -> None:
        client = client_with(app, make_credential(engine, "state"))
        assert client.get("/statements").json() == {
            "error": "this credential lacks the scope statements/read"
        }

    @pytest.mark.parametrize(
        ("scopes", "known"),
        [
            (["statements/write"], "before"),
            (["statements/write", "define"], "after"),
            (["all"], "after"),
        ],
    )
    def test_only_define_changes_definitions(
        self, app: RecordStore, engine: Engine, scopes: list[str], known: str
    ) -> None:
        """Without `define` a statement keeps its definition, and the store keeps the one it had."""
        admin = client_with(app, make_credential(engine, "all", "state"))
        admin.post("/statements", json=simple(object=a_course("before")))
        writer = client_with(app, make_credential(engine, *scopes))
        (sent,) = writer.post("/statements", json=simple(object=a_course("after"))).json()
        read = {
            name: admin.get("/statements", params={"statementId": sent, "format": name}).json()["object"]
            for name in ("exact", "canonical")
        }
        assert read == {"exact": a_course("after"), "canonical": a_course(known)}

    def test_mine_is_what_the_credential_stored(self, app: RecordStore, engine: Engine) -> None:
        mine = client_with(app, make_credential(engine, "statements/write", "statements/read/mine"))
        other = client_with(app, make_credential(engine, "all"))
        own = mine.post("/statements", json=simple()).json()
        others = other.post("/statements", json=simple()).json()
        assert [one["id"] for one in mine.get("/statements").json()["statements"]] == own
        assert mine.get("/statements", params={"statementId": others[0]}).status_code == 404
        assert len(other.get("/statements").json()["statements"]) == 2


def a_course(name: str) -> dict[str, Any]:
    return {"objectType": "Activity", "id": COURSE, "definition": {"name": {"en": name}}}


def test_the_credential_decides_authority_and_level(
    app: RecordStore, engine: Engine, credential: tuple[str, str]
) -> None:
    """Data 2.4.9: the authority is the store's to say."""
    claimed = {"mbox": "mailto:minister@example.org"}
    client = client_with(app, credential)
    elsewhere = {"account": {"homePage": "https://elsewhere.example", "name": "42"}}
    client.post("/statements", json=[simple(authority=claimed), simple(actor=elsewhere)])
    second, first = client.get("/statements").json()["statements"]
    assert first["authority"] == second["authority"]
    assert first["authority"]["account"] == {"homePage": AUTHORITY_HOME_PAGE, "name": credential[0]}
    with engine.begin() as conn:
        levels = conn.execute(select(evidence.c.level).order_by(evidence.c.seq)).scalars().all()
    assert levels == [1, 9]


def test_a_revoked_credential_leaves_the_cache(
    engine: Engine, authenticator: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, secret = make_credential(engine, "all")
    header = basic(f"{key}:{secret}")
    assert authenticator.cached(header) is None
    caller = authenticator.authenticate(header)
    assert authenticator.cached(header) == caller
    assert authenticator.cached(basic(f"{key}:{secret}x")) is None
    monkeypatch.setattr(auth, "CACHE_SECONDS", -1.0)
    authenticator.authenticate(header)
    assert authenticator.cached(header) is None
    with engine.begin() as conn:
        revoke_credential(conn, key=key, now=NOW)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(header)


class TestLastUse:
    """When a credential was last used, to the minute, without a request that waits."""

    def test_it_is_written_at_most_once_a_minute(self, engine: Engine) -> None:
        header = basic(":".join(make_credential(engine, "all")))
        moment = [NOW]
        seen = []
        for seconds in (0, 30, 59, 60, 90, 120):
            moment[0] = NOW + timedelta(seconds=seconds)
            # Each time another process, which knows only what is written.
            authenticator = Authenticator(engine, HASH_KEY, lambda: moment[0])
            authenticator.authenticate(header)
            authenticator.close()
            seen.append(last_used(engine))
        assert seen == [0, 0, 0, 60, 60, 120]

    def test_nothing_else_counts_as_use(self, engine: Engine, authenticator: Authenticator) -> None:
        key, _ = make_credential(engine, "all")
        with pytest.raises(Unauthorized):
            authenticator.authenticate(basic(f"{key}:wrong"))
        authenticator.close()
        assert last_used(engine) is None

    def test_a_request_does_not_wait_for_the_write_lock(
        self, engine: Engine, authenticator: Authenticator
    ) -> None:
        header = basic(":".join(make_credential(engine, "all")))
        with engine.begin() as conn:
            conn.execute(credential.update().values(level=2))
            authenticator.authenticate(header)
            assert last_used_in(conn) is None
        authenticator.close()
        assert last_used(engine) == 0

    def test_a_database_that_is_gone_refuses_nobody(
        self, engine: Engine, authenticator: Authenticator
    ) -> None:
        header = basic(":".join(make_credential(engine, "all")))

        def fail(_conn: Any, _cursor: Any, sql: str, *_rest: Any) -> None:
            if sql.startswith("UPDATE"):
                raise sqlite3.OperationalError("locked")

        event.listen(engine, "before_cursor_execute", fail)
        authenticator.authenticate(header)
        authenticator.close()
        assert authenticator.authenticate(header).scopes == {"all"}


def last_used(engine: Engine) -> int | None:
    with engine.connect() as conn:
        return last_used_in(conn)


def last_used_in(conn: Any) -> int | None:
    """In seconds after NOW."""
    moment = list_credentials(conn)[0].last_used
    return None if moment is None else round((moment - NOW).total_seconds())
