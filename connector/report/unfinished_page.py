"""The list to chase people with: who has not finished what, to be copied into a chat or an e-mail."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Engine

from connector.report import thai
from connector.report.asked_times import Asked
from connector.report.pages import ThaiErrors, render
from connector.report.people_choices import GROUP_CHOICES
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.people import read_schools
from connector.report.queries.people_orders import Orders
from connector.report.queries.unfinished import Chase, Chased, School, Unfinished, read_unfinished
from connector.report.words import _
from lrs.clock import Clock, utc_now
from lrs.database import snapshots

PATH = "/people/unfinished"


def router_unfinished(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The route of the list; to be included before the one of a person, whose address is like it."""
    router = APIRouter(route_class=ThaiErrors, default_response_class=HTMLResponse)
    reading, orders = snapshots(engine), Orders()

    def unfinished(times: Asked, chased: Annotated[Chased, Query()]) -> Response:
        now = clock()
        with reading.begin() as conn:
            top = root_scope(conn)
            scope = narrowed(conn, top, chased.school)
            basis = read_basis(conn, scope, now, top=top, times=times.times(now))
            chase = read_unfinished(conn, basis, chased, orders)
            schools = read_schools(conn, top, scope)
        return render(
            "unfinished.html",
            basis=basis,
            chase=chase,
            chased=chased,
            schools=schools,
            group_choices={code: GROUP_CHOICES[code] for code in thai.GROUPS},
            message=message_of(basis, chase, chased.item),
        )

    router.add_api_route(PATH, unfinished, methods=["GET", "HEAD"], response_model=None)
    return router


def message_of(basis: Basis, chase: Chase, item: str = "") -> str:
    """The list as plain text for a chat: a line a person, school by school. `item`: asked for alone."""
    title = _("ยังไม่ผ่าน %(what)s: %(unit)s", what=item or _("สมรรถนะดิจิทัล"), unit=basis.unit.name_th)
    day = _("ข้อมูล ณ วันที่ %(day)s", day=thai.thai_date(basis.as_of, short=True))
    return "\n".join([title, day, *(line for school in chase.schools for line in _lines(school, item))])


def _lines(school: School, item: str) -> Iterator[str]:
    yield ""
    yield _("%(school)s (%(number)s คน)", school=school.name, number=len(school.people))
    for number, one in enumerate(school.people, 1):
        yield f"{number}. {one.person.name}" if item else f"{number}. {one.person.name}: {_missing(one)}"


def _missing(one: Unfinished) -> str:
    return _("ทุกข้อ") if one.every else " ".join(one.missing)
