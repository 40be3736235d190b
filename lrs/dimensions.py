"""All SQL about agents, activities and verbs: each is stored once, and statements hold its number."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Connection, bindparam, update

from lrs.bulk import upsert_ignore
from lrs.database import Sql, run
from lrs.look_ups import Steps, drive
from lrs.statement import Actor, Prepared
from lrs.tables import activity, agent, verb

# A process remembers at most this many numbers of each kind; then it starts anew.
MOST_KNOWN = 200_000

_DEFINITIONS = Sql("select iri, definition from activity where iri in :iris and definition is not null")
_REDEFINE = (
    update(activity)
    .where(activity.c.iri == bindparam("of"))
    .values(definition=bindparam("new"), defined_seq=bindparam("number"))
)


@dataclass(slots=True)
class Known:
    """What one writer has seen committed, to spare it the look-up. `keep` after COMMIT, else `forget`."""

    agents: dict[str, int] = field(default_factory=dict)
    verbs: dict[str, int] = field(default_factory=dict)
    activities: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, bytes] = field(default_factory=dict)
    # The highest activity.defined_seq that `definitions` is true for.
    defined_seq: int = 0
    _seen: list[tuple[dict[str, Any], Mapping[str, Any]]] = field(default_factory=list)

    def add(self, kind: dict[str, Any], seen: Mapping[str, Any]) -> None:
        """Seen in the running transaction; known once `keep` is called."""
        self._seen.append((kind, seen))

    def defined_until(self, seq: int) -> None:
        """The store's definitions were last changed by statement `seq`: if by another writer, forget them."""
        if seq != self.defined_seq:
            self.definitions.clear()
            self.defined_seq = seq

    def keep(self) -> None:
        """The transaction is committed: what it saw holds."""
        for kind, seen in self._seen:
            if len(kind) + len(seen) > MOST_KNOWN:
                kind.clear()
            kind.update(seen)
        self._seen.clear()

    def forget(self) -> None:
        """The transaction is rolled back: what it saw may never have been."""
        self._seen.clear()
        self.defined_until(-1)


class Numbers(NamedTuple):
    """The numbers of agents by key, and of verbs and activities by IRI."""

    agents: Mapping[str, int]
    verbs: Mapping[str, int]
    activities: Mapping[str, int]


def numbers(conn: Connection, new: Sequence[Prepared], known: Known) -> Numbers:
    """Of all that the statements mention; what is new is stored."""
    actors = {actor.key: actor for one in new for actor in _actors(one)}
    iris = {iri for one in new for iri in one.related_activities}
    iris |= {one.activity_iri for one in new if one.activity_iri is not None}
    verbs = {one.verb_iri for one in new}
    return Numbers(
        _ids(conn, agent.c.key, actors, known, known.agents, lambda key: _agent_row(actors[key])),
        _ids(conn, verb.c.iri, verbs, known, known.verbs, _iri_row),
        _ids(conn, activity.c.iri, iris, known, known.activities, _iri_row),
    )


def _actors(one: Prepared) -> Iterable[Actor]:
    yield one.actor
    yield one.authority
    if one.object_agent is not None:
        yield one.object_agent
    yield from one.members
    yield from one.related_agents


def _agent_row(actor: Actor) -> dict[str, str | None]:
    return {"key": actor.key, "home_page": actor.home_page, "account_name": actor.account_name}


def _iri_row(iri: str) -> dict[str, str | None]:
    return {"iri": iri}


def _ids(
    conn: Connection,
    key: Column[str],
    names: Iterable[str],
    known: Known,
    kind: dict[str, int],
    row: Any,
) -> Mapping[str, int]:
    """The number of each name, its row inserted where it is new."""
    unknown = sorted(name for name in names if name not in kind)
    if not unknown:
        return kind
    seen = look_up(conn, key, unknown)
    missing = [name for name in unknown if name not in seen]
    if missing:
        upsert_ignore(conn, key.table, [row(name) for name in missing])
        seen |= look_up(conn, key, missing)
    known.add(kind, seen)
    return {**{name: kind[name] for name in names if name in kind}, **seen}


def look_up(conn: Connection, key: Column[str], names: Sequence[str]) -> dict[str, int]:
    """The numbers of those that are stored; `key` is the table's unique column."""
    (rows,) = run(conn, (_numbers_sql(key), {"names": list(names)}))
    return {row[0]: row[1] for row in rows}


@cache
def _numbers_sql(key: Column[str]) -> Sql:
    return Sql(f"select {key.name}, id from {key.table.name} where {key.name} in :names")  # noqa: S608


def redefine(conn: Connection, new: Sequence[Prepared], last_seq: int, known: Known) -> None:
    """Keep all that was said of each activity; `last_seq` is the number of the last of `new`."""
    came = [(iri, text) for one in new for iri, text in one.definitions if known.definitions.get(iri) != text]
    if not came:
        return
    held = definitions(conn, {iri for iri, _ in came})
    for iri, text in sorted(_merged(came, held).items()):
        conn.execute(_REDEFINE, {"of": iri, "new": text, "number": last_seq})
        known.defined_seq = last_seq
    known.add(known.definitions, dict(came))


def _merged(came: Iterable[tuple[str, bytes]], held: Mapping[str, bytes]) -> dict[str, bytes]:
    """The definitions that change."""
    now = {iri: orjson.loads(text) for iri, text in held.items()}
    for iri, text in came:
        now[iri] = merge(now.get(iri, {}), orjson.loads(text))
    texts = {iri: orjson.dumps(definition) for iri, definition in now.items()}
    return {iri: text for iri, text in texts.items() if text != held.get(iri)}


def merge(held: dict[str, Any], came: dict[str, Any]) -> dict[str, Any]:
    """A definition with what came later: by language, by extension, else the later (Communication 2.5)."""
    maps: dict[str, Any] = {
        name: {**held[name], **came[name]}
        for name in ("name", "description", "extensions")
        if name in held and name in came
    }
    return {**held, **came, **maps}


def definitions(conn: Connection, iris: Iterable[str]) -> dict[str, bytes]:
    """All that was said of each of these activities, as JSON, where anything was."""
    return drive(conn, find_definitions(iris))


def find_definitions(iris: Iterable[str]) -> Steps[dict[str, bytes]]:
    """The same as steps."""
    rows = yield _DEFINITIONS, {"iris": sorted(set(iris))}
    return {row[0]: row[1] for row in rows}
