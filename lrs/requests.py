"""What every request to the record store has in common: a version, and perhaps a JSON body."""

import re
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrs.errors import BadRequest, TooLarge
from lrs.json_input import parse
from lrs.service import Limits
from lrs.validation import VERSIONS

VERSION_HEADER = "X-Experience-API-Version"
# Communication 3.3: any 1.0.x is served as 1.0.3.
_FIRST = re.compile(r"1\.0(\.\d+)?")


class Versioning:
    """Settles each request's version, and says on every answer which one was spoken."""

    def __init__(self, app: ASGIApp, default: str | None) -> None:
        self._app = app
        self._default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get(VERSION_HEADER)
        scope.setdefault("state", {})["xapi_asked"] = asked
        settled = self._default if asked is None else _settle(asked)
        scope["state"]["xapi_version"] = settled
        spoken = settled or self._default or VERSIONS[-1]

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[VERSION_HEADER] = spoken
            await send(message)

        await self._app(scope, receive, send_with_version)


def _settle(asked: str) -> str | None:
    if _FIRST.fullmatch(asked):
        return VERSIONS[0]
    return asked if asked in VERSIONS else None


def version_of(request: Request) -> str:
    """The version a request is in. Raises BadRequest where it names none, or one not spoken here."""
    version: str | None = request.state.xapi_version
    if version is not None:
        return version
    if request.state.xapi_asked is None:
        raise BadRequest(f"the header {VERSION_HEADER} is needed: {' or '.join(VERSIONS)}")
    raise BadRequest(f"this store speaks {' and '.join(VERSIONS)} only")


def media_type(request: Request) -> str:
    """The Content-Type without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def json_body(request: Request, limits: Limits) -> Any:
    """The body as parsed JSON. Raises BadRequest or TooLarge."""
    if media_type(request) != "application/json":
        raise BadRequest("Content-Type must be application/json")
    return parse(await _body(request, limits.body_octets), limits.json_depth)


async def _body(request: Request, most_octets: int) -> bytes:
    pieces, size = [], 0
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most_octets:
        raise TooLarge(f"the body is larger than {most_octets} octets")
    async for piece in request.stream():
        size += len(piece)
        if size > most_octets:
            raise TooLarge(f"the body is larger than {most_octets} octets")
        pieces.append(piece)
    return b"".join(pieces)
