"""Moodle's REST web service: one call and its answer.

The token travels in the body of a POST, never in an address or a log. Errors: see
`connector.platforms.moodle.errors`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from connector.platforms import Reading
from connector.platforms.moodle.errors import (
    BUSY,
    PATH,
    MoodleError,
    may_pass,
    not_an_answer,
    refused,
    unreachable,
)
from lrs.clock import Clock, utc_now

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0

_RANDOM = SystemRandom()

Item = TypeVar("Item")
Result = TypeVar("Result")
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
        self.host = urlsplit(url).netloc.rpartition("@")[2] or url
        self.calls_at_once = calls_at_once
        self._token = token
        self._timeout = timeout
        self._sleep = sleep
        self._jitter = jitter
        self._clock = clock
        self._session = _session(calls_at_once)

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
            self._sleep(self._backoff(attempt))
        return self._answer(form, function, attempts, object_hook)

    def at_once(self, read: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`read` of each item, in the order of the items, as many at a time as calls may be in flight.

        The first error is raised, and what was not begun by then is not read.
        """
        with ThreadPoolExecutor(self.calls_at_once, thread_name_prefix="moodle") as pool:
            yield from pool.map(read, items)

    def _answer(
        self, form: Mapping[str, str], function: str, attempts: int, object_hook: ObjectHook | None
    ) -> Any:
        response = self._post(form, attempts)
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

    def _backoff(self, attempt: int) -> float:
        return BACKOFF_SECONDS * 2.0 ** (attempt - 1) * (0.5 + self._jitter())

    def _post(self, form: Mapping[str, str], attempts: int) -> requests.Response:
        """The first answer that is worth reading, after a few short waits where waiting may help."""
        attempt = 1
        while True:
            wait = self._backoff(attempt)
            try:
                response = self._session.post(
                    self.url + PATH, data=form, timeout=self._timeout, allow_redirects=False
                )
            except requests.RequestException as error:
                if attempt == attempts or not may_pass(error):
                    raise unreachable(self.host, error) from error
            else:
                if attempt == attempts or not (response.status_code == 429 or response.status_code >= 500):
                    return response
                wait = max(wait, retry_after(response.headers.get("Retry-After", ""), self._clock()))
            self._sleep(min(wait, LONGEST_WAIT_SECONDS))
            attempt += 1


def _session(calls_at_once: int) -> requests.Session:
    session = requests.Session()
    # Blocking: a call waits for one of the connections, so that no more are in flight than there are.
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=calls_at_once, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["Accept"] = "application/json"
    # Calls are independent of each other: no session of Moodle's is kept between them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def retry_after(value: str, now: datetime) -> float:
    """A Retry-After header in seconds from now, given as seconds or as a date; 0 where it is neither."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


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
