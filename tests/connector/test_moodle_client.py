"""The client against recorded answers: what an administrator reads, and what never leaves the client."""

import socket
import threading
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import pytest
import requests
import responses

from connector.platforms import PlatformError
from connector.platforms.http import ATTEMPTS, LONGEST_WAIT_SECONDS, retry_after
from connector.platforms.moodle.client import Client, flatten
from connector.platforms.moodle.errors import PATH, MoodleError
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import ERRORS

SITE = "https://moodle.example.test"
TOKEN = "0123456789abcdef0123456789abcdef"
INFO = "core_webservice_get_site_info"
STATUS = "core_completion_get_course_completion_status"
ACTIVITIES = "core_completion_get_activities_completion_status"
ENROLLED = "core_enrol_get_enrolled_users"

# errorcode ("" for an answer that is none of the web service's) -> permanent, words of the remedy.
NEW_TOKEN = ("invalidtoken", True, "make a new one under Site administration > Server > Web services")
REFUSED = ("accessexception", True, f"access to {INFO} is refused: add it to the service")
MAINTENANCE = ("sitemaintenance", False, "maintenance mode")
CLI_MAINTENANCE = ("", False, "in maintenance or overloaded (503)")
OFF = ("", True, "web services are off (403): enable them and the REST protocol")
NO_COURSE = ("invalidrecord", False, "there is no course or record any more")
NO_ENTRY = ("requireloginerror", True, "moodle/course:viewhiddencourses")
NO_ENTRY_BY_LIST = ("errorcoursecontextnotvalid", True, "give it moodle/course:view there")
NO_ACCOUNT = ("invaliduser", False, "there is no account any more")
DELETED = ("userdeleted", False, "an account was deleted")
NOT_ENROLLED = ("usernotenroled", False, "no active enrolment is left")
NO_CRITERIA = ("nocriteriaset", True, "set some, or leave the course out")
NO_REPORT = ("cannotviewreport", True, "report/completion:view, or, if it has it, enable completion tracking")
PARAMETER = ("invalidparameter", True, "Moodle 4.1 or newer is needed")

