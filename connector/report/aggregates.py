"""Aggregates of a unit as the report API tells them: by office, school, group, competency, category, month.

Counts only, never a person; with the report's two times and the framework that they are about.
"""

from collections.abc import Iterable, Mapping
from typing import Literal

from pydantic import BaseModel, Field
from sqlalchemy import Connection, func, select

from connector.report.queries.basis import Basis
from connector.report.queries.learning import Split
from connector.report.queries.months import Month
from connector.report.queries.overview import ItemCount, Overview, Row
from connector.report.times import Times
from mappings.counted import places_on
from mappings.tables import framework, unit

BY = ("office", "school", "group", "competency")
CATEGORY, MONTH = "category", "month"


class FrameworkOut(BaseModel):
    """The version in force on `as_of`; codes of competencies and categories are its own."""

    code: str
    version: str


class About(Times):
    """What every answer is about, and where it goes on."""

    framework: FrameworkOut | None = Field(default=None, description="null: none was in force")
    next: str | None = Field(default=None, description="the `cursor` of the next page; null: there is none")


class UnitOut(BaseModel):
    """The unit whose subtree was counted."""

    uid: str
    kind: str
    name_th: str


class CompetencyCount(BaseModel):
    """Where people stand in one item; `persons` are those it is required of."""

    code: str
    name_th: str
    persons: int
    complete: int
    in_progress: int
    not_started: int


class Line(BaseModel):
    """One school (or unit below), one group, or the total."""

    key: str = Field(description="the unit's uid, or the group M, A, S or T")
    name_th: str
    persons: int = Field(description="the denominator: a membership and a group M, A, S or T on `as_of`")
    all_complete: int = Field(description="persons with every item that is required of them")
    competencies: list[CompetencyCount]
    unclassified: int = Field(description="members without a decided group: beside the denominator")
    outside: int = Field(description="members outside the framework: in no count")


class LinesOut(About):
    """Aggregates by office, school or group."""

    by: Literal["office", "school", "group"]
    unit: UnitOut
    rows: list[Line]
    total: Line


class CompetenciesOut(About):
    """Aggregates by competency."""

    by: Literal["competency"]
    unit: UnitOut
    persons: int
    all_complete: int
    unclassified: int
    outside: int
    rows: list[CompetencyCount]


class MonthLine(Times):
    """The end of a month as it was last closed, by the answer's two times."""

    persons: int
    all_complete: int
    competencies: list[CompetencyCount]
    unclassified: int
    outside: int


class MonthsOut(About):
    """Aggregates by month, the earliest first; none before a month has been closed."""

    by: Literal["month"]
    unit: UnitOut
    rows: list[MonthLine]


class CategoryLine(BaseModel):
    """Learning events of one part of 70:20:10."""

    code: str | None = Field(description="null: the mapping of the course names none")
    weight: int | None = Field(description="its target share of the hours in per cent")
    hours: float = Field(description="known hours")
    events: int
    events_without_hours: int = Field(description="of the events, those whose hours nobody knows")
    sample: bool = Field(description="some of the hours are made up for the sample")


class CategoriesOut(About):
    """Aggregates by learning category."""

    by: Literal["category"]
    unit: UnitOut
    rows: list[CategoryLine]


Answer = LinesOut | CompetenciesOut | MonthsOut | CategoriesOut


def aggregates_of(by: str, basis: Basis, overview: Overview) -> LinesOut | CompetenciesOut:
    """The answer for one of BY; for `office` with the rows of `by_office`."""
    unit = _unit(basis)
    total = overview.total
    if by == "competency":
        return CompetenciesOut(
            as_of=basis.as_of,
            known_at=basis.known_at,
            by="competency",
            unit=unit,
            persons=total.persons,
            all_complete=total.all_complete,
            unclassified=total.unclassified,
            outside=total.outside,
            rows=_competencies(total.items),
        )
    return LinesOut(
        as_of=basis.as_of,
        known_at=basis.known_at,
        by=by,  # type: ignore[arg-type]
        unit=unit,
        rows=_lines(overview.groups if by == "group" else overview.rows),
        total=_line(total),
    )


def _unit(basis: Basis) -> UnitOut:
    return UnitOut(uid=basis.unit.uid, kind=basis.unit.kind, name_th=basis.unit.name_th)


