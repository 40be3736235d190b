"""Searching people by name: the form posts, because names must not stand in addresses."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import Field
from sqlalchemy import Engine

from connector.report.pages import ThaiErrors
from connector.report.queries.people_filters import Filters
from connector.report.queries.people_searches import keep_search
from lrs.clock import Clock, utc_now

_LONGEST = 100


class _Asked(Filters):
    """The form: filters, words, and the two times that the list was asked about."""

    words: str = Field(default="", max_length=_LONGEST)
    as_of: str = Field(default="", max_length=_LONGEST)
    known_at: str = Field(default="", max_length=_LONGEST)


def router_people_search(engine: Engine, clock: Clock = utc_now) -> APIRouter:
    """The route of the form on the list of people."""
    router = APIRouter(route_class=ThaiErrors, default_response_class=HTMLResponse)

    def search(asked: Annotated[_Asked, Form()]) -> Response:
        """Leads to the list: its address says every filter but the words."""
        words = " ".join(asked.words.split())
        said = {
            name: value for name, value in asked.as_query().items() if name not in ("words", "page", "search")
        }
        if words:
            with engine.begin() as conn:
                said["search"] = keep_search(conn, words, clock())
        return RedirectResponse(f"/people?{urlencode(said)}" if said else "/people", 303)

    router.add_api_route("/people/search", search, methods=["POST"], response_model=None)
    return router
