"""The SQL text of a page of statements, put together for what is asked. Pure.

One filter drives: it becomes one or more branches, each an index that ends in `seq`, read from the newest
(or oldest) on until the page is full. The others look at the rows found; their `+` keeps both databases from
driving by them instead. A branch speaks of two statements: `e` is answered, `t` meets the filters; they are
the same one, or `e` refers to `t` (Communication 2.1.3). Time, paging and the reader's limits concern `e`.
"""

# ruff: noqa: S608 - names are those of this module; values are always bound
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from lrs.database import Sql

# Beyond all numbers of statements.
_LAST_SEQ = "9223372036854775807"
_AGENT = "select id from agent where key = :{}"
_ID = {
    "agent": _AGENT,
    "own": _AGENT,
    "authority": _AGENT,
    "verb": "select id from verb where iri = :{}",
    "activity": "select id from activity where iri = :{}",
}
# The last statement stored by then: numbers and `stored` ascend together.
_LAST = "select seq from evidence where stored <= :{} order by stored desc, seq desc limit 1"
_UP_TO = f"select coalesce(({_LAST}), 0)"
# What a name stands for is sought once, however often the text speaks of it.
_SOUGHT = {**_ID, "since": _UP_TO, "until": _UP_TO}
# The JSON of the page. SQLite answers one value with commas between the statements, for a row for each costs
# more; it reads what it materialized in the order in which it was made, and "cross join" keeps that of its
# left side. PostgreSQL answers a row for each, for one large value costs more, in the order that suits it.
_BODIES = {
    "sqlite": "select (select count(*) from page), "
    "(select seq from page order by seq {order} limit 1 offset :last), "
    "(select cast(group_concat(body) as blob) from (select s.body as body "
    "from (select seq from page limit :limit) k cross join statement s where s.seq = k.seq) b)",
    "postgresql": "select s.seq, s.body from statement s where s.seq = any(array(select seq from page))",
}
# Where rows that `first` lacks may be, once it has its fill, by `ascending`.
_ROOM = {
    False: (">=", "case when count(*) < :most then 0 else min(seq) end"),
    True: ("<=", f"case when count(*) < :most then {_LAST_SEQ} else max(seq) end"),
}
# The newest PostgreSQL skips through an index that ends in `seq` rather than read the primary key, for it has
# `voided_at` too: slower by far. A column that it lacks keeps it from that.
_BY_NUMBER = {"sqlite": "", "postgresql": " and e.stored > 0"}
# The most selective first.
_DRIVERS = ("registration", "agent", "activity", "verb")


class Shape(NamedTuple):
    """What decides the text: the names of the values that are given, and the switches."""

    names: frozenset[str]
    related_agents: bool
    related_activities: bool
    ascending: bool


class Branch(NamedTuple):
    """A table, and the columns of the index that drives with their values, all but the last, `seq`."""

    table: str
    keys: tuple[tuple[str, str], ...] = ()
    # The filter that drives.
    filter: str = ""
    # Not the first: it need not look where the first one's rows fill the page already.
    later: bool = False


@lru_cache(maxsize=1000)
def page_sql(shape: Shape, dialect: str) -> Sql:
    """On SQLite one row: how many statements there are up to :most, the number of the last on the page, and
    the page. On PostgreSQL the number and the JSON of each, up to :most, in any order.
    """
    order = "asc" if shape.ascending else "desc"
    branches = [branch._replace(later=n > 0) for n, branch in enumerate(_branches(shape))]
    first, *others = (_select(branch, shape, order, dialect) for branch in branches)
    parts = {**_sought(shape.names), "first(seq)": first}
    if others:
        parts["room(seq)"] = f"select {_ROOM[shape.ascending][1]} from first"
    found = ["select seq from first", *(f"select seq from ({text}) b{n}" for n, text in enumerate(others))]
    page = " union ".join(found)
    if dialect == "postgresql":
        page = f"select distinct seq from ({' union all '.join(found)}) f"
    parts["page(seq)"] = f"{page} order by seq {order} limit :most"
    return Sql(_with(parts) + _BODIES[dialect].format(order=order))


def _with(parts: dict[str, str]) -> str:
    """Parts that the text after it can name; each is made once."""
    texts = (f"{name} as materialized ({text})" for name, text in parts.items())
    return f"with {', '.join(texts)} " if parts else ""


def _sought(names: frozenset[str]) -> dict[str, str]:
    """The parts of the text that seek what the names stand for."""
    return {
        f"the_{name}(n)": _SOUGHT[_kind(name)].format(name)
        for name in sorted(names)
        if _kind(name) in _SOUGHT
    }


def _kind(name: str) -> str:
    """Of a value: "verb" of "only_verb_0"."""
    return name.split("_")[1] if name.startswith("only_") else name


def _the(name: str) -> str:
    """The number that a name stands for."""
    return f"(select n from the_{name})" if _kind(name) in _SOUGHT else f":{name}"


@lru_cache(maxsize=100)
def one_sql(names: frozenset[str], voided: bool) -> Sql:
    """Answers the JSON and the `stored` of the statement :id, if the reader may see it."""
    conditions = ["s.id = :id", f"e.voided_at is {'not ' if voided else ''}null", *_limits(names, "e")]
    return Sql(
        _with(_sought(names))
        + "select s.body, e.stored from statement s join evidence e on e.seq = s.seq where "
        + " and ".join(conditions)
    )


