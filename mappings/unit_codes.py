"""The codes of units, dated: which unit a code means on a day, and what a file changes. Codes are text."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, select, update

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from mappings.days import day_before
from mappings.tables import unit_code


@dataclass(frozen=True, slots=True)
class DatedCode:
    """A code with its first and last day, both inclusive. No first day: it is the unit's code today."""

    code: str
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class HeldCode:
    """A code as the database has it."""

    id: int
    code: str
    valid_from: date
    valid_to: date | None

    def meets(self, other: DatedCode) -> bool:
        """Whether there is a day on which both hold."""
        first, last = other.valid_from or date.min, other.valid_to or date.max
        return self.valid_from <= last and first <= (self.valid_to or date.max)


@dataclass(slots=True)
class CodeChanges:
    """What codes are to become: `added` by unit (any key of the caller's), `dated` by row id."""

    added: list[tuple[str, str, date, date | None]] = field(default_factory=list)
    dated: dict[int, tuple[date, date | None]] = field(default_factory=dict)

    def plan(self, uid: str, wanted: Sequence[DatedCode], held: Sequence[HeldCode], today: date) -> bool:
        """Adds what makes the held codes of a unit the wanted ones; whether that is anything.

        A new code ends the one with as many digits that still lasts: schools have codes of ten, eight and
        six digits at once. Whoever wants to end a code without another gives its last day.
        """
        before = len(self.added) + len(self.dated)
        meant = _meant(wanted, held)
        for one in wanted:
            self._settle(uid, one, meant.get(one), today)
        kept = {row.id for row in meant.values()}
        for one in wanted:
            self._end_replaced(one, [row for row in held if row.id not in kept], today)
        return len(self.added) + len(self.dated) > before

    def _settle(self, uid: str, wanted: DatedCode, row: HeldCode | None, today: date) -> None:
        """Put the days right of the row that is meant; add one where there is none."""
        days = (wanted.valid_from or (row.valid_from if row else today), wanted.valid_to)
        if row is None:
            self.added.append((uid, wanted.code, *days))
        elif days != (row.valid_from, row.valid_to):
            self.dated[row.id] = days

    def _end_replaced(self, wanted: DatedCode, others: Iterable[HeldCode], today: date) -> None:
        if wanted.valid_to is not None:
            return
        for row in others:
            if row.valid_to is None and _sort(row.code) == _sort(wanted.code):
                self.dated[row.id] = (row.valid_from, day_before(wanted.valid_from or today))


def _meant(wanted: Sequence[DatedCode], held: Sequence[HeldCode]) -> dict[DatedCode, HeldCode]:
    """Which held row each wanted code means: the one with its first day, or one that it meets, or one that
    lasts, whose days were not known until now."""
    meant: dict[DatedCode, HeldCode] = {}
    tests: tuple[Callable[[DatedCode, HeldCode], bool], ...] = (
        lambda one, row: row.valid_from == one.valid_from,
        lambda one, row: row.meets(one) if one.valid_from else row.valid_to is None,
        lambda _, row: row.valid_to is None,
    )
    for fits in tests:
        for one in wanted:
            free = (row for row in held if row.code == one.code and row not in meant.values())
            if one not in meant and (row := next((row for row in free if fits(one, row)), None)):
                meant[one] = row
    return meant


def _sort(code: str) -> int:
    return len(code) if code.isdigit() else 0


def held_codes(conn: Connection) -> dict[int, list[HeldCode]]:
    """unit -> its codes of all days, oldest first."""
    columns = (unit_code.c.unit_id, unit_code.c.id, unit_code.c.code, unit_code.c.valid_from)
    found: dict[int, list[HeldCode]] = {}
    for unit_id, *values in conn.execute(select(*columns, unit_code.c.valid_to).order_by(unit_code.c.id)):
        found.setdefault(unit_id, []).append(HeldCode(*values))
    return found


def write_codes(
    conn: Connection, changes: CodeChanges, ids: Mapping[str, int], now: datetime, by: str
) -> None:
    """Write planned changes; `ids` turns the planner's keys into units."""
    if changes.dated:
        dated = update(unit_code).where(unit_code.c.id == bindparam("row_id"))
        rows = [{"row_id": id_, "first": days[0], "last": days[1]} for id_, days in changes.dated.items()]
        conn.execute(dated.values(valid_from=bindparam("first"), valid_to=bindparam("last")), rows)
    recorded = (to_micros(now), by)
    bulk_insert(conn, (unit_code, [(ids[uid], *values, *recorded) for uid, *values in changes.added]))


def units_by_code(conn: Connection, day: date) -> dict[str, int]:
    """Code -> unit, for the codes in force on a day; a code that several units have is left out."""
    rows = conn.execute(
        select(unit_code.c.code, unit_code.c.unit_id).where(
            unit_code.c.valid_from <= day,
            unit_code.c.valid_to.is_(None) | (unit_code.c.valid_to >= day),
        )
    )
    return only_one((row.code, row.unit_id) for row in rows)


def only_one(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """key -> unit, without the keys that several units have."""
    found: dict[str, int | None] = {}
    for key, unit_id in pairs:
        found[key] = unit_id if found.get(key, unit_id) == unit_id else None
    return {key: unit_id for key, unit_id in found.items() if unit_id is not None}
