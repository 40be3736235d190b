"""Persons with their posts and groups, as rosters say them; all dated, so that old reports stay true.

Persons come from rosters only. A person is known again by the keyed hash of the national id, or, where
the roster gives none, by the same name in the same unit.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, bindparam, insert, select, update

from lrs.clock import to_micros
from lrs.database import chunks
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day, day_before
from mappings.imported import ImportReport, Refusal
from mappings.national_ids import IdHash, rekey
from mappings.post_decisions import Classify, classifier
from mappings.stale import mark_persons
from mappings.tables import group_assignment, membership, person
from mappings.thai_text import normalise, sort_key
from mappings.units import units_by_code

UNIT_COLUMN = "รหัสโรงเรียน"
"""The roster's column that says where a person works; refusals name it."""

OUTSIDE = "-"
"""In the group column: outside the framework, in no denominator."""

_ROWS_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person as a roster says; `row` is the place in the file.

    `group` is M, A, S, T, "-" (outside the framework) or None: then the table of positions decides, and a
    post that it does not know stays unclassified. `id_key` and `id_before` as in
    `mappings.national_ids.IdHash`.
    """

    prefix: str
    given_name: str
    family_name: str
    position: str
    rank: str
    line: str
    group: str | None
    unit_code: str
    id_hmac: str | None
    id_last4: str | None
    row: int = 0
    id_key: str | None = None
    id_before: str | None = None

    def national_id(self) -> IdHash | None:
        """What stands for the national id."""
        return IdHash(self.id_hmac, self.id_key, self.id_before) if self.id_hmac else None

    def name(self) -> tuple[str, str]:
        """Given and family name in one spelling."""
        return normalise(self.given_name), normalise(self.family_name)

    def details(self) -> dict[str, str]:
        """What the person's own record keeps of the row."""
        names = {"given_name": self.given_name, "family_name": self.family_name}
        return {"prefix_th": self.prefix, **names, "sort_key": sort_key(*self.name())}

    def post(self) -> dict[str, str]:
        """What the membership keeps of the row."""
        return {"position_th": self.position, "rank_th": self.rank, "line": self.line}

    def classified(self, classify: Classify) -> dict[str, str | None] | None:
        """The group and how it was decided; None: unclassified."""
        if self.group is not None:
            return {"group_code": None if self.group == OUTSIDE else self.group, "basis": "roster"}
        found = classify(self.line, self.position)
        return None if found is None else {"group_code": found.group, "basis": found.basis}


@dataclass(slots=True)
class _Batch:
    """The writes that some rows lead to, gathered so that each table is written in one go."""

    day: date
    recorded: dict[str, object]
    classify: Classify
    persons: list[dict[str, object]] = field(default_factory=list)
    memberships: list[dict[str, object]] = field(default_factory=list)
    groups: list[dict[str, object]] = field(default_factory=list)
    ended: dict[Table, list[int]] = field(default_factory=lambda: {membership: [], group_assignment: []})
    log: list[Change] = field(default_factory=list)


def import_roster(conn: Connection, rows: Sequence[PersonRow], now: datetime, by: str) -> ImportReport:
    """Bring persons, memberships and groups to what the rows say, from today in Bangkok on.

    A moved person's old membership ends the day before. Persons whom no row names stay as they are, and
    so does a group that somebody assigned. Refused: a row whose unit code nobody has.
    """
    day = bangkok_day(now)
    units = units_by_code(conn, day)
    taken = [row for row in rows if row.unit_code in units]
    refused = tuple(
        Refusal(row.row, UNIT_COLUMN, row.unit_code, "no unit has this code today, or several have")
        for row in rows
        if row.unit_code not in units
    )
    rekey(conn, (row.national_id() for row in taken))
    classify = classifier(conn)
    added = changed = 0
    for some in chunks(taken, _ROWS_AT_ONCE):
        batch = _Batch(day, {"recorded_at": to_micros(now), "recorded_by": by}, classify)
        added += _import_some(conn, some, units, batch)
        changed += len({each.subject_id for each in batch.log if each.action == "change"})
        log_changes(conn, batch.log, now, by)
    return ImportReport(added, changed, len(taken) - added - changed, refused)


def _import_some(conn: Connection, rows: Sequence[PersonRow], units: Mapping[str, int], batch: _Batch) -> int:
    found = _known(conn, rows, units)
    new = [row for row, known in zip(rows, found, strict=True) if known is None]
    ids = iter(_add_persons(conn, new, batch))
    posts, groups = _open(conn, membership, found), _open(conn, group_assignment, found)
    for row, known in zip(rows, found, strict=True):
        person_id = next(ids) if known is None else known.id
        fields = [] if known is None else _change_details(conn, row, known, batch)
        fields += _change_post(row, person_id, units[row.unit_code], posts.get(person_id), batch)
        fields += _change_group(row, person_id, groups.get(person_id), batch)
        if known is not None and fields:
            batch.log.append(Change("change", "person", known.uuid, " ".join(fields)))
    _write(conn, batch)
    return len(new)


