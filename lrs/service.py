"""What the resources of the record store share: the database, the clock, who may call, the limits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lrs.auth import Authenticator, Caller
from lrs.clock import Clock
from lrs.headers import header
from lrs.json_input import MOST_DEPTH
from lrs.look_ups import LookUps

_MEBIBYTE = 1024 * 1024
# Whoever may read or write anything here may ask what agents and activities are.
ANY_READING = ("all/read", "statements/read", "statements/read/mine", "state", "define", "profile")


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may bring; beyond it the request is refused and nothing of it is kept."""

    # Octets of JSON, and of a document.
    body_octets: int = 32 * _MEBIBYTE
    # Statements in one request.
    batch_statements: int = 10_000
    # Levels of objects and arrays within each other; no more than this.
    json_depth: int = MOST_DEPTH
    # Octets of one attachment, and attachments of one request.
    attachment_octets: int = 100 * _MEBIBYTE
    attachments: int = 100


@dataclass(frozen=True, slots=True)
class Service:
    """Handed to every resource. `prefix` is where the store is mounted, such as "/xapi"."""

    engine: Engine
    # The same database for reading: its transactions take no write lock.
    readers: Engine
    authenticator: Authenticator
    clock: Clock
    prefix: str
    limits: Limits
    # The folder of content-addressed attachments; None: attachments sent as data are refused.
    attachments: Path | None
    look_ups: LookUps
    # Told of a request's statements once they are durable: the level of the credential, and how many.
    on_stored: Callable[[int, int], None] | None

    def close(self) -> None:
        """Write what is still to be noted, and let the database go. May be called again."""
        self.authenticator.close()
        self.look_ups.close()

    async def caller(self, request: Request, *scopes: str) -> Caller:
        """Who is asking. Raises Unauthorized, or Forbidden unless it has one of the scopes (or `all`)."""
        given = header(request, b"authorization")
        caller = self.authenticator.cached(given)
        if caller is None:
            caller = await run_in_threadpool(self.authenticator.authenticate, given)
        caller.require(*scopes)
        return caller
