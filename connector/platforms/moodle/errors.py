"""What goes wrong in a call to Moodle, and what its administrator must do about it. Pure.

Moodle answers nearly every error with status 200 and {"exception", "errorcode", "message"}; a CLI
maintenance is 503 with HTML, web services or the REST protocol switched off are 403 with no body.
Moodle's own message is never repeated: it may name people.

Errors: connector.platforms.PlatformError <- MoodleError, which carries Moodle's errorcode.
"""

from collections.abc import Mapping
from typing import Any

import requests

from connector.platforms import PlatformError
from connector.platforms.http import of_request
from connector.platforms.moodle.functions import CAPABILITIES, REST

PATH = "/webservice/rest/server.php"
WEB_SERVICES = "Site administration > Server > Web services"

_NO_ENTRY = (
    True,
    "the web service account may not enter the course for {function}: give it moodle/course:view there, "
    "and moodle/course:viewhiddencourses for hidden courses",
)
_LEARNER_LEFT = "that {function} was asked for: it is tried again at the next run"
_DATABASE = (False, "its database fails ({code}): see to it; it is tried again at the next run")
_NOT_UNDERSTOOD = (
    True,
    "it does not take the parameters of {function} ({code}): Moodle 4.1 or newer is needed, "
    "with no plugin that overrides this function",
)

# Calls that meet while caches are made anew, as after "purge all caches", get in each other's way.
BUSY = "ex_unabletolock"

# errorcode -> (does waiting not help, what the administrator must do)
_REMEDIES: Mapping[str, tuple[bool, str]] = {
    "invalidtoken": (
        True,
        f"the token is not valid (deleted, or expired): make a new one under {WEB_SERVICES} > Manage tokens, "
        "and replace the platform's token",
    ),
    "accessexception": (
        True,
        "access to {function} is refused: add it to the service; check that the service is enabled and the "
        f"account authorised for it, that the account has {REST}, and that neither an IP restriction nor "
        "an expiry of the token is in the way",
    ),
    "wsaccessusersuspended": (True, "the web service account is suspended: make it active again"),
    "wsaccessuserdeleted": (True, "the web service account is deleted: make another one, with a new token"),
    "wsaccessuserunconfirmed": (True, "the web service account is not confirmed: confirm it"),
    "wsaccessuserexpired": (True, "the password of the web service account has expired: renew it"),
    "wsaccessusernologin": (
        True,
        "the web service account may not log in: set its authentication to web services",
    ),
    "sitepolicynotagreed": (
        True,
        "the web service account has not agreed to the site policy: agree as it once",
    ),
    "usernotfullysetup": (
        True,
        "the profile of the web service account is not complete: fill in its e-mail address",
    ),
    "forcepasswordchangenotice": (
        True,
        "the web service account is made to change its password: change it, or end the compulsion",
    ),
    "sitemaintenance": (False, "the site is in maintenance mode: it is tried again at the next run"),
    "upgraderunning": (False, "the site is being upgraded: it is tried again at the next run"),
    "nopermissions": (
        True,
        "the web service account lacks a capability that {function} needs: give it {capabilities}",
    ),
    "nopermissiontoviewgrades": (
        True,
        "the web service account may not see grades ({function}): give it moodle/grade:viewall",
    ),
    "cannotviewreport": (
        True,
        "{function} is refused: give the web service account report/completion:view, or, if it has it, "
        "enable completion tracking in the course",
    ),
    "nocriteriaset": (
        True,
        "no completion criteria are set in the course: set some, or leave the course out",
    ),
    "errorcoursecontextnotvalid": _NO_ENTRY,
    "requireloginerror": _NO_ENTRY,
    "usernotenroled": (False, f"no active enrolment is left of a learner {_LEARNER_LEFT}"),
    "userdeleted": (False, f"an account was deleted {_LEARNER_LEFT}"),
    "invaliduser": (False, f"there is no account any more {_LEARNER_LEFT}"),
    "invalidparameter": _NOT_UNDERSTOOD,
    "codingerror": _NOT_UNDERSTOOD,
    BUSY: (False, "it waits for itself, a lock of its cache: it is tried again at the next run"),
    "dbconnectionfailed": _DATABASE,
    "dmlreadexception": _DATABASE,
    "dmlwriteexception": _DATABASE,
}
# invalidrecord is two errors: the name of the table, which no language changes, tells which one.
_FUNCTIONS_TABLE = "external_functions"
_UNKNOWN_FUNCTION = (True, "it knows no function {function}: update the site, or the plugin that brings it")
_UNKNOWN_RECORD = (False, f"there is no course or record any more {_LEARNER_LEFT}")
# Only a site with debugging on tells which of the many causes it was.
_TOKEN_EXPIRED = "token expired"  # noqa: S105 - words of an error


