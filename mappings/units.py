"""The organisation: units with parents and dated codes, and the closure that makes a subtree one join."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from lrs.clock import to_micros
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.imported import ImportReport, Refusal
from mappings.tables import unit, unit_code, unit_path
from mappings.thai_text import sort_key

KINDS = ("obec", "bureau", "area_office", "school")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A unit as a file says it; `row` is its place in the file. Codes are text: "0105" is not 105."""

    uid: str
    kind: str
    name_th: str
    parent_uid: str | None
    code: str | None
    row: int = 0


def import_units(conn: Connection, rows: Sequence[UnitRow], now: datetime, by: str) -> ImportReport:
    """Bring the units to what the rows say; units that no row names stay as they are.

    A changed code ends the old one the day before. Refused: a row whose parent is neither here nor among
    the rows, or that would lie within itself.
    """
    held = {row.uid: row for row in conn.execute(select(unit))}
    taken, refused = _sound(rows, held)
    log: list[Change] = []
    _write_units(conn, taken, held, now, by, log)
    _write_codes(conn, taken, now, by, log)
    if log:
        _write_paths(conn)
        log_changes(conn, log, now, by)
    added = sum(row.uid not in held for row in taken)
    changed = len({change.subject_id for change in log}) - added
    return ImportReport(added, changed, len(taken) - added - changed, refused)


def _sound(
    rows: Sequence[UnitRow], held: Mapping[str, Row[Any]]
) -> tuple[list[UnitRow], tuple[Refusal, ...]]:
    """The rows whose line of parents ends at a top; a refused parent takes what lies below with it."""
    uids = {row.id: uid for uid, row in held.items()}
    parents = {uid: uids.get(row.parent_id) for uid, row in held.items()}
    parents |= {row.uid: row.parent_uid for row in rows}
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


def _write_units(
    conn: Connection,
    rows: Sequence[UnitRow],
    held: Mapping[str, Row[Any]],
    now: datetime,
    by: str,
    log: list[Change],
) -> None:
    recorded = {"recorded_at": to_micros(now), "recorded_by": by}
    new = [row for row in rows if row.uid not in held]
    if new:
        values = [
            {"uid": row.uid, "kind": row.kind, "name_th": row.name_th, "sort_key": sort_key(row.name_th)}
            for row in new
        ]
        conn.execute(insert(unit), [value | recorded for value in values])
        log.extend(Change("add", "unit", row.uid) for row in new)
    # Parents once all are there: a file may name a child first.
    ids = {row.uid: row.id for row in conn.execute(select(unit.c.uid, unit.c.id))}
    for row in rows:
        parent_id = ids[row.parent_uid] if row.parent_uid is not None else None
        wanted = {"kind": row.kind, "name_th": row.name_th, "parent_id": parent_id}
        old = held.get(row.uid)
        was = {"kind": row.kind, "name_th": row.name_th, "parent_id": None} if old is None else old._asdict()
        fields = [field for field, value in wanted.items() if was[field] != value]
        if fields:
            changed = wanted | {"sort_key": sort_key(row.name_th)} | recorded
            conn.execute(update(unit).where(unit.c.uid == row.uid).values(**changed))
        if fields and old is not None:
            log.append(Change("change", "unit", row.uid, " ".join(fields)))


def _write_codes(
    conn: Connection, rows: Sequence[UnitRow], now: datetime, by: str, log: list[Change]
) -> None:
    day = bangkok_day(now)
    ids = {row.uid: row.id for row in conn.execute(select(unit.c.uid, unit.c.id))}
    held = {row.unit_id: row for row in conn.execute(select(unit_code).where(unit_code.c.valid_to.is_(None)))}
    new = []
    for row in rows:
        old = held.get(ids[row.uid])
        if (old.code if old is not None else None) == row.code:
            continue
        if old is not None:
            ended = update(unit_code).where(unit_code.c.id == old.id)
            conn.execute(ended.values(valid_to=day_before(day)))
            log.append(Change("change", "unit", row.uid, "code"))
        if row.code is not None:
            new.append({"unit_id": ids[row.uid], "code": row.code, "valid_from": day})
    if new:
        recorded = {"recorded_at": to_micros(now), "recorded_by": by}
        conn.execute(insert(unit_code), [values | recorded for values in new])


def _write_paths(conn: Connection) -> None:
    parents = {row.id: row.parent_id for row in conn.execute(select(unit.c.id, unit.c.parent_id))}
    rows = [
        {"ancestor_id": above, "unit_id": unit_id, "depth": depth}
        for unit_id in parents
        for depth, above in enumerate(_upwards(unit_id, parents))
    ]
    conn.execute(delete(unit_path))
    conn.execute(insert(unit_path), rows)


def _upwards(unit_id: int | None, parents: Mapping[int, int | None]) -> Iterator[int]:
    while unit_id is not None:
        yield unit_id
        unit_id = parents[unit_id]


def units_by_code(conn: Connection, day: date) -> dict[str, int]:
    """Code -> unit, for the codes in force on a day; a code that several units have is left out."""
    rows = conn.execute(
        select(unit_code.c.code, unit_code.c.unit_id).where(
            unit_code.c.valid_from <= day,
            unit_code.c.valid_to.is_(None) | (unit_code.c.valid_to >= day),
        )
    ).all()
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row.code, set()).add(row.unit_id)
    return {code: units.pop() for code, units in found.items() if len(units) == 1}
