"""The application whose OpenAPI document tells of the record store too, which no framework serves."""

from importlib.resources import files
from typing import Any

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from lrs import openapi

VIEWER = "/static-offline-docs"


class Documented(FastAPI):
    """With the record store at `xapi`; what shows the document in a browser is served from here."""

    def __init__(self, xapi: str, **more: Any) -> None:
        super().__init__(docs_url=None, redoc_url=None, **more)
        self._xapi = xapi
        viewer = StaticFiles(directory=str(files("fastapi_offline") / "static"))
        self.mount(VIEWER, viewer, name="static-offline-docs")

    def openapi(self) -> dict[str, Any]:
        """The document; made once."""
        if self.openapi_schema is None:
            made = super().openapi()
            made["paths"] |= openapi.paths(self._xapi)
            made.setdefault("components", {})["securitySchemes"] = openapi.SECURITY_SCHEMES
        return super().openapi()
