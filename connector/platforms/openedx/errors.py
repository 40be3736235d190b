"""What goes wrong in a call to Open edX, and what its administrator must do about it. Pure.

Bodies of errors are never repeated: they may name people. Nor are addresses: usernames stand in some.

Errors: connector.platforms.PlatformError <- OpenEdxError, which carries the status of the answer.
"""

from collections.abc import Mapping

import requests

from connector.platforms import PlatformError
from connector.platforms.http import of_request
from connector.platforms.openedx.calls import TOKEN, Call

_ADDRESS = "set the platform's url to the address of the LMS (not of Studio)"
_CLIENT = (
    "the client is refused ({status}): write the token as client_id:client_secret, and give the application "
    "the grant type client credentials"
)

# Of the access token: status -> (does waiting not help, what the administrator must do)
_OF_TOKEN: Mapping[int, tuple[bool, str]] = {400: (True, _CLIENT), 401: (True, _CLIENT), 403: (True, _CLIENT)}
_OF_STATUS: Mapping[int, tuple[bool, str]] = {
    401: (
        True,
        "a fresh access token is refused for {name} (401): make the application's user active, and let the "
        "Authorization header pass through proxies",
    ),
    403: (
        True,
        "{name} are refused (403): make the application's user staff of the whole site, and give the "
        "application's access the scope that {name} need",
    ),
    404: (True, "there are no {name} at that address (404): " + _ADDRESS),
    429: (False, "it asks for fewer calls (429): lower calls_at_once, or sync less often"),
    503: (False, "it is in maintenance or overloaded (503): it is tried again at the next run"),
}


class OpenEdxError(PlatformError):
    """An answer that is an error. `status` is its HTTP status, `remedy` the message without the site."""

    def __init__(self, host: str, remedy: str, permanent: bool, status: int) -> None:
        super().__init__(f"Open edX at {host}: {remedy}", permanent)
        self.remedy = remedy
        self.status = status


def refused(host: str, call: Call, status: int, course: str = "") -> OpenEdxError:
    """Of an answer whose status is not 200; `course`: the one that was asked about."""
    permanent, remedy = _of_status(call, status, course)
    text = remedy.format(name=call.name, status=status)
    where = f" (course {course})" if course else ""
    return OpenEdxError(host, text + where, permanent, status)


def _of_status(call: Call, status: int, course: str) -> tuple[bool, str]:
    if call is TOKEN and status in _OF_TOKEN:
        return _OF_TOKEN[status]
    if status == 404 and course:
        return (
            False,
            "the course is gone that {name} were asked for: it is tried again at the next run",
        )
    if status in _OF_STATUS:
        return _OF_STATUS[status]
    if 300 <= status < 400:
        return True, "it redirects ({status}): " + _ADDRESS
    if status >= 500:
        return False, "it fails at {name} ({status}): see the log of its LMS"
    return True, "it answers {status} to {name}: check the platform's url, and proxies between"


def not_understood(host: str, call: Call, course: str = "") -> PlatformError:
    """Of an answer that is not what the call tells."""
    where = f" (course {course})" if course else ""
    text = f"it answers something else than {call.name}: {_ADDRESS}, and check its release{where}"
    return PlatformError(f"Open edX at {host}: {text}", permanent=True)


def unreachable(host: str, error: requests.RequestException) -> PlatformError:
    """Of a request that got no answer."""
    permanent, remedy = of_request(error)
    return PlatformError(f"Open edX at {host}: {remedy}", permanent)


def no_client(host: str) -> PlatformError:
    """Of a token in the settings that is none."""
    return PlatformError(
        f"Open edX at {host}: the token holds no client: write it as client_id:client_secret", permanent=True
    )


def not_visible(host: str, call: Call, remedy: str) -> PlatformError:
    """Of an answer that shows less than a reader needs."""
    return PlatformError(f"Open edX at {host}: {call.name} {remedy}", permanent=True)
