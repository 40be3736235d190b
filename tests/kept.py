"""What tests need again: databases in a state that many begin with, and SQLAlchemy's compiled statements."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from typing import Any, TypeVar
from weakref import WeakSet

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

T = TypeVar("T")


_MADE: dict[tuple[str, str], tuple[str, Any]] = {}
_ENGINES: WeakSet[Engine] = WeakSet()
_FILES: dict[str, sqlite3.Connection] = {}


def bring(engine: Engine, make: Callable[[Engine], T]) -> T:
    """Have on an empty database what `make` makes there; a copy of what it returned when it did.

    It is called once for each kind of database, so it depends on nothing but the database.
    """
    key = engine.dialect.name, f"{make.__module__}.{make.__qualname__}"
    if key in _MADE:
        name, said = _MADE[key]
        _copy(engine, name, back=True)
    else:
        name, said = f"kept_{len(_MADE)}", make(engine)
        _copy(engine, name, back=False)
        _MADE[key] = name, said
    copied: T = deepcopy(said)
    return copied


def _copy(engine: Engine, name: str, *, back: bool) -> None:
    """On SQLite from and to memory, on PostgreSQL a schema in the one database that tests share."""
    if engine.dialect.name == "sqlite":
        kept = _FILES[name] if back else _FILES.setdefault(name, sqlite3.connect(":memory:"))
        with _driver(engine) as here:
            source, target = (kept, here) if back else (here, kept)
            source.backup(target)
        return
    with engine.begin() as conn:
        conn.exec_driver_sql((_RESTORE if back else _KEEP).format(kept=name).replace("%", "%%"))


@contextmanager
def _driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    with closing(engine.raw_connection()) as connection:
        assert isinstance(connection.driver_connection, sqlite3.Connection)
        yield connection.driver_connection


def dispose_engines() -> None:
    """Close what applications that nobody closed hold open; an engine that is still used connects again."""
    for engine in list(_ENGINES):
        engine.dispose()


def share_compiled_statements() -> None:
    """Let all engines of a kind use one cache, which keeps statements by dialect: each test has engines of
    its own, and most of a query's time went into writing it down again."""
    statements: LRUCache[Any, Any] = LRUCache(2000)
    dialects: dict[tuple[Any, ...], Dialect] = {}

    def share(conn: Connection) -> None:
        own = conn.dialect
        # One made for AUTOCOMMIT gives connections back like that: others would have no transactions.
        kind = own.name, own.driver, getattr(own, "_on_connect_isolation_level", None)
        conn.dialect = dialects.setdefault(kind, own)
        _ENGINES.add(conn.engine)
        conn.execution_options(compiled_cache=statements)

    event.listen(Engine, "engine_connect", share)


_KEEP = """
do $$
declare
    name text;
    filled boolean;
begin
    create schema {kept};
    for name in select tablename from pg_tables where schemaname = 'public' and tablename <> 'alembic_version'
    loop
        execute format('select exists (select from public.%I)', name) into filled;
        if filled then execute format('create table {kept}.%I as table public.%I', name, name);
        end if;
    end loop;
    create table {kept}.sequences_kept as
        select sequencename, last_value from pg_sequences
        where schemaname = 'public' and last_value is not null;
end $$
"""
_RESTORE = """
do $$
declare name text;
begin
    set local session_replication_role = replica;
    for name in select tablename from pg_tables where schemaname = '{kept}' and tablename <> 'sequences_kept'
    loop
        execute format('insert into public.%I select * from {kept}.%I', name, name);
    end loop;
    perform setval(format('public.%I', sequencename)::regclass, last_value) from {kept}.sequences_kept;
end $$
"""
