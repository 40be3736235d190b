"""Reminders reach a real mail server: each at most once, no faster than told, and nothing is lost."""

import json
import ssl
import subprocess
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select, update

from connector.person_erasure import erase
from connector.person_export import write_export
from connector.reminders import queue
from connector.reminders.links import person_of, stop_token
from connector.reminders.sending import send_reminders, server_of
from connector.reminders.stops import resume, stop
from connector.report.queries.people_searches import keep_search
from connector.settings import Settings, SettingsError
from connector.settings_smtp import SmtpSettings
from connector.tables_people import reminder
from mappings.merges import merge
from mappings.tables import change_log, identifier, person
from tests.mappings.world import NOW
from tests.reminders.conftest import ADDRESSES, PUBLIC, Office, Postman, controller, free_port, settings_of
from tests.report.test_overview import complete_everything

ALL = set(ADDRESSES.values())


def test_a_reminder_says_what_is_missing_and_how_to_stop_it(office: Office) -> None:
    assert office.queue(school="s1") == 2
    with structlog.testing.capture_logs() as logs:
        send_reminders(office.settings, office.engine, lambda: office.now, lambda: True)
    (to, message), _ = sorted(office.postman.received, key=lambda one: one[0])
    assert (to, message["To"]) == ("kaew@s1.example", "kaew@s1.example")
    assert str(message["From"]) == "กลุ่ม DLICT <dlict@office.example>"
    assert "ยังไม่ผ่าน" in message["Subject"]
    text = message.get_content()
    assert "เรียน นายแก้ว ใจดี" in text
    assert "1 มิถุนายน 2569" in text
    assert "9 ข้อ" in text
    assert "  - D1.2 " in text
    assert "D1.1 " not in text
    assert "as of 1 June 2026" in text
    link = str(message["List-Unsubscribe"]).strip("<>")
    assert link in text
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    start, token = link[: len(f"{PUBLIC}/reminders/stop/")], link.rpartition("/")[2]
    assert start == f"{PUBLIC}/reminders/stop/"
    assert person_of(office.settings.secret("reminders"), token) == office.uuid("แก้ว")
    told = json.dumps(logs, default=str)
    assert [one["event"] for one in logs] == ["reminders"]
    assert not any(secret in told for secret in (*ADDRESSES, *ALL, "ใจดี"))


def test_links_cannot_be_made_up() -> None:
    uuid = "00000000-0000-4000-8000-000000000001"
    token = stop_token(b"key", uuid)
    assert person_of(b"key", token) == uuid
    for wrong in (stop_token(b"other", uuid), token[:-2], token + "AAAA", "x", "", "ก", "A" * 43):
        assert person_of(b"key", wrong) is None


def test_each_is_sent_once_and_not_again_for_days(office: Office) -> None:
    assert office.queue() == 3
    with office.engine.begin() as conn:
        ids = conn.execute(select(reminder.c.person_id)).scalars().all()
    with office.engine.begin() as conn:
        # As whoever planned before the others were queued.
        assert queue.enqueue(conn, ids, office.now, "another") == 0
        assert "another" not in conn.execute(select(change_log.c.by)).scalars().all()
    assert office.queue() == 0
    assert sum(office.send().counts.values()) == 3
    assert set(office.postman.recipients()) == ALL
    office.send()
    assert len(office.postman.received) == 3
    assert office.later(days=6).queue() == 0
    assert office.later(days=2).queue() == 3


def test_no_more_a_minute_than_told(office: Office, tmp_path: Path) -> None:
    port = office.settings.smtp.port if office.settings.smtp else 0
    office.settings = settings_of(office.world, tmp_path, port, per_minute=2)
    office.queue()
    sent = [sum(office.send().counts.values()), sum(office.later(seconds=30).send().counts.values())]
    assert [*sent, sum(office.later(seconds=31).send().counts.values())] == [2, 0, 1]


def test_who_is_put_off_is_tried_again_and_others_go_on(office: Office) -> None:
    office.postman.answers["kaew@s1.example"] = "451 4.7.1 kaew@s1.example: come again"
    office.queue()
    office.send()
    assert office.states()["แก้ว"] == ("waiting", "451 RCPT")
    assert set(office.postman.recipients()) == ALL - {"kaew@s1.example"}
    office.later(minutes=4).send()
    office.postman.answers.clear()
    assert len(office.postman.received) == 2
    office.later(minutes=2).send()
    assert office.states()["แก้ว"] == ("sent", None)
    assert len(office.postman.received) == 3


def test_who_is_refused_is_given_up_with_the_reason(office: Office) -> None:
    office.postman.answers["kaew@s1.example"] = "550 5.1.1 kaew@s1.example: no such user"
    office.queue()
    office.send()
    assert office.states() == {
        "แก้ว": ("refused", "550 RCPT"), "เกษม": ("sent", None), "ขวัญ": ("sent", None),
    }  # fmt: skip


def test_nothing_is_lost_while_the_server_is_down(office: Office, tmp_path: Path) -> None:
    up = office.settings
    office.settings = settings_of(office.world, tmp_path, free_port())
    office.queue()
    for _ in range(3):
        assert office.later(minutes=1).send().error == "connecting: ConnectionRefusedError"
    assert {state for state, _ in office.states().values()} == {"waiting"}
    office.settings = up
    office.later(hours=7).send()
    assert set(office.postman.recipients()) == ALL


@pytest.mark.parametrize("address", ["kaew..s1@s1.example", "kaew@s1.example.", "kaew\x01@s1.example"])
def test_an_address_that_no_letter_can_have_is_none(office: Office, address: str) -> None:
    with office.engine.begin() as conn:
        theirs = identifier.c.value == ADDRESSES["แก้ว"]
        conn.execute(update(identifier).where(theirs).values(value=address))
    assert office.queue() == 2
    office.send()
    assert set(office.postman.recipients()) == ALL - {ADDRESSES["แก้ว"]}


