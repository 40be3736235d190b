"""The pages that merge two persons who are one, and take that back."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from connector.access.viewer import acting
from connector.report.errors import NotFound, WrongForm
from connector.report.form_fields import Text, required
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import root_scope
from connector.report.queries.found_people import find_persons
from connector.report.queries.person_accounts import read_accounts, read_merged_away, read_person
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings.errors import DecisionError
from mappings.merges import merge, split

WHY = {
    "same": "เป็นคนเดียวกันอยู่แล้ว กรุณาเลือกบุคคลอื่น",
    "merged_away": "คนใดคนหนึ่งถูกรวมเข้ากับบุคคลอื่นไปแล้ว กรุณาเลือกบุคคลที่รวมไว้",
    "erased": "ข้อมูลของคนใดคนหนึ่งถูกลบแล้ว จึงรวมไม่ได้",
    "not_merged": "การรวมนี้ถูกแยกกลับไปแล้ว",
    "merged_on": "บุคคลที่รวมไว้ถูกรวมต่อไปอีกทอดหนึ่ง กรุณาแยกการรวมครั้งหลังก่อน",
}


def router_merges(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /people/{uuid}/merge and /people/{uuid}/split."""
    pages = _Pages(engine, clock)
    return page_router(
        {"/people/{uuid}/merge": pages.choose, "/people/{uuid}/merge/{other}": pages.check},
        {
            "/people/{uuid}/merge": pages.choose,
            "/people/{uuid}/merge/{other}": pages.merge,
            "/people/{uuid}/split": pages.split,
        },
    )


class _Pages:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def choose(self, uuid: str, words: Text = "") -> Response:
        with read_only(self._engine).begin() as conn:
            scope = root_scope(conn)
            person = read_person(conn, scope, uuid)
            found = [one for one in find_persons(conn, scope, words) if one.id != person.id]
        return render("merge.html", person=person, other=None, found=found, words=words)

    def check(self, uuid: str, other: str) -> Response:
        with read_only(self._engine).begin() as conn:
            scope = root_scope(conn)
            kept, merged = read_person(conn, scope, uuid), read_person(conn, scope, other)
            accounts, theirs = read_accounts(conn, kept.id), read_accounts(conn, merged.id)
        return render("merge.html", person=kept, other=merged, accounts=accounts, other_accounts=theirs)

    def merge(self, uuid: str, other: str, reason: Text = "", seen: Annotated[str, Form()] = "") -> Response:
        why = required(reason, "กรุณาระบุเหตุผลหรือหลักฐานที่เป็นคนเดียวกัน")
        required(seen, "กรุณายืนยันว่าตรวจแล้วว่าเป็นคนเดียวกัน")
        with self._engine.begin() as conn:
            scope = root_scope(conn)
            kept, merged = read_person(conn, scope, uuid), read_person(conn, scope, other)
            try:
                merge(conn, merged.id, kept.id, why, self._clock(), acting())
            except DecisionError as error:
                raise WrongForm(WHY[error.why]) from None
        return RedirectResponse(f"/people/{kept.uuid}", status_code=303)

    def split(self, uuid: str, reason: Text = "") -> Response:
        why = required(reason, "กรุณาระบุเหตุผลที่แยก")
        with self._engine.begin() as conn:
            found = read_merged_away(conn, root_scope(conn), uuid)
            if found is None or found.source is None:
                raise NotFound("บุคคลนี้ไม่ได้ถูกรวมเข้ากับผู้ใด")
            try:
                split(conn, found.id, why, self._clock(), acting())
            except DecisionError as error:
                raise WrongForm(WHY[error.why]) from None
        return RedirectResponse(f"/people/{found.source.uuid}", status_code=303)
