"""Where statements go: our own store, in the caller's transaction."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection

from connector.statements import VERSION
from lrs.clock import Clock
from lrs.statement import Authority, prepare
from lrs.store import insert
from mappings.vocabulary import OURS

PLATFORM_API = 1
"""Evidence level of what a platform's own interface says."""

STATEMENTS_A_CALL = 500


def sync_authority(name: str, home_page: str) -> Authority:
    """Who vouches for a sync's statements: proven for accounts of that home page only."""
    agent = {"objectType": "Agent", "account": {"homePage": OURS, "name": f"sync:{name}"}}
    return Authority(agent, PLATFORM_API, frozenset({home_page}))


def write(conn: Connection, documents: Iterable[dict[str, Any]], authority: Authority, clock: Clock) -> None:
    """Validate and store statements; the clock is asked once nobody else can store."""
    prepared = [prepare(one, version=VERSION, authority=authority) for one in documents]
    for start in range(0, len(prepared), STATEMENTS_A_CALL):
        insert(conn, prepared[start : start + STATEMENTS_A_CALL], clock)
