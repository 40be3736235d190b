"""Computes progress on an invented country (by default 500,000 people with 20 million rows of evidence, of
which 5 million complete a mapped course) and on one of a tenth of the size.

Measured at both sizes:
  refresh   200 people who are marked, spread over the country; the median of several times
Measured at the full size:
  rebuild   everybody, by `thaksa rebuild`, a process of its own, once with each engine: seconds, and the most
            memory that the process has held (maximum resident set; PostgreSQL's own is not in it)
  duckdb    the same in parts: writing the Parquet files, and computing all results from them
For comparison, one full scan of all evidence grouped by account and verb, in the same engine: in the
database, and in DuckDB over the Parquet files; it reads every column that the views read. In the database the
median of three counts, before, between and after the rebuilds: a machine's speed may change meanwhile. A
narrow one reads three columns. The bars: refreshing takes at most 3 times as long at ten times the size; a
rebuild by the database, and computing by DuckDB, at most 4 full scans; memory below 1 GB.

The rebuild that is measured begins with no progress kept, `again` with the same rows kept already; one more
before them warms what there is to be warmed. Every run of --runs uses the same countries, filled once. They
are removed at the end, or kept in .cache/bench-filled for the next run with --keep; a run without --keep uses
and removes what was kept.
"""

# ruff: noqa: S603 - the program started is this product's own, and so are the names in queries
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Connection, Engine, func, select, text

from lrs.database import connect
from lrs.tables import evidence
from mappings.archive import write_archive
from mappings.engines import compute, opened_archive, result
from mappings.progress import KEPT, rebuild, refresh
from mappings.stale import mark_persons
from mappings.steps import Into
from mappings.tables import competency_state
from scripts._bench.country import NOW
from scripts._bench.databases import Database
from scripts._bench.filled_countries import Size, filled_country
from scripts._bench.progress import say
from scripts._bench.report import Bar, Figures, at_most, below, ratio
from scripts._bench.servers import PROGRAM

STALE, TIMES = 200, 7
MOST_MEGABYTES = 1000
_SCANS = {
    "scan": (
        "select count(*), max(q), max(a), min(l), max(t), max(s), max(g), max(p), sum(c), sum(u), sum(o)"
        " from (select agent_id, verb_id, max(seq) as q, max(activity_id) as a, min(level) as l,"
        " max(timestamp) as t, max(stored) as s, max(voided_at) as g, max(score_scaled) as p,"
        " sum(case when completion then 1 else 0 end) as c, sum(case when success then 1 else 0 end) as u,"
        " sum(case when object_type = 'activity' then 1 else 0 end) as o"
        " from evidence group by agent_id, verb_id) g"
    ),
    "narrow_scan": (
        "select count(*), max(t) from (select agent_id, verb_id, count(*) as n, max(timestamp) as t"
        " from evidence group by agent_id, verb_id) g"
    ),
}


