"""A country of learners for `scripts/bench progress`, straight into the tables: the same at every run.

A person has one account, on one of three platforms. Few people have much evidence and many little; a quarter
of the rows complete a course that a mapping covers, a tenth begin one, the rest count for nothing. One in
fifty is voided. There are no statements, as in an archive: the views read none.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Table, func, insert, select

from lrs.bulk import bulk_insert
from lrs.clock import to_micros
from lrs.tables import activity, agent, evidence, verb
from mappings import vocabulary
from mappings.tables import (
    account,
    account_link,
    competency,
    course,
    course_alias,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    person,
)
from scripts._bench.progress import say

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 3, 0, tzinfo=UTC)
_YEAR = to_micros(BEGIN + timedelta(days=365)) - to_micros(BEGIN)
_PLATFORMS = 3
_COURSES = 60
_OTHERS = 20_000
"""Activities that no mapping knows."""

_VERBS = (vocabulary.COMPLETED, vocabulary.REGISTERED, vocabulary.PROGRESSED, vocabulary.INITIALIZED)
_AT_ONCE = 50_000

Row = tuple[Any, ...]


def fill(engine: Engine, people: int, rows: int) -> None:
    """Fill an upgraded, empty database."""
    with engine.begin() as conn:
        _people(conn, people)
        mapped, others = _activities(conn)
        verbs = _numbers(conn, verb, "iri", _VERBS)
    chance = random.Random(1)  # noqa: S311 - the same rows at every run
    make = _evidence(chance, people, rows, mapped, others, [verbs[one] for one in _VERBS])
    for done in range(0, rows, _AT_ONCE):
        with engine.begin() as conn:
            bulk_insert(conn, (evidence, [next(make) for _ in range(min(_AT_ONCE, rows - done))]))
        if done % 1_000_000 == 0:
            say(f"{done} of {rows} rows")
    _analyze(engine)


def _people(conn: Connection, people: int) -> None:
    at = to_micros(BEGIN)

    def home(n: int) -> str:
        return f"https://platform-{n % _PLATFORMS}.example"

    _some(conn, person, people, lambda n: (
        f"{n:036}", "", "ก", "ข", "กข", None, None, None, None, at, "bench"
    ))  # fmt: skip
    _some(conn, account, people, lambda n: (home(n), str(n), "", "", None, None, "", "", at, at))
    _some(conn, agent, people, lambda n: (f"{n}@{home(n)}", home(n), str(n)))
    _some(conn, account_link, people, lambda n: (n, n, "decision", at, None, "bench"))
    for table in (person, account, agent):
        last = conn.execute(select(func.max(table.c.id))).scalar_one()
        if last != people:
            raise SystemExit(f"the database was not empty: {table.name} ends at {last}")


def _some(conn: Connection, table: Table, people: int, make: Callable[[int], Row]) -> None:
    for start in range(1, people + 1, _AT_ONCE):
        numbers = range(start, min(start + _AT_ONCE, people + 1))
        bulk_insert(conn, (table, [make(n) for n in numbers]))


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
    iri = f"https://platform.example/courses/{n}"
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


def _evidence(
    chance: random.Random, people: int, rows: int, mapped: list[int], others: list[int], verbs: list[int]
) -> Iterator[Row]:
    """In the order of storing; a statement is stored up to an hour after it happened."""
    begin, completed, started = to_micros(BEGIN), verbs[0], verbs[1:3]
    for seq in range(1, rows + 1):
        who = 1 + int(people * chance.random() ** 1.3)
        kind = chance.random()
        if kind < 0.35:
            what = mapped[int(len(mapped) * chance.random())]
            said = completed if kind < 0.25 else started[seq % 2]
        else:
            what, said = others[int(_OTHERS * chance.random() ** 3)], verbs[seq % 4]
        stored = begin + _YEAR * seq // rows
        voided = stored + 3_600_000_000 if chance.random() < 0.02 else None
        yield (
            seq, who, said, "activity", what, None, None, None, None, None, None, None, None, 1, None,
            stored - int(3_600_000_000 * chance.random()), stored, voided, 1,
        )  # fmt: skip


def _analyze(engine: Engine) -> None:
    """As PostgreSQL does by itself after a while."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("vacuum analyze")
