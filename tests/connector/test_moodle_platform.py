"""The platform over real HTTP against the recorded site: explicit facts, and silence elsewhere."""

import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor, PlatformError
from connector.platforms.moodle import learners as learners_module
from connector.platforms.moodle import sweep as module
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import ERRORS, HASH_KEYS

COMPLETIONS = {"DL101": 22, "DL102": 18, "DL103": 15, "DL104": 21, "DL105": 15, "DL106": 44}
COURSES = "core_course_get_courses_by_field"
ENROLLED = "core_enrol_get_enrolled_users"
USERS_COURSES = "core_enrol_get_users_courses"
STATUS = "core_completion_get_course_completion_status"


def observed(moodle: Moodle, cursor: Cursor | None = None) -> list[Observation]:
    return [item for item in moodle.observe(cursor, Asked()) if isinstance(item, Observation)]


def facts(said: list[Observation], user: int, course: int) -> list[Fact]:
    return [
        one.fact
        for one in said
        if (one.learner.account_name, one.course.external_id) == (str(user), str(course))
    ]


def recorded_error(function: str, case: str) -> Any:
    return json.loads(ERRORS[function, case]["body"])


def change_course(replay: Replay, user: int, course: int, **changes: object) -> None:
    rows = replay.recorded(USERS_COURSES, {"userid": user})
    for row in rows:
        if row["id"] == course:
            row.update(changes)
    replay.put(USERS_COURSES, {"userid": user}, rows)


def test_home_page_is_what_the_site_calls_itself(replay: Replay, moodle: Moodle) -> None:
    assert moodle.home_page == "http://127.0.0.1:8080"
    assert moodle.home_page != replay.url


def test_completions_by_course(moodle: Moodle) -> None:
    counts = Counter(one.course.shortname for one in observed(moodle) if one.fact is Fact.COMPLETED)
    assert counts == COMPLETIONS


def test_what_is_said_of_a_completed_course(moodle: Moodle) -> None:
    said = observed(moodle)
    assert facts(said, 3, 2) == [Fact.ENROLLED, Fact.COMPLETED]
    completed = next(one for one in said if one.fact is Fact.COMPLETED)
    assert completed.at == datetime.fromtimestamp(1795260121, UTC)
    assert completed.course.activity_iri == "http://127.0.0.1:8080/course/view.php?id=2"
    assert completed.course.idnumber == "TH-DL101"


def test_titles_are_plain_text(moodle: Moodle) -> None:
    titles = {one.course.shortname: one.course.title for one in observed(moodle)}
    assert titles["DL106"] == 'การทำงานร่วมกันแบบออนไลน์ & "คลาวด์"'


def test_silence_where_nothing_can_be_seen(moodle: Moodle) -> None:
    said = observed(moodle)
    shortnames = {one.course.shortname for one in said}
    assert "NEWS" not in shortnames  # completion is not tracked
    assert "HID" not in shortnames  # a hidden course is in nobody's list
    assert facts(said, 55, 2) == []  # enrolment suspended
    assert facts(said, 56, 2) == []  # enrolment ended
    assert not any(one.learner.account_name == "61" for one in said)  # deleted
    assert facts(said, 5, 3) == []  # unenrolled after completing
    assert facts(said, 62, 2) == [Fact.ENROLLED, Fact.COMPLETED]  # a suspended account still shows


def test_course_without_criteria_cannot_be_not_completed(moodle: Moodle) -> None:
    said = [one for one in observed(moodle) if one.course.shortname == "LAB01"]
    assert {one.fact for one in said} == {Fact.ENROLLED, Fact.IN_PROGRESS}


def test_national_ids_leave_as_keyed_hashes(replay: Replay, moodle: Moodle) -> None:
    said = observed(moodle)
    hashes = {one.learner.account_name: one.learner.id_hmac for one in said}
    assert hashes["3"] == HASH_KEYS.hash("1001000079196").hmac
    assert hashes["58"] is None
    assert hashes["59"] == hashes["3"]
    digits = {user.get("idnumber") for user in replay.recorded(ENROLLED, {"courseid": 2})} - {None, ""}
    assert digits
    assert not any(number in repr(said) for number in digits)


@pytest.mark.parametrize("number", ["12345", "ก100100007919", "๑๒๓๔๕๖๗๘๙๐๑๒๓", "10010000791961"])
def test_other_numbers_are_no_national_ids(replay: Replay, moodle: Moodle, number: str) -> None:
    for course in range(2, 11):
        users = replay.recorded(ENROLLED, {"courseid": course})
        for user in users:
            user["idnumber"] = number
        replay.put(ENROLLED, {"courseid": course}, users)
    assert {one.learner.id_hmac for one in observed(moodle)} == {None}


