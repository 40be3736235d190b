"""Forms are taken from our own pages only: another site's page must not post in a visitor's name.

Fetch metadata (`Sec-Fetch-Site`) says where a browser's request comes from; older browsers send `Origin`.
A request with neither is no browser's: a program sends what it means to.
"""

from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})


class SameOrigin:
    """Answers 403 to a request that changes something and comes from a page of another site."""

    def __init__(self, app: ASGIApp, public: str = "") -> None:
        """`public`: where browsers reach the service through a proxy, whatever `Host` the proxy sends."""
        self._app = app
        self._public = urlsplit(public).netloc

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection."""
        if scope["type"] == "http" and scope["method"] not in _SAFE and self._foreign(Headers(scope=scope)):
            answer = PlainTextResponse("Forms are taken from this site's own pages only.\n", status_code=403)
            await answer(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _foreign(self, headers: Headers) -> bool:
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site not in _OURS
        origin = headers.get("origin")
        # An origin that is kept from us is "null", which has no host.
        ours = {headers.get("host"), self._public or None}
        return origin is not None and urlsplit(origin).netloc not in ours
