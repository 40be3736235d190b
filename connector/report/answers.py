"""Answers of the report API: as JSON or as CSV, whichever is asked for; nothing where it is known already.

What reports refuse is answered in English: programs read it.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Annotated, Any, Literal

from fastapi import HTTPException, Query, Request, Response
from pydantic import BaseModel

from connector.formulas import escaped
from connector.report.errors import ReportError, WrongTime

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

AS_CSV: dict[int | str, dict[str, Any]] = {200: {"content": {CSV: {"schema": {"type": "string"}}}}}
"""Of a route that answers as JSON or as CSV."""


class Wanted:
    """The parameters and headers of a request that say how it wants to be answered."""

    def __init__(
        self,
        request: Request,
        form: Annotated[
            Literal["", "json", "csv"],
            Query(alias="format", description="default: what the header Accept says, or JSON"),
        ] = "",
    ) -> None:
        self._form = form
        self._accepted = request.headers.get("accept", "")
        self._known = request.headers.get("if-none-match", "")

    @property
    def csv(self) -> bool:
        """By the parameter `format`, or else by the header Accept, where JSON goes first."""
        if self._form:
            return self._form == "csv"
        return CSV in self._accepted and JSON not in self._accepted

    def etag(self, *parts: object) -> str:
        """Of whatever an answer depends on, beside its form. Weak: compression makes other bytes of it."""
        told = repr((*parts, self._form, self._accepted))
        return f'W/"{sha256(told.encode()).hexdigest()[:32]}"'

    def is_known(self, etag: str) -> bool:
        """Whether the reader has this answer."""
        known = [one.strip().removeprefix("W/") for one in self._known.split(",")]
        return self._known.strip() == "*" or etag.removeprefix("W/") in known


@contextmanager
def refusing() -> Iterator[None]:
    """What a report refuses within it is the answer."""
    try:
        yield
    except WrongTime as error:
        raise HTTPException(error.status, error.english) from None
    except ReportError as error:
        raise HTTPException(error.status, error.message) from None


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
