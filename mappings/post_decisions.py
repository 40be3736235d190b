"""What people decided about posts that the shipped table does not know, and how a post is classified by both."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, select

from mappings.positions import post_key, shipped_positions
from mappings.tables import post_decision


class Classified(NamedTuple):
    """The group of a post: M, A, S, T, or None (outside the framework); `basis`: position | decision."""

    group: str | None
    basis: str


Classify = Callable[[str, str], Classified | None]
"""(line, position) as a roster writes them -> its group; None: unclassified. Pure: same post, same answer."""


def classifier(conn: Connection) -> Classify:
    """The shipped table and what is decided now. Reads once; classify each distinct post of a file once."""
    open_ones = select(post_decision).where(post_decision.c.ended_at.is_(None))
    decided = {post_key(row.line, row.position): row.group_code for row in conn.execute(open_ones)}
    table = shipped_positions()

    def classify(line: str, position: str) -> Classified | None:
        key = post_key(line, position)
        if key in decided:
            return Classified(decided[key], "decision")
        group = table.group(line, position)
        return None if group is None else Classified(group, "position")

    return classify
