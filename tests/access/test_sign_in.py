"""Signing in and out, sessions, passwords and the tokens of forms, as browsers do it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from connector.access import throttle
from connector.access.guard import COOKIE
from connector.access.sessions import Sessions
from connector.access.throttle import Subject, wait_after
from connector.tables_access import sign_in_throttle, web_session, web_user
from lrs.clock import utc_now
from tests.access.conftest import PASSWORD, Service, add_user, token_of
from tests.access.conftest import PLACES as USERS

NEW = "รหัสผ่านใหม่ของฉันเอง"


def test_signing_in_leads_back_and_out_again(service: Service) -> None:
    client = service.client()
    asked = client.get("/people?group=S")
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?back=/people")
    form = client.get("/sign-in?back=/people")
    assert 'name="back" value="/people"' in form.text
    assert "ภาพรวม" not in form.text
    answer = client.post("/sign-in", data={"name": " OFFICE1 ", "password": PASSWORD, "back": "/people"})
    assert answer.headers["location"] == "/people"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    page = client.get("/people")
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    client.post("/sign-out", data={"csrf": token_of(page.text)})
    assert client.get("/people").status_code == 303


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "/docs", "/nothing", "/people x"]
)
def test_back_is_a_page_of_ours(service: Service, back: str) -> None:
    fields = {"name": "admin", "password": PASSWORD, "back": back}
    assert service.client().post("/sign-in", data=fields).headers["location"] == "/"


def test_whatever_is_wrong_is_told_alike(service: Service) -> None:
    with service.world.engine.begin() as conn:
        conn.execute(web_user.update().where(web_user.c.name == "office2").values(disabled_at=1))
    client = service.client()
    said = {
        (answer.status_code, answer.text.replace(name, "NAME"))
        for name, password in (("admin", "wrong"), ("nobody", PASSWORD), ("office2", PASSWORD))
        for answer in [client.post("/sign-in", data={"name": name, "password": password})]
    }
    assert len(said) == 1
    assert said.pop()[0] == 401


def test_a_session_is_new_each_time_and_old_cookies_are_worth_nothing(service: Service) -> None:
    client = service.client()
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    service.signed_in("admin", client)
    first = client.cookies.get(COOKIE, domain="127.0.0.1")
    assert first not in (None, "chosen-by-somebody-else")
    service.signed_in("admin", client)
    assert client.cookies.get(COOKIE, domain="127.0.0.1") != first
    stale = service.client()
    stale.cookies.set(COOKIE, first or "")
    assert stale.get("/").status_code == 303
    with service.world.engine.begin() as conn:
        kept = conn.execute(select(web_session.c.token_hash)).scalars().all()
        assert all(len(one) == 32 and (first or "").encode() not in one for one in kept)


def test_sessions_run_out(service: Service) -> None:
    now, sessions = utc_now(), Sessions(b"k" * 32, timedelta(minutes=60), timedelta(hours=2))
    with service.world.engine.begin() as conn:
        token = sessions.open(conn, conn.execute(select(web_user.c.id)).scalars().first() or 0, now)
        assert sessions.find(conn, token, now + timedelta(minutes=59)) is not None
        assert sessions.find(conn, token, now + timedelta(minutes=61)) is None
        for minutes in (50, 100, 119):
            sessions.note(conn, token, now + timedelta(minutes=minutes))
        assert sessions.find(conn, token, now + timedelta(minutes=119)) is not None
        assert sessions.find(conn, token, now + timedelta(minutes=121)) is None


def test_sign_out_everywhere(service: Service) -> None:
    here, there = service.signed_in("admin"), service.signed_in("admin")
    here.post("/sign-out/everywhere", data={"csrf": token_of(here.get("/").text)})
    assert here.get("/").status_code == there.get("/").status_code == 303


def test_an_initial_password_opens_one_page(service: Service) -> None:
    add_user(service.world.engine, "fresh", USERS["office1"], must_change=True)
    client, elsewhere = service.signed_in("fresh"), service.signed_in("fresh")
    assert client.get("/people").headers["location"] == "/password"
    assert client.get("/api/v1/aggregates?by=school").status_code == 403
    token = token_of(client.get("/password").text)

    def change(old: str, new: str, again: str) -> int:
        fields = {"csrf": token, "password": old, "new": new, "again": again}
        return client.post("/password", data=fields).status_code

    for old, new, again in (
        ("wrong", NEW, NEW),
        (PASSWORD, "short", "short"),
        (PASSWORD, PASSWORD, PASSWORD),
        (PASSWORD, "it-is-Fresh-for-me", "it-is-Fresh-for-me"),
        (PASSWORD, NEW, f"{NEW}!"),
    ):
        assert change(old, new, again) == 422
    assert change(PASSWORD, NEW, NEW) == 303
    assert client.get("/people").status_code == 200
    assert elsewhere.get("/people").headers["location"].startswith("/sign-in")
    assert service.client().post("/sign-in", data={"name": "fresh", "password": NEW}).status_code == 303


def test_too_many_tries_have_to_wait(service: Service) -> None:
    client = service.client()
    wrong = {"name": "admin", "password": "wrong"}
    answers = [client.post("/sign-in", data=wrong).status_code for _ in range(6)]
    assert answers == [401, 401, 401, 401, 401, 429]
    held = client.post("/sign-in", data={"name": "Admin", "password": PASSWORD})
    assert held.status_code == 429
    assert 0 < int(held.headers["retry-after"]) <= 30
    assert "กรุณารออีก" in held.text
    service.signed_in("office1", client)
    with service.world.engine.begin() as conn:
        rows = conn.execute(select(sign_in_throttle)).all()
    assert all(b"admin" not in row.subject_hash for row in rows)


def test_waiting_grows_and_is_forgotten(service: Service) -> None:
    assert [wait_after(number, 5).total_seconds() for number in (4, 5, 6, 9, 10, 99)] == [
        0,
        30,
        60,
        480,
        900,
        900,
    ]
    now, one = utc_now(), Subject(b"n" * 32, 1)
    with service.world.engine.begin() as conn:
        throttle.count_attempt(conn, [one], now)
        throttle.count_attempt(conn, [one], now + timedelta(seconds=31))
        failures = select(sign_in_throttle.c.failures).where(sign_in_throttle.c.subject_hash == one.hash)
        assert conn.execute(failures).scalar_one() == 2
        throttle.count_attempt(conn, [one], now + timedelta(hours=2))
        assert conn.execute(failures).scalar_one() == 1


def test_right_ones_from_an_address_do_not_make_wrong_ones_forgotten(service: Service) -> None:
    client = service.client()
    for name in ("a", "b", "c"):
        client.post("/sign-in", data={"name": name, "password": "wrong"})
    service.signed_in("admin", client)
    with service.world.engine.begin() as conn:
        assert conn.execute(select(func.max(sign_in_throttle.c.failures))).scalar_one() == 3


class TestForms:
    """A form without the session's own token changes nothing."""

    def test_other_tokens_are_refused(self, service: Service) -> None:
        client, other = service.signed_in("admin"), service.signed_in("admin")
        token, theirs = (token_of(one.get("/users").text) for one in (client, other))
        assert token != theirs
        form = {"name": "new", "role": "analyst"}
        for fields in (form, {"csrf": theirs, **form}, {"csrf": "", **form}, {**form, "csrf": token}):
            assert client.post("/users", data=fields).status_code == 403
        assert client.post("/users", json={"csrf": token}).status_code == 403
        assert client.post("/users", data={"csrf": token, **form}).status_code == 200

    def test_a_file_is_taken_with_it_and_not_without(self, service: Service) -> None:
        client = service.signed_in("admin")
        token = token_of(client.get("/imports").text)
        files = {"file": ("units.csv", b"uid,kind,name_th\n" + b"u,school,x\n" * 50_000, "text/csv")}
        fields = {"kind": "units", "coverage": "part"}
        assert client.post("/imports", data=fields, files=files).status_code == 403
        answer = client.post("/imports", data={"csrf": token, **fields}, files=files)
        assert answer.status_code == 303
        assert client.get(answer.headers["location"]).status_code == 200

    def test_pages_read_forms_as_they_were_without_it(self, service: Service) -> None:
        client = service.signed_in("admin")
        token = token_of(client.get("/statements").text)
        asked = {"csrf": token, "verb": "http://adlnet.gov/expapi/verbs/completed"}
        assert "csrf" not in client.post("/statements", data=asked).headers["location"]
        assert client.post("/sign-out", data={"csrf": token}).status_code == 303
