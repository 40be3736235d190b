"""What stands at the head of a report beside its times: the unit with those above it, and the framework."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, select

from connector.report.remembered import Remembered
from connector.report.words import said
from mappings.counted import places_on
from mappings.framework_terms import framework_on
from mappings.requirements import read_required
from mappings.tables import competency, framework, learning_category, unit

_MOST = 256
"""Some ten kibibytes each."""


@dataclass(frozen=True, slots=True)
class Unit:
    """An office, a bureau or a school."""

    id: int
    uid: str
    kind: str
    name_th: str


@dataclass(frozen=True, slots=True)
class Item:
    """One of the framework's competencies; `name_th` is verbatim."""

    id: int
    code: str
    name_th: str
    name_en: str

    @property
    def name(self) -> str:
        """The name in the language of who reads, where the framework has it."""
        return said(self.name_th, self.name_en)


@dataclass(frozen=True, slots=True)
class Category:
    """One part of 70:20:10 with its target share in per cent."""

    id: int
    code: str
    weight: int
    description_th: str


@dataclass(frozen=True, slots=True)
class Head:
    """`units`: from the highest that is named down to the one asked about. `required`: group -> ids of items.

    Without a framework its texts are empty.
    """

    units: tuple[Unit, ...]
    framework_id: int | None
    title_th: str
    title_en: str
    document_no: str
    items: tuple[Item, ...]
    categories: tuple[Category, ...]
    required: Mapping[str, frozenset[int]]


class About(NamedTuple):
    """What a head is about: a unit, named below `top_id`; `known_at` in microseconds, None: now."""

    unit_id: int
    top_id: int
    as_of: date
    known_at: int | None


class Heads:
    """Those asked for last; one for each database, used by many threads."""

    def __init__(self) -> None:
        self._held: Remembered[Head] = Remembered(_MOST)

    def read(self, conn: Connection, about: About, mark: int | None) -> Head:
        """`mark`: as `Moment` tells it; None: nothing is remembered."""
        lasts = mark is not None and about.known_at is not None
        return self._held.of((about, mark) if lasts else None, lambda: read_head(conn, about))


def read_head(conn: Connection, about: About) -> Head:
    """As the two times have it; units have the names of today."""
    framework_id = framework_on(conn, about.as_of, about.known_at)
    f = framework.c
    current = conn.execute(select(f.title_th, f.title_en, f.document_no).where(f.id == framework_id)).first()
    title_th, title_en, document_no = current or ("", "", "")
    return Head(
        units=_line_of(conn, about),
        framework_id=framework_id,
        title_th=title_th,
        title_en=title_en,
        document_no=document_no,
        items=read_items(conn, framework_id),
        categories=read_categories(conn, framework_id),
        required=read_required(conn, framework_id),
    )


def _line_of(conn: Connection, about: About) -> tuple[Unit, ...]:
    """The units from the top down to the one asked about; that one alone where it did not lie within it."""
    up, down = (places_on(about.as_of, about.known_at) for _ in range(2))
    rows = conn.execute(
        select(unit.c.id, unit.c.uid, unit.c.kind, unit.c.name_th)
        .join(up, up.c.ancestor_id == unit.c.id)
        .join(down, (down.c.unit_id == unit.c.id) & (down.c.ancestor_id == about.top_id))
        .where(up.c.unit_id == about.unit_id)
        .order_by(up.c.depth.desc())
    ).all()
    if not rows:
        own = select(unit.c.id, unit.c.uid, unit.c.kind, unit.c.name_th).where(unit.c.id == about.unit_id)
        rows = conn.execute(own).all()
    return tuple(Unit(*row) for row in rows)


def read_items(conn: Connection, framework_id: int | None) -> tuple[Item, ...]:
    """The competencies of a version in their order; none without one."""
    c = competency.c
    rows = conn.execute(
        select(c.id, c.code, c.name_th, c.name_en)
        .where(c.framework_id == framework_id)
        .order_by(c.position, c.code)
    )
    return tuple(Item(*row) for row in rows)


def read_categories(conn: Connection, framework_id: int | None) -> tuple[Category, ...]:
    """The parts of 70:20:10 of a version, the largest first; none without one."""
    c = learning_category.c
    rows = conn.execute(
        select(c.id, c.code, c.weight, c.description_th)
        .where(c.framework_id == framework_id)
        .order_by(c.weight.desc(), c.code)
    )
    return tuple(Category(*row) for row in rows)
