"""When two statements are the same: xAPI Data 2.3.2, IEEE 9274.1.1 4.2.4.

What the store assigns does not count (id, authority, stored, timestamp, version); neither do activity
definitions, the verb's display, the order of members and attachments, time zones, how a number or a
duration is written, and what lies beyond a hundredth of a second of a duration.
"""

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
    if isinstance(value, dict):
        if name == "extensions":
            return _numbers(value)
        reference = value.get("objectType") == "StatementRef"
        return {
            key: item.lower() if reference and key == "id" else _plain(item, key)
            for key, item in value.items()
            if not _ignored(name, key, item)
        }
    if isinstance(value, list):
        return sorted((_plain(item, name) for item in value), key=_dump)
    if name == "registration":
        return value.lower()
    if name == "duration":
        return values.canonical_duration(value)
    if name == "timestamp":
        return str(values.instant(value))
    return _numbers(value)


def _ignored(name: str, key: str, item: Any) -> bool:
    return (
        key == "definition"
        or (name == "verb" and key == "display")
        or (key == "objectType" and item in _DEFAULT_TYPES)
    )


def _numbers(value: Any) -> Any:
    """1 and 1.0 are one number."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return value
