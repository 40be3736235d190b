"""Loads the pages and the API of an invented country (by default 500,000 people with 20 million rows of
evidence, in the schools of 245 offices) and of one with the same units and a hundredth of all else.

Over 4 connections, by `thaksa serve`: the national overview, the overview of one office, and the aggregates
by school and by competency; of today and of a month-end that is closed. The bar: p95 at the full size at most
twice that at a hundredth. Another day is computed when it is asked for: the office's overview over the same
connections, with a bar of 10 seconds, and the national one asked for once.

Then the overview of an office of 5,000 people and the list of 10,000 people, of somebody who has signed in,
beside bare templated pages of the same octets. The bar: p95 at most three times theirs.
"""

import os
import time
from itertools import cycle
from pathlib import Path

from sqlalchemy import Engine

from connector.upgrade import upgrade
from lrs.database import connect
from mappings.closings import close_months, month_end
from mappings.progress import rebuild
from scripts._bench.beside_bare import bars as beside_bare_bars
from scripts._bench.beside_bare import beside_bare
from scripts._bench.country import NOW, fill
from scripts._bench.databases import Database, database
from scripts._bench.load import ask_each, get, load
from scripts._bench.progress import say
from scripts._bench.report import Bar, Figures, at_most, ratio
from scripts._bench.servers import Service, thaksa

CONNECTIONS, SHARE = 4, 100
MOST_GROWTH, MOST_SECONDS = 2, 10
_MONTH, _OTHER_DAY = "2025-12", "2025-12-15"
_AGGREGATES = "/api/v1/aggregates?by="
_KINDS = {
    "national": "/?",
    "office": "/?unit=area-7",
    "aggregates by school": f"{_AGGREGATES}school",
    "aggregates by competency": f"{_AGGREGATES}competency&unit=area-7",
}


def measure(name: str, folder: Path, people: int, rows: int, seconds: float) -> Figures:
    """Every figure, the smaller country first."""
    at = {
        share: _measure_size(name, folder / str(share), (people // share, rows // share), people, seconds)
        for share in (SHARE, 1)
    }
    growth = {
        kind: ratio(figures["p95_ms"], at[SHARE]["kept"][kind]["p95_ms"])
        for kind, figures in at[1]["kept"].items()
    }
    sizes = {"hundredth": at[SHARE], "full": at[1]}
    given: Figures = {"database": name, "people": people, "rows": rows, "cores": os.cpu_count()}
    bare = beside_bare(name, folder / "bare", CONNECTIONS, seconds)
    return given | {
        "connections": CONNECTIONS,
        "sizes": sizes,
        "growth_p95": growth,
        "beside_bare": bare,
    }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    computed = figures["sizes"]["full"]["computed_office"]["p95_ms"]
    return [
        *(
            at_most(f"{kind}: p95 at full size / a hundredth", value, MOST_GROWTH)
            for kind, value in figures["growth_p95"].items()
        ),
        at_most("office on another day: p95 in ms", computed, MOST_SECONDS * 1000),
        *beside_bare_bars(figures["beside_bare"]),
    ]


def _measure_size(name: str, folder: Path, size: tuple[int, int], like: int, seconds: float) -> Figures:
    say(f"{name}: {size[0]:,} people, {size[1]:,} rows")
    folder.mkdir()
    with database(name, folder) as opened:
        engine = connect(opened.url)
        upgrade(engine, NOW)
        fill(engine, *size, like=like)
        prepared = _prepare(engine)
        engine.dispose()
        with thaksa(opened, more={"THAKSA_ACCESS": "open"}) as service:
            return prepared | _asked(opened, service, seconds)


def _prepare(engine: Engine) -> Figures:
    """Progress and counts of today, and of a month-end."""
    say("computing")
    began = time.perf_counter()
    with engine.begin() as conn:
        rebuild(conn, NOW)
    rebuilt = time.perf_counter()
    close_months(engine, [month_end(_MONTH, NOW)], NOW)
    closed = time.perf_counter()
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.exec_driver_sql("vacuum analyze")
    return {"rebuild_seconds": round(rebuilt - began, 1), "closing_seconds": round(closed - rebuilt, 1)}


def _asked(opened: Database, service: Service, seconds: float) -> Figures:
    month = f"&as_of={month_end(_MONTH, NOW)}"
    kept = {}
    for kind, target in _KINDS.items():
        kept[f"{kind}, today"] = _load(service, target, seconds)
        kept[f"{kind}, month-end"] = _load(service, target + month, seconds)
    say("another day")
    office = _load(service, f"{_KINDS['office']}&as_of={_OTHER_DAY}", seconds)
    began = time.perf_counter()
    ask_each(service.port, [get(f"/?as_of={_OTHER_DAY}", service.authorization)])
    once = round(time.perf_counter() - began, 1)
    return {
        "kept": kept,
        "computed_office": office,
        "computed_national_seconds": once,
        "memory_megabytes": service.peak_megabytes(),
        "durability": opened.durability,
    }


def _load(service: Service, target: str, seconds: float) -> Figures:
    say(target)
    request = get(target, service.authorization)
    octets = len(ask_each(service.port, [request])[0])
    requests = cycle([request])
    timed = load(service.port, lambda: next(requests), CONNECTIONS, seconds)
    return {"requests_per_second": round(timed.per_second, 1), **timed.latency(), "octets": octets}
