"""Which figures the store holds as statements (SQL)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, select

from connector.publishing.authority import PUBLISHER
from connector.publishing.statements import end_of
from lrs.clock import to_micros
from lrs.tables import agent, evidence, statement, verb
from mappings.vocabulary import REPORTED


class Held(NamedTuple):
    """A statement of a month that was published before."""

    body: Mapping[str, Any]
    voided: bool


def read_held(conn: Connection, day: date) -> dict[str, Held]:
    """By id; all of a month-end have one timestamp."""
    rows = conn.execute(
        select(statement.c.id, statement.c.body, evidence.c.voided_at)
        .join(evidence, evidence.c.seq == statement.c.seq)
        .join(agent, agent.c.id == evidence.c.authority_id)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .where(
            agent.c.key == PUBLISHER.actor.key,
            verb.c.iri == REPORTED,
            evidence.c.timestamp == to_micros(end_of(day)),
        )
    )
    return {row.id: Held(orjson.loads(row.body), row.voided_at is not None) for row in rows}
