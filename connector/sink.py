"""Where statements go: our own store, in the caller's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection

from connector.statements import VERSION
from lrs.clock import Clock
from lrs.statement import Authority, Prepared, prepare
from lrs.store import insert
from mappings.vocabulary import OURS

PLATFORM_API = 1
"""Evidence level of what a platform's own interface says."""

STATEMENTS_A_CALL = 500


def sync_authority(name: str, home_page: str) -> Authority:
    """Who vouches for a sync's statements: proven for accounts of that home page only."""
    agent = {"objectType": "Agent", "account": {"homePage": OURS, "name": f"sync:{name}"}}
    return Authority(agent, PLATFORM_API, frozenset({home_page}))


def validated(documents: Iterable[dict[str, Any]], authority: Authority) -> list[Prepared]:
    """Ready to be written; done before the transaction, which holds up other writers."""
    return [prepare(one, version=VERSION, authority=authority) for one in documents]


def write(conn: Connection, prepared: Sequence[Prepared], clock: Clock) -> None:
    """Store statements; the clock is asked once nobody else can store."""
    for start in range(0, len(prepared), STATEMENTS_A_CALL):
        insert(conn, prepared[start : start + STATEMENTS_A_CALL], clock)
