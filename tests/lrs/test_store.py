"""What is kept of statements, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import orjson
import pytest
from sqlalchemy import Engine, select

from lrs import reading, store
from lrs.clock import to_micros, utc_now
from lrs.dimensions import Known, definitions
from lrs.errors import Conflict
from lrs.statement import Authority, Prepared, prepare
from lrs.tables import activity, agent, evidence, stale_agent

from .conftest import HOME_PAGE, NOW
from .statements import COMPLETED, COURSE, full, simple, voiding

AUTHORITY = Authority({"mbox": "mailto:lrs@example.org"}, 1, frozenset({HOME_PAGE}))


def ready(raw: object) -> Prepared:
    return prepare(raw, version="1.0.3", authority=AUTHORITY)


def put(engine: Engine, *raw: object, stored: datetime = NOW) -> list[str]:
    with engine.begin() as conn:
        return store.insert(conn, [ready(one) for one in raw], lambda: stored)


def test_by_id_is_the_json_prepared(engine: Engine) -> None:
    one = ready(full())
    with engine.begin() as conn:
        assert store.insert(conn, [one], utc_now) == [one.id]
        assert (reading.by_id(conn, one.id.upper()) or b"").startswith(one.opening)
        assert reading.by_id(conn, str(uuid4())) is None


def test_an_identical_resend_is_no_write(engine: Engine) -> None:
    put(engine, full())
    assert put(engine, full(), simple(), full(), stored=NOW + timedelta(days=1))[0] == full()["id"]
    with engine.begin() as conn:
        assert reading.count(conn) == 2
        assert orjson.loads(reading.by_id(conn, full()["id"]) or b"")["stored"].startswith("2026-01-02")
        # One mark a write: the re-send left none.
        assert len(conn.execute(select(stale_agent)).all()) == 2


def test_a_conflict_within_one_call(engine: Engine) -> None:
    with pytest.raises(Conflict), engine.begin() as conn:
        store.insert(conn, [ready(full()), ready(full(result={}))], utc_now)
    with engine.begin() as conn:
        assert reading.count(conn) == 0


def test_numbers_follow_the_order_sent(engine: Engine) -> None:
    ids = put(engine, *(simple(name=str(n)) for n in range(40)))
    put(engine, simple())
    with engine.begin() as conn:
        seqs = conn.execute(select(evidence.c.seq).order_by(evidence.c.seq)).scalars().all()
        assert list(seqs) == list(range(seqs[0], seqs[0] + 41))
        assert [one.statement_id for one in reading.held(conn, HOME_PAGE)][:40] == ids


def test_held(engine: Engine) -> None:
    first, second, gone = put(
        engine,
        full(),
        simple(name="43", timestamp="2026-01-01T00:00:00Z"),
        simple(name="44"),
    )
    put(engine, simple(actor={"mbox": "mailto:a@example.org"}))
    put(engine, simple(object={"objectType": "StatementRef", "id": first}))
    put(engine, voiding(gone))
    with engine.begin() as conn:
        one, two, three = reading.held(conn, HOME_PAGE)
        assert reading.held(conn, "https://elsewhere.example") == []
    assert one == reading.Held(
        first, "42", COURSE, COMPLETED, datetime(2026, 1, 1, 3, tzinfo=UTC), 0.8, 1, False
    )
    assert (two.statement_id, two.score_scaled, two.voided) == (second, None, False)
    assert (three.statement_id, three.voided) == (gone, True)


def test_voiding_marks_its_moment_and_both_agents(engine: Engine) -> None:
    (target,) = put(engine, simple())
    with engine.begin() as conn:
        conn.execute(stale_agent.delete())
    later = NOW + timedelta(hours=1)
    put(engine, voiding(target), stored=later)
    put(engine, voiding(target), stored=later + timedelta(hours=1))
    with engine.begin() as conn:
        voided = conn.execute(select(evidence.c.voided_at).order_by(evidence.c.seq)).scalars().all()
        stale = conn.execute(
            select(agent.c.key)
            .join(stale_agent, stale_agent.c.agent_id == agent.c.id)
            .order_by(stale_agent.c.serial)
        )
        keys = stale.scalars().all()
    assert voided == [to_micros(later), None, None]
    assert sorted(keys[:2]) == ["account:https://moodle.example 42", "mbox:mailto:admin@example.org"]
    assert keys[2:] == ["mbox:mailto:admin@example.org"]


def test_a_statement_voided_before_it_came(engine: Engine) -> None:
    id_ = str(uuid4())
    put(engine, voiding(id_))
    put(engine, simple(id=id_), stored=NOW + timedelta(hours=1))
    with engine.begin() as conn:
        assert reading.held(conn, HOME_PAGE)[0].voided


def test_definitions_are_those_last_received(engine: Engine) -> None:
    def defined(title: str) -> dict[str, object]:
        return simple(object={"id": COURSE, "definition": {"name": {"th": title}}})

    known = Known()
    for title in ("หนึ่ง", "สอง", "สอง", "หนึ่ง"):
        with engine.begin() as conn:
            store.insert(conn, [ready(defined(title)), ready(simple())], utc_now, known)
        known.keep()
    with engine.begin() as conn:
        found = definitions(conn, [COURSE, "https://example.org/none"])
    assert {iri: orjson.loads(text) for iri, text in found.items()} == {COURSE: {"name": {"th": "หนึ่ง"}}}


def test_definitions_hold_all_that_was_said(engine: Engine) -> None:
    """Communication 2.5: an Activity Object with all available information."""
    said: list[dict[str, object]] = [
        {"name": {"en": "Meeting"}, "extensions": {"https://example.org/a": 1}},
        {"description": {"en": "d"}, "type": "https://example.org/t"},
        {"name": {"th": "ประชุม"}, "extensions": {"https://example.org/b": 2}},
    ]
    for definition in said:
        put(
            engine,
            simple(context={"contextActivities": {"parent": [{"id": COURSE, "definition": definition}]}}),
        )
    with engine.begin() as conn:
        assert orjson.loads(definitions(conn, [COURSE])[COURSE]) == {
            "name": {"en": "Meeting", "th": "ประชุม"},
            "description": {"en": "d"},
            "type": "https://example.org/t",
            "extensions": {"https://example.org/a": 1, "https://example.org/b": 2},
        }


def test_what_is_known_outlives_no_rollback(engine: Engine) -> None:
    known = Known()
    conn = engine.connect()
    store.insert(conn, [ready(simple())], utc_now, known)
    conn.rollback()
    conn.close()
    known.forget()
    with engine.begin() as other:
        store.insert(other, [ready(simple())], utc_now, known)
        assert len(reading.held(other, HOME_PAGE)) == 1
    known.keep()
    assert set(known.activities) == {COURSE}


def test_many_at_once(engine: Engine) -> None:
    put(engine, *(simple(name=str(n), course=n % 300) for n in range(35_000)))
    with engine.begin() as conn:
        assert reading.count(conn) == 35_000
        assert len(conn.execute(select(activity.c.id)).all()) == 300
        # The authority is an agent too.
        assert len(conn.execute(select(agent.c.id)).all()) == 35_001


def test_a_plan_kept_since_the_store_was_empty_uses_indexes(engine: Engine) -> None:
    """PostgreSQL keeps the plan of a command that comes again; SQLite plans by rules, not by sizes."""
    if engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL plans by the sizes of tables")
    with engine.connect() as conn:
        for _ in range(20):
            store.insert(conn, [ready(simple()) for _ in range(16)], utc_now)
            conn.commit()
        driver: Any = conn.connection.driver_connection
        kept = (
            "select name from pg_prepared_statements where generic_plans > 0 and starts_with(statement, %s)"
        )
        ((name,),) = driver.execute(kept, ["select 0, null"]).fetchall()
        ids = ", ".join(f"'{uuid4()}'" for _ in range(16))
        plan = driver.execute(f"explain execute {name}(array[{ids}])").fetchall()
    assert "Index" in str(plan)
    assert "Seq Scan on statement" not in str(plan)
    assert "Seq Scan on evidence" not in str(plan)
