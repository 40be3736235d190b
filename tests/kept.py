"""States of a database that many tests begin with: each is made once, and brought back for the others."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

T = TypeVar("T")


class Kept:
    """Copies of what was made: on SQLite as a file, on PostgreSQL as a schema in the tests' one database."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[str, str], tuple[str, Any]] = {}

    def bring(self, engine: Engine, make: Callable[[Engine], T]) -> T:
        """Have on an empty database what `make` makes there; a copy of what it returned when it did.

        It is called once for each kind of database, so it depends on nothing but the database.
        """
        key = engine.dialect.name, f"{make.__module__}.{make.__qualname__}"
        if key in self._made:
            self._copy(engine, self._made[key][0], back=True)
        else:
            self._made[key] = f"kept_{len(self._made)}", make(engine)
            self._copy(engine, self._made[key][0], back=False)
        said: T = deepcopy(self._made[key][1])
        return said

    def _copy(self, engine: Engine, name: str, *, back: bool) -> None:
        if engine.dialect.name == "sqlite":
            with _driver(engine) as here, closing(sqlite3.connect(self._folder / f"{name}.db")) as kept:
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
