"""The one place where the pages and the report API are opened: deny by default.

A request goes through if the table of rights knows its route, somebody is signed in (or brings a token), and
their role may call it. Forms must bring the session's own token. A look at personal rows is in the log before
it is answered. Plain ASGI, so that what runs behind it, in whatever thread, knows who reads.
"""

from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, quote

from fastapi import Response
from fastapi.responses import JSONResponse, RedirectResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from connector.access import audit, tokens
from connector.access.form_tokens import without_token
from connector.access.rights import LISTED, ONE, Found, allows, find_right
from connector.access.roles import LEARNER
from connector.access.sessions import Sessions
from connector.access.viewer import Viewer, reading_as
from connector.report.pages import render
from connector.report.words import gettext
from lrs.clock import Clock
from lrs.database import read_only

COOKIE = "thaksa_session"
NO_PERSON = "ไม่พบบุคคลนี้ในขอบเขตที่ท่านดูได้"
_SAFE = frozenset({"GET", "HEAD"})
_OPEN_BEFORE_CHANGE = frozenset({"/password", "/sign-out", "/sign-out/everywhere"})
Seen = tuple[str | None, str | None]
"""The UUID of a person whose record is shown, or the uid of a unit whose people are listed (None: of all)."""

_REALM = {"WWW-Authenticate": 'Basic realm="Thaksa", charset="UTF-8"'}


@dataclass(frozen=True, slots=True)
class Keeper:
    """Finds out who a request comes from. `token_key` hashes the secrets of API tokens."""

    engine: Engine
    sessions: Sessions
    token_key: bytes
    clock: Clock

    def viewer(self, headers: Headers) -> Viewer | None:
        """Who has the session of the cookie or else the token; noted once a minute."""
        if cookie := session_token(headers):
            return self._of_session(cookie)
        key, secret = _basic(headers.get("authorization", ""))
        return self._of_token(key, secret) if key else None

    def record(self, viewer: Viewer, route: str, seen: Sequence[Seen], address: str) -> None:
        """Append to the log what one answer shows."""
        with self.engine.begin() as conn:
            for one in seen:
                audit.record_look(conn, viewer, route, *one, address, self.clock())

    def _of_session(self, token: str) -> Viewer | None:
        now = self.clock()
        with read_only(self.engine).begin() as conn:
            found = self.sessions.find(conn, token, now)
        if found is not None and found[1]:
            # The database is busy: the next request is noted.
            with suppress(SQLAlchemyError), self.engine.begin() as conn:
                self.sessions.note(conn, token, now)
        return found and found[0]

    def _of_token(self, key: str, secret: str) -> Viewer | None:
        now = self.clock()
        with read_only(self.engine).begin() as conn:
            found = tokens.find_token(conn, self.token_key, key, secret, now)
        if found is not None and found[1] and found[0].token_id is not None:
            with suppress(SQLAlchemyError), self.engine.begin() as conn:
                tokens.note_use(conn, found[0].token_id, now)
        return found and found[0]


class Guard:
    """Lets a request through to the pages, or answers it."""

    def __init__(self, app: ASGIApp, keeper: Keeper) -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection; nothing but HTTP and the start and end of the service."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = find_right(scope["method"], scope["path"].removeprefix(scope.get("root_path", "")))
        if found is None:
            await _not_found(scope)(scope, receive, send)
        elif found.right.roles is None:
            await self._app(scope, receive, send)
        else:
            viewer = await run_in_threadpool(self._keeper.viewer, Headers(scope=scope))
            with reading_as(viewer):
                await self._of_viewer(scope, receive, send, found, viewer)

    async def _of_viewer(
        self, scope: Scope, receive: Receive, send: Send, found: Found, viewer: Viewer | None
    ) -> None:
        refusal = _refusal(scope, found, viewer)
        if refusal is not None or viewer is None:
            await (refusal or _not_found(scope))(scope, receive, send)
            return
        if scope["method"] not in _SAFE and viewer.token_id is None:
            bare = await without_token(scope, receive, viewer.csrf)
            if bare is None:
                await _stale_form()(scope, receive, send)
                return
            scope, receive = bare
        await self._app(scope, receive, self._noting(scope, send, found, viewer))

    def _noting(self, scope: Scope, send: Send, found: Found, viewer: Viewer) -> Send:
        """Sends an answer that shows persons once the look is in the log; none of it is kept by browsers."""
        route = f"{'GET' if scope['method'] == 'HEAD' else scope['method']} {found.pattern}"
        address = (scope.get("client") or ("",))[0]

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).setdefault("Cache-Control", "no-store")
                if found.right.looks is not None and 200 <= message["status"] < 300:
                    seen = _seen(scope, found, viewer)
                    await run_in_threadpool(self._keeper.record, viewer, route, seen, address)
            await send(message)

        return noting


