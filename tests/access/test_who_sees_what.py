"""Everybody sees their own part of the organisation in every page, and each look is in the log."""

import json
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from connector.access import audit, tokens, users
from connector.access.rights import RIGHTS
from connector.cli import app as cli
from connector.person_erasure import erase
from connector.person_export import write_export
from connector.tables_access import audit_log
from lrs.clock import to_micros, utc_now
from mappings.export import HIDDEN
from mappings.tables import change_log, person
from tests.access.conftest import Service, token_of

ONES = [pattern for (method, pattern), right in RIGHTS.items() if method == "GET" and "{" in pattern]
NOT_THERE = "00000000-0000-4000-8000-000000000000"


def filled(pattern: str, uuid: str, statement: str) -> str:
    """The address of a route about this person."""
    values = {"uuid": uuid, "other": uuid, "statement_id": statement}
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: values.get(found[1], "1"), pattern)


@pytest.mark.parametrize("name", ["office2", "analyst", "learner"])
def test_a_stranger_finds_nobody(service: Service, name: str) -> None:
    """All addresses of a person of another office answer as those of nobody do; forms too."""
    client = service.signed_in(name)
    uuid, statement = service.world.uuids["กาญจนา"], service.world.statements["กาญจนา"]
    token = token_of(client.get("/password").text)
    for method, pattern in RIGHTS:
        if not pattern.startswith("/people/{uuid}"):
            continue
        answers = [
            client.request(
                method,
                filled(pattern, one, statement),
                data={"csrf": token, "reason": "x", "seen": "1", "group": "S", "reference": "x"}
                | {"valid_from": "1/6/2569", "last_day": "1/6/2569", "day": "1/6/2569", "unit": "area-2"}
                | {"given_name": "ก", "family_name": "ข", "position": "ครู"}
                if method == "POST"
                else None,
            )
            for one in (uuid, NOT_THERE)
        ]
        assert answers[0].status_code == answers[1].status_code, pattern
        assert answers[0].status_code in (403, 404), (pattern, answers[0].text)
        assert answers[0].text.replace(uuid, "") == answers[1].text.replace(NOT_THERE, "")
        assert "กาญจนา" not in answers[0].text


@pytest.mark.parametrize(("name", "unit"), [("office2", "area-1"), ("school1", "s2"), ("office1", "obec")])
def test_units_outside_are_not_found(service: Service, name: str, unit: str) -> None:
    client = service.signed_in(name)
    for path in ("/?unit={}", "/people?school={}", "/api/v1/aggregates?by=school&unit={}"):
        answers = [client.get(path.format(one)) for one in (unit, "no-such-unit")]
        assert [one.status_code for one in answers] == [404, 404], path
        assert answers[0].text == answers[1].text


def test_every_list_is_of_ones_own(service: Service) -> None:
    for name, seen, hidden in (
        ("office1", {"แก้ว", "เกษม", "ขวัญ"}, {"คนไกล", "alert"}),
        ("school1", {"แก้ว", "เกษม"}, {"ขวัญ", "คนไกล", "alert"}),
        ("office2", {"alert"}, {"แก้ว", "เกษม", "ขวัญ", "คนไกล"}),
        ("admin", {"แก้ว", "ขวัญ", "alert"}, {"คนไกล"}),
    ):
        page = service.signed_in(name).get("/people").text
        assert all(one in page for one in seen), name
        assert not any(one in page for one in hidden), name


def test_counts_are_of_ones_own_unit(service: Service) -> None:
    def total(name: str) -> int:
        answer = service.signed_in(name).get("/api/v1/aggregates?by=competency")
        return int(answer.json()["persons"])

    assert total("admin") == 5
    assert (total("office1"), total("school1"), total("office2")) == (4, 3, 1)


def test_an_analyst_sees_no_names(service: Service) -> None:
    client = service.signed_in("analyst")
    assert client.get("/published").status_code == 200
    person = f"/people/{service.world.uuids['แก้ว']}"
    for path in ("/api/v1/aggregates?by=school", "/people", person, "/accounts", "/statements", "/claims"):
        assert client.get(path).status_code == 403


