"""The pages: server-rendered Thai, usable without JavaScript, nothing fetched from another host."""

import json
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from markupsafe import Markup
from sqlalchemy import Connection, Engine

from connector.access.rights import may
from connector.access.viewer import current
from connector.base_path import below_base
from connector.report import thai
from connector.report.asked_times import Asked, AskedWords
from connector.report.charts import chart_of, until_now
from connector.report.errors import NoUnits, ReportError
from connector.report.heat import Heat, sorted_rows
from connector.report.people_list import PeopleList
from connector.report.queries.assignments import read_assignments
from connector.report.queries.basis import Basis, asked_basis, read_times
from connector.report.queries.corrections import read_correctable
from connector.report.queries.heads import Heads
from connector.report.queries.learning import read_events, read_split, split_of
from connector.report.queries.moments import read_moment
from connector.report.queries.overview import Overview, overview_key, read_overview
from connector.report.queries.past_months import PastMonths
from connector.report.queries.people_filters import Filters
from connector.report.queries.person import (
    MOST_RECORDS,
    read_details,
    read_items,
    read_records,
    read_statement,
)
from connector.report.queries.person_accounts import read_accounts, read_merged_away, read_merges_into
from connector.report.queries.reconciliation import read_reconciliation
from connector.report.remembered import Remembered
from connector.report.sides import Kind
from connector.report.templating import ENVIRONMENT
from connector.report.whys import MOST_TRIED, WHYS, read_explanations
from connector.report.words import _
from lrs.clock import Clock, from_micros, utc_now
from lrs.database import snapshots


def render(template: str, http_status: int = 200, /, **values: Any) -> Response:
    """A page from a template."""
    page = ENVIRONMENT.get_template(template).render(**values)
    return HTMLResponse(below_base(page), status_code=http_status)


class ThaiErrors(APIRoute):
    """Answers what a report refuses with a page in Thai instead of JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Wraps the usual handler."""
        handle = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await handle(request)
            except NoUnits:
                return render("empty.html")
            except ReportError as error:
                return render("error.html", error.status, status=error.status, message=error.message)
            except RequestValidationError:
                return render("error.html", 422, status=422, message=_("ค่าที่ระบุในที่อยู่ของหน้านี้ไม่ถูกต้อง"))

        return answer


def router_pages(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /, for the whole organisation: there are no accounts to narrow it yet."""
    router = APIRouter(route_class=ThaiErrors, default_response_class=HTMLResponse)
    pages = _Pages(engine, clock)
    for path, page in (
        ("/", pages.overview),
        ("/people", pages.people),
        ("/people/{uuid}", pages.person),
        ("/people/{uuid}/statements/{statement_id}", pages.statement),
        ("/reconciliation", pages.reconciliation),
    ):
        router.add_api_route(path, page, methods=["GET", "HEAD"], response_model=None)
    return router


_MOST_OVERVIEWS = 16
"""Two mebibytes each, where units have hundreds of rows."""


class _Pages:
    """One method a page; each reads in one transaction, so that its numbers agree."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = snapshots(engine)
        self._clock = clock
        self._heads = Heads()
        self._list = PeopleList(self._engine, clock, self._heads)
        self._past = PastMonths()
        self._overviews: Remembered[Overview] = Remembered(_MOST_OVERVIEWS)
        self._lines: Remembered[Markup] = Remembered(_MOST_OVERVIEWS)

    def overview(self, times: Asked, unit: str = "", sort: str = "") -> Response:
        if (viewer := current()) is not None and not viewer.sees_names:
            # The numbers of a day tell of single people: what is published does not.
            return RedirectResponse("/published", 303)
        with self._engine.begin() as conn:
            basis = self._basis(conn, times, unit)
            key = overview_key(conn, basis)
            overview = self._overviews.of(key, lambda: read_overview(conn, basis))
            split, past = read_split(conn, basis), self._past.read(conn, basis)
        heat = Heat(basis, unit, names=may("/people"))
        shown = key and (key, heat.key, sort)
        lines = self._lines.of(shown, lambda: heat.lines(sorted_rows(overview.rows, basis, sort)))
        return render(
            "overview.html",
            basis=basis,
            overview=overview,
            lines=lines,
            heat=heat,
            chart=chart_of([*past, *until_now(past, basis.as_of, overview.total)]),
            split=split,
            unit=unit,
            sort=sort,
        )

    def people(self, times: Asked, filters: Annotated[Filters, Query()]) -> Response:
        return render("people.html", **self._list.read(times, filters))

    def person(self, times: Asked, uuid: str) -> Response:
        with self._engine.begin() as conn:
            basis = self._basis(conn, times, uuid=uuid)
            merged = read_merged_away(conn, basis.scope, uuid)
            if merged and merged.source and not basis.asked:
                return render("merged_away.html", merge=merged)
            details = read_details(conn, basis, uuid)
            events = read_events(conn, details.id, basis)
            items = read_items(conn, basis, details)
            accounts = read_accounts(conn, details.id)
            merges = read_merges_into(conn, basis.scope, details.id)
            records = read_records(conn, basis, details.id)
            assignments = read_assignments(conn, details.id)
            correctable = read_correctable(conn, details.id)
            explanations = read_explanations(conn, basis, details.id)
        split = split_of(events, basis)
        return render(
            "person.html",
            basis=basis,
            details=details,
            items=items,
            explanations=explanations,
            whys=WHYS,
            most_tried=MOST_TRIED,
            from_micros=from_micros,
            events=events,
            split=split,
            accounts=accounts,
            link_methods=thai.LINK_METHODS,
            merges=merges,
            records=records,
            assignments=assignments,
            correctable=correctable,
            groups=thai.GROUPS,
            most_records=MOST_RECORDS,
        )

    def statement(self, times: Asked, uuid: str, statement_id: str) -> Response:
        with self._engine.begin() as conn:
            basis = self._basis(conn, times, uuid=uuid)
            details = read_details(conn, basis, uuid)
            body = read_statement(conn, details.id, statement_id)
        pretty = json.dumps(json.loads(body), ensure_ascii=False, indent=2)
        return render("statement.html", basis=basis, details=details, statement_id=statement_id, body=pretty)

    def reconciliation(self) -> Response:
        with self._engine.begin() as conn:
            as_of, known_at = read_times(conn, self._clock())
            report = read_reconciliation(conn, self._clock())
        return render("reconciliation.html", as_of=as_of, known_at=known_at, report=report, kinds=Kind)

    def _basis(self, conn: Connection, words: AskedWords, unit: str = "", uuid: str | None = None) -> Basis:
        now = self._clock()
        return asked_basis(conn, read_moment(conn), now, words.times(now), unit, uuid, self._heads)
