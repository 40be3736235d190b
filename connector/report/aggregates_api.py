"""GET /aggregates: progress of a unit that who reads may see, of any day, as known at any moment."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Response
from sqlalchemy import Connection, Engine

from connector.report.aggregates import (
    BY,
    CATEGORY,
    MONTH,
    Answer,
    CategoriesOut,
    CompetenciesOut,
    CompetencyCount,
    aggregates_of,
    by_office,
    categories_of,
    framework_of,
    months_of,
)
from connector.report.answers import AS_CSV, Value, Wanted, as_csv, as_json, refusing, unchanged
from connector.report.asked_times import Asked, AskedTimes, AskedWords, asked_times
from connector.report.cursors import Cursor, read_cursor, write_cursor
from connector.report.queries.basis import Basis, narrowed, read_basis, root_scope
from connector.report.queries.learning import read_split
from connector.report.queries.months import read_months
from connector.report.queries.overview import read_overview
from lrs.clock import Clock, to_iso, utc_now
from lrs.database import snapshots

MOST = 1000
KINDS = (*BY, CATEGORY, MONTH)


def router_aggregates(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The route /aggregates."""
    router = APIRouter()
    router.add_api_route(
        "/aggregates",
        _Aggregates(engine, clock).answer,
        methods=["GET"],
        name="aggregates",
        summary="Progress counts by office, school, group, competency, category or month",
        response_model=Answer,
        responses=AS_CSV,
    )
    return router


class _Aggregates:
    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._reader, self._clock = snapshots(engine), clock

    def answer(
        self,
        wanted: Annotated[Wanted, Depends()],
        times: Asked,
        by: Annotated[str, Query(description=", ".join(KINDS), examples=["school"])],
        unit: Annotated[str, Query(description="uid of a unit; default: all that you may see")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST, description="rows of a page; CSV has all of them")] = MOST,
        cursor: Annotated[str, Query(description="`next` of the page before", max_length=2000)] = "",
    ) -> Response:
        if by not in KINDS:
            raise HTTPException(422, f"by={by!r} is not known: use one of {', '.join(KINDS)}")
        about = f"aggregates {by} {unit}"
        with refusing(), self._reader.begin() as conn:
            now = self._clock()
            asked, start = _begin(cursor, about, times, now)
            basis = read_basis(conn, narrowed(conn, root_scope(conn), unit), now, times=asked)
            parts = (by, basis.unit, basis.as_of, basis.known_at, basis.framework_id, start, limit)
            etag = wanted.etag(*parts)
            if basis.known_at is not None and wanted.is_known(etag):
                return unchanged(etag)
            answer = _answer(conn, by, basis)
        if wanted.csv:
            return as_csv(_HEADERS[answer.by], list(_lines(answer)), etag, f"{by}-{basis.as_of}")
        return as_json(_page(answer, about, start, limit), etag)


def _begin(cursor: str, about: str, times: AskedWords, now: datetime) -> tuple[AskedTimes, int]:
    """The times and the first row that are asked for: a cursor's, where there is one. Raises WrongTime."""
    asked = times.times(now)
    if not cursor:
        return asked, 0
    found = read_cursor(cursor, about)
    return asked_times(found.as_of, found.known_at, now), found.start


def _answer(conn: Connection, by: str, basis: Basis) -> Answer:
    answer: Answer
    if by == MONTH:
        answer = months_of(basis, read_months(conn, basis))
    elif by == CATEGORY:
        answer = categories_of(basis, read_split(conn, basis))
    else:
        overview = read_overview(conn, basis)
        answer = aggregates_of(by, basis, by_office(conn, basis, overview) if by == "office" else overview)
    return answer.model_copy(update={"framework": framework_of(conn, basis)})


def _page(answer: Answer, about: str, start: int, limit: int) -> Answer:
    rows: Sequence[Any] = answer.rows
    following = None
    if start + limit < len(rows) and answer.known_at is not None:
        cursor = Cursor(about, answer.as_of.isoformat(), to_iso(answer.known_at), start + limit)
        following = write_cursor(cursor)
    return answer.model_copy(update={"rows": rows[start : start + limit], "next": following})


_COUNTS = ("persons", "complete", "in_progress", "not_started")
_LINE = ("as_of", "known_at", "key", "name_th", "competency", *_COUNTS, "all_complete")
_HEADERS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("office", "school", "group", "month"), _LINE),
    "competency": ("as_of", "known_at", "code", "name_th", *_COUNTS),
    "category": ("as_of", "known_at", "code", "weight", "hours", "events", "events_without_hours"),
}


def _lines(answer: Answer) -> Iterator[Sequence[Value]]:
    """Of rows with competencies a line for all that is asked, and one for each."""
    times = [answer.as_of.isoformat(), None if answer.known_at is None else to_iso(answer.known_at)]
    if isinstance(answer, CategoriesOut):
        names = _HEADERS["category"][2:]
        yield from ([*times, *(getattr(one, name) for name in names)] for one in answer.rows)
    elif isinstance(answer, CompetenciesOut):
        yield from ([*times, one.code, one.name_th, *_counts(one)] for one in answer.rows)
    else:
        for row in answer.rows:
            key = row.key if hasattr(row, "key") else row.as_of.isoformat()
            head = [*times, key, getattr(row, "name_th", "")]
            yield [*head, "", row.persons, None, None, None, row.all_complete]
            for one in row.competencies:
                yield [*head, one.code, *_counts(one), None]


def _counts(one: CompetencyCount) -> list[int]:
    return [getattr(one, name) for name in _COUNTS]
