"""All SQL between rows of imported files and their statements: what stands, what is held, what is noted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, exists, insert, select, text, update

from connector.imports.vouchers import Source, Stored
from connector.tables_imports import claim, import_file, import_row
from lrs.clock import from_micros
from lrs.database import Sql, chunks, run
from lrs.reading import held
from lrs.tables import statement
from mappings.tables import evidence_hours

APPLIED, WITHDRAWN = "applied", "withdrawn"

_LOCK = text("select pg_advisory_xact_lock(7461004)")
_STORED = Sql(
    "select s.id, g.home_page, g.account_name, a.iri, v.iri, e.timestamp, e.score_scaled, h.hours, e.level, "
    "e.voided_at from statement s cross join evidence e cross join agent g cross join activity a "
    "cross join verb v left join evidence_hours h on h.seq = s.seq "
    "where s.id in :ids and e.seq = s.seq and g.id = e.agent_id and a.id = e.activity_id and v.id = e.verb_id"
)

Voids = Mapping[tuple[str, str, str, str], int]
"""(home page, account, activity, verb) -> how many statements are voided."""


@dataclass(frozen=True, slots=True)
class FileRow:
    """A row of an applied file: what it says (`payload`), and what was chosen for the file (`options`)."""

    source: Source
    file: str
    person_id: int
    payload: Mapping[str, Any]
    options: Mapping[str, Any]
    stands: bool
    statement_id: str | None

    @property
    def is_erased(self) -> bool:
        """Its person was erased: it says nothing any more, and keeps the statement that it became."""
        return not self.payload


class StandingFile(NamedTuple):
    """A file whose rows count, and what was chosen for it."""

    file: str
    options: Mapping[str, Any]


def wait_for_others(conn: Connection) -> None:
    """Whoever compares rows with statements waits for whoever does so already; to be called first."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)


def rows_of(conn: Connection, kind: str, persons: Collection[int]) -> list[FileRow]:
    """All rows of these persons in files of a kind that are or were applied."""
    found: list[FileRow] = []
    options: dict[int, Mapping[str, Any]] = {}
    for some in chunks(sorted(persons)):
        for row in conn.execute(_rows(import_row.c.person_id.in_(some) & (import_file.c.kind == kind))):
            if row.import_id not in options:
                options[row.import_id] = orjson.loads(row.options) if row.options else {}
            found.append(_file_row(row, options[row.import_id]))
    return found


def file_rows(conn: Connection, import_id: int) -> list[FileRow]:
    """The rows of a file that is or was applied."""
    return [
        _file_row(row, orjson.loads(row.options) if row.options else {})
        for row in conn.execute(_rows(import_row.c.import_id == import_id))
    ]


def standing_files(conn: Connection, kind: str, name: str, value: str) -> list[StandingFile]:
    """The files of a kind for which this option was chosen, and of which any row stands; the oldest first."""
    chosen = orjson.dumps({name: value}).decode()[1:-1]
    stands = exists().where(import_row.c.import_id == import_file.c.id, import_row.c.state == APPLIED)
    rows = conn.execute(
        select(import_file.c.uuid, import_file.c.options)
        .where(import_file.c.kind == kind, import_file.c.options.contains(chosen, autoescape=True), stands)
        .order_by(import_file.c.id)
    )
    return [StandingFile(row.uuid, orjson.loads(row.options)) for row in rows]


def rows_of_same_file(conn: Connection, import_id: int) -> set[int]:
    """The numbers of the rows that stand already, because this very file was brought before, as it is now."""
    this, other = import_file.alias("this"), import_file.alias("other")
    same = and_(
        other.c.kind == this.c.kind, other.c.digest == this.c.digest, other.c.options == this.c.options,
        other.c.id != this.c.id,
    )  # fmt: skip
    rows = conn.execute(
        select(import_row.c.row)
        .join(other, other.c.id == import_row.c.import_id)
        .join(this, same)
        .where(this.c.id == import_id, import_row.c.state == APPLIED)
    )
    return set(rows.scalars())


def _rows(which: ColumnElement[bool]) -> Any:
    return (
        select(import_row, import_file.c.uuid, import_file.c.options)
        .join(import_file, import_file.c.id == import_row.c.import_id)
        .where(import_row.c.state.in_((APPLIED, WITHDRAWN)), which)
        .order_by(import_row.c.import_id, import_row.c.row)
    )


def _file_row(row: Row[Any], options: Mapping[str, Any]) -> FileRow:
    return FileRow(
        source=Source(row.import_id, row.row),
        file=row.uuid,
        person_id=row.person_id,
        payload=orjson.loads(row.payload),
        options=options,
        stands=row.state == APPLIED,
        statement_id=row.statement_id,
    )


def stored(conn: Connection, statement_ids: Iterable[str | None]) -> dict[str, Stored]:
    """The statements of these ids."""
    ids = sorted({one for one in statement_ids if one is not None})
    if not ids:
        return {}
    found = {}
    for id_, page, name, iri, verb, at, grade, hours, level, voided_at in run(conn, (_STORED, {"ids": ids}))[
        0
    ]:
        voided = voided_at is not None
        found[id_] = Stored(id_, page, name, iri, verb, from_micros(at), grade, hours, level, voided)
    return found


def voids(conn: Connection, wanted: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str, str], int]:
    """How many statements by these (home page, account) about the activity are voided, by verb."""
    pages: dict[str, tuple[set[str], set[str]]] = {}
    for home_page, name, iri in wanted:
        names, iris = pages.setdefault(home_page, (set(), set()))
        names.add(name)
        iris.add(iri)
    found: dict[tuple[str, str, str, str], int] = {}
    for home_page, (names, iris) in pages.items():
        for one in held(conn, home_page, names, iris):
            key = (home_page, one.account_name, one.activity_iri, one.verb_iri)
            found[key] = found.get(key, 0) + one.voided
    return found


def note(conn: Connection, became: Mapping[Source, str | None]) -> None:
    """Keep which statement rows and claims became; None: the one that they became is voided."""
    rows = [
        {"in_import": one.import_id, "in_row": one.row, "id_": id_}
        for one, id_ in became.items()
        if one.claim_id is None
    ]
    claims = [
        {"of_claim": one.claim_id, "id_": id_} for one, id_ in became.items() if one.claim_id is not None
    ]
    if rows:
        this = import_row.c.import_id == bindparam("in_import"), import_row.c.row == bindparam("in_row")
        conn.execute(update(import_row).where(*this).values(statement_id=bindparam("id_")), rows)
    if claims:
        this_claim = claim.c.id == bindparam("of_claim")
        conn.execute(update(claim).where(this_claim).values(statement_id=bindparam("id_")), claims)


def keep_hours(conn: Connection, hours: Mapping[str, float]) -> None:
    """Keep the hours that the event's own record gives, by statement."""
    for some in chunks(sorted(hours)):
        rows = conn.execute(select(statement.c.seq, statement.c.id).where(statement.c.id.in_(some)))
        conn.execute(insert(evidence_hours), [{"seq": row.seq, "hours": hours[row.id]} for row in rows])


def mark_rows(conn: Connection, import_id: int, state: str, rows: Sequence[int] | None = None) -> set[int]:
    """Bring rows of a file to a state, all where `rows` is None; the persons of those that were not there."""
    which = (import_row.c.import_id == import_id) & (import_row.c.state != state)
    if rows is not None:
        which &= import_row.c.row.in_(rows)
    changed = conn.execute(
        update(import_row).where(which).values(state=state).returning(import_row.c.person_id)
    )
    return set(changed.scalars())
