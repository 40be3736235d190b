"""The page of credentials of xAPI clients: who may speak to the record store; secrets are shown once."""

from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine

from connector.access.viewer import acting
from connector.authority_names import authority_named
from connector.report.errors import NotFound, WrongForm
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.words import Words
from lrs import credentials
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from lrs.errors import BadRequest, Conflict
from lrs.errors import NotFound as NoSuchThing
from lrs.statement import PROVES_NOTHING
from mappings.changes import Change, log_changes

MOST_OCTETS = 20_000
SCOPES = Words(
    {
        "statements/write": "ส่งบันทึก",
        "statements/read/mine": "อ่านบันทึกที่ตนส่ง",
        "statements/read": "อ่านบันทึกทั้งหมด",
        "state": "อ่านและเขียนสถานะของกิจกรรม",
        "define": "กำหนดชื่อกิจกรรม",
        "profile": "อ่านและเขียนโปรไฟล์",
        "all/read": "อ่านทุกอย่าง",
        "all": "ทำได้ทุกอย่าง",
    }
)
LEVELS = Words(
    {
        "platform-api": "แพลตฟอร์มรายงานเอง",
        "platform-export": "ไฟล์ที่แพลตฟอร์มส่งออก",
        "certificate": "เกียรติบัตรที่ตรวจสอบแล้ว",
        "self-report": "แจ้งด้วยตนเอง",
    }
)
Text = Annotated[str, Form(max_length=5_000)]


def router_credentials(engine: Engine, hash_key: bytes, clock: Clock = utc_now) -> APIRouter:
    """The routes at /credentials. `hash_key`: what secrets are kept under."""
    pages = _Pages(engine, hash_key, clock)
    return page_router(
        {"/credentials": pages.listed},
        {"/credentials": pages.create, "/credentials/{key}/revoke": pages.revoke},
        max_body_size=MOST_OCTETS,
    )


class _Pages:
    def __init__(self, engine: Engine, hash_key: bytes, clock: Clock) -> None:
        self._engine, self._hash_key, self._clock = engine, hash_key, clock

    def listed(self) -> Response:
        return self._page()

    def create(
        self,
        name: Text = "",
        scope: Annotated[list[str] | None, Form()] = None,
        home_pages: Text = "",
        level: Text = "",
        verbs: Text = "",
        activities: Text = "",
        authorities: Text = "",
    ) -> Response:
        """Makes a credential; the answer shows its secret, which nothing shows again."""
        if not scope or set(scope) - set(SCOPES):
            raise WrongForm("กรุณาเลือกสิทธิ์อย่างน้อยหนึ่งข้อ")
        if bool(level) != bool(_lines(home_pages)) or level not in ("", *LEVELS):
            raise WrongForm("ที่อยู่ของแพลตฟอร์มกับระดับหลักฐานต้องระบุคู่กัน หรือเว้นว่างทั้งสอง")
        now = self._clock()
        try:
            with self._engine.begin() as conn:
                key, secret = credentials.create_credential(
                    conn,
                    hash_key=self._hash_key,
                    name=name.strip(),
                    scopes=scope,
                    level=credentials.LEVELS[level] if level else PROVES_NOTHING,
                    home_pages=_lines(home_pages) or None,
                    read_filter=_read_filter(conn, verbs, activities, authorities),
                    now=now,
                )
                log_changes(conn, [Change("create", "credential", key)], now, acting())
        except Conflict:
            raise WrongForm("มีข้อมูลรับรองชื่อนี้แล้ว กรุณาใช้ชื่ออื่น") from None
        except NoSuchThing:
            raise WrongForm("ไม่พบข้อมูลรับรองตามชื่อในช่องผู้ส่งที่อ่านได้") from None
        except BadRequest:
            raise WrongForm("ชื่อต้องมี 1 ถึง 200 ตัวอักษร ที่อยู่และ IRI ต้องเป็นที่อยู่เต็ม เช่น https://…") from None
        return self._page(name.strip(), key, secret)

    def revoke(self, key: str) -> Response:
        """Ends a credential; services refuse it within seconds."""
        now = self._clock()
        try:
            with self._engine.begin() as conn:
                credentials.revoke_credential(conn, key=key, now=now)
                log_changes(conn, [Change("revoke", "credential", key)], now, acting())
        except NoSuchThing:
            raise NotFound("ไม่พบข้อมูลรับรองนี้") from None
        except Conflict:
            raise WrongForm("ข้อมูลรับรองนี้ถูกเพิกถอนไปแล้ว") from None
        return RedirectResponse("/credentials", status_code=303)

    def _page(self, name: str = "", key: str = "", secret: str = "") -> Response:
        with read_only(self._engine).begin() as conn:
            found = credentials.list_credentials(conn)
        return render(
            "credentials.html",
            credentials=sorted(found, key=lambda one: (one.revoked is not None, one.name)),
            scopes=SCOPES,
            proofs=LEVELS,
            made={"name": name, "key": key, "secret": secret} if secret else None,
        )


def _read_filter(
    conn: Connection, verbs: str, activities: str, authorities: str
) -> dict[str, list[str]] | None:
    given = {
        "verbs": _lines(verbs),
        "activities": _lines(activities),
        "authorities": [authority_named(conn, one) for one in _lines(authorities)],
    }
    return {name: allowed for name, allowed in given.items() if allowed} or None


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]
