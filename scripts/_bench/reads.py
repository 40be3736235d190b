"""Fills databases up to each size, reads them over HTTP, and compares that with serving from memory.

Statements of about 1.3 kB go straight into the store, 2,000 a transaction: 2,000 actors, 50 activities, 3
verbs, 50 programmes, registrations of about 200 statements; 0.5 % void an earlier one. Then `thaksa serve`
is loaded over 4 connections with about 50 queries of each kind: statements by id, and pages of 100 by agent,
by verb since a moment, by activity, by an activity of the context with related_activities, by registration,
and ascending since a moment.

  bare    the very same answers, served under the same load by a bare FastAPI endpoint that holds them in a
          dictionary, just after the store; the bar for p95 of the store is 3 times its p95
  keyed   the same statements, fetched by primary key from the same database by a bare endpoint: what remains
          for the store to do well or badly is the difference
  growth  p95 at the largest size by p95 at the smallest; the bar is 1.5
  more    one client follows `more` over up to 100,000 statements; the bar is a quarter of the rows a second
          that the raw insert of `scripts/bench lrs` writes, 500 a transaction, into the same database
  memory_megabytes
          the most that the web process has held, at the end of each measurement; the bar is below 400

Every run of --runs reads the same databases, filled once. They are removed at the end, or kept in
.cache/bench-filled for the next run with --keep; a run without --keep uses and removes what was kept.
"""

import os
from collections.abc import Sequence
from itertools import cycle

import orjson

from scripts._bench.databases import Database
from scripts._bench.filled import Content, filled
from scripts._bench.load import STATEMENTS, ask_each, get, load, sending
from scripts._bench.more import walk
from scripts._bench.progress import say
from scripts._bench.queries import queries
from scripts._bench.raw import raw_insert, raw_writer
from scripts._bench.report import Bar, Figures, at_least, at_most, below, ratio
from scripts._bench.servers import Service, bare_server, keyed_server, thaksa
from scripts._bench.statements import statements

CONNECTIONS = 4
ROWS = 500
MOST_TO_BARE, MOST_GROWTH, LEAST_TO_INSERT, MOST_MEGABYTES = 3, 1.5, 0.25, 400


def measure(name: str, sizes: Sequence[int], seconds: float) -> Figures:
    """Every figure, at each size."""
    at = {size: _measure_size(name, size, seconds) for size in sizes}
    first, last = at[sizes[0]], at[sizes[-1]]
    return {
        "database": name,
        "connections": CONNECTIONS,
        "cores": os.cpu_count(),
        "sizes": at,
        "growth_p95": {
            kind: ratio(figures["p95_ms"], first["store"][kind]["p95_ms"])
            for kind, figures in last["store"].items()
        },
    }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    found = [bar for size, at in figures["sizes"].items() for bar in _bars_at(size, at)]
    if len(figures["sizes"]) > 1:
        growth = figures["growth_p95"].items()
        found += [
            at_most(f"{kind}: p95 at the largest size / smallest", value, MOST_GROWTH)
            for kind, value in growth
        ]
    return found


def _bars_at(size: int, at: Figures) -> list[Bar]:
    to_bare = at["ratio_p95_to_bare"].items()
    return [
        *(at_most(f"{kind} at {size}: p95 / bare p95", value, MOST_TO_BARE) for kind, value in to_bare),
        at_least(f"more at {size}: rows / raw insert's", at["ratio_more_to_insert"], LEAST_TO_INSERT),
        below(f"memory at {size}, MB", max(at["memory_megabytes"].values()), MOST_MEGABYTES),
    ]


def _measure_size(name: str, size: int, seconds: float) -> Figures:
    with filled(name, size) as (opened, content):
        with thaksa(opened) as service:
            figures = _kinds(service, opened, content, seconds)
            say(f"more at {size:,}")
            figures["more"] = more = walk(service.port, service.authorization)
            figures["memory_megabytes"]["more"] = service.peak_megabytes()
        insert = _raw(opened, seconds)
        return {
            "fill_statements_per_second": content.statements_per_second,
            **figures,
            "ceiling_insert_rows_per_second": insert,
            "ratio_more_to_insert": ratio(more["rows_per_second"], insert),
            "durability": opened.durability,
        }


def _raw(opened: Database, seconds: float) -> float:
    with raw_writer(opened) as write:
        return raw_insert(write, statements(), ROWS, seconds)


def _kinds(service: Service, opened: Database, content: Content, seconds: float) -> Figures:
    """Of each kind of query: the store, just after it the bare endpoints, and the memory held by then."""
    found: Figures = {"store": {}, "keyed": {}, "bare": {}}
    memory = {"start": service.peak_megabytes()}
    with bare_server() as bare, keyed_server(opened) as keyed:
        for kind, some in queries(content).items():
            say(f"{kind} at {content.size:,}")
            targets = [f"{STATEMENTS}?{one}" for one in some]
            answers = ask_each(service.port, [get(one, service.authorization) for one in targets])
            _hold(bare, targets, answers)
            _hold(keyed, targets, [orjson.dumps(_ids(answer)) for answer in answers])
            for name, port in (("store", service.port), ("keyed", keyed), ("bare", bare)):
                found[name][kind] = _load(port, service.authorization, targets, answers, seconds)
            memory[kind] = service.peak_megabytes()
    return {
        **found,
        "ratio_p95_to_bare": _ratios(found["store"], found["bare"]),
        "ratio_p95_to_keyed": _ratios(found["store"], found["keyed"]),
        "ratio_keyed_p95_to_bare": _ratios(found["keyed"], found["bare"]),
        "memory_megabytes": memory,
    }


def _ratios(one: Figures, other: Figures) -> Figures:
    return {kind: ratio(one[kind]["p95_ms"], other[kind]["p95_ms"]) for kind in one}


def _ids(answer: bytes) -> list[str]:
    """Of the statements in an answer: a page, or one."""
    content = orjson.loads(answer)
    return [one["id"] for one in content.get("statements", [content])]


def _hold(port: int, targets: list[str], answers: list[bytes]) -> None:
    """Give an endpoint what it is to serve."""
    ask_each(port, [sending("PUT", one, "")(answer) for one, answer in zip(targets, answers, strict=True)])


def _load(port: int, authorization: str, targets: list[str], answers: list[bytes], seconds: float) -> Figures:
    requests = cycle([get(one, authorization) for one in targets])
    timed = load(port, lambda: next(requests), CONNECTIONS, seconds)
    return {
        "requests_per_second": round(timed.per_second, 1),
        **timed.latency(),
        "queries": len(targets),
        "octets_per_answer": sum(map(len, answers)) // len(answers),
    }
