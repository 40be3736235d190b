"""What every request to the record store has in common: a version, and perhaps a JSON body."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from lrs.errors import BadRequest, TooLarge
from lrs.headers import header
from lrs.json_input import parse
from lrs.service import Limits
from lrs.validation import VERSIONS

VERSION_HEADER = "X-Experience-API-Version"
# Communication 3.3: any 1.0.x is served as 1.0.3, and any 2.0.x as 2.0.0.
_SPOKEN = {version: re.compile(rf"{version[0]}\.0(\.\d+)?", re.ASCII) for version in VERSIONS}


@dataclass(frozen=True, slots=True)
class Versions:
    """What becomes of a request's version header (Communication 3.3)."""

    # Of requests that name no version; None: they are refused.
    assumed: str | None
    # On answers to requests that name no version that is spoken here.
    named: str

    def settled(self, asked: str | None) -> str | None:
        """The version that a request is served in; None: it is to be refused."""
        if asked is None:
            return self.assumed
        if asked in _SPOKEN:
            return asked
        return next((version for version, form in _SPOKEN.items() if form.fullmatch(asked)), None)

    def spoken(self, asked: str | None) -> str:
        """The version that the answer names."""
        return self.settled(asked) or self.named


def version_of(request: Request) -> str:
    """The version a request is in. Raises BadRequest where it names none, or one not spoken here."""
    version: str | None = request.state.xapi_version
    if version is not None:
        return version
    if request.state.xapi_asked is None:
        raise BadRequest(
            f"the header {VERSION_HEADER} is needed: {' or '.join(VERSIONS)} (xAPI Communication 3.3)"
        )
    raise BadRequest(f"{VERSION_HEADER} must be {' or '.join(VERSIONS)} (xAPI Communication 3.3)")


def media_type(request: Request) -> str:
    """The Content-Type without its parameters, in lower case."""
    return (header(request, b"content-type") or "").partition(";")[0].strip().lower()


async def json_body(request: Request, limits: Limits) -> Any:
    """The body as parsed JSON. Raises BadRequest or TooLarge."""
    if media_type(request) != "application/json":
        raise BadRequest("Content-Type must be application/json")
    return parse(await read_body(request, limits.body_octets), limits.json_depth)


async def read_body(request: Request, most_octets: int) -> bytes:
    """The body as it is. Raises TooLarge."""
    pieces, size = [], 0
    announced = header(request, b"content-length") or ""
    if announced.isdigit() and int(announced) > most_octets:
        raise TooLarge(f"the body is larger than {most_octets} octets")
    more = True
    while more:
        piece, more = await _piece(request)
        size += len(piece)
        if size > most_octets:
            raise TooLarge(f"the body is larger than {most_octets} octets")
        pieces.append(piece)
    return b"".join(pieces)


async def stream(request: Request) -> AsyncIterator[bytes]:
    """The body in pieces as they come. Raises BadRequest where the connection ends before it."""
    more = True
    while more:
        piece, more = await _piece(request)
        if piece:
            yield piece


async def _piece(request: Request) -> tuple[bytes, bool]:
    """What comes next of the body, and whether there is more."""
    message = await request.receive()
    if message["type"] == "http.disconnect":
        raise BadRequest("the connection ended before the body")
    return message.get("body", b""), message.get("more_body", False)
