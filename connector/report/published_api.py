"""The published tables as JSON and CSV: month-ends alone, small counts hidden."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Engine, select

from connector.access.viewer import current
from connector.report.answers import AS_CSV, REFUSALS, Wanted, as_csv, as_json, refusing, unchanged
from connector.report.cursors import Cursor, read_cursor, write_cursor
from connector.report.errors import NotFound, WrongTime
from connector.report.published import (
    TABLES,
    PublishedCell,
    PublishedTable,
    find_publication,
    read_published,
)
from connector.report.queries.published import Publication, read_publications, root_of
from lrs.clock import from_micros
from lrs.database import snapshots
from mappings.tables import unit, unit_path

MOST = 5000
Table = Literal["office-competency", "office-group", "competency-group", "category-office", "months"]
HEADER = (
    "as_of",
    "row",
    "row_name",
    "column",
    "column_name",
    "persons",
    "complete",
    "in_progress",
    "not_started",
    "learners",
    "events",
    "hours",
)


class CellOut(BaseModel):
    """One cell. A count is null where it is hidden, and where the table does not have it."""

    row: str = Field(description="an office's uid, a group, or a month-end; empty: all offices together")
    row_name: str
    column: str = Field(description="code of a competency, group or category; empty: everything asked")
    column_name: str
    persons: int | None
    complete: int | None
    in_progress: int | None
    not_started: int | None
    learners: int | None = Field(description="persons with a learning event in the category")
    events: int | None
    hours: float | None = Field(description="known hours of these events")


class TableOut(BaseModel):
    """A table as it was published, once; or a page of it."""

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "table": "office-competency",
                    "as_of": "2026-10-31",
                    "known_at": "2026-10-31T17:30:00Z",
                    "published_at": "2026-10-31T17:31:00Z",
                    "framework": "otepc-w4",
                    "framework_version": "2563",
                    "small_counts_below": 5,
                    "cells": [
                        {
                            "row": "area-1",
                            "row_name": "สพป.หนึ่ง",
                            "column": "D1.1",
                            "column_name": "การเข้าถึงและตระหนักดิจิทัล",
                            "persons": 1520,
                            "complete": 611,
                            "in_progress": None,
                            "not_started": None,
                            "learners": None,
                            "events": None,
                            "hours": None,
                        }
                    ],
                    "next": None,
                }
            ]
        }
    }

    table: Table
    as_of: date
    known_at: datetime
    published_at: datetime
    framework: str
    framework_version: str
    small_counts_below: int
    cells: list[CellOut]
    next: str | None = Field(description="the `cursor` of the next page; null: there is none")


class MonthOut(BaseModel):
    """A month-end that is published."""

    as_of: date
    known_at: datetime
    published_at: datetime
    framework: str
    framework_version: str
    small_counts_below: int


class PublishedOut(BaseModel):
    """What there is to ask for."""

    tables: list[str]
    months: list[MonthOut]


def router_published(engine: Engine) -> APIRouter:
    """The routes under /published."""
    router = APIRouter(prefix="/published", responses=REFUSALS)
    tables = _Tables(engine)
    router.add_api_route(
        "",
        tables.listed,
        methods=["GET"],
        name="published",
        summary="Tables and month-ends that are published",
    )
    router.add_api_route(
        "/{table}",
        tables.one,
        methods=["GET"],
        name="published_table",
        summary="A table as it was published",
        response_model=TableOut,
        responses=AS_CSV,
    )
    return router


class _Tables:
    def __init__(self, engine: Engine) -> None:
        self._reader = snapshots(engine)

    def listed(self) -> PublishedOut:
        with self._reader.connect() as conn:
            months = [_month(one) for one in read_publications(conn)]
        return PublishedOut(tables=list(TABLES), months=months)

    def one(
        self,
        wanted: Annotated[Wanted, Depends()],
        table: Table,
        as_of: Annotated[date | None, Query(description="a month-end; default: the last published")] = None,
        limit: Annotated[
            int, Query(ge=1, le=MOST, description="cells of a page; CSV has all of them")
        ] = MOST,
        cursor: Annotated[str, Query(description="`next` of the page before", max_length=2000)] = "",
    ) -> Response:
        with refusing(), _nothing_published(), self._reader.connect() as conn:
            start, day = _start(cursor, table, as_of)
            found = find_publication(conn, table, day)
            rows = rows_of_viewer(conn, table)
            etag = wanted.etag(table, found.as_of, found.id, rows, start, limit)
            if wanted.is_known(etag):
                return unchanged(etag)
            whole = read_published(conn, table, found.as_of, rows=rows)
        if wanted.csv:
            lines = [_line(whole, cell) for cell in whole.cells]
            return as_csv(HEADER, lines, etag, f"{table}-{whole.as_of}")
        return as_json(_page(whole, start, limit), etag)


@contextmanager
def _nothing_published() -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise HTTPException(404, "nothing like this was published for you") from None


def _month(one: Publication) -> MonthOut:
    return MonthOut(
        as_of=one.as_of,
        known_at=from_micros(one.known_at),
        published_at=from_micros(one.published_at),
        framework=one.framework_code,
        framework_version=one.framework_version,
        small_counts_below=one.threshold,
    )


def rows_of_viewer(conn: Connection, table: str) -> Collection[str] | None:
    """The rows that who reads may see: of somebody with an office its own. Raises NotFound: none."""
    viewer = current()
    if viewer is None or viewer.unit_id in (None, root_of(conn)):
        return None
    c = unit_path.c
    within = select(unit.c.uid).join(unit_path, c.unit_id == unit.c.id).where(c.ancestor_id == viewer.unit_id)
    offices = conn.execute(within.where(unit.c.kind != "school").order_by(unit.c.uid)).scalars().all()
    if not table.startswith("office-") and table != "category-office":
        raise NotFound("")
    return tuple(offices)


def _start(cursor: str, table: str, as_of: date | None) -> tuple[int, date | None]:
    if not cursor:
        return 0, as_of
    found = read_cursor(cursor, f"published {table}")
    try:
        return found.start, date.fromisoformat(found.as_of)
    except ValueError:
        raise WrongTime("cursor", "", "is none of this service's") from None


def _page(table: PublishedTable, start: int, limit: int) -> TableOut:
    more = start + limit < len(table.cells)
    following = Cursor(f"published {table.name}", table.as_of.isoformat(), "", start + limit)
    return TableOut(
        table=table.name,  # type: ignore[arg-type]
        as_of=table.as_of,
        known_at=table.known_at,
        published_at=table.published_at,
        framework=table.framework_code,
        framework_version=table.framework_version,
        small_counts_below=table.threshold,
        cells=[_out(one) for one in table.cells[start : start + limit]],
        next=write_cursor(following) if more else None,
    )


def _out(cell: PublishedCell) -> CellOut:
    return CellOut(**{name: getattr(cell, name) for name in CellOut.model_fields})


def _line(table: PublishedTable, cell: PublishedCell) -> list[str | int | float | None]:
    return [table.as_of.isoformat(), *(getattr(cell, name) for name in HEADER[1:])]
