"""The organisation: units with parents, dated codes and names; the closure makes a subtree one join."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, select, update

from lrs.bulk import bulk_insert
from lrs.clock import from_micros, to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day
from mappings.imported import ImportReport, Refusal
from mappings.tables import unit
from mappings.thai_text import sort_key
from mappings.unit_codes import CodeChanges, DatedCode, held_codes, units_by_code, write_codes
from mappings.unit_names import (
    NameChanges,
    held_aliases,
    name_key,
    units_by_name,
    write_aliases,
)
from mappings.unit_places import write_places

__all__ = [
    "KINDS",
    "DatedCode",
    "KnownUnit",
    "UnitRow",
    "check_units",
    "import_units",
    "known_units",
    "name_key",
    "units_by_code",
    "units_by_name",
]

TOP = "obec"
KINDS = (TOP, "bureau", "area_office", "school")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as a file says it; `row` is its place in the file. Codes are text: "0105" is not 105.

    `code` is today's code, `codes` are others and dated ones; none at all says nothing of the unit's codes.
    So it is with `aliases`. Where `parent_said` is false the file says nothing of parents: a known unit stays
    where it is, and a new one lies in the only unit of the kind obec, if there is one.
    """

    uid: str
    kind: str
    name_th: str
    parent_uid: str | None
    code: str | None
    row: int = 0
    codes: tuple[DatedCode, ...] = ()
    aliases: tuple[str, ...] = ()
    parent_said: bool = True

    def all_codes(self) -> list[DatedCode]:
        """The codes, each once."""
        own = () if self.code is None else (DatedCode(self.code),)
        return list(dict.fromkeys((*own, *self.codes)))


@dataclass(slots=True)
class _Plan:
    """What the rows change: nothing is written yet."""

    new: list[UnitRow] = field(default_factory=list)
    # Units whose own fields change, with those fields.
    changed: list[tuple[UnitRow, list[str]]] = field(default_factory=list)
    codes: CodeChanges = field(default_factory=CodeChanges)
    names: NameChanges = field(default_factory=NameChanges)
    log: list[Change] = field(default_factory=list)
    report: ImportReport = field(default_factory=lambda: ImportReport(0, 0, 0))


def check_units(conn: Connection, rows: Sequence[UnitRow], now: datetime) -> ImportReport:
    """What `import_units` would do; nothing is written."""
    return _plan(conn, rows, _held(conn), now).report


def import_units(conn: Connection, rows: Sequence[UnitRow], now: datetime, by: str) -> ImportReport:
    """Bring the units to what the rows say; units that no row names stay as they are.

    A new code ends the one of as many digits the day before, and a new name makes the old one an alias until
    then. Refused: a row whose parent is neither here nor among the rows, or that would lie within itself.
    """
    held = _held(conn)
    plan = _plan(conn, rows, held, now)
    if plan.log:
        _write_new(conn, plan.new, {uid: row.id for uid, row in held.items()}, now, by)
        ids = _ids(conn)
        _write_changed(conn, [row for row, _ in plan.changed], ids, now, by)
        write_codes(conn, plan.codes, ids, now, by)
        write_aliases(conn, plan.names, ids, bangkok_day(now), now, by)
        moved = {ids[row.uid] for row, fields in plan.changed if "parent_id" in fields}
        write_places(conn, {ids[row.uid] for row in plan.new}, moved, now)
        log_changes(conn, plan.log, now, by)
    return plan.report


def _held(conn: Connection) -> dict[str, Row[Any]]:
    return {row.uid: row for row in conn.execute(select(unit))}


def _ids(conn: Connection) -> dict[str, int]:
    return {row.uid: row.id for row in conn.execute(select(unit.c.uid, unit.c.id))}


def _plan(conn: Connection, rows: Sequence[UnitRow], held: Mapping[str, Row[Any]], now: datetime) -> _Plan:
    today = bangkok_day(now)
    uids = {row.id: uid for uid, row in held.items()}
    codes, aliases = held_codes(conn), held_aliases(conn)
    plan = _Plan()
    rows = _with_parents(rows, held, uids)
    taken, refused = _sound(rows, {uid: uids.get(row.parent_id) for uid, row in held.items()})
    for row in taken:
        old = held.get(row.uid)
        old_id = -1 if old is None else old.id
        fields = [] if old is None else _changed_fields(row, old, uids)
        if old is None:
            plan.new.append(row)
        elif fields:
            plan.changed.append((row, list(fields)))
            if "name_th" in fields and name_key(old.name_th) != name_key(row.name_th):
                since = bangkok_day(from_micros(old.recorded_at))
                plan.names.rename(row.uid, old.name_th, since, aliases.get(old_id, ()), today)
        if plan.codes.plan(row.uid, row.all_codes(), codes.get(old_id, ()), today):
            fields.append("code")
        if plan.names.plan(row.uid, row.name_th, row.aliases, aliases.get(old_id, ()), today):
            fields.append("aliases")
        if old is None:
            plan.log.append(Change("add", "unit", row.uid))
        elif fields:
            plan.log.append(Change("change", "unit", row.uid, " ".join(fields)))
    changed = len(plan.log) - len(plan.new)
    plan.report = ImportReport(len(plan.new), changed, len(taken) - len(plan.log), refused)
    return plan


