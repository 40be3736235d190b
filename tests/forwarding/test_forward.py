"""Statements forwarded to a second Thaksa: all of them, once, in order, and nothing that must not leave."""

import hashlib
import threading
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from connector.forwarding import queue
from connector.forwarding.answers import Reason, pause_seconds
from connector.forwarding.queue import end_stops, read_dead
from connector.forwarding.states import TargetState
from connector.platforms.loopback import Answer, Asked, LoopbackSite
from connector.publishing.authority import PUBLISHER
from lrs.attachments import Folder
from mappings.erase import PSEUDONYM
from tests.durability.statements import COMPLETED, completed, voiding
from tests.forwarding.conftest import CREDENTIAL, MOST_AT_ONCE, NAME, Office

NOWHERE = '"http://127.0.0.1:9"'


def dead(office: Office) -> list[tuple[str, Reason]]:
    with office.engine.begin() as conn:
        return [(one.statement_id, one.reason) for one in read_dead(conn, NAME)]


def test_a_target_that_is_down_for_a_day_gets_everything(office: Office) -> None:
    stored: list[str] = []
    attempts = 0
    for _ in range(48):
        stored += office.store(completed())
        office.options = {"endpoint": NOWHERE}
        if office.forwarder().is_due():
            attempts += 1
            assert str(office.run(endpoint=NOWHERE).error).startswith("127.0.0.1:9: it cannot be reached")
        office.wait(minutes=30)
    # Again and again, but less and less often.
    assert 12 < attempts < 48
    state = office.state()
    assert (state.state, state.waiting, state.dead) == (TargetState.FAILING, 48, 0)
    assert (state.age, state.failures) == (timedelta(days=1), attempts)
    assert office.run().sent == 48
    assert office.order(stored) == stored
    state = office.state()
    assert (state.state, state.waiting, state.age) == (TargetState.IDLE, 0, timedelta(0))
    assert (state.error, state.failures, state.succeeded_at) == (None, 0, office.now)
    assert office.run().sent == 0


def test_one_refused_statement_is_found_and_the_rest_goes_on(office: Office) -> None:
    """A real refusal: what 2.0.0 allows and 1.0.3 does not."""
    group = {"objectType": "contextAgent", "agent": {"mbox": "mailto:a@example.org"}}
    good = [completed() for _ in range(30)]
    ids = office.store(*good[:7])
    bad = office.store(completed(context={"contextAgents": [group]}), version="2.0.0")
    ids += office.store(*good[7:])
    report = office.run(batch="16")
    assert (report.sent, report.dead, report.error) == (30, 1, None)
    assert office.order(ids) == ids
    assert dead(office) == [(bad[0], Reason.REFUSED)]
    assert office.state().dead == 1
    # The operator sees why, and may mend it.
    [refused] = office.forwarder().again().refused
    assert (refused.statement_id, refused.said[:4]) == (bad[0], "400:")
    office.options = {"version": '"2.0.0"'}
    assert office.forwarder().again().taken == 1
    assert dead(office) == []
    assert office.arrived(bad) == [True]


def test_what_the_target_has_already_is_compared(office: Office) -> None:
    same, other = completed(), completed()
    with office.server.connection() as connection:
        assert connection.post([same, {**other, "timestamp": "2020-01-01T00:00:00Z"}]).status == 200
    ids = office.store(same, completed(), other, completed())
    report = office.run()
    assert (report.dead, report.error) == (1, None)
    assert dead(office) == [(other["id"], Reason.DIFFERENT)]
    assert office.arrived(ids) == [True] * 4


def test_what_is_too_large_together_goes_alone(office: Office) -> None:
    ids = office.store(*(completed() for _ in range(4 * MOST_AT_ONCE)))
    large = office.store(with_attachment(office, bytes(1024 * 1024 + 1)))
    ids += office.store(completed())
    assert office.run(batch="100").error is None
    assert office.order(ids) == ids
    assert dead(office) == [(large[0], Reason.TOO_LARGE)]


def with_attachment(office: Office, content: bytes) -> dict[str, Any]:
    """A statement whose attachment is in the office's folder, as a request with it leaves it."""
    sha2 = hashlib.sha256(content).hexdigest()
    one = Folder(office.settings().attachments_folder).incoming(sha2)
    one.write([content])
    assert one.finish()
    one.keep(CREDENTIAL.actor)
    described = {
        "usageType": "https://example.org/certificate",
        "display": {"en": "Certificate"},
        "contentType": "application/pdf",
        "length": len(content),
        "sha2": sha2,
    }
    return completed(attachments=[described])


def test_attachments_arrive_with_their_bytes(office: Office) -> None:
    content = uuid4().bytes * 3
    one, other = with_attachment(office, content), with_attachment(office, content)
    office.store(completed(), one, other)
    assert office.run().sent == 3
    with office.server.connection() as connection:
        answer = connection.get(statementId=one["id"], attachments="true")
    assert answer.headers["content-type"].startswith("multipart/mixed")
    assert content in answer.body


