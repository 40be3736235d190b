"""Activities and badges of the recorded site."""

import gzip
import json
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from connector.completion import Fact, Observation
from connector.platforms import Asked, Reading
from connector.platforms.moodle.functions import ACTIVITIES, BADGES, CONTENTS, USERS_COURSES
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import ERRORS, FIXTURES, RECORDING
from tests.connector.remembered import Remembered
from tests.connector.test_moodle_sweep import LEARNERS, moodle_at

HOME = "http://127.0.0.1:8080"
WITH_ACTIVITIES = Reading(activities=True)
WITH_BADGES = Reading(badges=True)


def say(replay: Replay, seen: Remembered, reading: Reading, **asked: Any) -> list[Observation]:
    replay.calls.clear()
    return seen.follow(moodle_at(replay, reading).observe(None, Asked(seen, **asked)))


def part(said: list[Observation], user: int, number: int) -> Observation:
    (found,) = [
        one
        for one in said
        if one.part and one.learner.account_name == str(user) and one.part.external_id == str(number)
    ]
    return found


def completed_activities() -> set[tuple[str, str]]:
    """(account, number) of activities that learners who are shown have completed, read from the recording."""
    shown: set[tuple[int, int]] = set()
    complete: set[tuple[int, int, int]] = set()
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        for call in map(json.loads, lines):
            if call["function"] == USERS_COURSES:
                shown |= {(call["params"]["userid"], row["id"]) for row in call["body"]}
            if call["function"] == ACTIVITIES and "statuses" in call["body"]:
                user, course = call["params"]["userid"], call["params"]["courseid"]
                complete |= {
                    (user, course, row["cmid"]) for row in call["body"]["statuses"] if row["state"] in (1, 2)
                }
    return {(str(user), str(number)) for user, course, number in complete if (user, course) in shown}


def test_every_completed_activity_is_said(replay: Replay) -> None:
    said = say(replay, Remembered(), WITH_ACTIVITIES)
    parts = [one for one in said if one.part and one.fact is Fact.COMPLETED]
    assert {
        (one.learner.account_name, one.part.external_id) for one in parts if one.part
    } == completed_activities()
    assert len(parts) > 700
    assert {one.fact for one in said if one.part} == {Fact.COMPLETED, Fact.NOT_COMPLETED}
    # Nothing is asked of who has done nothing, and each course is asked once for the names.
    assert Counter(replay.calls)[CONTENTS] == 7
    progress = [one for one in said if one.fact is Fact.ENROLLED and one.progress]
    assert Counter(replay.calls)[ACTIVITIES] == len(progress)


def test_what_is_said_of_an_activity(replay: Replay) -> None:
    one = part(say(replay, Remembered(), WITH_ACTIVITIES), 3, 3)
    assert one.fact is Fact.COMPLETED
    assert one.at == datetime.fromtimestamp(1795260092, UTC)
    assert one.course.shortname == "DL101"
    assert one.activity_iri == f"{HOME}/mod/page/view.php?id=3"
    assert one.part is not None
    assert one.part.title == "บทนำ: การใช้งานคอมพิวเตอร์"


def test_activities_have_the_types_that_are_pushed(replay: Replay) -> None:
    """As logstore_xapi names them: what is pulled and what is pushed is one activity."""
    pushed: dict[str, str] = {}
    with gzip.open(FIXTURES.parent / "logstore_xapi" / "shapes.jsonl.gz", "rt", encoding="utf-8") as lines:
        for shape in map(json.loads, lines):
            pushed |= _types(shape)
    said = say(replay, Remembered(), WITH_ACTIVITIES)
    parts = {one.part for one in said if one.part}
    compared = [one for one in parts if one.activity_iri in pushed]
    assert len(compared) > 10
    for one in compared:
        assert one.activity_type == pushed[one.activity_iri]


