"""Putting pseudonyms in the place of agents, in all that is stored: for the erasure of a person.

The only place that changes a stored statement. Its number, its id, its evidence and what refers to it stay,
so whatever was counted is counted still. Functions take a connection and never commit.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import uuid4

import orjson
from sqlalchemy import Connection, delete, insert, text, update

from lrs.attachments import listed
from lrs.database import Sql, chunks, run
from lrs.errors import BadStatement
from lrs.mentions import agents_of, bodies, statements_of
from lrs.statement import Actor, actor_of
from lrs.store import WRITER_LOCK
from lrs.tables import agent, document, evidence, reference, related_agent, stale_agent, statement

GONE = "[erased]"
"""Stands where a text named the person."""

_LOCK = text(f"select pg_advisory_xact_lock({WRITER_LOCK})")
# No index leads to the hashes of attachments.
_NAMING = {
    "sqlite": Sql("select seq from statement where instr(body, :octets) > 0"),
    "postgresql": Sql("select seq from statement where position(:octets in body) > 0"),
}
# Shorter ones occur within other words.
_SHORTEST_TEXT = 4
_IDENTIFIERS = ("account", "mbox", "mbox_sha1sum", "openid")
_COLUMNS = (
    evidence.c.agent_id,
    evidence.c.object_agent_id,
    evidence.c.authority_id,
    reference.c.agent_id,
    reference.c.object_agent_id,
    reference.c.authority_id,
    related_agent.c.agent_id,
    stale_agent.c.agent_id,
)


class Attached(NamedTuple):
    """An attachment's content: its hash in lower case, and who sent it."""

    sha2: str
    owner: Actor


@dataclass(frozen=True, slots=True)
class Replaced:
    """What was replaced or removed: agents, statements that changed, documents.

    `attachments`: contents that no other statement names; the caller removes the files after COMMIT.
    """

    agents: int = 0
    statements: int = 0
    documents: int = 0
    attachments: frozenset[Attached] = frozenset()


def replace_agents(conn: Connection, new: Mapping[str, dict[str, Any]], texts: Collection[str]) -> Replaced:
    """Put `new[key]` (an agent with an account) in the place of each agent of these keys.

    Within their statements, `texts` and the names that these agents bear there give way to GONE wherever
    they stand, but in ids. Their documents are removed. A number that another process still remembers for a
    replaced agent leads to an agent without identity, never to the pseudonym.
    """
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK)
    found = agents_of(conn, new)
    if not found:
        return Replaced()
    put = {key: new[key] if key in new else _another(new[key.lower()]) for key in found}
    seqs = statements_of(conn, found.values())
    gone = _Gone(put, _pattern([*texts, *_names(conn, seqs, put)]))
    attached = set(_attached(conn, seqs))
    changed = _rewrite(conn, seqs, gone)
    removed = conn.execute(delete(document).where(document.c.agent_id.in_(found.values()))).rowcount
    for key, agent_id in sorted(found.items()):
        _move(conn, agent_id, actor_of(put[key]))
    lonely = frozenset(one for one in attached if not _named_elsewhere(conn, one, seqs))
    return Replaced(len(found), changed, removed, lonely)


def _another(pseudonym: dict[str, Any]) -> dict[str, Any]:
    """For a mail address in other letters: two agents stay two."""
    account = pseudonym["account"]
    return {"account": {**account, "name": f"{account['name']}-{uuid4().hex[:8]}"}}


@dataclass(frozen=True, slots=True)
class _Gone:
    """What is replaced in a statement: agents by key, and texts, however they are capitalised."""

    agents: Mapping[str, dict[str, Any]]
    texts: re.Pattern[str]

    def without(self, value: Any, name: str = "") -> Any:
        """The value of the property `name`, as it is to be stored."""
        if isinstance(value, dict):
            put = self.agents.get(key_of(value) or "")
            if put is not None:
                kind = {"objectType": value["objectType"]} if "objectType" in value else {}
                return kind | put
            return {key: self.without(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.without(item, name) for item in value]
        return self.texts.sub(GONE, value) if isinstance(value, str) and name != "id" else value


def key_of(value: dict[str, Any]) -> str | None:
    """The key of what looks like an identified agent; None: it is none."""
    if not any(name in value for name in _IDENTIFIERS):
        return None
    try:
        return actor_of(value).key
    except (BadStatement, KeyError, TypeError):
        return None


def _pattern(texts: Iterable[str]) -> re.Pattern[str]:
    """The longest first: one may be part of another."""
    found = sorted(
        {one.strip() for one in texts if len(one.strip()) >= _SHORTEST_TEXT}, key=len, reverse=True
    )
    return re.compile("|".join(map(re.escape, found)) or r"(?!)", re.IGNORECASE)


def _names(conn: Connection, seqs: list[int], put: Mapping[str, Any]) -> set[str]:
    """How statements call these agents."""
    return {
        str(one["name"])
        for kept in bodies(conn, seqs)
        for one in _objects(orjson.loads(kept.body))
        if "name" in one and key_of(one) in put
    }


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)


def _rewrite(conn: Connection, seqs: list[int], gone: _Gone) -> int:
    changed = 0
    for kept in bodies(conn, seqs):
        body = orjson.dumps(gone.without(orjson.loads(kept.body)))
        if body != kept.body:
            conn.execute(update(statement).where(statement.c.seq == kept.seq).values(body=body))
            changed += 1
    return changed


def _move(conn: Connection, agent_id: int, pseudonym: Actor) -> None:
    """All that points at the agent points at the pseudonym; what is left of it has no identity."""
    row = {"key": pseudonym.key, "home_page": pseudonym.home_page, "account_name": pseudonym.account_name}
    new_id = conn.execute(insert(agent).values(**row).returning(agent.c.id)).scalar_one()
    for column in _COLUMNS:
        conn.execute(update(column.table).where(column == agent_id).values({column: new_id}))
    grave = {"key": f"erased:{uuid4()}", "home_page": None, "account_name": None}
    conn.execute(update(agent).where(agent.c.id == agent_id).values(**grave))


def _attached(conn: Connection, seqs: list[int]) -> Iterator[Attached]:
    for kept in bodies(conn, seqs):
        one = orjson.loads(kept.body)
        owner = actor_of(one["authority"])
        yield from (Attached(str(what["sha2"]).lower(), owner) for _, what in listed(one))


def _named_elsewhere(conn: Connection, one: Attached, seqs: list[int]) -> bool:
    """Whether another statement of the same sender names the content; reads all statements."""
    return any(
        actor_of(orjson.loads(kept.body)["authority"]) == one.owner
        for some in chunks(sorted(_naming(conn, one.sha2) - set(seqs)))
        for kept in bodies(conn, some)
    )


def _naming(conn: Connection, sha2: str) -> set[int]:
    found = (
        run(conn, (_NAMING[conn.dialect.name], {"octets": one.encode()})) for one in (sha2, sha2.upper())
    )
    return {row[0] for (rows,) in found for row in rows}
