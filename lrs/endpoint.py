"""What answers at one path: a handler a method, called without a wrapper more.

Starlette's and FastAPI's own wrappers of functions cost more than storing a statement does.
"""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lrs.errors import LrsError
from lrs.responses import refused

Handler = Callable[[Request], Awaitable[Response]]


class Endpoint:
    """ASGI. HEAD is answered as GET; the server leaves the body out."""

    def __init__(self, **handlers: Handler) -> None:
        self._handlers = handlers
        if "GET" in handlers:
            self._handlers = {**handlers, "HEAD": handlers["GET"]}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        request = Request(scope, receive)
        try:
            response = await self._handler(request)(request)
        except LrsError as error:
            response = await refused(request, error)
        await response(scope, receive, send)

    def _handler(self, request: Request) -> Handler:
        try:
            return self._handlers[request.method]
        except KeyError:
            allowed = {"Allow": ", ".join(self._handlers)}
            raise HTTPException(405, "this resource has no such method", allowed) from None
