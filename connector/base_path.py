"""The path below which a reverse proxy shows the service, such as "/thaksa".

Within the service every address begins with "/", whether it is asked for, linked or led to. The base path is
taken off and put on at the edge alone: `BasePath` does it with the request's path and the answer's headers,
`below_base` with a page's links. Where an address stands in JSON or in a text, `outward` says it.
"""

import re
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_BASE: ContextVar[str] = ContextVar("thaksa_base_path", default="")
_LED_TO = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")
_ATTRIBUTES = (
    *("href", "action", "formaction", "src", "poster"),
    *("hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete", "hx-push-url", "hx-replace-url"),
)
# The quotation mark and slash first: there are few, and only then the name before them is looked at.
# Values and texts of a page are escaped, and have no quotation marks.
_LINK = re.compile(r'="/(?!/)(?:' + "|".join(rf'(?<=[\s:]{name}="/)' for name in _ATTRIBUTES) + ")")
_COOKIE_PATH = re.compile(r"(;\s*path=)/(?=;|$)", re.IGNORECASE)


def outward(address: str) -> str:
    """An address of ours as whoever asked reaches it."""
    return _BASE.get() + address if _is_ours(address) else address


def below_base(page: str) -> str:
    """A page with all links, forms and files of ours as a browser reaches them."""
    base = _BASE.get()
    return _LINK.sub(f'="{base}/', page) if base else page


class BasePath:
    """Mounts a whole application below a path that the proxy passes on unchanged."""

    def __init__(self, app: ASGIApp, base: str) -> None:
        self._app = app
        self._base = base

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["path"].startswith(f"{self._base}/"):
            token = _BASE.set(self._base)
            try:
                await self._app(self._inner(scope), receive, self._outer(send))
            finally:
                _BASE.reset(token)
        elif scope["path"] == self._base:
            await RedirectResponse(f"{self._base}/", 308)(scope, receive, send)
        else:
            told = f"Nothing is here: this service answers below {self._base}/.\n"
            await PlainTextResponse(told, 404)(scope, receive, send)

    def _inner(self, scope: Scope) -> Scope:
        """The request as if there were no base path; absolute addresses that are made of it have it."""
        raw = scope.get("raw_path") or b""
        return {
            **scope,
            "path": scope["path"].removeprefix(self._base),
            "raw_path": raw.removeprefix(self._base.encode()),
            "app_root_path": self._base,
        }

    def _outer(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._lead(MutableHeaders(scope=message))
            await send(message)

        return sending

    def _lead(self, headers: MutableHeaders) -> None:
        for name in _LED_TO:
            if name in headers and _is_ours(headers[name]):
                headers[name] = self._base + headers[name]
        cookies = headers.getlist("set-cookie")
        if cookies:
            del headers["set-cookie"]
            for cookie in cookies:
                headers.append("set-cookie", _COOKIE_PATH.sub(rf"\g<1>{self._base}", cookie))


def _is_ours(address: str) -> bool:
    return address.startswith("/") and not address.startswith("//")
