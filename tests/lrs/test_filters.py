"""xAPI Communication 2.1.3, filters of GET statements, against an oracle: a fold over the JSON.

Statements are random, with groups, contexts, SubStatements, voiding, and chains and rings of StatementRefs,
stored before or after what they refer to.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import Engine, delete, text, update

from lrs import related, store
from lrs.clock import to_iso, to_micros
from lrs.index import index_stored
from lrs.look_ups import drive
from lrs.query import Query, Reader, parse
from lrs.reading import find, find_one
from lrs.statement import Authority, actor_of, prepare
from lrs.tables import evidence, reference, related_activity, related_agent

from .conftest import NOW
from .statements import VOIDED

AGENTS = [{"mbox": f"mailto:{name}@example.org"} for name in "abcd"]
AUTHORITIES = [Authority({"mbox": f"mailto:client{n}@example.org"}, 9, None) for n in range(2)]
VERBS = [f"https://example.org/verbs/{n}" for n in range(3)]
ACTIVITIES = [f"https://example.org/activities/{n}" for n in range(4)]
REGISTRATIONS = [f"00000000-0000-4000-8000-00000000000{n}" for n in range(3)]
SIZE = 60


class World:
    """Random statements in the order in which they were stored, as the store gives them back."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.chance = random.Random(seed)
        self.ids = [f"10000000-0000-4000-8000-{n:012d}" for n in range(SIZE)]
        self.statements: list[dict[str, Any]] = []
        raw = [self.statement(id_) for id_ in self.ids]
        self.chance.shuffle(raw)
        moment = NOW
        while raw:
            moment += timedelta(seconds=self.chance.choice((-5, 1, 60)))
            size = self.chance.randrange(1, 9)
            batch, raw = raw[:size], raw[size:]
            authority = self.chance.choice(AUTHORITIES)
            prepared = [prepare(one, version="2.0.0", authority=authority) for one in batch]
            with engine.begin() as conn:
                store.insert(conn, prepared, lambda at=moment: at)  # type: ignore[misc]
                self.statements += [self.read(conn, one.id) for one in prepared]

    @staticmethod
    def read(conn: Any, id_: str) -> dict[str, Any]:
        body = conn.execute(text("select body from statement where id = :id"), {"id": id_}).scalar_one()
        found: dict[str, Any] = orjson.loads(bytes(body))
        return found

    def agent(self) -> dict[str, Any]:
        if self.chance.random() < 0.2:
            return {"objectType": "Group", "member": self.chance.sample(AGENTS, 2)}
        return dict(self.chance.choice(AGENTS))

    def activity(self) -> dict[str, Any]:
        return {"id": self.chance.choice(ACTIVITIES)}

    def thing(self, deep: bool) -> dict[str, Any]:
        kind = self.chance.random()
        if kind < 0.3:
            return {"objectType": "StatementRef", "id": self.chance.choice(self.ids)}
        if kind < 0.4:
            return {"objectType": "Agent", **self.chance.choice(AGENTS)}
        if kind < 0.5 and deep:
            return {"objectType": "SubStatement", **self.content(deep=False)}
        return self.activity()

    def content(self, deep: bool) -> dict[str, Any]:
        thing = self.thing(deep)
        voids = thing.get("objectType") == "StatementRef" and deep and self.chance.random() < 0.3
        content: dict[str, Any] = {
            "actor": self.agent(),
            "verb": {"id": VOIDED if voids else self.chance.choice(VERBS)},
            "object": thing,
        }
        if self.chance.random() < 0.6:
            content["context"] = {
                "registration": self.chance.choice(REGISTRATIONS),
                "instructor": self.agent(),
                "contextActivities": {"parent": [self.activity()], "other": [self.activity()]},
                "contextAgents": [
                    {
                        "objectType": "contextAgent",
                        "agent": dict(self.chance.choice(AGENTS)),
                        "relevantTypes": ["https://example.org/t"],
                    }
                ],
            }
        return content

    def statement(self, id_: str) -> dict[str, Any]:
        return {"id": id_, **self.content(deep=True)}

    # ---- the oracle

    def answers(self, query: Query, reader: Reader) -> list[str]:
        found = [
            one["id"]
            for one in self.statements
            if not self.is_voided(one)
            and self.in_time(one, query)
            and self.may_see(one, reader)
            and any(self.matches(target, query) for target in self.reachable(one))
        ]
        return found if query.ascending else found[::-1]

    def by_id(self, id_: str) -> dict[str, Any] | None:
        return next((one for one in self.statements if one["id"] == id_), None)

    def is_voided(self, one: dict[str, Any]) -> bool:
        if one["verb"]["id"] == VOIDED:
            return False
        return any(
            other["verb"]["id"] == VOIDED and other["object"]["id"] == one["id"] for other in self.statements
        )

    def reachable(self, one: dict[str, Any]) -> list[dict[str, Any]]:
        found, queue = [one], [one]
        while queue:
            target = queue.pop()["object"]
            nxt = self.by_id(target["id"]) if target.get("objectType") == "StatementRef" else None
            if nxt is not None and nxt not in found:
                found.append(nxt)
                queue.append(nxt)
        return found

    @staticmethod
    def in_time(one: dict[str, Any], query: Query) -> bool:
        stored = one["stored"]
        since = None if query.since is None else _iso(query.since)
        until = None if query.until is None else _iso(query.until)
        return (since is None or stored > since) and (until is None or stored <= until)

    @staticmethod
    def may_see(one: dict[str, Any], reader: Reader) -> bool:
        authority = actor_of(one["authority"]).key
        return (
            (reader.own is None or authority == reader.own)
            and (not reader.verbs or one["verb"]["id"] in reader.verbs)
            and (not reader.activities or one["object"].get("id") in reader.activities)
            and (not reader.authorities or authority in reader.authorities)
        )

    @staticmethod
    def matches(one: dict[str, Any], query: Query) -> bool:
        thing = one["object"]
        agents = [one["actor"], *related.members(one)]
        if thing.get("objectType") in ("Agent", "Group"):
            agents.append(thing)
        activities = {thing["id"]} if thing.get("objectType", "Activity") == "Activity" else set()
        if query.related_agents:
            agents += [one["authority"], *related.agents(one)]
        if query.related_activities:
            activities |= {activity["id"] for activity in related.activities(one)}
        return (
            (query.agent is None or query.agent in {actor_of(agent).key for agent in agents})
            and (query.verb is None or one["verb"]["id"] == query.verb)
            and (query.activity is None or query.activity in activities)
            and (
                query.registration is None or one.get("context", {}).get("registration") == query.registration
            )
        )