def test_who_stopped_them_stays_left_alone_however_often_merged(office: Office) -> None:
    first, second, third = "แก้ว", "เกษม", "ขวัญ"
    with office.engine.begin() as conn:
        rows = conn.execute(select(person.c.uuid, person.c.id)).all()
        ids = {row.uuid: row.id for row in rows}
        stop(conn, office.uuid(first), office.now, None)
        for one, into in ((first, second), (second, third)):
            merge(conn, ids[office.uuid(one)], ids[office.uuid(into)], "คนเดียวกัน", office.now, "test")
    assert office.queue() == 0
    assert office.states() == {}


def test_what_waits_for_days_is_given_up(office: Office) -> None:
    office.queue()
    office.later(days=3, seconds=1).send()
    assert {state for state, _ in office.states().values()} == {"expired"}
    assert office.postman.received == []


def test_a_broken_connection_and_a_killed_process_send_nothing_twice(office: Office) -> None:
    office.queue(school="s2")
    office.postman.breaks = True
    office.send()
    assert office.states()["ขวัญ"] == ("unsure", "the connection broke DATA")
    office.postman.breaks = False
    office.queue(school="s1")
    with office.engine.begin() as conn:
        conn.execute(update(reminder).where(reminder.c.state == "waiting").values(state="sending"))
    office.postman.received.clear()
    office.later(hours=1).send()
    assert office.postman.received == []
    assert office.states()["แก้ว"] == ("unsure", "interrupted")


def test_what_changes_between_queueing_and_sending_counts(office: Office) -> None:
    office.queue()
    with office.engine.begin() as conn:
        complete_everything(conn, "แก้ว")
        assert stop(conn, office.uuid("เกษม"), NOW, None)
        conn.execute(update(identifier).where(identifier.c.value == ADDRESSES["ขวัญ"]).values(ended_at=1))
    office.send()
    assert {name: state for name, (state, _) in office.states().items()} == {
        "แก้ว": "needless", "เกษม": "stopped", "ขวัญ": "no_address",
    }  # fmt: skip
    assert office.postman.received == []
    assert office.later(days=30).queue() == 0
    with office.engine.begin() as conn:
        assert not resume(conn, office.uuid("เกษม"), NOW, "coordinator")
        assert resume(conn, office.uuid("เกษม"), NOW, None)
    assert office.queue() == 1


def test_the_log_of_changes_knows_who_queued_and_names_nobody(office: Office) -> None:
    office.queue(school="s2")
    with office.engine.begin() as conn:
        assert queue.cancel(conn, reminder.c.id > 0, office.now, "somebody") == 1
        log = [tuple(row)[2:] for row in conn.execute(select(change_log)) if row.subject == "reminder"]
        uuid = conn.execute(select(reminder.c.uuid)).scalar_one()
    assert log == [("test", "queue", "reminder", uuid, None), ("somebody", "cancel", "reminder", uuid, None)]


def test_erasing_and_exporting_a_person(office: Office) -> None:
    office.queue(school="s1")
    with office.engine.begin() as conn:
        stop(conn, office.uuid("เกษม"), NOW, None)
        keep_search(conn, "เกษม", NOW)
        written = bytearray()
        write_export(conn, office.uuid("เกษม"), NOW, written.extend)
    document = json.loads(written)
    assert [one["state"] for one in document["reminder"]] == ["stopped"]
    assert [one["stopped_by"] for one in document["reminder_stop"]] == [None]
    counts = erase(office.settings, office.engine, office.uuid("เกษม"), NOW, "test")
    assert [counts[one] for one in ("reminder", "reminder_stop", "people_search")] == [1, 1, 1]
    assert set(office.states()) == {"แก้ว"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key and a certificate that nobody knows."""
    folder = tmp_path_factory.mktemp("tls")
    made = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(["openssl", *made, *files, *names], check=True, capture_output=True)
    return folder


def test_starttls_with_a_password(
    office: Office, tmp_path: Path, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    postman = Postman()
    running = controller(postman, context)
    running.start()
    try:
        office.settings = settings_of(office.world, tmp_path, running.port, security="starttls", user="dlict")
        office.queue(school="s2")
        with pytest.raises(SettingsError, match=r"smtp\.password"):
            office.send()
        (tmp_path / "secrets").mkdir(exist_ok=True)
        (tmp_path / "secrets" / "smtp.password").write_text("wrong\n")
        assert office.send().error == "connecting: SSLCertVerificationError"
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        assert office.later(minutes=6).send().error == "535 connecting"
        (tmp_path / "secrets" / "smtp.password").write_text("secret\n")
        assert office.later(minutes=11).send().error is None
    finally:
        running.stop()
    assert postman.recipients() == [ADDRESSES["ขวัญ"]]


@pytest.mark.parametrize("lacks", ["smtp", "public_address"])
def test_sending_needs_a_server_and_an_address_for_links(tmp_path: Path, lacks: str) -> None:
    given = {"smtp": SmtpSettings(host="h", sender="a@b.example"), "public_address": PUBLIC}
    del given[lacks]
    settings = Settings.model_validate({"data": tmp_path, **given})
    with pytest.raises(SettingsError, match=lacks):
        server_of(settings)


@pytest.mark.parametrize("sender", ["nobody", "a@", "@b", "ก@b.example", "a@b.example, c@d.example x"])
def test_a_sender_is_one_address(sender: str) -> None:
    with pytest.raises(ValueError, match="must be an e-mail address"):
        SmtpSettings(host="h", sender=sender)
