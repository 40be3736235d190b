"""All SQL that writes statements. Functions take a connection and never commit.

One writer at a time, on both databases (docs/decisions/0006): SQLite's write lock, PostgreSQL's advisory
lock, held until the transaction ends. So numbers and `stored` follow the order of commits, nothing that is
looked up here can change before it is used, and no two writers can wait for each other.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from lrs import references, values
from lrs.bulk import bulk_insert
from lrs.clock import Clock, from_micros, to_micros
from lrs.comparison import fingerprint
from lrs.database import Sql, run
from lrs.dimensions import Known, Numbers, numbers, redefine
from lrs.errors import Conflict
from lrs.statement import Prepared
from lrs.tables import evidence, related_activity, related_agent, stale_agent, statement
from lrs.validation import VOIDED

# The writers' lock on PostgreSQL; readers look at it to know whether one is at work (lrs.reading).
WRITER_LOCK = 7461001

# With it, because plans are kept: one made while the tables were small would read them whole for ever.
_LOCK = Sql(
    f"select cast(pg_advisory_xact_lock({WRITER_LOCK}) as text), set_config('enable_seqscan', 'off', true)"
)
# One look for three things, because on SQLite each costs a change of threads: where the store stands
# (kind 0), which ids it has (1), and what refers to them (2).
_LOOK = Sql(
    "select 0, null, coalesce(max(seq), 0), coalesce((select max(stored) from evidence), 0), "
    "(select coalesce(max(defined_seq), 0) from activity), null, cast(null as bytea) from statement "
    "union all select 1, id, seq, 0, 0, null, body from statement where id in :ids "
    "union all select 2, e.target_id, e.seq, e.stored, 0, v.iri, null from evidence e "
    "join verb v on v.id = e.verb_id where e.target_id in :ids"
)
# Statements whose object is a StatementRef to one of :ids.
REFERRERS = Sql("select target_id, seq from evidence where target_id in :ids")
_VOIDABLE = Sql(
    "select s.id, e.seq, e.agent_id from statement s join evidence e on e.seq = s.seq "
    "join verb v on v.id = e.verb_id where s.id in :ids and e.voided_at is null and v.iri <> :voided"
)
_VOID = Sql("update evidence set voided_at = :at where seq = :seq returning seq")


class Last(NamedTuple):
    """Where the store stands: the last number, the latest `stored`, the last that changed a definition."""

    seq: int
    stored: int
    defined_seq: int


class Referrer(NamedTuple):
    """A stored statement whose object is a StatementRef."""

    target_id: str
    seq: int
    stored: int
    verb_iri: str


def insert(
    conn: Connection, prepared: Sequence[Prepared], clock: Clock, known: Known | None = None
) -> list[str]:
    """Store statements and their evidence; the ids, in order.

    A statement already stored is left as it is. Raises Conflict where a different one has the id;
    then nothing of `prepared` should be committed.
    """
    known = known or Known()
    last, stored, referrers = _look(conn, prepared)
    known.defined_until(last.defined_seq)
    new = _not_stored(prepared, stored)
    if new:
        moment = max(to_micros(clock()), last.stored)
        _write(conn, new, last.seq + 1, moment, referrers, known)
    return [one.id for one in prepared]


def _look(conn: Connection, prepared: Sequence[Prepared]) -> tuple[Last, dict[str, bytes], list[Referrer]]:
    """Where the store stands, what it has of these ids, and what refers to them; once no other writes."""
    look = (_LOOK, {"ids": list({one.id for one in prepared})})
    rows = run(conn, (_LOCK, {}), look)[1] if conn.dialect.name == "postgresql" else run(conn, look)[0]
    last = next(Last(*row[2:5]) for row in rows if row[0] == 0)
    stored = {row[1]: row[6] for row in rows if row[0] == 1}
    referrers = [Referrer(row[1], row[2], row[3], row[5]) for row in rows if row[0] == 2]
    return last, stored, sorted(referrers, key=lambda one: one.seq)


def _not_stored(prepared: Sequence[Prepared], stored: dict[str, bytes]) -> list[Prepared]:
    """Those to be written, each id once."""
    new: dict[str, Prepared] = {}
    for one in prepared:
        body = stored.get(one.id) or (new[one.id].body(_ANY_MOMENT) if one.id in new else None)
        if body is None:
            new[one.id] = one
        elif not _same(one, orjson.loads(body)):
            raise Conflict(f"a different statement is already stored with the id {one.id}")
    return list(new.values())


# Two statements in one request are compared before they have a moment of storing.
_ANY_MOMENT = from_micros(0)


def _same(one: Prepared, stored: dict[str, Any]) -> bool:
    """Whether the client's statement is the stored one; a timestamp it did not give cannot differ."""
    own = orjson.loads(one.body(_ANY_MOMENT))
    if fingerprint(own) != fingerprint(stored):
        return False
    return one.timestamp is None or one.timestamp == _instant(stored["timestamp"])


