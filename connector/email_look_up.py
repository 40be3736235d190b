"""Accounts found by the e-mail addresses of people: on a platform that tells them, where its settings say so.

Addresses of people who have no account there are sent to it too: that is why it has to be said.
"""

from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, func, select

from connector.completion import Learner
from connector.platforms import FindsByEmail
from connector.tables import platform as platforms
from connector.tables import sync_run
from lrs.clock import from_micros_or_none
from lrs.database import chunks, read_only
from mappings.people import AccountSeen, link_touched, observe_accounts
from mappings.tombstones import Tombstones
from mappings.unlinked_emails import unlinked_emails

_AT_ONCE = 1_000
"""Addresses between two transactions: what was found before a failure stays."""

log = structlog.get_logger()


def last_good_sync(engine: Engine, name: str) -> datetime | None:
    """When the last sync of a platform began that went well; None: there was none."""
    query = (
        select(func.max(sync_run.c.started_at))
        .join(platforms, platforms.c.id == sync_run.c.platform_id)
        .where(platforms.c.name == name, sync_run.c.finished_at.is_not(None), sync_run.c.error.is_(None))
    )
    with read_only(engine).begin() as conn:
        at = conn.execute(query).scalar()
    return from_micros_or_none(at)


def look_up(
    engine: Engine,
    platform: FindsByEmail,
    home_page: str,
    since: datetime | None,
    erased: Tombstones,
    now: datetime,
    by: str,
) -> int:
    """Ask for people whose account of the home page is not known, all or those recorded `since`, and link.

    The number of accounts that were found.
    """
    with read_only(engine).begin() as conn:
        emails = unlinked_emails(conn, home_page, since)
    found = 0
    for some in chunks(emails, _AT_ONCE):
        learners = [one for one in platform.by_email(some) if not _is_erased(one, erased)]
        with engine.begin() as conn:
            _keep(conn, learners, now, by)
        found += len(learners)
    log.info("e-mail addresses looked up", asked=len(emails), found=found)
    return found


def _is_erased(one: Learner, erased: Tombstones) -> bool:
    return erased.has_account((one.home_page, one.account_name), None, one.email, one.username)


def _keep(conn: Connection, learners: list[Learner], now: datetime, by: str) -> None:
    seen = [
        AccountSeen(one.home_page, one.account_name, one.display_name, None, one.email, one.username)
        for one in learners
    ]
    observe_accounts(conn, seen, now)
    link_touched(conn, now, by)
