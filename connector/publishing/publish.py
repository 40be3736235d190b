"""Published tables brought into the store as statements: new figures written, corrected ones voided and
written anew, the same left alone.

Nothing is remembered beside the store: which occurrence of a figure holds is read from its statements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Engine

from connector.locks import held
from connector.publishing.authority import PUBLISHER
from connector.publishing.statements import Figure, figures_of
from connector.publishing.stored import Held, read_held
from connector.report.published import read_published
from connector.report.published_tables import OFFICE_COMPETENCY
from connector.report.queries.published import read_publications
from connector.sink import validated, write
from connector.statements import voiding
from lrs.clock import Clock
from lrs.database import read_only
from mappings.errors import MappingError
from mappings.vocabulary import UNITS


@dataclass
class Report:
    """What publishing wrote."""

    months: list[date] = field(default_factory=list)
    written: int = 0
    voided: int = 0


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
        stored = read_held(conn, day)
    changes = _Changes([], [])
    standing = {id_ for id_, one in stored.items() if not one.voided}
    for one in figures:
        standing -= _settle(one, stored, changes)
    # Of offices or competencies that the tables have no longer.
    changes.void.extend(sorted(standing))
    return changes


def _settle(figure: Figure, stored: Mapping[str, Held], changes: _Changes) -> set[str]:
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
