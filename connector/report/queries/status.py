"""How the connector itself is: what is stored, and what each course holds."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from connector.report.queries.completions import account_of_agent, current_completions, is_counted
from connector.report.queries.platforms import platform_names
from connector.tables import platform_course
from lrs.tables import activity, agent, statement
from mappings.people import AccountCounts, account_counts
from mappings.progress import many_joined
from mappings.tables import account


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
class Status:
    """Numbers only."""

    statements: int
    completions: tuple[CourseCount, ...]
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
    current = current_completions()
    query = (
        select(agent.c.home_page, activity.c.iri, func.count().label("number"))
        .select_from(current)
        .join(agent, agent.c.id == current.c.agent_id)
        .join(activity, activity.c.id == current.c.activity_id)
        .outerjoin(account, account_of_agent())
        .where(agent.c.home_page.is_not(None), is_counted())
        .group_by(agent.c.home_page, activity.c.iri)
    )
    with many_joined(conn):
        return {(row.home_page, row.iri): row.number for row in conn.execute(query)}
