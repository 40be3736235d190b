"""Databases filled up to a size, in `.cache/bench-filled/DATABASE-SIZE`; a later run may use them again."""

import fcntl
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TextIO

import orjson
import psycopg
from sqlalchemy import func, select

from lrs.clock import utc_now
from lrs.database import connect
from lrs.dimensions import Known
from lrs.store import insert
from lrs.tables import evidence
from scripts._bench.databases import Database, database
from scripts._bench.filling import pool
from scripts._bench.progress import ROOT, say
from scripts._bench.servers import upgrade

FOLDER = ROOT / ".cache" / "bench-filled"
_TRANSACTION = 2000
_PROGRESS_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class Content:
    """What a filled database holds; moments of storing in microseconds since the epoch."""

    size: int
    first_stored: int
    last_stored: int
    statements_per_second: float
    # Of the pool that it was filled from.
    digest: str


@contextmanager
def filled_databases(name: str, sizes: Sequence[int], *, keep: bool) -> Iterator[None]:
    """Meanwhile no other run uses them; afterwards those of the sizes are removed, unless to be kept."""
    with in_turn():
        try:
            yield
        finally:
            for size in () if keep else sizes:
                shutil.rmtree(_folder(name, size), ignore_errors=True)


@contextmanager
def in_turn() -> Iterator[None]:
    """Meanwhile no other run uses what is in the folder, which is there."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        _take(lock)
        yield


def _take(lock: TextIO) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("waiting for another run that uses the filled databases")
        fcntl.flock(lock, fcntl.LOCK_EX)


@contextmanager
def filled(name: str, size: int) -> Iterator[tuple[Database, Content]]:
    """The database of this size, filled now unless an earlier run has done it."""
    folder = _folder(name, size)
    content = _content(folder)
    if content is None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    with database(name, folder) as opened:
        upgrade(opened)
        yield opened, content or _fill(opened, size)


def _folder(name: str, size: int) -> Path:
    return FOLDER / f"{name}-{size}"


def _content(folder: Path) -> Content | None:
    """What the folder's database holds, if it was filled to the end with these very statements."""
    note = folder / "filled.json"
    if not note.exists():
        return None
    content = Content(**orjson.loads(note.read_bytes()))
    return content if content.digest == pool().digest else None


def _fill(opened: Database, size: int) -> Content:
    began = time.perf_counter()
    _insert(opened.url, size)
    rate = round(size / (time.perf_counter() - began), 1)
    if opened.name == "postgresql":
        say("vacuum analyze")
        with psycopg.connect(opened.plain_url, autocommit=True) as conn:
            conn.execute("vacuum analyze")
    first, last = _moments(opened.url)
    content = Content(size, first, last, rate, pool().digest)
    (opened.folder / "filled.json").write_bytes(orjson.dumps(asdict(content)))
    return content


def _insert(url: str, size: int) -> None:
    """Straight into the store, by its own means."""
    engine, known, statements = connect(url), Known(), pool()
    began = time.perf_counter()
    for start in range(0, size, _TRANSACTION):
        end = min(start + _TRANSACTION, size)
        with engine.begin() as conn:
            insert(conn, [statements.nth(n) for n in range(start, end)], utc_now, known)
        known.keep()
        if end % _PROGRESS_EVERY == 0 or end == size:
            say(f"filled {end:,} of {size:,}, {end / (time.perf_counter() - began):,.0f} a second")
    engine.dispose()


def _moments(url: str) -> tuple[int, int]:
    """When the first and the last statement were stored."""
    engine = connect(url)
    with engine.connect() as conn:
        row = conn.execute(select(func.min(evidence.c.stored), func.max(evidence.c.stored))).one()
    engine.dispose()
    return row[0], row[1]