class MoodleError(PlatformError):
    """Moodle's own refusal. `code` is its errorcode."""

    def __init__(self, message: str, permanent: bool, code: str) -> None:
        super().__init__(message, permanent)
        self.code = code


def refused(host: str, function: str, answer: Mapping[str, Any]) -> MoodleError:
    """Of an answer that holds an exception."""
    code = str(answer.get("errorcode") or "unknown")
    permanent, remedy = _remedy(code, answer)
    capabilities = ", ".join(CAPABILITIES.get(function, ())) or "what its documentation names"
    text = remedy.format(function=function, code=code, capabilities=capabilities)
    return MoodleError(f"Moodle at {host}: {text}", permanent, code)


def _remedy(code: str, answer: Mapping[str, Any]) -> tuple[bool, str]:
    if code == "invalidrecord":
        unknown = _FUNCTIONS_TABLE in str(answer.get("message"))
        return _UNKNOWN_FUNCTION if unknown else _UNKNOWN_RECORD
    if code == "accessexception" and _TOKEN_EXPIRED in str(answer.get("debuginfo")):
        return _REMEDIES["invalidtoken"]
    return _REMEDIES.get(
        code, (True, "{function} is refused ({code}): look that error code up in Moodle's documentation")
    )


def not_an_answer(host: str, function: str, response: requests.Response) -> PlatformError:
    """Of a response that is not an answer of the web service in JSON."""
    permanent, remedy = _of_status(response) if response.status_code != 200 else _of_body(response)
    text = remedy.format(function=function, status=response.status_code)
    return PlatformError(f"Moodle at {host}: {text}", permanent)


def _of_status(response: requests.Response) -> tuple[bool, str]:
    status = response.status_code
    if 300 <= status < 400:
        return True, "it redirects ({status}): set the platform's url to the site's own address"
    if status == 403 and not response.content.strip():
        return True, f"web services are off (403): enable them and the REST protocol under {WEB_SERVICES}"
    if status in (401, 403):
        return True, "a firewall or proxy refuses {function} ({status}): let this machine's requests pass"
    if status == 404:
        return True, f"there is no {PATH} (404): set the platform's url to the site's address"
    if status == 429:
        return False, "it asks for fewer calls (429): lower calls_at_once, or sync less often"
    if status == 503:
        return False, "it is in maintenance or overloaded (503): it is tried again at the next run"
    if status >= 500:
        return False, "it fails at {function} ({status}): see the error log of its web server and PHP"
    return True, "it answers {status} to {function}: check the platform's url, and proxies between"


def _of_body(response: requests.Response) -> tuple[bool, str]:
    start = response.content[:100].lstrip()
    if not start:
        return (
            False,
            "it answers nothing to {function}: see PHP's error log (memory_limit, max_execution_time)",
        )
    if start.startswith(b"<?xml"):
        return True, "it answers XML: let the form of a POST pass through proxies unchanged"
    return True, "it answers something else than JSON: is the platform's url that of a Moodle site?"


def unreachable(host: str, error: requests.RequestException) -> PlatformError:
    """Of a request that got no response."""
    permanent, remedy = of_request(error)
    return PlatformError(f"Moodle at {host}: {remedy}", permanent)
