"""What a rebuild writes: what is not alike between what is kept and what was computed anew.

Next to nothing, as a rule; and comparing millions of rows takes less than writing them.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, Table, insert, text
from sqlalchemy.dialects import postgresql

from lrs.bulk import copied
from mappings.steps import own_table

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]


@cache
def made_of(kept: Table) -> Table:
    """Where what is computed anew stands, before it is compared: a temporary table without indexes."""
    return own_table(kept, f"made_{kept.name}", keyed=False)


def make_of(conn: Connection, kept: Table, rows: Select[Any]) -> None:
    """Make that table, of these rows."""
    new = made_of(kept)
    new.create(conn, checkfirst=False)
    conn.execute(insert(new).from_select([column.name for column in new.c], rows))


def find(conn: Connection, kept: Table, which: str = "true") -> None:
    """Make a temporary table of what differs: one join of all that was made, and all that is kept of what is
    meant (`which`: a condition on the kept rows).
    """
    new = made_of(kept)
    if conn.dialect.name == "sqlite":
        # It joins by looking up alone.
        conn.execute(text(f"create index temp.key_of_{new.name} on {new.name} ({_key(kept)})"))
    conn.execute(text(f"analyze {new.name}"))
    names, key = [column.name for column in kept.c], [column.name for column in kept.primary_key]
    made = ", ".join([f"n.{name} as {name}" for name in names] + [f"k.{name} as old_{name}" for name in key])
    same = " and ".join(f"n.{name} = k.{name}" for name in key)
    alike = " and ".join(f"n.{name} is not distinct from k.{name}" for name in names)
    # Names of our own tables and columns alone.
    old = f"select * from {kept.name} where {which}"  # noqa: S608
    joined = f"select {made} from ({old}) k full join {new.name} n on {same} where not ({alike})"  # noqa: S608
    # In the order of the key, in which they are written: its index grows at one end.
    conn.execute(text(f"create temp table {_changed(kept)} as {joined} order by {_key(kept)}"))


def take_over(conn: Connection, kept: Table) -> None:
    """Of what `find` found here the kept rows go, and those that were made come."""
    conn.execute(text(f"delete from {kept.name} where ({_key(kept)}) in ({_gone(kept)})"))  # noqa: S608
    added = conn.execute(text(f"insert into {_into(kept)} {_come(kept)}"))
    conn.execute(text(f"drop table {_changed(kept)}"))
    _look_over(conn, kept, added.rowcount)


def take_over_from(conn: Connection, kept: Table, others: Sequence[Connection]) -> None:
    """The same of what `find` found on other connections, each for people of its own (PostgreSQL)."""
    conn.execute(text(f"create temp table gone as select {_key(kept)} from {kept.name} where false"))  # noqa: S608
    for other in others:
        copied(other, _gone(kept), conn, "gone")
    gone = f"select {_key(kept)} from gone"  # noqa: S608
    conn.execute(text(f"delete from {kept.name} where ({_key(kept)}) in ({gone})"))  # noqa: S608
    conn.execute(text("drop table gone"))
    added = sum(copied(other, _come(kept), conn, _into(kept)) for other in others)
    _look_over(conn, kept, added)


def _look_over(conn: Connection, kept: Table, added: int) -> None:
    if added > 0 and conn.dialect.name == "postgresql":
        # It knows nothing yet of rows that this transaction wrote.
        conn.execute(text(f"analyze {kept.name}"))


def _gone(kept: Table) -> str:
    old = ", ".join(f"old_{column.name}" for column in kept.primary_key)
    first, *_ = (column.name for column in kept.primary_key)
    return f"select {old} from {_changed(kept)} where old_{first} is not null"  # noqa: S608


def _come(kept: Table) -> str:
    types = {column.name: column.type.compile(_POSTGRESQL) for column in kept.c}
    every = ", ".join(f"cast({name} as {of})" for name, of in types.items())
    first, *_ = (column.name for column in kept.primary_key)
    return f"select {every} from {_changed(kept)} where {first} is not null"  # noqa: S608


def _changed(kept: Table) -> str:
    return f"changed_{kept.name}"


def _into(kept: Table) -> str:
    return f"{kept.name} ({', '.join(column.name for column in kept.c)})"


def _key(table: Table) -> str:
    return ", ".join(column.name for column in table.primary_key)