def sizes(people: int, rows: int) -> list[Size]:
    """Of the countries that are measured, the smaller one first."""
    return [(people // 10, rows // 10), (people, rows)]


def measure(name: str, people: int, rows: int) -> Figures:
    """Every figure."""
    figures: Figures = {"database": name, "people": people, "rows": rows, "cores": os.cpu_count()}
    for which, size in zip(("tenth", "full"), sizes(people, rows), strict=True):
        say(f"{name}: {size[0]:,} people, {size[1]:,} rows")
        with filled_country(name, size) as opened:
            engine = connect(opened.url)
            _empty(engine)
            if which == "full":
                figures |= _everybody(opened, engine)
            else:
                _command(opened, "database")
            figures[f"refresh_{which}_milliseconds"] = _refresh(engine, size[0])
            engine.dispose()
    return figures | {
        "ratio_refresh": ratio(figures["refresh_full_milliseconds"], figures["refresh_tenth_milliseconds"]),
        "ratio_rebuild": ratio(figures["rebuild_database"]["seconds"], figures["scan_database_seconds"]),
        "ratio_duckdb": ratio(figures["duckdb_computing_seconds"], figures["duckdb_scan_seconds"]),
    }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    return [
        at_most(f"refresh of {STALE}, full to tenth", figures["ratio_refresh"], 3),
        at_most("rebuild by the database, in scans", figures["ratio_rebuild"], 4),
        at_most("computing by DuckDB, in scans", figures["ratio_duckdb"], 4),
        *(
            below(f"memory in MB, {one}", figures[f"rebuild_{one}"]["memory_megabytes"], MOST_MEGABYTES)
            for one in ("database", "duckdb")
        ),
    ]


def _everybody(opened: Database, engine: Engine) -> Figures:
    with engine.connect() as conn:
        counted = conn.execute(select(func.count()).select_from(evidence)).scalar_one()
    narrow = _scan_database(engine, "narrow_scan")
    # This warms what there is to be warmed, as the first of two scans does.
    _command(opened, "database")
    scans = [_scan_database(engine, "scan")]
    again = _command(opened, "database")
    scans.append(_scan_database(engine, "scan"))
    _empty(engine)
    by_database = _command(opened, "database")
    scans.append(_scan_database(engine, "scan"))
    states = _states(engine)
    by_duckdb = _command(opened, "duckdb")
    if _states(engine) != states:
        raise SystemExit("DuckDB keeps other states than the database")
    return {
        "rows_counted": counted,
        "states": states,
        "narrow_scan_database_seconds": narrow,
        "scans_database_seconds": scans,
        "scan_database_seconds": median(scans),
        "rebuild_database": by_database,
        "rebuild_database_again": again,
        "rebuild_duckdb": by_duckdb,
        **_duckdb_in_parts(engine, opened.folder / "archive"),
    }


def _scan_database(engine: Engine, name: str) -> float:
    with engine.connect() as conn:
        return _scan(partial(_all_rows, conn, _SCANS[name]))


def _all_rows(conn: Connection, query: str) -> None:
    conn.execute(text(query)).all()


def _empty(engine: Engine) -> None:
    """Of what an earlier run has kept."""
    with engine.begin() as conn:
        for table in KEPT:
            way = "truncate" if conn.dialect.name == "postgresql" else "delete from"
            conn.execute(text(f"{way} {table.name}"))


def _states(engine: Engine) -> dict[int, int]:
    """How many of each state, and a sum that tells which statements prove them."""
    c = competency_state.c
    query = select(c.state, func.count() + func.coalesce(func.sum(c.evidence_seq), 0)).group_by(c.state)
    with engine.connect() as conn:
        return {row[0]: int(row[1]) for row in conn.execute(query)}


def _scan(run: Callable[[], object]) -> float:
    """The second of two: the first one warms what there is to be warmed."""
    say("scanning and grouping all evidence")
    run()
    return _seconds(run)


def _seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return round(time.perf_counter() - began, 3)


def _command(opened: Database, by: str) -> Figures:
    say(f"rebuilding by {by}")
    command = [PROGRAM, "rebuild", "--engine", by, "--data", str(opened.folder / "data")]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | {"THAKSA_DATABASE_URL": opened.url}, stdout=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"the rebuild went wrong ({process.returncode})")
    return {"seconds": round(took, 3), "memory_megabytes": round(used.ru_maxrss * 1024 / 1e6, 1)}


def _duckdb_in_parts(engine: Engine, folder: Path) -> Figures:
    """Within a rebuild that is taken back."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    figures: Figures = {}

    def parts(conn: Connection, batch: str, _into: Into) -> None:
        if conn.dialect.name == "postgresql":
            conn.execute(text("set local idle_in_transaction_session_timeout = 0"))
        say("writing Parquet files")
        figures["duckdb_archive_seconds"] = _seconds(lambda: write_archive(conn, folder, _quiet))
        with opened_archive(folder) as computing:
            for name, scan in _SCANS.items():
                figures[f"duckdb_{name}_seconds"] = _scan(partial(_fetched, computing, scan))
            say("computing by DuckDB")
            figures["duckdb_computing_seconds"] = _seconds(lambda: _compute(computing, batch))
        raise _TakenBack

    with suppress(_TakenBack), engine.begin() as conn:
        rebuild(conn, NOW, parts)
    size = sum(file.stat().st_size for file in (folder / "evidence").iterdir())
    shutil.rmtree(folder)
    return figures | {"parquet_megabytes": round(size / 1e6, 1)}


class _TakenBack(Exception):
    """There is nothing to keep of what is measured."""


def _fetched(computing: Any, query: str) -> None:
    computing.execute(query).fetchall()


def _compute(computing: Any, batch: str) -> None:
    """All results, kept in DuckDB: none is handed to Python."""
    compute(computing)
    for query in KEPT.values():
        computing.execute(f"create or replace temp table result as {result(query)}", {"batch": batch})


def _quiet(_stage: str, _done: int, _total: int) -> None: ...


def _refresh(engine: Engine, people: int) -> float:
    """Milliseconds; other people each time."""
    say(f"refreshing {STALE} people, {TIMES} times")
    took = []
    for turn in range(TIMES):
        step = max(1, people // STALE)
        with engine.begin() as conn:
            mark_persons(conn, range(1 + turn, people + 1, step))
        with engine.begin() as conn:
            took.append(_seconds(lambda: refresh(conn, NOW)))
    return round(median(took) * 1000, 1)