def test_order_does_not_depend_on_the_order_of_answers(
    replay: Replay, moodle: Moodle, client: Client
) -> None:
    before = list(moodle.observe(None, Asked()))
    courses = replay.recorded(COURSES, {})
    courses["courses"].reverse()
    replay.put(COURSES, {}, courses)
    for user in range(3, 64):
        replay.put(USERS_COURSES, {"userid": user}, replay.recorded(USERS_COURSES, {"userid": user})[::-1])
    assert list(Moodle(client, HASH_KEYS).observe(None, Asked())) == before


def test_pages_and_resuming(moodle: Moodle, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = observed(moodle)
    monkeypatch.setattr(module, "LEARNERS_A_PAGE", 25)
    monkeypatch.setattr(learners_module, "USERS_A_CALL", 10)
    items = list(moodle.observe(None, Asked()))
    cursors = [item for item in items if isinstance(item, Cursor)]
    assert [(one.done, one.total) for one in cursors] == [(25, 60), (50, 60), (60, 60)]
    assert cursors[-1].state is None
    assert [item for item in items if isinstance(item, Observation)] == whole
    rest = [item for item in items[items.index(cursors[0]) + 1 :] if isinstance(item, Observation)]
    assert observed(moodle, cursors[0]) == rest


def test_resuming_after_the_last_learner_starts_anew_next_time(moodle: Moodle) -> None:
    assert list(moodle.observe(Cursor("1000000"), Asked())) == [Cursor(None, 60, 60)]


def test_removed_criteria_leave_a_completion_without_a_time(replay: Replay, moodle: Moodle) -> None:
    error = replay.recorded(STATUS, {"courseid": 10, "userid": 3})
    assert error["errorcode"] == "nocriteriaset"
    replay.put(STATUS, {"courseid": 2, "userid": 3}, error)
    completed = next(one for one in observed(moodle) if one.fact is Fact.COMPLETED)
    assert (completed.learner.account_name, completed.course.shortname) == ("3", "DL101")
    assert completed.at is None


def test_any_criterion_completes_at_the_first(replay: Replay, moodle: Moodle) -> None:
    status = replay.recorded(STATUS, {"courseid": 2, "userid": 3})
    status["completionstatus"]["aggregation"] = 2
    replay.put(STATUS, {"courseid": 2, "userid": 3}, status)
    completed = next(one for one in observed(moodle) if one.fact is Fact.COMPLETED)
    assert completed.at == datetime.fromtimestamp(1795260092, UTC)


def test_null_is_not_observable(replay: Replay, moodle: Moodle) -> None:
    change_course(replay, 3, 2, completed=None)
    said = observed(moodle)
    assert facts(said, 3, 2) == []
    assert facts(said, 4, 2)


def test_refused_course_is_named(replay: Replay, moodle: Moodle) -> None:
    replay.put(ENROLLED, {"courseid": 4}, recorded_error(ENROLLED, "missing_cap_enrolreview_onlyactive"))
    with pytest.raises(PlatformError, match="course 4, DL103"):
        observed(moodle)


def test_closed_course_is_skipped_only_if_hidden(replay: Replay, moodle: Moodle) -> None:
    closed = recorded_error(ENROLLED, "missing_capabilities")
    replay.put(ENROLLED, {"courseid": 9}, closed)
    assert len(observed(moodle)) > 135
    replay.put(ENROLLED, {"courseid": 2}, closed)
    with pytest.raises(PlatformError, match="course 2, DL101"):
        observed(moodle)


def test_missing_function_is_named_before_anything_is_read(replay: Replay, moodle: Moodle) -> None:
    info = replay.recorded("core_webservice_get_site_info", {})
    info["functions"] = [one for one in info["functions"] if one["name"] != USERS_COURSES]
    replay.put("core_webservice_get_site_info", {}, info)
    with pytest.raises(PlatformError, match=f"web service: {USERS_COURSES}$"):
        _ = moodle.home_page


def test_blindness_is_not_taken_for_an_empty_site(replay: Replay, moodle: Moodle) -> None:
    for user in range(3, 64):
        rows = replay.recorded(USERS_COURSES, {"userid": user})
        replay.put(USERS_COURSES, {"userid": user}, [row | {"completed": None} for row in rows])
    with pytest.raises(PlatformError, match="report/completion:view"):
        observed(moodle)
    for course in range(2, 11):
        replay.put(ENROLLED, {"courseid": course}, [])
    with pytest.raises(PlatformError, match="moodle/user:viewdetails"):
        observed(moodle)


def test_replay_answers_strangers_as_moodle_does(replay: Replay, client: Client) -> None:
    with pytest.raises(PlatformError, match="token is not valid"):
        Client(replay.url, "another").call("core_webservice_get_site_info")
    with pytest.raises(PlatformError, match="knows no function core_no_such_function"):
        client.call("core_no_such_function")
    with pytest.raises(PlatformError, match="no course or record any more"):
        client.call(ENROLLED, courseid=999999)
    replay.maintenance = True
    with pytest.raises(PlatformError, match="maintenance"):
        client.call("core_webservice_get_site_info")
