"""Credentials: xAPI Communication 4, over HTTP, on both databases."""

from base64 import b64encode

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select, update
from starlette.testclient import TestClient

from lrs import auth
from lrs.auth import Authenticator, create_credential, revoke_credential
from lrs.errors import BadRequest, Unauthorized
from lrs.tables import credential, evidence

from .conftest import HASH_KEY, HOME_PAGE, NOW, make_credential
from .statements import COMPLETED, simple


def client_with(app: FastAPI, pair: tuple[str, str]) -> TestClient:
    client = TestClient(app)
    client.auth = pair
    client.headers["X-Experience-API-Version"] = "1.0.3"
    return client


def basic(text: str) -> str:
    return "Basic " + b64encode(text.encode()).decode()


def test_unknown_wrong_and_revoked_look_the_same(
    app: FastAPI, engine: Engine, credential: tuple[str, str]
) -> None:
    key, secret = credential
    revoked = make_credential(engine, "all", "all/read")
    with engine.begin() as conn:
        assert revoke_credential(conn, name="all+all/read", now=NOW)
        assert not revoke_credential(conn, name="all+all/read", now=NOW)
    headers = [
        None,
        "Basic",
        "Bearer abc",
        "Basic !!!",
        "Basic " + b64encode(b"\xff:\xff").decode(),
        basic("no colon"),
        basic("a\0b:c"),
        basic(f"unknown:{secret}"),
        basic(f"{key}:{secret}x"),
        basic(f"{key}:"),
        basic(":".join(revoked)),
    ]
    client = TestClient(app)
    answers = [client.get("/statements", headers={"Authorization": one} if one else {}) for one in headers]
    assert {(one.status_code, one.content, one.headers["WWW-Authenticate"]) for one in answers} == {
        (401, b'{"error":"a valid key and secret are needed"}', 'Basic realm="xAPI"')
    }
    good = {"Authorization": basic(f"{key}:{secret}"), "X-Experience-API-Version": "1.0.3"}
    assert client.get("/statements", headers=good).status_code == 200
    assert client.get("/statements", headers={**good, "Authorization": headers[8] or ""}).status_code == 401


@pytest.mark.parametrize(
    ("scope", "writes", "reads"),
    [
        ("statements/write", 200, 403),
        ("statements/read", 403, 200),
        ("statements/read/mine", 403, 200),
        ("all/read", 403, 200),
        ("all", 200, 200),
    ],
)
def test_scopes(app: FastAPI, engine: Engine, scope: str, writes: int, reads: int) -> None:
    client = client_with(app, make_credential(engine, scope))
    assert client.post("/statements", json=[]).status_code == writes
    assert client.get("/statements").status_code == reads


def test_mine_is_what_the_credential_stored(app: FastAPI, engine: Engine) -> None:
    mine = client_with(app, make_credential(engine, "statements/write", "statements/read/mine"))
    other = client_with(app, make_credential(engine, "all"))
    own = mine.post("/statements", json=simple()).json()
    others = other.post("/statements", json=simple()).json()
    assert [one["id"] for one in mine.get("/statements").json()["statements"]] == own
    assert mine.get("/statements", params={"statementId": others[0]}).status_code == 404
    assert len(other.get("/statements").json()["statements"]) == 2


def test_a_read_filter_limits_what_is_read(app: FastAPI, engine: Engine) -> None:
    pair = make_credential(engine, "all")
    with engine.begin() as conn:
        conn.execute(update(credential).values(read_filter=f'{{"verbs": ["{COMPLETED}"]}}'))
    client = client_with(app, pair)
    seen = client.post("/statements", json=simple()).json()
    hidden = client.post("/statements", json=simple(verb={"id": "https://example.org/v"})).json()
    assert [one["id"] for one in client.get("/statements").json()["statements"]] == seen
    assert client.get("/statements", params={"statementId": hidden[0]}).status_code == 404
    assert client.get("/statements", params={"verb": "https://example.org/v"}).json()["statements"] == []


def test_the_credential_decides_authority_and_level(
    app: FastAPI, engine: Engine, credential: tuple[str, str]
) -> None:
    claimed = {"mbox": "mailto:minister@example.org"}
    client = client_with(app, credential)
    elsewhere = {"account": {"homePage": "https://elsewhere.example", "name": "42"}}
    client.post("/statements", json=[simple(authority=claimed), simple(actor=elsewhere)])
    second, first = client.get("/statements").json()["statements"]
    assert first["authority"] == second["authority"]
    assert first["authority"]["account"] == {"homePage": auth.AUTHORITY_HOME_PAGE, "name": credential[0]}
    with engine.begin() as conn:
        levels = conn.execute(select(evidence.c.level).order_by(evidence.c.seq)).scalars().all()
    assert levels == [1, 9]


def test_the_secret_is_not_kept(engine: Engine) -> None:
    key, secret = make_credential(engine, "all")
    with engine.begin() as conn:
        row = conn.execute(select(credential)).one()
    assert row.key == key
    assert len(row.secret_hash) == 32
    assert secret.encode() not in bytes(row.secret_hash)
    with pytest.raises(Unauthorized):
        Authenticator(engine, b"another key").authenticate(basic(f"{key}:{secret}"))


def test_a_revoked_credential_leaves_the_cache(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    header = basic(":".join(make_credential(engine, "all")))
    authenticator = Authenticator(engine, HASH_KEY)
    assert authenticator.cached(header) is None
    caller = authenticator.authenticate(header)
    assert authenticator.cached(header) == caller
    monkeypatch.setattr(auth, "CACHE_SECONDS", -1.0)
    authenticator.authenticate(header)
    assert authenticator.cached(header) is None
    with engine.begin() as conn:
        revoke_credential(conn, name="all", now=NOW)
    with pytest.raises(Unauthorized):
        authenticator.authenticate(header)


def test_unknown_scopes_are_refused(engine: Engine) -> None:
    for scopes in (["write"], []):
        with engine.begin() as conn, pytest.raises(BadRequest, match="scopes are some of"):
            create_credential(
                conn, hash_key=HASH_KEY, name="x", scopes=scopes, level=1, home_pages=[HOME_PAGE], now=NOW
            )
