"""The record store's ASGI application: from a request to the handler of its path and method, and back.

Frameworks wrap a handler in layers that together cost more than storing a statement does; here a request
passes one function. What a layer would do is done once: the version (xAPI Communication 3.3), errors.
"""

from collections.abc import Awaitable, Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from lrs.alternate import AlternateSyntax
from lrs.database import OPERATIONAL_ERRORS
from lrs.errors import Busy, LrsError, NoSuchMethod, NotFound
from lrs.headers import header
from lrs.requests import VERSION_HEADER, Versions
from lrs.responses import refused

Handler = Callable[[Request], Awaitable[Response]]
Methods = Mapping[str, Handler]
_VERSION = VERSION_HEADER.lower().encode()


class RecordStore:
    """`paths` are those below the prefix; "/credentials/" stands for all that have one part more.

    HEAD is answered as GET; the server leaves the body out. A path part is `request.path_params["name"]`.
    """

    def __init__(
        self, paths: Mapping[str, Methods], versions: Versions, form_octets: int, close: Callable[[], None]
    ) -> None:
        self._paths = {path: _with_head(methods) for path, methods in paths.items()}
        self._versions = versions
        self._alternate = AlternateSyntax(self._answer, versions, form_octets)
        self._close = close

    def close(self) -> None:
        """Write what is queued; later requests that store are refused. May be called again."""
        self._close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            raise ValueError(f"the record store does not speak {scope['type']}")
        elif scope["method"] == "POST" and b"method" in scope["query_string"]:
            await self._alternate(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        asked = header(request, _VERSION)
        scope["state"] = {"xapi_asked": asked, "xapi_version": self._versions.settled(asked)}
        try:
            response = await self._handler(scope)(request)
        except LrsError as error:
            response = refused(error)
        except OPERATIONAL_ERRORS:
            response = refused(Busy("the database does not answer; please try again"))
        response.raw_headers.append((_VERSION, self._versions.spoken(asked).encode()))
        await response(scope, receive, send)

    def route(self, path: str) -> str | None:
        """The path below the prefix that answers this one, as it is known here; None: there is none."""
        if path in self._paths:
            return path
        parent = path[: path.rfind("/") + 1]
        return parent if parent != path and parent in self._paths else None

    def _handler(self, scope: Scope) -> Handler:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        route = self.route(path)
        if route is None:
            raise NotFound("there is no such resource")
        methods = self._paths[route]
        scope["path_params"] = {"name": path.removeprefix(route)}
        if scope["method"] not in methods:
            raise NoSuchMethod(methods)
        return methods[scope["method"]]

    async def _live(self, receive: Receive, send: Send) -> None:
        """The server starts and stops."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                await run_in_threadpool(self._close)
                await send({"type": "lifespan.shutdown.complete"})
                return
            await send({"type": "lifespan.startup.complete"})


def _with_head(methods: Methods) -> Methods:
    return {**methods, "HEAD": methods["GET"]} if "GET" in methods else methods
