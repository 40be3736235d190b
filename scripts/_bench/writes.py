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
The ratios are statements per second of the store divided by those of the ceiling. memory_megabytes is the
most that the web process has held, at the end of each measurement.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from scripts._bench.databases import Database, database
from scripts._bench.load import STATEMENTS, load, sending
from scripts._bench.progress import say
from scripts._bench.raw import raw_insert, raw_writer
from scripts._bench.report import Bar, Figures, below, ratio
from scripts._bench.servers import bare_server, thaksa
from scripts._bench.statements import average_octets, batch, statements

CONNECTIONS = 16
BATCHES = (1, 50, 500)
ROWS = (1, CONNECTIONS, *BATCHES[1:])
MOST_MEGABYTES = 400


def measure(name: str, folder: Path, seconds: float) -> Figures:
    """Every figure, on an empty database in the folder; the ceilings just before the store itself."""
    bodies = statements()
    say(f"{name}, {seconds:g} s a measurement, statements of {average_octets(bodies)} octets")
    with database(name, folder) as opened:
        http = _http(bodies, seconds)
        insert = _insert(opened, bodies, ROWS, seconds)
        store, memory = _store(opened, bodies, seconds)
        return {
            "database": name,
            "connections": CONNECTIONS,
            "octets_per_statement": average_octets(bodies),
            "cores": os.cpu_count(),
            "store": store,
            "ceiling_http": http,
            "ceiling_insert_statements_per_second": insert,
            "ratio_to_http": {size: _ratio(store[size], _rate(http[size])) for size in BATCHES},
            "ratio_to_insert": {
                rows: _ratio(store[rows if rows in store else 1], insert[rows]) for rows in ROWS
            },
            "memory_megabytes": memory,
            "durability": opened.durability,
        }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    memory = max(figures["memory_megabytes"].values())
    return [below("memory of the web process, MB", memory, MOST_MEGABYTES)]


def _http(bodies: list[bytes], seconds: float) -> Figures:
    with bare_server() as port:
        return {size: _load("bare endpoint", port, "", bodies, size, seconds) for size in BATCHES}


def _insert(opened: Database, bodies: list[bytes], sizes: Iterable[int], seconds: float) -> Figures:
    with raw_writer(opened) as write:
        return {rows: raw_insert(write, bodies, rows, seconds) for rows in sizes}


def _store(opened: Database, bodies: list[bytes], seconds: float) -> tuple[Figures, Figures]:
    """The load of each size of batch, and the memory held after it."""
    store, memory = {}, {}
    with thaksa(opened) as service:
        for size in BATCHES:
            store[size] = _load("record store", service.port, service.authorization, bodies, size, seconds)
            memory[size] = service.peak_megabytes()
    return store, memory


def _load(
    what: str, port: int, authorization: str, bodies: list[bytes], size: int, seconds: float
) -> Figures:
    say(f"{what}, batches of {size}")
    post = sending("POST", STATEMENTS, authorization)
    timed = load(port, lambda: post(batch(bodies, size)), CONNECTIONS, seconds)
    return {"statements_per_second": round(timed.per_second * size, 1), **timed.latency()}


def _rate(figures: Figures) -> float:
    rate: float = figures["statements_per_second"]
    return rate


def _ratio(figures: Figures, ceiling: float) -> float:
    return ratio(_rate(figures), ceiling)
