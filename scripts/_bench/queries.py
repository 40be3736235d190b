"""The queries that are measured, as parameters of an address: about 50 of each kind, always the same."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import orjson

from lrs.clock import from_micros, to_iso
from scripts._bench.filled import Content
from scripts._bench.filling import VERBS, id_of, pool, registration_of, target_of, voids

QUERIES = 50
_PAGE = {"limit": "100"}


def queries(content: Content) -> dict[str, list[str]]:
    """By kind, in the order in which they are sent."""
    kinds: dict[str, Callable[[Content, random.Random], Iterable[dict[str, str]]]] = {
        "id": _ids,
        "agent": _agents,
        "verb_since": _verbs_since,
        "activity": _activities,
        "related_activity": _related_activities,
        "registration": _registrations,
        "ascending": _ascending,
    }
    chance = random.Random(1)  # noqa: S311 - the same queries at every run
    return {kind: [urlencode(one) for one in make(content, chance)] for kind, make in kinds.items()}


def _ids(content: Content, chance: random.Random) -> Iterable[dict[str, str]]:
    """Of statements that nothing voids."""
    voided = {target_of(n) for n in range(content.size) if voids(n)}
    ids = [id_of(n) for n in chance.sample(range(content.size), min(content.size, 2 * QUERIES))]
    return [{"statementId": id_} for id_ in ids if id_ not in voided][:QUERIES]


def _agents(_content: Content, _chance: random.Random) -> Iterable[dict[str, str]]:
    """Those with most statements, so that pages are full, or nearly, at 100,000 as at a million."""
    actors = Counter(orjson.dumps(one["actor"]).decode() for one in pool().sent)
    return [{"agent": actor, **_PAGE} for actor, _ in actors.most_common(QUERIES)]


def _verbs_since(content: Content, _chance: random.Random) -> Iterable[dict[str, str]]:
    moments = _moments(content)
    return [{"verb": VERBS[n % len(VERBS)], "since": moment, **_PAGE} for n, moment in enumerate(moments)]


def _activities(_content: Content, chance: random.Random) -> Iterable[dict[str, str]]:
    return _some(chance, ({"activity": one["object"]["id"]} for one in pool().sent))


def _related_activities(_content: Content, chance: random.Random) -> Iterable[dict[str, str]]:
    """Programmes, and the two activities that every statement names."""
    mentioned = (
        {"activity": activity["id"], "related_activities": "true"}
        for one in pool().sent
        for activities in one["context"]["contextActivities"].values()
        for activity in activities
    )
    return _some(chance, mentioned, QUERIES + 2)


def _registrations(content: Content, chance: random.Random) -> Iterable[dict[str, str]]:
    numbers = chance.sample(range(content.size), min(content.size, 10 * QUERIES))
    return _some(chance, ({"registration": registration_of(n)} for n in numbers if not voids(n)))


def _ascending(content: Content, _chance: random.Random) -> Iterable[dict[str, str]]:
    return [{"ascending": "true", "since": moment, **_PAGE} for moment in _moments(content)]


def _some(
    chance: random.Random, parameters: Iterable[dict[str, str]], most: int = QUERIES
) -> list[dict[str, Any]]:
    """Different ones, each asking for a page."""
    different = list({urlencode(one): one for one in parameters}.values())
    return [{**one, **_PAGE} for one in chance.sample(different, min(most, len(different)))]


def _moments(content: Content) -> list[str]:
    """Evenly spread from just before the first statement was stored until nine tenths of all the time."""
    before, step = content.first_stored - 1, (content.last_stored - content.first_stored) * 9 // 10 // QUERIES
    return [to_iso(from_micros(before + n * step)) for n in range(QUERIES)]
