"""When two statements are the same: xAPI Data 2.3.2, IEEE 9274.1.1 4.2.4.

What the store assigns does not count (id, authority, stored, timestamp, version); neither do activity
definitions, the verb's display, the order of members and attachments, whether one context activity stands
in an array, time zones, how a number or a duration is written, and what lies beyond a hundredth of a second
of a duration.
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson

from lrs import values

_ASSIGNED = frozenset({"id", "authority", "stored", "timestamp", "version"})
_DEFAULT_TYPES = ("Agent", "Activity")


def fingerprint(statement: dict[str, Any]) -> bytes:
    """SHA-256 that is equal for two valid statements that are the same but for their timestamp."""
    own = {key: item for key, item in statement.items() if key not in _ASSIGNED}
    return sha256(_dump(_plain(own, ""))).digest()


def _dump(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any, name: str) -> Any:
    """The value of the property `name`, with all that does not count taken away or made alike."""
    if isinstance(value, str):
        alike = _ALIKE.get(name)
        return value if alike is None else alike(value)
    if isinstance(value, dict):
        return _numbers(value) if name == "extensions" else _plain_object(value, name)
    if isinstance(value, list):
        return sorted((_plain(item, name) for item in value), key=_dump)
    return _numbers(value)


def _plain_object(value: dict[str, Any], name: str) -> dict[str, Any]:
    plain = {}
    for key, item in value.items():
        if key == "definition" or (key == "display" and name == "verb"):
            continue
        if key == "objectType" and item in _DEFAULT_TYPES:
            continue
        plain[key] = _plain(item, key)
    if value.get("objectType") == "StatementRef":
        plain["id"] = value["id"].lower()
    if name == "contextActivities":
        return {key: one if isinstance(one, list) else [one] for key, one in plain.items()}
    return plain


_ALIKE: dict[str, Callable[[str], Any]] = {
    "registration": str.lower,
    "duration": values.comparable_duration,
    "timestamp": lambda text: str(values.instant(text)),
}


def _numbers(value: Any) -> Any:
    """1 and 1.0 are one number."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value
