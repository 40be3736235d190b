"""Brings a database to the newest revision: Alembic's migrations, then the views, then the shipped data."""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from lrs.index import Progress, index_stored
from mappings.load import load_shipped
from mappings.stored_views import create_views, drop_views

MIGRATIONS = Path(__file__).with_name("migrations")


def upgrade(engine: Engine, now: datetime, progress: Progress | None = None) -> None:
    """From an empty database or any released revision; a database that is current stays as it is.

    `progress` is told how many stored statements have been indexed, of how many.
    """
    with engine.begin() as conn:
        drop_views(conn)
        migrate(conn)
        index_stored(conn, progress)
        create_views(conn)
        load_shipped(conn, now, "thaksa upgrade")


def migrate(conn: Connection, revision: str = "head") -> None:
    """Alembic's part alone, in the caller's transaction."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)
