"""Open edX's REST APIs: one call and its answer, and lists by page.

Tokens travel in headers, never in an address or a log. Errors: see `connector.platforms.openedx.errors`.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from random import SystemRandom
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote, urlsplit

import requests

from connector.platforms import Reading
from connector.platforms.http import CONNECT_SECONDS, READ_SECONDS, Http, Item, Result, host_of
from connector.platforms.openedx.access import Access
from connector.platforms.openedx.calls import Call
from connector.platforms.openedx.errors import not_understood, refused, unreachable
from lrs.clock import Clock, utc_now

LONGEST_WAIT_SECONDS = 300.0
"""Open edX counts calls by the minute: a wait that it asks for is kept, and a longer one ends the sync."""

_RANDOM = SystemRandom()

Row = Mapping[str, Any]
"""An object of an answer."""


class Page(NamedTuple):
    """A page of a list; `following` is the query of the next one, empty at the end."""

    rows: list[Row]
    following: str


class Client:
    """Calls to one Open edX site. Threads may share it; at most `calls_at_once` calls are in flight."""

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
        self._http = Http(calls_at_once, timeout, sleep, jitter, clock, LONGEST_WAIT_SECONDS, obeys=True)
        self._access = Access(self._http, self.url, self.host, token)

    def __repr__(self) -> str:
        return f"Client({self.host!r})"

    def enter(self) -> None:
        """Have a valid access token. Raises PlatformError where the client is refused."""
        self._access.token()

    def get(self, call: Call, query: Mapping[str, object] | None = None, **parts: str) -> Any:
        """The answer of a call; `parts` of its path. Raises PlatformError, OpenEdxError for a status."""
        quoted = {name: quote(value, safe="") for name, value in parts.items()}
        path = call.path.format_map(quoted)
        return self._answer(call, "GET", path, _course(query, parts), params=query)

    def post(self, call: Call, body: Mapping[str, object]) -> Any:
        """The answer of a call that is asked in a body of JSON, and changes nothing. Raises as `get`."""
        return self._answer(call, "POST", call.path, "", json=body)

    def _answer(self, call: Call, method: str, path: str, course: str, **asked: Any) -> Any:
        token = self._access.token()
        response = self._send(method, self.url + path, auth=token, **asked)
        if response.status_code == 401:
            response = self._send(method, self.url + path, auth=self._access.instead_of(token), **asked)
        if response.status_code != 200:
            raise refused(self.host, call, response.status_code, course)
        try:
            return response.json()
        except requests.JSONDecodeError:
            raise not_understood(self.host, call, course) from None

    def pages(self, call: Call, query: Mapping[str, object], **parts: str) -> Iterator[Page]:
        """The pages of a list from that query on.

        Of the address of the next page only the query is used: what a site calls itself there is not called.
        """
        while True:
            page = _page(self.get(call, query, **parts))
            following = dict(parse_qsl(page.following)) if page else None
            if page is None or (following and following == query):
                raise not_understood(self.host, call, _course(query, parts))
            yield page
            if not following:
                return
            query = following

    @contextmanager
    def understanding(self, call: Call, course: str = "") -> Iterator[None]:
        """Rows of an answer are read within: where they lack something, PlatformError says so."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError):
            # Not chained: its text may hold what a row says of somebody.
            raise not_understood(self.host, call, course) from None

    def at_once(self, read: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`read` of each item, in their order, as many at a time as calls may be in flight."""
        yield from self._http.at_once(read, items)

    def _send(self, method: str, url: str, **asked: Any) -> requests.Response:
        try:
            return self._http.send(method, url, **asked)
        except requests.RequestException as error:
            # Not chained: its text holds the address, and with it a username.
            raise unreachable(self.host, error) from None


def _course(query: Mapping[str, object] | None, parts: Mapping[str, str]) -> str:
    return parts.get("course") or str((query or {}).get("course_id") or "")


def _page(answer: Any) -> Page | None:
    """None where it is no page. Courses tell the next one within `pagination`, other lists beside it."""
    if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
        return None
    link = answer["pagination"].get("next") if "pagination" in answer else answer.get("next")
    return Page(answer["results"], urlsplit(link).query if link else "")
