"""Pull and push of the same site compared: what `thaksa reconcile` prints and the schedule logs each night.

Nothing is kept: the report is computed from what is stored, in less than a second for 20,000 learners.
"""

from datetime import datetime

import structlog
from sqlalchemy import Engine

from connector.report.queries.reconciliation import read_reconciliation
from connector.report.sides import Kind, PlatformSides, Report
from lrs.database import read_only

__all__ = ["Report", "reconcile"]

log = structlog.get_logger()


def reconcile(engine: Engine, now: datetime) -> Report:
    """Both sides of every site; the numbers are logged, as a warning where somebody has to look."""
    with read_only(engine).begin() as conn:
        report = read_reconciliation(conn, now)
    for one in report.platforms:
        _log(one)
    return report


def _log(one: PlatformSides) -> None:
    tell = log.warning if one.attention else log.info
    tell(
        "reconciliation",
        platform=one.name or one.home_page,
        **{kind.value: one.count(kind) for kind in Kind},
        unknown_accounts=one.accounts.unknown,
        usernames=one.accounts.usernames,
        unproven=one.unproven,
    )
