"""Pull and push of every site: what `connector.report.sides` describes, counted (SQL)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    null,
    select,
)

from connector.report.queries.completions import account_of_agent, current_completions, says_completed
from connector.report.sides import AccountSides, CourseSides, Kind, PlatformSides, Report, Some
from connector.tables import enrolment, platform, platform_course
from lrs.clock import from_micros, from_micros_or_none
from lrs.statement import PROVES_NOTHING
from lrs.tables import activity, agent, evidence, verb
from mappings.progress import many_joined
from mappings.tables import account


@dataclass(slots=True)
class _Site:
    """What is gathered of a home page."""

    platform_id: int | None = None
    name: str | None = None
    confirmed_to: int | None = None
    received: int | None = None
    courses: dict[str, list[Any]] = field(default_factory=dict)
    accounts: dict[str, int] = field(default_factory=dict)
    unproven: int = 0


def read_reconciliation(conn: Connection, now: datetime) -> Report:
    """Both sides of every site, in four SELECTs."""
    sites = {row.home_page: _Site(row.id, row.name, row.compared_until) for row in conn.execute(_synced())}
    with many_joined(conn):
        courses, accounts, unproven = (
            conn.execute(query).all() for query in (_by_course(sites), _by_account(), _unproven())
        )
    for row in courses:
        site = sites.setdefault(row.home_page, _Site())
        site.courses.setdefault(row.iri, []).append(row)
        site.received = max(filter(None, (site.received, row.received)), default=None)
    for row in accounts:
        sites.setdefault(row.home_page, _Site()).accounts[row.kind] = row.number
    for row in unproven:
        sites.setdefault(row.home_page, _Site()).unproven = row.number
    return Report(now, tuple(_platform(home_page, sites[home_page]) for home_page in sorted(sites)))


def _platform(home_page: str, site: _Site) -> PlatformSides:
    courses = (_course(rows) for rows in site.courses.values())
    return PlatformSides(
        name=site.name,
        home_page=home_page,
        confirmed_to=from_micros_or_none(site.confirmed_to),
        received=from_micros_or_none(site.received),
        courses=tuple(sorted(courses, key=lambda one: (one.shortname, one.title))),
        accounts=AccountSides(**site.accounts),
        unproven=site.unproven,
    )


def _course(rows: Iterable[Any]) -> CourseSides:
    """Of one course, a row a kind."""
    found = list(rows)
    sides = {
        Kind(row.kind): Some(row.number, from_micros(row.oldest), from_micros(row.newest)) for row in found
    }
    first = found[0]
    return CourseSides(first.external_id, first.shortname or "", first.title or first.iri, sides)


def _synced() -> Select[Any]:
    """id, name, home_page, compared_until: one row a home page, although a renamed platform leaves a row."""
    newest = select(func.max(platform.c.id)).where(platform.c.home_page != "").group_by(platform.c.home_page)
    return select(platform.c.id, platform.c.name, platform.c.home_page, platform.c.compared_until).where(
        platform.c.id.in_(newest)
    )


def _by_course(sites: Mapping[str, _Site]) -> Select[Any]:
    """home_page, iri, kind, number, oldest, newest, received and the course's names."""
    sided = _sided(sites)
    c = sided.c
    what = (c.home_page, c.iri, c.external_id, c.shortname, c.title, c.kind)
    return select(
        *what,
        func.count().label("number"),
        func.min(c["at"]).label("oldest"),
        func.max(c["at"]).label("newest"),
        func.max(c.received).label("received"),
    ).group_by(*what)


def _sided(sites: Mapping[str, _Site]) -> Subquery:
    """One row an account and course that is completed, with its kind."""
    current, course = current_completions(), platform_course.c
    return (
        select(
            agent.c.home_page,
            activity.c.iri,
            course.external_id,
            course.shortname,
            course.title,
            _kind(current, sites).label("kind"),
            current.c["at"],
            current.c.received,
        )
        .select_from(current)
        .join(agent, agent.c.id == current.c.agent_id)
        .join(activity, activity.c.id == current.c.activity_id)
        .outerjoin(
            platform_course,
            and_(course.activity_iri == activity.c.iri, course.home_page == agent.c.home_page),
        )
        .outerjoin(
            enrolment,
            and_(
                enrolment.c.platform_id == _of_site(sites, "platform_id"),
                enrolment.c.course_id == course.external_id,
                enrolment.c.account_name == agent.c.account_name,
            ),
        )
        .where(agent.c.home_page.is_not(None))
        .subquery("sided")
    )


def _kind(current: Subquery, sites: Mapping[str, _Site]) -> ColumnElement[str]:
    pulled, pushed = current.c.pulled == 1, current.c.pushed == 1
    confirmed_to = _of_site(sites, "confirmed_to")
    told_otherwise = and_(enrolment.c.not_completed_since.is_not(None), enrolment.c.unseen_since.is_(None))
    return case(
        (and_(pushed, current.c.received < confirmed_to, told_otherwise), Kind.CONTRADICTED.value),
        (and_(pulled, pushed), Kind.BOTH.value),
        (pulled, Kind.PULL_ONLY.value),
        (current.c.received < confirmed_to, Kind.PUSH_ONLY.value),
        else_=Kind.UNCONFIRMED.value,
    )


def _of_site(sites: Mapping[str, _Site], name: str) -> ColumnElement[Any]:
    """What is known of the site of an agent; null where nothing is."""
    known = {home: value for home, site in sites.items() if (value := getattr(site, name)) is not None}
    unknown = cast(null(), BigInteger)
    return case(known, value=agent.c.home_page, else_=unknown) if known else unknown


def _by_account() -> Select[Any]:
    """home_page, kind (a field of AccountSides), number."""
    current, usernames = current_completions(), _usernames()
    one = (
        select(
            current.c.agent_id,
            func.max(current.c.pulled).label("pulled"),
            func.max(current.c.pushed).label("pushed"),
        )
        .group_by(current.c.agent_id)
        .subquery("one")
    )
    pulled, pushed = one.c.pulled == 1, one.c.pushed == 1
    kind = case(
        (and_(pulled, pushed), "both"),
        (pulled, "pull_only"),
        (account.c.id.is_not(None), "push_only"),
        (usernames.c.username.is_not(None), "usernames"),
        else_="unknown",
    ).label("kind")
    return (
        select(agent.c.home_page, kind, func.count().label("number"))
        .select_from(one)
        .join(agent, agent.c.id == one.c.agent_id)
        .outerjoin(account, account_of_agent())
        .outerjoin(
            usernames,
            and_(
                usernames.c.home_page == agent.c.home_page,
                usernames.c.username == func.lower(agent.c.account_name),
            ),
        )
        .where(agent.c.home_page.is_not(None))
        .group_by(agent.c.home_page, kind)
    )


def _usernames() -> Subquery:
    """home_page, username: of accounts that syncs saw. Joined, not looked up: there may be many of both."""
    return (
        select(account.c.home_page, account.c.username)
        .distinct()
        .where(account.c.username != "")
        .subquery("usernames")
    )


def _unproven() -> Select[Any]:
    """home_page, number."""
    return (
        select(platform_course.c.home_page, func.count().label("number"))
        .select_from(evidence)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .join(platform_course, platform_course.c.activity_iri == activity.c.iri)
        .where(says_completed(), evidence.c.level == PROVES_NOTHING, evidence.c.credential_id.is_not(None))
        .group_by(platform_course.c.home_page)
    )
