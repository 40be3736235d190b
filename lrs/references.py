"""All SQL about what StatementRefs lead to, so that filters can follow them (xAPI Communication 2.1.3)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection

from lrs import related
from lrs.bulk import bulk_insert
from lrs.database import Sql, run
from lrs.dimensions import look_up
from lrs.statement import actor_of
from lrs.tables import activity, agent, reference, related_activity, related_agent

_SEQS = Sql("select id, seq from statement where id in :ids")
_LINKED = Sql("select seq, of from reference where seq in :seqs or of in :seqs")
_FACETS = Sql(
    "select seq, agent_id, verb_id, activity_id, object_agent_id, registration, authority_id "
    "from evidence where seq in :seqs"
)
_BODIES = Sql("select seq, body from statement where seq in :seqs")


class Pairs(NamedTuple):
    """Statements that refer to others: `forward` by number and the other's id, `backward` by both numbers."""

    forward: Sequence[tuple[int, str]]
    backward: Sequence[tuple[int, int]]


def link(conn: Connection, pairs: Pairs) -> None:
    """Store what these references lead to, directly and by way of others, as far as it is stored."""
    found = list(pairs.backward)
    if pairs.forward:
        (rows,) = run(conn, (_SEQS, {"ids": [id_ for _, id_ in pairs.forward]}))
        seqs: dict[str, int] = dict(rows)
        found += [(seq, seqs[id_]) for seq, id_ in pairs.forward if id_ in seqs]
    if found:
        _store(conn, sorted(_closure(found, _linked(conn, found))))


def _linked(conn: Connection, found: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    (rows,) = run(conn, (_LINKED, {"seqs": list({seq for pair in found for seq in pair})}))
    return [(row[0], row[1]) for row in rows]


def _closure(new: Iterable[tuple[int, int]], linked: Iterable[tuple[int, int]]) -> set[tuple[int, int]]:
    """All that now leads from one to another and did not before; nothing leads to itself."""
    down: defaultdict[int, set[int]] = defaultdict(set)
    up: defaultdict[int, set[int]] = defaultdict(set)
    old = set(linked)
    for seq, of in old:
        down[seq].add(of)
        up[of].add(seq)
    for seq, of in new:
        above, below = {seq, *up[seq]}, {of, *down[of]}
        for upper in above:
            down[upper] |= below - {upper}
        for lower in below:
            up[lower] |= above - {lower}
    return {(seq, of) for seq, targets in down.items() for of in targets} - old


def _store(conn: Connection, links: Sequence[tuple[int, int]]) -> None:
    """Copy to each statement what finds those it leads to."""
    targets = {"seqs": list({of for _, of in links})}
    facets, bodies = run(conn, (_FACETS, targets), (_BODIES, targets))
    by_seq = {row[0]: row[1:] for row in facets}
    bulk_insert(conn, (reference, [(seq, of, *by_seq[of]) for seq, of in links]))
    sources: defaultdict[int, list[int]] = defaultdict(list)
    for seq, of in links:
        sources[of].append(seq)
    _relate(conn, {of: orjson.loads(body) for of, body in bodies}, sources)


def _relate(conn: Connection, targets: Mapping[int, Any], sources: Mapping[int, list[int]]) -> None:
    """What each target mentions finds its sources too; from its JSON, for no index leads there."""
    agents = {of: set(_agents(one)) for of, one in targets.items()}
    activities = {of: {one["id"] for one in related.activities(target)} for of, target in targets.items()}
    agent_ids = look_up(conn, agent.c.key, list({key for some in agents.values() for key, _ in some}))
    activity_ids = look_up(conn, activity.c.iri, list(set().union(*activities.values())))
    bulk_insert(
        conn,
        (
            related_agent,
            [(agent_ids[key], direct, *to) for to in _to(sources) for key, direct in agents[to[1]]],
        ),
        (related_activity, [(activity_ids[iri], *to) for to in _to(sources) for iri in activities[to[1]]]),
    )


def _to(sources: Mapping[int, list[int]]) -> Iterator[tuple[int, int]]:
    for of, seqs in sources.items():
        for seq in seqs:
            yield seq, of


def _agents(target: dict[str, Any]) -> Iterator[tuple[str, int]]:
    for one in related.members(target):
        yield actor_of(one).key, 1
    for one in related.agents(target):
        yield actor_of(one).key, 0
