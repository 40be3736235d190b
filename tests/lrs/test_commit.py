"""Group commit: parallel writers share transactions, none deadlocks, and a bad one fails alone."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from lrs import reading
from lrs.clock import from_micros, utc_now
from lrs.commit import Writer
from lrs.errors import Busy, Conflict
from lrs.statement import Authority, Prepared, prepare
from lrs.tables import activity, agent, evidence, statement

from .conftest import HOME_PAGE
from .statements import simple

AUTHORITY = Authority({"mbox": "mailto:lrs@example.org"}, 1, frozenset({HOME_PAGE}))


def ready(raw: object) -> Prepared:
    return prepare(raw, version="1.0.3", authority=AUTHORITY)


def test_sixteen_writers_share_actors_and_activities(engine: Engine) -> None:
    # Two writers, as two processes would have: each groups its own requests.
    writers = [Writer(engine, utc_now), Writer(engine, utc_now)]
    taken = str(uuid4())
    writers[0].submit([ready(simple(id=taken))]).result()

    def write(number: int) -> str:
        for turn in range(10):
            # Each in another order over the same dimensions.
            batch = [ready(simple(name=str((n * (number + 1)) % 7), course=n % 5)) for n in range(20)]
            if number == 5 and turn == 3:
                batch[7] = ready(simple(name="43", id=taken))
                with pytest.raises(Conflict, match=taken):
                    writers[number % 2].submit(batch).result()
                return "refused"
            assert writers[number % 2].submit(batch).result() == [one.id for one in batch]
        return "stored"

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(write, range(16)))
    for writer in writers:
        writer.close()
    assert outcomes.count("stored") == 15
    with engine.begin() as conn:
        assert reading.count(conn) == 1 + 15 * 200 + 3 * 20
        assert len(conn.execute(select(evidence.c.seq)).all()) == reading.count(conn)
        assert len(conn.execute(select(agent.c.id)).all()) == 9
        assert len(conn.execute(select(activity.c.id)).all()) == 6


def test_a_bad_request_fails_alone_within_its_group(engine: Engine) -> None:
    writer = Writer(engine, utc_now)
    id_ = str(uuid4())
    with engine.begin():
        # Holds SQLite's write lock; on PostgreSQL the group simply forms sooner.
        good = [writer.submit([ready(simple(name=str(n)))]) for n in range(5)]
        first = writer.submit([ready(simple(id=id_))])
        bad = writer.submit([ready(simple(name="x")), ready(simple(name="other", id=id_))])
        again = writer.submit([ready(simple(id=id_))])
        after = writer.submit([ready(simple(name="last"))])
    assert [len(one.result()) for one in (*good, first, again, after)] == [1] * 8
    with pytest.raises(Conflict):
        bad.result()
    writer.close()
    with engine.begin() as conn:
        assert reading.count(conn) == 7


def test_two_processes_store_one_id(engine: Engine) -> None:
    writers = [Writer(engine, utc_now) for _ in range(4)]
    same = [ready(simple(id=str(uuid4()), name=str(n))) for n in range(200)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(
                lambda pair: pair[1].submit(same if pair[0] % 2 else same[::-1]).result(),
                enumerate(writers),
            )
        )
    for writer in writers:
        writer.close()
    assert answers[1] == [one.id for one in same]
    with engine.begin() as conn:
        assert reading.count(conn) == 200


def test_a_running_transaction_holds_back_what_is_consistent(engine: Engine) -> None:
    writer = Writer(engine, utc_now)
    seen: list[datetime] = []

    @event.listens_for(engine, "commit")
    def _look(_conn: object) -> None:
        seen.append(writer.consistent_through())

    before = utc_now()
    writer.submit([ready(simple())]).result()
    (during,) = seen
    with engine.begin() as conn:
        (stored,) = conn.execute(select(evidence.c.stored)).scalars()
    assert before <= during < from_micros(stored) < writer.consistent_through()
    writer.close()


def test_closing_writes_what_is_queued(engine: Engine) -> None:
    writer = Writer(engine, utc_now)
    answers = [writer.submit([ready(simple())]) for _ in range(50)]
    writer.close()
    assert all(answer.done() and answer.result() for answer in answers)
    with pytest.raises(Busy):
        writer.submit([ready(simple())])


def test_a_database_failure_refuses_and_the_writer_goes_on(engine: Engine) -> None:
    writer = Writer(engine, utc_now)
    with engine.begin() as conn:
        statement_name = statement.name
        conn.exec_driver_sql(f"alter table {statement_name} rename to away")
    with pytest.raises(Busy) as refusal:
        writer.submit([ready(simple())]).result()
    assert not isinstance(refusal.value, OperationalError)
    with engine.begin() as conn:
        conn.exec_driver_sql(f"alter table away rename to {statement_name}")
    assert len(writer.submit([ready(simple())]).result()) == 1
    writer.close()


# Nothing is wrong with a row until the transaction ends.
WRONG_AT_COMMIT = {
    "sqlite": [
        "create trigger fail after insert on statement begin insert into due values (1); end",
    ],
    "postgresql": [
        "create function fail() returns trigger language plpgsql as "
        "'begin insert into due values (1); return null; end'",
        "create trigger fail after insert on statement for each statement execute function fail()",
    ],
}


def test_a_commit_that_fails_stores_nothing_and_says_so(engine: Engine) -> None:
    with engine.begin() as conn:
        conn.exec_driver_sql("create table paid (n integer primary key)")
        conn.exec_driver_sql("create table due (n integer references paid (n) deferrable initially deferred)")
        for sql in WRONG_AT_COMMIT[engine.dialect.name]:
            conn.exec_driver_sql(sql)
    writer = Writer(engine, utc_now)
    few, many = [ready(simple())], [ready(simple(name=str(n))) for n in range(200)]
    for batch in (few, many):
        with pytest.raises(Busy):
            writer.submit(batch).result()
    with engine.begin() as conn:
        assert reading.count(conn) == 0
        on = " on statement" if engine.dialect.name == "postgresql" else ""
        conn.exec_driver_sql(f"drop trigger fail{on}")
    for batch in (few, many):
        assert len(writer.submit(batch).result()) == len(batch)
    writer.close()
    with engine.begin() as conn:
        assert reading.count(conn) == 201
