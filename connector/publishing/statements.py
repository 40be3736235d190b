"""Published figures of offices as xAPI 1.0.3 statements. Pure, and deterministic.

A statement's id is a UUIDv5 over (office, framework, version, competency, month, occurrence): a figure that
is published twice is one statement, and one that was corrected has the next occurrence. What is hidden in
the published tables is left out.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from connector.report.published import PublishedCell, PublishedTable
from connector.report.thai import BANGKOK
from connector.statements import uuid_of
from lrs.clock import to_iso
from mappings import vocabulary as words
from mappings.xapi_profile import VERSION

_LAST_MOMENT = time(23, 59, 59, 999999, tzinfo=BANGKOK)


@dataclass(frozen=True, slots=True)
class Figure:
    """What one office reports of one competency at a month-end."""

    of: PublishedTable
    cell: PublishedCell

    def id(self, occurrence: int) -> str:
        """The id of its `occurrence`-th (from 1) statement."""
        framework = self.of.framework_code, self.of.framework_version
        month = month_of(self.of.as_of)
        return uuid_of(
            words.UNITS, "reported", self.cell.row, *framework, self.cell.column, month, occurrence
        )

    def document(self, occurrence: int) -> dict[str, Any]:
        """The statement."""
        result = self.result()
        return {
            "id": self.id(occurrence),
            "actor": {
                "objectType": "Group",
                "name": self.cell.row_name,
                "account": {"homePage": words.UNITS, "name": self.cell.row},
            },
            "verb": {"id": words.REPORTED, "display": {"en": "reported", "th": "รายงาน"}},
            "object": {
                "id": competency_of(self.of, self.cell),
                "definition": {"type": words.COMPETENCY, "name": {"th": self.cell.column_name}},
            },
            **({"result": result} if result else {}),
            "context": {
                "contextActivities": {"category": [{"id": VERSION}]},
                "extensions": self._circumstances(),
            },
            "timestamp": to_iso(end_of(self.of.as_of)),
        }

    def result(self) -> dict[str, Any]:
        """Share and counts, those that are shown."""
        counts = {
            words.PERSONS_EXTENSION: self.cell.persons,
            words.COMPLETE_EXTENSION: self.cell.complete,
            words.BEGUN_EXTENSION: self.cell.in_progress,
        }
        shown = {iri: number for iri, number in counts.items() if number is not None}
        share = self.cell.share
        score = {} if share is None else {"score": {"scaled": round(share, 6)}}
        return score | ({"extensions": shown} if shown else {})

    def _circumstances(self) -> dict[str, Any]:
        return {
            words.MONTH_EXTENSION: month_of(self.of.as_of),
            words.KNOWN_AT_EXTENSION: to_iso(self.of.known_at),
            words.FRAMEWORK_EXTENSION: f"{self.of.framework_code} {self.of.framework_version}",
            words.THRESHOLD_EXTENSION: self.of.threshold,
        }


def figures_of(table: PublishedTable) -> list[Figure]:
    """The figures of a table office x competency: of single offices and competencies alone."""
    return [Figure(table, cell) for cell in table.cells if cell.row and cell.column]


def competency_of(table: PublishedTable, cell: PublishedCell) -> str:
    """The activity IRI of a cell's competency."""
    return words.competency_activity(table.framework_code, table.framework_version, cell.column)


def month_of(day: date) -> str:
    """As 2026-10."""
    return f"{day:%Y-%m}"


def end_of(day: date) -> datetime:
    """The last moment of a day in Bangkok, which all statements of that month-end have."""
    return datetime.combine(day, _LAST_MOMENT)
