"""Up to when nothing stored is missing from a look-up (xAPI Communication 2.1.3, Consistent-Through)."""

import time
from datetime import datetime
from typing import Protocol

from lrs.clock import from_micros
from lrs.database import Sql
from lrs.look_ups import Steps
from lrs.store import WRITER_LOCK

# For so long what was found holds well enough: it stays true, and only gets older.
_HOLDS_SECONDS = 0.02
# Whether no process writes statements just now, and the last moment of storing that is visible.
_WRITER = Sql(
    f"select case when pg_try_advisory_lock_shared({WRITER_LOCK}) "  # noqa: S608 - a number of ours
    f"then pg_advisory_unlock_shared({WRITER_LOCK}) else false end, "
    "coalesce((select stored from evidence order by stored desc limit 1), 0)"
)


class Writes(Protocol):
    """The writer of this process."""

    def consistent_through(self) -> datetime:
        """All that it has stored by then is visible to a look-up that begins after this call."""


class Consistency:
    """Answers for this process's writer and, on PostgreSQL, for those of other processes."""

    def __init__(self, dialect: str, writer: Writes) -> None:
        self._alone = dialect == "sqlite"
        self._writer = writer
        self._through: datetime | None = None
        self._until = 0.0

    def through(self) -> Steps[datetime]:
        """All that was stored by then is visible to a look-up that begins after these steps.

        On SQLite only one process serves requests.
        """
        if self._alone:
            return self._writer.consistent_through()
        if self._through is None or time.monotonic() >= self._until:
            until = time.monotonic() + _HOLDS_SECONDS
            # Taken before the writers are asked for: what is committed later may be missing.
            now = self._writer.consistent_through()
            ((idle, last),) = yield _WRITER, {}
            self._through, self._until = now if idle else min(now, from_micros(last)), until
        return self._through
