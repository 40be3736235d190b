"""The two addresses of signing in by OpenID Connect: out to the provider, and back from it."""

import structlog
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from connector.access import identities
from connector.access.errors import AccessError
from connector.access.guard import session_token
from connector.access.openid import SECONDS, Provider
from connector.access.session_pages import begin_session, sign_in_page, way_back
from connector.access.sign_in import Door
from connector.report.errors import NotFound
from connector.report.pages import ThaiErrors
from connector.report.words import Words
from lrs.clock import Clock, utc_now

COOKIE = "thaksa_openid"
OUT, BACK = "/sign-in/openid", "/sign-in/openid/back"
WHY = Words(
    {
        "provider": "ติดต่อระบบยืนยันตัวตนไม่ได้ในขณะนี้ กรุณาลองใหม่ภายหลัง หรือเข้าสู่ระบบด้วยรหัสผ่าน",
        "refused": "ระบบยืนยันตัวตนไม่ได้ให้เข้าใช้ กรุณาลองใหม่ หรือเข้าสู่ระบบด้วยรหัสผ่าน",
        "state": "การเข้าสู่ระบบครั้งนี้หมดเวลาหรือไม่ได้เริ่มจากหน้านี้ กรุณาเริ่มใหม่",
        "token": "คำตอบของระบบยืนยันตัวตนไม่ถูกต้อง จึงไม่ให้เข้าใช้ กรุณาเริ่มใหม่ หากยังไม่ได้ให้แจ้งผู้ดูแลระบบ",
        "verified": "ระบบยืนยันตัวตนยังไม่ได้ตรวจสอบอีเมลของท่าน กรุณายืนยันอีเมลที่ระบบนั้นก่อน",
        "unknown": "ท่านยังไม่เป็นผู้ใช้ของระบบนี้ กรุณาติดต่อผู้ดูแลระบบ",
        "another": "ชื่อผู้ใช้นี้เคยเป็นของบัญชีอื่นในระบบยืนยันตัวตน กรุณาติดต่อผู้ดูแลระบบ",
        "disabled": "ผู้ใช้นี้ถูกระงับ กรุณาติดต่อผู้ดูแลระบบ",
    }
)
_STATUS = {"provider": 502, "state": 400, "token": 400}
_LOG = structlog.get_logger()


def router_openid(
    door: Door, provider: Provider | None, public: str = "", clock: Clock = utc_now
) -> APIRouter:
    """The routes at /sign-in/openid. `provider` None: there is none, and nothing is found. `public`: where
    browsers reach the service, if a proxy stands in front."""
    router = APIRouter(route_class=ThaiErrors, default_response_class=HTMLResponse)
    pages = _Pages(door, provider, public, clock)
    for path, page in ((OUT, pages.out), (BACK, pages.back)):
        router.add_api_route(path, page, methods=["GET"], response_model=None)
    return router


class _Pages:
    def __init__(self, door: Door, provider: Provider | None, public: str, clock: Clock) -> None:
        self._door, self._there, self._public, self._clock = door, provider, public, clock

    def out(self, request: Request, back: str = "") -> Response:
        """Sends the browser to the provider."""
        try:
            url, kept = self._provider().begin(self._address(request), way_back(back))
        except AccessError as error:
            return self._refused(error, back)
        answer = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
        secure = request.url.scheme == "https"
        # Lax: the provider's own page sends the browser back.
        answer.set_cookie(COOKIE, kept, SECONDS, path="/", httponly=True, samesite="lax", secure=secure)
        return answer

    def back(
        self, request: Request, code: str = "", state: str = "", error: str = "", iss: str = ""
    ) -> Response:
        """Takes the provider's answer, once."""
        back = ""
        try:
            attempt = self._provider().attempt(request.cookies.get(COOKIE, ""), state)
            back = attempt.back
            if error or not code:
                raise AccessError("refused", "the provider does not let them in")
            who = self._provider().finish(attempt, code, iss, self._address(request))
            with self._door.engine.begin() as conn:
                user = identities.user_of(conn, who, self._clock())
                token = self._door.sessions.open(conn, user.id, self._clock())
            answer: Response = begin_session(
                self._door, request, token, session_token(request.headers), back, self._clock()
            )
        except AccessError as wrong:
            answer = self._refused(wrong, back)
        answer.delete_cookie(COOKIE, path="/", httponly=True, samesite="lax")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _provider(self) -> Provider:
        if self._there is None:
            raise NotFound("ไม่พบหน้านี้")
        return self._there

    def _address(self, request: Request) -> str:
        return (self._public or str(request.base_url)).rstrip("/") + BACK

    def _refused(self, error: AccessError, back: str) -> Response:
        _LOG.warning("sign-in by OpenID refused", why=error.why, reason=str(error))
        return sign_in_page(self._door, back, wrong=WHY[error.why], status=_STATUS.get(error.why, 403))
