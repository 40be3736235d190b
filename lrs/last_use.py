"""When credentials were last used, written by a thread of its own: no request waits for it."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from lrs.clock import to_micros
from lrs.credentials import USE_SECONDS, note_use


class LastUse:
    """Writes at most once a minute for a credential. Safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        # One thread, which starts with the first note.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="lrs-last-use")
        self._noted: dict[int, int] = {}
        self._closed = False

    def note(self, credential_id: int, recorded: int | None, now: datetime) -> None:
        """A credential is used now; `recorded` is the time on record, in microseconds."""
        moment = to_micros(now)
        with self._lock:
            last = max(recorded or 0, self._noted.get(credential_id, 0))
            if self._closed or moment - last < USE_SECONDS * 1_000_000:
                return
            self._noted[credential_id] = moment
            self._thread.submit(self._write, credential_id, now)

    def close(self) -> None:
        """Write what is queued. May be called again."""
        with self._lock:
            self._closed = True
        self._thread.shutdown()

    def _write(self, credential_id: int, now: datetime) -> None:
        try:
            with self._engine.begin() as conn:
                note_use(conn, credential_id, now)
        except SQLAlchemyError:
            # The database is busy or away; the next minute's use is noted.
            return
