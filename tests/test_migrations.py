"""The migrations lead to the tables that the code speaks of, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect

from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.tables import metadata


def test_migrations_and_tables_agree(engine: Engine) -> None:
    with engine.begin() as conn:
        found = compare_metadata(MigrationContext.configure(conn), metadata)
    assert found == []


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    upgrade(engine, utc_now())
    before = set(inspect(engine).get_view_names())
    assert before
    upgrade(engine, utc_now())
    assert set(inspect(engine).get_view_names()) == before