def session_token(headers: Headers) -> str:
    """The token of the session's cookie, or ""."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value


def home_of(viewer: Viewer) -> str:
    """Where somebody begins."""
    return f"/people/{viewer.person_uuid}" if viewer.role == LEARNER else "/"


def _refusal(scope: Scope, found: Found, viewer: Viewer | None) -> Response | None:
    """The answer to a request that may not go through."""
    if viewer is None:
        return _ask_who(scope, found)
    if viewer.token_id is not None and found.right.scope not in viewer.token_scopes:
        return JSONResponse({"detail": "this token's scopes do not open this"}, 403)
    if viewer.must_change and found.pattern not in _OPEN_BEFORE_CHANGE:
        return _json(403, "change the password first") if _is_api(scope) else _go("/password")
    if not allows(found.right, viewer):
        if found.pattern == "/":
            return _go(home_of(viewer))
        return _refused(scope, 403, "สิทธิ์ของท่านไม่รวมหน้านี้", "your role does not include this")
    if found.right.looks == ONE and not viewer.may_see(found.variables["uuid"]):
        return _refused(scope, 404, NO_PERSON, "Not Found")
    return None


def _ask_who(scope: Scope, found: Found) -> Response:
    headers = Headers(scope=scope)
    if _is_api(scope):
        return JSONResponse({"detail": "sign in, or send an API token (HTTP Basic)"}, 401, headers=_REALM)
    if "hx-request" in headers:
        # A part of a page: the whole page has to go.
        return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
    back = "" if scope["method"] not in _SAFE or found.pattern == "/" else f"?back={quote(scope['path'])}"
    return _go(f"/sign-in{back}")


def _seen(scope: Scope, found: Found, viewer: Viewer) -> list[Seen]:
    """Whose records, or whose list: the unit asked for, or the viewer's."""
    if found.right.looks != LISTED:
        shown = (found.variables.get(name) for name in ("uuid", "other"))
        return [(uuid[:36], None) for uuid in shown if uuid]
    query = parse_qs(scope["query_string"].decode("latin-1"))
    asked = next((query[name][0] for name in ("school", "unit") if name in query), None)
    return [(None, asked or viewer.unit_uid)]


def _basic(header: str) -> tuple[str, str]:
    kind, _, coded = header.partition(" ")
    if kind.lower() != "basic":
        return "", ""
    try:
        key, _, secret = b64decode(coded, validate=True).decode().partition(":")
    except (NoBase64, ValueError):
        return "", ""
    return key, secret


def _is_api(scope: Scope) -> bool:
    return str(scope["path"]).startswith(("/api/", "/ims/"))


def _json(status: int, detail: str) -> Response:
    return JSONResponse({"detail": detail}, status)


def _go(path: str) -> Response:
    return RedirectResponse(path, 303)


def _refused(scope: Scope, status: int, message: str, detail: str) -> Response:
    if _is_api(scope):
        return _json(status, detail)
    return render("error.html", status, status=status, message=gettext(message))


def _not_found(scope: Scope) -> Response:
    return _refused(scope, 404, "ไม่พบหน้านี้", "Not Found")


def _stale_form() -> Response:
    said = "แบบฟอร์มนี้หมดอายุหรือไม่ได้มาจากหน้าของท่าน กรุณาย้อนกลับ เปิดหน้านั้นใหม่ แล้วส่งอีกครั้ง"
    return render("error.html", 403, status=403, message=gettext(said))
