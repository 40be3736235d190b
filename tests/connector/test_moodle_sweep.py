"""A pass over the recorded site that knows what earlier ones heard: few calls, and whom it sees no more."""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor, PlatformError, Reading, State
from connector.platforms.moodle import sweep as module
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.functions import (
    COURSE_STATUS,
    COURSES,
    ENROLLED,
    GRADES,
    SITE_INFO,
    TOTALS,
    USERS_COURSES,
)
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay
from tests.connector.conftest import ERRORS, FIXTURES, HASH_KEYS, TOKEN
from tests.connector.remembered import Remembered

LEARNERS = 60
TRACKED_COURSES = 8
"""HID among them: it is hidden, and its list of learners can be read."""
OPENING = Counter({TOTALS: 1, SITE_INFO: 1, COURSES: 1, ENROLLED: TRACKED_COURSES})
"""Of every pass here: whether the plugin is there, what is offered, and the pages of lists."""


def moodle_at(replay: Replay, reading: Reading | None = None) -> Moodle:
    return Moodle(Client(replay.url, TOKEN, sleep=lambda _: None), HASH_KEYS, reading)


def say(replay: Replay, seen: Remembered, **asked: Any) -> list[Observation]:
    """One pass, remembered; `replay.calls` holds its calls and no others."""
    replay.calls.clear()
    return seen.follow(moodle_at(replay).observe(None, Asked(seen, **asked)))


def only(said: Iterable[Observation], fact: Fact) -> list[Observation]:
    return [one for one in said if one.fact is fact]


def pairs(said: Iterable[Observation]) -> set[tuple[str, str]]:
    return {(one.learner.account_name, one.course.external_id) for one in said}


def recording(number: int) -> Path:
    return FIXTURES / f"site-{number}.jsonl.gz"


def hide(replay: Replay, user: int, *courses: int) -> None:
    """These courses are not in the learner's list any more."""
    rows = replay.recorded(USERS_COURSES, {"userid": user})
    replay.put(USERS_COURSES, {"userid": user}, [row for row in rows if row["id"] not in courses])


def answer_probes(replay: Replay, body: object) -> None:
    """What is answered when only one active learner is asked for."""
    options = {"onlyactive": 1, "userfields": "id", "limitnumber": 1}
    pairs = [{"name": name, "value": value} for name, value in options.items()]
    for course in range(2, 11):
        replay.put(ENROLLED, {"courseid": course, "options": pairs}, body)


def leave_lists(replay: Replay, *users: int) -> None:
    for course in range(2, 11):
        rows = replay.recorded(ENROLLED, {"courseid": course})
        replay.put(ENROLLED, {"courseid": course}, [row for row in rows if row["id"] not in users])


def test_first_pass_asks_each_learner_and_each_completion_once(replay: Replay) -> None:
    say(replay, Remembered())
    assert Counter(replay.calls) == OPENING + Counter(
        {USERS_COURSES: LEARNERS, COURSE_STATUS: 135, GRADES: 6}
    )


def test_an_idle_poll_asks_each_learner_once(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen)
    before = dict(seen)
    said = say(replay, seen)
    assert Counter(replay.calls) == OPENING + Counter({USERS_COURSES: LEARNERS})
    # What was not asked again is not told, and what is told has not changed.
    assert {(one.at, one.grade) for one in only(said, Fact.COMPLETED)} == {(None, None)}
    assert pairs(only(said, Fact.COMPLETED)) == {
        pair for pair, state in before.items() if state.fact is Fact.COMPLETED
    }


def test_a_full_pass_asks_for_all_times_and_grades_again(replay: Replay) -> None:
    seen = Remembered()
    first = say(replay, seen)
    again = say(replay, seen, full=True)
    assert again == first
    assert Counter(replay.calls)[COURSE_STATUS] == 135


def test_the_site_over_time() -> None:
    """Only what is new costs a call; completions that came back are asked for again."""
    seen = Remembered()
    with Replay(recording(1), TOKEN) as replay:
        first = {(one.learner.account_name, one.course.external_id): one.at
                 for one in only(say(replay, seen), Fact.COMPLETED)}  # fmt: skip
    with Replay(recording(2), TOKEN) as replay:
        said = say(replay, seen)
        assert Counter(replay.calls)[COURSE_STATUS] == 1
        assert Counter(replay.calls)[GRADES] == 1
        (new,) = pairs(only(said, Fact.COMPLETED)) - first.keys()
        assert new[1] == "5"
        assert len(only(said, Fact.COMPLETED)) == 121
        lost = first.keys() & pairs(only(said, Fact.NOT_COMPLETED))
        assert Counter(course for _, course in lost) == {"4": 15}
        titles = {one.course.external_id: one.course.title for one in said}
        assert titles["3"] != "การใช้งานอินเทอร์เน็ต"
    with Replay(recording(3), TOKEN) as replay:
        said = say(replay, seen)
        assert Counter(replay.calls)[COURSE_STATUS] == 15
        # Fifteen new ones in one course: its grades are read at once.
        assert Counter(replay.calls)[GRADES] == 1
        assert len(only(said, Fact.COMPLETED)) == 136
        back = [one for one in only(said, Fact.COMPLETED) if one.course.external_id == "4"]
        assert {(one.learner.account_name, "4"): one.at for one in back} == {
            pair: at for pair, at in first.items() if pair[1] == "4"
        }


