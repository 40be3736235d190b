"""The routes of pages: shown to GET and HEAD, their forms posted; what a report refuses is a page too."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from connector.report.pages import ThaiErrors

Routes = Mapping[str, Callable[..., Any]]
"""Path -> what answers there, a Response."""

_NONE: Routes = MappingProxyType({})


def page_router(shown: Routes = _NONE, posted: Routes = _NONE, **options: Any) -> APIRouter:
    """Of two paths that lead to an address the first answers. `options` as of APIRouter."""
    router = APIRouter(route_class=ThaiErrors, default_response_class=HTMLResponse, **options)
    for path, page in shown.items():
        router.add_api_route(path, page, methods=["GET", "HEAD"], response_model=None)
    for path, form in posted.items():
        router.add_api_route(path, form, methods=["POST"], response_model=None)
    return router
