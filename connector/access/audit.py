"""All SQL about the log of looks at personal rows: who, when, at whose record or whose list, from where.

Never names. Functions take a connection and never commit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select

from connector.access.viewer import Viewer
from connector.tables_access import audit_log, web_user
from lrs.clock import from_micros, to_micros
from mappings.days import end_of_bangkok_day, start_of_bangkok_day
from mappings.tables import membership, person, unit, unit_path

PAGE = 100
_METHODS = ("GET", "POST")


@dataclass(frozen=True, slots=True)
class Look:
    """One look. `route`: method and route; `person_uuid` or else the unit whose people were listed."""

    id: int
    at: datetime
    user_uuid: str
    user_name: str
    display_name: str
    role: str
    by_token: bool
    route: str
    person_uuid: str | None
    unit_name: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Which looks: of a person, by a user (their uuids), from a day of Bangkok to another, at pages whose
    routes begin so or are this one (`exact`), before a number of the log."""

    person: str = ""
    user: str = ""
    since: date | None = None
    until: date | None = None
    route: str = ""
    exact: bool = True
    before: int | None = None


_LOOK = audit_log.insert()


def record_look(
    conn: Connection,
    viewer: Viewer,
    route: str,
    person_uuid: str | None,
    unit_uid: str | None,
    address: str,
    now: datetime,
) -> None:
    """Append to the log."""
    row = {
        "at": to_micros(now),
        "user_id": viewer.user_id,
        "token_id": viewer.token_id,
        "route": route,
        "person_uuid": person_uuid,
        "unit_uid": unit_uid,
        "address": address,
    }
    conn.execute(_LOOK, row)


def read_looks(conn: Connection, unit_id: int, *, whole: bool, asked: Asked) -> Sequence[Look]:
    """The newest looks, a page of them, and one more where there is another page.

    `whole`: all; otherwise those at people who work or worked within the unit, and at lists they stood in.
    """
    c = audit_log.c
    query = (
        select(audit_log, web_user.c.uuid, web_user.c.name, web_user.c.display_name, web_user.c.role)
        .add_columns(unit.c.name_th)
        .join(web_user, web_user.c.id == c.user_id)
        .outerjoin(unit, unit.c.uid == c.unit_uid)
        .order_by(c.id.desc())
        .limit(PAGE + 1)
    )
    wanted = [] if whole else [_of_unit(unit_id)]
    if asked.person:
        wanted.append(c.person_uuid == asked.person)
    if asked.user:
        wanted.append(web_user.c.uuid == asked.user)
    if asked.since is not None:
        wanted.append(c.at >= to_micros(start_of_bangkok_day(asked.since)))
    if asked.until is not None:
        wanted.append(c.at <= to_micros(end_of_bangkok_day(asked.until)))
    if asked.route:
        wanted.append(_at(asked.route, exact=asked.exact))
    if asked.before is not None:
        wanted.append(c.id < asked.before)
    return [_look(row) for row in conn.execute(query.where(*wanted))]


def _of_unit(unit_id: int) -> ColumnElement[bool]:
    """Looks at people of the subtree, and at lists of a unit in it or above it."""
    within = select(unit_path.c.unit_id).where(unit_path.c.ancestor_id == unit_id)
    theirs = (
        select(person.c.uuid)
        .join(membership, membership.c.person_id == person.c.id)
        .where(membership.c.unit_id.in_(within))
    )
    above = select(unit_path.c.ancestor_id).where(unit_path.c.unit_id == unit_id)
    units = select(unit.c.uid).where(or_(unit.c.id.in_(within), unit.c.id.in_(above)))
    c = audit_log.c
    lists = c.person_uuid.is_(None) & or_(c.unit_uid.is_(None), c.unit_uid.in_(units))
    return or_(c.person_uuid.in_(theirs), lists)


def _at(route: str, *, exact: bool) -> ColumnElement[bool]:
    """Looks by any method at a route."""
    c = audit_log.c.route
    return or_(
        *((c == f"{method} {route}") if exact else c.startswith(f"{method} {route}") for method in _METHODS)
    )


def count_older(conn: Connection, before: datetime) -> int:
    """How many looks were before a moment."""
    older = select(func.count()).select_from(audit_log).where(audit_log.c.at < to_micros(before))
    return conn.execute(older).scalar_one()


def forget_older(conn: Connection, before: datetime, most: int) -> int:
    """Delete looks from before a moment, so many at most; how many that were."""
    c = audit_log.c
    older = select(c.id).where(c.at < to_micros(before)).order_by(c.at).limit(most)
    return conn.execute(delete(audit_log).where(c.id.in_(older))).rowcount


def _look(row: Any) -> Look:
    return Look(
        id=row.id,
        at=from_micros(row.at),
        user_uuid=row.uuid,
        user_name=row.name,
        display_name=row.display_name,
        role=row.role,
        by_token=row.token_id is not None,
        route=row.route,
        person_uuid=row.person_uuid,
        unit_name=row.name_th,
        address=row.address,
    )
