"""The counts of units, made by every share for its part of the tree; what of them differs is found there too.

A share knows what its own people add to which place, but not what others do. So each hands to each what is
added to places in the other's part, and makes the counts of all units there. Those of the few units that lie
across parts, on the way to the top, are made in pieces, for whoever writes to put together.
"""

from functools import cache, partial
from itertools import permutations
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    MetaData,
    Select,
    SmallInteger,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    text,
)
from sqlalchemy.types import TypeEngine

from lrs.bulk import bulk_insert, copied
from mappings.cut_units import Cut, cut
from mappings.differences import find, made_of, make_of, take_over_from
from mappings.people_shares import MADE
from mappings.shares import Share, Shares
from mappings.steps import Told, joining, own_table
from mappings.tables import membership, unit, unit_count, unit_item_count, unit_learning_count
from mappings.unit_counts import TODAY, Asked, amounts, rolled_up

OF_UNITS = (unit_count, unit_item_count, unit_learning_count)
"""The tables of the counts."""

_PART = Table(
    "part_of_unit",
    MetaData(),
    Column("unit_id", BigInteger, primary_key=True, autoincrement=False),
    Column("part", SmallInteger, nullable=False),
    Column("is_across", Boolean, nullable=False),
    prefixes=["temporary"],
)


def count_units(conn: Connection, shares: Shares, asked: Asked, told: Told) -> None:
    """After `compute_people`: compute the counts of all units, and write on `conn` what of them differs."""
    parts = _read_cut(conn, len(shares.every))
    shares.each(partial(_add_up, parts=parts))
    for one, other in permutations(shares.every, 2):
        _hand_over(one, other)
    shares.each(partial(_roll_up, asked=asked))
    for number, table in enumerate(OF_UNITS):
        told("counts written", number, len(OF_UNITS))
        take_over_from(conn, table, shares.conns())
        _put_together(conn, table, shares, parts)
    told("counts written", len(OF_UNITS), len(OF_UNITS))


def _add_up(share: Share, told: Told, parts: Cut) -> None:
    """What the share's people add, by place, into tables."""
    _PART.create(share.conn, checkfirst=False)
    rows = [(unit_id, part, unit_id in parts.across) for unit_id, part in parts.part_of.items()]
    bulk_insert(share.conn, (_PART, rows))
    share.conn.execute(text(f"analyze {_PART.name}"))
    with joining(share.conn, None):
        for number, (table, query) in enumerate(amounts(MADE).items()):
            told("added up", number, len(OF_UNITS))
            added = _added(table)
            added.create(share.conn, checkfirst=False)
            share.conn.execute(insert(added).from_select([column.name for column in added.c], query))
    told("added up", len(OF_UNITS), len(OF_UNITS))


def _hand_over(one: Share, other: Share) -> None:
    """What is added to places in the other's part; names are our own."""
    theirs = f"select unit_id from {_PART.name} where part = {other.number}"  # noqa: S608
    for table in OF_UNITS:
        name = _added(table).name
        copied(one.conn, f"select * from {name} where unit_id in ({theirs})", other.conn, name)  # noqa: S608


def _roll_up(share: Share, told: Told, asked: Asked) -> None:
    """The rows of the part's units, and pieces of those that lie across parts."""
    own = f"select unit_id from {_PART.name} where part = {share.number} and not is_across"  # noqa: S608
    with joining(share.conn, None):
        for number, table in enumerate(OF_UNITS):
            told("counted", number, len(OF_UNITS))
            make_of(share.conn, table, rolled_up(table, _in_part(table, share.number), TODAY, asked))
            _set_aside(share.conn, table)
            find(share.conn, table, f"closing_id = {TODAY} and {_row(table)} in ({own})")
    told("counted", len(OF_UNITS), len(OF_UNITS))


def _in_part(table: Table, number: int) -> Select[Any]:
    """What everybody adds to the places of a part."""
    added = _added(table).c
    keys, sums = [c for c in added if c.name[0] != "n"], [c for c in added if c.name[0] == "n"]
    return (
        select(*keys, *(func.sum(column).label(column.name) for column in sums))
        .join(_PART, _PART.c.unit_id == added.unit_id)
        .where(_PART.c.part == number)
        .group_by(*keys)
    )


def _set_aside(conn: Connection, table: Table) -> None:
    across = f"{_row(table)} in (select unit_id from {_PART.name} where is_across)"  # noqa: S608
    made = made_of(table).name
    conn.execute(text(f"create temp table {_pieces(table)} as select * from {made} where {across}"))  # noqa: S608
    conn.execute(text(f"delete from {made} where {across}"))  # noqa: S608


def _put_together(conn: Connection, table: Table, shares: Shares, parts: Cut) -> None:
    """Of units across parts the sums of their pieces, few, whatever was kept of them; of no unit nothing."""
    pieces = own_table(table, _pieces(table), keyed=False)
    pieces.create(conn, checkfirst=False)
    for share in shares.every:
        copied(share.conn, f"select * from {pieces.name}", conn, pieces.name)  # noqa: S608
    row = table.c[_row(table)]
    in_no_part = or_(row.in_(parts.across), row.not_in(select(unit.c.id)))
    conn.execute(delete(table).where(table.c.closing_id == TODAY, in_no_part))
    keys = [pieces.c[column.name] for column in table.primary_key]
    sums = [func.sum(column) for column in pieces.c if column.name not in table.primary_key.columns]
    rows = select(*keys, *sums).group_by(*keys)
    conn.execute(insert(table).from_select([column.name for column in table.c], rows))
    pieces.drop(conn, checkfirst=False)


@cache
def _added(table: Table) -> Table:
    """What places add to it: the columns of `amounts`."""
    types: dict[str, TypeEngine[Any]] = {"levels": SmallInteger(), "group_code": String(1)}
    names = [column.name for column in amounts(MADE)[table].selected_columns]
    columns = (Column(name, types.get(name, BigInteger())) for name in names)
    return Table(f"added_{table.name}", MetaData(), *columns, prefixes=["temporary"])


def _pieces(table: Table) -> str:
    return f"pieces_{table.name}"


def _row(table: Table) -> str:
    """The column of the unit that lies lowest of those that a row is about."""
    return "row_id" if "row_id" in table.c else "unit_id"


def _read_cut(conn: Connection, count: int) -> Cut:
    parents = {row.id: row.parent_id for row in conn.execute(select(unit.c.id, unit.c.parent_id))}
    m = membership.c
    people = conn.execute(select(m.unit_id, func.count()).group_by(m.unit_id))
    return cut(parents, {row[0]: row[1] for row in people}, count)