def _iso(micros: int) -> str:
    return to_iso(NOW + timedelta(microseconds=micros - to_micros(NOW)))


def queries(chance: random.Random) -> Iterator[tuple[Query, Reader]]:
    for _ in range(250):
        parameters = {}
        if chance.random() < 0.5:
            parameters["agent"] = orjson.dumps(chance.choice([*AGENTS, AUTHORITIES[0].agent])).decode()
        if chance.random() < 0.4:
            parameters["verb"] = chance.choice([*VERBS, VOIDED])
        if chance.random() < 0.4:
            parameters["activity"] = chance.choice(ACTIVITIES)
        if chance.random() < 0.2:
            parameters["registration"] = chance.choice(REGISTRATIONS)
        for name in ("since", "until"):
            if chance.random() < 0.2:
                parameters[name] = to_iso(NOW + timedelta(seconds=chance.randrange(600)))
        for name in ("related_agents", "related_activities", "ascending"):
            parameters[name] = chance.choice(("true", "false"))
        parameters["limit"] = str(chance.choice((1, 3, 7, 0)))
        yield parse(parameters), reader(chance)


def reader(chance: random.Random) -> Reader:
    return Reader(
        own=AUTHORITIES[1].actor.key if chance.random() < 0.1 else None,
        verbs=tuple(chance.sample(VERBS, 2)) if chance.random() < 0.1 else (),
        activities=tuple(chance.sample(ACTIVITIES, 2)) if chance.random() < 0.1 else (),
        authorities=(AUTHORITIES[0].actor.key,) if chance.random() < 0.1 else (),
    )


def pages(engine: Engine, query: Query, reader: Reader) -> list[str]:
    """Every page of a query, one after the other."""
    found: list[str] = []
    after: int | None = None
    while True:
        with engine.connect() as conn:
            page = drive(conn, find(Query(**{**_fields(query), "after": after}), reader, conn.dialect.name))
        ids = [one["id"] for one in orjson.loads(b"[%b]" % page.joined)]
        assert len(ids) <= query.limit
        found += ids
        if page.after is None:
            return found
        assert len(ids) == query.limit
        after = page.after


def _fields(query: Query) -> dict[str, Any]:
    return {name: getattr(query, name) for name in Query.__dataclass_fields__}


@pytest.mark.parametrize("seed", range(3))
def test_every_filter_against_the_oracle(engine: Engine, seed: int) -> None:
    world = World(engine, seed)
    some = 0
    for query, limits in queries(world.chance):
        expected = world.answers(query, limits)
        assert pages(engine, query, limits) == expected, (query, limits)
        some += len(expected) > 0
    assert some > 100


def test_one_by_id_is_within_the_reader_s_limits(engine: Engine) -> None:
    world = World(engine, 7)
    for limits in (Reader(), Reader(own=AUTHORITIES[1].actor.key), Reader(verbs=(VERBS[0], VERBS[1]))):
        for one in world.statements:
            query = Query(statement_id=one["id"], voided=world.is_voided(one))
            with engine.connect() as conn:
                seen = drive(conn, find_one(query, limits)) is not None
                other = Query(statement_id=one["id"], voided=not query.voided)
                assert drive(conn, find_one(other, limits)) is None
            assert seen == world.may_see(one, limits)


def test_what_was_stored_before_the_lookups_is_indexed_alike(engine: Engine) -> None:
    world = World(engine, 11)
    with engine.begin() as conn:
        for table in (reference, related_agent, related_activity):
            conn.execute(delete(table))
        conn.execute(update(evidence).values(authority_id=None))
    told: list[tuple[int, int]] = []
    with engine.begin() as conn:
        assert index_stored(conn, lambda done, total: told.append((done, total))) == SIZE
        assert index_stored(conn) == 0
    assert told == [(SIZE, SIZE)]
    for query, limits in queries(world.chance):
        assert pages(engine, query, limits) == world.answers(query, limits), (query, limits)
