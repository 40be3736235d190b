"""When a platform is synced, and how long one that keeps failing is left alone. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from connector.report.thai import BANGKOK

FIRST_PAUSE = timedelta(minutes=5)
# Somebody has to change something first: asking sooner only fills the platform's log.
FIRST_PERMANENT_PAUSE = timedelta(hours=1)
LONGEST_PAUSE = timedelta(hours=24)
LEAST_STALE = timedelta(hours=24)
STALE_WAITS = 3

_WEEKDAY = 4


@dataclass(frozen=True, slots=True)
class Timetable:
    """Minutes between the starts of two syncs, or a crontab expression on Bangkok's clock.

    `read_all_minutes` holds for a platform that cannot tell what changed and is read whole each time. After
    `full_days` the times and grades of known completions are read again too; 0: never.
    """

    minutes: int
    read_all_minutes: int
    cron: str | None = None
    jitter_seconds: int = 0
    full_days: int = 0

    def __str__(self) -> str:
        if self.cron is not None:
            return f"cron {self.cron}"
        if self.read_all_minutes == self.minutes:
            return f"every {self.minutes} min"
        return f"every {self.minutes} min, {self.read_all_minutes} where all is read"

    def between(self, reads_all: bool) -> timedelta:
        """From the start of a sync to the start of the next; meaningless where there is a crontab."""
        return timedelta(minutes=self.read_all_minutes if reads_all else self.minutes)

    def trigger(self, first: datetime) -> BaseTrigger:
        """For the scheduler; an interval begins at `first`."""
        if self.cron is not None:
            trigger = crontab(self.cron)
            trigger.jitter = self.jitter_seconds
            return trigger
        return IntervalTrigger(
            minutes=self.minutes, start_date=first, timezone=BANGKOK, jitter=self.jitter_seconds
        )

    def stale_after(self) -> timedelta:
        """How old the last success may be before somebody should look: three times the longest wait, and a
        day at least."""
        wait = self.between(reads_all=True) if self.cron is None else _longest_wait(crontab(self.cron))
        return max(LEAST_STALE, STALE_WAITS * wait)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of a platform's syncs.

    `started_at`: when the latest one began that came to its end; None if one was broken off since, or there
    was none. `reads_all`: the next one reads everybody again. `full_at`: when the last began that read all of
    everybody, what is known too.
    """

    started_at: datetime | None = None
    reads_all: bool = True
    full_at: datetime | None = None


def first_run(timetable: Timetable, past: Past, now: datetime) -> datetime:
    """When to sync first after the scheduler started: what was synced a moment ago is not synced again."""
    if timetable.cron is not None:
        return _next(crontab(timetable.cron), now)
    if past.started_at is None:
        return now
    return max(now, past.started_at + timetable.between(past.reads_all))


def is_full_due(timetable: Timetable, past: Past, now: datetime) -> bool:
    """Whether the next sync is to read what is known again; the first one reads all in any case."""
    if not timetable.full_days or past.full_at is None:
        return False
    return now - past.full_at >= timedelta(days=timetable.full_days)


def pause(failures: int, *, permanent: bool) -> timedelta:
    """How long a platform is left alone after so many failed syncs in a row, the first one included."""
    first = FIRST_PERMANENT_PAUSE if permanent else FIRST_PAUSE
    # The cap is reached long before the power grows large.
    return min(first * (1 << min(max(failures, 1) - 1, 16)), LONGEST_PAUSE)


def crontab(text: str) -> CronTrigger:
    """The trigger of a crontab expression; raises ValueError with what is wrong with it."""
    fields = text.split()
    if len(fields) != 5:
        raise ValueError("must have five fields: minute, hour, day of the month, month, day of the week")
    if any(character.isdigit() for character in fields[_WEEKDAY]):
        raise ValueError("names the day of the week by number: write mon, tue, wed, thu, fri, sat or sun")
    try:
        trigger = CronTrigger.from_crontab(text, timezone=BANGKOK)
    except ValueError:
        raise ValueError("is no crontab expression: an example is 30 2 * * mon-fri") from None
    if trigger.get_next_fire_time(None, _SOME_DAY) is None:
        raise ValueError("never comes round")
    return trigger


_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def _longest_wait(trigger: CronTrigger) -> timedelta:
    """The longest time, to the hour, until the schedule comes round: nights, weekends, months."""
    return max(_next(trigger, moment) - moment for moment in _moments())


def _next(trigger: CronTrigger, moment: datetime) -> datetime:
    fire: datetime = trigger.get_next_fire_time(None, moment)
    return fire


def _moments() -> Iterator[datetime]:
    yield from (_SOME_DAY + timedelta(hours=hour) for hour in range(8 * 24))
    yield from (_SOME_DAY + timedelta(days=day) for day in range(8, 366))
