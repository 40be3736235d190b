"""How the syncs of platforms stand: in the API, on the page, and in the part of it that renews itself."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from connector.report import thai
from connector.report.syncs import PlatformSyncs, Run, SyncState, Watched
from connector.tables import platform, sync_run
from lrs.clock import to_micros
from tests.mappings.world import NOW
from tests.report.conftest import web

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WATCHED = {"site": Watched("moodle", DAY)}


def a_platform(engine: Engine, name: str = "site", **values: Any) -> int:
    values = {"kind": "moodle", "home_page": f"https://{name}.example"} | values
    with engine.begin() as conn:
        made = insert(platform).values(name=name, **values).returning(platform.c.id)
        return int(conn.execute(made).scalar_one())


def a_run(
    engine: Engine, platform_id: int, began: timedelta, took: timedelta | None = MINUTE, **values: Any
) -> None:
    """One that began so long ago."""
    started = NOW - began
    values = {
        "started_at": to_micros(started),
        "finished_at": None if took is None else to_micros(started + took),
        "learners_seen": 2000,
        "courses_seen": 12,
        "completions_seen": 808,
        "statements_written": 3,
        "statements_voided": 1,
    } | values
    with engine.begin() as conn:
        conn.execute(insert(sync_run).values(platform_id=platform_id, **values))


def status(engine: Engine, watched: dict[str, Watched] | None = None) -> dict[str, Any]:
    answer = web(engine, watched=WATCHED if watched is None else watched).get("/api/v1/status")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["platforms"]
    [one] = found
    return one


def shown(engine: Engine, watched: dict[str, Watched] | None = None) -> str:
    """The page's text."""
    html = web(engine, watched=WATCHED if watched is None else watched).get("/status").text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def a_past_run(began: timedelta, took: timedelta | None = MINUTE, **values: Any) -> Run:
    given: dict[str, Any] = {
        "seen_at": None, "learners": 0, "learners_total": None, "courses": 0, "completions": 0,
        "written": 0, "voided": 0, "error": None, "error_is_permanent": False,
    }  # fmt: skip
    started = NOW - began
    ended = None if took is None else started + took
    return Run(started_at=started, finished_at=ended, **(given | values))


@pytest.mark.parametrize(
    ("run", "paused_for", "state"),
    [
        (None, None, SyncState.NEVER),
        (a_past_run(HOUR), None, SyncState.OK),
        (a_past_run(HOUR, error="no"), None, SyncState.FAILED),
        (a_past_run(HOUR, error="no"), MINUTE, SyncState.PAUSED),
        (a_past_run(HOUR, error="no"), -MINUTE, SyncState.FAILED),
        (a_past_run(HOUR, error="interrupted"), None, SyncState.INTERRUPTED),
        (a_past_run(MINUTE, None), None, SyncState.RUNNING),
        (a_past_run(HOUR, None, seen_at=NOW - MINUTE), None, SyncState.RUNNING),
        (a_past_run(HOUR, None, seen_at=NOW - 20 * MINUTE), None, SyncState.INTERRUPTED),
        (a_past_run(HOUR, None), None, SyncState.INTERRUPTED),
    ],
)
def test_where_a_platform_stands(run: Run | None, paused_for: timedelta | None, state: SyncState) -> None:
    runs = () if run is None else (run,)
    until = None if paused_for is None else NOW + paused_for
    assert PlatformSyncs("x", "moodle", "", NOW, runs=runs, paused_until=until).state is state


def test_a_platform_that_was_never_synced_is_there(engine: Engine) -> None:
    one = status(engine)
    assert (one["name"], one["kind"], one["state"], one["home_page"]) == ("site", "moodle", "never", "")
    assert (one["configured"], one["stale"], one["last_sync"], one["runs"]) == (True, False, None, [])
    assert "site – ยังไม่เคยเชื่อมต่อ" in shown(engine)
    assert "ยังไม่ได้ตั้งค่าแพลตฟอร์มใด" in shown(engine, {})


def test_the_age_of_the_last_success_and_the_last_runs(engine: Engine) -> None:
    site = a_platform(
        engine, compared_until=to_micros(NOW - 3 * HOUR), next_run_at=to_micros(NOW + 15 * MINUTE)
    )
    for hours in range(8, 2, -1):
        a_run(engine, site, hours * HOUR, statements_written=hours)
    one = status(engine)
    assert (one["state"], one["age_seconds"], one["stale"]) == ("ok", 3 * 3600, False)
    assert one["stale_after_seconds"] == 24 * 3600
    assert one["next_run_at"] == "2026-06-01T03:15:00Z"
    assert [run["statements_written"] for run in one["runs"]] == [3, 4, 5, 6, 7]
    assert one["runs"][0]["seconds"] == 60
    assert one["last_sync"]["succeeded_at"] == "2026-06-01T00:00:00Z"
    page = shown(engine)
    assert "ข้อมูล ณ 1 มิ.ย. 2569 07:00 น. 3 ชั่วโมงที่แล้ว" in page
    assert "รอบถัดไป 1 มิ.ย. 2569 10:15 น." in page
    assert "1 นาที 2,000 3 1 สำเร็จ" in page
    assert "ข้อมูลไม่เป็นปัจจุบัน" not in page