def _branches(shape: Shape) -> Iterator[Branch]:
    driver = next((name for name in _DRIVERS if name in shape.names), None)
    if driver is None:
        yield from _reader_branches(shape.names)
        return
    column = driver if driver == "registration" else f"{driver}_id"
    key = (column, _the(driver))
    yield Branch("evidence", (key,), driver)
    yield Branch("reference", (key,), driver)
    if driver == "agent":
        yield from _agent_branches(key[1], shape.related_agents)
    if driver == "activity" and shape.related_activities:
        yield Branch("related_activity", (key,), driver)


def _agent_branches(agent: str, related: bool) -> Iterator[Branch]:
    columns = ("object_agent_id", "authority_id") if related else ("object_agent_id",)
    for column in columns:
        yield Branch("evidence", ((column, agent),), "agent")
        yield Branch("reference", ((column, agent),), "agent")
    for direct in ("1", "0") if related else ("1",):
        yield Branch("related_agent", (("agent_id", agent), ("direct", direct)), "agent")


def _reader_branches(names: frozenset[str]) -> Iterator[Branch]:
    """Where the client filters nothing, the reader's narrowest limit drives, or nothing does."""
    for kind in ("activity", "verb", "authority"):
        limits = sorted(name for name in names if name.startswith(f"only_{kind}_"))
        if limits:
            yield from (Branch("evidence", ((f"{kind}_id", _the(name)),)) for name in limits)
            return
    if "own" in names:
        yield Branch("evidence", (("authority_id", _the("own")),))
    else:
        yield Branch("evidence")


def _select(branch: Branch, shape: Shape, order: str, dialect: str) -> str:
    direct = branch.table == "evidence"
    e, t = ("x", "x") if direct else ("e", "t")
    tests = list(_tests(shape, branch.filter, t))
    conditions = [
        *_range(branch, shape, dialect),
        f"{e}.voided_at is null",
        *_limits(shape.names, e),
        *tests,
    ]
    columns = [f"x.{column}" for column, _ in branch.keys] + ["x.seq"]
    # One statement may be found by way of several, and must not fill the page alone.
    chosen = "" if direct else f"distinct on ({', '.join(columns)}) "
    if dialect == "sqlite":
        columns, chosen = columns[-1:], "" if direct else "distinct "
    joins = "" if direct else f" join evidence e on e.seq = x.seq{_BY_NUMBER[dialect]}"
    if tests and not direct:
        joins += " join evidence t on t.seq = x.of"
    return (
        f"select {chosen}x.seq as seq from {branch.table} x{joins} where {' and '.join(conditions)} "
        f"order by {', '.join(f'{column} {order}' for column in columns)} limit :most"
    )


def _range(branch: Branch, shape: Shape, dialect: str) -> Iterator[str]:
    """The rows of the driving index, between the bounds of time and paging.

    PostgreSQL gets them as rows: told that a column equals something, it may well walk the primary key, which
    has the order asked for, past all statements that do not meet the filter.
    """
    bounds = list(_bounds(shape))
    if branch.later:
        bounds.append((_ROOM[shape.ascending][0], "(select seq from room)"))
    if dialect == "sqlite" or not branch.keys:
        yield from (f"x.{column} = {value}" for column, value in branch.keys)
        yield from (f"x.seq {than} {value}" for than, value in bounds)
        return
    columns = ", ".join(f"x.{column}" for column, _ in branch.keys)
    values = ", ".join(value for _, value in branch.keys)
    # An index of rows where the column is filled is used only where that is said.
    yield f"x.{branch.keys[0][0]} is not null"
    for than, value in (*bounds, (">", "0"), ("<", _LAST_SEQ)):
        yield f"({columns}, x.seq) {than} ({values}, {value})"


def _bounds(shape: Shape) -> Iterator[tuple[str, str]]:
    if "since" in shape.names:
        yield ">", _the("since")
    if "until" in shape.names:
        yield "<=", _the("until")
    if "after" in shape.names:
        yield (">" if shape.ascending else "<"), _the("after")


def _limits(names: frozenset[str], e: str) -> Iterator[str]:
    """What the reader may see."""
    if "own" in names:
        yield f"+{e}.authority_id = {_the('own')}"
    for kind in ("verb", "activity", "authority"):
        values = [_the(name) for name in sorted(names) if name.startswith(f"only_{kind}_")]
        if values:
            yield f"+{e}.{kind}_id in ({', '.join(values)})"


def _tests(shape: Shape, driver: str, t: str) -> Iterator[str]:
    """The filters that do not drive, on the statement `t`."""
    if "agent" in shape.names and driver != "agent":
        yield _agent_test(shape.related_agents, t)
    if "activity" in shape.names and driver != "activity":
        activity = _the("activity")
        related = _mentions("activity", t) if shape.related_activities else ""
        yield f"(+{t}.activity_id = {activity}{related})"
    if "verb" in shape.names and driver != "verb":
        yield f"+{t}.verb_id = {_the('verb')}"


def _agent_test(related: bool, t: str) -> str:
    agent = _the("agent")
    own = f"+{t}.agent_id = {agent} or +{t}.object_agent_id = {agent}"
    if related:
        return f"({own} or +{t}.authority_id = {agent}{_mentions('agent', t)})"
    return f"({own}{_mentions('agent', t, ' and r.direct = 1')})"


def _mentions(kind: str, t: str, more: str = "") -> str:
    return (
        f" or exists (select 1 from related_{kind} r where r.{kind}_id = {_the(kind)}{more} "
        f"and r.seq = {t}.seq and r.of = {t}.seq)"
    )
