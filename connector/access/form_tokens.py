"""A session's own token in every form that posts: another site's page cannot know it.

Templates need not name it: as they are compiled, the field is put behind each `<form … method="post">`. It
is the form's first field, so that a request is judged by its first octets, however large the file behind
them; it is taken out before a page reads the form.
"""

import hmac
import re

from jinja2 import Environment
from jinja2.ext import Extension
from markupsafe import Markup
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope

from connector.access.viewer import current

FIELD, HEADER = "csrf", "X-CSRF-Token"
_MOST = 1024
# A tag's attributes may have expressions of the template, and those a ">".
_FORM = re.compile(r"<form\b(?:\{\{.*?\}\}|\{%.*?%\}|[^>])*>", re.DOTALL)
_POSTS = re.compile(r"""\smethod=["']?post\b""", re.IGNORECASE)
_BOUNDARY = re.compile(r'multipart/form-data;.*?boundary="?([^";,]+)"?', re.IGNORECASE)


class FormTokens(Extension):
    """Puts `{{ form_token() }}` behind the tag of every form that posts."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.globals["form_token"] = form_token

    def preprocess(self, source: str, _name: str | None, _filename: str | None = None) -> str:
        """The source of a template with the fields."""
        return _FORM.sub(lambda tag: tag[0] + ("{{ form_token() }}" if _POSTS.search(tag[0]) else ""), source)


def form_token() -> Markup:
    """The hidden field of the session that reads; nothing without a session."""
    viewer = current()
    if viewer is None or not viewer.csrf:
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, viewer.csrf)


async def without_token(scope: Scope, receive: Receive, token: str) -> tuple[Scope, Receive] | None:
    """The request as a page reads it, without the token; None: the token is not there, or another one."""
    headers = Headers(scope=scope)
    if hmac.compare_digest(headers.get(HEADER, "").encode(), token.encode()):
        return scope, receive
    start, more = await _start_of(receive)
    told = _octets(headers.get("content-type", ""), token)
    length = next((len(one) for one in told if _begins(start, one, more)), None)
    if length is None:
        return None
    return _shorter(scope, length), _resumed(start[length:], more, receive)


def _octets(content_type: str, token: str) -> tuple[bytes, ...]:
    """What a body may begin with: the field, and more after it or nothing."""
    if content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        return f"{FIELD}={token}&".encode(), f"{FIELD}={token}".encode()
    found = _BOUNDARY.match(content_type)
    if found is None:
        return ()
    part = f'--{found[1]}\r\nContent-Disposition: form-data; name="{FIELD}"\r\n\r\n{token}\r\n'
    return (part.encode(),)


def _begins(start: bytes, octets: bytes, more: bool) -> bool:
    """Whether the body begins with the octets; without a mark at their end they must be all of it."""
    ended = octets.endswith((b"&", b"\r\n")) or (len(start) == len(octets) and not more)
    return ended and hmac.compare_digest(start[: len(octets)], octets)


async def _start_of(receive: Receive) -> tuple[bytes, bool]:
    start, more = b"", True
    while more and len(start) < _MOST:
        message = await receive()
        if message["type"] != "http.request":
            break
        start += message.get("body", b"")
        more = message.get("more_body", False)
    return start, more


def _shorter(scope: Scope, by: int) -> Scope:
    """The same request with the length of what is left."""
    changed = {**scope, "headers": list(scope["headers"])}
    headers = MutableHeaders(scope=changed)
    if "content-length" in headers:
        headers["content-length"] = str(int(headers["content-length"]) - by)
    return changed


def _resumed(rest: bytes, more: bool, receive: Receive) -> Receive:
    first = True

    async def resumed() -> Message:
        nonlocal first
        if first:
            first = False
            return {"type": "http.request", "body": rest, "more_body": more}
        return await receive()

    return resumed