def _types(value: Any) -> dict[str, str]:
    """Types of all activities of modules in a statement, by IRI."""
    found: dict[str, str] = {}
    if isinstance(value, dict):
        if "/mod/" in str(value.get("id")) and "type" in value.get("definition", {}):
            found[value["id"]] = value["definition"]["type"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            found |= _types(item)
    return found


def test_overrides_and_failures(replay: Replay) -> None:
    """One was set complete by hand, one to incomplete; a failed quiz is not complete."""
    states: dict[tuple[int, int], dict[str, Any]] = {}
    for user in range(3, 64):
        for course in range(2, 8):
            answer = replay.recorded(ACTIVITIES, {"courseid": course, "userid": user})
            states |= {(user, row["cmid"]): row for row in answer.get("statuses", ())}
    said = say(replay, Remembered(), WITH_ACTIVITIES)
    told = {(int(one.learner.account_name), int(one.part.external_id)): one for one in said if one.part}
    overridden = {key: row for key, row in states.items() if row["overrideby"] and key in told}
    assert {row["state"] for row in overridden.values()} == {0, 1}
    for key, row in overridden.items():
        expected = Fact.COMPLETED if row["state"] else Fact.NOT_COMPLETED
        assert (told[key].fact, told[key].at is None) == (expected, row["state"] == 0)
    failed = [key for key, row in states.items() if row["state"] == 3 and key in told]
    assert failed
    assert {(told[key].fact, told[key].at) for key in failed} == {(Fact.NOT_COMPLETED, None)}


def test_activities_are_asked_for_again_where_progress_has_moved(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen, WITH_ACTIVITIES)
    assert not any(one.part for one in say(replay, seen, WITH_ACTIVITIES))
    assert ACTIVITIES not in replay.calls
    rows = replay.recorded(USERS_COURSES, {"userid": 3})
    rows = [row | ({"progress": 50} if row["id"] == 2 else {}) for row in rows]
    replay.put(USERS_COURSES, {"userid": 3}, rows)
    said = [one for one in say(replay, seen, WITH_ACTIVITIES) if one.part]
    assert {(one.learner.account_name, one.course.external_id) for one in said} == {("3", "2")}
    assert Counter(replay.calls)[ACTIVITIES] == 1
    full = say(replay, seen, WITH_ACTIVITIES, full=True)
    assert Counter(replay.calls)[ACTIVITIES] == len({(one.learner, one.course) for one in full})


def test_untracked_learners_and_activities_are_left_out(replay: Replay) -> None:
    key = {"courseid": 2, "userid": 3}
    answer = replay.recorded(ACTIVITIES, key)
    answer["statuses"][0]["istrackeduser"] = False
    answer["statuses"][1]["hascompletion"] = False
    replay.put(ACTIVITIES, key, answer)
    said = say(replay, Remembered(), WITH_ACTIVITIES)
    numbers = {
        one.part.external_id
        for one in said
        if one.part and (one.learner.account_name, one.course.external_id) == ("3", "2")
    }
    assert numbers == {str(row["cmid"]) for row in answer["statuses"][2:]}


def test_an_activity_that_may_not_be_seen_has_no_name(replay: Replay) -> None:
    sections = replay.recorded(CONTENTS, {"courseid": 2})
    for section in sections:
        section["modules"] = []
    replay.put(CONTENTS, {"courseid": 2}, sections)
    one = part(say(replay, Remembered(), WITH_ACTIVITIES), 3, 3)
    assert one.part is not None
    assert one.part.title == "page"


def test_a_learner_who_leaves_between_two_calls(replay: Replay) -> None:
    gone = json.loads(ERRORS[ACTIVITIES, "deleted_user"]["body"])
    replay.put(ACTIVITIES, {"courseid": 2, "userid": 3}, gone)
    said = say(replay, Remembered(), WITH_ACTIVITIES)
    assert not any(
        one.part and (one.learner.account_name, one.course.external_id) == ("3", "2") for one in said
    )


def test_badges(replay: Replay) -> None:
    said = [one for one in say(replay, Remembered(), WITH_BADGES) if one.part]
    assert len(said) == _recorded_badges()
    assert Counter(replay.calls)[BADGES] == LEARNERS
    mine = [one for one in said if one.learner.account_name == "3"]
    assert [one.at for one in mine] == [datetime.fromtimestamp(1795260251, UTC)] * 2
    assert [one.activity_iri for one in mine] == [
        f"{HOME}/badges/overview.php?id=1",
        f"{HOME}/badges/overview.php?id=2",
    ]
    assert mine[0].part is not None
    assert mine[0].part.title == "ผู้ผ่านการอบรม DL101"
    # Moodle tells the course of a badge to hardly anybody: then it is the site's.
    assert {(one.course.external_id, one.course.title) for one in mine} == {
        ("1", "ระบบอบรมออนไลน์ (Moodle lab)")
    }


def _recorded_badges() -> int:
    with gzip.open(RECORDING, "rt", encoding="utf-8") as lines:
        calls = [call for call in map(json.loads, lines) if call["function"] == BADGES]
    return sum(len(call["body"].get("badges", ())) for call in calls if call["params"]["userid"] != 61)


def test_a_badge_belongs_to_its_course_where_that_is_told(replay: Replay) -> None:
    answer = replay.recorded(BADGES, {"userid": 3})
    answer["badges"][0]["courseid"] = 2
    answer["badges"][1]["courseid"] = 999
    replay.put(BADGES, {"userid": 3}, answer)
    said = [one for one in say(replay, Remembered(), WITH_BADGES) if one.part]
    mine = {one.activity_iri[-1]: one.course.external_id for one in said if one.learner.account_name == "3"}
    assert mine == {"1": "2", "2": "1"}


def test_badges_of_an_account_that_was_deleted_meanwhile(replay: Replay) -> None:
    replay.put(BADGES, {"userid": 3}, json.loads(ERRORS[BADGES, "unknown_user"]["body"]))
    said = say(replay, Remembered(), WITH_BADGES)
    assert not any(one.part and one.learner.account_name == "3" for one in said)


def test_names_are_plain_text(replay: Replay) -> None:
    sections = replay.recorded(CONTENTS, {"courseid": 2})
    sections[1]["modules"][0]["name"] = "เสียง &amp; ภาพ"
    replay.put(CONTENTS, {"courseid": 2}, sections)
    one = part(say(replay, Remembered(), WITH_ACTIVITIES), 3, 3)
    assert one.part is not None
    assert one.part.title == "เสียง & ภาพ"
