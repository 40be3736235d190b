"""The answers that all resources share."""

from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lrs.entity_tags import tag_of
from lrs.errors import Busy, LrsError

_HEADERS = {401: {"WWW-Authenticate": 'Basic realm="xAPI"'}, 503: {"Retry-After": "1"}}


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def tagged(answer: Response) -> Response:
    """The same answer with its entity tag (Communication 3.1)."""
    answer.headers["ETag"] = f'"{tag_of(bytes(answer.body))}"'
    return answer


async def refused(_request: Request, error: Exception) -> Response:
    """The one shape of an error."""
    if isinstance(error, HTTPException):
        return json_response({"error": error.detail}, error.status_code, dict(error.headers or {}))
    if not isinstance(error, LrsError):
        return json_response({"error": "internal error"}, 500)
    headers = {**_HEADERS.get(error.status, {}), **error.headers}
    return json_response({"error": error.message}, error.status, headers)


async def unreachable(request: Request, _error: Exception) -> Response:
    """The database does not answer."""
    return await refused(request, Busy("the database does not answer; please try again"))
