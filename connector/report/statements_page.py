"""The pages of the record store itself: its newest statements, and each of them as it is kept.

What may identify a person is asked for in the body of a POST and never stands in an address.
"""

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from sqlalchemy import Connection, Engine

from connector.access.viewer import sees_all
from connector.report.errors import UnknownFilter
from connector.report.page_router import page_router
from connector.report.pages import render
from connector.report.queries.basis import root_scope
from connector.report.queries.statements import (
    Asked,
    Filters,
    last_number,
    read_shown,
    read_statements,
    read_verbs,
)
from connector.report.statement_json import is_cut, linked
from connector.report.templating import VERBS
from lrs.database import read_only
from mappings.people import Scope

_MOST_OCTETS = 20_000


async def _form(request: Request) -> Asked:
    """The filters of the list's form."""
    size = request.headers.get("content-length", "")
    if not size.isdigit() or int(size) > _MOST_OCTETS:
        raise UnknownFilter("ค่าที่ส่งมาไม่ถูกต้อง")
    try:
        return Asked.model_validate(dict(parse_qsl((await request.body()).decode())))
    except (ValidationError, UnicodeDecodeError):
        raise UnknownFilter("ค่าที่เลือกในแบบค้นหาไม่ถูกต้อง") from None


def router_statements(engine: Engine) -> APIRouter:
    """The routes at /statements."""
    pages = _Pages(engine)
    return page_router(
        {
            "/statements": pages.list,
            "/statements/count": pages.count,
            "/statements/{statement_id}": pages.one,
            "/statements/{statement_id}/json": pages.json,
        },
        {"/statements": pages.search},
    )


class _Pages:
    """One method a page; each reads in one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = read_only(engine)

    def list(self, filters: Annotated[Filters, Query()]) -> Response:
        return self._listed(Asked(**filters.model_dump()))

    def search(self, asked: Annotated[Asked, Depends(_form)]) -> Response:
        """The form's answer: a list with an address wherever one can hold all that was asked."""
        if not asked.account:
            query = urlencode(asked.on_from(asked.before))
            return RedirectResponse(f"/statements?{query}" if query else "/statements", 303)
        return self._listed(asked)

    def count(self, since: int, shown: int) -> Response:
        """The number of statements, where it is no longer `shown`; 204 where it is."""
        with self._engine.begin() as conn:
            last = last_number(conn)
        if last == shown:
            return Response(status_code=204)
        return render("_statement_count.html", last=last, since=since)

    def one(self, statement_id: str) -> Response:
        with self._engine.begin() as conn:
            shown = read_shown(conn, _scope(conn), statement_id)
        return render(
            "stored_statement.html",
            statement_id=statement_id,
            shown=shown,
            json=linked(shown.body),
            cut=is_cut(shown.body),
        )

    def json(self, statement_id: str) -> Response:
        """The part that opens below a row of the list."""
        with self._engine.begin() as conn:
            shown = read_shown(conn, _scope(conn), statement_id)
        return render("_statement_json.html", json=linked(shown.body), cut=is_cut(shown.body))

    def _listed(self, asked: Asked) -> Response:
        with self._engine.begin() as conn:
            found = read_statements(conn, _scope(conn), asked)
            last, verbs = last_number(conn) if sees_all() else None, _choices(conn, asked.verb)
        return render("statements.html", asked=asked, found=found, last=last, verbs=verbs)


def _scope(conn: Connection) -> Scope | None:
    return None if sees_all() else root_scope(conn)


def _choices(conn: Connection, chosen: str) -> list[tuple[str, str]]:
    """(IRI, name) of the verbs offered, those with a Thai name first."""
    iris = read_verbs(conn)
    if chosen and chosen not in iris:
        iris.append(chosen)
    named = [(iri, VERBS.get(iri, iri)) for iri in iris]
    return sorted(named, key=lambda pair: (pair[0] == pair[1], pair[1]))