def test_a_refused_credential_stops_the_target_until_somebody_acts(office: Office) -> None:
    ids = office.store(completed())
    office.secret = "wrong"
    said = "its credential is refused: correct key and secret, and give it statements/write there"
    assert str(office.run().error).endswith(said)
    state = office.state()
    assert (state.state, state.next_try_at) == (TargetState.STOPPED, None)
    office.wait(days=30)
    assert not office.forwarder().is_due()
    with office.engine.begin() as conn:
        end_stops(conn)
    office.secret = ""
    assert office.forwarder().is_due()
    assert office.run().sent == 1
    assert office.state().state is TargetState.IDLE
    assert office.arrived(ids) == [True]


class Busy(LoopbackSite):
    """Asks to be left alone."""

    def respond(self, asked: Asked) -> Answer:
        return Answer(503, "text/plain", b"", {"Retry-After": "7200"})


def test_a_target_is_left_alone_for_as_long_as_it_asks(office: Office) -> None:
    office.store(completed())
    with Busy() as site:
        report = office.run(endpoint=f'"{site.url}"')
        assert str(report.error).endswith("it answers 503")
        office.wait(seconds=7199)
        assert not office.forwarder().is_due()
        office.wait(seconds=1)
        assert office.forwarder().is_due()


@pytest.mark.parametrize(
    ("failures", "wait", "least", "most"),
    [(1, 0, 15, 30), (2, 0, 30, 60), (9, 0, 1800, 3600), (400, 0, 1800, 3600), (1, 1e9, 86400, 86400)],
)
def test_pauses_grow_to_an_hour(failures: int, wait: float, least: float, most: float) -> None:
    assert pause_seconds(failures, wait, 0.0) == least
    assert pause_seconds(failures, wait, 1.0) == most


def test_without_being_told_so_nothing_personal_leaves(office: Office) -> None:
    personal = office.store(completed())
    figures = office.store(completed(), by=PUBLISHER)
    assert office.run(statements='"aggregates"').sent == 1
    assert office.arrived([*personal, *figures]) == [False, True]
    assert office.state().waiting == 0


def test_filters_let_through_what_meets_each_and_what_voids_that(office: Office) -> None:
    course = f"https://moodle.example/{uuid4()}"
    meant = completed(object={"id": course})
    others = completed(), completed(object={"id": course}, verb={"id": "https://example.org/slept"})
    ids = office.store(meant, *others)
    office.wait(seconds=1)
    taken_back = office.store(voiding(meant["id"]), voiding(others[0]["id"]))
    report = office.run(verbs=f'["{COMPLETED}"]', activities=f'["{course}"]')
    assert report.sent == 2
    assert office.arrived(ids) == [False] * 3
    assert office.arrived(taken_back) == [True, False]
    with office.server.connection() as connection:
        assert connection.get(voidedStatementId=meant["id"]).status == 200


def test_what_was_void_from_the_first_is_not_sent(office: Office) -> None:
    late = completed()
    office.store(voiding(late["id"]), version="2.0.0")
    office.wait(seconds=1)
    office.store(late)
    office.run(version='"2.0.0"')
    with office.server.connection() as connection:
        for name in ("statementId", "voidedStatementId"):
            assert connection.get(**{name: late["id"]}).status == 404


def test_people_who_were_erased_are_not_sent_again(office: Office) -> None:
    gone = completed(
        actor={"account": {"homePage": "https://moodle.example", "name": f"{PSEUDONYM}{uuid4()}"}}
    )
    ids = office.store(completed(), gone, completed())
    assert office.run().sent == 2
    assert office.arrived(ids) == [True, False, True]


def test_the_target_says_for_itself_who_vouches_and_when(office: Office) -> None:
    [one] = office.store(completed())
    office.run()
    with office.server.connection() as connection:
        found = connection.get(statementId=one).json()
    assert found["authority"]["account"]["name"] == office.server.key
    assert found["timestamp"] == "2026-01-02T03:04:05Z"


def test_nothing_that_is_stored_meanwhile_is_missed(office: Office) -> None:
    """Writers side by side, while the queue is read: no statement appears behind what is settled."""
    ids: list[str] = []
    lock = threading.Lock()

    def write() -> None:
        for _ in range(15):
            stored = office.store(completed(), completed())
            with lock:
                ids.extend(stored)

    writers = [threading.Thread(target=write) for _ in range(4)]
    forwarder = office.forwarder()
    for one in writers:
        one.start()
    while any(one.is_alive() for one in writers):
        forwarder.run()
    forwarder.run()
    assert len(ids) == 120
    assert all(office.arrived(ids))
    assert sorted(office.order(ids)) == sorted(ids)


def test_all_is_sent_again_when_asked_for_and_kept_once(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Few at a time, so that what is looked through ends between statements.
    monkeypatch.setattr(queue, "STATEMENTS_A_LOOK", 2)
    ids = office.store(*(completed() for _ in range(7)))
    assert office.run().sent == 7
    office.forwarder().restart()
    assert office.state().waiting == 7
    assert office.run().sent == 7
    assert office.order(ids) == ids
