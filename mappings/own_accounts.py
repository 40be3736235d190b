"""The accounts that stand for persons themselves: (our own home page, the person's UUID).

What a file says of a person is a statement by this account; linked to the person, it counts.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from lrs.clock import to_micros
from lrs.database import chunks
from mappings.accounts import AccountSeen, observe_accounts
from mappings.stale import mark_persons
from mappings.tables import account, account_link, person

METHOD = "import"
"""How such an account came to be linked: a file that somebody imported named the person."""


def link_own_accounts(
    conn: Connection, home_page: str, persons: Mapping[str, int], now: datetime, by: str
) -> None:
    """See that each person (UUID -> id) has this account; one that is linked already stays where it is."""
    at = to_micros(now)
    for some in chunks(sorted(persons)):
        linked = {row.name for row in _accounts(conn, home_page, some) if row.linked}
        new = [uuid for uuid in some if uuid not in linked]
        if not new:
            continue
        observe_accounts(conn, [AccountSeen(home_page, uuid, "", None) for uuid in new], now)
        rows = [
            {
                "account_id": row.id,
                "person_id": persons[row.name],
                "method": METHOD,
                "linked_at": at,
                "recorded_by": by,
            }
            for row in _accounts(conn, home_page, new)
        ]
        conn.execute(insert(account_link), rows)
        mark_persons(conn, [persons[uuid] for uuid in new])


def _accounts(conn: Connection, home_page: str, names: Sequence[str]) -> Sequence[Row[Any]]:
    open_ = select(account_link.c.id).where(
        account_link.c.account_id == account.c.id, account_link.c.unlinked_at.is_(None)
    )
    return conn.execute(
        select(account.c.id, account.c.name, open_.exists().label("linked")).where(
            account.c.home_page == home_page, account.c.name.in_(names)
        )
    ).all()


def uuids_of(conn: Connection, person_ids: Collection[int]) -> dict[int, str]:
    """Person's id -> UUID, the name of their own account."""
    found: dict[int, str] = {}
    for some in chunks(sorted(person_ids)):
        rows = conn.execute(select(person.c.id, person.c.uuid).where(person.c.id.in_(some)))
        found.update(rows.all())
    return found
