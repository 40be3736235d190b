"""The record store as an application: which resource answers where (xAPI Communication 2)."""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from lrs.activity_resource import Activities
from lrs.agent_resource import Agents
from lrs.auth import Authenticator
from lrs.clock import Clock, utc_now
from lrs.commit import Writer, tune
from lrs.credential_resource import Credentials
from lrs.database import single_reads
from lrs.document import ACTIVITY_PROFILE, AGENT_PROFILE, STATE, Kind
from lrs.document_resource import Documents
from lrs.look_ups import LookUps
from lrs.look_ups_postgresql import PostgresqlLookUps
from lrs.look_ups_sqlite import SqliteLookUps
from lrs.record_store import Methods, RecordStore
from lrs.requests import Versions
from lrs.responses import json_response
from lrs.service import Limits, Service
from lrs.statement_resource import Statements
from lrs.validation import VERSIONS


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
    on_stored: Callable[[int, int], None] | None = None,
) -> RecordStore:
    """The record store as an application of its own, or to be mounted at `prefix`.

    `default_version` is taken for requests that name no version; None: they are refused, as the
    specification asks. Answers to requests refused for their version name `version` as the one spoken here.
    `attachments` is the folder for attachments sent as data; None: they are refused.
    `on_stored` is told of each request's statements once they are durable: the level of evidence of the
    credential, and how many.
    The application that mounts it calls `close` when it stops: what is queued is written, and
    later requests are refused.
    """
    service = Service(
        engine=engine,
        readers=single_reads(engine),
        look_ups=open_look_ups(engine),
        on_stored=on_stored,
        authenticator=Authenticator(engine, hash_key, clock),
        clock=clock,
        prefix=prefix,
        limits=limits or Limits(),
        attachments=attachments,
    )
    writer = Writer(engine, clock)
    tune()

    def close() -> None:
        writer.close()
        service.close()

    versions = Versions(assumed=default_version, named=version)
    return RecordStore(_paths(service, writer, hash_key), versions, service.limits.body_octets, close)


def open_look_ups(engine: Engine) -> LookUps:
    """Of the database behind an engine; the caller closes them."""
    return SqliteLookUps(engine) if engine.dialect.name == "sqlite" else PostgresqlLookUps(engine)


def _paths(service: Service, writer: Writer, hash_key: bytes) -> dict[str, Methods]:
    statements = Statements(service, writer)
    credentials = Credentials(service, hash_key)
    return {
        "/statements": {"GET": statements.get, "POST": statements.post, "PUT": statements.put},
        "/activities/state": _documents(service, STATE),
        "/activities/profile": _documents(service, ACTIVITY_PROFILE),
        "/agents/profile": _documents(service, AGENT_PROFILE),
        "/activities": {"GET": Activities(service).get},
        "/agents": {"GET": Agents(service).get},
        "/credentials": {"GET": credentials.get, "POST": credentials.post},
        "/credentials/": {"DELETE": credentials.delete},
        "/about": {"GET": _about},
    }


def _documents(service: Service, kind: Kind) -> Methods:
    documents = Documents(service, kind)
    return {
        "GET": documents.get,
        "PUT": documents.put,
        "POST": documents.post,
        "DELETE": documents.delete,
    }


async def _about(_request: Request) -> Response:
    """The versions this store speaks; no credential is needed (Communication 2.8)."""
    return json_response({"version": list(VERSIONS)})