def months_of(basis: Basis, months: Iterable[Month]) -> MonthsOut:
    """The answer for MONTH."""
    rows = [
        MonthLine(
            as_of=one.as_of,
            known_at=one.known_at,
            persons=one.persons,
            all_complete=one.all_complete,
            competencies=_competencies(one.items),
            unclassified=one.unclassified,
            outside=one.outside,
        )
        for one in months
    ]
    return MonthsOut(as_of=basis.as_of, known_at=basis.known_at, by="month", unit=_unit(basis), rows=rows)


def _lines(rows: Iterable[Row]) -> list[Line]:
    return [_line(row) for row in rows]


def _line(row: Row) -> Line:
    return Line(
        key=row.key,
        name_th=row.name,
        persons=row.persons,
        all_complete=row.all_complete,
        competencies=_competencies(row.items),
        unclassified=row.unclassified,
        outside=row.outside,
    )


def _competencies(counts: Iterable[ItemCount]) -> list[CompetencyCount]:
    return [
        CompetencyCount(
            code=count.item.code,
            name_th=count.item.name_th,
            persons=count.persons,
            complete=count.complete,
            in_progress=count.in_progress,
            not_started=count.not_started,
        )
        for count in counts
    ]


def categories_of(basis: Basis, split: Split) -> CategoriesOut:
    """The answer for CATEGORY."""
    rows = [
        CategoryLine(
            code=one.category.code if one.category else None,
            weight=one.category.weight if one.category else None,
            hours=one.hours,
            events=one.events,
            events_without_hours=one.events_without_hours,
            sample=one.sample,
        )
        for one in split.shares
    ]
    return CategoriesOut(
        as_of=basis.as_of, known_at=basis.known_at, by="category", unit=_unit(basis), rows=rows
    )


def by_office(conn: Connection, basis: Basis, overview: Overview) -> Overview:
    """The same with a row for each office (or bureau) and all that is within it."""
    offices = _offices(conn, basis)
    rows: dict[str, list[Row]] = {}
    for row in overview.rows:
        rows.setdefault(offices.get(row.key, (row.key, row.name))[0], []).append(row)
    names = dict(offices.values())
    return Overview(
        tuple(_added(uid, names.get(uid, of[0].name), of) for uid, of in rows.items()),
        overview.groups,
        overview.total,
    )


def _added(uid: str, name: str, rows: list[Row]) -> Row:
    def total(of: str) -> int:
        return sum(getattr(row, of) for row in rows)

    items = tuple(
        ItemCount(
            counts[0].item,
            sum(one.persons for one in counts),
            sum(one.complete for one in counts),
            sum(one.in_progress for one in counts),
        )
        for counts in zip(*(row.items for row in rows), strict=True)
    )
    numbers = (total("persons"), total("all_complete"))
    return Row("office", False, uid, name, *numbers, items, total("unclassified"), total("outside"))


def _offices(conn: Connection, basis: Basis) -> Mapping[str, tuple[str, str]]:
    """Of units within the unit: the nearest above that is no school, itself included; uid and name."""
    within, line = (places_on(basis.as_of, basis.known) for _ in range(2))
    own, above = unit.alias("own"), unit.alias("above")
    rank = func.row_number().over(partition_by=line.c.unit_id, order_by=line.c.depth)
    lines = (
        select(own.c.uid, above.c.uid.label("office"), above.c.name_th, rank.label("rank"))
        .join_from(within, line, line.c.ancestor_id == within.c.unit_id)
        .join(own, own.c.id == line.c.unit_id)
        .join(above, above.c.id == line.c.ancestor_id)
        .where(within.c.ancestor_id == basis.unit.id, above.c.kind != "school")
        .subquery("lines")
    )
    rows = conn.execute(select(lines).where(lines.c.rank == 1))
    return {row.uid: (row.office, row.name_th) for row in rows}


def framework_of(conn: Connection, basis: Basis) -> FrameworkOut | None:
    """What the competencies are of."""
    c = framework.c
    found = conn.execute(select(c.code, c.version).where(c.id == basis.framework_id)).first()
    return None if found is None else FrameworkOut(code=found.code, version=found.version)
