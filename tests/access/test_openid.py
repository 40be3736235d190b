"""Signing in by OpenID Connect at a real provider: `oidc-provider` on loopback, without a screen."""

import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from sqlalchemy import Engine, func, select
from starlette.testclient import TestClient

from connector.access import openid, users
from connector.access.errors import AccessError
from connector.access.openid import Provider
from connector.access.users import Place
from connector.app import create_app
from connector.settings import Settings, SettingsError, write_secret
from connector.settings_openid import OpenIdSettings
from connector.tables_access import web_identity, web_user
from lrs.clock import utc_now
from tests.access.conftest import PASSWORD, add_user

SECRET = "a-secret-of-the-tests"
HERE = "http://127.0.0.1"
REDIRECT = f"{HERE}/sign-in/openid/back"
NODE = Path(__file__).parent.parent / "clients" / "node"


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["node", str(Path(__file__).with_name("openid_provider.mjs")), str(port), REDIRECT]
    environ = {**os.environ, "NODE_FOLDER": str(NODE)}
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as node:
        assert node.stdout is not None
        assert json.loads(node.stdout.readline()) == {"ready": True}
        yield f"http://127.0.0.1:{port}"
        node.kill()


@dataclass(frozen=True)
class House:
    """The service, with a provider in its settings."""

    engine: Engine
    settings: Settings

    def client(self) -> TestClient:
        return TestClient(create_app(self.settings), base_url=HERE, follow_redirects=False)

    def at(self, issuer: str) -> "House":
        openid = OpenIdSettings(issuer=issuer, client_id="thaksa")
        return replace(self, settings=self.settings.model_copy(update={"openid": openid}))


@pytest.fixture
def house(engine: Engine, tmp_path: Path, issuer: str) -> House:
    url = engine.url.render_as_string(hide_password=False)
    write_secret(tmp_path / "secrets" / "openid.secret", SECRET)
    for name in ("somchai@office.example", "gone@office.example", "unverified@office.example"):
        add_user(engine, name, Place("analyst"))
    with engine.begin() as conn:
        users.disable(conn, users.find_user(conn, "gone@office.example"), utc_now(), "test")
    settings = Settings(data=tmp_path, database_url=url, argon2_mebibytes=8, argon2_passes=1)
    return House(engine, settings).at(issuer)


def at_provider(client: TestClient, who: str, back: str = "") -> str:
    """Goes to the provider and is let in there; the address that leads back."""
    out = client.get(f"/sign-in/openid{back}")
    assert out.status_code == 303, out.text
    browser, url = requests.Session(), f"{out.headers['location']}&login_hint={who}"
    for _ in range(5):
        answer = browser.get(url, allow_redirects=False)
        url = requests.compat.urljoin(url, answer.headers["location"])
        if url.startswith(REDIRECT):
            return url.removeprefix(HERE)
    raise AssertionError(answer.text)


def test_who_is_known_gets_in_and_stays_known(house: House) -> None:
    client = house.client()
    assert 'href="/sign-in/openid?back=%2Fpeople"' in client.get("/sign-in?back=/people").text
    back = at_provider(client, "somchai", "?back=/password")
    answer = client.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/password")
    assert "somchai@office.example" in client.get("/password").text
    # A code opens once, and an answer that was used is no answer.
    assert client.get(back).status_code == 400
    with house.engine.begin() as conn:
        row = conn.execute(select(web_identity)).one()
        assert (row.issuer, row.subject) == (
            house.settings.openid and house.settings.openid.issuer,
            "somchai",
        )
        renamed = {"name": "somchai", "name_key": "somchai"}
        conn.execute(web_user.update().where(web_user.c.id == row.user_id).values(**renamed))
    again = house.client()
    assert again.get(at_provider(again, "somchai")).headers["location"] == "/"


@pytest.mark.parametrize(
    ("who", "status", "said"),
    [
        ("unverified", 403, "ยังไม่ได้ตรวจสอบอีเมล"),
        ("stranger", 403, "ท่านยังไม่เป็นผู้ใช้"),
        ("gone", 403, "ผู้ใช้นี้ถูกระงับ"),
        ("", 403, "ไม่ได้ให้เข้าใช้"),
        ("other-somchai", 403, "เคยเป็นของบัญชีอื่น"),
    ],
)
def test_who_does_not_get_in_reads_why(house: House, who: str, status: int, said: str) -> None:
    client = house.client()
    if who.startswith("other"):
        first = house.client()
        assert first.get(at_provider(first, "somchai")).status_code == 303
    answer = client.get(at_provider(client, who))
    assert (answer.status_code, said in answer.text) == (status, True)
    assert 'type="password"' in answer.text
    assert client.get("/password").status_code == 303
    with house.engine.begin() as conn:
        assert conn.execute(select(func.count()).select_from(web_user)).scalar_one() == 3


