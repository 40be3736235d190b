"""E-mail addresses of people whose account on a platform is not known yet (SQL)."""

from datetime import datetime

from sqlalchemy import Connection, exists, select

from lrs.clock import to_micros
from mappings.tables import account, account_link, identifier, membership


def unlinked_emails(conn: Connection, home_page: str, since: datetime | None) -> list[str]:
    """Addresses of people who work somewhere now and have no account of that home page, in one order.

    Left out are those that an account of that home page shows already, and, where `since` is given, those
    that were recorded before.
    """
    i, link = identifier.c, account_link.c
    works = exists().where(membership.c.person_id == i.person_id, membership.c.valid_to.is_(None))
    linked = exists().where(
        link.person_id == i.person_id,
        link.unlinked_at.is_(None),
        account.c.id == link.account_id,
        account.c.home_page == home_page,
    )
    shown = exists().where(account.c.home_page == home_page, account.c.email == i.value)
    query = select(i.value).distinct().where(i.kind == "email", i.ended_at.is_(None), works, ~linked, ~shown)
    if since is not None:
        query = query.where(i.recorded_at >= to_micros(since))
    return list(conn.execute(query.order_by(i.value)).scalars())
