"""How the connector itself is: what is stored, what each course holds, how each sync went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from connector.report.queries.platforms import platform_names
from connector.tables import platform, platform_course, sync_run
from lrs.clock import from_micros
from lrs.tables import activity, agent, evidence, statement, verb
from mappings.people import AccountCounts, account_counts
from mappings.vocabulary import COMPLETED, COURSE_TYPES, PASSED

# Level 9 is stored and proves nothing (see lrs.tables): it is no completion.
PROVES_NOTHING = 9


@dataclass(frozen=True, slots=True)
class CourseCount:
    """Current completions of a course: at most one for each account.

    `external_id` None: the course was only ever named by statements sent to us.
    """

    platform_name: str | None
    home_page: str
    external_id: str | None
    shortname: str
    idnumber: str
    title: str
    completions: int


@dataclass(frozen=True, slots=True)
class LastSync:
    """The latest run of a platform, and the latest one that went well. Times None: never."""

    platform_name: str
    kind: str
    home_page: str
    started_at: datetime | None
    finished_at: datetime | None
    learners: int
    courses: int
    completions: int
    written: int
    voided: int
    error: str | None
    error_is_permanent: bool
    succeeded_at: datetime | None


@dataclass(frozen=True, slots=True)
class Status:
    """Numbers only."""

    statements: int
    completions: tuple[CourseCount, ...]
    syncs: tuple[LastSync, ...]
    accounts: AccountCounts

    @property
    def current_completions(self) -> int:
        """Of all courses."""
        return sum(one.completions for one in self.completions)


def read_status(conn: Connection) -> Status:
    """All of it."""
    return Status(
        statements=conn.execute(select(func.count()).select_from(statement)).scalar_one(),
        completions=tuple(_completions(conn)),
        syncs=tuple(_syncs(conn)),
        accounts=account_counts(conn),
    )


def _completions(conn: Connection) -> list[CourseCount]:
    """Every course seen on a platform, those without a completion too; then those only told of."""
    counts, names = _counted(conn), platform_names()
    rows = conn.execute(
        select(platform_course, names.c.name.label("platform_name"))
        .outerjoin(names, names.c.home_page == platform_course.c.home_page)
        .order_by(platform_course.c.home_page, platform_course.c.shortname, platform_course.c.id)
    )
    seen = [
        CourseCount(
            platform_name=row.platform_name,
            home_page=row.home_page,
            external_id=row.external_id,
            shortname=row.shortname,
            idnumber=row.idnumber,
            title=row.title,
            completions=counts.pop((row.home_page, row.activity_iri), 0),
        )
        for row in rows
    ]
    told = [CourseCount(None, home, None, "", "", iri, number) for (home, iri), number in counts.items()]
    return seen + sorted(told, key=lambda one: (one.home_page, one.title))


def _counted(conn: Connection) -> dict[tuple[str, str], int]:
    rows = conn.execute(
        select(agent.c.home_page, activity.c.iri, func.count(agent.c.id.distinct()).label("number"))
        .select_from(evidence)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .where(
            verb.c.iri.in_((COMPLETED, PASSED)),
            evidence.c.activity_type.in_(COURSE_TYPES),
            evidence.c.voided_at.is_(None),
            evidence.c.level < PROVES_NOTHING,
            agent.c.home_page.is_not(None),
        )
        .group_by(agent.c.home_page, activity.c.iri)
    )
    return {(row.home_page, row.iri): row.number for row in rows}


def _syncs(conn: Connection) -> list[LastSync]:
    run = sync_run.c
    last = select(run.platform_id, func.max(run.id).label("id")).group_by(run.platform_id).subquery("last")
    good = (
        select(run.platform_id, func.max(run.finished_at).label("succeeded_at"))
        .where(run.error.is_(None))
        .group_by(run.platform_id)
        .subquery("good")
    )
    rows = conn.execute(
        select(platform.c.name, platform.c.kind, platform.c.home_page, sync_run, good.c.succeeded_at)
        .select_from(platform)
        .outerjoin(last, last.c.platform_id == platform.c.id)
        .outerjoin(sync_run, and_(run.id == last.c.id))
        .outerjoin(good, good.c.platform_id == platform.c.id)
        .order_by(platform.c.name)
    )
    return [_last_sync(row) for row in rows]


def _last_sync(row: Any) -> LastSync:
    return LastSync(
        platform_name=row.name,
        kind=row.kind,
        home_page=row.home_page,
        started_at=_moment(row.started_at),
        finished_at=_moment(row.finished_at),
        learners=row.learners_seen or 0,
        courses=row.courses_seen or 0,
        completions=row.completions_seen or 0,
        written=row.statements_written or 0,
        voided=row.statements_voided or 0,
        error=row.error,
        error_is_permanent=bool(row.error_is_permanent),
        succeeded_at=_moment(row.succeeded_at),
    )


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