TOLD = {
    ("core_badges_get_user_badges", "unknown_user"): NO_ACCOUNT,
    ("core_cohort_get_cohort_members", "unknown"): NO_COURSE,
    (ACTIVITIES, "bad_param"): PARAMETER,
    (ACTIVITIES, "bad_param_debug_on"): PARAMETER,
    (ACTIVITIES, "deleted_user"): DELETED,
    (ACTIVITIES, "maintenance_enabled_setting"): MAINTENANCE,
    (ACTIVITIES, "maintenance_mode"): CLI_MAINTENANCE,
    (ACTIVITIES, "missing_cap_report_progress"): ("nopermissions", True, "report/progress:view"),
    (ACTIVITIES, "missing_capabilities"): NO_ENTRY,
    (ACTIVITIES, "missing_param"): PARAMETER,
    (ACTIVITIES, "unknown_course"): NO_COURSE,
    (ACTIVITIES, "unknown_course_debug_on"): NO_COURSE,
    (ACTIVITIES, "unknown_user"): NO_ACCOUNT,
    (STATUS, "completion_disabled"): NO_REPORT,
    (STATUS, "deleted_user"): DELETED,
    (STATUS, "hidden_course"): NO_CRITERIA,
    (STATUS, "missing_cap_report_completion"): NO_REPORT,
    (STATUS, "missing_capabilities"): NO_ENTRY,
    (STATUS, "no_criteria"): NO_CRITERIA,
    (STATUS, "not_enrolled"): NOT_ENROLLED,
    (STATUS, "suspended_enrolment"): NOT_ENROLLED,
    (STATUS, "unknown_course"): NO_COURSE,
    (STATUS, "unknown_user"): NO_ACCOUNT,
    ("core_course_get_contents", "missing_capabilities"): NO_ENTRY_BY_LIST,
    ("core_course_get_contents", "unknown_course"): NO_COURSE,
    ("core_course_get_courses", "missing_capabilities"): NO_ENTRY_BY_LIST,
    ("core_course_get_courses_by_field", "bad_field"): PARAMETER,
    (ENROLLED, "missing_cap_enrolreview_onlyactive"): ("nopermissions", True, "moodle/user:viewdetails"),
    (ENROLLED, "missing_capabilities"): NO_ENTRY_BY_LIST,
    (ENROLLED, "unknown_course"): NO_COURSE,
    ("core_no_such_function", "unknown_function"): (
        "invalidrecord",
        True,
        "it knows no function core_no_such_function: update the site",
    ),
    ("core_user_get_users", "bad_key"): PARAMETER,
    ("core_user_get_users_by_field", "bad_field"): ("codingerror", True, "Moodle 4.1 or newer is needed"),
    (INFO, "empty_token"): NEW_TOKEN,
    (INFO, "invalid_token"): NEW_TOKEN,
    (INFO, "invalid_token_debug_on"): NEW_TOKEN,
    (INFO, "maintenance_enabled_setting"): MAINTENANCE,
    (INFO, "maintenance_mode"): CLI_MAINTENANCE,
    (INFO, "missing_cap_rest_use"): ("accessexception", True, "webservice/rest:use"),
    (INFO, "rest_protocol_disabled"): OFF,
    (INFO, "service_disabled"): ("accessexception", True, "check that the service is enabled"),
    (INFO, "svc_user_ip_restricted"): ("accessexception", True, "neither an IP restriction"),
    (INFO, "svc_user_suspended"): ("wsaccessusersuspended", True, "suspended: make it active again"),
    (INFO, "token_expired"): ("accessexception", True, "an expiry of the token"),
    (INFO, "token_expired_debug_on"): (
        "accessexception",
        True,
        "the token is not valid (deleted, or expired)",
    ),
    (INFO, "token_expired_second_call"): NEW_TOKEN,
    (INFO, "token_ip_restricted"): REFUSED,
    (INFO, "upgrade_running"): ("upgraderunning", False, "being upgraded"),
    (INFO, "webservices_disabled"): OFF,
    ("gradereport_user_get_grade_items", "unknown_course"): NO_COURSE,
}