def test_answers_to_other_attempts_open_nothing(house: House) -> None:
    mine, other = house.client(), house.client()
    back, theirs = at_provider(mine, "somchai"), at_provider(other, "somchai")
    state = parse_qs(urlsplit(back).query)["state"][0]
    code = parse_qs(urlsplit(theirs).query)["code"][0]
    assert house.client().get(back).status_code == 400
    assert mine.get(theirs).status_code == 400
    at_provider(mine, "somchai")
    assert mine.get(back).status_code == 400
    # A code of somebody else with one's own state: the verifier is another.
    back = at_provider(mine, "somchai")
    state = parse_qs(urlsplit(back).query)["state"][0]
    assert mine.get(f"/sign-in/openid/back?state={state}&code={code}").status_code == 400
    assert mine.get("/password").status_code == 303


def test_tokens_are_of_the_attempt_alone(house: House, issuer: str) -> None:
    """Nonce, issuer of the answer, and a cookie that somebody changed."""
    assert house.settings.openid is not None
    provider = Provider(house.settings.openid, SECRET, house.settings.secret("openid"))
    for nonce, iss in (("another", ""), (None, "https://other.example")):
        client = house.client()
        query = parse_qs(urlsplit(at_provider(client, "somchai")).query)
        attempt = provider.attempt(client.cookies["thaksa_openid"].strip('"'), query["state"][0])
        with pytest.raises(AccessError, match=r"not for this attempt|another issuer") as refused:
            provider.finish(attempt._replace(nonce=nonce or attempt.nonce), query["code"][0], iss, REDIRECT)
        assert refused.value.why == "token"
    for kept in ("e30=.00", "é.é", ""):
        with pytest.raises(AccessError, match="unknown"):
            provider.attempt(kept, "")


@pytest.mark.parametrize("where", ["http://127.0.0.1:9", "http://localhost"])
def test_a_provider_that_is_down_leaves_passwords(house: House, issuer: str, where: str) -> None:
    """Or one that tells of another issuer than the settings."""
    port = "" if where.endswith(":9") else f":{urlsplit(issuer).port}"
    client = house.at(where + port).client()
    answer = client.get("/sign-in/openid")
    assert (answer.status_code, 'type="password"' in answer.text) == (502, True)
    signed = client.post("/sign-in", data={"name": "somchai@office.example", "password": PASSWORD})
    assert signed.status_code == 303


def test_while_a_provider_is_down_not_everybody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid, "DOWN_SECONDS", 1.0, raising=False)
    asked: list[str] = []

    class Down(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(503)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Down) as server:
        Thread(target=server.serve_forever).start()
        try:
            settings = OpenIdSettings(issuer=f"{HERE}:{server.server_port}", client_id="thaksa")
            provider = Provider(settings, SECRET, b"key")
            for _ in range(5):
                with pytest.raises(AccessError) as refused:
                    provider.begin(REDIRECT, "/")
                assert refused.value.why == "provider"
            assert len(asked) == 1
            time.sleep(openid.DOWN_SECONDS)
            with pytest.raises(AccessError):
                provider.begin(REDIRECT, "/")
            assert len(asked) == 2
        finally:
            server.shutdown()


def test_without_a_provider_there_is_no_such_page(house: House, tmp_path: Path) -> None:
    bare = replace(house, settings=house.settings.model_copy(update={"openid": None})).client()
    assert bare.get("/sign-in/openid").status_code == 404
    assert "/sign-in/openid" not in bare.get("/sign-in").text
    (tmp_path / "secrets" / "openid.secret").unlink()
    with pytest.raises(SettingsError, match=r"openid: put the secret .*openid\.secret"):
        house.client()


def test_an_initial_password_ends_with_the_first_sign_in(house: House) -> None:
    add_user(house.engine, "new@office.example", Place("analyst"), must_change=True)
    client = house.client()
    assert client.get(at_provider(client, "new")).status_code == 303
    assert client.get("/sign-in").status_code == 200
    assert (
        house.client().post("/sign-in", data={"name": "new@office.example", "password": PASSWORD}).status_code
        == 401
    )
