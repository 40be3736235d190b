"""Accounts that link themselves, and those that wait for somebody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, event, func, select, update

from lrs.clock import to_micros
from mappings.claims import Claim, Known, Link
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.link_decisions import keep, leave_unlinked, link, refuse, unlink
from mappings.links import Reason, verdict
from mappings.own_accounts import link_own_accounts
from mappings.people import conflicts, import_roster, link_accounts, link_touched
from mappings.tables import (
    account_conflict,
    account_link,
    change_log,
    identifier,
    link_refusal,
    membership,
    person,
    stale_person,
)
from tests.mappings.linking import (
    ELSEWHERE,
    TEACHER,
    account_id,
    known_by,
    links,
    shown,
    with_people,
    with_person,
)
from tests.mappings.world import BEGIN, HOME, NOW, a_person

LATER = NOW + timedelta(days=1)
A, B, C = 1, 2, 3


def reasons(conn: Connection) -> dict[int, str]:
    rows = conn.execute(select(account_conflict.c.account_id, account_conflict.c.reason))
    return {row.account_id: row.reason for row in rows}


def marked(conn: Connection) -> set[int]:
    return set(conn.execute(delete(stale_person).returning(stale_person.c.person_id)).scalars())


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ([], None),
        ([(A, "id_hmac")], Link(A, "id_hmac")),
        ([(A, "email")], Link(A, "email")),
        ([(A, "username"), (A, "email")], Link(A, "email")),
        ([(A, "email"), (B, "email")], Reason.SEVERAL),
        ([(A, "id_hmac"), (A, "email"), (B, "email")], Link(A, "id_hmac")),
        ([(A, "email"), (B, "email"), (B, "username")], Link(B, "email")),
        ([(A, "id_hmac"), (B, "email")], Reason.SEVERAL),
        ([(A, "id_hmac"), (B, "email"), (C, "username")], Reason.SEVERAL),
    ],
)
def test_an_account_is_whose_all_that_points_at_somebody_says(
    claims: list[tuple[int, str]], expected: object
) -> None:
    known = {Claim(*one) for one in claims}
    assert verdict(Known(known)) == expected
    assert verdict(Known(known, Link(C, "decision"))) is None
    if any(method == "id_hmac" for _, method in claims):
        assert verdict(Known(known, disputed=True)) is Reason.SAME_ID


def test_what_linked_itself_waits_when_it_points_at_somebody_else() -> None:
    moved = {Claim(B, "email")}
    assert verdict(Known(moved, Link(A, "email"))) is Reason.MOVED
    assert verdict(Known({*moved, Claim(A, "email")}, Link(A, "email"))) is None
    assert verdict(Known(set(), Link(A, "email"))) is None
    assert verdict(Known({Claim(A, "id_hmac")}, Link(A, "id_hmac"), disputed=True)) is None


def test_each_method_links_and_only_the_persons_concerned_are_marked(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"พิมพ์ชนก": TEACHER, "ข": None, "ค": None, "ง": None})
        known_by(conn, people["ข"], "email", "kor@school.example")
        known_by(conn, people["ค"], "username", "khor", HOME)
        shown(conn, "1", "ใคร", TEACHER)
        shown(conn, "2", "ใคร", email="Kor@School.example")
        shown(conn, "3", "ใคร", username="Khor")
        shown(conn, "3", "ใคร", username="khor", home=ELSEWHERE)
        shown(conn, "khor", "ใคร")
        marked(conn)
        assert link_accounts(conn, BEGIN, "test") == 3
        assert links(conn) == {
            "1": (people["พิมพ์ชนก"], "id_hmac"),
            "2": (people["ข"], "email"),
            "3": (people["ค"], "username"),
        }
        assert marked(conn) == {people["พิมพ์ชนก"], people["ข"], people["ค"]}
        assert link_accounts(conn, BEGIN, "test") == 0
        assert marked(conn) == set()


def test_a_name_alone_links_nobody(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        shown(conn, "3", "พิมพ์ชนก ใจดี")
        assert link_accounts(conn, BEGIN, "test") == 0
        assert reasons(conn) == {}


def test_several_accounts_of_one_person_link_themselves(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        known_by(conn, person_id, "email", "pim@school.example")
        shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER)
        shown(conn, "7", "นางสาวพิมพ์ชนก  ใจดี", TEACHER)
        shown(conn, "pim", "Pimchanok", home=ELSEWHERE, email="pim@school.example")
        assert link_accounts(conn, BEGIN, "test") == 3
        assert {person for person, _ in links(conn).values()} == {person_id}


def test_an_email_points_only_at_who_works_somewhere(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        for one in people.values():
            known_by(conn, one, "email", "director@school.example")
        left = update(membership).where(membership.c.person_id == people["ก"])
        conn.execute(left.values(valid_to=date(2026, 2, 28)))
        shown(conn, "3", email="director@school.example")
        assert link_accounts(conn, BEGIN, "test") == 1
        assert links(conn) == {"3": (people["ข"], "email")}


def test_a_sync_compares_what_it_touched_and_nothing_else(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        shown(conn, "1", email="kor@school.example")
        shown(conn, "2", email="khor@school.example")
        assert link_touched(conn, BEGIN, "sync") == 0
        known_by(conn, people["ก"], "email", "kor@school.example")
        known_by(conn, people["ข"], "email", "khor@school.example")
        assert link_touched(conn, BEGIN, "sync") == 0
        shown(conn, "2", "ชื่อใหม่", email="khor@school.example", at=NOW)
        assert link_touched(conn, NOW, "sync") == 1
        assert links(conn) == {"2": (people["ข"], "email")}


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


def test_a_corrected_platform_settles_the_conflict_on_the_other_side(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER)
        shown(conn, "59", "ทองใบ ปัญญาวุฒิ", TEACHER)
        link_touched(conn, BEGIN, "test")
        shown(conn, "59", "ทองใบ ปัญญาวุฒิ", "another hash", at=NOW)
        assert link_touched(conn, NOW, "test") == 1
        assert links(conn) == {"3": (person_id, "id_hmac")}
        assert reasons(conn) == {}


def test_who_is_linked_stays_when_a_second_name_turns_up(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        shown(conn, "3", "พิมพ์ชนก ใจดี", TEACHER)
        link_touched(conn, BEGIN, "test")
        other = shown(conn, "59", "ทองใบ ปัญญาวุฒิ", TEACHER, at=NOW)
        link_touched(conn, NOW, "test")
        assert links(conn) == {"3": (person_id, "id_hmac")}
        assert reasons(conn) == {other: "same_id"}


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


def test_an_account_that_shows_another_persons_email_waits(engine: Engine) -> None:
    with engine.begin() as conn:
        people = with_people(conn, {"ก": None, "ข": None})
        known_by(conn, people["ก"], "email", "kor@school.example")
        known_by(conn, people["ข"], "email", "khor@school.example")
        account = shown(conn, "3", "ใคร", email="kor@school.example")
        link_touched(conn, BEGIN, "test")
        shown(conn, "3", "ใคร", email="khor@school.example", at=NOW)
        link_touched(conn, NOW, "test")
        assert links(conn) == {"3": (people["ก"], "email")}
        assert reasons(conn) == {account: "moved"}
        shown(conn, "3", "ใคร", email="kor@school.example", at=LATER)
        link_touched(conn, LATER, "test")
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


def test_a_person_who_comes_later_finds_the_account(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        shown(conn, "3", "ใหม่ ใจดี", "hash of another")
        link_touched(conn, BEGIN, "test")
        import_roster(conn, [a_person("ใหม่", id_hmac="hash of another")], NOW, "test")
        assert link_accounts(conn, NOW, "test") == 1


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


def test_two_who_link_at_once_link_each_account_once(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        for number in range(20):
            shown(conn, str(number), "พิมพ์ชนก ใจดี", TEACHER)

    def linked(_: int) -> int:
        with engine.begin() as conn:
            return link_accounts(conn, BEGIN, "test")

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(linked, range(2))) == [0, 20]


def test_identifiers_are_looked_up_by_value(engine: Engine) -> None:
    """By kind alone, as SQLite chooses for a join, each account would read everybody's."""
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has statistics")
    asked: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append((call[2], call[3])))
    with engine.begin() as conn:
        person_id = with_person(conn)
        known_by(conn, person_id, "email", "pim@school.example")
        shown(conn, "3", email="pim@school.example", username="pim")
        asked.clear()
        link_accounts(conn, BEGIN, "test")
        read = [(sql, values) for sql, values in asked if "FROM identifier" in sql]
        assert len(read) == 2
        for sql, values in read:
            plan = conn.exec_driver_sql(f"explain query plan {sql}", values).all()
            assert any("ix_identifier_kind_value (kind=? AND value=?)" in row[3] for row in plan)
