"""The string forms of xAPI: IRIs, UUIDs, language tags, moments, durations. Pure.

Section numbers here and in `lrs.validation` are those of xAPI 1.0.3 part 2 (Data), which IEEE 9274.1.1
(2.0.0) keeps in substance.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from lrs.errors import BadStatement

# Takes a value and the name it goes by; raises BadStatement.
Check = Callable[[Any, str], None]

# How many strings of a form are remembered, and how long they may be: a bound on memory.
_MOST_SEEN = 4096
_LONGEST_SEEN = 300


class Form:
    """Strings of one form. `seen` holds valid ones met lately, so that a caller can ask it first."""

    __slots__ = ("_fullmatch", "seen")

    def __init__(self, pattern: str, flags: re.RegexFlag = re.ASCII) -> None:
        self._fullmatch = re.compile(pattern, flags).fullmatch
        self.seen: set[str] = set()

    def holds(self, value: str) -> bool:
        """Whether the string is of this form."""
        return value in self.seen or (self._fullmatch(value) is not None and self._remember(value))

    def _remember(self, value: str) -> bool:
        if len(value) <= _LONGEST_SEEN:
            if len(self.seen) >= _MOST_SEEN:
                self.seen.clear()
            self.seen.add(value)
        return True


IRI = Form(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`\x00-\x20\x7f]+', re.NOFLAG)
MEDIA_TYPE = Form(r"[\w!#$&^.+\-]+/[\w!#$&^.+\-]+(?:\s*;.*)?")
# RFC 5646 section 2.1
LANGUAGE = Form(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?"
    r"|x(?:-[a-z\d]{1,8})+|i-[a-z]{2,8}|[a-z]{2,3}(?:-[a-z]{2,8}){1,2})",
    re.IGNORECASE | re.ASCII,
)
_DECIMAL = r"\d+(?:[.,]\d+)?"
# ISO 8601:2004 section 4.4.3.2, the format with designators
DURATION = Form(
    rf"P(?=[\dT])(?:{_DECIMAL}W|(?:{_DECIMAL}Y)?(?:{_DECIMAL}M)?(?:{_DECIMAL}D)?"
    rf"(?:T(?=\d)(?:{_DECIMAL}H)?(?:{_DECIMAL}M)?(?:{_DECIMAL}S)?)?)"
)

_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_MBOX = re.compile(r"mailto:[^@\s<>\x00-\x20]+@[^@\s<>\x00-\x20]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_ISO_8601 = re.compile(
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?|\d{8}T\d{4}(?:\d\d(?:[.,]\d+)?)?)"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)", re.ASCII)
# The longest moment that is remembered: microseconds, and a zone.
_LONGEST_MOMENT = 32
# What a duration's seconds say beyond a hundredth, and zeros that say nothing.
_BEYOND_HUNDREDTHS = re.compile(r"([.,]\d\d)\d+S")
_IDLE_ZEROS = re.compile(r"(?:[.,]0+|([.,]\d*[1-9])0+)S")


def broken(path: str, problem: str, section: str) -> BadStatement:
    """The error for a property."""
    return BadStatement(f"{path} {problem} (xAPI Data {section})")


is_mbox = _MBOX.fullmatch
is_sha1 = _SHA1.fullmatch
is_sha2 = _SHA2.fullmatch


def is_uuid(value: str) -> bool:
    """Whether a string is a UUID in its usual form."""
    return _UUID.fullmatch(value) is not None


def iri(value: Any, path: str) -> None:
    """Raises BadStatement, naming the path, unless the value is an absolute IRI."""
    if not isinstance(value, str) or not IRI.holds(value):
        raise broken(path, "must be an absolute IRI", "2.2")


def instant(value: str) -> datetime | None:
    """The moment of an ISO 8601 date and time, in UTC; None where it is not one.

    A time without a zone is taken as UTC, which 1.0.3 allows; -00:00, which says that the zone is
    unknown, is refused by both versions.
    """
    return _remembered_instant(value) if len(value) <= _LONGEST_MOMENT else _instant(value)


def _instant(value: str) -> datetime | None:
    match = _ISO_8601.fullmatch(value)
    if match is None:
        return None
    zone = match["zone"]
    if zone is not None and zone.startswith("-") and not zone.strip("-0:"):
        return None
    try:
        moment = datetime.fromisoformat(value)
        return moment.replace(tzinfo=UTC) if zone is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# A statement's moments are asked for again when it is stored.
_remembered_instant = lru_cache(maxsize=1024)(_instant)


def is_rfc_3339(value: str) -> bool:
    """Whether a string is a date and time as 2.0.0 wants it: in full, with a zone."""
    return _RFC_3339.fullmatch(value) is not None and instant(value) is not None


def comparable_duration(value: str) -> str:
    """Equal for two valid durations that differ beyond a hundredth of a second only (Data 2.3.1, 4.6)."""
    return _IDLE_ZEROS.sub(r"\1S", _BEYOND_HUNDREDTHS.sub(r"\1S", value))
