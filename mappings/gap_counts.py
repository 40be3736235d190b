"""Counts of evidence by activity, so that gaps in the mappings are found without reading all of it each time.

A small store is counted whenever it is asked about; of a large one the counts of the last night are kept. The
SELECTs are the same.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, Subquery, and_, delete, distinct, func, insert, or_, select

from lrs.bulk import bulk_insert
from lrs.clock import from_micros_or_none, to_micros
from lrs.database import read_only
from lrs.statement import PROVES_NOTHING
from lrs.tables import activity, evidence, verb
from mappings import vocabulary
from mappings.tables import activity_completions, activity_count, activity_evidence

FEW = 100_000
"""So many statements are counted at once, without anybody waiting for it."""

COMPLETING = (vocabulary.COMPLETED, vocabulary.PASSED)
"""Verbs that say of a course that it is done, whatever a mapping asks for."""


class Counts:
    """Where the counts are read: `by_verb` has activity_evidence's columns, `completed` those of
    activity_completions. `counted_at` None: a large store that was never counted."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self.by_verb: Subquery
        self.completed: Subquery
        if (conn.execute(select(func.max(evidence.c.seq))).scalar() or 0) <= FEW:
            self.by_verb, self.completed = _by_verb().subquery("counted"), _completed().subquery("completed")
            self.counted_at: datetime | None = now
            return
        self.by_verb = select(activity_evidence).subquery("counted")
        self.completed = select(activity_completions).subquery("completed")
        at = conn.execute(select(activity_count.c.counted_at)).scalar()
        self.counted_at = from_micros_or_none(at)


def keep_counts(engine: Engine, now: datetime) -> None:
    """Count everything anew. Reads for long and writes for a moment."""
    with read_only(engine).begin() as conn:
        kept = [
            (table, [tuple(row) for row in conn.execute(query)])
            for table, query in ((activity_evidence, _by_verb()), (activity_completions, _completed()))
        ]
    with engine.begin() as conn:
        for table, rows in kept:
            conn.execute(delete(table))
            bulk_insert(conn, (table, rows))
        conn.execute(delete(activity_count))
        conn.execute(insert(activity_count).values(id=1, counted_at=to_micros(now)))


def _by_verb() -> Select[Any]:
    """In the order of activity_evidence's columns."""
    e = evidence.c
    good = and_(func.coalesce(e.completion, True), func.coalesce(e.success, True)).label("good")
    return (
        select(
            e.activity_id,
            e.verb_id,
            e.level,
            good,
            func.count().label("statements"),
            func.max(e.score_scaled).label("best_score"),
        )
        .where(e.object_type == "activity", e.voided_at.is_(None), e.level < PROVES_NOTHING)
        .group_by(e.activity_id, e.verb_id, e.level, good)
    )


def _completed() -> Select[Any]:
    """In the order of activity_completions' columns. What says nothing of its type may be a course."""
    e = evidence.c
    done = select(verb.c.id).where(verb.c.iri.in_(COMPLETING)).scalar_subquery()
    module = select(activity.c.id).where(activity.c.iri.like(vocabulary.MOODLE_MODULES))
    return (
        select(
            e.activity_id,
            func.count().label("completions"),
            func.count(distinct(e.agent_id)).label("learners"),
            func.max(e.timestamp).label("last_at"),
        )
        .where(
            e.verb_id.in_(done),
            e.object_type == "activity",
            e.voided_at.is_(None),
            e.level < PROVES_NOTHING,
            or_(e.activity_type.is_(None), e.activity_type.in_(vocabulary.COURSE_TYPES)),
            e.completion.is_not(False),
            e.success.is_not(False),
            e.activity_id.not_in(module),
        )
        .group_by(e.activity_id)
    )
