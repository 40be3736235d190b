"""Credentials over HTTP, for administrators of the record store; not part of xAPI.

Only a credential with the scope `all` and no read filter may call: what it makes may do everything that
it may do itself.
"""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs import credentials
from lrs.errors import BadRequest, Forbidden, NotFound
from lrs.requests import json_body
from lrs.responses import json_response
from lrs.service import Service
from lrs.statement import PROVES_NOTHING

_KEY = re.compile(r"[0-9a-f]{32}")
_FIELDS = ("name", "scopes", "homePages", "level", "readFilter")
_NO_STORE = {"Cache-Control": "no-store"}

T = TypeVar("T")


class Credentials:
    """The resource /credentials."""

    def __init__(self, service: Service, hash_key: bytes) -> None:
        self._service = service
        self._hash_key = hash_key

    async def get(self, request: Request) -> Response:
        """All credentials, revoked ones too, without their secrets."""
        await self._admit(request)
        found = await run_in_threadpool(self._list)
        return json_response({"credentials": [one.as_json() for one in found]}, headers=_NO_STORE)

    async def post(self, request: Request) -> Response:
        """Create a credential; answers its key and, this once, its secret."""
        await self._admit(request)
        wanted = _wanted(await json_body(request, self._service.limits))
        key, secret = await run_in_threadpool(self._create, wanted)
        answer = {"name": wanted["name"], "key": key, "secret": secret}
        return json_response(
            answer, 201, {**_NO_STORE, "Location": f"{self._service.prefix}/credentials/{key}"}
        )

    async def delete(self, request: Request) -> Response:
        """Revoke the credential with the key in the address."""
        await self._admit(request)
        key = request.path_params["name"]
        if not _KEY.fullmatch(key):
            raise NotFound("there is no credential with that key")
        await run_in_threadpool(self._revoke, key)
        return Response(status_code=204)

    async def _admit(self, request: Request) -> None:
        caller = await self._service.caller(request, "all")
        if caller.read_filter is not None:
            raise Forbidden("a credential with a read filter may not manage credentials")

    def _list(self) -> list[credentials.Credential]:
        with self._service.readers.connect() as conn:
            return credentials.list_credentials(conn)

    def _create(self, wanted: dict[str, Any]) -> tuple[str, str]:
        with self._service.engine.begin() as conn:
            return credentials.create_credential(
                conn, hash_key=self._hash_key, now=self._service.clock(), **wanted
            )

    def _revoke(self, key: str) -> None:
        with self._service.engine.begin() as conn:
            credentials.revoke_credential(conn, key=key, now=self._service.clock())


def _wanted(body: Any) -> dict[str, Any]:
    """The arguments of `create_credential` from the JSON of a request. Raises BadRequest naming the field."""
    if not isinstance(body, dict):
        raise BadRequest("the body must be an object")
    unknown = sorted(body.keys() - set(_FIELDS))
    if unknown:
        raise BadRequest(f"unknown field {unknown[0][:80]!r}: the fields are {', '.join(_FIELDS)}")
    if not isinstance(body.get("name"), str):
        raise BadRequest("name must be text")
    return {
        "name": body["name"],
        "scopes": _texts(body.get("scopes"), "scopes"),
        "home_pages": _optional(body, "homePages", _texts),
        "level": _optional(body, "level", _level) or PROVES_NOTHING,
        "read_filter": _optional(body, "readFilter", _filter),
    }


def _optional(body: dict[str, Any], field: str, read: Callable[[Any, str], T]) -> T | None:
    """A field that may be left out or null."""
    return None if body.get(field) is None else read(body[field], field)


def _texts(value: Any, field: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadRequest(f"{field} must be an array of texts")
    return value


def _level(value: Any, field: str) -> int:
    if not isinstance(value, str) or value not in credentials.LEVELS:
        raise BadRequest(f"{field} must be one of {', '.join(credentials.LEVELS)}")
    return credentials.LEVELS[value]


def _filter(value: Any, field: str) -> dict[str, list[str]]:
    if not isinstance(value, dict) or not value:
        raise BadRequest(f"{field} must be an object of {', '.join(credentials.READ_FILTERS)}")
    return {name: _texts(allowed, f"{field}.{name}"[:100]) for name, allowed in value.items()}
