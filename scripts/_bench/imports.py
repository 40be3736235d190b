"""Imports a generated roster as an operator does (`thaksa import roster FILE --full`), twice: at first every
row brings a person, then none changes anything.

The file has an invented person a row, with a national id, the roster's own id and an e-mail, spread over
schools of which 500,000 people have 29,600. Each command is a process of its own that reads the file,
checks it, shows what it would do, applies it in one transaction and recomputes whoever is concerned.

Measured in the same run, for comparison:
  read    the same file through Python's csv alone
  insert  the rows' cells into one table with only a primary key in the same database, as fast as its
          driver can (executemany; COPY), 2,000 rows a transaction
The ratio is rows per second of the first import divided by those of reading and then inserting.
memory_megabytes is the most that the command's process has held (maximum resident set).
"""

# ruff: noqa: S603 - the program started is this product's own
import csv
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import psycopg

from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect
from mappings.people import import_units
from scripts._bench.databases import Database, database
from scripts._bench.progress import say
from scripts._bench.report import Bar, Figures, below, ratio
from scripts._bench.roster_file import TITLES, units, write_roster
from scripts._bench.servers import PROGRAM

MOST_MEGABYTES = 500
_AT_ONCE = 2_000
_COLUMNS = ", ".join(f"c{place}" for place in range(len(TITLES)))
_TYPED = ", ".join(f"c{place} text not null" for place in range(len(TITLES)))

Rows = list[list[str]]


def measure(name: str, folder: Path, people: int) -> Figures:
    """Every figure, on an empty database in the folder; the ceilings just before the imports."""
    file = folder / "roster.csv"
    say(f"{name}, {people} people")
    write_roster(file, people)
    with database(name, folder) as opened:
        read, insert = _read(file, people), _insert(opened, file, people)
        _fill(opened, people)
        first, again = (_import(opened, file, people, expected) for expected in ("added", "unchanged"))
        both = 1 / (1 / read + 1 / insert)
        return {
            "database": name,
            "people": people,
            "file_megabytes": round(file.stat().st_size / 1e6, 1),
            "cores": os.cpu_count(),
            "first": first,
            "again": again,
            "ceiling_read_rows_per_second": round(read),
            "ceiling_insert_rows_per_second": round(insert),
            "ceiling_read_and_insert_rows_per_second": round(both),
            "ratio_first": ratio(first["rows_per_second"], both),
            "ratio_again": ratio(again["rows_per_second"], both),
            "durability": opened.durability,
        }


def bars(figures: Figures) -> list[Bar]:
    """What the figures are held against."""
    return [
        below(f"memory in MB, {name}", figures[name]["memory_megabytes"], MOST_MEGABYTES)
        for name in ("first", "again")
    ]


def _read(file: Path, people: int) -> float:
    say("reading the file alone")
    began = time.perf_counter()
    found = sum(len(rows) for rows in _rows(file))
    took = time.perf_counter() - began
    if found != people:
        raise SystemExit(f"the file has {found} rows, not {people}")
    return people / took


def _rows(file: Path) -> Iterator[Rows]:
    with file.open(encoding="utf-8-sig", newline="") as opened:
        lines = csv.reader(opened)
        next(lines)
        while some := list(islice(lines, _AT_ONCE)):
            yield some


def _insert(opened: Database, file: Path, people: int) -> float:
    say("inserting the rows raw")
    took = 0.0
    with _sqlite(opened) if opened.name == "sqlite" else _postgresql(opened) as write:
        for rows in _rows(file):
            began = time.perf_counter()
            write(rows)
            took += time.perf_counter() - began
    return people / took


@contextmanager
def _sqlite(opened: Database) -> Iterator[Callable[[Rows], None]]:
    path = opened.folder / "raw.db"
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute("pragma journal_mode=WAL")
    conn.execute("pragma synchronous=FULL")
    conn.execute(f"create table raw (id integer primary key, {_TYPED})")
    marks = ", ".join("?" * len(TITLES))

    def write(rows: Rows) -> None:
        conn.execute("begin immediate")
        conn.executemany(f"insert into raw ({_COLUMNS}) values ({marks})", rows)  # noqa: S608
        conn.execute("commit")

    try:
        yield write
    finally:
        conn.close()
        path.unlink()


@contextmanager
def _postgresql(opened: Database) -> Iterator[Callable[[Rows], None]]:
    identity = "id bigint generated always as identity primary key"
    with psycopg.connect(opened.plain_url, autocommit=True) as conn:
        conn.execute(f"create table raw ({identity}, {_TYPED})")

        def write(rows: Rows) -> None:
            with conn.cursor().copy(f"copy raw ({_COLUMNS}) from stdin") as copy:
                for row in rows:
                    copy.write_row(row)

        try:
            yield write
        finally:
            conn.execute("drop table raw")


def _fill(opened: Database, people: int) -> None:
    """The schema, and the units that the roster names."""
    engine = connect(opened.url)
    upgrade(engine, utc_now())
    with engine.begin() as conn:
        import_units(conn, units(people), utc_now(), "bench")
    engine.dispose()


def _import(opened: Database, file: Path, people: int, expected: str) -> Figures:
    say(f"importing, every row {expected}")
    command = [PROGRAM, "import", "roster", str(file), "--full", "--data", str(opened.folder / "data")]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=os.environ | {"THAKSA_DATABASE_URL": opened.url}, stdout=subprocess.PIPE, text=True
    )
    told = process.stdout.read() if process.stdout else ""
    _, status, used = os.wait4(process.pid, 0)
    took = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode or not re.search(rf"\b{people} {expected}\b", told):
        raise SystemExit(f"the import went wrong ({process.returncode}): {told}")
    return {
        "seconds": round(took, 1),
        "rows_per_second": round(people / took),
        "memory_megabytes": round(used.ru_maxrss * 1024 / 1e6, 1),
    }
