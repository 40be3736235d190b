"""Calendar days in Bangkok, which has had UTC+7 and no summer time since 1920."""

from datetime import date, datetime, time, timedelta, timezone

_BANGKOK = timezone(timedelta(hours=7))
_DAY = timedelta(days=1)


def bangkok_day(now: datetime) -> date:
    """The calendar day it is in Bangkok at an aware datetime."""
    return now.astimezone(_BANGKOK).date()


def start_of_bangkok_day(day: date) -> datetime:
    """The first moment of a day in Bangkok."""
    return datetime.combine(day, time.min, _BANGKOK)


def end_of_bangkok_day(day: date) -> datetime:
    """The last microsecond of a day in Bangkok."""
    return datetime.combine(day, time.max, _BANGKOK)


def day_before(day: date) -> date:
    """The day on which what is replaced on `day` was valid for the last time."""
    return day - _DAY
