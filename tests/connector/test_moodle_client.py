"""The client against recorded answers: what an administrator reads, and what never leaves the client."""

import socket
import traceback
from pathlib import Path
from urllib.parse import parse_qs

import pytest
import requests
import responses

from connector.platforms import PlatformError
from connector.platforms.moodle.client import (
    ATTEMPTS,
    LONGEST_WAIT_SECONDS,
    PATH,
    Client,
    MoodleError,
    flatten,
)
from connector.platforms.moodle.replay import Replay

ERRORS = Path(__file__).parents[1] / "fixtures" / "moodle" / "errors"
SITE = "https://moodle.example.test"
TOKEN = "0123456789abcdef0123456789abcdef"
FUNCTION = "core_webservice_get_site_info"


class Waits(list[float]):
    """Stands for time.sleep and keeps what it was asked to wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def answer(body: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
    responses.post(SITE + PATH, body=body, status=status, headers=headers)


def failure(url: str = SITE) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        Client(url, TOKEN, sleep=Waits()).call(FUNCTION)
    assert "\n" not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))
    return caught.value


@pytest.mark.parametrize(
    ("recorded", "code", "permanent", "says"),
    [
        ("invalid_token.json", "invalidtoken", True, "make a new one"),
        ("missing_cap_rest_use.json", "accessexception", True, FUNCTION),
        ("maintenance_enabled_setting.json", "sitemaintenance", False, "maintenance"),
        ("upgrade_running.json", "upgraderunning", False, "upgraded"),
        ("svc_user_suspended.json", "wsaccessusersuspended", True, "suspended"),
        ("nopermissions.json", "nopermissions", True, "capability"),
        ("errorcoursecontextnotvalid.json", "errorcoursecontextnotvalid", True, FUNCTION),
    ],
)
@responses.activate
def test_refusals_say_what_to_do(recorded: str, code: str, permanent: bool, says: str) -> None:
    answer((ERRORS / recorded).read_text())
    error = failure()
    assert isinstance(error, MoodleError)
    assert error.code == code
    assert error.permanent is permanent
    assert says in str(error)
    assert "svc_xapi" not in str(error)
    assert len(responses.calls) == 1


@responses.activate
def test_maintenance_page_is_tried_again_then_told() -> None:
    answer((ERRORS / "maintenance_mode.html").read_text(), 503)
    error = failure()
    assert "maintenance" in str(error)
    assert not error.permanent
    assert len(responses.calls) == ATTEMPTS


@pytest.mark.parametrize(
    ("body", "status", "headers", "says"),
    [
        ("", 403, {}, "web services are off"),
        ("<html>a page</html>", 200, {}, "something else than JSON"),
        ("", 301, {"Location": "https://elsewhere.example.test"}, "redirects"),
        ("", 404, {}, "404"),
        ("", 400, {}, "400"),
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


@responses.activate
def test_waits_as_long_as_the_site_asks_within_reason() -> None:
    waits = Waits()
    answer("", 429, {"Retry-After": "7"})
    answer("", 503, {"Retry-After": "100000"})
    answer("{}")
    assert Client(SITE, TOKEN, sleep=waits, jitter=lambda: 0.5).call(FUNCTION) == {}
    assert waits == [7, LONGEST_WAIT_SECONDS]


@responses.activate
def test_waits_grow_between_attempts() -> None:
    waits = Waits()
    answer("", 500)
    with pytest.raises(PlatformError, match="500") as caught:
        Client(SITE, TOKEN, sleep=waits, jitter=lambda: 0.5).call(FUNCTION)
    assert waits == [0.5, 1, 2]
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


def test_private_access_key_stays_inside(replay: Replay, client: Client) -> None:
    assert "userprivateaccesskey" in replay.recorded(FUNCTION, {})
    assert "userprivateaccesskey" not in client.call(FUNCTION)


def test_parameters_are_flattened_as_php_reads_them() -> None:
    assert flatten({"values": [3, 4], "deep": {"a": [{"b": False}]}}) == {
        "values[0]": "3",
        "values[1]": "4",
        "deep[a][0][b]": "0",
    }
