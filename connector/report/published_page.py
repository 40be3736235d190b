"""The page of published tables: what analysts read instead of the numbers of the day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from connector.report.errors import NotFound
from connector.report.pages import ThaiErrors, render
from connector.report.published import (
    ALL,
    TABLES,
    PublishedCell,
    PublishedTable,
    find_publication,
    read_published,
)
from connector.report.published_api import rows_of_viewer
from connector.report.published_tables import (
    CATEGORY_OFFICE,
    COMPETENCY_GROUP,
    MONTHS,
    OFFICE_COMPETENCY,
    OFFICE_GROUP,
)
from connector.report.queries.basis import root_scope
from connector.report.queries.published import read_publications, unit_name
from connector.report.words import Words
from lrs.database import snapshots

NAMES: Mapping[str, str] = Words(
    {
        OFFICE_COMPETENCY: "เขตพื้นที่ × สมรรถนะ",
        OFFICE_GROUP: "เขตพื้นที่ × กลุ่ม",
        COMPETENCY_GROUP: "กลุ่ม × สมรรถนะ",
        CATEGORY_OFFICE: "เขตพื้นที่ × ลักษณะการเรียนรู้",
        MONTHS: "รายเดือน",
    }
)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as rows and columns, by their keys."""

    rows: Sequence[tuple[str, str]]
    columns: Sequence[tuple[str, str]]
    cells: Mapping[tuple[str, str], PublishedCell]


def router_published_page(engine: Engine) -> APIRouter:
    """The route /published."""
    router = APIRouter(route_class=ThaiErrors)
    reader = snapshots(engine)

    def published(table: str = OFFICE_COMPETENCY, as_of: str = "") -> Response:
        with reader.connect() as conn:
            here = unit_name(conn, root_scope(conn).unit_id)
            months = [one.as_of for one in read_publications(conn)]
            shown = None
            if months:
                find_publication(conn, table, _day(as_of))
                shown = read_published(conn, table, _day(as_of), rows=rows_of_viewer(conn, table))
        return render(
            "published.html",
            here_name=here,
            months=months[::-1],
            names=NAMES,
            tables=TABLES,
            table=table,
            shown=shown,
            grid=None if shown is None else grid_of(shown),
        )

    router.add_api_route("/published", published, methods=["GET", "HEAD"], response_model=None)
    return router


def grid_of(table: PublishedTable) -> Grid:
    """All together come first."""
    rows = {one.row: one.row_name for one in table.cells}
    columns = {one.column: one.column_name for one in table.cells}
    return Grid(
        sorted(rows.items(), key=lambda one: (one[0] != ALL, one[0])),
        sorted(columns.items(), key=lambda one: (one[0] != ALL, one[0])),
        {(one.row, one.column): one for one in table.cells},
    )


def _day(word: str) -> date | None:
    try:
        return date.fromisoformat(word) if word else None
    except ValueError:
        raise NotFound("ไม่มีตารางที่เผยแพร่ตามที่ระบุ") from None
