"""Whether this process should be sent requests: the database answers, its schema is this release's, and
nobody has told the process to stop."""

from collections.abc import Mapping
from functools import cache
from threading import Event

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

from connector.upgrade import MIGRATIONS
from lrs.database import DRIVER_ERRORS, single_reads

OK = "ok"


class Readiness:
    """Answers for one process; `stopping` is set once it is told to end."""

    def __init__(self, engine: Engine, stopping: Event | None = None) -> None:
        self._engine = single_reads(engine)
        self._stopping = stopping or Event()

    def checks(self) -> Mapping[str, str]:
        """Each thing that has to be so: "ok", or one line that says what is not; never an address or name."""
        process = "stopping" if self._stopping.is_set() else OK
        return {"process": process, **self._database()}

    def _database(self) -> dict[str, str]:
        try:
            with self._engine.connect() as conn:
                found = revision_of(conn)
        except DRIVER_ERRORS:
            return {"database": "does not answer", "schema": "unknown"}
        right = found == newest_revision()
        return {"database": OK, "schema": OK if right else f"is {found}, needs {newest_revision()}"}


def revision_of(conn: Connection) -> str | None:
    """The revision that a database's schema has; None: it has none of ours."""
    return MigrationContext.configure(conn).get_current_revision()


@cache
def newest_revision() -> str | None:
    """The revision that this release's tables are."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()
