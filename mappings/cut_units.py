"""The tree of units, cut into parts with about as many people each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple


class Cut(NamedTuple):
    """`part_of`: unit -> the number of its part, from 0. `across`: units of which some lies in several parts;
    not so below any other.
    """

    part_of: Mapping[int, int]
    across: frozenset[int]


def cut(parents: Mapping[int, int | None], people: Mapping[int, int], count: int) -> Cut:
    """Into at most so many parts. `people`: how many there are in a unit itself."""
    order = list(_in_order(parents))
    weights = {unit_id: 1 + people.get(unit_id, 0) for unit_id in order}
    total, before, part_of = sum(weights.values()), 0, {}
    for unit_id in order:
        part_of[unit_id] = before * count // total
        before += weights[unit_id]
    return Cut(part_of, frozenset(_across(order, parents, part_of)))


def _in_order(parents: Mapping[int, int | None]) -> Iterator[int]:
    """Each unit, and right after it all that lie within it."""
    below = defaultdict(list)
    for unit_id in sorted(parents, reverse=True):
        below[parents[unit_id]].append(unit_id)
    waiting = below[None]
    while waiting:
        yield (unit_id := waiting.pop())
        waiting += below[unit_id]


def _across(order: list[int], parents: Mapping[int, int | None], part_of: Mapping[int, int]) -> Iterator[int]:
    # Parts only go up in this order, so the last within a unit says whether there is more than its own.
    last = dict(part_of)
    for unit_id in reversed(order):
        if last[unit_id] != part_of[unit_id]:
            yield unit_id
        if (parent := parents[unit_id]) is not None:
            last[parent] = max(last[parent], last[unit_id])
