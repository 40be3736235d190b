"""The two times that a reader asks a report about: their words in an address, and what is refused of them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Depends, Query

from connector.report.errors import WrongTime
from lrs.clock import to_iso
from mappings.days import bangkok_day


@dataclass(frozen=True, slots=True)
class AskedTimes:
    """`as_of`: what had happened by the end of that day in Bangkok; `known_at`: what the store knew then.

    None: as the last computation of progress.
    """

    as_of: date | None = None
    known_at: datetime | None = None

    def as_query(self) -> dict[str, str]:
        """As they stand in an address; what was not asked is left out."""
        said = {} if self.as_of is None else {"as_of": self.as_of.isoformat()}
        return said if self.known_at is None else said | {"known_at": to_iso(self.known_at)}


TODAY = AskedTimes()
"""Nothing was asked."""


@dataclass(frozen=True, slots=True)
class AskedWords:
    """The parameters of an address, as they are written there; `times` reads them."""

    as_of: str = ""
    known_at: str = ""

    def times(self, now: datetime) -> AskedTimes:
        """Raises WrongTime."""
        return asked_times(self.as_of, self.known_at, now)


async def asked_words(
    as_of: Annotated[
        str,
        Query(description="a day, as 2026-10-31: what had happened by its end in Bangkok; default: today"),
    ] = "",
    known_at: Annotated[
        str,
        Query(
            description="a moment, as 2026-11-01T02:00:00+07:00: what was known then;"
            " default: when progress was last computed"
        ),
    ] = "",
) -> AskedWords:
    """Those of a request. Asynchronous, because a thread for it would take longer than it does."""
    return AskedWords(as_of, known_at)


Asked = Annotated[AskedWords, Depends(asked_words)]


def asked_times(as_of: str, known_at: str, now: datetime) -> AskedTimes:
    """The times of an address or a command; empty: not asked. Raises WrongTime."""
    times = AskedTimes(_day(as_of.strip()), _moment(known_at.strip()))
    if times.as_of and times.as_of > bangkok_day(now):
        raise WrongTime("as_of", "เป็นวันที่ยังมาไม่ถึง", "is a day that is still to come")
    if times.known_at and times.known_at > now:
        raise WrongTime("known_at", "เป็นเวลาที่ยังมาไม่ถึง", "is a moment that is still to come")
    return times


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongTime("as_of", "ต้องเขียนเป็นวันที่ เช่น 2026-10-31", "must be a day such as 2026-10-31") from None


def _moment(text: str) -> datetime | None:
    """In an address a "+" that was not escaped reads as a space."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat("+".join(text.rsplit(" ", 1)) if text[-6:-5] == " " else text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise WrongTime(
            "known_at",
            "ต้องเขียนเป็นเวลาพร้อมเขตเวลา เช่น 2026-11-01T02:00:00+07:00",
            "must be a moment with its time zone, such as 2026-11-01T02:00:00+07:00",
        )
    return moment.astimezone(UTC)
