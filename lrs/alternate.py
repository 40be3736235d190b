"""The alternate request syntax of xAPI 1.0.3 (Communication 1.3), for browsers that know no other.

A POST to `?method=PUT` carries a form with the parameters, the headers and the content of the request that
is meant; it is rewritten into that request before anything else looks at it.
"""

from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from lrs.document import JSON
from lrs.errors import BadRequest, LrsError
from lrs.requests import VERSION_HEADER, Versions, read_body
from lrs.responses import refused

FORM = "application/x-www-form-urlencoded"
# Read before anyone is known to hold a credential, so it is less than other bodies may have.
MOST_OCTETS = 4 * 1024 * 1024
_MOST_FIELDS = 50
_METHODS = ("GET", "PUT", "POST", "DELETE")
# What a form may bring of headers, in lower case; Content-Length is worked out anew.
_HEADERS = frozenset(
    {"authorization", VERSION_HEADER.lower(), "content-type", "content-length", "if-match", "if-none-match"}
)
_OF_THE_FORM = frozenset({"content-type", "content-length", "transfer-encoding"})


class _Form(NamedTuple):
    """What a form says. Names of headers are in lower case."""

    headers: dict[str, str]
    parameters: list[tuple[str, str]]
    content: bytes | None


class AlternateSyntax:
    """ASGI middleware that turns such POSTs into what they mean; all other requests pass as they are."""

    def __init__(self, app: ASGIApp, versions: Versions, most_octets: int) -> None:
        self._app = app
        self._versions = versions
        self._most_octets = min(most_octets, MOST_OCTETS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "POST" or b"method" not in scope["query_string"]:
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        if "method" not in request.query_params:
            await self._app(scope, receive, send)
            return
        await self._rewritten(request, send)

    async def _rewritten(self, request: Request, send: Send) -> None:
        asked = request.headers.get(VERSION_HEADER)
        try:
            method = _method(request)
            form = _form(await read_body(request, self._most_octets))
            asked = form.headers.get(VERSION_HEADER.lower(), asked)
            if self._versions.settled(asked) == "2.0.0":
                raise _refusal("there is no such syntax in 2.0.0: send the request itself")
            scope = _meant(request, method, form)
        except LrsError as error:
            answer = refused(error)
            answer.headers[VERSION_HEADER] = self._versions.spoken(asked)
            await answer(request.scope, request.receive, send)
            return
        await self._app(scope, _first(form.content or b"", request.receive), send)


def _method(request: Request) -> str:
    """What the request is meant to be. Raises BadRequest where it is no such request."""
    if len(request.query_params.multi_items()) > 1:
        raise _refusal("method must be the only parameter in the address: the others belong in the form")
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != FORM:
        raise _refusal(f"Content-Type must be {FORM}")
    method = request.query_params["method"]
    if method not in _METHODS:
        raise _refusal(f"method must be {' or '.join(_METHODS)}")
    return method


def _form(body: bytes) -> _Form:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise _refusal(f"the form must be URL-encoded UTF-8 of at most {_MOST_FIELDS} fields") from None
    headers = {name.lower(): value for name, value in pairs if name.lower() in _HEADERS}
    for name, value in headers.items():
        if not value.isprintable() or not value.isascii():
            raise _refusal(f"{name} must be printable ASCII")
    contents = [value for name, value in pairs if name == "content"]
    parameters = [pair for pair in pairs if pair[0] != "content" and pair[0].lower() not in _HEADERS]
    if len(contents) > 1:
        raise _refusal("content is given twice")
    return _Form(headers, parameters, contents[0].encode() if contents else None)


def _meant(request: Request, method: str, form: _Form) -> Scope:
    """The scope of the request that is meant."""
    if form.content is None and method in ("PUT", "POST"):
        raise _refusal("the form must have the field content")
    replaced = {**form.headers, "content-length": str(len(form.content or b""))}
    replaced.setdefault("content-type", JSON)
    dropped = replaced.keys() | _OF_THE_FORM
    if _added_by_a_browser(request.headers):
        dropped = dropped | {"authorization"}
    kept = [(name, value) for name, value in request.headers.raw if name.decode("latin-1") not in dropped]
    return {
        **request.scope,
        "method": method,
        "query_string": urlencode(form.parameters).encode(),
        "headers": kept + [(name.encode(), value.encode()) for name, value in replaced.items()],
    }


def _added_by_a_browser(headers: Headers) -> bool:
    """Whether a page of another site sends this: a credential in the headers is then not the page's own.

    Such a form needs no leave from us, as any other xAPI request of a page would.
    """
    return headers.get("sec-fetch-site", "none") not in ("none", "same-origin")


def _first(content: bytes, then: Receive) -> Receive:
    """A body that is all there, and then whatever comes."""
    messages: list[Message] = [{"type": "http.request", "body": content, "more_body": False}]

    async def receive() -> Message:
        return messages.pop() if messages else await then()

    return receive


def _refusal(problem: str) -> BadRequest:
    return BadRequest(f"{problem} (xAPI Communication 1.3)")
