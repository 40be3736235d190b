"""All SQL about statements. Functions take a connection and never commit.

Dimension rows (agents, activities, verbs) are written in sorted order with "do nothing" on a
conflict, so that parallel writers wait for each other but cannot deadlock. Sequence numbers are
taken first and statements written in the order of their ids, for the same reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, ColumnElement, Connection, bindparam, func, or_, select, text, update

from lrs import database
from lrs.clock import from_micros
from lrs.comparison import fingerprint
from lrs.errors import Conflict
from lrs.query import Query
from lrs.statement import Actor, Prepared
from lrs.tables import activity, agent, evidence, stale_agent, statement, verb
from lrs.validation import VOIDED

# A process remembers at most this many dimension ids of each kind; then it starts anew.
MOST_KNOWN = 200_000


# The hot path's statements are built once: building one costs more than running it.
_STORED = (
    select(statement.c.id, statement.c.body, evidence.c.timestamp)
    .join(evidence, evidence.c.seq == statement.c.seq)
    .where(statement.c.id.in_(bindparam("ids", expanding=True)))
)
# Held to the end of a transaction that writes statements: see docs/decisions/0006.
_WRITER_LOCK = text("select pg_advisory_xact_lock(7461001)")
_LAST_SEQ = select(func.max(statement.c.seq))
_VOIDED_VERB = select(verb.c.id).where(verb.c.iri == VOIDED).scalar_subquery()
_VOIDING = (
    select(evidence.c.target_id, func.min(evidence.c.stored).label("at"))
    .where(evidence.c.target_id.in_(bindparam("ids", expanding=True)))
    .where(evidence.c.verb_id == _VOIDED_VERB)
    .group_by(evidence.c.target_id)
)
_VOIDABLE = (
    select(evidence.c.seq, evidence.c.agent_id, statement.c.id)
    .join(statement, statement.c.seq == evidence.c.seq)
    .where(statement.c.id.in_(bindparam("ids", expanding=True)))
    .where(evidence.c.voided_at.is_(None), evidence.c.verb_id != _VOIDED_VERB)
    .order_by(evidence.c.seq)
)
_REDEFINE = (
    update(activity)
    .where(activity.c.iri == bindparam("of"))
    .where(or_(activity.c.definition.is_(None), activity.c.definition != bindparam("new")))
    .values(definition=bindparam("new"))
)
_MARK_VOIDED = (
    update(evidence)
    .where(evidence.c.seq == bindparam("number"), evidence.c.voided_at.is_(None))
    .values(voided_at=bindparam("at"))
)


class Held(NamedTuple):
    """A stored statement about an activity by an account."""

    statement_id: str
    account_name: str
    activity_iri: str
    verb_iri: str
    timestamp: datetime
    score_scaled: float | None
    level: int
    voided: bool


@dataclass(slots=True)
class Known:
    """What one writer has seen committed, to spare it the look-up. `keep` after COMMIT, else `forget`."""

    agents: dict[str, int] = field(default_factory=dict)
    verbs: dict[str, int] = field(default_factory=dict)
    activities: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, bytes] = field(default_factory=dict)
    _seen: list[tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=list)

    def add(self, kind: dict[str, Any], seen: Mapping[str, Any]) -> None:
        """Seen in the running transaction; known once `keep` is called."""
        self._seen.append((kind, seen))

    def keep(self) -> None:
        """The transaction is committed: what it saw holds."""
        for kind, seen in self._seen:
            if len(kind) + len(seen) > MOST_KNOWN:
                kind.clear()
            kind.update(seen)
        self._seen.clear()

    def forget(self) -> None:
        """The transaction is rolled back: what it saw may never have been."""
        self._seen.clear()


# ---- writing ------------------------------------------------------------------------------------


def insert(conn: Connection, prepared: Sequence[Prepared], known: Known | None = None) -> list[str]:
    """Store statements and their evidence; the ids, in order.

    A statement already stored is left as it is. Raises Conflict where a different one has the id;
    then nothing of `prepared` should be committed.
    """
    known = known or Known()
    if conn.dialect.name == "postgresql":
        conn.execute(_WRITER_LOCK)
    new = _not_stored(conn, prepared)
    if new:
        _write(conn, new, known)
    return [one.id for one in prepared]


def _not_stored(conn: Connection, prepared: Sequence[Prepared]) -> list[Prepared]:
    """Those to be written, each id once."""
    stored: dict[str, tuple[bytes, int]] = {}
    for ids in database.chunks([one.id for one in prepared]):
        for row in conn.execute(_STORED, {"ids": ids}):
            stored[row[0]] = (fingerprint(orjson.loads(row[1])), row[2])
    new = []
    for one in prepared:
        if one.id not in stored:
            stored[one.id] = (one.fingerprint, one.timestamp)
            new.append(one)
        elif not _same(one, *stored[one.id]):
            raise Conflict(f"a different statement is already stored with the id {one.id}")
    return new


def _same(one: Prepared, found: bytes, timestamp: int) -> bool:
    """Whether the client's statement is the stored one; a timestamp it did not give cannot differ."""
    return one.fingerprint == found and (not one.timestamp_given or one.timestamp == timestamp)