def _known(conn: Connection, rows: Sequence[PersonRow], units: Mapping[str, int]) -> list[Row[Any] | None]:
    """For each row the person it means, or None for one not seen before."""
    hashes = [row.id_hmac for row in rows if row.id_hmac is not None]
    by_hash = {
        each.id_hmac: each for each in conn.execute(select(person).where(person.c.id_hmac.in_(hashes)))
    }
    nameless = {units[row.unit_code] for row in rows if row.id_hmac is None}
    in_units = conn.execute(
        select(person, membership.c.unit_id)
        .join(membership, membership.c.person_id == person.c.id)
        .where(
            membership.c.unit_id.in_(nameless), membership.c.valid_to.is_(None), person.c.id_hmac.is_(None)
        )
    )
    by_name = {
        (each.unit_id, normalise(each.given_name), normalise(each.family_name)): each for each in in_units
    }
    return [
        by_hash.get(row.id_hmac) if row.id_hmac else by_name.get((units[row.unit_code], *row.name()))
        for row in rows
    ]


def _add_persons(conn: Connection, rows: Sequence[PersonRow], batch: _Batch) -> list[int]:
    """The new persons' ids, in the order of the rows."""
    if not rows:
        return []
    uuids = [str(uuid.uuid4()) for _ in rows]
    conn.execute(
        insert(person),
        [
            {
                "uuid": one,
                "id_hmac": row.id_hmac,
                "id_key": row.id_key,
                "id_last4": row.id_last4,
                **row.details(),
                **batch.recorded,
            }
            for one, row in zip(uuids, rows, strict=True)
        ],
    )
    stored = conn.execute(select(person.c.uuid, person.c.id).where(person.c.uuid.in_(uuids)))
    ids = {row.uuid: row.id for row in stored}
    batch.log.extend(Change("add", "person", one) for one in uuids)
    mark_persons(conn, ids.values())
    return [ids[one] for one in uuids]


def _open(conn: Connection, table: Table, found: Sequence[Row[Any] | None]) -> dict[int, Row[Any]]:
    """person -> the row of the table that still lasts."""
    ids = [known.id for known in found if known is not None]
    rows = conn.execute(select(table).where(table.c.person_id.in_(ids), table.c.valid_to.is_(None)))
    return {row.person_id: row for row in rows}


def _change_details(conn: Connection, row: PersonRow, known: Row[Any], batch: _Batch) -> list[str]:
    wanted = row.details()
    held = known._asdict()
    fields = [name for name, value in wanted.items() if held[name] != value]
    if fields:
        conn.execute(update(person).where(person.c.id == known.id).values(**wanted, **batch.recorded))
    return fields


def _change_post(
    row: PersonRow, person_id: int, unit_id: int, held: Row[Any] | None, batch: _Batch
) -> list[str]:
    wanted = {"unit_id": unit_id, **row.post()}
    old = held._asdict() if held is not None else {}
    fields = [name for name, value in wanted.items() if old.get(name) != value]
    if fields:
        batch.memberships.append(
            {"person_id": person_id, **wanted, "valid_from": batch.day, **batch.recorded}
        )
        if held is not None:
            batch.ended[membership].append(held.id)
    return fields


def _change_group(row: PersonRow, person_id: int, held: Row[Any] | None, batch: _Batch) -> list[str]:
    wanted = row.classified(batch.classify)
    if held is not None and held.basis == "assignment":
        return []
    if held is not None:
        if wanted == {"group_code": held.group_code, "basis": held.basis}:
            return []
        batch.ended[group_assignment].append(held.id)
    elif wanted is None:
        return []
    if wanted is not None:
        batch.groups.append({"person_id": person_id, **wanted, "valid_from": batch.day, **batch.recorded})
    return ["group"]


def _write(conn: Connection, batch: _Batch) -> None:
    last_day = day_before(batch.day)
    for table, ids in batch.ended.items():
        if ids:
            # A row that began today then ends before it began: it was never in force, and stays on record.
            ended = update(table).where(table.c.id == bindparam("row_id")).values(valid_to=last_day)
            conn.execute(ended, [{"row_id": row_id} for row_id in ids])
    if batch.memberships:
        conn.execute(insert(membership), batch.memberships)
    if batch.groups:
        conn.execute(insert(group_assignment), batch.groups)
