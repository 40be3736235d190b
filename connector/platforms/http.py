"""Requests to one site, as clients of platforms make them: few at once, and again where waiting may help."""

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from random import SystemRandom
from typing import Any, TypeVar
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from lrs.clock import Clock, utc_now

CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass
class Http:
    """Requests to one site. Threads may share it; at most `calls_at_once` requests are in flight.

    A wait that the site asks for is cut to `longest_wait` seconds; where `obeys`, a longer one ends the
    attempts instead. `jitter` gives 0..1.
    """

    calls_at_once: int
    timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS)
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = field(default_factory=lambda: SystemRandom().random)
    clock: Clock = utc_now
    longest_wait: float = LONGEST_WAIT_SECONDS
    obeys: bool = False
    _session: requests.Session = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._session = _open_session(self.calls_at_once)

    def send(self, method: str, url: str, *, attempts: int = ATTEMPTS, **kwargs: Any) -> requests.Response:
        """The first answer that is worth reading, or the last of the attempts; redirects are not followed.

        `kwargs` as of requests.request. Raises requests.RequestException where no answer comes.
        """
        attempt = 1
        while True:
            wait = self.backoff(attempt)
            try:
                response = self._session.request(
                    method, url, timeout=self.timeout, allow_redirects=False, **kwargs
                )
            except requests.RequestException as error:
                if attempt == attempts or not may_pass(error):
                    raise
            else:
                if attempt == attempts or not (response.status_code == 429 or response.status_code >= 500):
                    return response
                wait = max(wait, retry_after(response.headers.get("Retry-After", ""), self.clock()))
                if self.obeys and wait > self.longest_wait:
                    return response
            self.sleep(min(wait, self.longest_wait))
            attempt += 1

    def backoff(self, attempt: int) -> float:
        """Seconds to wait after that attempt (from 1)."""
        return BACKOFF_SECONDS * 2.0 ** (attempt - 1) * (0.5 + self.jitter())

    def at_once(self, read: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`read` of each item, in the order of the items, as many at a time as calls may be in flight.

        The first error is raised, and what was not begun by then is not read.
        """
        with ThreadPoolExecutor(self.calls_at_once, thread_name_prefix="platform") as pool:
            yield from pool.map(read, items)


def _open_session(calls_at_once: int) -> requests.Session:
    session = requests.Session()
    # Blocking: a call waits for one of the connections, so that no more are in flight than there are.
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=calls_at_once, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["Accept"] = "application/json"
    # Calls are independent of each other: no session of the site's is kept between them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def host_of(url: str) -> str:
    """The host of an address as messages name it: without a user."""
    return urlsplit(url).netloc.rpartition("@")[2] or url


def retry_after(value: str, now: datetime) -> float:
    """A Retry-After header in seconds from now, given as seconds or as a date; 0 where it is neither."""
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())


def may_pass(error: requests.RequestException) -> bool:
    """Whether trying again soon may help."""
    transient = requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError
    return isinstance(error, transient) and not isinstance(error, requests.exceptions.SSLError)


def of_request(error: requests.RequestException) -> tuple[bool, str]:
    """Of a request that got no answer: whether waiting does not help, and what the administrator must do."""
    if isinstance(error, requests.exceptions.SSLError):
        return True, "its TLS certificate cannot be verified: renew it, or install its authority here"
    if isinstance(error, requests.Timeout):
        return False, "it does not answer in time: check its load and the network between"
    if may_pass(error):
        return False, "it cannot be reached: check the url, its name in the DNS, and the network between"
    return True, "its url cannot be called: correct the platform's url"