def test_names_and_addresses_follow() -> None:
    with Replay(recording(1), TOKEN) as replay:
        before = {one.learner.account_name: one.learner for one in say(replay, Remembered())}
    with Replay(recording(2), TOKEN) as replay:
        after = {one.learner.account_name: one.learner for one in say(replay, Remembered())}
    changed = [name for name in before if before[name] != after[name]]
    assert len(changed) == 1
    assert before[changed[0]].email != after[changed[0]].email
    assert before["3"].email == "teacher001@school.example.test"
    assert before["3"].username == "teacher001"


def test_odd_accounts(replay: Replay) -> None:
    """58 has no idnumber, 59 the same as 3, 60 no e-mail; 61 is deleted."""
    said = say(replay, Remembered())
    learners = {one.learner.account_name: one.learner for one in said}
    assert (learners["58"].id_hmac, learners["58"].email != "") == (None, True)
    assert learners["59"].id_hmac == learners["3"].id_hmac
    assert learners["59"].display_name != learners["3"].display_name
    assert {"3", "59"} <= {one.learner.account_name for one in only(said, Fact.COMPLETED)}
    assert learners["60"].email == ""
    assert "61" not in learners


def test_fields_that_are_hidden_are_empty(replay: Replay) -> None:
    for course in range(2, 11):
        rows = replay.recorded(ENROLLED, {"courseid": course})
        replay.put(
            ENROLLED, {"courseid": course}, [{"id": row["id"], "fullname": row["fullname"]} for row in rows]
        )
    learners = {one.learner for one in say(replay, Remembered())}
    assert {(one.id_hmac, one.email, one.username) for one in learners} == {(None, "", "")}


def test_who_left_a_course_is_unseen_there_once(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen)
    hide(replay, 3, 2)
    said = say(replay, seen)
    assert pairs(only(said, Fact.UNSEEN)) == {("3", "2")}
    assert ("3", "2") not in pairs(one for one in said if one.fact is not Fact.UNSEEN)
    assert only(say(replay, seen), Fact.UNSEEN) == []


def test_who_comes_back_is_asked_for_again(replay: Replay) -> None:
    seen = Remembered()
    first = say(replay, seen)
    rows = replay.recorded(USERS_COURSES, {"userid": 3})
    hide(replay, 3, 2)
    say(replay, seen)
    replay.put(USERS_COURSES, {"userid": 3}, rows)
    again = say(replay, seen)
    (back,) = [one for one in only(again, Fact.COMPLETED) if one.at is not None]
    assert back in first


def test_deleted_and_unenrolled_accounts_are_unseen_without_a_call(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen)
    were = {pair for pair in seen if pair[0] in ("3", "63")}
    assert were
    leave_lists(replay, 3, 63)
    said = say(replay, seen)
    assert pairs(only(said, Fact.UNSEEN)) == were
    assert Counter(replay.calls)[USERS_COURSES] == LEARNERS - 2
    # In the order of their numbers, as everybody is.
    numbers = [int(one.learner.account_name) for one in said]
    assert numbers == sorted(numbers)


def test_a_hidden_course_is_unseen_and_not_taken_back(replay: Replay) -> None:
    seen = Remembered()
    first = say(replay, seen)
    closed = ERRORS[ENROLLED, "missing_capabilities"]["body"]
    courses = replay.recorded(COURSES, {})
    for row in courses["courses"]:
        if row["id"] == 2:
            row["visible"] = 0
    replay.put(COURSES, {}, courses)
    replay.put(ENROLLED, {"courseid": 2}, json.loads(closed))
    for user in range(3, 64):
        hide(replay, user, 2)
    said = say(replay, seen)
    assert pairs(only(said, Fact.UNSEEN)) == {pair for pair in pairs(first) if pair[1] == "2"}
    assert not any(one.course.external_id == "2" for one in only(said, Fact.NOT_COMPLETED))


