"""The Activities resource over HTTP (xAPI Communication 2.5)."""

from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs import dimensions
from lrs.parameters import Parameters
from lrs.requests import version_of
from lrs.responses import json_response, tagged
from lrs.service import ANY_READING, Service


class Activities:
    """The Activities resource."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def get(self, request: Request) -> Response:
        """The activity with all that statements said of it; without a definition where they said nothing."""
        await self._service.caller(request, *ANY_READING)
        version_of(request)
        given = Parameters(request.query_params.multi_items(), ("activityId",), "2.5")
        return await run_in_threadpool(self._answer, given.iri("activityId"))

    def _answer(self, iri: str) -> Response:
        with self._service.readers.connect() as conn:
            definition = dimensions.definitions(conn, [iri]).get(iri)
        activity: dict[str, Any] = {"objectType": "Activity", "id": iri}
        if definition is not None:
            activity["definition"] = orjson.Fragment(definition)
        return tagged(json_response(activity))
