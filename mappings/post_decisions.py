"""What people decide about posts that the shipped table does not know, and how a post is classified by both.

A post is a line and a position as a roster writes them, in one spelling. What is decided counts for everybody
who holds the post now, from today on, and for those of the next rosters. Groups that a roster gave, and those
that were assigned to a person by name, stay.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.errors import MappingError
from mappings.group_assignments import reclassify
from mappings.positions import PostKey, post_key, shipped_positions
from mappings.tables import post_decision
from mappings.thai_text import normalise


class Classified(NamedTuple):
    """The group of a post: M, A, S, T, or None (outside the framework); `basis`: position | decision."""

    group: str | None
    basis: str


Classify = Callable[[str, str], Classified | None]
"""(line, position) as a roster writes them -> its group; None: unclassified. Pure: same post, same answer."""


def classifier(conn: Connection) -> Classify:
    """The shipped table and what is decided now. Reads once; classify each distinct post of a file once.

    What is decided about this very post goes first, then the table, then what is decided about the position
    where no line was given.
    """
    decided, table = _decided(conn), shipped_positions()

    def classify(line: str, position: str) -> Classified | None:
        key = post_key(line, position)
        if key in decided:
            return Classified(decided[key], "decision")
        if rule := table.rule(line, position):
            return Classified(rule.group, "position")
        lineless = ("", key[1])
        return Classified(decided[lineless], "decision") if lineless in decided else None

    return classify


def decide(
    conn: Connection, line: str, position: str, group: str | None, reason: str, now: datetime, by: str
) -> int:
    """Put a post into a group (None: outside the framework) from today on; how many people that changed.

    It replaces what was decided about the post before. Raises MappingError for a post without a position.
    """
    key = post_key(line, position)
    if not key[1]:
        raise MappingError("a post without a position cannot be decided: correct it in the roster")
    for row in conn.execute(select(post_decision).where(post_decision.c.ended_at.is_(None))):
        if post_key(row.line, row.position) == key:
            _end(conn, row.id, now)
    values = {"line": normalise(line), "position": normalise(position), "group_code": group, "reason": reason}
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    stored = insert(post_decision).values(**values, **recorded).returning(post_decision.c.id)
    decision_id = conn.execute(stored).scalar_one()
    log_changes(conn, [Change("decide", "post", str(decision_id), reason)], now, by)
    return reclassify(conn, key[1], classifier(conn), now, by)


def undo(conn: Connection, decision_id: int, reason: str, now: datetime, by: str) -> int:
    """Take back what was decided; how many people that changed. Raises MappingError if it stands no more."""
    query = select(post_decision).where(post_decision.c.id == decision_id, post_decision.c.ended_at.is_(None))
    row = conn.execute(query).first()
    if row is None:
        raise MappingError(f"decision {decision_id}: it stands no more, so there is nothing to undo")
    _end(conn, decision_id, now)
    log_changes(conn, [Change("undo", "post", str(decision_id), reason)], now, by)
    return reclassify(conn, post_key(row.line, row.position)[1], classifier(conn), now, by)


def _decided(conn: Connection) -> Mapping[PostKey, str | None]:
    rows = conn.execute(select(post_decision).where(post_decision.c.ended_at.is_(None)))
    return {post_key(row.line, row.position): row.group_code for row in rows}


def _end(conn: Connection, decision_id: int, now: datetime) -> None:
    conn.execute(
        update(post_decision).where(post_decision.c.id == decision_id).values(ended_at=to_micros(now))
    )
