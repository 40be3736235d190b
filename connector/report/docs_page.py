"""The page /docs: the report API to try out, without a script of its own in the page."""

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from connector.report.pages import render


def router_docs() -> APIRouter:
    """The route at /docs."""
    router = APIRouter(default_response_class=HTMLResponse)
    router.add_api_route("/docs", _docs, methods=["GET", "HEAD"], response_model=None)
    return router


def _docs() -> Response:
    return render("docs.html")
