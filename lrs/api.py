"""The record store as an application: which resource answers where (xAPI Communication 2)."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from lrs.auth import Authenticator
from lrs.clock import Clock, utc_now
from lrs.commit import Writer
from lrs.credential_resource import Credentials
from lrs.database import read_only
from lrs.errors import LrsError
from lrs.requests import Versioning
from lrs.responses import json_response, refused
from lrs.service import Limits, Service
from lrs.statement_resource import Statements
from lrs.validation import VERSIONS


def create_lrs_app(
    engine: Engine,
    *,
    hash_key: bytes,
    clock: Clock = utc_now,
    default_version: str | None = None,
    prefix: str = "/xapi",
    limits: Limits | None = None,
    attachments: Path | None = None,
) -> FastAPI:
    """The record store as an application of its own, or to be mounted at `prefix`.

    `default_version` is taken for requests that name no version; None: they are refused, as the
    specification asks. `attachments` is the folder for attachments sent as data; None: they are refused.
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
    )
    writer = Writer(engine, clock)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await run_in_threadpool(close)

    def close() -> None:
        writer.close()
        service.authenticator.close()

    app = FastAPI(title="xAPI learning record store", lifespan=lifespan)
    app.state.close = close
    _add_routes(app, service, writer, hash_key)
    app.add_exception_handler(LrsError, refused)
    app.add_exception_handler(HTTPException, refused)
    app.add_middleware(Versioning, default=default_version)
    return app


def _add_routes(app: FastAPI, service: Service, writer: Writer, hash_key: bytes) -> None:
    statements = Statements(service, writer)
    # Starlette's routes: on the hot path FastAPI's reading of signatures costs as much as storing.
    app.add_route("/statements", statements.post, methods=["POST"])
    app.add_route("/statements", statements.put, methods=["PUT"])
    app.add_route("/statements", statements.get, methods=["GET"])
    credentials = Credentials(service, hash_key)
    app.add_route("/credentials", credentials.get, methods=["GET"])
    app.add_route("/credentials", credentials.post, methods=["POST"])
    app.add_route("/credentials/{key}", credentials.delete, methods=["DELETE"])
    app.add_route("/about", _about, methods=["GET"])


async def _about(_request: Request) -> Response:
    """The versions this store speaks; no credential is needed (Communication 2.8)."""
    return json_response({"version": list(VERSIONS)})