def test_a_learner_sees_one_record(service: Service) -> None:
    client = service.signed_in("learner")
    own = f"/people/{service.world.uuids['แก้ว']}"
    assert client.get("/").headers["location"] == own
    page = client.get(own)
    assert page.status_code == 200
    assert "แก้ว" in page.text
    assert re.findall(r'<form [^>]*action="([^"]*)" method="post"', page.text) == ["/sign-out", "/language"]
    assert client.get("/people").status_code == 403
    assert client.get(f"/people/{service.world.uuids['เกษม']}").status_code == 404


def test_routes_that_nobody_named_are_refused(service: Service) -> None:
    for client in (service.client(), service.signed_in("admin")):
        assert client.get("/nothing").status_code == 404
        assert client.delete("/people").status_code == 404
    stranger = service.client()
    for method, pattern in RIGHTS:
        if RIGHTS[method, pattern].roles is not None:
            answer = stranger.request(method, filled(pattern, NOT_THERE, NOT_THERE))
            wanted = 401 if pattern.startswith("/api/") else 303
            assert answer.status_code == wanted, pattern


def test_a_change_of_role_or_a_disabled_user_counts_at_once(service: Service) -> None:
    client, engine = service.signed_in("office1"), service.world.engine
    assert client.get("/people").status_code == 200
    with engine.begin() as conn:
        user = users.find_user(conn, "office1")
        users.change_user(conn, user, "", users.Place("analyst"), utc_now(), "test")
    assert client.get("/people").status_code == 403
    with engine.begin() as conn:
        users.disable(conn, user, utc_now(), "test")
    assert client.get("/").status_code == 303


def test_changes_are_recorded_under_the_users_name(service: Service) -> None:
    client, uuid = service.signed_in("office1"), service.world.uuids["แก้ว"]
    token = token_of(client.get(f"/people/{uuid}").text)
    fields = {"csrf": token, "given_name": "แก้วใส", "family_name": "ใจดี", "reason": "คำสั่ง 1"}
    assert client.post(f"/people/{uuid}/name", data=fields).status_code == 303
    with service.world.engine.begin() as conn:
        assert "office1" in conn.execute(select(change_log.c.by)).scalars().all()
        assert conn.execute(select(person.c.given_name).where(person.c.uuid == uuid)).scalar() == "แก้วใส"


def test_an_erased_learner_is_forgotten(service: Service) -> None:
    client, uuid = service.signed_in("learner"), service.world.uuids["แก้ว"]
    counts = erase(service.settings, service.world.engine, uuid, utc_now(), "test")
    assert counts["web_user"] == 1
    assert client.get("/password").status_code == 303
    with service.world.engine.begin() as conn:
        assert "learner" not in {one.name for one in users.list_users(conn)}


def test_the_export_of_a_learner_keeps_the_password_to_itself(service: Service) -> None:
    written = bytearray()
    with service.world.engine.begin() as conn:
        write_export(conn, service.world.uuids["แก้ว"], utc_now(), written.extend)
    (user,) = json.loads(written)["web_user"]
    assert (user["name"], user["password_hash"]) == ("learner", HIDDEN)
    assert b"argon2" not in written


