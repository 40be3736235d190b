"""The switch of languages: a cookie that every page reads."""

import re
from http.cookies import CookieError, SimpleCookie
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from connector.access.rights import find_right
from connector.report.words import LANGUAGES, THAI, reading

COOKIE = "thaksa_language"
_YEAR = 365 * 24 * 60 * 60
_PAGE = re.compile(r"(/(?![/\\])[^\s\\?#]*)(?:\?[^\s\\#]*)?")


class Languages:
    """Has each request answered in the language of its cookie; plain ASGI, for whatever stands behind it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with reading(_chosen(Headers(scope=scope)), _page(scope)):
            await self._app(scope, receive, send)


def router_language() -> APIRouter:
    """The route at /language."""
    router = APIRouter()
    router.add_api_route("/language", choose, methods=["POST"], response_model=None)
    return router


def choose(
    request: Request, language: Annotated[str, Form()] = "", back: Annotated[str, Form()] = ""
) -> Response:
    """Keeps the language for a year and leads back to the page."""
    answer = RedirectResponse(back if _is_page(back) else "/", 303)
    answer.set_cookie(
        COOKIE,
        language if language in LANGUAGES else THAI,
        max_age=_YEAR,
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


def _chosen(headers: Headers) -> str:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return THAI
    return found.value if found is not None and found.value in LANGUAGES else THAI


def _page(scope: Scope) -> str:
    """The address that shows this page again; a form's answer is shown again by the form's page."""
    path = str(scope["path"]).removeprefix(scope.get("root_path", ""))
    query = scope["query_string"].decode("latin-1") if scope["method"] == "GET" else ""
    return f"{path}?{query}" if query else path


def _is_page(address: str) -> bool:
    """Whether it is a page of ours that can be read again."""
    found = _PAGE.fullmatch(address)
    return found is not None and find_right("GET", found[1]) is not None
