import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, select, text, update

from lrs.clock import to_micros
from lrs.database import connect
from lrs.tables import stale_agent
from mappings import vocabulary
from mappings.progress import bangkok_day, end_of_bangkok_day, rebuild, refresh
from mappings.steps import view_texts
from mappings.stored_views import create_views
from mappings.tables import (
    batch_learner,
    competency,
    competency_state,
    learning_category,
    learning_event,
    mapping,
    parameter,
    refresh_state,
    stale_person,
)
from tests.kept import bring
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send, void

OWNERS = {"11": "สมชาย", "12": "สมชาย", "21": "สมหญิง", "99": None}


def test_a_day_in_bangkok_ends_at_five_in_the_afternoon_utc() -> None:
    assert bangkok_day(datetime(2026, 1, 1, 16, 59, 59, tzinfo=UTC)) == date(2026, 1, 1)
    assert bangkok_day(datetime(2026, 1, 1, 17, 0, tzinfo=UTC)) == date(2026, 1, 2)
    end = end_of_bangkok_day(date(2026, 1, 1))
    assert end + timedelta(microseconds=1) == datetime(2026, 1, 1, 17, tzinfo=UTC)


# ---- what is kept ---------------------------------------------------------------------------------


@pytest.fixture
def people(engine: Engine) -> dict[str, int]:
    return bring(engine, _owners)


def _owners(engine: Engine) -> dict[str, int]:
    with engine.begin() as conn:
        return people_with_accounts(conn, OWNERS)


def kept(engine: Engine, person_id: int) -> dict[str, int]:
    query = select(competency.c.code, competency_state.c.state).join(
        competency, competency.c.id == competency_state.c.competency_id
    )
    with engine.begin() as conn:
        rows = conn.execute(query.where(competency_state.c.person_id == person_id))
        return {row.code: row.state for row in rows}


def test_everybody_begins_at_ten_times_not_started_which_is_not_kept(
    engine: Engine, people: dict[str, int]
) -> None:
    with engine.begin() as conn:
        assert refresh(conn, NOW) == 2
    assert kept(engine, people["สมชาย"]) == {}
    with engine.connect() as conn:
        ask(conn, "one", [people["สมชาย"]])
        states = text("select competency_id, state from competency_progress where batch = 'one'")
        found = {row[0]: row[1] for row in conn.execute(states)}
        codes = {row.id: row.code for row in conn.execute(select(competency.c.id, competency.c.code))}
        conn.rollback()
    assert {codes[one]: state for one, state in found.items()} == dict.fromkeys(
        [f"D1.{area}" for area in range(1, 10)] + ["D2.0"], 0
    )
    with engine.begin() as conn:
        assert refresh(conn, NOW) == 0


def test_a_completion_and_its_void_reach_the_kept_state(engine: Engine, people: dict[str, int]) -> None:
    with engine.begin() as conn:
        refresh(conn, NOW)
        sent = send(conn, "11", 2, stored=NOW)
        assert refresh(conn, NOW) == 1
    assert kept(engine, people["สมชาย"])["D1.1"] == 2
    with engine.begin() as conn:
        row = conn.execute(select(competency_state).where(competency_state.c.state == 2)).one()
        assert (row.level, row.completed_at) == (1, to_micros(BEGIN))
        void(conn, sent, stored=NOW + minutes(1))
        refresh(conn, NOW + minutes(2))
        assert conn.execute(select(func.count()).select_from(learning_event)).scalar_one() == 0
    assert kept(engine, people["สมชาย"]) == {}


def test_hours_count_once_for_a_course_done_with_two_accounts(engine: Engine, people: dict[str, int]) -> None:
    with engine.begin() as conn:
        send(conn, "12", 2, at=BEGIN + minutes(5))
        send(conn, "11", 2, at=BEGIN)
        refresh(conn, NOW)
        event = conn.execute(
            select(learning_event, learning_category.c.code).join(
                learning_category, learning_category.c.id == learning_event.c.category_id
            )
        ).one()
    assert (event.hours, event.code, event.completed_at) == (3.0, "LC70", to_micros(BEGIN))


def test_what_proves_nothing_does_not_even_begin(engine: Engine, people: dict[str, int]) -> None:
    with engine.begin() as conn:
        send(conn, "11", 2, level=9)
        send(conn, "11", 3, verb=vocabulary.REGISTERED, level=9)
        send(conn, "21", 3, verb=vocabulary.REGISTERED, level=1)
        refresh(conn, NOW)
    assert kept(engine, people["สมชาย"]) == {}
    assert kept(engine, people["สมหญิง"])["D1.2"] == 1


