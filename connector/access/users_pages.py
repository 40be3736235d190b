"""The pages of users: who there is, and the forms that create, change, disable and give a new password."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection, Engine, select

from connector.access import users
from connector.access.errors import AccessError
from connector.access.passwords import Passwords, initial_password
from connector.access.roles import LEARNER, ROLES
from connector.access.session_pages import MOST_OCTETS
from connector.access.users import Place, User
from connector.access.viewer import acting
from connector.report.errors import NotFound, WrongForm
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.corrections import unit_meant
from lrs.clock import Clock, utc_now
from lrs.database import read_only
from mappings.days import bangkok_day
from mappings.tables import unit

WHY = {
    "name": "ชื่อผู้ใช้ต้องมี 1 ถึง 100 ตัวอักษร ไม่มีช่องว่าง และไม่ใช่เลขประจำตัวประชาชน",
    "taken": "มีผู้ใช้ชื่อนี้แล้ว กรุณาใช้ชื่ออื่น",
    "role": "กรุณาเลือกบทบาท",
    "person": "บทบาทผู้เรียนต้องระบุบุคคลหนึ่งคน บทบาทอื่นไม่ต้องระบุ",
    "no_unit": "บทบาทนี้ไม่ต้องระบุหน่วยงาน",
    "unit": "กรุณาระบุหน่วยงานของบทบาทนี้",
    "unit_kind": "ผู้ประสานงานโรงเรียนต้องอยู่ที่โรงเรียน ผู้ประสานงานเขตพื้นที่ต้องอยู่ที่สำนักงาน",
    "no_such_unit": "ไม่พบหน่วยงานนี้ หรือมีหลายหน่วยงานที่ใช้ชื่อนี้ กรุณาระบุรหัสหน่วยงาน",
    "no_such_person": "ไม่พบบุคคลที่มีรหัสนี้",
    "approves": "สิทธิ์อนุมัติการจับคู่หลักสูตรมีได้เฉพาะผู้ประสานงานเขตพื้นที่",
    "last": "ผู้ใช้นี้เป็นผู้ดูแลระบบคนสุดท้าย กรุณาสร้างผู้ดูแลระบบอีกคนก่อน",
}
Text = Annotated[str, Form(max_length=200)]


def router_users(engine: Engine, passwords: Passwords, clock: Clock = utc_now) -> APIRouter:
    """The routes at /users."""
    pages = _Pages(engine, passwords, clock)
    return page_router(
        {"/users": pages.users, "/users/{uuid}": pages.one},
        {
            "/users": pages.create,
            "/users/{uuid}": pages.change,
            "/users/{uuid}/password": pages.give_password,
            "/users/{uuid}/approval": pages.let_approve,
            "/users/{uuid}/disable": pages.disable,
            "/users/{uuid}/enable": pages.enable,
        },
        max_body_size=MOST_OCTETS,
    )


class _Pages:
    def __init__(self, engine: Engine, passwords: Passwords, clock: Clock) -> None:
        self._engine = engine
        self._passwords = passwords
        self._clock = clock

    def users(self) -> Response:
        with read_only(self._engine).begin() as conn:
            found = users.list_users(conn)
        return render("users.html", users=found, roles=ROLES)

    def one(self, uuid: str, changed: bool = False) -> Response:
        with read_only(self._engine).begin() as conn:
            user = _user(conn, uuid)
        return render("user.html", user=user, roles=ROLES, changed=changed, password=None)

    def create(
        self, name: Text = "", display_name: Text = "", role: Text = "", unit: Text = "", person: Text = ""
    ) -> Response:
        """Creates a user; the answer shows the initial password, which nothing shows again."""
        password = initial_password()
        kept = self._passwords.hash(password)
        with self._changing() as conn:
            place = self._place(conn, role, unit, person)
            uuid = users.create_user(conn, name, display_name, place, kept, self._clock(), acting())
            user = users.find_user_of(conn, uuid)
        return render("user.html", user=user, roles=ROLES, changed=False, password=password)

    def change(
        self, uuid: str, display_name: Text = "", role: Text = "", unit: Text = "", person: Text = ""
    ) -> Response:
        with self._changing() as conn:
            place = self._place(conn, role, unit, person)
            users.change_user(conn, _user(conn, uuid), display_name, place, self._clock(), acting())
        return _back(uuid)

    def give_password(self, uuid: str) -> Response:
        """Gives a user another initial password, which the answer shows once."""
        password = initial_password()
        kept = self._passwords.hash(password)
        with self._changing() as conn:
            user = _user(conn, uuid)
            users.set_password(conn, user, kept, self._clock(), acting(), must_change=True)
        return render("user.html", user=user, roles=ROLES, changed=False, password=password)

    def let_approve(self, uuid: str, allowed: Annotated[bool, Form()] = False) -> Response:
        with self._changing() as conn:
            users.let_approve(conn, _user(conn, uuid), allowed=allowed, now=self._clock(), by=acting())
        return _back(uuid)

    def disable(self, uuid: str) -> Response:
        with self._changing() as conn:
            users.disable(conn, _user(conn, uuid), self._clock(), acting())
        return _back(uuid)

    def enable(self, uuid: str) -> Response:
        with self._changing() as conn:
            users.enable(conn, _user(conn, uuid), self._clock(), acting())
        return _back(uuid)

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as conn:
                yield conn
        except AccessError as error:
            raise WrongForm(WHY[error.why]) from None

    def _place(self, conn: Connection, role: str, said: str, person: str) -> Place:
        """The place that a form names; units by uid, code or name."""
        uid = said.strip() or None
        if uid and conn.execute(select(unit.c.id).where(unit.c.uid == uid)).first() is None:
            found = unit_meant(conn, uid, bangkok_day(self._clock()))
            uid = conn.execute(select(unit.c.uid).where(unit.c.id == found)).scalar() or uid
        return Place(role, uid, person.strip() or None if role == LEARNER else None)


def _user(conn: Connection, uuid: str) -> User:
    try:
        return users.find_user_of(conn, uuid)
    except AccessError:
        raise NotFound("ไม่พบผู้ใช้นี้") from None


def _back(uuid: str) -> Response:
    return RedirectResponse(f"/users/{uuid}?changed=1", status_code=303)
