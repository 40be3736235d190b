"""When two statements are the same: xAPI Data 2.3.1, IEEE 9274.1.1 4.2 (Statement Immutability).

What does not count: what the store assigns (id, authority, stored, timestamp, version), activity
definitions, the verb's display, attachments, the order of members, time zones, how a number is written, the
case of what has none, an object type or an array that could be left out, and what lies beyond a hundredth
of a second of a duration. A duration counts as it is written: PT90M is not PT1H30M (Data 2.3.1).
"""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import orjson

from lrs import values

_ASSIGNED = frozenset({"id", "authority", "stored", "timestamp", "version"})
_DEFAULT_TYPES = ("Agent", "Activity")


def fingerprint(statement: dict[str, Any], *, attachments: bool = False) -> bytes:
    """SHA-256 that is equal for two valid statements that are the same but for their timestamp.

    With `attachments`, what they say of their attachments counts too, but not in which order.
    """
    ignored = _ASSIGNED if attachments else _ASSIGNED | {"attachments"}
    own = {key: item for key, item in statement.items() if key not in ignored}
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
    if name == "contextActivities":
        value = {key: item if isinstance(item, list) else [item] for key, item in value.items()}
    plain = {key: _plain(item, key) for key, item in value.items() if not _left_out(key, item, name)}
    if value.get("objectType") == "StatementRef":
        plain["id"] = value["id"].lower()
    return plain


def _left_out(key: str, item: Any, within: str) -> bool:
    return (
        key == "definition"
        or (key == "display" and within == "verb")
        or (key == "objectType" and item in _DEFAULT_TYPES)
    )


def _mbox(value: str) -> str:
    """The domain of a mail address has no case."""
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


_ALIKE: dict[str, Callable[[str], Any]] = {
    "registration": str.lower,
    "mbox": _mbox,
    "mbox_sha1sum": str.lower,
    "sha2": str.lower,
    "language": str.lower,
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
