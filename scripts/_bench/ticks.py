"""How long an answered statement takes to be visible in the person's progress, under load.

An invented country of 5,000 people with 200,000 rows of evidence is served by `thaksa serve`, and `thaksa
schedule`, a process of its own, keeps progress up to date as often as it does where nobody set anything. 16
connections store 500 statements a second about linked accounts, each of a mapped course. Four times a second
another statement completes a course for somebody of whom nothing else is said meanwhile; another connection
to the database looks 20 times a second whose state has become complete.

Measured for each of those: from the answer (200) to what is committed. The bar: the longest at most one tick.
"""

import asyncio
import os
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import orjson
from sqlalchemy import Engine, insert, select

from connector.settings import Settings
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect, read_only
from lrs.tables import statement
from mappings import vocabulary
from mappings.progress import rebuild
from mappings.tables import competency_state
from scripts._bench.country import NOW, course_iri, fill, home_page
from scripts._bench.databases import Database, database
from scripts._bench.load import STATEMENTS, Connection, sending
from scripts._bench.progress import say
from scripts._bench.report import Bar, Figures, at_least, at_most
from scripts._bench.servers import PROGRAM, environment, thaksa

CONNECTIONS, PER_SECOND, PROBES_PER_SECOND = 16, 500, 4
PEOPLE, ROWS = 5_000, 200_000
_ACTIVE = 2_000
_COURSES = 60
_LOOK_SECONDS = 0.05
_GIVEN_UP_SECONDS = 60.0
_SHARE = 0.98
"""Of the load that has to be reached."""


def measure(name: str, folder: Path, seconds: float) -> Figures:
    """Every figure, on a database of its own in the folder."""
    tick = Settings.model_fields["refresh_seconds"].default
    with database(name, folder) as opened:
        engine = connect(opened.url)
        say(f"{name}: filling")
        upgrade(engine, NOW)
        fill(engine, PEOPLE + int(seconds * PROBES_PER_SECOND) + 1, ROWS, active=PEOPLE)
        with engine.begin() as conn:
            # The store counts on from the last statement.
            conn.execute(insert(statement).values(seq=ROWS, id=str(uuid4()), body=b"{}"))
            rebuild(conn, utc_now())
        homes = [home_page(n) for n in range(3)]
        with thaksa(opened, home_pages=homes) as service, _scheduler(opened):
            say(f"{PER_SECOND} statements a second for {seconds:g} s")
            post = _Posting(service.port, service.authorization)
            took, sent = asyncio.run(_load(engine, post, seconds))
        engine.dispose()
    took.sort()
    return {
        "database": name,
        "connections": CONNECTIONS,
        "cores": os.cpu_count(),
        "tick_seconds": tick,
        "statements_per_second": round(sent / seconds, 1),
        "probes": len(took),
        "visible_p50_seconds": round(took[len(took) // 2], 2),
        "visible_p95_seconds": round(took[len(took) * 95 // 100], 2),
        "visible_longest_seconds": round(took[-1], 2),
    }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    return [
        at_least("statements per second", figures["statements_per_second"], PER_SECOND * _SHARE),
        at_most(
            "seconds until visible, longest", figures["visible_longest_seconds"], figures["tick_seconds"]
        ),
    ]


@contextmanager
def _scheduler(opened: Database) -> Iterator[None]:
    process = subprocess.Popen([PROGRAM, "schedule"], env=environment(opened), stdout=subprocess.DEVNULL)  # noqa: S603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


class _Posting:
    """Statements about people by their numbers."""

    def __init__(self, port: int, authorization: str) -> None:
        self.port = port
        self._sending = sending("POST", STATEMENTS, authorization)

    def __call__(self, person: int, course: int) -> bytes:
        said = {
            "id": str(uuid4()),
            "actor": {"account": {"homePage": home_page(person), "name": str(person)}},
            "verb": {"id": vocabulary.COMPLETED},
            "object": {"id": course_iri(course)},
            "result": {"completion": True},
            "timestamp": "2026-01-01T00:00:00Z",
        }
        return self._sending(orjson.dumps(said))


async def _load(engine: Engine, post: _Posting, seconds: float) -> tuple[list[float], int]:
    """How long each probe took to be visible, and how many statements were stored meanwhile."""
    end = time.perf_counter() + seconds
    answered: dict[int, float] = {}
    took: dict[int, float] = {}
    watching = asyncio.create_task(_watch(engine, answered, took, end))
    stored = await asyncio.gather(
        _probe(post, answered, end), *(_store(post, number, end) for number in range(CONNECTIONS))
    )
    await watching
    return list(took.values()), sum(stored)


async def _store(post: _Posting, number: int, end: float) -> int:
    """One connection's share of the load, evenly; what a slow answer holds up is made good."""
    chance = random.Random(number)  # noqa: S311 - the same people at every run
    connection = await Connection.open(post.port)
    began, done = time.perf_counter(), 0
    while (now := time.perf_counter()) < end:
        due = began + done * CONNECTIONS / PER_SECOND
        if due > now:
            await asyncio.sleep(due - now)
        await connection.ask(post(chance.randrange(1, _ACTIVE + 1), chance.randrange(_COURSES)))
        done += 1
    connection.close()
    return done


async def _probe(post: _Posting, answered: dict[int, float], end: float) -> int:
    """One person after the other of whom nothing was said."""
    connection = await Connection.open(post.port)
    person = PEOPLE
    while time.perf_counter() < end:
        person += 1
        await connection.ask(post(person, 0))
        answered[person] = time.perf_counter()
        await asyncio.sleep(1 / PROBES_PER_SECOND)
    connection.close()
    return person - PEOPLE


async def _watch(engine: Engine, answered: dict[int, float], took: dict[int, float], end: float) -> None:
    c = competency_state.c
    reading = read_only(engine)
    while (now := time.perf_counter()) < end or answered.keys() - took.keys():
        if now > end + _GIVEN_UP_SECONDS:
            raise SystemExit("statements were stored and never became visible")
        waiting = answered.keys() - took.keys()
        query = select(c.person_id).distinct().where(c.person_id.in_(waiting), c.state == 2)
        if waiting:
            with reading.begin() as conn:
                found = conn.execute(query).scalars().all()
            seen = time.perf_counter()
            took |= {person: seen - answered[person] for person in found}
        await asyncio.sleep(_LOOK_SECONDS)
