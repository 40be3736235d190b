"""The simple values of xAPI: each check takes a value and its path, and raises BadStatement.

Section numbers are those of xAPI 1.0.3 part 2 (Data), which IEEE 9274.1.1 (2.0.0) keeps in substance.
A value itself is never quoted in a message: it may be personal.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from lrs.errors import BadStatement

Check = Callable[[Any, str], None]

_IRI = re.compile(r'[A-Za-z][A-Za-z0-9+.\-]*:[^\s<>"{}|\\^`\x00-\x20\x7f]+')
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")
_MBOX = re.compile(r"mailto:[^@\s<>\x00-\x20]+@[^@\s<>\x00-\x20]+")
_SHA1 = re.compile(r"[0-9a-fA-F]{40}")
_SHA2 = re.compile(r"(?:[0-9a-fA-F]{56}|[0-9a-fA-F]{64}|[0-9a-fA-F]{96}|[0-9a-fA-F]{128})")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+\-]+/[\w!#$&^.+\-]+(?:\s*;.*)?", re.ASCII)
# RFC 5646 section 2.1
_LANGUAGE = re.compile(
    r"(?:(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?"
    r"|x(?:-[a-z\d]{1,8})+|i-[a-z]{2,8}|[a-z]{2,3}(?:-[a-z]{2,8}){1,2})",
    re.IGNORECASE | re.ASCII,
)
_TIMESTAMP = re.compile(
    r"(?:\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?|\d{8}T\d{4}(?:\d\d(?:[.,]\d+)?)?)"
    r"(?P<zone>Z|[+-]\d\d(?::?\d\d)?)?",
    re.ASCII,
)
_DECIMAL = r"(?:[.,]\d+)?"
_DURATION = re.compile(
    rf"P(?=[\dT])(?:(\d+{_DECIMAL})W|(?:(\d+{_DECIMAL})Y)?(?:(\d+{_DECIMAL})M)?"
    rf"(?:(\d+{_DECIMAL})D)?"
    rf"(?:T(?=\d)(?:(\d+{_DECIMAL})H)?(?:(\d+{_DECIMAL})M)?(?:(\d+{_DECIMAL})S)?)?)",
    re.ASCII,
)
_ZERO = Decimal(0)
_CENTISECOND = Decimal("0.01")


def broken(path: str, problem: str, section: str) -> BadStatement:
    """The error for a property."""
    return BadStatement(f"{path} {problem} (xAPI Data {section})")


def _matching(pattern: re.Pattern[str], what: str, section: str) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, str) or pattern.fullmatch(value) is None:
            raise broken(path, f"must be {what}", section)

    return check


iri = _matching(_IRI, "an absolute IRI", "2.2")
uuid = _matching(_UUID, "a UUID in its usual form", "2.4.1")
mbox = _matching(_MBOX, "a mailto: address", "2.4.2.3")
sha1 = _matching(_SHA1, "40 hexadecimal digits", "2.4.2.3")
sha2 = _matching(_SHA2, "a SHA-2 hash in hexadecimal", "2.4.11")
media_type = _matching(_MEDIA_TYPE, "an Internet media type", "2.4.11")
language = _matching(_LANGUAGE, "an RFC 5646 language tag", "4.2")


def is_uuid(value: str) -> bool:
    """Whether a string is a UUID in its usual form."""
    return _UUID.fullmatch(value) is not None


def string(value: Any, path: str) -> None:
    """Any string."""
    if not isinstance(value, str):
        raise broken(path, "must be a string", "2.2")


def boolean(value: Any, path: str) -> None:
    """True or false."""
    if not isinstance(value, bool):
        raise broken(path, "must be true or false", "2.2")


def number(value: Any, path: str) -> None:
    """A number; a boolean is none."""
    if type(value) not in (int, float):
        raise broken(path, "must be a number", "2.2")


def length(value: Any, path: str) -> None:
    """A whole number of octets."""
    if type(value) is not int or value < 0:
        raise broken(path, "must be a whole number, 0 or more", "2.4.11")


def language_map(value: Any, path: str) -> None:
    """An object of strings by language tag."""
    if not isinstance(value, dict):
        raise broken(path, "must be a language map", "4.2")
    for tag, text in value.items():
        language(tag, f"{path}: the key {tag[:40]!r}")
        string(text, f"{path}.{tag}")


def extensions(value: Any, path: str) -> None:
    """An object of anything by IRI."""
    if not isinstance(value, dict):
        raise broken(path, "must be an object", "4.1")
    for key in value:
        if _IRI.fullmatch(key) is None:
            raise broken(path, f"has a key that is no IRI: {key[:80]!r}", "4.1")


def instant(value: str) -> datetime | None:
    """The moment of an ISO 8601 date and time, in UTC; None where it is not one.

    A time without a zone is taken as UTC, which 1.0.3 allows; -00:00, which says that the zone is
    unknown, is refused by both versions.
    """
    match = _TIMESTAMP.fullmatch(value)
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


def timestamp(value: Any, path: str) -> None:
    """An ISO 8601 date and time."""
    if not isinstance(value, str) or instant(value) is None:
        raise broken(path, "must be an ISO 8601 date and time", "4.5")


def zoned_timestamp(value: Any, path: str) -> None:
    """An RFC 3339 date and time, as 2.0.0 wants it: with a zone."""
    timestamp(value, path)
    match = _TIMESTAMP.fullmatch(value)
    if match is None or match["zone"] is None:
        raise broken(path, "must be an RFC 3339 date and time, with a zone", "4.5")


def duration(value: Any, path: str) -> None:
    """An ISO 8601 duration in the format with designators."""
    if not isinstance(value, str) or _DURATION.fullmatch(value) is None:
        raise broken(path, "must be an ISO 8601 duration", "4.6")


def canonical_duration(value: str) -> list[str]:
    """Equal for two valid durations that say the same: months, days, and seconds cut to 0.01 s."""
    match = _DURATION.fullmatch(value)
    if match is None:
        return [value]
    weeks, years, months, days, hours, minutes, seconds = (
        Decimal(part.replace(",", ".")) if part else _ZERO for part in match.groups()
    )
    exact = (hours * 60 + minutes) * 60 + seconds
    parts = (years * 12 + months, weeks * 7 + days, exact - exact % _CENTISECOND)
    return [str((part + 0).normalize()) for part in parts]
