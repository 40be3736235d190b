"""A country of learners for `scripts/bench progress`, straight into the tables: the same at every run.

A person works at a school of an area office and has one account, on one of three platforms. Few people have
much evidence and many little; a quarter of the rows complete a course that a mapping covers, a tenth begin
one, the rest count for nothing. One in fifty is voided. There are no statements, as in an archive: the views
read none.
"""

import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select

from lrs.clock import to_micros
from lrs.tables import activity, agent, evidence, verb
from mappings import vocabulary
from mappings.people import UnitRow, import_units
from mappings.tables import (
    account,
    account_link,
    competency,
    course,
    course_alias,
    group_assignment,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    membership,
    person,
    unit,
)
from scripts._bench.progress import say
from scripts._bench.roster_file import units

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
_YEAR = to_micros(BEGIN + timedelta(days=365)) - to_micros(BEGIN)
_PLATFORMS = 3
_COURSES = 60
_OTHERS = 20_000
"""Activities that no mapping knows."""

_GROUPS = "TTTTTTTTASM"
_VERBS = (vocabulary.COMPLETED, vocabulary.REGISTERED, vocabulary.PROGRESSED, vocabulary.INITIALIZED)
_AT_ONCE = 50_000

Row = tuple[Any, ...]


def home_page(n: int) -> str:
    """Of the platform that a person's account is on; its name is the person's number."""
    return f"https://platform-{n % _PLATFORMS}.example"


def course_iri(n: int) -> str:
    """The activity of a mapped course."""
    return f"https://platform.example/courses/{n}"


def fill(
    engine: Engine,
    people: int,
    rows: int,
    *,
    like: int | None = None,
    active: int | None = None,
    organisation: Sequence[UnitRow] = (),
) -> None:
    """Fill an upgraded, empty database. `like`: with the schools of so many people, not of these alone.
    `active`: with evidence of the first so many people, not of all. `organisation`: other units than those.
    """
    with engine.begin() as conn:
        import_units(conn, organisation or units(like or people), BEGIN, "bench")
        _people(conn, people)
        mapped, others = _activities(conn)
        verbs = _numbers(conn, verb, "iri", _VERBS)
    chance = random.Random(1)  # noqa: S311 - the same rows at every run
    made = _evidence(chance, active or people, rows, mapped, others, [verbs[one] for one in _VERBS])
    with _without_indexes(engine, evidence):
        for done in range(0, rows, _AT_ONCE):
            with engine.begin() as conn:
                _write(conn, evidence, _EVIDENCE, islice(made, _AT_ONCE))
            if done % 1_000_000 == 0:
                say(f"{done:,} of {rows:,} rows")
    _analyze(engine)


