"""All SQL of forwarding: what waits for a target, how far it is, what it does not take.

What waits is what is stored after the number up to which a target is settled. Numbers follow the order of
commits (`lrs.store`), so that no statement can appear behind that number later. Functions take a connection
and never commit.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    delete,
    exists,
    false,
    func,
    or_,
    select,
    update,
)

from connector.authority_names import authority_named
from connector.forwarding.answers import Reason
from connector.forwarding.letters import Letter, letter
from connector.publishing.authority import PUBLISHER
from connector.settings_target import TargetSettings
from connector.tables_forwarding import dead_letter, forward_target
from lrs.clock import from_micros, to_micros
from lrs.tables import activity, agent, evidence, statement, verb
from lrs.validation import VOIDED

STATEMENTS_A_LOOK = 50_000
"""Numbers that are looked through at once, so that a target which wants few gets on meanwhile."""


class Wanted(NamedTuple):
    """What a target gets: of each that is not None, one must hold."""

    verbs: tuple[str, ...] | None = None
    activities: tuple[str, ...] | None = None
    # Agent keys.
    authorities: tuple[str, ...] | None = None
    aggregates_only: bool = True


class Batch(NamedTuple):
    """Letters in order, the number up to which the target is settled with them, and whether no more wait."""

    letters: list[Letter]
    until: int
    last: bool


class Dead(NamedTuple):
    """A statement that a target does not take."""

    seq: int
    statement_id: str
    reason: Reason
    recorded_at: datetime


class Row(NamedTuple):
    """How far a target is, and how the last attempt went."""

    settled_seq: int = 0
    failures: int = 0
    next_try_at: datetime | None = None
    error: str | None = None
    stopped: bool = False
    succeeded_at: datetime | None = None


def wanted_by(conn: Connection, settings: TargetSettings) -> Wanted:
    """What the settings say; raises NotFound where they name a credential that is not there."""
    keys = tuple(authority_named(conn, one) for one in settings.authorities)
    return Wanted(
        settings.verbs or None,
        settings.activities or None,
        keys or None,
        settings.statements == "aggregates",
    )


def read_row(conn: Connection, name: str) -> Row:
    """Of a target, also where nothing was ever sent to it."""
    found = conn.execute(select(forward_target).where(forward_target.c.name == name)).first()
    if found is None:
        return Row()
    return Row(
        found.settled_seq,
        found.failures,
        _moment(found.next_try_at),
        found.error,
        found.stopped,
        _moment(found.succeeded_at),
    )


def read_batch(conn: Connection, wanted: Wanted, after: int, most: int) -> Batch:
    """The next statements, at most so many."""
    head = conn.execute(select(func.max(evidence.c.seq))).scalar() or 0
    end = min(head, after + STATEMENTS_A_LOOK)
    rows = conn.execute(
        select(statement.c.seq, statement.c.body)
        .join(evidence, evidence.c.seq == statement.c.seq)
        .where(evidence.c.seq > after, evidence.c.seq <= end, _is_for(wanted))
        .order_by(evidence.c.seq)
        .limit(most)
    ).all()
    until = rows[-1].seq if len(rows) == most else max(end, after)
    letters = [found for row in rows if (found := letter(row.seq, row.body)) is not None]
    return Batch(letters, until, until >= head)


def count_waiting(conn: Connection, wanted: Wanted, after: int, most: int) -> tuple[int, datetime | None]:
    """How many wait, counted up to `most`, and when the first of them was stored."""
    waiting = (
        select(evidence.c.stored)
        .where(evidence.c.seq > after, _is_for(wanted))
        .order_by(evidence.c.seq)
        .limit(most)
        .subquery()
    )
    number, first = conn.execute(select(func.count(), func.min(waiting.c.stored))).one()
    return number, _moment(first)


def _is_for(wanted: Wanted) -> ColumnElement[bool]:
    """What it gets, and what voids that; what was void from the first is not sent."""
    target, named = evidence.alias("target"), statement.alias("named")
    voided = exists(
        select(1)
        .select_from(target.join(named, named.c.seq == target.c.seq))
        .where(named.c.id == evidence.c.target_id, _matches(target, wanted))
        .correlate(evidence)
    )
    voids = evidence.c.verb_id.in_(select(verb.c.id).where(verb.c.iri == VOIDED)) & voided
    from_the_first = evidence.c.voided_at <= evidence.c.stored
    return or_(_matches(evidence, wanted), voids) & from_the_first.is_not(True)


def _matches(of: FromClause, wanted: Wanted) -> ColumnElement[bool]:
    tests = []
    if wanted.aggregates_only:
        tests.append(of.c.authority_id.in_(_agents([PUBLISHER.actor.key])))
    if wanted.authorities is not None:
        tests.append(of.c.authority_id.in_(_agents(wanted.authorities)))
    if wanted.verbs is not None:
        tests.append(of.c.verb_id.in_(select(verb.c.id).where(verb.c.iri.in_(wanted.verbs))))
    if wanted.activities is not None:
        tests.append(of.c.activity_id.in_(select(activity.c.id).where(activity.c.iri.in_(wanted.activities))))
    return and_(*tests) if tests else ~false()


def _agents(keys: Sequence[str]) -> Select[tuple[int]]:
    return select(agent.c.id).where(agent.c.key.in_(keys))


# ---- how it went --------------------------------------------------------------------------------


def note_settled(conn: Connection, name: str, until: int, now: datetime) -> None:
    """All up to that number is settled, and the target works."""
    _put(
        conn,
        name,
        settled_seq=until,
        failures=0,
        next_try_at=None,
        error=None,
        stopped=False,
        succeeded_at=to_micros(now),
    )


def note_failure(conn: Connection, name: str, error: str, next_try_at: datetime | None) -> None:
    """It failed, and is tried again then; None: somebody has to change something first."""
    failures = read_row(conn, name).failures + 1
    at = None if next_try_at is None else to_micros(next_try_at)
    _put(conn, name, failures=failures, next_try_at=at, error=error, stopped=next_try_at is None)


def note_restart(conn: Connection, name: str) -> None:
    """The target is sent everything again, from the first statement on."""
    _put(conn, name, settled_seq=0)


def end_stops(conn: Connection) -> None:
    """Let all targets be tried at once: the settings may have changed."""
    conn.execute(update(forward_target).values(stopped=False, next_try_at=None))


def _put(conn: Connection, name: str, **values: object) -> None:
    this = forward_target.c.name == name
    if not conn.execute(update(forward_target).where(this).values(values)).rowcount:
        start = {"settled_seq": 0, "failures": 0, "stopped": False}
        conn.execute(forward_target.insert().values({"name": name, **start, **values}))


# ---- dead letters -------------------------------------------------------------------------------


def note_dead(conn: Connection, name: str, seq: int, reason: Reason, now: datetime) -> None:
    """The target does not take the statement of that number; the latest reason stays."""
    forget_dead(conn, name, seq)
    row = {"target": name, "seq": seq, "reason": reason.value, "recorded_at": to_micros(now)}
    conn.execute(dead_letter.insert().values(row))


def forget_dead(conn: Connection, name: str, seq: int) -> None:
    """It is a dead letter no longer."""
    conn.execute(delete(dead_letter).where(dead_letter.c.target == name, dead_letter.c.seq == seq))


def read_dead(conn: Connection, name: str, most: int | None = None) -> list[Dead]:
    """The dead letters of a target, in the order in which they were stored."""
    rows = conn.execute(
        select(dead_letter, statement.c.id)
        .join(statement, statement.c.seq == dead_letter.c.seq)
        .where(dead_letter.c.target == name)
        .order_by(dead_letter.c.seq)
        .limit(most)
    )
    return [Dead(row.seq, row.id, Reason(row.reason), from_micros(row.recorded_at)) for row in rows]


def count_dead(conn: Connection, name: str) -> int:
    """How many there are."""
    query = select(func.count()).select_from(dead_letter).where(dead_letter.c.target == name)
    return conn.execute(query).scalar_one()


def read_letter(conn: Connection, seq: int) -> Letter | None:
    """The statement of that number as it is now."""
    body = conn.execute(select(statement.c.body).where(statement.c.seq == seq)).scalar_one()
    return letter(seq, body)


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else from_micros(micros)
