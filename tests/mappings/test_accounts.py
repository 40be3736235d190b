from sqlalchemy import Engine, func, select

from lrs.clock import to_micros
from mappings.link_decisions import link
from mappings.people import (
    AccountCounts,
    AccountSeen,
    account_counts,
    hash_national_id,
    link_accounts,
    observe_accounts,
)
from mappings.tables import account, stale_account
from mappings.thai_text import sort_key
from tests.mappings.linking import TEACHER, account_id, seen, with_person
from tests.mappings.world import BEGIN, HOME, NOW


def test_the_hash_depends_on_the_key_and_hides_the_number() -> None:
    assert hash_national_id(b"other key", "1001000079196") != TEACHER
    assert len(TEACHER) == 64
    assert "1001000079196" not in TEACHER


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


def test_what_points_at_people_is_kept_in_one_spelling(engine: Engine) -> None:
    with engine.begin() as conn:
        shown = AccountSeen(HOME, "3", "น.ส. พิมพ์ชนก  ณ อยุธยา", None, " Pim@School.example ", "pim")
        observe_accounts(conn, [shown], BEGIN)
        row = conn.execute(select(account)).one()
        assert row.email == "pim@school.example"
        assert row.name_key == sort_key("พิมพ์ชนก", "ณ อยุธยา")
        observe_accounts(conn, [AccountSeen(HOME, "3", "", None)], NOW)
        assert conn.execute(select(account.c.email, account.c.name_key)).one() == (row.email, row.name_key)


def test_only_what_is_new_or_points_elsewhere_is_compared_again(engine: Engine) -> None:
    with engine.begin() as conn:
        observe_accounts(conn, [seen("3", "หนึ่ง"), seen("4", "สอง")], BEGIN)
        marked = select(func.count()).select_from(stale_account)
        assert conn.execute(marked).scalar_one() == 2
        observe_accounts(conn, [seen("3", "หนึ่ง"), seen("4", "นายสอง")], NOW)
        assert conn.execute(marked).scalar_one() == 2
        observe_accounts(conn, [seen("3", "หนึ่ง"), seen("4", "สาม")], NOW)
        assert conn.execute(marked).scalar_one() == 3


def test_counts_add_up_to_all_accounts(engine: Engine) -> None:
    with engine.begin() as conn:
        person_id = with_person(conn)
        names = (("3", "พิมพ์ชนก ใจดี"), ("59", "ทองใบ ปัญญาวุฒิ"))
        observe_accounts(conn, [seen(*one) for one in names] + [seen("4", "ใคร", None)], BEGIN)
        link_accounts(conn, BEGIN, "test")
        assert account_counts(conn) == AccountCounts(persons=1, linked=0, not_linked=1, in_conflict=2)
        link(conn, account_id(conn, "3"), person_id, NOW, "test")
        assert account_counts(conn) == AccountCounts(persons=1, linked=1, not_linked=1, in_conflict=1)
