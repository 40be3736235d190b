"""What the store holds of some agents: statements that mention them anywhere, and documents (SQL).

For whoever answers to a person for all that is kept of them. Functions take a connection and never commit.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, or_, select

from lrs.clock import from_micros, from_micros_or_none
from lrs.database import chunks
from lrs.tables import activity, agent, document, evidence, related_agent, statement

# Bodies in memory at a time.
_AT_ONCE = 200


class Kept(NamedTuple):
    """A statement as it is stored, and since when it is voided."""

    seq: int
    body: bytes
    voided_at: datetime | None


class KeptDocument(NamedTuple):
    """A document of the kinds "state" and "agent"; `activity` None where its kind has none."""

    kind: str
    activity: str | None
    registration: str
    name: str
    content_type: str
    updated: datetime
    content: bytes


def agents_of(conn: Connection, keys: Collection[str]) -> dict[str, int]:
    """Key -> number, for the agents that are stored (`lrs.statement.Actor.key`).

    A mail address matches however it is capitalised: answers have the key as it is stored.
    """
    found: dict[str, int] = {}
    for some in chunks(sorted(keys)):
        rows = conn.execute(select(agent.c.key, agent.c.id).where(agent.c.key.in_(some)))
        found |= {row.key: row.id for row in rows}
    mails = {key.lower() for key in keys if key.startswith("mbox:")}
    if mails:
        is_mail = agent.c.key.like("mbox:%")
        rows = conn.execute(
            select(agent.c.key, agent.c.id).where(is_mail, func.lower(agent.c.key).in_(mails))
        )
        found |= {row.key: row.id for row in rows}
    return found


def statements_of(conn: Connection, agent_ids: Collection[int]) -> list[int]:
    """The numbers of all statements that mention one of these agents, voided ones too, ascending."""
    seqs: set[int] = set()
    for some in chunks(sorted(agent_ids)):
        named = or_(*(column.in_(some) for column in (evidence.c.agent_id, evidence.c.object_agent_id)))
        seqs.update(conn.execute(select(evidence.c.seq).where(named)).scalars())
        seqs.update(conn.execute(select(evidence.c.seq).where(evidence.c.authority_id.in_(some))).scalars())
        related = select(related_agent.c.of).where(related_agent.c.agent_id.in_(some))
        seqs.update(conn.execute(related).scalars())
    return sorted(seqs)


def bodies(conn: Connection, seqs: Sequence[int]) -> Iterator[Kept]:
    """These statements, some at a time."""
    for some in chunks(seqs, _AT_ONCE):
        rows = conn.execute(
            select(statement.c.seq, statement.c.body, evidence.c.voided_at)
            .join(evidence, evidence.c.seq == statement.c.seq)
            .where(statement.c.seq.in_(some))
            .order_by(statement.c.seq)
        ).all()
        for row in rows:
            voided = from_micros_or_none(row.voided_at)
            yield Kept(row.seq, bytes(row.body), voided)


def documents_of(conn: Connection, agent_ids: Collection[int]) -> Iterator[KeptDocument]:
    """The documents of these agents, one at a time."""
    for some in chunks(sorted(agent_ids)):
        ids = conn.execute(select(document.c.id).where(document.c.agent_id.in_(some)).order_by(document.c.id))
        for document_id in ids.scalars().all():
            yield _document(conn, document_id)


def _document(conn: Connection, document_id: int) -> KeptDocument:
    row: Any = conn.execute(
        select(document, activity.c.iri)
        .outerjoin(activity, activity.c.id == document.c.activity_id)
        .where(document.c.id == document_id)
    ).one()
    return KeptDocument(
        row.kind,
        row.iri,
        row.registration,
        row.name,
        row.content_type,
        from_micros(row.updated),
        bytes(row.content),
    )