def _write(conn: Connection, new: list[Prepared], known: Known) -> None:
    agents, verbs, activities = _dimensions(conn, new, known)
    numbered = list(zip(_sequence_numbers(conn, len(new)), new, strict=True))
    database.insert_ignore(conn, statement, [(seq, one.id, one.body) for seq, one in numbered])
    database.insert_ignore(
        conn, evidence, [_evidence_row(seq, one, agents, verbs, activities) for seq, one in numbered]
    )
    stale = {agents[one.actor.key] for _, one in numbered}
    stale |= _void_targets(conn, [one for _, one in numbered])
    stale |= _void_latecomers(conn, [one for _, one in numbered])
    conn.execute(stale_agent.insert(), [{"agent_id": id_} for id_ in sorted(stale)])
    _write_definitions(conn, new, known)


def _sequence_numbers(conn: Connection, count: int) -> Sequence[int]:
    """Numbers for new statements, ascending; the writer is alone."""
    last = conn.execute(_LAST_SEQ).scalar() or 0
    return range(last + 1, last + 1 + count)


def _evidence_row(
    seq: int,
    one: Prepared,
    agents: Mapping[str, int],
    verbs: Mapping[str, int],
    activities: Mapping[str, int],
) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    return (
        seq,
        agents[one.actor.key],
        verbs[one.verb_iri],
        one.object_type,
        None if one.activity_iri is None else activities[one.activity_iri],
        one.activity_type,
        None if one.object_agent is None else agents[one.object_agent.key],
        one.target_id,
        one.registration,
        one.success,
        one.completion,
        one.score_scaled,
        one.progress,
        one.level,
        one.credential_id,
        one.timestamp,
        one.stored,
        None,
        None,
    )


# ---- dimensions ---------------------------------------------------------------------------------


def _dimensions(
    conn: Connection, new: Sequence[Prepared], known: Known
) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Ids of every agent, verb and activity in the statements, by key and IRI."""
    actors = {one.actor.key: one.actor for one in new}
    actors.update((one.object_agent.key, one.object_agent) for one in new if one.object_agent)
    verbs = {one.verb_iri: {"iri": one.verb_iri} for one in new}
    iris = {one.activity_iri for one in new if one.activity_iri is not None}
    return (
        _ids(
            conn, agent.c.key, {key: _agent_row(actor) for key, actor in actors.items()}, known, known.agents
        ),
        _ids(conn, verb.c.iri, verbs, known, known.verbs),
        _ids(conn, activity.c.iri, {iri: {"iri": iri} for iri in iris}, known, known.activities),
    )


def _agent_row(actor: Actor) -> dict[str, str | None]:
    return {"key": actor.key, "home_page": actor.home_page, "account_name": actor.account_name}


def _ids(
    conn: Connection,
    key: Column[str],
    rows: Mapping[str, Mapping[str, str | None]],
    known: Known,
    kind: dict[str, int],
) -> dict[str, int]:
    """The id of each row's key, the row inserted where it is new."""
    ids = {name: kind[name] for name in rows if name in kind}
    unknown = sorted(rows.keys() - ids.keys())
    if not unknown:
        return ids
    seen = _look_up(conn, key, unknown)
    missing = [rows[name] for name in unknown if name not in seen]
    if missing:
        database.upsert_ignore(conn, key.table, missing)
        seen |= _look_up(conn, key, [name for name in unknown if name not in seen])
    known.add(kind, seen)
    return ids | seen


