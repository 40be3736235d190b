"""The forms of a person's page that correct the name, move, change the post and end the service."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine, select

from connector.access.viewer import acting
from connector.report.errors import WrongForm
from connector.report.form_fields import Text, day_in, required
from connector.report.page_router import page_router
from connector.report.queries.basis import read_basis, root_scope
from connector.report.queries.corrections import unit_meant
from connector.report.queries.person import read_details
from lrs.clock import Clock, utc_now
from mappings import corrections
from mappings.corrections import Correction
from mappings.days import bangkok_day
from mappings.errors import DecisionError
from mappings.post_decisions import classifier
from mappings.progress import refresh
from mappings.tables import unit_path

WHY = {
    "no_person": "ไม่พบบุคคลนี้ หรือข้อมูลของบุคคลนี้ถูกลบแล้ว",
    "not_current": "บุคคลนี้พ้นจากหน่วยงานแล้ว",
    "future": "วันที่ต้องไม่อยู่หลังวันนี้",
    "too_early": "วันที่อยู่ก่อนวันเริ่มของตำแหน่งที่จะแก้ไข",
    "unchanged": "ข้อมูลตรงกับที่บันทึกไว้แล้ว ไม่มีสิ่งใดเปลี่ยน",
}
_REASON, _DAY = "กรุณาระบุเหตุผลหรือเอกสารอ้างอิง", "กรุณาระบุวันที่"


def router_person_forms(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The routes below /people/{uuid}."""
    forms = _Forms(engine, clock)
    return page_router(
        posted={
            "/people/{uuid}/name": forms.name,
            "/people/{uuid}/unit": forms.unit,
            "/people/{uuid}/post": forms.post,
            "/people/{uuid}/end": forms.end,
        }
    )


class _Forms:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def name(
        self, uuid: str, prefix: Text = "", given_name: Text = "", family_name: Text = "", reason: Text = ""
    ) -> Response:
        given, family = required(given_name, "กรุณาระบุชื่อ"), required(family_name, "กรุณาระบุนามสกุล")
        why = self._why(reason)
        with self._correcting(uuid) as conn:
            corrections.correct_name(conn, uuid, prefix.strip(), given, family, why)
        return _back(uuid)

    def unit(self, uuid: str, unit: Text = "", day: Text = "", reason: Text = "") -> Response:
        said, why = required(unit, "กรุณาระบุรหัสหรือชื่อหน่วยงาน"), self._why(reason, day)
        with self._correcting(uuid) as conn:
            corrections.move(conn, uuid, self._unit(conn, said), why)
        return _back(uuid)

    def post(
        self,
        uuid: str,
        position: Text = "",
        rank: Text = "",
        line: Text = "",
        day: Text = "",
        reason: Text = "",
    ) -> Response:
        said, why = required(position, "กรุณาระบุตำแหน่ง"), self._why(reason, day)
        with self._correcting(uuid) as conn:
            wanted = classifier(conn)
            corrections.change_post(conn, uuid, said, rank.strip(), line.strip(), wanted, why)
        return _back(uuid)

    def end(self, uuid: str, last_day: Text = "", reason: Text = "") -> Response:
        why = self._why(reason, last_day)
        with self._correcting(uuid) as conn:
            corrections.retire(conn, uuid, why)
        # From the next day on the person has no page.
        return _back(uuid) if why.day == bangkok_day(why.now) else RedirectResponse("/people", 303)

    def _why(self, reason: str, day: str | None = None) -> Correction:
        now = self._clock()
        of_day = bangkok_day(now) if day is None else day_in(required(day, _DAY))
        return Correction(required(reason, _REASON), of_day, now, acting())

    @contextmanager
    def _correcting(self, uuid: str) -> Iterator[Connection]:
        """Raises NotFound for somebody outside what the reader may see. Progress is there at once."""
        with self._engine.begin() as conn:
            read_details(conn, read_basis(conn, root_scope(conn), self._clock(), uuid=uuid), uuid)
            try:
                yield conn
            except DecisionError as error:
                raise WrongForm(WHY[error.why]) from None
            refresh(conn, self._clock())

    def _unit(self, conn: Connection, said: str) -> int:
        found = unit_meant(conn, said, bangkok_day(self._clock()))
        within = select(unit_path.c.unit_id).where(unit_path.c.ancestor_id == root_scope(conn).unit_id)
        if found is None or conn.execute(within.where(unit_path.c.unit_id == found)).first() is None:
            raise WrongForm("ไม่พบหน่วยงานนี้ หรือมีหลายหน่วยงานที่ใช้ชื่อนี้ กรุณาระบุรหัสหน่วยงาน")
        return found


def _back(uuid: str) -> Response:
    return RedirectResponse(f"/people/{uuid}", status_code=303)
