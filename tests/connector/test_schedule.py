"""The schedule with real threads and a real database; the processes are in test_schedule_processes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select, text

from connector import schedule as schedule_module
from connector import schedule_jobs
from connector.platforms import PLATFORMS
from connector.runs import sync_platform
from connector.schedule_jobs import Jobs
from connector.tables import platform
from lrs.clock import from_micros, utc_now
from mappings.progress import is_due, refresh
from mappings.stale import mark_persons
from mappings.tables import refresh_state, stale_person
from tests.connector.scheduling import KIND, Sites, refuse, running, runs_of, settings_of
from tests.durability.waiting import wait_until

GOOD = (True, None)


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch) -> Sites:
    """The registry has a platform that does as it is told; nobody waits longer than needed."""
    sites = Sites()
    monkeypatch.setitem(PLATFORMS, KIND, sites)
    monkeypatch.setattr(schedule_module, "STANDBY_SECONDS", 0.1)
    monkeypatch.setattr(schedule_jobs, "WATCH_SECONDS", 1)
    return sites


def row_of(engine: Engine, name: str) -> Any:
    with engine.begin() as conn:
        return conn.execute(select(platform).where(platform.c.name == name)).one_or_none()


def minutes_from_now(micros: int | None) -> float:
    """Of a moment that is kept; long ago where there is none."""
    return -1e9 if micros is None else (from_micros(micros) - utc_now()) / timedelta(minutes=1)


def test_a_slow_and_a_failing_platform_delay_no_other(engine: Engine, sites: Sites, tmp_path: Path) -> None:
    sites["slow"].slow = True
    sites["failing"].wrong = refuse()
    sites["broken"].wrong = ValueError("a name that nobody shall read")
    settings = settings_of(tmp_path, engine, dict.fromkeys(("broken", "failing", "good", "slow"), ""))
    with running(settings, engine) as here:
        wait_until(lambda: runs_of(engine, "good") == [GOOD])
        wait_until(lambda: row_of(engine, "failing").failures == 1)
        wait_until(lambda: row_of(engine, "broken").failures == 1)
        assert sites["slow"].reading.wait(10)
        assert runs_of(engine, "slow") == [(False, None)]
    # Told to stop, the slow one ends after the page at hand, and its run says so.
    assert here.ended is True
    assert runs_of(engine, "slow") == [(True, "interrupted")]
    assert runs_of(engine, "failing") == [(True, "it refuses")]
    assert runs_of(engine, "broken") == [(True, "ValueError")]
    assert row_of(engine, "slow").failures == 0


@pytest.mark.parametrize(("days_ago", "full"), [(6, False), (8, True)])
def test_what_is_known_is_read_again_after_a_week(
    engine: Engine, sites: Sites, tmp_path: Path, days_ago: int, full: bool
) -> None:
    settings = settings_of(tmp_path, engine, {"x": "every_minutes = 30\njitter_seconds = 0"})
    sync_platform(settings, engine, "x", lambda: utc_now() - timedelta(days=days_ago))
    first = row_of(engine, "x").full_at
    with running(settings, engine):
        wait_until(lambda: runs_of(engine, "x") == [GOOD, GOOD])
        wait_until(lambda: 29 < minutes_from_now(row_of(engine, "x").next_run_at) <= 30)
    assert sites["x"].fulls == [False, full]
    assert (row_of(engine, "x").full_at > first) is full


@pytest.mark.parametrize(("permanent", "minutes"), [(False, 5), (True, 60)])
def test_who_fails_is_left_alone_and_a_sync_by_hand_ends_that(
    engine: Engine, sites: Sites, tmp_path: Path, permanent: bool, minutes: int
) -> None:
    sites["x"].wrong = refuse(permanent=permanent)
    settings = settings_of(tmp_path, engine, {"x": "every_minutes = 30\njitter_seconds = 0"})
    with running(settings, engine):
        wait_until(lambda: getattr(row_of(engine, "x"), "paused_until", None) is not None)
        failed = row_of(engine, "x")
        assert minutes_from_now(failed.paused_until) == pytest.approx(minutes, abs=0.5)
        wait_until(lambda: row_of(engine, "x").next_run_at == row_of(engine, "x").paused_until)
        sites["x"].wrong = None
        sync_platform(settings, engine, "x", utc_now)
        assert (row_of(engine, "x").failures, row_of(engine, "x").paused_until) == (0, None)
        wait_until(lambda: 29 < minutes_from_now(row_of(engine, "x").next_run_at) <= 30)
    assert runs_of(engine, "x") == [(True, "it refuses"), GOOD]


def test_a_new_start_ends_pauses_but_forgets_no_failure(engine: Engine, sites: Sites, tmp_path: Path) -> None:
    sites["x"].wrong = refuse()
    settings = settings_of(tmp_path, engine, {"x": ""})

    def failed(times: int) -> bool:
        row = row_of(engine, "x")
        return row is not None and row.failures == times

    with running(settings, engine):
        wait_until(lambda: failed(1))
    with running(settings, engine):
        wait_until(lambda: failed(2))
    assert minutes_from_now(row_of(engine, "x").paused_until) == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize(("state", "minutes"), [(None, 360), ("since", 15)])
def test_who_tells_what_changed_is_asked_more_often(
    engine: Engine, sites: Sites, tmp_path: Path, state: str | None, minutes: int
) -> None:
    sites["x"].state = state
    settings = settings_of(tmp_path, engine, {"x": "jitter_seconds = 0"})
    with running(settings, engine) as here:
        wait_until(lambda: runs_of(engine, "x") == [GOOD])
        wait_until(lambda: minutes_from_now(row_of(engine, "x").next_run_at) > 1)
    assert minutes_from_now(row_of(engine, "x").next_run_at) == pytest.approx(minutes, abs=0.5)
    # Nor is it asked at once by the next process, which plans the same.
    with running(settings, engine) as here:
        wait_until(lambda: bool(here.plans))
        [[plan]] = here.plans
        assert (plan.next_run - utc_now()) / timedelta(minutes=1) == pytest.approx(minutes, abs=0.5)
    assert runs_of(engine, "x") == [GOOD]


def test_what_was_synced_by_hand_meanwhile_is_not_synced_again(
    engine: Engine, sites: Sites, tmp_path: Path
) -> None:
    settings = settings_of(tmp_path, engine, {"x": "jitter_seconds = 0"})
    jobs = Jobs(settings, engine, utc_now)
    jobs.start()
    try:
        wait_until(lambda: runs_of(engine, "x") == [GOOD])
        jobs.sync("x")
        assert runs_of(engine, "x") == [GOOD]
    finally:
        assert jobs.end()


def test_a_crontab_counts_in_bangkok(engine: Engine, sites: Sites, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, engine, {"x": 'cron = "30 2 * * *"'})
    with running(settings, engine) as here:
        wait_until(lambda: bool(here.plans))
    [[plan]] = here.plans
    assert plan.next_run.astimezone(UTC).strftime("%H:%M") == "19:30"
    assert timedelta(0) < plan.next_run - utc_now() <= timedelta(days=1)
    assert runs_of(engine, "x") == []


def test_one_scheduler_is_active_and_another_takes_over(engine: Engine, sites: Sites, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, engine, {"x": ""})
    with running(settings, engine) as first:
        wait_until(lambda: bool(first.plans))
        with running(settings, engine) as second:
            assert second.waiting.wait(10)
            assert second.plans == []
            first.stop.set()
            wait_until(lambda: bool(second.plans))


def test_a_scheduler_that_the_database_forgot_begins_anew(
    engine: Engine, sites: Sites, tmp_path: Path
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("a lock on a file goes with its process alone")
    settings = settings_of(tmp_path, engine, {})
    ends = "select pg_terminate_backend(pid) from pg_locks join pg_database d on d.oid = database"
    with running(settings, engine) as here:
        wait_until(lambda: len(here.plans) == 1)
        with engine.begin() as conn:
            conn.execute(text(f"{ends} where locktype = 'advisory' and datname = current_database()"))
        wait_until(lambda: len(here.plans) == 2)


def test_what_changed_is_computed_within_seconds(engine: Engine, sites: Sites, tmp_path: Path) -> None:
    settings = settings_of(tmp_path, engine, {}, "refresh_seconds = 1")
    with running(settings, engine):
        # The first look finds a new day.
        wait_until(lambda: bool(rows(engine, refresh_state)))
        with engine.begin() as conn:
            mark_persons(conn, [1])
        wait_until(lambda: not rows(engine, stale_person))


def test_a_refresh_is_due_for_a_mark_or_a_new_day(engine: Engine) -> None:
    now = datetime(2026, 6, 1, 16, 59, tzinfo=UTC)
    with engine.begin() as conn:
        assert is_due(conn, now)
        refresh(conn, now)
        assert not is_due(conn, now)
        # Midnight in Bangkok.
        assert is_due(conn, now + timedelta(minutes=1))
        mark_persons(conn, [1])
        assert is_due(conn, now)


def rows(engine: Engine, table: Table) -> list[Any]:
    with engine.begin() as conn:
        return list(conn.execute(select(table)))
