"""The views computed one after another: what several of them read is computed once, into a temporary table.

Their texts stay as they are. A temporary table takes the place of a view of its name, and so does a common
table expression: all engines find these before the views that are stored.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, MetaData, Table, func, select, text

from mappings.tables import account_link, competency_state, learning_event

Told = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is."""

Into = Mapping[Table, Table]
"""For each table of KEPT one with its columns."""

Fill = Callable[[Connection, str, Into], None]
"""Computes a batch, and makes these temporary tables of its results."""

KEPT: dict[Table, str] = {
    competency_state: """
        select s.person_id as person_id, s.competency_id as competency_id, s.state as state,
               s.completed_at as completed_at, s.level as level, s.seq as evidence_seq,
               s.mapping_id as mapping_id
        from competency_begun s where s.batch = :batch""",
    learning_event: """
        select s.person_id as person_id, s.course_id as course_id, s.category_id as category_id,
               s.hours as hours, s.completed_at as completed_at, s.seq as evidence_seq
        from learning s where s.batch = :batch""",
}
"""What is kept of the views: table -> a query for all its columns in their order, on any engine."""

OF_FEW = ("mapped_evidence",)
OF_MANY = ("learner_agent", "course_rule", *OF_FEW)
"""The views that become tables: what others read twice; and of many learners, whose evidence is joined rather
than looked up, first what it is joined to, for planners to see how little that is.
"""

_ONE_BY_ONE = 1_000
"""So many learners are looked up one by one, however little evidence there is to join."""

_ONE_IN = 20
"""Looking up costs so many times what joining everything does, for each learner."""

_JOINING = {"enable_nestloop": "off", "jit": "off", "work_mem": "128MB"}


def tell_nobody(_stage: str, _done: int, _total: int) -> None:
    """For whoever does not want to be told."""


@cache
def view_texts() -> dict[str, str]:
    """Name -> SELECT of every view, in the order they build on each other."""
    found = [entry for entry in (files("mappings") / "views").iterdir() if entry.name.endswith(".sql")]
    found.sort(key=lambda entry: entry.name)
    return {entry.name[3:-4]: entry.read_text(encoding="utf-8") for entry in found}


def steps(names: Sequence[str]) -> Iterator[str]:
    """The commands that make these views tables; `asked` then reads them."""
    for name in names:
        yield f"create temp table {name} as {asked(view_texts()[name], names, name)}"


def asked(query: str, names: Collection[str], until: str | None = None) -> str:
    """A query of views as one that reads the tables of `steps`; or only those that come before `until`."""
    every = list(view_texts())
    known = every if until is None else every[: every.index(until)]
    others = [f"{name} as not materialized ({view_texts()[name]})" for name in known if name not in names]
    return f"with {', '.join(others)} {query}" if others else query


@contextmanager
def computed(conn: Connection, names: Sequence[str], told: Told = tell_nobody) -> Iterator[None]:
    """Inside, queries as `asked` makes them are answered; `names` as `joining` says."""
    for number, (name, step) in enumerate(zip(names, steps(names), strict=True)):
        told("computed", number, len(names))
        conn.execute(text(step))
        if names == OF_MANY:
            conn.execute(text(f"analyze {name}"))
    told("computed", len(names), len(names))
    yield
    for name in names:
        conn.execute(text(f"drop table {name}"))


def fill(conn: Connection, batch: str, into: Into, names: Sequence[str]) -> None:
    """Compute in the database itself, into tables that are there."""
    with computed(conn, names):
        for table, query in KEPT.items():
            columns = ", ".join(column.name for column in table.columns)
            # In the order of the key: its index grows at one end.
            insert = f"insert into {into[table].name} ({columns}) {asked(query, names)} order by 1, 2"
            conn.execute(text(insert), {"batch": batch})


def make(conn: Connection, batch: str, into: Into, names: Sequence[str], told: Told) -> None:
    """Compute in the database itself, into temporary tables that are made: no index is kept up meanwhile."""
    with computed(conn, names, told):
        for number, (table, query) in enumerate(KEPT.items()):
            told("results", number, len(KEPT))
            # A command that makes a table takes no parameters.
            results = asked(query, names).replace(":batch", f"'{batch}'")
            conn.execute(text(f"create temp table {into[table].name} as {results}"))
        told("results", len(KEPT), len(KEPT))


def own_table(table: Table, name: str | None = None, *, keyed: bool = True) -> Table:
    """A temporary table with the columns of another, and its key; of two of the same name it goes first."""
    copies = [column._copy() for column in table.c]
    for column in copies:
        column.primary_key = column.primary_key and keyed
    bare = Table(name or table.name, MetaData(), *copies, prefixes=["temporary"], postgresql_on_commit="DROP")
    for key in list(bare.foreign_key_constraints):
        bare.constraints.remove(key)
    return bare


@contextmanager
def joining(conn: Connection, size: int | None) -> Iterator[Sequence[str]]:
    """The views that become tables for so many learners (None: everybody).

    Inside, PostgreSQL joins all there is where they are many: it takes comparisons with the two times to
    leave next to nothing, and would look everything up row by row.
    """
    few = size is not None and (size <= _ONE_BY_ONE or size * _ONE_IN < _everybody(conn))
    if few or conn.dialect.name != "postgresql":
        yield OF_FEW
        return
    before = {name: conn.execute(select(func.current_setting(name))).scalar_one() for name in _JOINING}
    _set(conn, _JOINING)
    yield OF_MANY
    _set(conn, before)


def _everybody(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(account_link)).scalar_one()


def _set(conn: Connection, values: dict[str, str]) -> None:
    for name, value in values.items():
        conn.execute(select(func.set_config(name, value, True)))
