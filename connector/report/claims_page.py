"""The page of certificates that people say they have: a queue to work through, one or several at a time."""

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Engine

from connector.access.viewer import PAGE, acting
from connector.imports.claim_store import CLAIMED, DUPLICATE, REJECTED, VERIFIED
from connector.imports.claim_work import ClaimError, decide_claims
from connector.imports.settle import Setting
from connector.report.errors import WrongForm
from connector.report.form_fields import Text
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import read_times, root_scope
from connector.report.queries.claims import MOST_CLAIMS, are_seen, read_claims, read_courses
from connector.report.words import Words
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings.progress import refresh

State = Literal["claimed", "duplicate", "verified", "rejected"]
STATES = Words(
    {
        CLAIMED: "รอตรวจ",
        DUPLICATE: "รหัสซ้ำ",
        VERIFIED: "ตรวจแล้ว ใช้ได้",
        REJECTED: "ไม่รับ",
    }
)
WHY = {
    "gone": "หลักฐานบางรายการถูกถอนคืนแล้ว กรุณาเปิดหน้านี้ใหม่",
    "none": "กรุณาเลือกหลักฐานอย่างน้อยหนึ่งรายการ",
    "reason": "กรุณาระบุเหตุผลหรือวิธีที่ตรวจ",
    "state": "กรุณาเลือกว่ารับหรือไม่รับ",
    "twice": "รายการที่เลือกมีรหัสเดียวกัน รับได้เพียงรายการเดียว",
    "taken": "รหัสนี้รับไว้แล้วในอีกรายการหนึ่ง กรุณาไม่รับรายการนั้นก่อน",
    "course": "ไม่พบหลักสูตรนี้ หรือมีหลายหลักสูตรที่ใช้ชื่อนี้ กรุณาเลือกจากรายการ",
}


def router_claims(engine: Engine, home_page: str, clock: Clock = utc_now) -> APIRouter:
    """The routes at /claims. `home_page`: our own, of the accounts that stand for persons."""
    pages = _Pages(engine, home_page, clock)
    return page_router({"/claims": pages.claims}, {"/claims/decisions": pages.decide})


class _Pages:
    def __init__(self, engine: Engine, home_page: str, clock: Clock) -> None:
        self._engine, self._home_page, self._clock = engine, home_page, clock

    def claims(self, state: State = "claimed", after: int = 0, changed: int | None = None) -> Response:
        with read_only(self._engine).begin() as conn:
            as_of, known_at = read_times(conn, self._clock())
            page = read_claims(conn, root_scope(conn), state, after)
            courses = read_courses(conn)
        return render(
            "claims.html",
            as_of=as_of,
            known_at=known_at,
            page=page,
            state=state,
            states_of_claims=STATES,
            courses=courses,
            most=MOST_CLAIMS,
            changed=changed,
            by=PAGE,
        )

    def decide(
        self,
        claim: Annotated[list[str] | None, Form()] = None,
        decision: Annotated[str, Form()] = "",
        reason: Text = "",
        course: Text = "",
        state: Annotated[State, Form()] = "claimed",
    ) -> Response:
        """Verifies or rejects the chosen claims, all or none; the numbers of these people follow at once."""
        chosen, now = claim or [], self._clock()
        setting = Setting(self._home_page, now, acting(), self._clock)
        try:
            with self._engine.begin() as conn:
                if not are_seen(conn, root_scope(conn), chosen):
                    raise ClaimError("gone", "a claim is not there, or is somebody's of another unit")
                decide_claims(conn, chosen, decision, reason.strip(), setting, course=course.strip())
        except ClaimError as error:
            raise WrongForm(WHY[error.why]) from None
        with self._engine.begin() as conn:
            refresh(conn, now)
        return RedirectResponse(f"/claims?state={state}&changed={len(chosen)}", status_code=303)
