"""What a framework asks of whom."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, false, or_, select

from mappings.tables import requirement

Required = Mapping[str, frozenset[int]]
"""Group -> the competencies asked of its people."""


def valid_on(table: FromClause, day: date) -> ColumnElement[bool]:
    """Rows of a dated table that hold on a day; both ends are inclusive."""
    c = table.c
    return (c.valid_from <= day) & or_(c.valid_to.is_(None), c.valid_to >= day)


def read_required(conn: Connection, framework_id: int | None) -> dict[str, frozenset[int]]:
    """No person has a stage: an item that any stage asks of a group is asked of its people."""
    c = requirement.c
    found: dict[str, set[int]] = {}
    for row in conn.execute(
        select(c.group_code, c.competency_id).where(c.framework_id == framework_id).distinct()
    ):
        found.setdefault(row.group_code, set()).add(row.competency_id)
    return {group: frozenset(ids) for group, ids in found.items()}


def alike(required: Required) -> dict[frozenset[int], list[str]]:
    """The same, by what is asked: groups that are asked the same share one entry."""
    found: dict[frozenset[int], list[str]] = {}
    for group, ids in sorted(required.items()):
        found.setdefault(ids, []).append(group)
    return found


def is_required(
    required: Required, group_code: ColumnElement[Any], item_id: ColumnElement[Any]
) -> ColumnElement[bool]:
    """Whether an item is asked of a group, written out."""
    terms = alike(required).items()
    return or_(false(), *(group_code.in_(groups) & item_id.in_(sorted(ids)) for ids, groups in terms))
