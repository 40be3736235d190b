"""Look-ups beside the event loop: connections are kept, and replaced when they fail."""

import asyncio
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from lrs.api import open_look_ups
from lrs.clock import utc_now
from lrs.consistency import Consistency
from lrs.database import OPERATIONAL_ERRORS, Sql, connect
from lrs.errors import NotFound
from lrs.look_ups import LookUps, Steps, drive
from lrs.store import WRITER_LOCK
from tests.conftest import postgres_clone

PID = Sql("select pg_backend_pid()")
COUNTED = Sql(
    "with recursive n(i) as (select 1 union all select i + 1 from n where i < :most) select max(i) from n"
)
SLEEPING = (
    "select count(*) from pg_stat_activity "
    "where query like '%pg_sleep(30)%' and state = 'active' and pid <> pg_backend_pid()"
)


@pytest.fixture
def look_ups(engine: Engine) -> Iterator[LookUps]:
    look_ups = open_look_ups(engine)
    yield look_ups
    look_ups.close()


@pytest.fixture
def postgresql(postgres_url: str) -> Iterator[Engine]:
    for url in postgres_clone(postgres_url):
        engine = connect(url)
        yield engine
        engine.dispose()


@pytest.fixture
def in_postgresql(postgresql: Engine) -> Iterator[LookUps]:
    look_ups = open_look_ups(postgresql)
    yield look_ups
    look_ups.close()


def one(sql: Sql, **values: Any) -> Steps[Any]:
    rows = yield sql, values
    return rows[0][0]


def test_steps_go_on_with_the_rows_of_the_query_before(look_ups: LookUps) -> None:
    def steps() -> Steps[Any]:
        first = yield from one(COUNTED, most=3)
        return (yield from one(COUNTED, most=first + 4))

    assert asyncio.run(look_ups.answer(steps)) == 7


def test_what_takes_long_leaves_the_event_loop_free(look_ups: LookUps) -> None:
    where = []

    def steps() -> Steps[Any]:
        where.append(threading.current_thread())
        return (yield from one(COUNTED, most=2_000_000))

    async def both() -> tuple[int, int]:
        turns = 0

        async def count_turns() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0.001)

        counting = asyncio.create_task(count_turns())
        await asyncio.sleep(0)
        found = await look_ups.answer(steps)
        counting.cancel()
        return found, turns

    found, turns = asyncio.run(both())
    assert found == 2_000_000
    assert turns > 5


def test_an_error_of_the_steps_leaves_the_connection_usable(in_postgresql: LookUps) -> None:
    def refusing() -> Steps[None]:
        yield PID, {}
        raise NotFound("no such statement")

    async def asked() -> tuple[int, int]:
        before = await in_postgresql.answer(lambda: one(PID))
        with pytest.raises(NotFound):
            await in_postgresql.answer(refusing)
        return before, await in_postgresql.answer(lambda: one(PID))

    before, after = asyncio.run(asked())
    assert before == after


def test_a_connection_that_the_server_closed_is_replaced(postgresql: Engine, in_postgresql: LookUps) -> None:
    async def asked() -> tuple[int, int]:
        before = await in_postgresql.answer(lambda: one(PID))
        with postgresql.connect() as conn:
            conn.execute(text("select pg_terminate_backend(:pid, 5000)"), {"pid": before})
        return before, await in_postgresql.answer(lambda: one(PID))

    before, after = asyncio.run(asked())
    assert before != after


def test_a_server_that_does_not_answer_is_told_as_engines_tell_it(tmp_path: Path) -> None:
    engine = connect(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    look_ups = open_look_ups(engine)
    with pytest.raises(OPERATIONAL_ERRORS):
        asyncio.run(look_ups.answer(lambda: one(PID)))
    look_ups.close()


def test_the_address_may_say_what_only_the_other_driver_understands(postgresql: Engine) -> None:
    url = postgresql.url.update_query_dict(
        {"connect_timeout": "5", "keepalives": "1", "application_name": "office"}
    )
    look_ups = open_look_ups(connect(url.render_as_string(hide_password=False)))
    named = Sql("select current_setting('application_name')")
    assert asyncio.run(look_ups.answer(lambda: one(named))) == "office"
    look_ups.close()


def test_the_end_of_the_event_loop_closes_its_connections(postgresql: Engine, in_postgresql: LookUps) -> None:
    pid = asyncio.run(in_postgresql.answer(lambda: one(PID)))
    gone = text("select count(*) = 0 from pg_stat_activity where pid = :pid")
    with postgresql.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        until = time.monotonic() + 10
        while not (closed := conn.execute(gone, {"pid": pid}).scalar_one()) and time.monotonic() < until:
            time.sleep(0.02)
    assert closed


def test_a_look_up_that_is_given_up_is_stopped(postgresql: Engine, in_postgresql: LookUps) -> None:
    async def asked() -> int:
        sleeping = in_postgresql.answer(lambda: one(Sql("select 1 from pg_sleep(30)")))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sleeping, timeout=0.2)
        found: int = await in_postgresql.answer(lambda: one(COUNTED, most=3))
        return found

    assert asyncio.run(asked()) == 3
    with postgresql.connect() as conn:
        assert conn.execute(text(SLEEPING)).scalar_one() == 0


def test_no_more_than_eight_connections(in_postgresql: LookUps) -> None:
    slow = Sql("select pg_backend_pid() from pg_sleep(0.02)")

    async def asked() -> list[int]:
        return list(await asyncio.gather(*(in_postgresql.answer(lambda: one(slow)) for _ in range(40))))

    pids = asyncio.run(asked())
    assert len(pids) == 40
    assert 1 < len(set(pids)) <= 8


class Idle:
    """A writer of this process that has nothing under way."""

    def consistent_through(self) -> datetime:
        return utc_now()


def test_another_process_that_stores_holds_the_moment_back(postgresql: Engine) -> None:
    with postgresql.connect() as asking, postgresql.connect() as storing:
        free = drive(asking, Consistency("postgresql", Idle()).through())
        assert utc_now() - free < timedelta(seconds=5)
        storing.execute(text(f"select pg_advisory_xact_lock({WRITER_LOCK})"))
        held = drive(asking, Consistency("postgresql", Idle()).through())
    assert held.year == 1970, "nothing is stored yet"


def test_what_was_found_is_not_asked_again_at_once(
    postgresql: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Longer than any machine needs for two queries.
    monkeypatch.setattr("lrs.consistency._HOLDS_SECONDS", 600)
    consistency = Consistency("postgresql", Idle())
    with postgresql.connect() as asking, postgresql.connect() as storing:
        first = drive(asking, consistency.through())
        storing.execute(text(f"select pg_advisory_xact_lock({WRITER_LOCK})"))
        assert drive(asking, consistency.through()) == first
