"""Published tables brought into the store as statements: new figures written, corrected ones voided and
written anew, the same left alone.

Nothing is remembered beside the store: which occurrence of a figure holds is read from its statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Engine, select

from connector.locks import held
from connector.publishing.authority import PUBLISHER
from connector.publishing.statements import Figure, end_of, figures_of
from connector.report.published import read_published
from connector.report.published_tables import OFFICE_COMPETENCY
from connector.report.queries.published import read_publications
from connector.sink import validated, write
from connector.statements import voiding
from lrs.clock import Clock, to_micros
from lrs.database import read_only
from lrs.tables import agent, evidence, statement, verb
from mappings.errors import MappingError
from mappings.vocabulary import REPORTED, UNITS


@dataclass
class Report:
    """What publishing wrote."""

    months: list[date] = field(default_factory=list)
    written: int = 0
    voided: int = 0


class _Held(NamedTuple):
    """A statement of a month that was published before."""

    body: Mapping[str, Any]
    voided: bool


class _Changes(NamedTuple):
    """Ids to be voided, and statements to be written."""

    void: list[str]
    write: list[dict[str, Any]]


def publish_statements(engine: Engine, month: date | None, clock: Clock) -> Report:
    """Write the statements of a published month-end, or of all of them; publishing twice writes nothing.

    Raises MappingError where nothing was published of the month, AlreadyRunning.
    """
    report = Report()
    with held(engine, "publish"):
        for day in _month_ends(engine, month):
            changes = _changes(engine, day)
            _write(engine, changes, clock)
            report.months.append(day)
            report.written += len(changes.write)
            report.voided += len(changes.void)
    return report


def _month_ends(engine: Engine, month: date | None) -> list[date]:
    with read_only(engine).begin() as conn:
        days = [one.as_of for one in read_publications(conn)]
    if month is None:
        return days
    if month not in days:
        raise MappingError(f"month '{month:%Y-%m}': no tables are published of it; close it first")
    return [month]


def _changes(engine: Engine, day: date) -> _Changes:
    with read_only(engine).begin() as conn:
        figures = figures_of(read_published(conn, OFFICE_COMPETENCY, day))
        stored = _read_held(conn, day)
    changes = _Changes([], [])
    standing = {id_ for id_, one in stored.items() if not one.voided}
    for one in figures:
        standing -= _settle(one, stored, changes)
    # Of offices or competencies that the tables have no longer.
    changes.void.extend(sorted(standing))
    return changes


def _settle(figure: Figure, stored: Mapping[str, _Held], changes: _Changes) -> set[str]:
    """Add what a figure needs; its statement that stood before."""
    occurrence = 1
    while (before := stored.get(figure.id(occurrence))) is not None and before.voided:
        occurrence += 1
    if before is None:
        changes.write.append(figure.document(occurrence))
        return set()
    if before.body.get("result", {}) != figure.result():
        changes.void.append(figure.id(occurrence))
        changes.write.append(figure.document(occurrence + 1))
    return {figure.id(occurrence)}


def _read_held(conn: Connection, day: date) -> dict[str, _Held]:
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
    return {row.id: _Held(orjson.loads(row.body), row.voided_at is not None) for row in rows}


def _write(engine: Engine, changes: _Changes, clock: Clock) -> None:
    """What is corrected and what takes its place, together: no reader finds neither or both."""
    if not changes.void and not changes.write:
        return
    now = clock()
    documents: Sequence[dict[str, Any]] = [
        *(voiding(one, home_page=UNITS, agent=PUBLISHER.agent, now=now) for one in changes.void),
        *changes.write,
    ]
    prepared = validated(documents, PUBLISHER)
    with engine.begin() as conn:
        write(conn, prepared, clock)
