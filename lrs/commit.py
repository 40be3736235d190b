"""Group commit: concurrent requests share one transaction, and each is answered after COMMIT.

One thread writes. While it commits, requests queue; then it takes them all. A group is stored at once;
if one of its requests is refused, the group is done again with a savepoint a request, so that the bad
one fails alone.
"""

import asyncio
import gc
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from lrs import store
from lrs.clock import Clock
from lrs.database import DRIVER_ERRORS, OPERATIONAL_ERRORS, hasty
from lrs.dimensions import Known
from lrs.errors import Busy, LrsError
from lrs.statement import Prepared

# A group ends after this many statements, so that one transaction stays short.
MOST_IN_GROUP = 2000
# Up to this the trips to the database cost more than the rows.
FEW = 50
# Times that a group is tried again after the database broke a deadlock or lost its connection.
MOST_TRIES = 3
# How long a group waits for more requests as long as they keep coming.
PAUSE_SECONDS = 0.0002
MOST_PAUSES = 8
# Objects that are new, and collections of younger ones, before Python looks for rings again.
COLLECT_AFTER = (50_000, 20, 100)
_MICROSECOND = timedelta(microseconds=1)


class _Request:
    """Statements to be stored together, and who waits for the answer: a thread, or a task of a loop."""

    __slots__ = ("answer", "loop", "prepared")

    def __init__(
        self,
        prepared: Sequence[Prepared],
        answer: "Future[list[str]] | asyncio.Future[list[str]]",
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.prepared = prepared
        self.answer = answer
        self.loop = loop

    def settle(self, error: Exception | None) -> None:
        """Answer; in the loop's own thread, if there is one. A client that went away waits no more."""
        if self.answer.cancelled():
            return
        if error is None:
            self.answer.set_result([one.id for one in self.prepared])
        else:
            self.answer.set_exception(error)


class Writer:
    """The queue and its thread, which starts with the first request."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._known = Known()
        self._queue: queue.SimpleQueue[_Request | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        # Requests in the last group.
        self._together = 1
        # When the running transaction began; None between transactions.
        self._began: datetime | None = None

    def submit(self, prepared: Sequence[Prepared]) -> "Future[list[str]]":
        """Queue one request's statements; the future answers their ids once they are durable.

        It raises Conflict as `store.insert` does, and Busy where nothing could be stored.
        """
        answer: Future[list[str]] = Future()
        self._put(_Request(prepared, answer, None))
        return answer

    async def store(self, prepared: Sequence[Prepared]) -> list[str]:
        """`submit` for a task."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[str]] = loop.create_future()
        self._put(_Request(prepared, answer, loop))
        return await answer

    def _put(self, request: _Request) -> None:
        with self._lock:
            if self._closed:
                raise Busy("the server is shutting down")
            self._queue.put(request)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="lrs-writer", daemon=True)
                self._thread.start()

    def consistent_through(self) -> datetime:
        """All that this writer has stored by then is visible to a look-up that begins after this call."""
        # In this order: what begins later is stored later.
        now = self._clock()
        began = self._began
        return (now if began is None else min(now, began)) - _MICROSECOND

    def close(self) -> None:
        """Write what is queued and stop; later requests are refused. May be called again."""
        with self._lock:
            self._closed = True
            thread, self._thread = self._thread, None
            if thread is not None:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while (request := self._queue.get()) is not None:
            group, last = self._gather(request)
            self._answer(group)
            if last:
                return

    def _gather(self, first: _Request) -> tuple[list[_Request], bool]:
        """What waits in the queue, up to a group's size, and whether the thread is to stop after it."""
        self._await_more()
        group, size = [first], len(first.prepared)
        while size < MOST_IN_GROUP:
            try:
                request = self._queue.get_nowait()
            except queue.Empty:
                break
            if request is None:
                return group, True
            group.append(request)
            size += len(request.prepared)
        self._together = len(group)
        return group, False

    def _await_more(self) -> None:
        """While several clients write: until as many ask as did last time, or no more come.

        One commit costs less than two.
        """
        waiting = -1
        for _ in range(MOST_PAUSES):
            before, waiting = waiting, self._queue.qsize()
            if waiting == before or waiting + 1 >= self._together:
                return
            time.sleep(PAUSE_SECONDS)

    def _answer(self, group: list[_Request]) -> None:
        """Write the group, then tell each request: those of one event loop together, for waking it costs."""
        try:
            refused = self._write(group)
        except Exception as failure:
            refused = dict.fromkeys(group, _as_refusal(failure))
        self._began = None
        for loop, requests in _by_loop(group).items():
            if loop is None:
                _settle(requests, refused)
            elif not loop.is_closed():
                loop.call_soon_threadsafe(_settle, requests, refused)

    def _write(self, group: list[_Request]) -> dict[_Request, Exception]:
        """Commit what can be committed; the requests that were refused, and why."""
        for tries_left in reversed(range(MOST_TRIES)):
            try:
                return self._at_once(group)
            except OPERATIONAL_ERRORS:
                if not tries_left:
                    raise
            except (LrsError, *DRIVER_ERRORS):
                break
        return self._one_by_one(group)

    def _at_once(self, group: list[_Request]) -> dict[_Request, Exception]:
        prepared = [one for request in group for one in request.prepared]
        try:
            with self._transaction(hasty if len(prepared) <= FEW else Engine.begin) as conn:
                store.insert(conn, prepared, self._clock, self._known)
        except BaseException:
            self._known.forget()
            raise
        self._known.keep()
        return {}

    def _one_by_one(self, group: list[_Request]) -> dict[_Request, Exception]:
        refused: dict[_Request, Exception] = {}
        with self._transaction(Engine.begin) as conn:
            for request in group:
                error = self._insert_alone(conn, request)
                if error is not None:
                    refused[request] = error
        return refused

    @contextmanager
    def _transaction(
        self, begin: Callable[[Engine], AbstractContextManager[Connection]]
    ) -> Iterator[Connection]:
        self._began = self._clock()
        with begin(self._engine) as conn:
            yield conn

    def _insert_alone(self, conn: Connection, request: _Request) -> Exception | None:
        """Store one request within a savepoint; why it was refused, or None."""
        try:
            with conn.begin_nested():
                store.insert(conn, request.prepared, self._clock)
        except (LrsError, *DRIVER_ERRORS) as error:
            if conn.invalidated:
                raise
            return _as_refusal(error)
        return None


def tune() -> None:
    """Python's own settings for a process that stores statements.

    Parsed JSON is thousands of objects that never form a ring: looking for rings among them, after each 700,
    took a third of the time of large batches.
    """
    if gc.get_threshold()[0] < COLLECT_AFTER[0]:
        gc.set_threshold(*COLLECT_AFTER)


def _by_loop(group: list[_Request]) -> dict[asyncio.AbstractEventLoop | None, list[_Request]]:
    loops: dict[asyncio.AbstractEventLoop | None, list[_Request]] = {}
    for request in group:
        loops.setdefault(request.loop, []).append(request)
    return loops


def _settle(requests: list[_Request], refused: dict[_Request, Exception]) -> None:
    for request in requests:
        request.settle(refused.get(request))


def _as_refusal(error: Exception) -> Exception:
    """What the client is told: its own mistake, or that nothing was stored and it may try again."""
    if isinstance(error, LrsError):
        return error
    refusal = Busy("the statements could not be stored; please try again")
    refusal.__cause__ = error
    return refusal
