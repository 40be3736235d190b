"""Final grades: against an independent reading of the recording, and in few calls."""

import gzip
import json
from collections import Counter
from typing import Any

import pytest
from structlog.testing import capture_logs

from connector.completion import Fact, Observation
from connector.platforms import Asked, PlatformError, Reading
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.functions import GRADES, SITE_INFO
from connector.platforms.moodle.grades import Grades, share
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import ERRORS, RECORDING
from tests.connector.remembered import Remembered
from tests.connector.test_moodle_sweep import moodle_at, only, say

EVERYBODY_IN_DL101 = {"courseid": 2, "userid": 0}


def totals_of_the_recording() -> dict[tuple[str, str], float]:
    """What Moodle prints in the gradebook's percentage column, by account and course."""
    found: dict[tuple[str, str], float] = {}
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        for call in map(json.loads, lines):
            if call["function"] == GRADES:
                for user in call["body"]["usergrades"]:
                    printed = user["gradeitems"][-1]["percentageformatted"]
                    if printed.endswith(" %"):
                        found[str(user["userid"]), str(user["courseid"])] = float(printed[:-2]) / 100
    return found


def change_item(replay: Replay, user: int, **changes: Any) -> None:
    """Changes the course's own grade of a learner in DL101."""
    grades = replay.recorded(GRADES, EVERYBODY_IN_DL101)
    for row in grades["usergrades"]:
        if row["userid"] == user:
            next(item for item in row["gradeitems"] if item["itemtype"] == "course").update(changes)
    replay.put(GRADES, EVERYBODY_IN_DL101, grades)


def grade(replay: Replay, user: int) -> float | None:
    (one,) = [
        one
        for one in only(say(replay, Remembered()), Fact.COMPLETED)
        if (one.learner.account_name, one.course.external_id) == (str(user), "2")
    ]
    return one.grade


def test_grades_are_those_of_the_gradebook(replay: Replay) -> None:
    printed = totals_of_the_recording()
    completed = only(say(replay, Remembered()), Fact.COMPLETED)
    assert len(completed) == 135
    for one in completed:
        expected = printed.get((one.learner.account_name, one.course.external_id))
        assert one.grade == (None if expected is None else pytest.approx(expected, abs=0.00005))
    graded = [one.grade for one in completed if one.grade is not None]
    assert len(graded) > 100
    assert len(set(graded)) > 3


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"graderaw": 6, "grademin": 2, "grademax": 10}, 0.5),
        ({"graderaw": 12, "grademin": 0, "grademax": 10}, 1.0),
        ({"graderaw": -1, "grademin": 0, "grademax": 10}, 0.0),
        ({"graderaw": 0, "grademin": 0, "grademax": 0}, None),
        ({"graderaw": None}, None),
        ({"gradeishidden": True}, None),
    ],
)
def test_odd_grades(replay: Replay, changes: dict[str, Any], expected: float | None) -> None:
    change_item(replay, 3, **changes)
    assert grade(replay, 3) == expected


def test_share_of_what_could_be_had() -> None:
    assert share(3.33333, 0, 10) == pytest.approx(0.333333)


def test_one_learner_is_asked_alone_and_several_with_everybody(replay: Replay, client: Client) -> None:
    grades = Grades(client, told=True)
    course = {"id": 2, "shortname": "DL101"}
    alone = grades.of(course, [3])
    assert alone.keys() == {3}
    # A second one: there may be more to come, and the course is asked whole.
    whole = grades.of(course, [4])
    assert len(whole) > 20
    assert whole[3] == alone[3]
    assert grades.of(course, [3, 4, 5]) == whole
    assert grades.of(course, []) == {}
    assert replay.calls == [GRADES, GRADES]


def test_no_grades_where_they_are_not_offered_or_not_wanted(replay: Replay) -> None:
    said = Remembered().follow(moodle_at(replay, Reading(grades=False)).observe(None, Asked()))
    assert {one.grade for one in said} == {None}
    info = replay.recorded(SITE_INFO, {})
    info["functions"] = [one for one in info["functions"] if one["name"] != GRADES]
    replay.put(SITE_INFO, {}, info)
    assert {one.grade for one in say(replay, Remembered())} == {None}
    assert GRADES not in replay.calls


def test_hidden_grades_are_no_reason_to_do_without_completions(replay: Replay) -> None:
    refused = json.loads(
        ERRORS["core_enrol_get_enrolled_users", "missing_cap_enrolreview_onlyactive"]["body"]
    )
    for course in range(2, 11):
        replay.put(GRADES, {"courseid": course, "userid": 0}, refused)
    with capture_logs() as events:
        completed = only(say(replay, Remembered()), Fact.COMPLETED)
    assert len(completed) == 135
    assert {one.grade for one in completed} == {None}
    hidden = [event for event in events if event["event"] == "moodle grades are hidden"]
    assert Counter(event["log_level"] for event in hidden) == {"warning": 6}


def test_other_errors_are_errors(replay: Replay) -> None:
    replay.put(
        GRADES, EVERYBODY_IN_DL101, json.loads(ERRORS[SITE_INFO, "maintenance_enabled_setting"]["body"])
    )
    with pytest.raises(PlatformError, match=r"maintenance mode.*\(course 2, DL101\)"):
        say(replay, Remembered())


def test_a_course_that_is_too_big_is_asked_one_by_one(replay: Replay) -> None:
    expected = {one.learner.account_name: one.grade for one in in_dl101(say(replay, Remembered()))}
    everybody = replay.recorded(GRADES, EVERYBODY_IN_DL101)
    for row in everybody["usergrades"]:
        replay.put(GRADES, {"courseid": 2, "userid": row["userid"]}, {"usergrades": [row]})
    replay.put(GRADES, EVERYBODY_IN_DL101, "<html>Gateway Timeout</html>", 504)
    completed = in_dl101(say(replay, Remembered()))
    assert {one.learner.account_name: one.grade for one in completed} == expected
    # Once for everybody, and not again; five other courses are asked whole.
    assert Counter(replay.calls)[GRADES] == 1 + len(completed) + 5


def in_dl101(said: list[Observation]) -> list[Observation]:
    return [one for one in only(said, Fact.COMPLETED) if one.course.external_id == "2"]
