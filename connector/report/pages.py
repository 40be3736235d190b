"""The pages: server-rendered Thai, usable without JavaScript, nothing fetched from another host."""

import json
from collections.abc import Callable, Coroutine, Mapping
from datetime import date
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from sqlalchemy import Connection, Engine

from connector.access.form_tokens import FormTokens
from connector.access.rights import may
from connector.access.viewer import current
from connector.base_path import below_base
from connector.imports.event import MODES
from connector.report import thai
from connector.report.asked_times import AskedWords
from connector.report.charts import chart_of, until_now
from connector.report.errors import NoUnits, ReportError
from connector.report.heat import Heat, sorted_rows
from connector.report.queries.assignments import read_assignments
from connector.report.queries.basis import Basis, narrowed, read_basis, read_times, root_scope
from connector.report.queries.corrections import read_correctable
from connector.report.queries.learning import read_events, read_split, split_of
from connector.report.queries.overview import Overview, overview_key, read_overview
from connector.report.queries.past_months import PastMonths
from connector.report.queries.people import read_people, read_schools
from connector.report.queries.people_filters import OUTSIDE, UNCLASSIFIED, Filters, State
from connector.report.queries.people_orders import Orders
from connector.report.queries.people_searches import read_search
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
from connector.report.whys import MOST_TRIED, WHYS, read_explanations
from connector.report.words import (
    LANGUAGES,
    Words,
    _,
    gettext,
    language,
    ngettext,
    pgettext,
    shown,
    this_page,
)
from lrs.clock import Clock, from_micros, utc_now
from lrs.database import snapshots
from mappings import vocabulary

STATE_CHOICES = Words(
    {
        State.NOT_FINISHED: "ยังไม่ผ่าน",
        State.COMPLETE: "ผ่านแล้ว",
        State.IN_PROGRESS: "กำลังเรียน",
        State.NOT_STARTED: "ยังไม่เริ่ม",
    }
)
GROUP_CHOICES = Words(
    {
        **{code: thai.group_name(code) for code in thai.GROUPS},
        UNCLASSIFIED: thai.UNCLASSIFIED,
        OUTSIDE: thai.OUTSIDE,
    }
)
SORT_CHOICES = Words(
    {
        "": "ชื่อ",
        "school": "หน่วยงาน",
        "fewest": "ผ่านน้อยข้อที่สุดก่อน",
        "most": "ผ่านมากข้อที่สุดก่อน",
    }
)
VERBS = Words(
    {
        vocabulary.COMPLETED: "เรียนจบ",
        vocabulary.PASSED: "สอบผ่าน",
        vocabulary.FAILED: "ยังไม่ผ่าน",
        vocabulary.EARNED: "ได้คะแนน",
        vocabulary.REGISTERED: "ลงทะเบียน",
        vocabulary.UNREGISTERED: "ถอนการลงทะเบียน",
        vocabulary.PROGRESSED: "กำลังเรียน",
        vocabulary.INITIALIZED: "เริ่มเรียน",
        vocabulary.ATTENDED: "เข้าร่วม",
        vocabulary.VOIDED: "ยกเลิกบันทึก",
    }
)


def environment() -> Environment:
    """The templates with their filters; every value is escaped, an unknown name is an error."""
    env = Environment(
        loader=PackageLoader("connector.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=[FormTokens, "jinja2.ext.i18n"],
    )
    env.policies["ext.i18n.trimmed"] = True
    # The extension gives the environment this method as it is loaded.
    env.install_gettext_callables(gettext, ngettext, newstyle=True, pgettext=pgettext)  # type: ignore[attr-defined]
    # Tables say the same texts in each row: these need not be made again.
    env.globals["_"] = shown
    env.filters |= {
        "iso_day": date.fromisoformat,
        "thai_date": thai.thai_date,
        "thai_moment": thai.thai_moment,
        "thai_age": thai.thai_age,
        "thai_duration": thai.thai_duration,
        "hours": thai.hours,
        "bar_width": thai.bar_width,
        "query": _query,
        "verb": lambda iri: VERBS.get(iri, iri.rsplit("/", 1)[-1]),
    }
    env.globals |= {
        "states": thai.STATES,
        "levels": thai.LEVELS,
        "categories": thai.CATEGORIES,
        "group_name": thai.group_name,
        "modes": Words({mode: words[0] for mode, words in MODES.items()}),
        "viewer": current,
        "may": may,
        "at_times": _at_times,
        "language": language,
        "languages": LANGUAGES,
        "this_page": this_page,
        "percent": thai.percent,
        "share": thai.share,
    }
    return env


@pass_context
def _query(context: Context, values: Mapping[str, object]) -> str:
    """What an address says after "?"; links of a report keep the two times that it was asked about."""
    said = {**values, **getattr(context.get("basis"), "asked", {})}
    return urlencode({name: value for name, value in said.items() if value})


@pass_context
def _at_times(context: Context) -> str:
    """For a link that says nothing else: the two times, if the report was asked about any."""
    said = _query(context, {})
    return f"?{said}" if said else ""


ENVIRONMENT = environment()


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


Asked = Annotated[AskedWords, Depends()]
_MOST_OVERVIEWS = 16
"""Two mebibytes each, where units have hundreds of rows."""


class _Pages:
    """One method a page; each reads in one transaction, so that its numbers agree."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = snapshots(engine)
        self._clock = clock
        self._orders = Orders()
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
        with self._engine.begin() as conn:
            top = root_scope(conn)
            basis = self._basis(conn, times, filters.school)
            words = read_search(conn, filters.search, self._clock())
            people = read_people(conn, basis, filters, words, self._orders)
            schools = read_schools(conn, top, basis.scope)
        return render(
            "people.html",
            basis=basis,
            people=people,
            schools=schools,
            filters=filters,
            words=words,
            group_choices=GROUP_CHOICES,
            state_choices=STATE_CHOICES,
            sort_choices=SORT_CHOICES,
        )

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
        now, top = self._clock(), root_scope(conn)
        scope = narrowed(conn, top, unit)
        return read_basis(conn, scope, now, top=top, times=words.times(now), uuid=uuid)
