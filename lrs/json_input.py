"""JSON as clients send it: UTF-8, numbers that are finite, no name twice in an object, not too deep. Pure."""

import json
import re
from typing import Any

import orjson

from lrs.errors import BadRequest, TooLarge

# orjson reads as far as 1024 levels and writes 254; what is stored has a few more around it.
MOST_DEPTH = 250
_BEYOND_ORJSON = "depth limit"
# Objects and arrays of one body: each costs many times its brackets in memory.
MOST_CONTAINERS = 500_000
_NAME = re.compile(rb'"\s*:')


def parse(body: bytes, most_depth: int) -> Any:
    """The value that the body holds, at most `most_depth` objects and arrays within each other.

    Raises BadRequest for all that is not JSON in UTF-8 (RFC 8259), NaN, infinite numbers and half surrogate
    pairs among them, for a name that an object has twice (IEEE 9274.1.1, 4.2.1), and for one level too many;
    TooLarge for more than `MOST_CONTAINERS` objects and arrays (brackets in strings count).
    """
    if len(body) > MOST_CONTAINERS and body.count(b"{") + body.count(b"[") > MOST_CONTAINERS:
        raise TooLarge(f"the body has more than {MOST_CONTAINERS} objects and arrays")
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if error.msg.startswith(_BEYOND_ORJSON):
            raise _too_deep(most_depth) from None
        where = f", at character {error.pos}" if error.pos else ""
        raise BadRequest(f"the body is not valid JSON in UTF-8: {error.msg}{where}") from None
    # Writing it again tells most of what is asked, faster than a look at each value.
    try:
        written = orjson.dumps(value)
    except TypeError:
        raise _too_deep(most_depth) from None
    if most_depth < MOST_DEPTH:
        _check_depth(value, most_depth)
    if _may_repeat(body, written.count(b'":')):
        json.loads(body, object_pairs_hook=_each_once)
    return value


def _check_depth(value: Any, most_depth: int) -> None:
    level: list[Any] = [[value]]
    for _ in range(most_depth + 1):
        below = []
        for inside in level:
            members = inside.values() if type(inside) is dict else inside
            below += [one for one in members if type(one) is dict or type(one) is list]
        if not below:
            return
        level = below
    raise _too_deep(most_depth)


def _too_deep(most_depth: int) -> BadRequest:
    return BadRequest(f"the body has more than {most_depth} levels of objects and arrays")


def _may_repeat(body: bytes, names: int) -> bool:
    """Whether more names came than were kept. A string that looks like a name counts as one in both."""
    written = body.count(b'":')
    if written < names:
        written = len(_NAME.findall(body))
    return written > names


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    seen = dict(pairs)
    if len(seen) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadRequest(f"an object has the property {twice[:80]!r} twice (xAPI Data 2.2)")
    return seen