def _look_up(conn: Connection, key: Column[str], names: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in database.chunks(names):
        rows = conn.execute(select(key, key.table.c.id).where(key.in_(piece)))
        found.update((row[0], row[1]) for row in rows)
    return found


def _write_definitions(conn: Connection, new: Sequence[Prepared], known: Known) -> None:
    """Keep each activity's definition as last received."""
    last = {one.activity_iri: one.definition for one in new if one.activity_iri and one.definition}
    changed = {iri: text_ for iri, text_ in last.items() if known.definitions.get(iri) != text_}
    for iri in sorted(changed):
        conn.execute(_REDEFINE, {"of": iri, "new": changed[iri]})
    if changed:
        known.add(known.definitions, changed)


# ---- voiding ------------------------------------------------------------------------------------


def _void_targets(conn: Connection, new: Sequence[Prepared]) -> set[int]:
    """Mark what these statements void; the agents concerned."""
    moments = {one.target_id: one.stored for one in new if one.voids and one.target_id}
    return _void(conn, moments) if moments else set()


def _void_latecomers(conn: Connection, new: Sequence[Prepared]) -> set[int]:
    """Mark those of these statements that were voided before they came; the agents concerned."""
    moments: dict[str, int] = {}
    for ids in database.chunks([one.id for one in new if not one.voids]):
        moments.update((row[0], row[1]) for row in conn.execute(_VOIDING, {"ids": ids}))
    return _void(conn, moments) if moments else set()


def _void(conn: Connection, moments: Mapping[str, int]) -> set[int]:
    """Mark the statements of these ids, but voiding ones, which nothing voids; the agents concerned."""
    agents = set()
    for ids in database.chunks(sorted(moments)):
        found = conn.execute(_VOIDABLE, {"ids": ids}).all()
        for seq, agent_id, id_ in found:
            conn.execute(_MARK_VOIDED, {"number": seq, "at": moments[id_]})
            agents.add(agent_id)
    return agents


# ---- reading ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """Statements as stored JSON, and the sequence number after which the next page begins."""

    bodies: list[bytes]
    after: int | None


def find(conn: Connection, query: Query) -> Page:
    """The statements that a query asks for, voided ones left out."""
    where = _conditions(query)
    where.append(evidence.c.voided_at.is_(None))
    if query.after is not None:
        beyond = evidence.c.seq > query.after if query.ascending else evidence.c.seq < query.after
        where.append(beyond)
    order = evidence.c.seq.asc() if query.ascending else evidence.c.seq.desc()
    rows = conn.execute(
        select(evidence.c.seq, statement.c.body)
        .join(statement, statement.c.seq == evidence.c.seq)
        .where(*where)
        .order_by(order)
        .limit(query.limit + 1)
    ).all()
    page = rows[: query.limit]
    return Page([row[1] for row in page], page[-1][0] if len(rows) > len(page) else None)


def find_one(conn: Connection, query: Query) -> tuple[bytes, datetime] | None:
    """The statement `query.statement_id`, voided exactly if `query.voided`, and when it was stored."""
    is_voided = evidence.c.voided_at.is_not(None) if query.voided else evidence.c.voided_at.is_(None)
    row = conn.execute(
        select(statement.c.body, evidence.c.stored)
        .join(evidence, statement.c.seq == evidence.c.seq)
        .where(statement.c.id == query.statement_id, is_voided, *_conditions(query))
    ).first()
    return None if row is None else (row[0], from_micros(row[1]))


def _conditions(query: Query) -> list[ColumnElement[bool]]:
    """What the query's filters and the reader's limits ask of an evidence row."""
    where: list[ColumnElement[bool]] = []
    if query.agent is not None:
        # Written out, so that each half is looked up by its own index.
        agent_id = select(agent.c.id).where(agent.c.key == query.agent).scalar_subquery()
        where.append(or_(evidence.c.agent_id == agent_id, evidence.c.object_agent_id == agent_id))
    if query.verbs is not None:
        where.append(evidence.c.verb_id.in_(select(verb.c.id).where(verb.c.iri.in_(query.verbs))))
    if query.activities is not None:
        ids = select(activity.c.id).where(activity.c.iri.in_(query.activities))
        where.append(evidence.c.activity_id.in_(ids))
    if query.registration is not None:
        where.append(evidence.c.registration == query.registration)
    if query.since is not None:
        where.append(evidence.c.stored > query.since)
    if query.until is not None:
        where.append(evidence.c.stored <= query.until)
    if query.credential_id is not None:
        where.append(evidence.c.credential_id == query.credential_id)
    return where


def definitions(conn: Connection, iris: Iterable[str]) -> dict[str, bytes]:
    """The last received definition of each of these activities, where there is one."""
    found: dict[str, bytes] = {}
    for piece in database.chunks(sorted(set(iris))):
        rows = conn.execute(
            select(activity.c.iri, activity.c.definition).where(
                activity.c.iri.in_(piece), activity.c.definition.is_not(None)
            )
        )
        found.update((row[0], row[1]) for row in rows)
    return found


def by_id(conn: Connection, statement_id: str) -> bytes | None:
    """The statement's JSON, voided or not."""
    return conn.execute(
        select(statement.c.body).where(statement.c.id == statement_id.lower())
    ).scalar_one_or_none()


def count(conn: Connection) -> int:
    """How many statements are stored, voided and voiding ones too."""
    return conn.execute(select(func.count()).select_from(statement)).scalar_one()


def held(conn: Connection, home_page: str) -> list[Held]:
    """Every statement about an activity by an account of the home page, in the order they were stored."""
    rows = conn.execute(
        select(
            statement.c.id,
            agent.c.account_name,
            activity.c.iri,
            verb.c.iri,
            evidence.c.timestamp,
            evidence.c.score_scaled,
            evidence.c.level,
            evidence.c.voided_at,
        )
        .select_from(evidence)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .join(statement, statement.c.seq == evidence.c.seq)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .where(agent.c.home_page == home_page)
        .order_by(evidence.c.seq)
    )
    return [
        Held(id_, name, iri, verb_iri, from_micros(at), score, level, voided_at is not None)
        for id_, name, iri, verb_iri, at, score, level, voided_at in rows
    ]
