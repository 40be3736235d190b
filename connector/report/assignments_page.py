"""The forms of a person's page that assign a group by name, with a reference, and end it."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine

from connector.access.viewer import acting
from connector.report.errors import WrongForm
from connector.report.form_fields import Text, day_in, day_or_none, group_of, required
from connector.report.page_router import page_router
from connector.report.queries.basis import read_basis, root_scope
from connector.report.queries.person import read_details
from lrs.clock import Clock, utc_now
from mappings.errors import MappingError
from mappings.group_assignments import AssignmentOverlaps, assign, end_assignment
from mappings.post_decisions import classifier


def router_assignments(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes at /people/{uuid}/groups."""
    forms = _Forms(engine, clock)
    return page_router(
        posted={"/people/{uuid}/groups": forms.assign, "/people/{uuid}/groups/{assignment_id}/end": forms.end}
    )


class _Forms:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def assign(
        self,
        uuid: str,
        group: Annotated[str, Form()] = "",
        reference: Text = "",
        valid_from: Text = "",
        valid_to: Text = "",
    ) -> Response:
        chosen, why = group_of(group), required(reference, "กรุณาระบุเลขที่คำสั่งหรือเอกสารอ้างอิง")
        first, last = day_in(required(valid_from, "กรุณาระบุวันที่เริ่ม")), day_or_none(valid_to)
        if last is not None and last < first:
            raise WrongForm("วันที่สิ้นสุดอยู่ก่อนวันที่เริ่ม")
        with self._engine.begin() as conn:
            self._must_be_seen(conn, uuid)
            try:
                assign(conn, uuid, chosen, why, first, last, self._clock(), acting())
            except AssignmentOverlaps:
                raise WrongForm("มีคำสั่งมอบหมายอื่นในช่วงวันดังกล่าว กรุณาสิ้นสุดคำสั่งนั้นก่อน") from None
        return _back(uuid)

    def end(self, uuid: str, assignment_id: int, last_day: Text = "") -> Response:
        day = day_in(required(last_day, "กรุณาระบุวันสุดท้ายของคำสั่ง"))
        with self._engine.begin() as conn:
            self._must_be_seen(conn, uuid)
            try:
                end_assignment(conn, uuid, assignment_id, day, classifier(conn), self._clock(), acting())
            except MappingError:
                raise WrongForm("ไม่พบคำสั่งมอบหมายนี้ของบุคคลนี้") from None
        return _back(uuid)

    def _must_be_seen(self, conn: Connection, uuid: str) -> None:
        """Raises NotFound for somebody outside what the reader may see."""
        read_details(conn, read_basis(conn, root_scope(conn), self._clock(), uuid=uuid), uuid)


def _back(uuid: str) -> Response:
    return RedirectResponse(f"/people/{uuid}#groups", status_code=303)
