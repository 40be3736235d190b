"""State, Activity Profile and Agent Profile over HTTP (xAPI Communication 2.2, 2.3, 2.6, 2.7)."""

from collections.abc import Callable
from email.utils import format_datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from lrs import documents
from lrs.clock import from_micros, to_micros
from lrs.document import Document, Kind, Place, Sent, merged, one, one_or_all
from lrs.entity_tags import Conditions, conditions, tag_of
from lrs.errors import BadRequest, Busy, Conflict, Forbidden, NotFound
from lrs.requests import read_body, version_of
from lrs.responses import json_response, tagged
from lrs.service import Service

# Works out what is to be stored from what is stored now.
Change = Callable[[Document | None], Sent]

# What a client has stored may be a page with a script: no browser is to run it.
_INERT = {"Content-Security-Policy": "sandbox; default-src 'none'", "X-Content-Type-Options": "nosniff"}


class Documents:
    """The resource of one kind of document."""

    def __init__(self, service: Service, kind: Kind) -> None:
        self._service = service
        self._kind = kind

    # ---- reading

    async def get(self, request: Request) -> Response:
        """The document named, or the names of all those in the context."""
        await self._may_read(request)
        version_of(request)
        place = one_or_all(self._kind, request.query_params.multi_items(), "since")
        asked = _conditions(request)
        return await run_in_threadpool(self._names if place.name is None else self._one, place, asked)

    async def _may_read(self, request: Request) -> None:
        caller = await self._service.caller(request, self._kind.scope, "all/read")
        # A read filter speaks of statements only: what it would say of documents is not known.
        if caller.read_filter is not None and caller.scopes.isdisjoint((self._kind.scope, "all")):
            raise Forbidden(f"this credential lacks the scope {self._kind.scope}")

    def _one(self, place: Place, asked: Conditions) -> Response:
        with self._service.readers.connect() as conn:
            found = documents.find(conn, place)
        if found is None:
            raise NotFound(f"there is no such document (xAPI Communication {self._kind.section})")
        headers = {"ETag": f'"{found.tag}"', "Last-Modified": _http_date(found.updated)}
        if asked.unchanged(found.tag):
            return Response(status_code=304, headers=headers)
        headers |= {"Content-Type": found.content_type, **_INERT}
        return Response(found.content, headers=headers)

    def _names(self, place: Place, _asked: Conditions) -> Response:
        with self._service.readers.connect() as conn:
            names, updated = documents.names(conn, place)
        headers = {} if updated is None else {"Last-Modified": _http_date(updated)}
        return tagged(json_response(names, headers=headers))

    # ---- writing

    async def put(self, request: Request) -> Response:
        """Store a document as it is sent."""
        version, place, asked, sent = await self._to_be_stored(request)

        def replace(found: Document | None) -> Sent:
            if not asked.given:
                self._check_unconditional(version, exists=found is not None)
            return sent

        return await run_in_threadpool(self._change, place, asked, replace)

    async def post(self, request: Request) -> Response:
        """Merge a JSON object into the stored one, or store a document where there is none."""
        _version, place, asked, sent = await self._to_be_stored(request)
        return await run_in_threadpool(self._change, place, asked, lambda found: merged(found, sent))

    async def delete(self, request: Request) -> Response:
        """Delete the document named; where none is, all states in the context."""
        await self._service.caller(request, self._kind.scope)
        version_of(request)
        asked = _conditions(request)
        pairs = request.query_params.multi_items()
        place = one_or_all(self._kind, pairs) if self._kind.is_state else one(self._kind, pairs)
        if place.name is None and asked.given:
            raise BadRequest(
                f"If-Match and If-None-Match need the parameter {self._kind.parameter} "
                f"(xAPI Communication {self._kind.section})"
            )
        return await run_in_threadpool(self._remove, place, asked)

    async def _to_be_stored(self, request: Request) -> tuple[str, Place, Conditions, Sent]:
        await self._service.caller(request, self._kind.scope)
        version = version_of(request)
        place = one(self._kind, request.query_params.multi_items())
        asked = _conditions(request)
        content = await read_body(request, self._service.limits.body_octets)
        content_type = request.headers.get("content-type") or "application/octet-stream"
        return version, place, asked, Sent(content, content_type)

    def _check_unconditional(self, version: str, *, exists: bool) -> None:
        """Refuse a PUT that says nothing of what it overwrites (Communication 3.1)."""
        if version == "1.0.3" and self._kind.is_state:
            return
        if exists:
            raise Conflict(
                "there is such a document: check its current state, then set If-Match to its ETag "
                "(xAPI Communication 3.1)"
            )
        if version == "1.0.3":
            raise BadRequest("If-Match or If-None-Match is needed (xAPI Communication 3.1)")

    def _change(self, place: Place, asked: Conditions, change: Change) -> Response:
        def work(conn: Connection) -> None:
            owners = documents.owners(conn, place)
            documents.lock(conn, place, owners)
            found = documents.find_of(conn, place, owners)
            asked.check(None if found is None else found.tag)
            new = change(found)
            moment = to_micros(self._service.clock())
            documents.save(conn, place, owners, Document(*new, tag_of(new.content), moment))

        return self._in_transaction(work)

    def _remove(self, place: Place, asked: Conditions) -> Response:
        def work(conn: Connection) -> None:
            owners = documents.known_owners(conn, place)
            if owners is None:
                asked.check(None)
                return
            documents.lock(conn, place, owners)
            if asked.given:
                found = documents.find_of(conn, place, owners)
                asked.check(None if found is None else found.tag)
            documents.remove(conn, place, owners)

        return self._in_transaction(work)

    def _in_transaction(self, work: Callable[[Connection], None]) -> Response:
        try:
            with self._service.engine.begin() as conn:
                work(conn)
        except (OperationalError, PoolTimeout) as error:
            raise Busy("the document could not be changed; please try again") from error
        return Response(status_code=204)


def _conditions(request: Request) -> Conditions:
    return conditions(_header(request, "If-Match"), _header(request, "If-None-Match"))


def _header(request: Request, name: str) -> str | None:
    lines = request.headers.getlist(name)
    return ", ".join(lines) if lines else None


def _http_date(micros: int) -> str:
    return format_datetime(from_micros(micros), usegmt=True)
