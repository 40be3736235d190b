"""The pages that sign in and out and change one's own password."""

import math
import re
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from connector.access import passwords, users
from connector.access.errors import NotSignedIn, TooManyTries
from connector.access.guard import COOKIE, home_of, session_token
from connector.access.rights import find_right
from connector.access.sign_in import Door
from connector.access.viewer import Viewer, current
from connector.report.errors import NotFound
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.thai import thai_duration
from connector.report.words import Words, _, gettext
from lrs.clock import Clock, utc_now
from lrs.database import read_only

MOST_OCTETS = 10_000
"""Of a form of these pages: whoever is not signed in sends no more."""

REFUSED = "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง หรือบัญชีนี้ถูกระงับ"
FAULTS = Words(
    {
        "short": "รหัสผ่านใหม่ต้องมีอย่างน้อย %(least)s ตัวอักษร",
        "long": "รหัสผ่านใหม่ต้องมีไม่เกิน %(most)s ตัวอักษร",
        "name": "รหัสผ่านใหม่ต้องไม่มีชื่อผู้ใช้อยู่ในนั้น",
        "same": "รหัสผ่านใหม่ต้องไม่เหมือนรหัสผ่านเดิม",
        "differ": "รหัสผ่านใหม่ทั้งสองช่องไม่ตรงกัน",
    }
)
_PATH = re.compile(r"/(?![/\\])[^\s\\?#]*")
Typed = Annotated[str, Form(max_length=1000)]


def router_sessions(door: Door, clock: Clock = utc_now) -> APIRouter:
    """The routes at /sign-in, /sign-out and /password."""
    pages = _Pages(door, clock)
    return page_router(
        {"/sign-in": pages.ask, "/password": pages.ask_password},
        {
            "/sign-in": pages.sign_in,
            "/sign-out": pages.sign_out,
            "/sign-out/everywhere": pages.sign_out_everywhere,
            "/password": pages.change_password,
        },
        max_body_size=MOST_OCTETS,
    )


class _Pages:
    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock

    def ask(self, back: str = "") -> Response:
        return sign_in_page(self._door, back)

    def sign_in(self, request: Request, name: Typed = "", password: Typed = "", back: Typed = "") -> Response:
        now = self._clock()
        try:
            token = self._door.sign_in(name, password, _address(request), now)
        except TooManyTries as error:
            return _waiting(sign_in_page(self._door, back, name, _wait(error, now), 429), error, now)
        except NotSignedIn:
            return sign_in_page(self._door, back, name, gettext(REFUSED), 401)
        return begin_session(self._door, request, token, session_token(request.headers), back, now)

    def sign_out(self, request: Request) -> Response:
        self._end(session_token(request.headers))
        return _without_session(request)

    def sign_out_everywhere(self, request: Request) -> Response:
        with self._door.engine.begin() as conn:
            users.end_sessions(conn, _me().user_id)
        return _without_session(request)

    def ask_password(self, changed: bool = False) -> Response:
        return _password_page(_me(), changed=changed)

    def change_password(
        self, request: Request, password: Typed = "", new: Typed = "", again: Typed = ""
    ) -> Response:
        """Takes another password and begins a new session; all others end."""
        me, now = _me(), self._clock()
        try:
            self._door.check(me.name, password, _address(request), now)
        except TooManyTries as error:
            return _waiting(_password_page(me, _wait(error, now), 429), error, now)
        except NotSignedIn:
            return _password_page(me, _("รหัสผ่านเดิมไม่ถูกต้อง"), 422)
        wrong = "same" if new == password else passwords.fault(new, me.name)
        if wrong is None and new != again:
            wrong = "differ"
        if wrong is not None:
            return _password_page(me, FAULTS[wrong] % {"least": passwords.LEAST, "most": passwords.MOST}, 422)
        token = self._door.change_password(me.uuid, new, now)
        return _with_session(RedirectResponse("/password?changed=1", 303), request, token)

    def _end(self, token: str) -> None:
        _end(self._door, token)


def begin_session(
    door: Door, request: Request, token: str, former: str, back: str, now: datetime
) -> RedirectResponse:
    """Leads somebody who has just signed in to where they wanted to go; the browser's former session ends."""
    _end(door, former)
    with read_only(door.engine).begin() as conn:
        found = door.sessions.find(conn, token, now)
    home = "/" if found is None else home_of(found[0])
    return _with_session(RedirectResponse(way_back(back) or home, 303), request, token)


def _end(door: Door, token: str) -> None:
    if token:
        with door.engine.begin() as conn:
            door.sessions.close(conn, token)


def _me() -> Viewer:
    viewer = current()
    if viewer is None:
        raise NotFound("ไม่พบหน้านี้")
    return viewer


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def sign_in_page(door: Door, back: str, name: str = "", wrong: str = "", status: int = 200) -> Response:
    """The page that asks who somebody is, with what went wrong."""
    return render("sign_in.html", status, back=way_back(back), name=name, wrong=wrong, openid=door.openid)


def _password_page(me: Viewer, wrong: str = "", status: int = 200, *, changed: bool = False) -> Response:
    return render("password.html", status, me=me, wrong=wrong, changed=changed, least=passwords.LEAST)


def way_back(path: str) -> str:
    """A page of ours that somebody wanted to see before they were asked to sign in, or ""."""
    found = find_right("GET", path) if _PATH.fullmatch(path) else None
    return path if found is not None and found.right.roles is not None else ""


def _wait(error: TooManyTries, now: datetime) -> str:
    left = timedelta(seconds=_seconds(error, now))
    return _("พยายามเข้าสู่ระบบหลายครั้งเกินไป กรุณารออีก %(left)s แล้วลองใหม่", left=thai_duration(left))


def _waiting(answer: Response, error: TooManyTries, now: datetime) -> Response:
    answer.headers["Retry-After"] = str(_seconds(error, now))
    return answer


def _seconds(error: TooManyTries, now: datetime) -> int:
    return max(1, math.ceil((error.until - now).total_seconds()))


def _with_session(answer: RedirectResponse, request: Request, token: str) -> RedirectResponse:
    secure = request.url.scheme == "https"
    answer.set_cookie(COOKIE, token, path="/", httponly=True, samesite="lax", secure=secure)
    return answer


def _without_session(request: Request) -> Response:
    answer = RedirectResponse("/sign-in", 303)
    secure = request.url.scheme == "https"
    answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax", secure=secure)
    return answer