def _people(conn: Connection, people: int) -> None:
    at, since = to_micros(BEGIN), BEGIN.date().isoformat()
    schools = sorted(conn.execute(select(unit.c.id).where(unit.c.kind == "school")).scalars())

    def write(table: Table, names: str, make: Callable[[int], Row]) -> None:
        _write(conn, table, names.split(), map(make, range(1, people + 1)))

    write(person, "uuid given_name family_name sort_key recorded_at recorded_by", lambda n: (
        f"{n:036}", f"ชื่อ{n}", "สกุล", f"ชื่อ{n}", at, "bench"
    ))  # fmt: skip
    write(account, "home_page name first_seen_at last_seen_at", lambda n: (home_page(n), str(n), at, at))
    write(
        agent, "key home_page account_name", lambda n: (f"account:{home_page(n)} {n}", home_page(n), str(n))
    )
    write(account_link, "account_id person_id method linked_at recorded_by", lambda n: (
        n, n, "decision", at, "bench"
    ))  # fmt: skip
    write(membership, "person_id unit_id valid_from recorded_at recorded_by", lambda n: (
        n, schools[(n - 1) * len(schools) // people], since, at, "bench"
    ))  # fmt: skip
    write(group_assignment, "person_id group_code basis valid_from recorded_at recorded_by", lambda n: (
        n, _GROUPS[n % len(_GROUPS)], "roster", since, at, "bench"
    ))  # fmt: skip
    for table in (person, account, agent):
        last = conn.execute(select(func.max(table.c.id))).scalar_one()
        if last != people:
            raise SystemExit(f"the database was not empty: {table.name} ends at {last}")


def _write(conn: Connection, table: Table, names: Sequence[str], rows: Iterable[Row]) -> None:
    """Values that both drivers take: numbers, texts and days as texts, no tabs or line ends in them."""
    driver: Any = conn.connection.driver_connection
    columns = ", ".join(names)
    if conn.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        driver.executemany(f"insert into {table.name} ({columns}) values ({marks})", rows)  # noqa: S608
        return
    with driver.cursor().copy(f"copy {table.name} ({columns}) from stdin") as copy:
        lines = ("\t".join(["\\N" if one is None else str(one) for one in row]) for row in rows)
        while some := list(islice(lines, 10_000)):
            copy.write("\n".join(some) + "\n")


@contextmanager
def _without_indexes(engine: Engine, table: Table) -> Iterator[None]:
    """They are made once it is filled: row by row takes several times as long."""
    with engine.begin() as conn:
        for index in table.indexes:
            index.drop(conn)
    yield
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        say(f"making {index.name}")
        with engine.begin() as conn:
            index.create(conn)


def _activities(conn: Connection) -> tuple[list[int], list[int]]:
    """Those of mapped courses, and the others."""
    iris = [_map_course(conn, n) for n in range(_COURSES)]
    mapped = _numbers(conn, activity, "iri", iris)
    others = _numbers(conn, activity, "iri", [f"https://other.example/{n}" for n in range(_OTHERS)])
    return list(mapped.values()), list(others.values())


def _map_course(conn: Connection, n: int) -> str:
    """A course mapped as the first of those that come with the product, to one competency; its activity."""
    recorded = {"recorded_at": to_micros(BEGIN), "recorded_by": "bench"}
    made = insert(course).values(code=f"bench-{n}", title_th=f"หลักสูตร {n}", **recorded)
    own = {"course_id": conn.execute(made.returning(course.c.id)).scalar_one(), **recorded}
    iri = course_iri(n)
    conn.execute(insert(course_alias).values(activity_iri=iri, label=iri, valid_from=BEGIN.date(), **own))
    shipped = select(mapping).where(mapping.c.status == "approved").order_by(mapping.c.id)
    first = dict(conn.execute(shipped).mappings().first() or {})
    verbs = conn.execute(select(mapping_verb).where(mapping_verb.c.mapping_id == first.pop("id"))).all()
    values = first | own | {"valid_from": BEGIN.date(), "digest": f"bench {n}"}
    mapping_id = conn.execute(insert(mapping).values(**values).returning(mapping.c.id)).scalar_one()
    conn.execute(insert(mapping_part).values(mapping_id=mapping_id, course_id=own["course_id"]))
    items = conn.execute(select(competency.c.id).where(competency.c.framework_id == first["framework_id"]))
    known = sorted(items.scalars())
    conn.execute(
        insert(mapping_competency).values(mapping_id=mapping_id, competency_id=known[n % len(known)])
    )
    conn.execute(insert(mapping_verb), [{**one._asdict(), "mapping_id": mapping_id} for one in verbs])
    return iri


def _numbers(conn: Connection, table: Table, name: str, values: Sequence[str]) -> dict[str, int]:
    held = {row[0]: row[1] for row in conn.execute(select(table.c[name], table.c.id))}
    conn.execute(table.insert(), [{name: value} for value in values if value not in held])
    held = {row[0]: row[1] for row in conn.execute(select(table.c[name], table.c.id))}
    return {value: held[value] for value in values}


_EVIDENCE = (
    "seq", "agent_id", "verb_id", "object_type", "activity_id", "level", "timestamp", "stored", "voided_at",
    "authority_id",
)  # fmt: skip


def _evidence(
    chance: random.Random, people: int, rows: int, mapped: list[int], others: list[int], verbs: list[int]
) -> Iterator[Row]:
    """In the order of storing; a statement is stored up to an hour after it happened."""
    begin, completed, started, draw = to_micros(BEGIN), verbs[0], verbs[1:3], chance.random
    for seq in range(1, rows + 1):
        who = 1 + int(people * draw() ** 1.3)
        kind = draw()
        if kind < 0.35:
            what = mapped[int(len(mapped) * draw())]
            said = completed if kind < 0.25 else started[seq % 2]
        else:
            what, said = others[int(_OTHERS * draw() ** 3)], verbs[seq % 4]
        stored = begin + _YEAR * seq // rows
        voided = stored + 3_600_000_000 if draw() < 0.02 else None
        happened = stored - int(3_600_000_000 * draw())
        yield seq, who, said, "activity", what, 1, happened, stored, voided, 1


def _analyze(engine: Engine) -> None:
    """As PostgreSQL does by itself after a while."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("vacuum analyze")