def _with_parents(
    rows: Sequence[UnitRow], held: Mapping[str, Row[Any]], uids: Mapping[int, str]
) -> Sequence[UnitRow]:
    if all(row.parent_said for row in rows):
        return rows
    tops = {uid for uid, row in held.items() if row.kind == TOP} | {
        row.uid for row in rows if row.kind == TOP
    }
    top = tops.pop() if len(tops) == 1 else None
    parents = {uid: uids.get(row.parent_id) for uid, row in held.items()}
    if top is not None:
        parents.setdefault(top, None)
    return [row if row.parent_said else replace(row, parent_uid=parents.get(row.uid, top)) for row in rows]


def _changed_fields(row: UnitRow, old: Row[Any], uids: Mapping[int, str]) -> list[str]:
    pairs = (
        ("kind", row.kind, old.kind),
        ("name_th", row.name_th, old.name_th),
        ("parent_id", row.parent_uid, uids.get(old.parent_id)),
    )
    return [name for name, wanted, was in pairs if wanted != was]


def _sound(
    rows: Sequence[UnitRow], parents: Mapping[str, str | None]
) -> tuple[list[UnitRow], tuple[Refusal, ...]]:
    """The rows whose line of parents ends at a top; a refused parent takes what lies below with it."""
    parents = {**parents, **{row.uid: row.parent_uid for row in rows}}
    taken, refused = [], []
    for row in rows:
        reason = _fault(row.uid, parents)
        if reason is None:
            taken.append(row)
        else:
            refused.append(Refusal(row.row, "parent_uid", row.parent_uid or "", reason))
    return taken, tuple(refused)


def _fault(uid: str, parents: Mapping[str, str | None]) -> str | None:
    seen = {uid}
    above = parents[uid]
    while above is not None:
        if above in seen:
            return "the unit would lie within itself"
        if above not in parents:
            return "this unit, or one above it, has a parent that does not exist"
        seen.add(above)
        above = parents[above]
    return None


def _write_new(
    conn: Connection, rows: Sequence[UnitRow], ids: Mapping[str, int], now: datetime, by: str
) -> None:
    """Level by level from the top: a file may name a child first."""
    recorded = (to_micros(now), by)
    known: Mapping[str, int | None] = {**ids}
    while rows:
        ready = [row for row in rows if row.parent_uid is None or row.parent_uid in known]
        values = [
            (
                row.uid,
                row.kind,
                None if row.parent_uid is None else known[row.parent_uid],
                row.name_th,
                sort_key(row.name_th),
                *recorded,
            )
            for row in ready
        ]
        bulk_insert(conn, (unit, values))
        rows = [row for row in rows if not (row.parent_uid is None or row.parent_uid in known)]
        known = _ids(conn) if rows else known


def _write_changed(
    conn: Connection, rows: Sequence[UnitRow], ids: Mapping[str, int], now: datetime, by: str
) -> None:
    if not rows:
        return
    values = [
        {
            "row_id": ids[row.uid],
            "new_kind": row.kind,
            "new_name": row.name_th,
            "new_key": sort_key(row.name_th),
            "new_parent": None if row.parent_uid is None else ids[row.parent_uid],
        }
        for row in rows
    ]
    changed = update(unit).where(unit.c.id == bindparam("row_id"))
    conn.execute(
        changed.values(
            kind=bindparam("new_kind"),
            name_th=bindparam("new_name"),
            sort_key=bindparam("new_key"),
            parent_id=bindparam("new_parent"),
            recorded_at=to_micros(now),
            recorded_by=by,
        ),
        values,
    )


class KnownUnit(NamedTuple):
    """A unit that is there: its own lasting name and its parent's."""

    uid: str
    parent_uid: str | None


def known_units(conn: Connection, day: date) -> tuple[dict[str, KnownUnit], dict[str, KnownUnit]]:
    """All units by uid, and by each code that means one of them on a day."""
    rows = conn.execute(select(unit.c.id, unit.c.uid, unit.c.parent_id)).all()
    uids = {row.id: row.uid for row in rows}
    units = {row.id: KnownUnit(row.uid, uids.get(row.parent_id)) for row in rows}
    by_code = {code: units[unit_id] for code, unit_id in units_by_code(conn, day).items()}
    return {one.uid: one for one in units.values()}, by_code
