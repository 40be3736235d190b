"""Whose people are whose: what an office sees, and may decide on, hangs on it."""

from typing import Any

from sqlalchemy import Select, exists, or_, select

from mappings.tables import membership, unit_path


def people_of_unit(unit_id: int) -> Select[Any]:
    """person_id of who works within a unit's subtree, or worked there and works nowhere now."""
    m, later = membership.c, membership.alias("later")
    works = exists().where(later.c.person_id == m.person_id, later.c.valid_to.is_(None))
    path = unit_path.alias("of_unit")
    return (
        select(m.person_id)
        .join(path, path.c.unit_id == m.unit_id)
        .where(path.c.ancestor_id == unit_id, or_(m.valid_to.is_(None), ~works))
    )
