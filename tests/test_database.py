from sqlalchemy import Engine, select, text

from lrs import tables


def test_schema_is_there(engine: Engine) -> None:
    with engine.begin() as conn:
        assert conn.execute(select(tables.statement)).all() == []


def test_sqlite_is_durable(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        with engine.begin() as conn:
            assert conn.execute(text("show synchronous_commit")).scalar() == "on"
        return
    with engine.begin() as conn:
        assert conn.exec_driver_sql("pragma journal_mode").scalar() == "wal"
        assert conn.exec_driver_sql("pragma synchronous").scalar() == 2
