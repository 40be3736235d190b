"""The answers that all resources share."""

from typing import Any

import orjson
from starlette.responses import Response

from lrs.entity_tags import tag_of
from lrs.errors import LrsError

_HEADERS = {401: {"WWW-Authenticate": 'Basic realm="xAPI"'}, 503: {"Retry-After": "1"}}


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


def tagged(answer: Response) -> Response:
    """The same answer with its entity tag (Communication 3.1)."""
    answer.headers["ETag"] = f'"{tag_of(bytes(answer.body))}"'
    return answer


def refused(error: LrsError) -> Response:
    """The one shape of an error."""
    headers = {**_HEADERS.get(error.status, {}), **error.headers}
    return json_response({"error": error.message}, error.status, headers)
