"""What is a current completion of a course on a platform: one definition for every number and report (SQL).

At most one for each account and course, whoever told of it: a course-level statement that says so, proves
something and is not voided. Pulled statements are those that no credential stored, at the level of a
platform's interface; at another level no credential stored rows of files: no platform told of them.
"""

from sqlalchemy import ColumnElement, Subquery, and_, case, func, or_, select

from connector.sink import PLATFORM_API
from connector.tables import platform
from lrs.statement import PROVES_NOTHING
from lrs.tables import activity, agent, evidence, verb
from mappings.tables import account
from mappings.vocabulary import COMPLETED, COURSE_TYPES, MOODLE_MODULES, PASSED


def says_completed() -> ColumnElement[bool]:
    """Of evidence with its verb and activity: a course was completed, and nobody voided that."""
    return and_(
        verb.c.iri.in_((COMPLETED, PASSED)),
        evidence.c.activity_type.in_(COURSE_TYPES),
        activity.c.iri.not_like(MOODLE_MODULES),
        evidence.c.completion.is_not(False),
        evidence.c.success.is_not(False),
        evidence.c.voided_at.is_(None),
    )


def current_completions() -> Subquery:
    """One row an account and course: agent_id, activity_id; pulled and pushed (1 or 0); `at`, its earliest
    time; `received`, when the last pushed statement of it was stored (null: none).
    """
    by_pull = evidence.c.credential_id.is_(None)
    return (
        select(
            evidence.c.agent_id,
            evidence.c.activity_id,
            func.max(case((by_pull, 1), else_=0)).label("pulled"),
            func.max(case((by_pull, 0), else_=1)).label("pushed"),
            func.min(evidence.c.timestamp).label("at"),
            func.max(case((by_pull, None), else_=evidence.c.stored)).label("received"),
        )
        .join(verb, verb.c.id == evidence.c.verb_id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .where(says_completed(), evidence.c.level < PROVES_NOTHING)
        .where(or_(~by_pull, evidence.c.level == PLATFORM_API))
        .group_by(evidence.c.agent_id, evidence.c.activity_id)
        .subquery("current_completion")
    )


def is_counted() -> ColumnElement[bool]:
    """Of an agent beside its account, if any: of a site that was read to its end, who was seen there.

    Else a learner whom the site's plugin calls by another name than the sync does (a username, the made-up
    name of a deleted user) would count twice.
    """
    synced = select(platform.c.home_page).where(platform.c.compared_until.is_not(None))
    return or_(account.c.id.is_not(None), agent.c.home_page.not_in(synced))


def account_of_agent() -> ColumnElement[bool]:
    """Joins an agent to the account that a sync saw."""
    return and_(account.c.home_page == agent.c.home_page, account.c.name == agent.c.account_name)
