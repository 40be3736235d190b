"""Whom a coordinator means: everybody of a list of unfinished people, not one page of it (SQL)."""

from datetime import datetime

from sqlalchemy import Connection

from connector.reminders.queue import Plan, plan
from connector.report.queries.basis import narrowed, read_basis, root_scope
from connector.report.queries.people_orders import Orders
from connector.report.queries.unfinished import Chased


def choose(conn: Connection, chased: Chased, now: datetime, days_between: int) -> Plan:
    """Who of the list is to be reminded, today, within what the reader may see. Raises ReportError."""
    top = root_scope(conn)
    basis = read_basis(conn, narrowed(conn, top, chased.school), now, top=top)
    return plan(conn, list(Orders().read(conn, basis, chased.filters(), "")), now, days_between)
