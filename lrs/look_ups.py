"""Look-ups of statements, as steps: each asks one query and goes on with its rows.

What is asked and what becomes of it is written once; how the database is asked differs. SQLite answers on the
event loop, PostgreSQL without holding it up.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection

from lrs.database import Sql, run

T = TypeVar("T")
Rows = list[tuple[Any, ...]]
# A query with its values is yielded, its rows come back. No transaction holds the queries together.
Steps = Generator[tuple[Sql, Mapping[str, Any]], Rows, T]


class LookUps(Protocol):
    """Answers look-ups from one database, beside all else that it does."""

    async def answer(self, steps: Callable[[], Steps[T]]) -> T:
        """What the steps come to. They may be begun again where the database failed, or took long."""

    def close(self) -> None:
        """Let the database go, once nobody asks any more. May be called again."""


def drive(conn: Connection, steps: Steps[T]) -> T:
    """What the steps come to on this connection."""
    rows: Rows | None = None
    try:
        while True:
            sql, values = next(steps) if rows is None else steps.send(rows)
            (rows,) = run(conn, (sql, values))
    except StopIteration as done:
        result: T = done.value
        return result
