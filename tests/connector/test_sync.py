"""Whole syncs of the recorded site into both databases."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor, PlatformError
from connector.platforms.moodle import sweep as moodle_module
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay
from connector.sync import Options
from connector.tables import platform as platform_table
from connector.tables import platform_course, sync_run
from lrs.clock import from_micros
from lrs.tables import evidence
from mappings.tables import account
from tests.connector.syncing import (
    HOME,
    NOW,
    Said,
    completions,
    of,
    push,
    rows,
    rows_of_statements,
    run,
    say,
    stored,
)
from tests.connector.test_moodle_platform import COMPLETIONS, ENROLLED, STATUS, USERS_COURSES, change_course


def test_every_completion_arrives_and_the_second_sync_writes_nothing(engine: Engine, moodle: Moodle) -> None:
    report = run(engine, moodle)
    assert (report.learners, report.courses, report.completions, report.voided) == (60, 7, 135, 0)
    shortnames = {row.activity_iri: row.shortname for row in rows(engine, platform_course)}
    assert Counter(shortnames[one.activity_iri] for one in completions(engine)) == COMPLETIONS
    assert {one.level for one in completions(engine)} == {1}
    written = stored(engine)
    assert report.written == written
    again = run(engine, moodle, NOW + timedelta(days=1))
    assert (again.completions, again.written, again.voided) == (135, 0, 0)
    assert stored(engine) == written


def test_what_a_run_leaves_behind(engine: Engine, moodle: Moodle) -> None:
    seen: list[tuple[str, int, int]] = []
    report = run(engine, moodle, progress=lambda *counts: seen.append(counts))
    (platform_row,) = rows(engine, platform_table)
    assert (platform_row.name, platform_row.kind, platform_row.home_page) == ("moodle", "moodle", HOME)
    assert platform_row.cursor is None
    (run_row,) = rows(engine, sync_run)
    assert from_micros(run_row.started_at) == NOW
    assert run_row.finished_at >= run_row.started_at
    assert (run_row.learners_seen, run_row.completions_seen) == (60, 135)
    assert run_row.statements_written == report.written
    assert run_row.error is None
    assert len(rows(engine, account)) == 60
    titles = {row.shortname: row.title for row in rows(engine, platform_course)}
    assert titles["DL106"] == 'การทำงานร่วมกันแบบออนไลน์ & "คลาวด์"'
    assert seen == [("learners", 60, 60)]


def test_statements_and_logs_hold_no_personal_data(engine: Engine, replay: Replay, moodle: Moodle) -> None:
    personal: set[str] = set()
    for course in range(2, 11):
        for user in replay.recorded(ENROLLED, {"courseid": course}):
            personal |= {str(user.get(key) or "") for key in ("fullname", "email", "idnumber", "username")}
    personal.discard("")
    assert len(personal) > 200
    with capture_logs() as events:
        run(engine, moodle)
    texts = [bytes(row.body).decode() for row in rows_of_statements(engine)]
    texts += [json.dumps(event, ensure_ascii=False, default=str) for event in events]
    texts += [str(row) for row in rows(engine, sync_run)]
    whole = "\n".join(texts + [json.dumps(json.loads(text), ensure_ascii=False) for text in texts[:10]])
    assert events
    assert "การใช้งานคอมพิวเตอร์" in whole
    assert [value for value in personal if value in whole] == []


def test_uncompletion_is_voided_and_completion_returns(
    engine: Engine, replay: Replay, moodle: Moodle
) -> None:
    run(engine, moodle)
    change_course(replay, 3, 2, completed=False)
    report = run(engine, moodle, NOW + timedelta(hours=1))
    assert (report.completions, report.voided) == (134, 1)
    assert of(engine, 3, 2) == []
    change_course(replay, 3, 2, completed=True)
    report = run(engine, moodle, NOW + timedelta(hours=2))
    assert (report.written, report.voided) == (1, 0)
    assert len(of(engine, 3, 2)) == 1
    assert run(engine, moodle, NOW + timedelta(hours=3)).written == 0


@pytest.mark.parametrize("answer", ["null", "missing", "empty"])
def test_what_is_not_observable_stays(engine: Engine, replay: Replay, moodle: Moodle, answer: str) -> None:
    run(engine, moodle)
    recorded = replay.recorded(USERS_COURSES, {"userid": 3})
    bodies = {
        "null": [row | {"completed": None} for row in recorded],
        "missing": [row for row in recorded if row["id"] != 2],
        "empty": [],
    }
    replay.put(USERS_COURSES, {"userid": 3}, bodies[answer])
    report = run(engine, moodle, NOW + timedelta(hours=1))
    assert (report.written, report.voided) == (0, 0)
    assert len(of(engine, 3, 2)) == 1


def test_changed_time_is_voided_and_reissued(engine: Engine, replay: Replay, moodle: Moodle) -> None:
    run(engine, moodle)
    (before,) = of(engine, 3, 2)
    status = replay.recorded(STATUS, {"courseid": 2, "userid": 3})
    status["completionstatus"]["completions"][-1]["timecompleted"] += 60
    replay.put(STATUS, {"courseid": 2, "userid": 3}, status)
    # Of what is complete already the time is read again only when all is asked.
    assert run(engine, moodle, NOW + timedelta(minutes=1)).written == 0
    report = run(engine, moodle, NOW + timedelta(hours=1), options=Options(full=True))
    assert (report.written, report.voided) == (1, 1)
    (after,) = of(engine, 3, 2)
    assert after.timestamp == before.timestamp + timedelta(seconds=60)
    assert after.statement_id != before.statement_id
    assert run(engine, moodle, NOW + timedelta(hours=2)).written == 0


def test_changed_grade_is_voided_and_reissued(engine: Engine) -> None:
    done = NOW - timedelta(days=1)
    run(engine, Said(say(3, Fact.COMPLETED, done, 0.5)))
    report = run(engine, Said(say(3, Fact.COMPLETED, done, 0.75)), NOW + timedelta(hours=1))
    assert (report.written, report.voided) == (1, 1)
    assert [one.score_scaled for one in of(engine, 3, 2)] == [0.75]


def test_late_push_that_contradicts_is_voided(engine: Engine, replay: Replay, moodle: Moodle) -> None:
    change_course(replay, 3, 2, completed=False)
    run(engine, moodle)
    push(engine, say(3, Fact.COMPLETED), NOW)
    assert len(of(engine, 3, 2)) == 1
    assert run(engine, moodle, NOW + timedelta(hours=1)).voided == 1
    assert of(engine, 3, 2) == []


def test_failure_midway_keeps_finished_pages_only(
    engine: Engine, replay: Replay, moodle: Moodle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(moodle_module, "LEARNERS_A_PAGE", 25)
    whole = replay.recorded(USERS_COURSES, {"userid": 40})
    replay.put(USERS_COURSES, {"userid": 40}, "<html>broken</html>", 500)
    with pytest.raises(PlatformError, match="500"):
        run(engine, moodle)
    (first,) = rows(engine, sync_run)
    assert first.error.startswith("Moodle at 127.0.0.1")
    assert first.error_is_permanent is False
    assert first.finished_at is not None
    assert first.learners_seen == 25
    assert len(rows(engine, account)) == 25
    assert first.statements_written == stored(engine) > 0
    assert rows(engine, platform_table)[0].cursor == "27"
    replay.put(USERS_COURSES, {"userid": 40}, whole)
    second = run(engine, moodle, NOW + timedelta(hours=1))
    assert second.learners == 35
    assert len(completions(engine)) == 135
    assert rows(engine, platform_table)[0].cursor is None
    assert run(engine, moodle, NOW + timedelta(hours=2)).learners == 60


def test_failure_before_the_first_answer_is_kept_too(engine: Engine, replay: Replay, moodle: Moodle) -> None:
    replay.maintenance = True
    with pytest.raises(PlatformError):
        run(engine, moodle)
    assert "maintenance" in rows(engine, sync_run)[0].error
    assert stored(engine) == 0
    replay.maintenance = False
    assert run(engine, moodle).completions == 135
    assert rows(engine, platform_table)[0].home_page == HOME


def test_failure_of_ours_names_nobody(engine: Engine) -> None:
    class Broken(Said):
        def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
            raise KeyError("teacher001@school.example.test")

    with pytest.raises(KeyError):
        run(engine, Broken())
    assert rows(engine, sync_run)[0].error == "KeyError"


def test_moved_site_is_refused(engine: Engine, moodle: Moodle) -> None:
    run(engine, moodle)

    class Moved(Said):
        home_page = "https://new.example.test"

    with pytest.raises(PlatformError, match="calls itself https://new"):
        run(engine, Moved())


def test_authority_is_the_sync(engine: Engine) -> None:
    run(engine, Said(say(3, Fact.COMPLETED, NOW)))
    (row,) = rows_of_statements(engine)
    authority = json.loads(bytes(row.body))["authority"]
    assert authority["account"] == {"homePage": "https://w3id.org/thaksa/", "name": "sync:moodle"}
    with engine.begin() as conn:
        assert conn.execute(select(evidence.c.stored)).scalar_one() == row_time(NOW)


def row_time(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000
