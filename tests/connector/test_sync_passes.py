"""Passes that are broken off and gone on with, passes over one course, and looking without writing."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.completion import Fact, Observation
from connector.locks import AlreadyRunning, held
from connector.platforms import Asked, Cursor, PlatformError, State
from connector.preview import preview
from connector.sync import Options
from connector.sync_store import open_run
from connector.tables import enrolment, sync_run, take_back
from connector.tables import platform as platform_table
from lrs.clock import from_micros
from lrs.database import read_only
from lrs.tables import metadata
from tests.connector.syncing import NOW, Said, completions, documents, of, push, rows, run, say

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BROKEN = PlatformError("the site is down")


def fail(engine: Engine, *said: Any, now: datetime = NOW, **options: Any) -> None:
    with pytest.raises(PlatformError, match="the site is down"):
        run(engine, Said(*said, BROKEN), now, **options)


def times(engine: Engine) -> set[datetime]:
    return {datetime.fromisoformat(one["timestamp"]) for one in documents(engine)}


def test_a_pass_keeps_its_moment(engine: Engine) -> None:
    run(engine, Said(say(1, Fact.COMPLETED, NOW), say(2, Fact.COMPLETED, NOW)))
    begun = NOW + HOUR
    fail(engine, say(1, Fact.NOT_COMPLETED), say(5, Fact.ENROLLED), Cursor("5", 2, 4), now=begun)
    assert len(completions(engine)) == 2
    rest = Said(say(2, Fact.NOT_COMPLETED), say(6, Fact.ENROLLED), Cursor(None, 4, 4))
    report = run(engine, rest, begun + 3 * HOUR)
    assert [state for state, _ in rest.heard] == ["5"]
    assert (report.voided, completions(engine)) == (2, [])
    assert times(engine) == {NOW, begun}
    (row,) = rows(engine, platform_table)
    assert (row.pass_started_at, row.cursor, from_micros(row.compared_until)) == (None, None, begun)
    run(engine, Said(say(7, Fact.ENROLLED)), begun + 4 * HOUR)
    assert times(engine) == {NOW, begun, begun + 4 * HOUR}


def test_a_pass_ends_with_a_state_for_the_next(engine: Engine) -> None:
    run(engine, Said(say(1, Fact.ENROLLED), Cursor("since:1", 1, 1, at_end=True)))
    changes = Said(say(2, Fact.ENROLLED), Cursor("since:2", 1, 1, at_end=True))
    run(engine, changes, NOW + HOUR)
    assert [state for state, _ in changes.heard] == ["since:1"]
    assert times(engine) == {NOW, NOW + HOUR}


def test_a_pass_that_cannot_be_ended_begins_anew_after_a_day(engine: Engine) -> None:
    """Else one learner who cannot be read would keep those before from being read again, for ever."""
    fail(engine, say(1, Fact.ENROLLED), Cursor("1", 1, 2))
    again = Said(Cursor(None))
    run(engine, again, NOW + DAY + MINUTE)
    assert [state for state, _ in again.heard] == [None]


def test_reading_everything_again_drops_the_pass_that_was_broken_off(engine: Engine) -> None:
    fail(engine, say(1, Fact.ENROLLED), Cursor("1", 1, 2))
    again = Said(say(2, Fact.ENROLLED), Cursor(None))
    run(engine, again, NOW + HOUR, options=Options(full=True))
    ((state, asked),) = again.heard
    assert (state, asked.full) == (None, True)
    assert times(engine) == {NOW, NOW + HOUR}


def test_one_course_leaves_the_pass_over_all_as_it_stands(engine: Engine) -> None:
    run(
        engine, Said(*(say(user, Fact.COMPLETED, NOW, course=course) for user in (1, 2) for course in (2, 3)))
    )
    fail(engine, say(1, Fact.NOT_COMPLETED), Cursor("1", 1, 2), now=NOW + HOUR)
    before = rows(engine, platform_table)
    one = Said(say(2, Fact.NOT_COMPLETED, course=3), Cursor("2", 1, 2), Cursor(None, 2, 2))
    report = run(engine, one, NOW + 2 * HOUR, options=Options(only=frozenset({"3"})))
    ((state, asked),) = one.heard
    assert (state, asked.courses, asked.full) == (None, frozenset({"3"}), False)
    # What waits in another course waits on.
    assert (report.voided, len(of(engine, 1, 2)), of(engine, 2, 3)) == (1, 1, [])
    assert rows(engine, platform_table) == before
    rest = Said(Cursor(None))
    assert run(engine, rest, NOW + 3 * HOUR).voided == 1
    assert [state for state, _ in rest.heard] == ["1"]
    assert of(engine, 1, 2) == []


def test_the_courses_of_the_settings_are_an_ordinary_pass(engine: Engine) -> None:
    said = Said(say(1, Fact.ENROLLED), Cursor("since:1", 1, 1, at_end=True))
    run(engine, said, options=Options(courses=frozenset({"DL101"})))
    assert said.heard[0][1].courses == frozenset({"DL101"})
    assert rows(engine, platform_table)[0].cursor == "since:1"


def test_a_platform_is_told_what_it_said(engine: Engine) -> None:
    class Asks(Said):
        def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
            self.before = asked.seen.accounts()
            yield from super().observe(cursor, asked)
            self.after = asked.seen.of(["1", "2", "3"])
            self.completed = asked.seen.completed("2")

    done = NOW - DAY
    first = Asks(
        say(1, Fact.COMPLETED, done, 0.5), say(2, Fact.ENROLLED), say(3, Fact.COMPLETED, done), Cursor(None)
    )
    run(engine, first)
    assert set(first.before) == set()
    assert first.after[("1", "2")] == State(Fact.COMPLETED, done, None, 0.5)
    assert first.completed == {"1": done, "3": done}
    second = Asks(say(1, Fact.COMPLETED), say(3, Fact.UNSEEN), Cursor(None))
    assert run(engine, second, NOW + HOUR).written == 0
    assert set(second.before) == {"1", "2", "3"}
    assert second.after[("1", "2")] == State(Fact.COMPLETED, done, None, 0.5)
    assert second.after[("3", "2")].fact is Fact.UNSEEN
    assert second.completed == {"1": done}
    third = Asks(say(3, Fact.ENROLLED), Cursor(None))
    run(engine, third, NOW + 2 * HOUR)
    assert set(third.before) == {"1", "2"}
    assert third.after[("3", "2")] == State(Fact.COMPLETED, done, None, None)


def test_a_run_shows_how_far_it_is(engine: Engine) -> None:
    class Watched(Said):
        def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
            yield from (say(1, Fact.ENROLLED), Cursor("1", 1, 7))
            (self.row,) = rows(engine, sync_run)
            yield Cursor(None, 7, 7)

    platform = Watched()
    run(engine, platform)
    row = platform.row
    assert (row.finished_at, row.learners_seen, row.learners_total, row.statements_written) == (None, 1, 7, 1)
    assert from_micros(row.seen_at) >= NOW


def test_second_sync_of_a_platform_is_refused_and_leaves_no_trace(engine: Engine) -> None:
    with held(engine, "sync:moodle"), pytest.raises(AlreadyRunning, match="sync:moodle"):
        run(engine, Said(say(1, Fact.ENROLLED)))
    assert rows(engine, sync_run) == []
    run(engine, Said(say(1, Fact.ENROLLED)))


def test_a_run_that_died_is_closed_by_the_next(engine: Engine) -> None:
    with engine.begin() as conn:
        open_run(conn, "moodle", "moodle", NOW)
    run(engine, Said(), NOW + HOUR)
    dead, good = rows(engine, sync_run)
    assert dead.error.startswith("the process ended without a word")
    assert (from_micros(dead.finished_at), dead.error_is_permanent, good.error) == (NOW, False, None)


def test_interrupted(engine: Engine) -> None:
    class Interrupted(Said):
        def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
            yield from (say(1, Fact.ENROLLED), Cursor("1", 1, 7))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(engine, Interrupted())
    (row,) = rows(engine, sync_run)
    assert (row.error, row.learners_seen, row.finished_at is None) == ("interrupted", 1, False)


def everything(engine: Engine) -> dict[str, list[Any]]:
    with read_only(engine).begin() as conn:
        return {
            table.name: sorted(map(repr, conn.execute(select(table)))) for table in metadata.sorted_tables
        }


def test_looking_writes_nothing_and_says_what_a_sync_would_do(engine: Engine) -> None:
    run(engine, Said(*(say(user, Fact.COMPLETED, NOW, 0.5) for user in range(4)), say(9, Fact.NOT_COMPLETED)))
    push(engine, say(9, Fact.COMPLETED, NOW), NOW + MINUTE)
    said = Said(
        say(0, Fact.NOT_COMPLETED),
        say(1, Fact.COMPLETED, NOW, 0.75),
        Cursor("1", 2, 4),
        say(2, Fact.COMPLETED),
        say(5, Fact.COMPLETED, NOW, course=3),
        Cursor(None, 4, 4),
    )
    before = everything(engine)
    found = preview(engine, said, name="moodle", now=NOW + HOUR, options=Options(shrink_at_least=1))
    assert everything(engine) == before
    assert (found.learners, found.shortnames) == (4, {"2": "DL101", "3": "DL102"})
    assert (found.write, found.replace, found.take_back) == ({"2": 1, "3": 1}, {"2": 1}, {"2": 2})
    assert "2 of 5 completions" in str(found.refusal)
    report = run(engine, said, NOW + HOUR)
    assert (report.written, report.voided) == (found.write.total(), 1 + found.take_back.total())


def test_looking_at_a_platform_for_the_first_time(engine: Engine) -> None:
    before = everything(engine)
    found = preview(
        engine, Said(say(1, Fact.COMPLETED, NOW), Cursor(None)), name="moodle", now=NOW, options=Options()
    )
    assert (found.write, found.refusal) == ({"2": 1}, None)
    assert everything(engine) == before


def test_looking_at_what_waits(engine: Engine) -> None:
    run(engine, Said(*(say(user, Fact.COMPLETED, NOW) for user in range(4))))
    fail(engine, *(say(user, Fact.NOT_COMPLETED) for user in range(3)), Cursor("1", 1, 2), now=NOW + HOUR)
    assert len(rows_of(engine, take_back)) == 3
    rest = Said(say(0, Fact.COMPLETED), Cursor(None))
    found = preview(engine, rest, name="moodle", now=NOW + 2 * HOUR, options=Options())
    assert found.take_back == {"2": 2}
    assert [state for state, _ in rest.heard] == ["1"]
    assert {row.state for row in rows_of(engine, enrolment)} == {"enrolled", "completed"}


def rows_of(engine: Engine, table: Any) -> list[Any]:
    with read_only(engine).begin() as conn:
        return list(conn.execute(select(table)))