def test_a_success_too_long_ago_is_a_warning(engine: Engine) -> None:
    site = a_platform(engine, compared_until=to_micros(NOW - 3 * DAY))
    a_run(engine, site, 3 * DAY)
    a_run(engine, site, HOUR, error="the site is in maintenance", error_is_permanent=False)
    one = status(engine)
    assert (one["state"], one["stale"], one["age_seconds"]) == ("failed", True, 3 * 24 * 3600)
    page = shown(engine)
    assert "ข้อมูลไม่เป็นปัจจุบัน site: สำเร็จล่าสุดเมื่อ 3 วันที่แล้ว" in page
    assert "the site is in maintenance ระบบจะลองใหม่เอง" in page
    # One that the settings name no longer is nobody's worry.
    assert status(engine, {})["stale"] is False
    assert "ไม่อยู่ในการตั้งค่า" in shown(engine, {})


def test_one_that_never_succeeded_is_stale_after_as_long(engine: Engine) -> None:
    site = a_platform(engine)
    a_run(engine, site, 25 * HOUR, error="no")
    assert status(engine)["stale"] is True
    assert "site: ยังไม่เคยดึงข้อมูลสำเร็จ" in shown(engine)


def test_a_pass_counts_as_far_as_it_is_whole_and_good(engine: Engine) -> None:
    site = a_platform(engine, compared_until=to_micros(NOW - 5 * HOUR))
    a_run(engine, site, 5 * HOUR)
    # Over one course alone: it moves no pass.
    a_run(engine, site, 2 * HOUR)
    assert status(engine)["age_seconds"] == 5 * 3600
    # A pass that came to its end with a refusal.
    refused = a_platform(engine, "refused", compared_until=to_micros(NOW - HOUR))
    a_run(engine, refused, 5 * HOUR)
    a_run(engine, refused, HOUR, error="too many would be taken back", error_is_permanent=True)
    answer = web(engine, watched=WATCHED).get("/api/v1/status").json()
    assert {one["name"]: one["age_seconds"] for one in answer["platforms"]} == {
        "site": 5 * 3600,
        "refused": 5 * 3600,
    }


def test_a_running_one_says_how_far_it_is(engine: Engine) -> None:
    site = a_platform(engine)
    a_run(engine, site, 2 * MINUTE, None, learners_seen=500, learners_total=2000, seen_at=to_micros(NOW))
    one = status(engine)
    assert (one["state"], one["last_sync"]["learners_total"], one["last_sync"]["seconds"]) == (
        "running",
        2000,
        120,
    )
    assert "500 จาก 2,000 คน · เริ่ม 1 มิ.ย. 2569 09:58 น. (2 นาทีที่แล้ว)" in shown(engine)
    html = web(engine, watched=WATCHED).get("/status").text
    assert 'class="done w25"' in html
    assert 'hx-trigger="every 3s"' in html


def test_a_paused_one_says_until_when_and_how_to_go_on(engine: Engine) -> None:
    site = a_platform(engine, failures=4, paused_until=to_micros(NOW + 40 * MINUTE))
    a_run(engine, site, MINUTE, error="the token is not valid", error_is_permanent=True)
    one = status(engine)
    assert (one["state"], one["failures"], one["paused_until"]) == ("paused", 4, "2026-06-01T03:40:00Z")
    page = shown(engine)
    assert "ไม่สำเร็จ 4 ครั้งติดกัน พักถึง 1 มิ.ย. 2569 10:40 น." in page
    assert "thaksa sync site" in page


def test_a_planned_run_that_did_not_come_is_said(engine: Engine) -> None:
    site = a_platform(engine, next_run_at=to_micros(NOW - 11 * MINUTE))
    a_run(engine, site, HOUR)
    assert status(engine)["overdue"] is True
    assert "ตรวจว่า thaksa schedule ทำงานอยู่" in shown(engine)
    a_run(engine, site, MINUTE, None)
    assert status(engine)["overdue"] is False


def test_the_part_that_renews_itself_is_sent_when_it_differs(engine: Engine) -> None:
    client = web(engine, watched=WATCHED)
    site = a_platform(engine)
    [asked] = re.findall(r'hx-get="([^"]+)"', client.get("/status").text)
    assert client.get(asked).status_code == 204
    a_run(engine, site, HOUR, error="<script>alert(1)</script>")
    renewed = client.get(asked)
    assert renewed.status_code == 200
    assert "&lt;script&gt;" in renewed.text
    assert "<script" not in renewed.text
    [again] = re.findall(r'hx-get="([^"]+)"', renewed.text)
    assert client.get(again).status_code == 204


@pytest.mark.parametrize(
    ("seconds", "age", "duration"),
    [
        (0, "เมื่อสักครู่", "0 วินาที"),
        (59.9, "เมื่อสักครู่", "59 วินาที"),
        (60, "1 นาทีที่แล้ว", "1 นาที"),
        (200, "3 นาทีที่แล้ว", "3 นาที 20 วินาที"),
        (3600, "1 ชั่วโมงที่แล้ว", "1 ชั่วโมง"),
        (3661, "1 ชั่วโมงที่แล้ว", "1 ชั่วโมง 1 นาที"),
        (26 * 3600, "1 วันที่แล้ว", "1 วัน 2 ชั่วโมง"),
        (-5, "เมื่อสักครู่", "0 วินาที"),
    ],
)
def test_spans_in_words(seconds: float, age: str, duration: str) -> None:
    assert thai.thai_age(timedelta(seconds=seconds)) == age
    assert thai.thai_duration(timedelta(seconds=seconds)) == duration
