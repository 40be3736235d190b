"""The client of Open edX: what an administrator reads, tokens, pages, and what never leaves the client."""

import base64
import logging
import threading
import time
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import pytest
import requests
import responses

from connector.platforms import PlatformError
from connector.platforms.http import ATTEMPTS
from connector.platforms.loopback import Answer, Asked, LoopbackSite
from connector.platforms.openedx.calls import (
    ACCOUNTS,
    CERTIFICATE,
    COURSES,
    ENROLMENTS,
    GRADES,
    TOKEN,
    Call,
)
from connector.platforms.openedx.certificates import passed_at
from connector.platforms.openedx.client import LONGEST_WAIT_SECONDS, Client
from connector.platforms.openedx.learners import read_learners
from connector.platforms.openedx.replay import Replay

SITE = "https://mooc.example.test"
CLIENT = "an-id:a-secret:with-colons"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
RECORDING = Path(__file__).parents[1] / "fixtures" / "openedx" / "site.json"
RUN = "course-v1:OBEC+DL101+2025_T1"


class Waits(list[float]):
    """Stands for time.sleep and keeps what it was asked to wait."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, CLIENT, page_size=2) as running:
        yield running


def a_client(url: str = SITE, token: str = CLIENT, waits: Waits | None = None, calls: int = 4) -> Client:
    sleep = Waits() if waits is None else waits
    return Client(url, token, calls_at_once=calls, sleep=sleep, jitter=lambda: 0.5, clock=lambda: NOW)


def give_token(seconds: int = 3600) -> None:
    body = {"access_token": "a.jwt", "expires_in": seconds, "token_type": "JWT"}
    responses.post(SITE + TOKEN.path, json=body)


def failure(call: Call = COURSES, token: str = CLIENT, **parts: str) -> PlatformError:
    with pytest.raises(PlatformError) as caught:
        a_client(token=token).get(call, None, **parts)
    text = "".join(traceback.format_exception(caught.value))
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith("Open edX at mooc.example.test: ")
    assert "a-secret" not in text
    assert "a.jwt" not in text
    return caught.value


# call, status -> permanent, words of the remedy, attempts
TOLD = [
    (COURSES, 301, True, "it redirects (301): set the platform's url to the address of the LMS", 1),
    (COURSES, 400, True, "it answers 400 to courses", 1),
    (COURSES, 401, True, "a fresh access token is refused for courses (401)", 2),
    (COURSES, 403, True, "make the application's user staff of the whole site", 1),
    (COURSES, 404, True, "not of Studio", 1),
    (COURSES, 429, False, "lower calls_at_once, or sync less often", ATTEMPTS),
    (COURSES, 500, False, "it fails at courses (500): see the log of its LMS", ATTEMPTS),
    (COURSES, 503, False, "in maintenance or overloaded (503)", ATTEMPTS),
    (GRADES, 403, True, "grades are refused (403)", 1),
    (GRADES, 404, False, "the course is gone that grades were asked for", 1),
]


@pytest.mark.parametrize(("call", "status", "permanent", "says", "attempts"), TOLD)
@responses.activate
def test_every_status_says_what_to_do(
    call: Call, status: int, permanent: bool, says: str, attempts: int
) -> None:
    give_token()
    path = call.path.format(course="course-v1%3AOBEC%2BDL101%2B2025_T1", username="")
    responses.get(SITE + path, json={"detail": "สมชาย ใจดี"}, status=status)
    error = failure(call, **({"course": RUN} if call is GRADES else {}))
    assert says in str(error)
    assert (f"(course {RUN})" in str(error)) == (call is GRADES)
    assert "สมชาย" not in str(error)
    assert error.permanent is permanent
    assert sum(str(one.request.url).startswith(SITE + path) for one in responses.calls) == attempts


@pytest.mark.parametrize(
    ("status", "permanent", "says"),
    [
        (400, True, "write the token as client_id:client_secret"),
        (401, True, "the client is refused (401)"),
        (403, True, "grant type client credentials"),
        (404, True, "there are no the access token"),
        (429, False, "fewer calls"),
        (502, False, "it fails at the access token (502)"),
    ],
)
@responses.activate
def test_a_token_that_is_not_given_says_why(status: int, permanent: bool, says: str) -> None:
    responses.post(SITE + TOKEN.path, json={"error": "invalid_client"}, status=status)
    error = failure()
    assert says in str(error)
    assert error.permanent is permanent


@pytest.mark.parametrize("token", ["", "alone", ":secret", "id:"])
@responses.activate
def test_a_token_that_holds_no_client_is_told_before_anything_is_asked(token: str) -> None:
    error = failure(token=token)
    assert "write it as client_id:client_secret" in str(error)
    assert error.permanent
    assert not responses.calls


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"access_token": "a.jwt"}', '{"expires_in": "soon"}'])
@responses.activate
def test_an_answer_that_is_no_token(body: str) -> None:
    responses.post(SITE + TOKEN.path, body=body)
    error = failure()
    assert "something else than the access token" in str(error)
    assert error.permanent


@pytest.mark.parametrize("body", ["<html>a page</html>", "", "[]", "{}", '{"results": 1}'])
@responses.activate
def test_an_answer_that_is_no_list(body: str) -> None:
    give_token()
    responses.get(SITE + COURSES.path, body=body)
    with pytest.raises(PlatformError, match="something else than courses") as caught:
        list(a_client().pages(COURSES, {}))
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("error", "says", "permanent"),
    [
        (requests.ConnectionError("…/certificates/somchai.j"), "cannot be reached", False),
        (requests.ReadTimeout("…/certificates/somchai.j"), "in time", False),
        (requests.exceptions.SSLError("…/certificates/somchai.j"), "TLS certificate", True),
    ],
)
@responses.activate
def test_no_answer_names_nobody(error: Exception, says: str, permanent: bool) -> None:
    give_token()
    username = str(error).rpartition("/")[2]
    path = CERTIFICATE.path.format(username=username, course="x")
    responses.get(SITE + path, body=error)
    with pytest.raises(PlatformError, match=says) as caught:
        a_client().get(CERTIFICATE, username=username, course="x")
    assert caught.value.permanent is permanent
    assert caught.value.__suppress_context__
    assert username not in "".join(traceback.format_exception(caught.value))


@responses.activate
def test_the_secret_travels_in_a_header_and_the_token_too() -> None:
    give_token()
    responses.get(SITE + COURSES.path, json={})
    client = a_client()
    client.get(COURSES)
    asked, read = responses.calls
    assert asked.request.url == SITE + TOKEN.path
    assert parse_qs(str(asked.request.body)) == {"grant_type": ["client_credentials"], "token_type": ["jwt"]}
    basic = base64.b64encode(CLIENT.encode()).decode()
    assert asked.request.headers["Authorization"] == f"Basic {basic}"
    assert read.request.headers["Authorization"] == "JWT a.jwt"
    assert "secret" not in repr(client)


def test_a_token_is_renewed_before_its_end(replay: Replay) -> None:
    clock = Clock()
    client = Client(replay.url, CLIENT, clock=clock)
    for minutes in (0, 30, 58):
        clock.now = NOW + timedelta(minutes=minutes)
        client.get(COURSES)
    assert tokens(replay) == 1
    clock.now = NOW + timedelta(minutes=59)
    client.get(COURSES)
    assert tokens(replay) == 2
    client.get(COURSES)
    assert tokens(replay) == 2


def test_a_token_that_is_refused_is_replaced_once_for_all(replay: Replay) -> None:
    client = a_client(replay.url)
    client.get(COURSES)
    replay.forget_tokens()
    assert len(list(client.at_once(lambda _: client.get(COURSES), range(8)))) == 8
    assert tokens(replay) == 2


def tokens(replay: Replay) -> int:
    return sum(TOKEN.path in call for call in replay.calls)


def test_all_pages_are_read_at_the_address_of_the_settings(replay: Replay) -> None:
    """The replay calls itself otherwise in the addresses of next pages."""
    client = a_client(replay.url)
    pages = list(client.pages(GRADES, {}, course=RUN))
    assert [len(page.rows) for page in pages] == [2, 2, 1]
    rows = [row["username"] for page in pages for row in page.rows]
    assert rows == [row["username"] for row in replay.site["grades"][RUN]]
    again = list(client.pages(GRADES, dict(parse_qsl(pages[1].following)), course=RUN))
    assert [row["username"] for page in again for row in page.rows] == rows[4:]
    enrolled = client.pages(ENROLMENTS, {"course_id": RUN})
    assert sum(len(page.rows) for page in enrolled) == 6
    assert [len(page.rows) for page in client.pages(COURSES, {"page_size": 3})] == [3, 1]


@responses.activate
def test_a_page_that_follows_itself_is_an_error() -> None:
    give_token()
    responses.get(SITE + COURSES.path, json={"results": [], "pagination": {"next": f"{SITE}/?page=2"}})
    with pytest.raises(PlatformError, match="something else than courses"):
        list(a_client().pages(COURSES, {}))


def test_waits_as_long_as_the_site_asks(replay: Replay) -> None:
    waits = Waits()
    slow = Answer(429, "application/json", b"{}", {"Retry-After": "45"})
    replay.instead = [(COURSES.path, slow), (COURSES.path, slow)]
    assert a_client(replay.url, waits=waits).get(COURSES)["pagination"]["count"] == 4
    assert waits == [45, 45]


def test_a_wait_that_is_too_long_ends_the_sync_instead_of_being_cut_short(replay: Replay) -> None:
    waits = Waits()
    headers = {"Retry-After": f"{LONGEST_WAIT_SECONDS + 1:.0f}"}
    replay.instead = [(COURSES.path, Answer(429, "application/json", b"{}", headers))]
    with pytest.raises(PlatformError, match="fewer calls") as caught:
        a_client(replay.url, waits=waits).get(COURSES)
    assert not caught.value.permanent
    assert waits == []


def test_accounts_are_looked_up_together(replay: Replay) -> None:
    client = a_client(replay.url)
    found = read_learners(client, replay.url, ["nok+edx", "retired_user", "malee_s"])
    assert {name: (one.account_name, one.email, one.username) for name, one in found.items()} == {
        "nok+edx": ("104", "nok.edx@example.org", "nok+edx"),
        "malee_s": ("102", "malee_s@example.org", "malee_s"),
    }
    assert read_learners(client, replay.url, ["retired_user"]) == {}
    assert sum(ACCOUNTS.path in call for call in replay.calls) == 2


def test_accounts_without_their_number_are_an_error(replay: Replay) -> None:
    for row in replay.site["accounts"]:
        del row["id"]
    with pytest.raises(PlatformError, match="show no id: make the application's user staff") as caught:
        read_learners(a_client(replay.url), replay.url, ["malee_s"])
    assert caught.value.permanent


def test_only_a_certificate_of_a_pass_tells_its_time(replay: Replay) -> None:
    client = a_client(replay.url)
    assert passed_at(client, "somchai.j", RUN) == datetime(2025, 4, 1, 3, 0, tzinfo=UTC)
    assert passed_at(client, "malee_s", RUN) is None
    replay.site["certificates"][RUN]["somchai.j"]["is_passing"] = False
    assert passed_at(client, "somchai.j", RUN) is None


class Crowd(LoopbackSite):
    """Counts how many requests it answers at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.now = self.most = 0
        self._lock = threading.Lock()

    def respond(self, asked: Asked) -> Answer:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1
        body = b'{"access_token": "x", "expires_in": 3600}' if asked.method == "POST" else b"{}"
        return Answer(200, "application/json", body)


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_calls_are_in_flight_than_allowed(most: int) -> None:
    with Crowd() as site:
        client = a_client(site.url, calls=most)
        assert list(client.at_once(lambda _: client.get(COURSES), range(12))) == [{}] * 12
        assert site.most == most


def test_logs_hold_no_secret(replay: Replay, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        a_client(replay.url).get(COURSES)
    assert "secret" not in caplog.text
    assert "jwt-1" not in caplog.text
