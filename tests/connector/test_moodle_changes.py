"""A pass through the companion plugin: the same as core functions tell, in a few calls.

The two recordings are of one real site before and after: a completion more, one whose enrolment was
suspended, a learner who left, one who was deleted, a new one, a changed grade, a deleted course, one that
was reset, one whose completions vanished from the database, one that was hidden, one with a new name.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.completion import Fact, Observation
from connector.platforms import Asked, Cursor, PlatformError, Reading
from connector.platforms.moodle import changes as module
from connector.platforms.moodle.functions import (
    CHANGES,
    COURSES,
    PLUGIN,
    SITE_INFO,
    TOTALS,
    USERS_COURSES,
)
from connector.platforms.moodle.mark import read_mark
from connector.platforms.moodle.replay import Replay
from connector.sync import Options, SyncReport, sync
from tests.connector.conftest import ERRORS, FIXTURES, TOKEN
from tests.connector.remembered import Remembered
from tests.connector.test_moodle_sweep import moodle_at, only, pairs

RECORDINGS = FIXTURES.parent / "moodle_plugin"
NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
TOTALS_OF_ALL = {"include": {"activities": False}}


@contextmanager
def site(name: str, *, plugin: bool = True) -> Iterator[Replay]:
    """The recorded site; without the plugin, if that is what is wanted."""
    with Replay(RECORDINGS / f"{name}.jsonl.gz", TOKEN) as replay:
        if not plugin:
            info = replay.recorded(SITE_INFO, {})
            info["functions"] = [one for one in info["functions"] if one["name"] not in PLUGIN]
            replay.put(SITE_INFO, {}, info)
            replay.forget(*PLUGIN)
        yield replay


class Follower:
    """Somebody who syncs, and remembers."""

    def __init__(self, reading: Reading | None = None) -> None:
        self.seen = Remembered()
        self.state: str | None = None
        self.reading = reading

    def items(self, replay: Replay, **asked: Any) -> list[Observation | Cursor]:
        replay.calls.clear()
        cursor = None if self.state is None else Cursor(self.state)
        return list(moodle_at(replay, self.reading).observe(cursor, Asked(self.seen, **asked)))

    def sync(self, replay: Replay, **asked: Any) -> list[Observation]:
        items = self.items(replay, **asked)
        last = items[-1]
        assert isinstance(last, Cursor)
        assert last.ends_pass
        assert last.done == last.total
        self.state = last.state
        return self.seen.follow(items)


@pytest.fixture
def before() -> Iterator[Replay]:
    with site("before") as replay:
        yield replay


def changes_since(follower: Follower, **more: Any) -> dict[str, Any]:
    """The parameters of the next call for changes."""
    since = read_mark(follower.state).since
    return {"since": since, "after": "", "limit": 5000, "include": {"activities": False}} | more


def page(replay: Replay, **entries: Any) -> dict[str, Any]:
    """A page of changes with these entries and no others."""
    now = replay.recorded(TOTALS, TOTALS_OF_ALL)["now"]
    empty: dict[str, Any] = {
        name: [] for name in ("users", "courses", "gone", "rows", "modules", "activities")
    }
    return empty | {"now": now, "until": now - 300, "next": ""} | entries


def everything(replay: Replay) -> Any:
    """What a first reading is told."""
    first = {"since": 0, "after": "", "limit": 5000, "include": {"activities": False}}
    return replay.recorded(CHANGES, first)


def set_totals(replay: Replay, course: int, **values: int) -> None:
    totals = replay.recorded(TOTALS, TOTALS_OF_ALL)
    for row in totals["courses"]:
        if row["courseid"] == course:
            row.update(values)
    replay.put(TOTALS, TOTALS_OF_ALL, totals)


def without_address(one: Observation) -> Observation:
    """Core functions hide e-mail addresses that their owners hide, and the plugin does not."""
    return replace(one, learner=replace(one.learner, email=""))


@pytest.mark.parametrize("reading", [Reading(), Reading(activities=True)], ids=["courses", "activities"])
@pytest.mark.parametrize("name", ["before", "after"])
def test_both_ways_tell_the_same(name: str, reading: Reading) -> None:
    with site(name) as replay:
        by_plugin = Follower(reading).sync(replay)
    with site(name, plugin=False) as replay:
        by_core = Follower(reading).sync(replay)
    # Core functions tell of activities that nobody began that they are not completed, the plugin nothing.
    told = {one.activity_iri for one in by_plugin if one.part}
    begun = {(one.learner.account_name, one.activity_iri) for one in by_plugin if one.part}
    by_core = [
        one
        for one in by_core
        if one.part is None
        or (one.learner.account_name, one.activity_iri) in begun
        or one.fact is Fact.COMPLETED
    ]
    assert set(map(without_address, by_plugin)) == set(map(without_address, by_core))
    assert len(by_plugin) > 60
    assert bool(told) is reading.activities


@pytest.mark.parametrize("reading", [Reading(), Reading(activities=True)], ids=["courses", "activities"])
def test_both_ways_remember_the_same_after_changes(reading: Reading) -> None:
    by_plugin, by_core = Follower(reading), Follower(reading)
    with site("before") as replay:
        by_plugin.sync(replay)
    with site("after") as replay:
        by_plugin.sync(replay)
    with site("before", plugin=False) as replay:
        by_core.sync(replay)
    with site("after", plugin=False) as replay:
        # A changed grade of a completion that is known costs core functions a full pass.
        by_core.sync(replay, full=True)
    assert dict(by_plugin.seen) == dict(by_core.seen)
    assert Counter(state.fact for state in by_plugin.seen.values())[Fact.UNSEEN] > 5


def test_the_way_may_change_between_two_passes() -> None:
    follower, other = Follower(), Follower()
    with site("before", plugin=False) as replay:
        follower.sync(replay)
    with site("after") as replay:
        follower.sync(replay)
        assert replay.calls == [TOTALS, CHANGES]
        other.sync(replay)
    shown = {pair: state for pair, state in follower.seen.items() if state.fact is not Fact.UNSEEN}
    assert shown == dict(other.seen)
    with site("after", plugin=False) as replay:
        assert only(follower.sync(replay), Fact.UNSEEN) == []
        assert follower.state is None


def test_first_sync_and_idle_poll_are_two_calls_each(before: Replay) -> None:
    follower = Follower()
    assert len(only(follower.sync(before), Fact.COMPLETED)) > 10
    assert before.calls == [TOTALS, CHANGES]
    before.put(CHANGES, changes_since(follower), page(before))
    assert follower.sync(before) == []
    assert before.calls == [TOTALS, CHANGES]


def test_what_was_told_already_may_come_again(before: Replay) -> None:
    """The minutes before a pass are told twice, for what was committed late."""
    follower = Follower()
    first = follower.sync(before)
    whole = everything(before)
    shown = [row for row in whole["rows"] if row["status"] == "active"]
    before.put(CHANGES, changes_since(follower), whole | {"rows": shown})
    assert follower.sync(before) == first
    assert before.calls == [TOTALS, CHANGES]


def test_changes_are_told_with_their_time_and_grade() -> None:
    follower = Follower()
    with site("before") as replay:
        follower.sync(replay)
    with site("after") as replay:
        said = follower.sync(replay)
        assert len(replay.calls) < 8
    (regraded,) = [one for one in only(said, Fact.COMPLETED) if pairs([one]) == {("5", "2")}]
    assert regraded.grade == pytest.approx(0.975)
    assert pairs(only(said, Fact.UNSEEN)) >= {("14", "2"), ("13", "2"), ("15", "2")}
    assert {course for _, course in pairs(only(said, Fact.UNSEEN))} == {"2", "5"}
    # Completions that vanished without an event: the learners are there, and have not completed.
    assert {("5", "6"), ("6", "6")} <= pairs(only(said, Fact.NOT_COMPLETED))
    # The course that is visible again, and the one with a new name.
    assert {"7", "8"} <= {one.course.external_id for one in said}


def test_a_vanished_row_is_found_by_the_totals(before: Replay) -> None:
    """Somebody whose enrolment and completion are gone from the database."""
    follower = Follower()
    follower.sync(before)
    before.put(CHANGES, changes_since(follower), page(before))
    course = {"since": 0, "after": "", "limit": 5000, "courseids": [3], "include": {"activities": False}}
    answer = before.recorded(CHANGES, course)
    gone = next(row for row in answer["rows"] if row["completed"])
    answer["rows"].remove(gone)
    answer["users"] = [user for user in answer["users"] if user["id"] != gone["userid"]]
    before.put(CHANGES, course, answer)
    set_totals(before, 3, completions=1, completionsum=0)
    said = follower.sync(before)
    assert before.calls == [TOTALS, CHANGES, CHANGES]
    assert pairs(only(said, Fact.UNSEEN)) == {(str(gone["userid"]), "3")}
    assert pairs(said) >= {(str(row["userid"]), "3") for row in answer["rows"]}
    before.put(CHANGES, changes_since(follower), page(before))
    assert follower.sync(before) == []
    assert before.calls == [TOTALS, CHANGES]


def test_what_rows_explain_costs_no_call(before: Replay) -> None:
    follower = Follower()
    follower.sync(before)
    whole = everything(before)
    done = next(row for row in whole["rows"] if row["courseid"] == 3 and row["completed"])
    new = next(
        row
        for row in whole["rows"]
        if row["courseid"] == 3 and row["completed"] is False and row["status"] == "active"
    )
    before_sum = next(
        row["completionsum"]
        for row in before.recorded(TOTALS, TOTALS_OF_ALL)["courses"]
        if row["courseid"] == 3
    )
    added = new["userid"] * 1795300000 % 2147483647
    taken = done["userid"] * done["timecompleted"] % 2147483647
    rows = [
        new | {"completed": True, "timecompleted": 1795300000},
        done | {"completed": False, "timecompleted": None},
    ]
    courses = [row for row in whole["courses"] if row["id"] == 3]
    users = [row for row in whole["users"] if row["id"] in (new["userid"], done["userid"])]
    before.put(CHANGES, changes_since(follower), page(before, rows=rows, users=users, courses=courses))
    set_totals(before, 3, completionsum=before_sum + added - taken)
    said = follower.sync(before)
    assert before.calls == [TOTALS, CHANGES]
    assert pairs(only(said, Fact.COMPLETED)) == {(str(new["userid"]), "3")}
    assert (str(done["userid"]), "3") in pairs(only(said, Fact.NOT_COMPLETED))


def test_a_deleted_account_explains_its_completions(before: Replay) -> None:
    follower = Follower()
    follower.sync(before)
    pair = next(pair for pair, state in follower.seen.items() if state.fact is Fact.COMPLETED)
    user = int(pair[0])
    totals = before.recorded(TOTALS, TOTALS_OF_ALL)
    for row in totals["courses"]:
        state = follower.seen.get((pair[0], str(row["courseid"])))
        if state and state.fact is Fact.COMPLETED and state.at:
            row["completions"] -= 1
            row["completionsum"] -= user * int(state.at.timestamp()) % 2147483647
    before.put(TOTALS, TOTALS_OF_ALL, totals)
    gone = [{"kind": "user", "courseid": 0, "userid": user, "time": totals["now"]}]
    told = [next(one for one in everything(before)["users"] if one["id"] == user) | {"deleted": True}]
    before.put(CHANGES, changes_since(follower), page(before, gone=gone, users=told))
    said = follower.sync(before)
    assert {one.fact for one in said} == {Fact.UNSEEN}
    assert {one.learner.account_name for one in said} == {pair[0]}
    assert before.calls == [TOTALS, CHANGES]


def test_a_changed_account_is_told_though_nothing_else_of_it_changed(before: Replay) -> None:
    follower = Follower()
    follower.sync(before)
    whole = everything(before)
    user = next(one for one in whole["users"] if one["id"] == 5)
    users = [user | {"email": "new@example.org", "fullname": "ชื่อใหม่ สกุลใหม่"}]
    before.put(CHANGES, changes_since(follower), page(before, users=users))
    course = {"since": 0, "after": "", "limit": 1, "courseids": [2], "include": {"activities": False}}
    row = next(one for one in whole["courses"] if one["id"] == 2)
    before.put(CHANGES, course, page(before, courses=[row]))
    remembered = dict(follower.seen)
    (one,) = follower.sync(before)
    assert (one.learner.email, one.learner.display_name) == ("new@example.org", "ชื่อใหม่ สกุลใหม่")
    assert (one.fact, one.course.title) != (Fact.UNSEEN, "")
    assert dict(follower.seen) == remembered


def test_a_course_that_is_not_told_any_more_is_unseen(before: Replay) -> None:
    follower = Follower()
    first = follower.sync(before)
    totals = before.recorded(TOTALS, TOTALS_OF_ALL)
    totals["courses"] = [row for row in totals["courses"] if row["courseid"] != 4]
    before.put(TOTALS, TOTALS_OF_ALL, totals)
    before.put(CHANGES, changes_since(follower), page(before))
    said = follower.sync(before)
    assert {one.fact for one in said} == {Fact.UNSEEN}
    assert pairs(said) == {pair for pair in pairs(first) if pair[1] == "4"}


def test_a_course_that_is_hidden_is_unseen_and_comes_back(before: Replay) -> None:
    follower = Follower()
    first = follower.sync(before)
    row = next(one for one in everything(before)["courses"] if one["id"] == 4)
    before.put(CHANGES, changes_since(follower), page(before, courses=[row | {"visible": False}]))
    said = follower.sync(before)
    assert before.calls == [TOTALS, CHANGES]
    assert {one.fact for one in said} == {Fact.UNSEEN}
    assert pairs(said) == {pair for pair in pairs(first) if pair[1] == "4"}
    before.put(CHANGES, changes_since(follower), page(before, courses=[row]))
    back = follower.sync(before)
    assert before.calls == [TOTALS, CHANGES, CHANGES]
    assert back == [one for one in first if one.course.external_id == "4"]


def test_blindness_is_an_error_and_nothing_is_unseen(before: Replay) -> None:
    follower = Follower()
    follower.sync(before)
    before.put(TOTALS, TOTALS_OF_ALL, before.recorded(TOTALS, TOTALS_OF_ALL) | {"courses": []})
    with pytest.raises(PlatformError, match="moodle/course:view") as caught:
        follower.items(before)
    assert caught.value.permanent


def test_a_full_pass_reads_everything_and_misses_who_is_gone(before: Replay) -> None:
    follower = Follower()
    first = follower.sync(before)
    whole = everything(before)
    left = next(row for row in whole["rows"] if row["courseid"] == 3)
    whole["rows"].remove(left)
    before.put(CHANGES, changes_since(follower, since=0), whole)
    said = follower.sync(before, full=True)
    assert before.calls == [TOTALS, CHANGES]
    assert pairs(only(said, Fact.UNSEEN)) == {(str(left["userid"]), "3")}
    assert pairs(said) == pairs(first)


def test_another_choice_is_read_from_the_start(before: Replay) -> None:
    follower = Follower()
    follower.sync(before)
    said = follower.sync(before, courses=frozenset({"PL102"}))
    assert {one.course.shortname for one in said} == {"PL102"}
    assert before.calls == [TOTALS, COURSES, CHANGES]
    # The number of the course is kept: an idle poll is two calls here too.
    before.put(CHANGES, changes_since(follower, courseids=[3]), page(before))
    assert follower.sync(before, courses=frozenset({"PL102"})) == []
    assert before.calls == [TOTALS, CHANGES]


def test_a_site_whose_clock_went_back_is_read_from_the_start(before: Replay) -> None:
    follower = Follower()
    first = follower.sync(before)
    totals = before.recorded(TOTALS, TOTALS_OF_ALL)
    before.put(TOTALS, TOTALS_OF_ALL, totals | {"now": totals["now"] - 86400})
    assert follower.sync(before) == first


def test_an_interrupted_pass_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ROWS_A_PAGE", 10)
    follower = Follower()
    for name in ("before", "after"):
        with site(name) as replay:
            whole = follower.items(replay)
            inner = [item for item in whole if isinstance(item, Cursor) and not item.ends_pass]
            assert len(inner) > 2
            assert all(one.done <= one.total for one in inner)
            halfway = Follower()
            halfway.seen, halfway.state = follower.seen, inner[1].state
            assert halfway.items(replay) == whole
            follower.sync(replay)


def test_a_reset_takes_activities_back() -> None:
    """Nothing is left of the states of a course that was reset: what is not complete is said one by one."""
    follower = Follower(Reading(activities=True))
    with site("before") as replay:
        first = follower.sync(replay)
    had = {
        (one.learner.account_name, one.activity_iri)
        for one in first
        if one.part and one.fact is Fact.COMPLETED and one.course.external_id == "4"
    }
    assert had
    with site("after") as replay:
        said = follower.sync(replay)
    taken = {
        (one.learner.account_name, one.activity_iri)
        for one in said
        if one.part and one.fact is Fact.NOT_COMPLETED and one.course.external_id == "4"
    }
    assert had <= taken


def test_badges_are_asked_of_whom_something_is_told(before: Replay) -> None:
    follower = Follower(Reading(badges=True))
    said = follower.sync(before)
    badges = [call for call in before.calls if call == "core_badges_get_user_badges"]
    assert len(badges) == len({one.learner for one in said})
    before.put(CHANGES, changes_since(follower), page(before))
    assert follower.sync(before) == []
    assert before.calls == [TOTALS, CHANGES]


def test_grades_that_are_not_wanted_are_not_told(before: Replay) -> None:
    said = Follower(Reading(grades=False)).sync(before)
    assert {one.grade for one in said} == {None}


def test_a_plugin_that_refuses_is_done_without(before: Replay) -> None:
    refused = ERRORS["core_enrol_get_enrolled_users", "missing_cap_enrolreview_onlyactive"]["body"]
    before.put(TOTALS, TOTALS_OF_ALL, json.loads(refused))
    follower = Follower()
    assert len(only(follower.sync(before), Fact.COMPLETED)) > 10
    assert USERS_COURSES in before.calls
    assert CHANGES not in before.calls


def test_both_ways_write_the_same_statements(engine: Engine) -> None:
    """What was synced through the plugin leaves core functions nothing to write."""

    def run(name: str, *, plugin: bool, full: bool = False) -> SyncReport:
        with site(name, plugin=plugin) as replay:
            options = Options(full=full)
            platform = moodle_at(replay, Reading(activities=True))
            return sync(engine, platform, name="lab", kind="moodle", now=NOW, options=options)

    assert run("before", plugin=True).written > 100
    changed = run("after", plugin=True)
    assert changed.written > 0
    assert changed.voided > 0
    again = run("after", plugin=False, full=True)
    assert (again.written, again.voided) == (0, 0)
    assert again.completions > 10
