"""The record store as an application: which resource answers where (xAPI Communication 2)."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from lrs.activity_resource import Activities
from lrs.agent_resource import Agents
from lrs.alternate import AlternateSyntax
from lrs.auth import Authenticator
from lrs.clock import Clock, utc_now
from lrs.commit import Writer
from lrs.credential_resource import Credentials
from lrs.database import OPERATIONAL_ERRORS, read_only
from lrs.document import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, Kind
from lrs.document_resource import Documents
from lrs.endpoint import Endpoint
from lrs.errors import LrsError
from lrs.requests import Versioning, Versions
from lrs.responses import json_response, refused, unreachable
from lrs.service import Limits, Service
from lrs.statement_resource import Statements
from lrs.validation import VERSIONS

READING_THREADS = 4


def create_lrs_app(
    engine: Engine,
    *,
    hash_key: bytes,
    clock: Clock = utc_now,
    default_version: str | None = None,
    version: str = "2.0.0",
    prefix: str = "/xapi",
    limits: Limits | None = None,
    attachments: Path | None = None,
) -> Starlette:
    """The record store as an application of its own, or to be mounted at `prefix`.

    `default_version` is taken for requests that name no version; None: they are refused, as the
    specification asks. Answers to requests refused for their version name `version` as the one spoken here.
    `attachments` is the folder for attachments sent as data; None: they are refused.
    The application that mounts it calls `app.state.close()` when it stops: what is queued is written, and
    later requests are refused.
    """
    service = Service(
        engine=engine,
        readers=read_only(engine),
        authenticator=Authenticator(engine, hash_key, clock),
        clock=clock,
        prefix=prefix,
        limits=limits or Limits(),
        attachments=attachments,
        threads=ThreadPoolExecutor(READING_THREADS, "lrs-reader"),
    )
    writer = Writer(engine, clock)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(close)

    def close() -> None:
        writer.close()
        service.authenticator.close()

    app = Starlette(
        routes=_routes(service, writer, hash_key),
        lifespan=lifespan,
        exception_handlers={
            LrsError: refused,
            HTTPException: refused,
            **dict.fromkeys(OPERATIONAL_ERRORS, unreachable),
        },
    )
    app.state.close = close
    versions = Versions(assumed=default_version, named=version)
    app.add_middleware(Versioning, versions=versions)
    # Outside the rest, for the version of such a request is in its form.
    app.add_middleware(AlternateSyntax, versions=versions, most_octets=service.limits.body_octets)
    return app


def _routes(service: Service, writer: Writer, hash_key: bytes) -> list[Route]:
    statements = Statements(service, writer)
    credentials = Credentials(service, hash_key)
    paths = {
        "/statements": Endpoint(GET=statements.get, POST=statements.post, PUT=statements.put),
        "/activities/state": _documents(service, STATE),
        "/activities/profile": _documents(service, ACTIVITY_PROFILE),
        "/agents/profile": _documents(service, AGENT_PROFILE),
        "/activities": Endpoint(GET=Activities(service).get),
        "/agents": Endpoint(GET=Agents(service).get),
        "/credentials": Endpoint(GET=credentials.get, POST=credentials.post),
        "/credentials/{key}": Endpoint(DELETE=credentials.delete),
        "/about": Endpoint(GET=_about),
    }
    return [Route(path, endpoint) for path, endpoint in paths.items()]


def _documents(service: Service, kind: Kind) -> Endpoint:
    documents = Documents(service, kind)
    return Endpoint(GET=documents.get, PUT=documents.put, POST=documents.post, DELETE=documents.delete)


async def _about(_request: Request) -> Response:
    """The versions this store speaks; no credential is needed (Communication 2.8)."""
    return json_response({"version": list(VERSIONS)})
