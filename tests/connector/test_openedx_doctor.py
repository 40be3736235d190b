"""What the doctor of an Open edX finds, in few calls and without asking for anybody's address."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connector.cli import app
from connector.platforms import DOCTORS, Check, PlatformError, Reading, Verdict
from connector.platforms.loopback import Answer
from connector.platforms.openedx.calls import ACCOUNTS, CERTIFICATE, COURSES, EMAILS, ENROLMENTS, GRADES
from connector.platforms.openedx.doctor import EMAIL, RATES, STAFF
from connector.platforms.openedx.replay import Replay
from connector.settings import write_secret
from tests.connector.test_openedx_client import CLIENT, RECORDING

REFUSED = Answer(403, "application/json", b'{"detail": "No."}')
ABSENT = Answer(404, "application/json", b'{"developer_message": "not_found"}')


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, CLIENT, page_size=2) as running:
        yield running


def examine(replay: Replay, reading: Reading | None = None) -> dict[str, Check]:
    doctor = DOCTORS["openedx"](url=replay.url, token=CLIENT, reading=reading or Reading())
    return {check.what: check for check in doctor.examine()}


def test_all_is_there(replay: Replay) -> None:
    found = examine(replay)
    assert {one.verdict for name, one in found.items() if name != RATES} == {Verdict.OK}
    assert len(replay.calls) <= 8
    assert "40 for courses and 120 for enrolments" in found[RATES].remedy


def path_of(call: Any) -> str:
    start: str = call.path.partition("{")[0]
    return start


@pytest.mark.parametrize(
    ("call", "answer", "verdict", "says"),
    [
        (COURSES, REFUSED, Verdict.MISSING, "courses are refused (403): make the application's user staff"),
        (ENROLMENTS, REFUSED, Verdict.MISSING, "enrolments are refused (403)"),
        (GRADES, REFUSED, Verdict.MISSING, "give the application's access the scope that grades need"),
        (ACCOUNTS, REFUSED, Verdict.MISSING, "accounts are refused (403)"),
        (CERTIFICATE, REFUSED, Verdict.MISSING, "certificates are refused (403)"),
        (CERTIFICATE, ABSENT, Verdict.OK, ""),
        (EMAILS, ABSENT, Verdict.OPTIONAL, "staff of the whole site"),
    ],
)
def test_what_is_refused_is_missing_and_says_what_to_do(
    replay: Replay, call: Any, answer: Answer, verdict: Verdict, says: str
) -> None:
    replay.instead = [(path_of(call), answer)]
    found = examine(replay)[call.name]
    assert found.verdict is verdict
    assert says in found.remedy
    assert "\n" not in found.remedy


def test_the_look_up_is_missing_where_it_is_wanted(replay: Replay) -> None:
    replay.instead = [(EMAILS.path, ABSENT)]
    assert examine(replay, Reading(look_up_emails=True))[EMAILS.name].verdict is Verdict.MISSING


def hide_ids(site: Any) -> None:
    for row in site["accounts"]:
        row["id"] = None


def hide_emails(site: Any) -> None:
    for row in site["accounts"]:
        row["email"] = None


def hide_courses(site: Any) -> None:
    site["courses"] = []


def empty_courses(site: Any) -> None:
    site["enrolments"] = {course: [] for course in site["enrolments"]}


@pytest.mark.parametrize(
    ("spoil", "what", "verdict"),
    [
        (hide_ids, STAFF, Verdict.MISSING),
        (hide_emails, EMAIL, Verdict.OPTIONAL),
        (hide_courses, COURSES.name, Verdict.MISSING),
        (hide_courses, GRADES.name, Verdict.UNKNOWN),
        (empty_courses, ACCOUNTS.name, Verdict.UNKNOWN),
        (empty_courses, ENROLMENTS.name, Verdict.OK),
    ],
)
def test_what_is_missing_without_a_word_is_found(
    replay: Replay, spoil: Callable[[Any], None], what: str, verdict: Verdict
) -> None:
    spoil(replay.site)
    assert examine(replay)[what].verdict is verdict


def test_a_client_that_is_refused_is_an_error(replay: Replay) -> None:
    with pytest.raises(PlatformError, match="the client is refused"):
        DOCTORS["openedx"](url=replay.url, token="an-id:wrong", reading=Reading()).examine()


@pytest.mark.parametrize(("spoil", "status"), [(None, 0), (hide_ids, 1)])
def test_the_command_says_so(
    replay: Replay, tmp_path: Path, spoil: Callable[[Any], None] | None, status: int
) -> None:
    if spoil:
        spoil(replay.site)
    settings = f'[platforms.mooc]\nkind = "openedx"\nurl = "{replay.url}"\n'
    (tmp_path / "thaksa.toml").write_text(settings, encoding="utf-8")
    write_secret(tmp_path / "secrets" / "mooc.token", CLIENT)
    result = CliRunner().invoke(app, ["platform", "check", "mooc", "--data", str(tmp_path)])
    assert result.exit_code == status, result.output
    assert STAFF in result.output
    assert "an-id" not in result.output
