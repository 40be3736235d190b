"""A batch of a connection's own, so that nothing is written that others would see or wait for.

Its parameter row and its learners stand in temporary tables, which go before those of the database.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, func, insert, literal, select, text

from lrs.clock import to_micros
from mappings.days import end_of_bangkok_day
from mappings.steps import own_table
from mappings.tables import batch_learner, parameter

BATCH = "asked"
"""Its name; a connection has one at a time."""

_PARAMETER, _LEARNER = own_table(parameter), own_table(batch_learner)


@contextmanager
def own_batch(conn: Connection, as_of: date, known_at: int, people: Select[Any]) -> Iterator[int]:
    """Inside, the views say of `people` (person_id) what holds at these times; yields how many they are.

    To be used inside `unprepared`.
    """
    for table in (_PARAMETER, _LEARNER):
        table.create(conn, checkfirst=False)
    times = {"as_of_day": as_of, "as_of_end": to_micros(end_of_bangkok_day(as_of)), "known_at": known_at}
    conn.execute(insert(_PARAMETER).values(batch=BATCH, **times))
    learners = people.add_columns(literal(BATCH))
    conn.execute(insert(_LEARNER).from_select(["person_id", "batch"], learners))
    conn.execute(text(f"analyze {own_schema(conn)}.batch_learner"))
    yield conn.execute(select(func.count()).select_from(_LEARNER)).scalar_one()
    for table in (_LEARNER, _PARAMETER):
        conn.execute(text(f"drop table {own_schema(conn)}.{table.name}"))


@contextmanager
def unprepared(conn: Connection) -> Iterator[None]:
    """What PostgreSQL prepared when a refresh asked it goes on meaning the tables of the database, whatever
    of the same names comes before them.
    """
    driver: Any = conn.connection.driver_connection
    if conn.dialect.name != "postgresql":
        yield
        return
    before, driver.prepare_threshold = driver.prepare_threshold, None
    try:
        yield
    finally:
        driver.prepare_threshold = before


def own_schema(conn: Connection) -> str:
    """Where temporary tables are."""
    return "temp" if conn.dialect.name == "sqlite" else "pg_temp"
