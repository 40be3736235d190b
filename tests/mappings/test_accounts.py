from datetime import timedelta

from sqlalchemy import Connection, Engine, func, insert, select, update

from lrs.clock import to_micros
from mappings.people import (
    AccountCounts,
    AccountSeen,
    account_counts,
    conflicts,
    hash_national_id,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.tables import account, account_link, person, stale_person
from tests.mappings.world import BEGIN, HOME, NOW, UNITS, a_person

TEACHER = hash_national_id(b"key", "1001000079196")


def seen(name: str, display_name: str, id_hmac: str | None = TEACHER, home: str = HOME) -> AccountSeen:
    return AccountSeen(home, name, display_name, id_hmac)


def with_person(conn: Connection) -> int:
    import_units(conn, UNITS, BEGIN, "test")
    import_roster(conn, [a_person("พิมพ์ชนก", id_hmac=TEACHER)], BEGIN, "test")
    person_id: int = conn.execute(select(person.c.id)).scalar_one()
    return person_id


def test_the_hash_depends_on_the_key_and_hides_the_number() -> None:
    assert hash_national_id(b"other key", "1001000079196") != TEACHER
    assert len(TEACHER) == 64
    assert "1001000079196" not in TEACHER


def test_an_account_is_linked_by_the_hash_of_the_national_id(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        observe_accounts(conn, [seen("3", "พิมพ์ชนก ณ อยุธยา"), seen("4", "พิมพ์ชนก", None)], BEGIN)
        assert link_accounts(conn, BEGIN, "test") == 1
        assert link_accounts(conn, BEGIN, "test") == 0
        link = conn.execute(select(account_link)).one()
        assert (link.person_id, link.method, link.unlinked_at) == (person_id, "id_hmac", None)
        assert account_counts(conn) == AccountCounts(persons=1, linked=1, not_linked=1, in_conflict=0)
        assert person_id in conn.execute(select(stale_person.c.person_id)).scalars().all()


def test_one_id_under_two_names_on_a_site_waits_for_a_person(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        observe_accounts(conn, [seen("3", "พิมพ์ชนก ณ อยุธยา"), seen("59", "ทองใบ ปัญญาวุฒิ")], BEGIN)
        assert link_accounts(conn, BEGIN, "test") == 0
        (conflict,) = conflicts(conn)
        assert (conflict.home_page, conflict.person_id) == (HOME, person_id)
        assert [name for _, name, _ in conflict.accounts] == ["3", "59"]
        assert account_counts(conn) == AccountCounts(persons=1, linked=0, not_linked=0, in_conflict=2)


def test_a_decision_settles_a_conflict_without_linking_the_other_account(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        observe_accounts(conn, [seen("3", "พิมพ์ชนก ณ อยุธยา"), seen("59", "ทองใบ ปัญญาวุฒิ")], BEGIN)
        chosen = conflicts_first_account(conn)
        conn.execute(
            insert(account_link).values(
                account_id=chosen,
                person_id=person_id,
                method="decision",
                linked_at=to_micros(BEGIN),
                recorded_by="coordinator",
            )
        )
        assert link_accounts(conn, NOW, "test") == 0
        assert conflicts(conn) == []
        assert account_counts(conn) == AccountCounts(persons=1, linked=1, not_linked=1, in_conflict=0)


def conflicts_first_account(conn: Connection) -> int:
    return conflicts(conn)[0].accounts[0][0]


def test_one_person_may_have_accounts_on_two_sites_and_two_of_one_name(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        accounts = [
            seen("3", "พิมพ์ชนก ณ อยุธยา"),
            seen("7", "พิมพ์ชนก  ณ อยุธยา"),
            seen("pim", "Pimchanok", home="https://elsewhere.example"),
        ]
        observe_accounts(conn, accounts, BEGIN)
        assert link_accounts(conn, BEGIN, "test") == 3


def test_an_account_already_linked_stays_when_a_second_name_turns_up(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        observe_accounts(conn, [seen("3", "พิมพ์ชนก ณ อยุธยา")], BEGIN)
        link_accounts(conn, BEGIN, "test")
        observe_accounts(conn, [seen("59", "ทองใบ ปัญญาวุฒิ")], NOW)
        assert link_accounts(conn, NOW, "test") == 0
        assert account_counts(conn) == AccountCounts(persons=1, linked=1, not_linked=0, in_conflict=1)


def test_what_a_coordinator_has_parted_is_not_joined_again(engine: Engine) -> None:
    with engine.begin() as conn:
        with_person(conn)
        observe_accounts(conn, [seen("3", "พิมพ์ชนก ณ อยุธยา")], BEGIN)
        link_accounts(conn, BEGIN, "test")
        conn.execute(update(account_link).values(unlinked_at=to_micros(NOW)))
        assert link_accounts(conn, NOW + timedelta(days=1), "test") == 0


def test_seeing_accounts_again_updates_them_and_forgets_no_id(engine: Engine) -> None:
    with engine.begin() as conn:
        observe_accounts(conn, [seen(str(number), "ชื่อเดิม") for number in range(1_200)], BEGIN)
        observe_accounts(conn, [seen("3", "ชื่อใหม่", None), seen("3", "ชื่อใหม่กว่า", None)], NOW)
        assert conn.execute(select(func.count()).select_from(account)).scalar_one() == 1_200
        row = conn.execute(select(account).where(account.c.name == "3")).one()
        assert (row.display_name, row.id_hmac) == ("ชื่อใหม่กว่า", TEACHER)
        assert (row.first_seen_at, row.last_seen_at) == (to_micros(BEGIN), to_micros(NOW))
        other = conn.execute(select(account.c.last_seen_at).where(account.c.name == "4")).scalar_one()
        assert other == to_micros(BEGIN)
