"""Who is whom since persons were merged; `mappings.merges` merges them."""

from collections.abc import Mapping

from sqlalchemy import Connection, select

from mappings.tables import person_merge


def merged_into(conn: Connection) -> Mapping[int, int]:
    """person merged away -> the person who stands for them now, at the end of the chain."""
    rows = conn.execute(
        select(person_merge.c.from_id, person_merge.c.into_id).where(person_merge.c.undone_at.is_(None))
    )
    into = {row.from_id: row.into_id for row in rows}
    return {person_id: _last(into, person_id) for person_id in into}


def _last(into: Mapping[int, int], person_id: int) -> int:
    while person_id in into:
        person_id = into[person_id]
    return person_id