class Waits(list[float]):
    """Stands for time.sleep and keeps what it was asked to wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def answer(body: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
    responses.post(SITE + PATH, body=body, status=status, headers=headers)


def failure(url: str = SITE, function: str = INFO) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        Client(url, TOKEN, sleep=Waits()).call(function)
    assert "\n" not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(("function", "case"), ERRORS)
@responses.activate
def test_every_recorded_error_says_what_to_do(function: str, case: str) -> None:
    recorded = ERRORS[function, case]
    answer(recorded["body"], recorded["status"])
    error = failure(function=function)
    code, permanent, says = TOLD[function, case]
    assert getattr(error, "code", "") == code
    assert error.permanent is permanent
    assert says in str(error)
    assert str(error).startswith("Moodle at moodle.example.test: ")
    assert "svc_xapi" not in str(error)
    # What waiting may help is tried again at once only where the server itself is in trouble.
    assert len(responses.calls) == (ATTEMPTS if recorded["status"] == 503 else 1)


def test_every_recorded_error_is_in_the_table() -> None:
    assert ERRORS.keys() == TOLD.keys()


@responses.activate
def test_an_error_that_nobody_knows_is_permanent_and_named() -> None:
    answer('{"exception": "x", "errorcode": "newinmoodle9", "message": "สมชาย ใจดี"}')
    error = failure()
    assert isinstance(error, MoodleError)
    assert error.permanent
    assert "newinmoodle9" in str(error)
    assert "สมชาย" not in str(error)


@pytest.mark.parametrize(
    ("body", "status", "headers", "says"),
    [
        ("<html>a page</html>", 200, {}, "something else than JSON"),
        ('<?xml version="1.0"?><EXCEPTION><ERRORCODE>invalidtoken</ERRORCODE></EXCEPTION>', 200, {}, "XML"),
        ("", 301, {"Location": "https://elsewhere.example.test"}, "redirects (301)"),
        ("", 404, {}, "404"),
        ("", 400, {}, "400"),
        ("<html>Forbidden</html>", 403, {}, "a firewall or proxy refuses"),
        ("<html>Log in</html>", 401, {}, "a firewall or proxy refuses"),
    ],
)
@responses.activate
def test_wrong_addresses_and_settings_are_permanent(
    body: str, status: int, headers: dict[str, str], says: str
) -> None:
    answer(body, status, headers)
    error = failure()
    assert says in str(error)
    assert error.permanent
    assert len(responses.calls) == 1


@pytest.mark.parametrize(
    ("status", "attempts", "says"),
    [(200, 1, "memory_limit"), (429, ATTEMPTS, "calls_at_once"), (502, ATTEMPTS, "error log")],
)
@responses.activate
def test_a_server_in_trouble_is_not_permanent(status: int, attempts: int, says: str) -> None:
    answer("", status)
    error = failure()
    assert says in str(error)
    assert not error.permanent
    assert len(responses.calls) == attempts


@responses.activate
def test_calls_that_wait_for_each_other_are_made_again() -> None:
    """As a real site answered four calls at once after its caches were purged."""
    busy = '{"exception": "moodle_exception", "errorcode": "ex_unabletolock", "message": "…"}'
    waits = Waits()
    client = Client(SITE, TOKEN, sleep=waits, jitter=lambda: 0.5)
    answer(busy)
    answer(busy)
    answer("{}")
    assert client.call(INFO) == {}
    assert waits == [0.5, 1]
    answer(busy)
    with pytest.raises(MoodleError, match="waits for itself") as caught:
        client.call(INFO)
    assert not caught.value.permanent
    assert waits == [0.5, 1, 0.5, 1, 2]


@responses.activate
def test_waits_as_long_as_the_site_asks_within_reason() -> None:
    waits = Waits()
    answer("", 429, {"Retry-After": "7"})
    answer("", 429, {"Retry-After": "Sun, 22 Nov 2026 03:00:20 GMT"})
    answer("", 503, {"Retry-After": "100000"})
    answer("{}")
    client = Client(
        SITE,
        TOKEN,
        sleep=waits,
        jitter=lambda: 0.5,
        clock=lambda: datetime(2026, 11, 22, 3, 0, tzinfo=UTC),
    )
    assert client.call(INFO) == {}
    assert waits == [7, 20, LONGEST_WAIT_SECONDS]


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("12", 12),
        ("Sun, 22 Nov 2026 03:01:00 GMT", 60),
        ("Sun, 22 Nov 2026 10:01:00 +0700", 60),
        ("Sun, 22 Nov 2026 03:01:00 -0000", 60),
        ("Sun, 22 Nov 2026 02:59:00 GMT", 0),
        ("soon", 0),
        ("-5", 0),
        ("๗", 0),
        ("", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert retry_after(value, datetime(2026, 11, 22, 3, 0, tzinfo=UTC)) == seconds


@responses.activate
def test_waits_grow_between_attempts_and_vary() -> None:
    for jitter, expected in ((0.5, [0.5, 1, 2]), (0.0, [0.25, 0.5, 1])):
        waits = Waits()
        answer("", 500)
        with pytest.raises(PlatformError, match="500") as caught:
            Client(SITE, TOKEN, sleep=waits, jitter=lambda jitter=jitter: jitter).call(INFO)  # type: ignore[misc]
        assert waits == expected
        assert not caught.value.permanent


@pytest.mark.parametrize(
    ("raised", "says", "attempts"),
    [
        (requests.ReadTimeout(), "in time", ATTEMPTS),
        (requests.ConnectTimeout(), "in time", ATTEMPTS),
        (requests.exceptions.ChunkedEncodingError(), "reached", ATTEMPTS),
        (requests.exceptions.SSLError(), "certificate", 1),
        (requests.exceptions.InvalidURL(), "url", 1),
    ],
)
@responses.activate
def test_broken_connections(raised: Exception, says: str, attempts: int) -> None:
    responses.post(SITE + PATH, body=raised)
    assert says in str(failure())
    assert len(responses.calls) == attempts


def test_dead_host() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}")
    assert f"127.0.0.1:{port}" in str(error)
    assert not error.permanent


def test_a_password_in_the_url_is_not_told() -> None:
    error = failure("http://somebody:hunter2@127.0.0.1:1")
    assert "127.0.0.1:1" in str(error)
    assert "hunter2" not in "".join(traceback.format_exception(error))


class _Crowd(BaseHTTPRequestHandler):
    """Answers slowly, and counts how many it answers at the same time."""

    lock = threading.Lock()
    now = most = 0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.lock:
            _Crowd.now += 1
            _Crowd.most = max(_Crowd.most, _Crowd.now)
        time.sleep(0.03)
        with self.lock:
            _Crowd.now -= 1
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's own name
        pass


@contextmanager
def crowd() -> Iterator[str]:
    _Crowd.most = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Crowd)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_calls_are_in_flight_than_allowed(most: int) -> None:
    with crowd() as url:
        client = Client(url, TOKEN, calls_at_once=most)
        assert list(client.at_once(lambda _: client.call(INFO), range(12))) == [{}] * 12
        assert _Crowd.most == most
        # Whoever shares the client shares the limit.
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.call(INFO), range(12)))
        assert _Crowd.most == most


def test_after_an_error_nothing_more_is_begun() -> None:
    begun: list[int] = []

    def read(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise PlatformError("it is down")
        time.sleep(0.005)
        return item

    answers = Client(SITE, TOKEN, calls_at_once=2).at_once(read, range(1000))
    with pytest.raises(PlatformError, match="down"):
        list(answers)
    assert len(begun) < 20


@responses.activate
def test_token_travels_in_the_body_only() -> None:
    answer("{}")
    client = Client(SITE, TOKEN)
    client.call("core_x", courseid=2, options=[{"name": "sortby", "value": "id"}], active=True)
    request = responses.calls[0].request
    assert request.url == SITE + PATH
    assert parse_qs(str(request.body)) == {
        "wstoken": [TOKEN],
        "wsfunction": ["core_x"],
        "moodlewsrestformat": ["json"],
        "courseid": ["2"],
        "options[0][name]": ["sortby"],
        "options[0][value]": ["id"],
        "active": ["1"],
    }
    assert TOKEN not in str(request.headers) + repr(client)


@responses.activate
def test_objects_can_be_dropped_while_they_are_read() -> None:
    answer('{"rows": [{"keep": 1}, {"drop": 2}]}')
    answer('{"exception": "x", "errorcode": "nopermissions", "message": ""}')
    client = Client(SITE, TOKEN)

    def hook(found: dict[str, object]) -> object:
        return None if "drop" in found else found

    assert client.call("core_x", object_hook=hook) == {"rows": [{"keep": 1}, None]}
    with pytest.raises(MoodleError):
        client.call("core_x", object_hook=hook)


def test_private_access_key_stays_inside(replay: Replay, client: Client) -> None:
    assert "userprivateaccesskey" in replay.recorded(INFO, {})
    assert "userprivateaccesskey" not in client.call(INFO)


def test_parameters_are_flattened_as_php_reads_them() -> None:
    assert flatten({"values": [3, 4], "deep": {"a": [{"b": False}]}}) == {
        "values[0]": "3",
        "values[1]": "4",
        "deep[a][0][b]": "0",
    }
