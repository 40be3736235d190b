"""What people decide on accounts holds, whatever agrees later."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select, update

from lrs.clock import to_micros
from mappings.claims import Claim
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.link_decisions import keep, leave_unlinked, link, refuse, unlink
from mappings.own_accounts import link_own_accounts
from mappings.people import conflicts, link_accounts, link_touched
from mappings.tables import (
    account_link,
    change_log,
    identifier,
    link_refusal,
    person,
)
from tests.mappings.linking import (
    ELSEWHERE,
    TEACHER,
    account_id,
    known_by,
    links,
    marked,
    reasons,
    shown,
    with_people,
    with_person,
)
from tests.mappings.world import BEGIN, NOW

LATER = NOW + timedelta(days=1)


def test_a_decision_leaves_the_accounts_of_a_running_sync_alone(engine: Engine) -> None:
    """Its twin may stand on a page that is still to come."""
    with engine.begin() as conn:
        people = with_people(conn, {"พิมพ์ชนก": TEACHER, "ข": None})
        shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER)
        link(conn, shown(conn, "4"), people["ข"], NOW, "page")
        shown(conn, "59", "ทองใบ ปัญญาวุฒิ", TEACHER)
        assert link_touched(conn, NOW, "test") == 0
        assert links(conn) == {"4": (people["ข"], "decision")}
        assert set(reasons(conn).values()) == {"same_id"}


def test_two_accounts_with_one_id_and_two_names_wait(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        mine, other = shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER), shown(conn, "59", "ทองใบ ปัญญาวุฒิ", TEACHER)
        assert link_touched(conn, BEGIN, "test") == 0
        assert reasons(conn) == dict.fromkeys((mine, other), "same_id")
        first, _ = conflicts(conn, bangkok_day(NOW))
        assert (first.account_id, first.twins) == (mine, (other,))
        assert first.known.claims == {Claim(person_id, "id_hmac")}
        link(conn, mine, person_id, NOW, "page")
        assert links(conn) == {"3": (person_id, "decision")}
        assert reasons(conn) == {other: "same_id"}
        refuse(conn, other, person_id, NOW, "page")
        assert reasons(conn) == {}
        assert link_accounts(conn, LATER, "test") == 0


def test_refusing_the_one_links_the_other(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        mine, other = shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER), shown(conn, "59", "ทองใบ ปัญญาวุฒิ", TEACHER)
        link_touched(conn, BEGIN, "test")
        leave_unlinked(conn, other, NOW, "page")
        assert links(conn) == {"3": (person_id, "id_hmac")}
        assert reasons(conn) == {}
        assert mine != other


def test_two_persons_who_claim_one_account_wait_and_a_decision_holds(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": TEACHER, "ข": None})
        known_by(conn, people["ข"], "email", "kor@school.example")
        account = shown(conn, "3", "ใคร", TEACHER, email="kor@school.example")
        link_accounts(conn, BEGIN, "test")
        assert reasons(conn) == {account: "several"}
        marked(conn)
        link(conn, account, people["ข"], NOW, "page", "asked both")
        assert links(conn) == {"3": (people["ข"], "decision")}
        assert marked(conn) == {people["ข"]}
        link(conn, account, people["ก"], NOW, "page")
        assert marked(conn) == {people["ก"], people["ข"]}
        link_accounts(conn, LATER, "test")
        assert links(conn) == {"3": (people["ก"], "decision")}
        assert reasons(conn) == {}
        logged = conn.execute(select(change_log).where(change_log.c.action == "link")).all()
        assert [row.subject_id for row in logged] == [str(account)] * 2
        assert logged[0].detail.endswith(": asked both")
        assert "kor@" not in str(logged)


@pytest.mark.parametrize("decision", ["keep", "take", "nobody"])
def test_an_email_that_moved_waits(engine: Engine, decision: str) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        first = known_by(conn, people["ก"], "email", "director@school.example")
        account = shown(conn, "3", "ใคร", email="director@school.example")
        link_accounts(conn, BEGIN, "test")
        conn.execute(update(identifier).where(identifier.c.id == first).values(ended_at=to_micros(NOW)))
        known_by(conn, people["ข"], "email", "director@school.example")
        link_accounts(conn, NOW, "test")
        assert links(conn) == {"3": (people["ก"], "email")}
        assert reasons(conn) == {account: "moved"}
        if decision == "keep":
            keep(conn, account, NOW, "page")
        elif decision == "take":
            link(conn, account, people["ข"], NOW, "page")
        else:
            leave_unlinked(conn, account, NOW, "page", "shared")
        link_accounts(conn, LATER, "test")
        expected = {
            "keep": {"3": (people["ก"], "email")},
            "take": {"3": (people["ข"], "decision")},
            "nobody": {},
        }
        assert links(conn) == expected[decision]
        assert reasons(conn) == {}


def test_what_was_parted_is_not_joined_again(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        account = shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER)
        link_accounts(conn, BEGIN, "test")
        marked(conn)
        unlink(conn, account, NOW, "page", "another teacher's")
        assert marked(conn) == {person_id}
        assert link_accounts(conn, LATER, "test") == 0
        assert links(conn) == {}
        ended = conn.execute(select(account_link.c.unlinked_at)).scalars().all()
        assert ended == [to_micros(NOW)]
        link(conn, account, person_id, LATER, "page")
        assert links(conn) == {"3": (person_id, "decision")}
        assert conn.execute(select(func.count()).select_from(link_refusal)).scalar_one() == 0


def test_the_account_of_imported_files_stays_its_persons(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        link_own_accounts(conn, ELSEWHERE, {"uuid of kor": people["ก"]}, BEGIN, "test")
        account = account_id(conn, "uuid of kor", ELSEWHERE)
        with pytest.raises(DecisionError, match="withdraw the file"):
            unlink(conn, account, NOW, "page", "not theirs")
        with pytest.raises(DecisionError, match="withdraw the file"):
            link(conn, account, people["ข"], NOW, "page")
        assert links(conn) == {"uuid of kor": (people["ก"], "import")}


def test_who_is_erased_gets_no_account(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        conn.execute(update(person).where(person.c.id == person_id).values(erased_at=1))
        with pytest.raises(DecisionError, match="erased"):
            link(conn, shown(conn, "3"), person_id, NOW, "page")
