"""Accounts that link themselves, and those that wait for somebody."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from mappings.claims import Claim, Known, Link
from mappings.links import Reason, verdict
from mappings.people import import_roster, link_accounts, link_touched
from mappings.tables import (
    membership,
)
from tests.mappings.linking import (
    ELSEWHERE,
    TEACHER,
    known_by,
    links,
    marked,
    reasons,
    shown,
    with_people,
    with_person,
)
from tests.mappings.world import BEGIN, HOME, NOW, a_person

LATER = NOW + timedelta(days=1)
A, B, C = 1, 2, 3


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


def test_a_person_who_comes_later_finds_the_account(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        shown(conn, "3", "ใหม่ ใจดี", "hash of another")
        link_touched(conn, BEGIN, "test")
        import_roster(conn, [a_person("ใหม่", id_hmac="hash of another")], NOW, "test")
        assert link_accounts(conn, NOW, "test") == 1


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