def test_rebuild_says_what_refresh_said(engine: Engine, people: dict[str, int]) -> None:
    with engine.begin() as conn:
        for number, name in enumerate(OWNERS):
            send(conn, name, 2 + number, at=BEGIN + minutes(number))
        refresh(conn, NOW)
        before = [tuple(row) for row in conn.execute(all_states())]
        conn.execute(delete(competency_state))
        assert rebuild(conn, NOW) == 2
        assert [tuple(row) for row in conn.execute(all_states())] == before
        assert conn.execute(select(refresh_state.c.as_of_day)).scalar_one() == bangkok_day(NOW)
        left = [conn.execute(select(func.count()).select_from(each)) for each in (parameter, batch_learner)]
        assert [each.scalar_one() for each in left] == [0, 0]


def all_states() -> Any:
    return select(competency_state).order_by(competency_state.c.person_id, competency_state.c.competency_id)


def test_a_statement_stored_by_a_clock_ahead_of_ours_is_not_lost(
    engine: Engine, people: dict[str, int]
) -> None:
    with engine.begin() as conn:
        send(conn, "11", 2, stored=NOW + minutes(1))
        refresh(conn, NOW)
    assert kept(engine, people["สมชาย"])["D1.1"] == 2


def test_a_mark_committed_while_a_refresh_runs_survives(engine: Engine, people: dict[str, int]) -> None:
    def mark() -> None:
        with engine.begin() as other:
            other.execute(insert(stale_person).values(person_id=people["สมชาย"]))
            other.execute(insert(stale_agent).values(agent_id=1))

    # On SQLite the mark waits for the refresh to commit, on PostgreSQL it is committed before that.
    thread = threading.Thread(target=mark)
    with engine.begin() as conn:
        assert refresh(conn, NOW) == 2
        thread.start()
        if conn.dialect.name == "postgresql":
            thread.join()
    thread.join()
    with engine.begin() as conn:
        left = [conn.execute(select(func.count()).select_from(each)) for each in (stale_person, stale_agent)]
        assert [each.scalar_one() for each in left] == [1, 1]
        assert refresh(conn, NOW) == 1


def test_a_mapping_that_ends_at_midnight_makes_its_learners_stale(
    engine: Engine, people: dict[str, int]
) -> None:
    with engine.begin() as conn:
        send(conn, "11", 2)
        refresh(conn, NOW)
        conn.execute(update(mapping).values(valid_to=bangkok_day(NOW)))
        assert refresh(conn, NOW) == 0
        assert refresh(conn, NOW + timedelta(days=1)) == 1
    assert kept(engine, people["สมชาย"]) == {}


def test_creating_the_views_again_is_harmless(engine: Engine, people: dict[str, int]) -> None:
    with engine.begin() as conn:
        create_views(conn)
        for name in view_texts():
            assert conn.execute(text(f"select count(*) from {name}")).scalar_one() == 0


def ask(conn: Connection, batch: str, persons: list[int]) -> None:
    day = bangkok_day(NOW)
    times = {"as_of_day": day, "as_of_end": to_micros(end_of_bangkok_day(day)), "known_at": to_micros(NOW)}
    conn.execute(insert(parameter).values(batch=batch, **times))
    conn.execute(insert(batch_learner), [{"batch": batch, "person_id": each} for each in persons])


@pytest.mark.parametrize("learners", [1, 200])
@pytest.mark.parametrize("view", ["competency_progress", "learning"])
def test_sqlite_looks_evidence_up_by_agent(
    tmp_path: Path, sqlite_template: Path, view: str, learners: int
) -> None:
    """Whatever the batch's size, and without any statistics but the batch's own."""
    shutil.copyfile(sqlite_template, tmp_path / "plan.db")
    engine = connect(f"sqlite:///{tmp_path / 'plan.db'}")
    with engine.begin() as conn:
        persons = people_with_accounts(conn, {str(number): f"ครู{number}" for number in range(200)})
        ask(conn, "one", list(persons.values())[:learners])
        conn.execute(text("analyze batch_learner"))
        plan = conn.execute(text(f"explain query plan select * from {view} where batch = 'one'"))
        steps = [row.detail for row in plan]
    engine.dispose()
    evidence = {step for step in steps if step.startswith(("SEARCH e ", "SCAN e "))}
    assert "SEARCH e USING INDEX ix_evidence_agent_id_seq_voided_at (agent_id=?)" in evidence, steps
    assert evidence <= {
        "SEARCH e USING INDEX ix_evidence_agent_id_seq_voided_at (agent_id=?)",
        "SEARCH e USING INTEGER PRIMARY KEY (rowid=?)",
    }
    assert not [step for step in steps if step.startswith(("SCAN g", "SCAN l", "SCAN a", "SCAN v"))], steps
