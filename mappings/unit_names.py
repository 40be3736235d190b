"""The names of units: which unit a name means, aliases and former names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select, update

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from mappings.days import day_before
from mappings.tables import unit, unit_alias
from mappings.thai_text import arabic_digits, normalise
from mappings.unit_codes import only_one


def name_key(name: str) -> str:
    """A unit's name in the one spelling in which names are compared: case, spaces and the script of digits
    do not count ("สพป.ก เขต ๑" is "สพป. ก เขต 1")."""
    return arabic_digits(normalise(name)).casefold().replace(" ", "")


@dataclass(frozen=True, slots=True)
class HeldAlias:
    """An alias as the database has it."""

    id: int
    key: str
    valid_from: date
    valid_to: date | None


@dataclass(slots=True)
class NameChanges:
    """What aliases are to become: `added` by unit (any key of the caller's), `ended` by row id."""

    added: list[tuple[str, str, str, date, date | None]] = field(default_factory=list)
    ended: list[int] = field(default_factory=list)

    def plan(
        self, uid: str, name: str, wanted: Sequence[str], held: Sequence[HeldAlias], today: date
    ) -> bool:
        """Adds what makes the lasting aliases of a unit the wanted ones; whether that is anything.

        None wanted says nothing of them. The unit's own name is no alias.
        """
        if not wanted:
            return False
        keys = {name_key(alias): alias for alias in wanted}
        keys.pop(name_key(name), None)
        lasting = {row.key: row.id for row in held if row.valid_to is None}
        new = [(uid, alias, key, today, None) for key, alias in keys.items() if key not in lasting]
        gone = [id_ for key, id_ in lasting.items() if key not in keys]
        self.added += new
        self.ended += gone
        return bool(new or gone)

    def rename(self, uid: str, old: str, since: date, held: Sequence[HeldAlias], today: date) -> None:
        """Keep a former name, from the day it can be told to have begun to yesterday."""
        first = max([since, *(row.valid_from for row in held if row.valid_to is not None)])
        self.added.append((uid, old, name_key(old), min(first, day_before(today)), day_before(today)))


def held_aliases(conn: Connection) -> dict[int, list[HeldAlias]]:
    """unit -> its aliases of all days."""
    columns = (unit_alias.c.unit_id, unit_alias.c.id, unit_alias.c.name_key)
    found: dict[int, list[HeldAlias]] = {}
    for unit_id, *values in conn.execute(select(*columns, unit_alias.c.valid_from, unit_alias.c.valid_to)):
        found.setdefault(unit_id, []).append(HeldAlias(*values))
    return found


def write_aliases(
    conn: Connection, changes: NameChanges, ids: Mapping[str, int], today: date, now: datetime, by: str
) -> None:
    """Write planned changes; `ids` turns the planner's keys into units."""
    if changes.ended:
        ended = update(unit_alias).where(unit_alias.c.id == bindparam("row_id"))
        rows = [{"row_id": row_id} for row_id in changes.ended]
        conn.execute(ended.values(valid_to=day_before(today)), rows)
    recorded = (to_micros(now), by)
    bulk_insert(conn, (unit_alias, [(ids[uid], *values, *recorded) for uid, *values in changes.added]))


def units_by_name(conn: Connection, day: date) -> dict[str, int]:
    """`name_key` of a name -> unit; a name that several units have is left out.

    The names and aliases of a day win; a name of another time counts where nobody has it on that day, for
    people go on using former names.
    """
    names = [(name_key(row.name_th), row.id) for row in conn.execute(select(unit.c.id, unit.c.name_th))]
    then: list[tuple[str, int]] = []
    other: list[tuple[str, int]] = []
    for unit_id, aliases in held_aliases(conn).items():
        for row in aliases:
            in_force = row.valid_from <= day and (row.valid_to is None or row.valid_to >= day)
            (then if in_force else other).append((row.key, unit_id))
    borne = {key for key, _ in (*names, *then)}
    return only_one(pair for pair in other if pair[0] not in borne) | only_one((*names, *then))
