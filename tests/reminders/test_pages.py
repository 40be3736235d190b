"""Coordinators remind their own people; whoever has the link of a reminder stops them without signing in."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient
from typer.testing import CliRunner

from connector.app import create_app
from connector.cli import app as cli
from connector.tables_access import audit_log
from connector.tables_people import reminder, reminder_stop
from mappings.corrections import Correction, move
from mappings.days import bangkok_day
from mappings.tables import change_log, unit
from tests.access.conftest import PLACES, Service, add_user, token_of
from tests.reminders.conftest import ADDRESSES, SENDER, Office

SignedIn = Callable[[str], TestClient]


@pytest.fixture
def signed_in(office: Office) -> SignedIn:
    for name, place in PLACES.items():
        add_user(office.engine, name, place)
    service = Service(office.world, office.settings, create_app(office.settings))
    return service.signed_in


def posted(client: TestClient, path: str, **fields: str) -> int:
    token = token_of(client.get("/password").text)
    return client.post(path, data={"csrf": token, **fields}).status_code


def test_a_coordinator_reminds_the_people_of_the_office(office: Office, signed_in: SignedIn) -> None:
    client = signed_in("office1")
    page = client.get("/people/unfinished?item=D1.1").text
    assert "/reminders/new?item=D1.1" in page
    page = client.get("/reminders/new?item=D1.1").text
    assert "จะส่งถึง 2 คน" in page
    assert "ไม่มีอีเมลของตนเอง 1 คน" in page
    assert "แก้ว" not in page
    assert posted(client, "/reminders", item="D1.1") == 303
    page = client.get("/reminders").text
    assert all(name in page for name in ("เกษม", "ขวัญ", "รอส่ง"))
    assert not any(address in page for address in ADDRESSES.values())
    with office.engine.begin() as conn:
        assert set(conn.execute(select(reminder.c.recorded_by)).scalars()) == {"office1"}
        by = conn.execute(select(change_log.c.by).where(change_log.c.action == "queue")).scalars().all()
        looks = conn.execute(select(audit_log.c.route, audit_log.c.unit_uid)).all()
    assert by == ["office1", "office1"]
    assert ("GET /reminders", "area-1") in [tuple(row) for row in looks]
    assert posted(client, "/reminders/cancel") == 303
    assert "ยกเลิกแล้ว" in client.get("/reminders").text


def test_nobody_reminds_people_of_another_office(office: Office, signed_in: SignedIn) -> None:
    other = signed_in("office2")
    assert other.get("/reminders/new?school=s1").status_code == 404
    assert posted(other, "/reminders", school="s1") == 404
    assert posted(other, "/reminders") == 303
    assert office.states() == {}
    assert posted(signed_in("office1"), "/reminders") == 303
    assert len(office.states()) == 3
    assert not any(name in other.get("/reminders").text for name in ADDRESSES)
    posted(other, "/reminders/cancel")
    assert posted(other, f"/people/{office.uuid('แก้ว')}/reminders") == 404
    assert {state for state, _ in office.states().values()} == {"waiting"}
    for name in ("analyst", "school1"):
        assert signed_in(name).get("/reminders").status_code == 403
        assert posted(signed_in(name), "/reminders") == 403


def test_reminders_of_who_moved_on_are_the_new_office_s_alone(office: Office, signed_in: SignedIn) -> None:
    office.queue(school="s2")
    with office.engine.begin() as conn:
        there = conn.execute(select(unit.c.id).where(unit.c.uid == "s3")).scalar_one()
        move(conn, office.uuid("ขวัญ"), there, Correction("คำสั่ง", bangkok_day(office.now), office.now, "test"))
    before = signed_in("office1")
    assert "ขวัญ" not in before.get("/reminders").text
    posted(before, "/reminders/cancel")
    assert office.states()["ขวัญ"] == ("waiting", None)
    assert "ขวัญ" in signed_in("office2").get("/reminders").text


def test_a_link_stops_reminders_without_signing_in(office: Office, signed_in: SignedIn) -> None:
    office.queue(school="s2")
    office.send()
    link = str(office.postman.received[0][1]["List-Unsubscribe"]).strip("<>")
    anybody = TestClient(create_app(office.settings), base_url="https://skills.example")
    page = anybody.get(link).text
    assert "หยุดรับ" in page
    assert not any(word in page for word in ("ขวัญ", "ใจดี", "khwan"))
    with office.engine.begin() as conn:
        assert conn.execute(select(reminder_stop)).all() == []
    answer = anybody.post(link, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "จะไม่ส่งอีเมลเตือนถึงท่านอีก" in answer.text
    assert office.later(days=30).queue(school="s2") == 0
    client = signed_in("office1")
    assert "ทางลิงก์ในอีเมล" in client.get("/reminders").text
    assert posted(client, f"/people/{office.uuid('ขวัญ')}/reminders", do="resume") == 303
    assert office.queue(school="s2") == 0
    anybody.post(link, data={"do": "resume"})
    assert office.queue(school="s2") == 1
    assert anybody.get(link[:-3]).status_code == 404
    assert anybody.post(f"{link}x").status_code == 404


def test_a_coordinator_stops_and_resumes(office: Office, signed_in: SignedIn) -> None:
    client, path = signed_in("office1"), f"/people/{office.uuid('แก้ว')}/reminders"
    assert posted(client, path, do="stop") == 303
    assert office.queue(school="s1") == 1
    assert "ส่งได้อีก" in client.get("/reminders").text
    assert posted(client, path, do="resume") == 303
    assert office.queue(school="s1") == 1


def test_the_commands(office: Office, tmp_path: Path) -> None:
    smtp = office.settings.smtp
    assert smtp is not None
    (tmp_path / "thaksa.toml").write_text(
        f'database_url = "{office.settings.database_url}"\n'
        f'public_address = "{office.settings.public_address}"\n'
        f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\nsender = "{SENDER}"\n'
    )

    def run(*words: str) -> str:
        result = CliRunner().invoke(cli, ["reminders", *words, "--data", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return str(result.output)

    assert "Would be queued: 2." in run("queue", "--unit", "s1", "--dry-run")
    assert "Queued: 2." in run("queue", "--unit", "s1")
    assert "2 wait already" in run("queue", "--unit", "s1")
    assert "2 sent; 0 wait." in run("send")
    assert '"sent": 2' in run("list", "--json")
    assert set(office.postman.recipients()) == {ADDRESSES["แก้ว"], ADDRESSES["เกษม"]}
