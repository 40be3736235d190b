"""All SQL of claims: certificates that people say they have, and what somebody decided about them.

A claim stands as long as the row it came with. Claimed and verified ones are statements, each at its level;
of two claims of one code the later is a duplicate until the earlier is out of the way.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import orjson
from sqlalchemy import ColumnElement, Connection, Row, and_, exists, func, insert, select, true, update

from connector.imports.voucher_store import APPLIED, FileRow
from connector.imports.vouchers import Source
from connector.tables_imports import claim, import_file, import_row
from lrs.clock import to_micros
from lrs.database import chunks
from mappings.changes import Change, log_changes

CLAIMED, VERIFIED, REJECTED, DUPLICATE = "claimed", "verified", "rejected", "duplicate"
STATES = (CLAIMED, DUPLICATE, VERIFIED, REJECTED)

_STANDS = and_(
    import_row.c.import_id == claim.c.import_id,
    import_row.c.row == claim.c.row,
    import_row.c.state == APPLIED,
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim as it is kept; `stands`: its row was not taken back. `file`: its file's UUID."""

    id: int
    uuid: str
    import_id: int
    row: int
    file: str
    person_id: int
    code: str
    course_id: int | None
    completed_on: date | None
    state: str
    duplicate_of_id: int | None
    claimed_at: int
    statement_id: str | None
    stands: bool

    @property
    def is_erased(self) -> bool:
        """Its person was erased: it says nothing any more, and keeps the statement that it became."""
        return not self.code

    @property
    def source(self) -> Source:
        """Where it was said."""
        return Source(self.import_id, self.row, self.id)


def claims_where(
    conn: Connection,
    *,
    persons: Collection[int] | None = None,
    codes: Collection[str] | None = None,
    uuids: Collection[str] | None = None,
    duplicates_of: Collection[int] | None = None,
) -> list[Claim]:
    """The claims of these persons, codes or UUIDs (one of them), in the order they were made."""
    asked = ((claim.c.person_id, persons), (claim.c.code, codes), (claim.c.uuid, uuids))
    ((column, values),) = [
        (column, values)
        for column, values in (*asked, (claim.c.duplicate_of_id, duplicates_of))
        if values is not None
    ]
    found: list[Claim] = []
    for some in chunks(sorted(values)):
        rows = conn.execute(
            select(claim, import_file.c.uuid.label("file"), import_row.c.state.label("row_state"))
            .join(import_file, import_file.c.id == claim.c.import_id)
            .join(
                import_row, and_(import_row.c.import_id == claim.c.import_id, import_row.c.row == claim.c.row)
            )
            .where(column.in_(some))
            .order_by(claim.c.id)
        )
        found.extend(_claim(row) for row in rows)
    return found


def _claim(row: Row[tuple[object, ...]]) -> Claim:
    values = {name: getattr(row, name) for name in Claim.__dataclass_fields__ if name != "stands"}
    return Claim(**values, stands=row.row_state == APPLIED)


def add_claims(conn: Connection, rows: Sequence[FileRow], now: datetime) -> list[int]:
    """Claims for the codes of these rows; the row of each one that is new. What the same person claimed in
    an earlier file is not claimed again."""
    codes = {code for row in rows for code, _ in row.payload["codes"]}
    known: dict[str, list[Claim]] = {}
    for one in claims_where(conn, codes=codes):
        if one.stands:
            known.setdefault(one.code, []).append(one)
    added: list[int] = []
    for row in rows:
        for code, url in row.payload["codes"]:
            earlier = known.setdefault(code, [])
            if any(
                each.person_id == row.person_id and each.import_id != row.source.import_id for each in earlier
            ):
                continue
            first = next((each for each in earlier if each.state in (CLAIMED, VERIFIED)), None)
            earlier.append(_add(conn, row, code, url, first, now))
            added.append(row.source.row)
    return added


def _add(conn: Connection, row: FileRow, code: str, url: str, first: Claim | None, now: datetime) -> Claim:
    day = row.payload["day"]
    values = {
        "uuid": str(uuid.uuid4()),
        "import_id": row.source.import_id,
        "row": row.source.row,
        "person_id": row.person_id,
        "code": code,
        "course_id": row.payload["course_id"],
        "completed_on": date.fromisoformat(day) if day else None,
        "state": CLAIMED if first is None else DUPLICATE,
        "duplicate_of_id": None if first is None else first.id,
        "claimed_at": to_micros(now),
    }
    more = {"url": url, "course_label": row.payload["course"]}
    added = conn.execute(insert(claim).values(**values, **more).returning(claim.c.id)).scalar_one()
    return Claim(**values, id=added, file=row.file, statement_id=None, stands=True)


def decide(
    conn: Connection, one: Claim, state: str, course_id: int | None, now: datetime, by: str, reason: str
) -> None:
    """Keep a decision, with who, when and why."""
    values = {"state": state, "decided_at": to_micros(now), "decided_by": by, "reason": reason}
    if course_id is not None:
        values["course_id"] = course_id
    if state == VERIFIED:
        values["duplicate_of_id"] = None
    conn.execute(update(claim).where(claim.c.id == one.id).values(**values))
    log_changes(conn, [Change(state, "claim", one.uuid, reason)], now, by)


def release_duplicates(conn: Connection, gone: Collection[int]) -> set[int]:
    """Of the duplicates of claims that are out of the way the first is claimed again, others are its
    duplicates from now on; the persons concerned."""
    persons: set[int] = set()
    heirs: dict[int, int] = {}
    for one in claims_where(conn, duplicates_of=gone):
        if one.state != DUPLICATE or not one.stands or one.duplicate_of_id is None:
            continue
        heir = heirs.setdefault(one.duplicate_of_id, one.id)
        values: dict[str, object]
        if heir == one.id:
            values = {"state": CLAIMED, "duplicate_of_id": None}
            persons.add(one.person_id)
        else:
            values = {"duplicate_of_id": heir}
        conn.execute(update(claim).where(claim.c.id == one.id).values(**values))
    return persons


def hand_over(conn: Connection, claims: Collection[Claim]) -> set[int]:
    """Claims whose row was taken back, and that another row says too, are that row's from now on;
    the ids of these claims. What they became speaks of the other row, and is forgotten here."""
    moved = set()
    for one in claims:
        said = import_row.c.payload.contains(orjson.dumps(one.code).decode(), autoescape=True)
        other = conn.execute(
            select(import_row.c.import_id, import_row.c.row)
            .join(import_file, import_file.c.id == import_row.c.import_id)
            .where(import_row.c.person_id == one.person_id, import_row.c.state == APPLIED, said)
            .where(import_file.c.kind == "claims")
            .order_by(import_row.c.import_id, import_row.c.row)
        ).first()
        if other is not None:
            values = {"import_id": other.import_id, "row": other.row, "statement_id": None}
            conn.execute(update(claim).where(claim.c.id == one.id).values(**values))
            moved.add(one.id)
    return moved


def counts(conn: Connection, people: ColumnElement[bool] | None = None) -> dict[str, int]:
    """How many claims that stand are in each state. `people`: a condition on `claim`."""
    rows = conn.execute(
        select(claim.c.state, func.count())
        .where(exists().where(_STANDS), claim.c.code != "", true() if people is None else people)
        .group_by(claim.c.state)
    )
    return {**dict.fromkeys(STATES, 0), **dict(rows.all())}


__all__: Sequence[str] = [
    "CLAIMED", "DUPLICATE", "REJECTED", "STATES", "VERIFIED", "Claim", "add_claims", "claims_where", "counts",
    "decide", "hand_over", "release_duplicates",
]  # fmt: skip
