"""Where uploaded files are handed in: read one after another while their pages tell how far they are.

An uploaded file lies in a folder of its own, readable by the service alone, until it is read. The folder is
locked by the process that reads it: what a killed process left behind is known by its free lock, and is
thrown away when a service starts.
"""

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import BinaryIO

import structlog
from sqlalchemy import Engine

from connector.imports.errors import ImportFileError
from connector.imports.import_files import Brought
from connector.imports.kinds import ImportKind
from connector.imports.promised import expect, fail, note_rows
from lrs.clock import Clock, utc_now

STOPPED = "the service was stopped while it read the file: bring the file again"
BROKEN = "the file could not be read because of a fault of the service, see its log: bring the file again"

_TELL_SECONDS = 1.0
_LONGEST_NAME = 100
_LOG = structlog.get_logger()


class _Stopped(Exception):
    """The service ends."""


class Desk:
    """Takes files and reads them, one after another."""

    def __init__(
        self, engine: Engine, folder: Path, kinds: Mapping[str, ImportKind], clock: Clock = utc_now
    ) -> None:
        self._engine, self._folder, self._kinds, self._clock = engine, folder, kinds, clock
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="imports")
        self._ending = Event()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._throw_away_left_behind()

    def bring(self, brought: Brought, content: BinaryIO) -> str:
        """Take a file, to be read soon; the UUID of its page. `brought.path` is no more than its name."""
        name = safe_name(brought.name)
        with self._engine.begin() as conn:
            uuid = expect(conn, replace(brought, name=name), self._clock())
        kept = replace(brought, name=name, uuid=uuid, path=self._folder / uuid / name)
        lock = _make_locked(kept.path.parent)
        try:
            with open(os.open(kept.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                shutil.copyfileobj(content, file)
            self._readers.submit(self._read, kept, lock)
        except BaseException:
            self._end(kept, lock, STOPPED)
            raise
        return uuid

    def close(self) -> None:
        """Give up what is being read, and say so on its page."""
        self._ending.set()
        self._readers.shutdown()

    def _read(self, brought: Brought, lock: int) -> None:
        reason = BROKEN
        try:
            self._kinds[brought.kind].stage(self._engine, brought, self._clock(), self._teller(brought.uuid))
        except ImportFileError as error:
            reason = str(error)
        except _Stopped:
            reason = STOPPED
        except Exception as error:
            # Its text may quote a row: the kind of fault and the import are enough to find it.
            _LOG.error("import failed", uuid=brought.uuid, kind=brought.kind, error=type(error).__name__)
        finally:
            self._end(brought, lock, reason)

    def _teller(self, uuid: str) -> "_Teller":
        return _Teller(self._engine, uuid, self._ending)

    def _end(self, brought: Brought, lock: int, reason: str) -> None:
        """What is read by now stays; anything else has failed."""
        with self._engine.begin() as conn:
            fail(conn, brought.uuid, self._clock(), reason)
        _throw_away(brought.path.parent, lock)

    def _throw_away_left_behind(self) -> None:
        for folder in sorted(self._folder.glob("*-*")):
            with _locked(folder) as lock:
                if lock is not None:
                    with self._engine.begin() as conn:
                        fail(conn, folder.name, self._clock(), STOPPED)
                    shutil.rmtree(folder, ignore_errors=True)


class _Teller:
    """Notes now and then how far a file has been read."""

    def __init__(self, engine: Engine, uuid: str, ending: Event) -> None:
        self._engine, self._uuid, self._ending = engine, uuid, ending
        self._next = 0.0

    def __call__(self, done: int, _total: int) -> None:
        if self._ending.is_set():
            raise _Stopped
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _TELL_SECONDS
            with self._engine.begin() as conn:
                note_rows(conn, self._uuid, done)


def safe_name(name: str) -> str:
    """A file's name without folders and control characters, not too long for a file system."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(letter for letter in last if letter.isprintable()).strip().lstrip(".")
    stem, dot, suffix = clean.rpartition(".")
    if not dot:
        stem, suffix = suffix, ""
    shorter = stem.encode()[:_LONGEST_NAME].decode(errors="ignore")
    return f"{shorter}{dot}{suffix[:10]}" if shorter else "file"


def _make_locked(folder: Path) -> int:
    """A new folder that nobody else may enter; the descriptor that holds its lock."""
    while True:
        folder.mkdir(exist_ok=True, mode=0o700)
        lock = os.open(folder, os.O_RDONLY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # A service that started this moment may have thrown it away before it was locked.
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(lock), folder.stat()):
                return lock
        os.close(lock)


def _throw_away(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


@contextmanager
def _locked(folder: Path) -> Iterator[int | None]:
    """The folder's lock; None where another process has it."""
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
    finally:
        os.close(lock)