def _instant(text: str) -> int | None:
    moment = values.instant(text)
    return None if moment is None else to_micros(moment)


def _write(
    conn: Connection,
    new: Sequence[Prepared],
    first_seq: int,
    stored: int,
    referrers: Sequence[Referrer],
    known: Known,
) -> None:
    ids = numbers(conn, new, known)
    numbered = list(enumerate(new, first_seq))
    moment = from_micros(stored)
    actors = {ids.agents[one.actor.key] for one in new}
    bulk_insert(
        conn,
        (statement, [(seq, one.id, one.body(moment)) for seq, one in numbered]),
        (evidence, [_evidence(seq, one, stored, ids) for seq, one in numbered]),
        (related_agent, [row for seq, one in numbered for row in related_agents(seq, one, ids)]),
        (related_activity, [row for seq, one in numbered for row in related_activities(seq, one, ids)]),
        (stale_agent, [(id_,) for id_ in sorted(actors)]),
    )
    voided = _void(conn, _voided(new, stored, referrers))
    bulk_insert(conn, (stale_agent, [(id_,) for id_ in sorted(voided - actors)]))
    references.link(conn, _pairs(numbered, referrers))
    redefine(conn, new, numbered[-1][0], known)


def _evidence(seq: int, one: Prepared, stored: int, ids: Numbers) -> tuple[Any, ...]:
    """In the order of the table's columns."""
    return (
        seq,
        ids.agents[one.actor.key],
        ids.verbs[one.verb_iri],
        one.object_type,
        None if one.activity_iri is None else ids.activities[one.activity_iri],
        one.activity_type,
        None if one.object_agent is None else ids.agents[one.object_agent.key],
        one.target_id,
        one.registration,
        one.success,
        one.completion,
        one.score_scaled,
        one.progress,
        one.level,
        one.credential_id,
        stored if one.timestamp is None else one.timestamp,
        stored,
        None,
        ids.agents[one.authority.key],
    )


def related_agents(seq: int, one: Prepared, ids: Numbers) -> Iterable[tuple[int, int, int, int]]:
    """The statement's rows of the table, in the order of its columns."""
    for actor in one.members:
        yield ids.agents[actor.key], 1, seq, seq
    for actor in one.related_agents:
        yield ids.agents[actor.key], 0, seq, seq


def related_activities(seq: int, one: Prepared, ids: Numbers) -> Iterable[tuple[int, int, int]]:
    """The statement's rows of the table, in the order of its columns."""
    for iri in one.related_activities:
        yield ids.activities[iri], seq, seq


# ---- voiding and references ---------------------------------------------------------------------


def _voided(new: Sequence[Prepared], stored: int, referrers: Sequence[Referrer]) -> dict[str, int]:
    """What is voided from which moment on: by the new statements, and of them by some stored before."""
    moments = {one.target_id: stored for one in new if one.voids and one.target_id}
    for referrer in reversed(referrers):
        if referrer.verb_iri == VOIDED:
            moments[referrer.target_id] = referrer.stored
    return moments


def _void(conn: Connection, moments: dict[str, int]) -> set[int]:
    """Mark the statements of these ids, but voiding ones, which nothing voids; the agents concerned."""
    if not moments:
        return set()
    (found,) = run(conn, (_VOIDABLE, {"ids": list(moments), "voided": VOIDED}))
    if found:
        run(conn, *((_VOID, {"at": moments[id_], "seq": seq}) for id_, seq, _ in found))
    return {agent_id for _, _, agent_id in found}


def _pairs(numbered: Sequence[tuple[int, Prepared]], referrers: Sequence[Referrer]) -> references.Pairs:
    """Which statement refers to which, as far as new ones take part."""
    seqs = {one.id: seq for seq, one in numbered}
    return references.Pairs(
        forward=[(seq, one.target_id) for seq, one in numbered if one.target_id is not None],
        backward=[(one.seq, seqs[one.target_id]) for one in referrers if one.target_id in seqs],
    )
