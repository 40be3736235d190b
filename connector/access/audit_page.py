"""The page of the log: who looked at whose record. An office sees who looked at its own people."""

from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Response
from sqlalchemy import Engine

from connector.access import audit
from connector.access.audit import Asked
from connector.access.roles import ROLES
from connector.access.viewer import sees_all
from connector.report.errors import UnknownFilter
from connector.report.form_fields import day_or_none
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import narrowed, root_scope
from connector.report.words import Words
from lrs.database import read_only

PAGES = Words(
    {
        "/people": "รายชื่อบุคลากร",
        "/people.xlsx": "รายชื่อบุคลากร (ไฟล์ Excel)",
        "/people.csv": "รายชื่อบุคลากร (ไฟล์ CSV)",
        "/people/unfinished": "รายชื่อผู้ที่ยังไม่ผ่าน",
        "/people/{uuid}": "หน้ารายบุคคล",
        "/people/{uuid}/statements/{statement_id}": "บันทึกของบุคคล",
        "/people/{uuid}/name": "แก้ไขชื่อ",
        "/people/{uuid}/unit": "ย้ายหน่วยงาน",
        "/people/{uuid}/post": "เปลี่ยนตำแหน่ง",
        "/people/{uuid}/end": "พ้นจากหน่วยงาน",
        "/people/{uuid}/groups": "มอบหมายกลุ่ม",
        "/people/{uuid}/groups/{assignment_id}/end": "สิ้นสุดการมอบหมายกลุ่ม",
        "/people/{uuid}/reminders": "หยุดหรือส่งอีเมลเตือนอีก",
        "/people/{uuid}/merge": "รวมบุคคล",
        "/people/{uuid}/merge/{other}": "รวมบุคคล",
        "/people/{uuid}/split": "แยกกลับเป็นสองคน",
        "/reminders": "อีเมลเตือน",
        "/imports/{uuid}": "ไฟล์ที่นำเข้า",
        "/imports/{uuid}/refused.csv": "แถวที่ไม่รับของไฟล์",
        "/claims": "หลักฐานที่ยื่น",
    }
)
_BY_START = Words({"/accounts": "บัญชีผู้เรียน", "/statements": "บันทึก xAPI"})


def router_audit(engine: Engine) -> APIRouter:
    """The route at /audit."""
    pages = _Pages(engine)
    return page_router({"/audit": pages.audit})


class _Pages:
    def __init__(self, engine: Engine) -> None:
        self._engine = read_only(engine)

    def audit(
        self,
        person: str = "",
        user: str = "",
        since: str = "",
        until: str = "",
        page: str = "",
        unit: str = "",
        before: int | None = None,
    ) -> Response:
        if page not in ("", *PAGES, *_BY_START):
            raise UnknownFilter("ไม่มีหน้านี้ในรายการ")
        first, last = day_or_none(since), day_or_none(until)
        asked = Asked(_uuid(person), _uuid(user), first, last, page, page not in _BY_START, before)
        with self._engine.begin() as conn:
            unit_id = narrowed(conn, root_scope(conn), unit.strip()).unit_id
            whole = sees_all() and not unit.strip()
            found = audit.read_looks(conn, unit_id, whole=whole, asked=asked)
        looks = found[: audit.PAGE]
        return render(
            "audit.html",
            looks=looks,
            older=looks[-1].id if len(found) > audit.PAGE else None,
            filters={
                "since": since.strip(),
                "until": until.strip(),
                "page": page,
                "unit": unit.strip(),
                "person": asked.person,
                "user": asked.user,
            },
            newest=before is None,
            pages={**PAGES, **_BY_START},
            address=_address,
            page_name=page_name,
            roles=ROLES,
        )


def page_name(route: str) -> str:
    """What a route shows; the route itself where it has no name."""
    path = route.partition(" ")[2]
    start = next((name for start, name in _BY_START.items() if path.startswith(start)), path)
    return PAGES.get(path, start)


def _address(filters: dict[str, str], **changed: object) -> str:
    given = {name: value for name, value in {**filters, **changed}.items() if value}
    return f"/audit?{urlencode(given)}" if given else "/audit"


def _uuid(text: str) -> str:
    if not text.strip():
        return ""
    try:
        return str(UUID(text.strip()))
    except ValueError:
        raise UnknownFilter("รหัสบุคคลหรือรหัสผู้ใช้ไม่ถูกต้อง") from None
