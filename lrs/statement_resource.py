"""The statement resource over HTTP (xAPI Communication 2.1)."""

import asyncio
from collections.abc import Sequence
from email.utils import format_datetime
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from lrs import formats, query, reading
from lrs.attachments import Folder
from lrs.auth import Caller
from lrs.clock import to_iso
from lrs.commit import Writer
from lrs.consistency import Consistency
from lrs.dimensions import find_definitions
from lrs.errors import BadRequest, BadStatement, LrsError, NotFound, TooLarge
from lrs.headers import header
from lrs.look_ups import Steps
from lrs.query import Query, Reader
from lrs.requests import version_of
from lrs.responses import json_response
from lrs.service import Service
from lrs.statement import Authority, Prepared, prepare
from lrs.statement_body import Sent, mixed_response, received

# Statements that are validated without a pause: some 3 ms.
_AT_ONCE = 100
_THROUGH = "X-Experience-API-Consistent-Through"


class Statements:
    """The statement resource."""

    def __init__(self, service: Service, writer: Writer) -> None:
        self._service = service
        self._writer = writer
        self._consistency = Consistency(service.engine.dialect.name, writer)
        self._path = f"{service.prefix}/statements"
        self._folder = None if service.attachments is None else Folder(service.attachments)

    # ---- writing

    async def post(self, request: Request) -> Response:
        """Store one statement or an array of them; answers their ids in order once they are durable."""
        caller = await self._service.caller(request, "statements/write")
        version = version_of(request)
        _only_parameters(request, ())
        sent = await received(request, self._service, self._folder)
        try:
            raw = sent.statements if isinstance(sent.statements, list) else [sent.statements]
            return json_response(await self._store(sent, raw, version, caller) if raw else [])
        finally:
            sent.discard()

    async def put(self, request: Request) -> Response:
        """Store one statement under the id in the address."""
        caller = await self._service.caller(request, "statements/write")
        version = version_of(request)
        _only_parameters(request, ("statementId",))
        wanted = query.parse(request.query_params).statement_id
        if wanted is None:
            raise BadRequest("the parameter statementId is needed")
        sent = await received(request, self._service, self._folder)
        try:
            await self._store(sent, [_named(sent.statements, wanted)], version, caller)
        finally:
            sent.discard()
        return Response(status_code=204)

    async def _store(self, sent: Sent, raw: Sequence[Any], version: str, caller: Caller) -> list[str]:
        self._check_size(raw)
        prepared = await prepare_all(raw, version, caller.authority)
        await sent.keep(raw, version, caller.authority.actor)
        stored = await self._writer.store(prepared)
        if self._service.on_stored is not None:
            self._service.on_stored(caller.authority.level, len(stored))
        return stored

    def _check_size(self, raw: Sequence[object]) -> None:
        most = self._service.limits.batch_statements
        if len(raw) > most:
            raise TooLarge(f"a request may bring {most} statements (xAPI Communication 2.1.2)")

    # ---- reading

    async def get(self, request: Request) -> Response:
        """One statement by its id, or those that meet the filters, the last stored first."""
        try:
            caller = await self._service.caller(
                request, "statements/read", "statements/read/mine", "all/read"
            )
            version_of(request)
            asked = query.parse(request.query_params)
            return await self._service.look_ups.answer(
                lambda: self._looked_up(request, asked, _reader(caller))
            )
        except LrsError as error:
            through = await self._service.look_ups.answer(self._consistency.through)
            error.headers[_THROUGH] = to_iso(through)
            raise

    def _looked_up(self, request: Request, asked: Query, reader: Reader) -> Steps[Response]:
        languages = formats.accepted_languages(header(request, b"accept-language") or "")
        # Before the statements are looked up: what is committed later may be missing from them.
        through = yield from self._consistency.through()
        if asked.statement_id is not None:
            found = yield from reading.find_one(asked, reader)
            if found is None:
                raise NotFound("no such statement")
            content = joined = yield from _formatted(found.body, asked.format, languages)
            modified = found.stored
        else:
            page = yield from reading.find(asked, reader, self._service.engine.dialect.name)
            joined = yield from _formatted(page.joined, asked.format, languages)
            content, modified = _statement_result(joined, self._more(request, page.after)), through
        headers = {_THROUGH: to_iso(through), "Last-Modified": format_datetime(modified, usegmt=True)}
        if asked.attachments:
            return mixed_response(content, orjson.loads(b"[%b]" % joined), self._folder, headers)
        return Response(content, headers=headers, media_type="application/json")

    def _more(self, request: Request, after: int | None) -> str:
        if after is None:
            return ""
        asked = request.scope["query_string"].decode("ascii").split("&")
        kept = [one for one in asked if one and not one.startswith("cursor=")]
        return f"{self._path}?{'&'.join([*kept, f'cursor={after}'])}"


async def prepare_all(raw: Sequence[object], version: str, authority: Authority) -> list[Prepared]:
    """Every statement of a request. Raises BadStatement naming the one that is wrong, from 0.

    Other requests get their turn now and then: threads would only take Python's lock from the writer.
    """
    prepared: list[Prepared] = []
    seen: set[str] = set()
    for index, one in enumerate(raw):
        if index and not index % _AT_ONCE:
            await asyncio.sleep(0)
        try:
            done = prepare(one, version=version, authority=authority)
        except BadStatement as error:
            raise BadStatement(f"statement {index}: {error.message}") from None
        if done.id in seen:
            raise BadStatement(f"statement {index}: statement.id is used twice in one request")
        seen.add(done.id)
        prepared.append(done)
    return prepared


def _named(statement: Any, wanted: str) -> dict[str, Any]:
    """The one statement of a PUT, with the id that the address gives it."""
    if not isinstance(statement, dict):
        raise BadRequest("the body must be one statement")
    own = statement.get("id", wanted)
    if not isinstance(own, str) or own.lower() != wanted:
        raise BadRequest("statement.id must equal the parameter statementId")
    return {**statement, "id": wanted}


def _only_parameters(request: Request, allowed: Sequence[str]) -> None:
    unknown = request.query_params.keys() - set(allowed) if request.scope["query_string"] else ()
    if unknown:
        raise BadRequest(f"unknown parameter {min(unknown)[:80]!r}")


def _reader(caller: Caller) -> Reader:
    """What the caller may read: all, its own, or what its read filter lets through."""
    allowed = caller.read_filter or {}
    return Reader(
        own=caller.authority.actor.key if caller.own_only else None,
        verbs=tuple(allowed.get("verbs", ())),
        activities=tuple(allowed.get("activities", ())),
        authorities=tuple(allowed.get("authorities", ())),
    )


def _statement_result(joined: bytes, more: str) -> bytes:
    return b'{"statements":[%b],"more":%b}' % (joined, orjson.dumps(more))


def _formatted(joined: bytes, name: str, languages: Sequence[formats.Accepted]) -> Steps[bytes]:
    """Statements with commas between them, in another format."""
    if name == "exact":
        return joined
    statements = orjson.loads(b"[%b]" % joined)
    if name == "ids":
        changed = [formats.ids(one) for one in statements]
    else:
        iris = {iri for one in statements for iri in formats.activity_iris(one)}
        found = yield from find_definitions(iris)
        known = {iri: orjson.loads(text) for iri, text in found.items()}
        changed = [formats.canonical(one, known, languages) for one in statements]
    return orjson.dumps(changed)[1:-1]
