"""The Agents resource over HTTP (xAPI Communication 2.4)."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from lrs.parameters import Parameters
from lrs.requests import version_of
from lrs.responses import json_response, tagged
from lrs.service import ANY_READING, Service


class Agents:
    """The Agents resource."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def get(self, request: Request) -> Response:
        """The Person of an agent; this store knows no more of one than the agent itself says."""
        await self._service.caller(request, *ANY_READING)
        version_of(request)
        given = Parameters(request.query_params.multi_items(), ("agent",), "2.4")
        return tagged(json_response(person(given.agent("agent", groups=False))))


def person(agent: dict[str, Any]) -> dict[str, Any]:
    """A valid agent as a Person: each of its properties becomes an array."""
    properties = {name: [value] for name, value in agent.items() if name != "objectType"}
    return {"objectType": "Person", **properties}