class TestLog:
    """Who looked at whom."""

    def looks(self, service: Service) -> list[tuple[str, str | None, str | None]]:
        with service.world.engine.begin() as conn:
            rows = conn.execute(select(audit_log).order_by(audit_log.c.id)).all()
            assert all(row.address == "testclient" for row in rows)
        return [(row.route, row.person_uuid, row.unit_uid) for row in rows]

    def test_each_look_is_in_it_and_refusals_are_not(self, service: Service) -> None:
        client, uuid = service.signed_in("office1"), service.world.uuids["แก้ว"]
        for path in (
            "/",
            "/people",
            "/people?school=s1",
            f"/people/{uuid}",
            f"/people/{NOT_THERE}",
            "/users",
        ):
            client.get(path)
        assert self.looks(service) == [
            ("GET /people", None, "area-1"),
            ("GET /people", None, "s1"),
            ("GET /people/{uuid}", uuid, None),
        ]

    def test_an_office_sees_looks_at_its_own_people(self, service: Service) -> None:
        admin, uuids = service.signed_in("admin"), service.world.uuids
        for path in (f"/people/{uuids['แก้ว']}", f"/people/{uuids['<script>alert(1)</script>']}", "/people"):
            assert admin.get(path).status_code == 200
        shown = {name: self.page(service, name) for name in ("admin", "office1", "office2")}
        own, other = uuids["แก้ว"][:8], uuids["<script>alert(1)</script>"][:8]
        assert [(own in page, other in page) for page in shown.values()] == [
            (True, True),
            (True, False),
            (False, True),
        ]
        assert all("ทุกหน่วยงาน" in page and "ใจดี" not in page for page in shown.values())

    def page(self, service: Service, name: str, query: str = "") -> str:
        answer = service.signed_in(name).get(f"/audit{query}")
        assert answer.status_code == 200
        return answer.text

    def test_filters(self, service: Service) -> None:
        uuid = service.world.uuids["แก้ว"]
        service.signed_in("office1").get(f"/people/{uuid}")
        service.signed_in("school1").get("/people")
        assert "school1" not in self.page(service, "admin", f"?person={uuid}")
        shown = {
            query: (uuid[:8] in page, "school1" in page)
            for query in ("?until=1/6/2500", "?since=1/6/2500", "?page=/people", "?unit=s1", "?unit=s2")
            for page in [self.page(service, "admin", query)]
        }
        assert list(shown.values()) == [
            (False, False),
            (True, True),
            (False, True),
            (True, True),
            (False, False),
        ]
        for wrong, status in (("person=x", 422), ("page=/x", 422), ("unit=x", 404)):
            assert service.signed_in("admin").get(f"/audit?{wrong}").status_code == status
        assert service.signed_in("office2").get("/audit?unit=s1").status_code == 404

    def test_pages_and_what_is_forgotten(self, service: Service) -> None:
        now, engine = utc_now(), service.world.engine
        with engine.begin() as conn:
            user = users.find_user(conn, "school1").id
            row = {"user_id": user, "route": "GET /people", "unit_uid": "s1", "address": "x"}
            days = [*([1] * audit.PAGE), 800]
            conn.execute(
                audit_log.insert(), [{**row, "at": to_micros(now - timedelta(days=day))} for day in days]
            )
        page = self.page(service, "admin")
        older = re.findall(r'rel="next" href="/audit([^"]+)"', page)[0]
        assert self.page(service, "office1", older).count("<tr>") == 1 + 1
        assert self.forget(service, "--dry-run") == ("1 look is older than 730 days.\n", audit.PAGE + 1)
        assert self.forget(service)[1] == audit.PAGE

    def forget(self, service: Service, *options: str) -> tuple[str, int]:
        """What the command says, and how many looks are left."""
        environ = {"THAKSA_DATABASE_URL": str(service.settings.database_url)}
        words = ["audit", "forget", *options, "--data", str(service.settings.data)]
        done = CliRunner().invoke(cli, words, env=environ)
        assert done.exit_code == 0, done.output
        with service.world.engine.begin() as conn:
            left = conn.execute(select(func.count()).select_from(audit_log)).scalar_one()
        return done.output, int(left)


class TestTokens:
    """Programs bring a key and a secret, and see what the owner sees."""

    def program(self, service: Service, owner: str, *scopes: str) -> TestClient:
        key = service.settings.secret("api tokens")
        with service.world.engine.begin() as conn:
            user = users.find_user(conn, owner)
            made = tokens.create_token(conn, key, "one", user, scopes, utc_now(), "test")
        client = service.client()
        client.auth = made
        return client

    def test_scopes_and_the_owners_part(self, service: Service) -> None:
        client = self.program(service, "office1", "aggregates")
        assert client.get("/api/v1/aggregates?by=competency").json()["persons"] == 4
        assert client.get("/api/v1/status").status_code == 403
        assert client.get("/people").status_code == 403
        with service.world.engine.begin() as conn:
            assert tokens.list_tokens(conn)[0].last_used is not None
            tokens.revoke_token(conn, "one", utc_now(), "test")
        assert client.get("/api/v1/aggregates?by=competency").status_code == 401

    def test_a_wrong_secret_opens_nothing(self, service: Service) -> None:
        client = self.program(service, "admin", "status")
        assert client.get("/api/v1/status").status_code == 200
        key = service.settings.secret("api tokens")
        for auth in (("nobody", "x"), (str(key), ""), ("", "")):
            client.auth = auth
            answer = client.get("/api/v1/status")
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Basic")
