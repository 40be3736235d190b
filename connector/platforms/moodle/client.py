"""Moodle's REST web service: one call, its answer, and errors that an administrator can act on.

Moodle answers nearly every error with status 200 and {"exception", "errorcode", "message"}; a CLI
maintenance is 503 with HTML, web services or the REST protocol switched off are 403 with no body.
The token travels in the body of a POST, never in an address or a log.

Errors: connector.platforms.PlatformError <- MoodleError, which carries Moodle's errorcode.
"""

import time
from collections.abc import Callable, Mapping
from http.cookiejar import DefaultCookiePolicy
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from connector.platforms import PlatformError

PATH = "/webservice/rest/server.php"
CONNECT_SECONDS = 10.0
READ_SECONDS = 120.0
ATTEMPTS = 4
BACKOFF_SECONDS = 0.5
LONGEST_WAIT_SECONDS = 30.0
CALLS_AT_ONCE = 4

_RANDOM = SystemRandom()
_WEB_SERVICES = "Site administration > Server > Web services"

# errorcode -> (does waiting not help, what the administrator must do)
_REMEDIES: Mapping[str, tuple[bool, str]] = {
    "invalidtoken": (
        True,
        f"the token is not valid (deleted or expired): make a new one under {_WEB_SERVICES} > Manage tokens",
    ),
    "accessexception": (
        True,
        "access to {function} is refused: add it to the service; check that the service is enabled, that the "
        "account has webservice/rest:use and that no IP restriction or expiry of the token is in the way",
    ),
    "wsaccessusersuspended": (True, "the web service account is suspended: make it active again"),
    "sitemaintenance": (False, "the site is in maintenance mode: it is tried again at the next run"),
    "upgraderunning": (False, "the site is being upgraded: it is tried again at the next run"),
    "nopermissions": (True, "the web service account lacks a capability that {function} needs"),
    "cannotviewreport": (True, "the web service account lacks report/completion:view ({function})"),
}


class MoodleError(PlatformError):
    """Moodle's own refusal. `code` is its errorcode; its message is left out, for it may name people."""

    def __init__(self, message: str, permanent: bool, code: str) -> None:
        super().__init__(message, permanent)
        self.code = code


class Client:
    """Calls to one Moodle site. Threads may share it; at most `CALLS_AT_ONCE` calls are in flight."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = _RANDOM.random,
    ) -> None:
        self.url = url.rstrip("/")
        self._host = urlsplit(url).netloc or url
        self._token = token
        self._timeout = timeout
        self._sleep = sleep
        self._jitter = jitter
        self._session = _session()

    def __repr__(self) -> str:
        return f"Client({self.url!r})"

    def call(self, function: str, **params: object) -> Any:
        """The answer of one web service function. Raises PlatformError, or MoodleError if Moodle refuses."""
        form = {
            "wstoken": self._token,
            "wsfunction": function,
            "moodlewsrestformat": "json",
            **flatten(params),
        }
        answer = self._checked(self._post(form), function)
        if isinstance(answer, dict):
            if "exception" in answer:
                raise self._refusal(str(answer.get("errorcode", "unknown")), function)
            # The account's private key for its files: nobody behind this line has a use for it.
            answer.pop("userprivateaccesskey", None)
        return answer

    def _post(self, form: Mapping[str, str]) -> requests.Response:
        """The first answer that is worth reading, after a few short waits where waiting may help."""
        attempt = 1
        while True:
            wait = BACKOFF_SECONDS * 2 ** (attempt - 1) * (0.5 + self._jitter())
            try:
                response = self._session.post(
                    self.url + PATH, data=form, timeout=self._timeout, allow_redirects=False
                )
            except requests.RequestException as error:
                if attempt == ATTEMPTS or not _may_pass(error):
                    raise self._unreachable(error) from error
            else:
                if attempt == ATTEMPTS or not (response.status_code == 429 or response.status_code >= 500):
                    return response
                wait = max(wait, _retry_after(response))
            self._sleep(min(wait, LONGEST_WAIT_SECONDS))
            attempt += 1

    def _checked(self, response: requests.Response, function: str) -> Any:
        status = response.status_code
        if status == 503:
            raise self._error("it is in maintenance or overloaded (503): it is tried again at the next run")
        if status == 403:
            raise self._error(
                f"web services are off (403): enable them and the REST protocol under {_WEB_SERVICES}",
                True,
            )
        if 300 <= status < 400:
            raise self._error("it redirects: set the platform's url to the site's own address", True)
        if status == 404:
            raise self._error(f"there is no {PATH} (404): set the platform's url to the site's address", True)
        if status != 200:
            raise self._error(
                f"it answers {status} to {function}", permanent=400 <= status < 500 and status != 429
            )
        try:
            return response.json()
        except requests.JSONDecodeError as error:
            raise self._error(
                "it answers something else than JSON: is the url that of a Moodle site?", True
            ) from error

    def _unreachable(self, error: requests.RequestException) -> PlatformError:
        if isinstance(error, requests.exceptions.SSLError):
            return self._error(
                "its TLS certificate cannot be verified: renew it, or install its authority here", True
            )
        if isinstance(error, requests.Timeout):
            return self._error("it does not answer in time: check its load and the network between")
        if _may_pass(error):
            return self._error(
                "it cannot be reached: check the url, its name in the DNS, and the network between"
            )
        return self._error("its url cannot be called: correct the platform's url", True)

    def _refusal(self, code: str, function: str) -> MoodleError:
        permanent, remedy = _REMEDIES.get(code, (True, "{function} is refused with errorcode " + code))
        return MoodleError(f"Moodle at {self._host}: {remedy.format(function=function)}", permanent, code)

    def _error(self, remedy: str, permanent: bool = False) -> PlatformError:
        return PlatformError(f"Moodle at {self._host}: {remedy}", permanent)


def _session() -> requests.Session:
    session = requests.Session()
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=CALLS_AT_ONCE, pool_block=True)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    session.headers["Accept"] = "application/json"
    # Calls are independent of each other: no session of Moodle's is kept between them.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def _may_pass(error: requests.RequestException) -> bool:
    transient = requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError
    return isinstance(error, transient) and not isinstance(error, requests.exceptions.SSLError)


def _retry_after(response: requests.Response) -> float:
    """Retry-After in seconds; 0 where it is absent or a date, which no Moodle was seen to send."""
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isascii() and value.isdigit() else 0.0


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
