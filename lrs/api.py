"""The record store over HTTP: statements and about (xAPI Communication 2.1 and 2.8)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request, Response
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from lrs import formats, query, store
from lrs.auth import Authenticator, Caller
from lrs.clock import Clock, from_micros, to_iso, utc_now
from lrs.commit import Writer
from lrs.database import read_only
from lrs.errors import BadRequest, BadStatement, LrsError, NotFound
from lrs.query import Query
from lrs.requests import MOST_OCTETS, Versioning, json_body, version_of
from lrs.statement import Authority, Prepared, prepare
from lrs.validation import VERSIONS

# Batches above this are validated beside the event loop, not in it.
_LARGE_BATCH = 20
_MICROSECOND = timedelta(microseconds=1)


def create_lrs_app(
    engine: Engine,
    *,
    hash_key: bytes,
    clock: Clock = utc_now,
    default_version: str | None = None,
    prefix: str = "/xapi",
    most_octets: int = MOST_OCTETS,
) -> FastAPI:
    """The record store as an application of its own, or to be mounted at `prefix`.

    `default_version` is taken for requests that name no version; None: they are refused, as the
    specification asks. The application that mounts it calls `app.state.close()` when it stops: what is
    queued is written, and later requests are refused.
    """
    statements = Statements(engine, hash_key, clock, f"{prefix}/statements", most_octets)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(statements.close)

    app = FastAPI(title="xAPI learning record store", lifespan=lifespan)
    app.state.close = statements.close
    app.add_api_route("/statements", statements.post, methods=["POST"])
    app.add_api_route("/statements", statements.put, methods=["PUT"])
    app.add_api_route("/statements", statements.get, methods=["GET"])
    app.add_api_route("/statements", statements.get, methods=["HEAD"], include_in_schema=False)
    app.add_api_route("/about", _about, methods=["GET"])
    app.add_api_route("/about", _about, methods=["HEAD"], include_in_schema=False)
    app.add_exception_handler(LrsError, _refused)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Versioning, default=default_version)
    return app


def json_response(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(orjson.dumps(content), status, headers, media_type="application/json")


async def _refused(_request: Request, error: Exception) -> Response:
    """The one shape of an error."""
    if isinstance(error, HTTPException):
        return json_response({"error": error.detail}, error.status_code, dict(error.headers or {}))
    status = error.status if isinstance(error, LrsError) else 500
    headers = {401: {"WWW-Authenticate": 'Basic realm="xAPI"'}, 503: {"Retry-After": "1"}}.get(status)
    return json_response({"error": str(error)}, status, headers)


async def _about() -> Response:
    """The versions this store speaks; no credential is needed (Communication 2.8)."""
    return json_response({"version": list(VERSIONS)})


class Statements:
    """The statement resource."""

    def __init__(self, engine: Engine, hash_key: bytes, clock: Clock, path: str, most_octets: int) -> None:
        self._readers = read_only(engine)
        self._writer = Writer(engine)
        self._authenticator = Authenticator(engine, hash_key)
        self._clock = clock
        self._path = path
        self._most_octets = most_octets

    def close(self) -> None:
        """Write what is queued; later requests are refused."""
        self._writer.close()

    # ---- writing

    async def post(self, request: Request) -> Response:
        """Store one statement or an array of them; answers their ids in order once they are durable."""
        caller = await self._caller(request, "statements/write")
        version = version_of(request)
        _only_parameters(request, ())
        body = await json_body(request, self._most_octets)
        raw = body if isinstance(body, list) else [body]
        if not raw:
            return json_response([])
        if len(raw) > _LARGE_BATCH:
            prepared = await run_in_threadpool(prepare_all, raw, version, caller.authority, self._clock())
        else:
            prepared = prepare_all(raw, version, caller.authority, self._clock())
        return json_response(await self._store(prepared))

    async def put(self, request: Request) -> Response:
        """Store one statement under the id in the address."""
        caller = await self._caller(request, "statements/write")
        version = version_of(request)
        _only_parameters(request, ("statementId",))
        wanted = query.parse(request.query_params).statement_id
        if wanted is None:
            raise BadRequest("the parameter statementId is needed")
        raw = await json_body(request, self._most_octets)
        if not isinstance(raw, dict):
            raise BadRequest("the body must be one statement")
        own = raw.get("id", wanted)
        if not isinstance(own, str) or own.lower() != wanted:
            raise BadRequest("statement.id must equal the parameter statementId")
        await self._store(prepare_all([{**raw, "id": wanted}], version, caller.authority, self._clock()))
        return Response(status_code=204)

    async def _store(self, prepared: Sequence[Prepared]) -> list[str]:
        return await asyncio.wrap_future(self._writer.submit(prepared))

    # ---- reading

    async def get(self, request: Request) -> Response:
        """One statement by its id, or those that meet the filters, the last stored first."""
        caller = await self._caller(request, "statements/read", "statements/read/mine", "all/read")
        version_of(request)
        asked = query.parse(request.query_params)
        asked = asked.limited(caller.id if caller.own_only else None, caller.read_filter)
        return await run_in_threadpool(self._answer, request, asked)

    def _answer(self, request: Request, asked: Query) -> Response:
        # Taken before the look-up: what is committed later may be missing from it.
        through = self._consistent_through()
        languages = formats.accepted_languages(request.headers.get("accept-language", ""))
        modified = through
        with self._readers.connect() as conn:
            if asked.statement_id is not None:
                found = store.find_one(conn, asked)
                if found is None:
                    raise NotFound("no such statement")
                bodies, modified = [found[0]], found[1]
                content = _formatted(conn, bodies, asked.format, languages)[0]
            else:
                page = store.find(conn, asked)
                bodies = _formatted(conn, page.bodies, asked.format, languages)
                content = _statement_result(bodies, self._more(request, page.after))
        headers = {
            "X-Experience-API-Consistent-Through": to_iso(through),
            "Last-Modified": format_datetime(modified, usegmt=True),
        }
        return Response(content, headers=headers, media_type="application/json")

    def _consistent_through(self) -> datetime:
        """Every statement stored by then is visible to a look-up that begins now."""
        pending = self._writer.oldest_pending()
        now = self._clock()
        return now if pending is None else min(now, from_micros(pending) - _MICROSECOND)

    def _more(self, request: Request, after: int | None) -> str:
        if after is None:
            return ""
        return f"{self._path}?{urlencode({**request.query_params, 'cursor': after})}"

    async def _caller(self, request: Request, *scopes: str) -> Caller:
        header = request.headers.get("authorization")
        caller = self._authenticator.cached(header)
        if caller is None:
            caller = await run_in_threadpool(self._authenticator.authenticate, header)
        caller.require(*scopes)
        return caller


def prepare_all(
    raw: Sequence[object], version: str, authority: Authority, stored: datetime
) -> list[Prepared]:
    """Every statement of a request. Raises BadStatement naming the one that is wrong, from 0."""
    prepared: list[Prepared] = []
    seen: set[str] = set()
    for index, one in enumerate(raw):
        try:
            _no_lost_attachments(one)
            done = prepare(one, version=version, authority=authority, stored=stored)
        except BadStatement as error:
            raise BadStatement(f"statement {index}: {error.message}") from None
        if done.id in seen:
            raise BadStatement(f"statement {index}: statement.id is used twice in one request")
        seen.add(done.id)
        prepared.append(done)
    return prepared


def _no_lost_attachments(raw: object) -> None:
    """An attachment that comes as JSON alone must say where its data is (Data 2.4.11)."""
    attachments = raw.get("attachments") if isinstance(raw, dict) else None
    for index, one in enumerate(attachments if isinstance(attachments, list) else ()):
        if isinstance(one, dict) and "fileUrl" not in one:
            raise BadStatement(f"statement.attachments[{index}] must have a fileUrl (xAPI Data 2.4.11)")


def _only_parameters(request: Request, allowed: Sequence[str]) -> None:
    unknown = request.query_params.keys() - set(allowed)
    if unknown:
        raise BadRequest(f"unknown parameter {min(unknown)[:80]!r}")


def _statement_result(bodies: Sequence[bytes], more: str) -> bytes:
    return b'{"statements":[%b],"more":%b}' % (b",".join(bodies), orjson.dumps(more))


def _formatted(conn: Any, bodies: list[bytes], name: str, languages: Sequence[str]) -> list[bytes]:
    if name == "exact":
        return bodies
    statements = [orjson.loads(body) for body in bodies]
    if name == "ids":
        return [orjson.dumps(formats.ids(one)) for one in statements]
    iris = {iri for one in statements for iri in formats.activity_iris(one)}
    known = {iri: orjson.loads(text) for iri, text in store.definitions(conn, iris).items()}
    return [orjson.dumps(formats.canonical(one, known, languages)) for one in statements]
