"""Who lies within whom: as it stands, and on every day as it was ever known (docs/decisions/0018)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from lrs.database import chunks
from mappings.days import bangkok_day, day_before
from mappings.stale import mark_units
from mappings.tables import membership, stale_person, unit, unit_path, unit_place

_Parents = Mapping[int, int | None]


class _Pair(NamedTuple):
    ancestor_id: int
    unit_id: int
    depth: int


def write_places(conn: Connection, new: set[int], moved: set[int], now: datetime) -> None:
    """Bring both closures up to date for units that are new or have another parent, and all below them.

    What moves lies in its old place until yesterday. New units, and those that had no parent before, lie
    where they are since ever: nothing is known of another place. People of what moves are marked stale.
    """
    if not new | moved:
        return
    parents = {row.id: row.parent_id for row in conn.execute(select(unit.c.id, unit.c.parent_id))}
    ways = {unit_id: list(_upwards(unit_id, parents)) for unit_id in parents}
    below = [unit_id for unit_id, way in ways.items() if not (new | moved).isdisjoint(way)]
    for some in chunks(below):
        wanted = [_Pair(up, one, depth) for one in some for depth, up in enumerate(ways[one])]
        conn.execute(delete(unit_path).where(unit_path.c.unit_id.in_(some)))
        bulk_insert(conn, (unit_path, wanted))
        _write_dated(conn, some, wanted, now)
    mark_units(conn, below[:1])
    known = [unit_id for unit_id in below if unit_id not in new]
    for some in chunks(known):
        there = select(membership.c.person_id).where(membership.c.unit_id.in_(some)).distinct()
        conn.execute(insert(stale_person).from_select(["person_id"], there))


def _upwards(unit_id: int | None, parents: _Parents) -> Iterator[int]:
    while unit_id is not None:
        yield unit_id
        unit_id = parents[unit_id]


def _write_dated(conn: Connection, units: Sequence[int], wanted: Sequence[_Pair], now: datetime) -> None:
    p, at, today = unit_place.c, to_micros(now), bangkok_day(now)
    lasting = (p.unit_id.in_(units), p.superseded_at.is_(None), p.valid_to.is_(None))
    held = {
        _Pair(row.ancestor_id, row.unit_id, row.depth): row
        for row in conn.execute(select(unit_place).where(*lasting))
    }
    kept = set(wanted)
    ended = {pair: row for pair, row in held.items() if pair not in kept}
    moved = {pair.unit_id for pair in ended}
    ids = [row.id for row in ended.values()]
    conn.execute(update(unit_place).where(p.id.in_(ids)).values(superseded_at=at))
    rows: list[tuple[object, ...]] = [
        (*pair, row.valid_from, day_before(today), at, None)
        for pair, row in ended.items()
        if row.valid_from is None or row.valid_from < today
    ]
    rows += [
        (*pair, today if pair.unit_id in moved else None, None, at, None)
        for pair in wanted
        if pair not in held
    ]
    bulk_insert(conn, (unit_place, rows))
