"""Answers of the report API: as JSON or as CSV, whichever is asked for; nothing where it is known already."""

import csv
import io
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel

from connector.formulas import escaped

CSV = "text/csv"
JSON = "application/json"
Value = str | int | float | None


class Refusal(BaseModel):
    """Why a request is refused: a line that says what to do, or for each parameter what is wrong."""

    detail: str | list[dict[str, Any]]


_TEXTS = {
    401: "nobody signed in, and no token was brought",
    403: "not for this role, or not in the scopes of the token",
    404: "no such unit within what you may see, or nothing like this was published",
    422: "a parameter that cannot be taken; the line names it",
    503: "nothing is loaded yet",
}
REFUSALS: dict[int | str, dict[str, Any]] = {
    304: {"description": "unchanged since the answer with this ETag"},
    **{status: {"model": Refusal, "description": text} for status, text in _TEXTS.items()},
}

GUARDED: dict[int | str, dict[str, Any]] = {
    status: {"description": _TEXTS[status], "content": {JSON: {"schema": Refusal.model_json_schema()}}}
    for status in (401, 403)
}
"""What the guard answers instead of any route that is not for anybody."""


def wants_csv(request: Request, asked: str) -> bool:
    """By the parameter `format`, or else by the header Accept, where JSON goes first."""
    if asked:
        return asked == "csv"
    accepted = request.headers.get("accept", "")
    return CSV in accepted and JSON not in accepted


def etag_of(*parts: object) -> str:
    """Of whatever an answer depends on. Weak: compression makes other bytes of it."""
    return f'W/"{sha256(repr(parts).encode()).hexdigest()[:32]}"'


def is_known(request: Request, etag: str) -> bool:
    """Whether the reader has this answer."""
    known = request.headers.get("if-none-match", "")
    return known.strip() == "*" or etag.removeprefix("W/") in [
        one.strip().removeprefix("W/") for one in known.split(",")
    ]


def unchanged(etag: str) -> Response:
    """304."""
    return Response(status_code=304, headers=_headers(etag))


def as_json(body: BaseModel, etag: str) -> Response:
    """200."""
    return Response(body.model_dump_json(), media_type=JSON, headers=_headers(etag))


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Value]], etag: str, name: str) -> Response:
    """200: with a mark for spreadsheets, and an empty cell for what is not told."""
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(header)
    lines.writerows([escaped(one) if isinstance(one, str) else one for one in row] for row in rows)
    headers = _headers(etag) | {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(text.getvalue().encode("utf-8-sig"), media_type=f"{CSV}; charset=utf-8", headers=headers)


def _headers(etag: str) -> dict[str, str]:
    return {"ETag": etag, "Cache-Control": "private, no-cache", "Vary": "Accept, Authorization, Cookie"}
