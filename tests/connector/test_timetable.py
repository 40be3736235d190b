from datetime import UTC, datetime, timedelta

import pytest

from connector.timetable import Past, Timetable, first_run, pause

NOW = datetime(2026, 6, 1, 3, 0, tzinfo=UTC)  # Monday, 10:00 in Bangkok
CHANGES_OR_ALL = Timetable(minutes=15, read_all_minutes=360)


@pytest.mark.parametrize(
    ("failures", "minutes", "permanent_minutes"),
    [
        (1, 5, 60),
        (2, 10, 120),
        (3, 20, 240),
        (4, 40, 480),
        (5, 80, 960),
        (6, 160, 1440),
        (9, 1280, 1440),
        (10, 1440, 1440),
        (10_000, 1440, 1440),
    ],
)
def test_pauses_double_up_to_a_day(failures: int, minutes: int, permanent_minutes: int) -> None:
    assert pause(failures, permanent=False) == timedelta(minutes=minutes)
    assert pause(failures, permanent=True) == timedelta(minutes=permanent_minutes)


@pytest.mark.parametrize(
    ("timetable", "past", "minutes"),
    [
        (CHANGES_OR_ALL, Past(), 0),
        (CHANGES_OR_ALL, Past(NOW, reads_all=False), 15),
        (CHANGES_OR_ALL, Past(NOW, reads_all=True), 360),
        (CHANGES_OR_ALL, Past(NOW - timedelta(minutes=350), reads_all=True), 10),
        (CHANGES_OR_ALL, Past(NOW - timedelta(minutes=350), reads_all=False), 0),
        (Timetable(15, 360, cron="30 10 * * *"), Past(), 30),
        (Timetable(15, 360, cron="0 10 * * *"), Past(NOW - timedelta(days=9)), 0),
        (Timetable(15, 360, cron="0 10 * * tue"), Past(), 24 * 60),
        (Timetable(15, 360, cron="59 9 * * mon-fri"), Past(), 24 * 60 - 1),
    ],
)
def test_the_first_run_counts_from_the_last_one(timetable: Timetable, past: Past, minutes: int) -> None:
    assert first_run(timetable, past, NOW) == NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("timetable", "hours"),
    [
        (CHANGES_OR_ALL, 24),
        (Timetable(600, 600), 30),
        (Timetable(15, 360, cron="* * * * *"), 24),
        (Timetable(15, 360, cron="0 2 * * *"), 69),
        (Timetable(15, 360, cron="*/5 8-17 * * mon-fri"), 186),
    ],
)
def test_a_success_is_too_old_after_three_waits_and_a_day_at_least(timetable: Timetable, hours: int) -> None:
    assert timetable.stale_after() == timedelta(hours=hours)


def test_jitter_only_delays() -> None:
    for timetable in (Timetable(15, 360, jitter_seconds=30), Timetable(15, 15, "0 11 * * *", 30)):
        trigger = timetable.trigger(NOW + timedelta(hours=1))
        late = [trigger.get_next_fire_time(None, NOW) - NOW - timedelta(hours=1) for _ in range(50)]
        assert timedelta(0) <= min(late) < max(late) <= timedelta(seconds=30)


@pytest.mark.parametrize(
    ("timetable", "said"),
    [
        (CHANGES_OR_ALL, "every 15 min, 360 where all is read"),
        (Timetable(15, 15), "every 15 min"),
        (Timetable(15, 360, cron="0 2 * * *"), "cron 0 2 * * *"),
    ],
)
def test_a_timetable_says_when(timetable: Timetable, said: str) -> None:
    assert str(timetable) == said
