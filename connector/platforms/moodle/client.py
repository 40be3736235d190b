"""Moodle's REST web service: one call and its answer.

The token travels in the body of a POST, never in an address or a log. Errors: see
`connector.platforms.moodle.errors`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import SystemRandom
from typing import Any

import requests

from connector.platforms import Reading
from connector.platforms.http import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS, Http, Item, Result, host_of
from connector.platforms.moodle.errors import BUSY, PATH, MoodleError, not_an_answer, refused, unreachable
from lrs.clock import Clock, utc_now

_RANDOM = SystemRandom()

ObjectHook = Callable[[dict[str, Any]], Any]


class Client:
    """Calls to one Moodle site. Threads may share it; at most `calls_at_once` calls are in flight."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        calls_at_once: int = Reading().calls_at_once,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = _RANDOM.random,
        clock: Clock = utc_now,
    ) -> None:
        self.url = url.rstrip("/")
        self.host = host_of(url)
        self.calls_at_once = calls_at_once
        self._token = token
        self._http = Http(calls_at_once, timeout, sleep, jitter, clock)

    def __repr__(self) -> str:
        return f"Client({self.host!r})"

    def call(
        self,
        function: str,
        *,
        object_hook: ObjectHook | None = None,
        attempts: int = ATTEMPTS,
        **params: object,
    ) -> Any:
        """The answer of one web service function. Raises PlatformError, or MoodleError if Moodle refuses.

        `object_hook` replaces each object of the answer while it is read: a large answer need never be
        held whole. It must let objects with "exception" pass.
        """
        form = {
            "wstoken": self._token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **flatten(params),
        }
        for attempt in range(1, attempts):
            try:
                return self._answer(form, function, attempts, object_hook)
            except MoodleError as error:
                if error.code != BUSY:
                    raise
            self._http.sleep(self._http.backoff(attempt))
        return self._answer(form, function, attempts, object_hook)

    def at_once(self, read: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`read` of each item, in the order of the items, as many at a time as calls may be in flight.

        The first error is raised, and what was not begun by then is not read.
        """
        yield from self._http.at_once(read, items)

    def _answer(
        self, form: Mapping[str, str], function: str, attempts: int, object_hook: ObjectHook | None
    ) -> Any:
        try:
            response = self._http.send("POST", self.url + PATH, data=form, attempts=attempts)
        except requests.RequestException as error:
            raise unreachable(self.host, error) from error
        try:
            if response.status_code != 200:
                raise not_an_answer(self.host, function, response)
            answer = response.json(object_hook=object_hook)
        except requests.JSONDecodeError as error:
            raise not_an_answer(self.host, function, response) from error
        if isinstance(answer, dict):
            if "exception" in answer:
                raise refused(self.host, function, answer)
            # The account's private key for its files: nobody behind this line has a use for it.
            answer.pop("userprivateaccesskey", None)
        return answer


def flatten(value: object, name: str = "") -> dict[str, str]:
    """Parameters as PHP reads them from a form: {"options": [{"name": "x"}]} -> {"options[0][name]": "x"}."""
    if isinstance(value, Mapping):
        items = [(str(key), item) for key, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(str(index), item) for index, item in enumerate(value)]
    else:
        return {name: str(int(value)) if isinstance(value, bool) else str(value)}
    flat: dict[str, str] = {}
    for key, item in items:
        flat |= flatten(item, f"{name}[{key}]" if name else key)
    return flat
