"""The views computed one after another: what several of them read is computed once, into a temporary table.

Their texts stay as they are. A temporary table takes the place of a view of its name, and so does a common
table expression: all engines find these before the views that are stored.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib.resources import files

from sqlalchemy import Connection, Table, func, select, text

from mappings.tables import account_link, competency_state, learning_event

Told = Callable[[str, int, int], None]
"""Takes what is being done, how much of it is done, and how much there is."""

Fill = Callable[[Connection, str], None]
"""Computes a batch and fills the tables of KEPT with it."""

KEPT: dict[Table, tuple[str, ...]] = {
    competency_state: (
        """select s.person_id, s.competency_id, s.state, null, null, null, null from competency_progress s
           where s.batch = :batch and s.state < 2""",
        """select s.person_id, s.competency_id, 2, s.completed_at, s.level, s.seq, s.mapping_id
           from competency_complete s where s.batch = :batch""",
    ),
    learning_event: (
        """select s.person_id, s.course_id, s.category_id, s.hours, s.completed_at, s.seq
           from learning s where s.batch = :batch""",
    ),
}
"""What is kept of the views: table -> queries for all its columns in their order, on any engine."""

_READ_TWICE = ("mapped_evidence", "completion")
"""The views that become tables: several others read them, and they are long in coming."""

_ONE_BY_ONE = 1_000
"""So many learners are looked up one by one, however little evidence there is to join."""

_ONE_IN = 20
"""Looking up costs so many times what joining everything does, for each learner."""

_JOINING = {"enable_nestloop": "off", "jit": "off", "work_mem": "128MB"}


@cache
def view_texts() -> dict[str, str]:
    """Name -> SELECT of every view, in the order they build on each other."""
    found = [entry for entry in (files("mappings") / "views").iterdir() if entry.name.endswith(".sql")]
    found.sort(key=lambda entry: entry.name)
    return {entry.name[3:-4]: entry.read_text(encoding="utf-8") for entry in found}


def steps() -> Iterator[str]:
    """The commands that make the tables; `asked` then reads them."""
    for name in _READ_TWICE:
        yield f"create temp table {name} as {asked(view_texts()[name], name)}"


def asked(query: str, until: str | None = None) -> str:
    """A query of views as one that reads the tables of `steps`; or only those that come before `until`."""
    names = list(view_texts())
    known = names if until is None else names[: names.index(until)]
    others = (
        f"{name} as not materialized ({view_texts()[name]})" for name in known if name not in _READ_TWICE
    )
    return f"with {', '.join(others)} {query}"


def tell_nobody(_stage: str, _done: int, _total: int) -> None:
    """For whoever does not want to be told."""


def fill(conn: Connection, batch: str, told: Told, into: Mapping[Table, Table] | None = None) -> None:
    """Compute in the database itself. `into`: other tables with the columns of those of KEPT."""
    for number, step in enumerate(steps()):
        told("computed", number, len(_READ_TWICE))
        conn.execute(text(step))
    told("computed", len(_READ_TWICE), len(_READ_TWICE))
    _keep(conn, batch, told, into or {table: table for table in KEPT})
    for name in _READ_TWICE:
        conn.execute(text(f"drop table {name}"))


def _keep(conn: Connection, batch: str, told: Told, into: Mapping[Table, Table]) -> None:
    """In the order of the key: its index grows at one end."""
    queries = [(table, query) for table, some in KEPT.items() for query in some]
    for number, (table, query) in enumerate(queries):
        told("results written", number, len(queries))
        names = ", ".join(column.name for column in table.columns)
        insert = f"insert into {into[table].name} ({names}) {asked(query)} order by 1, 2"
        conn.execute(text(insert), {"batch": batch})
    told("results written", len(queries), len(queries))


@contextmanager
def joining(conn: Connection, size: int | None) -> Iterator[None]:
    """Inside, PostgreSQL joins all there is where so many learners (None: everybody) are many: it takes
    comparisons with the two times to leave next to nothing, and would look everything up row by row.
    """
    few = size is not None and (size <= _ONE_BY_ONE or size * _ONE_IN < _everybody(conn))
    if few or conn.dialect.name != "postgresql":
        yield
        return
    before = {name: conn.execute(select(func.current_setting(name))).scalar_one() for name in _JOINING}
    _set(conn, _JOINING)
    yield
    _set(conn, before)


def _everybody(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(account_link)).scalar_one()


def _set(conn: Connection, values: dict[str, str]) -> None:
    for name, value in values.items():
        conn.execute(select(func.set_config(name, value, True)))