def test_a_course_that_stops_tracking_is_left_as_it_is(replay: Replay) -> None:
    """The learners are still shown there, and of their completion nothing can be seen."""
    seen = Remembered()
    say(replay, seen)
    for user in range(3, 64):
        rows = replay.recorded(USERS_COURSES, {"userid": user})
        replay.put(
            USERS_COURSES,
            {"userid": user},
            [row | ({"completed": None} if row["id"] == 2 else {}) for row in rows],
        )
    assert "2" not in {one.course.external_id for one in say(replay, seen)}


def test_an_account_that_sees_no_course_of_anybody_is_an_error(replay: Replay) -> None:
    """moodle/course:viewparticipants is missing: all lists are silently empty."""
    seen = Remembered()
    say(replay, seen)
    for user in range(3, 64):
        replay.put(USERS_COURSES, {"userid": user}, [])
    before = dict(seen)
    with pytest.raises(PlatformError, match="moodle/course:viewparticipants") as caught:
        say(replay, seen)
    assert caught.value.permanent
    assert dict(seen) == before


def test_lists_that_are_truly_empty_are_believed(replay: Replay) -> None:
    """All enrolments have ended: the course lists its people still, and nobody in it is active."""
    seen = Remembered()
    say(replay, seen)
    for user in range(3, 64):
        replay.put(USERS_COURSES, {"userid": user}, [])
    answer_probes(replay, [])
    assert pairs(only(say(replay, seen), Fact.UNSEEN)) == seen.keys()


def test_who_may_not_ask_for_active_learners_says_nothing_of_empty_lists(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen)
    for user in range(3, 64):
        replay.put(USERS_COURSES, {"userid": user}, [])
    answer_probes(replay, json.loads(ERRORS[ENROLLED, "missing_cap_enrolreview_onlyactive"]["body"]))
    assert say(replay, seen) == []


def test_chosen_courses_alone_are_read_and_missed(replay: Replay) -> None:
    seen = Remembered()
    say(replay, seen)
    leave_lists(replay, 3)
    # Its idnumber is hidden in the list of courses from those who may not edit it.
    rows = [row for row in replay.recorded(COURSES, {})["courses"] if row["shortname"] == "DL102"]
    replay.put(COURSES, {"field": "idnumber", "value": "TH-DL102"}, {"courses": rows, "warnings": []})
    said = say(replay, seen, courses=frozenset({"DL101", "TH-DL102"}))
    assert {one.course.shortname for one in said if one.fact is not Fact.UNSEEN} == {"DL101", "DL102"}
    assert pairs(only(said, Fact.UNSEEN)) == {("3", "2"), ("3", "3")}
    assert Counter(replay.calls)[ENROLLED] == 2


def test_courses_that_are_not_there_are_named(replay: Replay) -> None:
    replay.put(COURSES, {"field": "idnumber", "value": "DL1O1"}, {"courses": [], "warnings": []})
    with pytest.raises(PlatformError, match="is called DL1O1: correct the names") as caught:
        say(replay, Remembered(), courses=frozenset({"DL1O1"}))
    assert caught.value.permanent


def test_courses_that_may_not_be_entered_are_an_error(replay: Replay) -> None:
    """Without moodle/course:view Moodle tells names of courses, and no settings."""
    courses = replay.recorded(COURSES, {})
    for row in courses["courses"][1:]:
        del row["enablecompletion"]
    replay.put(COURSES, {}, courses)
    with pytest.raises(PlatformError, match=r"moodle/course:view$"):
        say(replay, Remembered())


def test_resuming_hears_the_rest_of_the_unseen_too(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LEARNERS_A_PAGE", 25)
    seen = Remembered()
    say(replay, seen)
    leave_lists(replay, 3, 63)
    items = list(moodle_at(replay).observe(None, Asked(seen)))
    cursors = [item for item in items if isinstance(item, Cursor)]
    assert [(one.done, one.total, one.ends_pass) for one in cursors] == [
        (25, 60, False),
        (50, 60, False),
        (60, 60, True),
    ]
    rest = items[items.index(cursors[0]) + 1 :]
    assert list(moodle_at(replay).observe(cursors[0], Asked(seen))) == rest
    assert ("63", "2") in pairs(only((one for one in rest if isinstance(one, Observation)), Fact.UNSEEN))


def test_a_cursor_of_another_way_of_reading_starts_anew(replay: Replay) -> None:
    whole = list(moodle_at(replay).observe(None, Asked()))
    assert list(moodle_at(replay).observe(Cursor('{"since": 1}'), Asked())) == whole


def test_states_of_accounts_with_other_names_are_left_alone(replay: Replay) -> None:
    seen = Remembered()
    seen["imported-person", "2"] = State(Fact.COMPLETED, datetime(2026, 1, 1, tzinfo=UTC), None, None)
    assert only(say(replay, seen), Fact.UNSEEN) == []
