"""What the plugin answered on a real Moodle agrees with itself and with core functions."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

RECORDINGS = Path(__file__).parents[1] / "fixtures/moodle_plugin"
UNLOCKED = 6  # PL105: its completions were deleted, and no event told


def calls(name: str, function: str) -> Iterator[tuple[dict[str, Any], Any]]:
    with gzip.open(RECORDINGS / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            call = json.loads(line)
            if call["function"] == function:
                yield call["params"], call["body"]


def reading(name: str, since: int = 0, limit: int = 5000) -> dict[str, list[Any]]:
    """All pages of one recorded reading, with activities."""
    pages = {
        params["after"]: body
        for params, body in calls(name, "local_thaksa_get_changes")
        if (params["since"], params["limit"]) == (since, limit)
        and "courseids" not in params
        and params["include"]["activities"]
    }
    found: dict[str, list[Any]] = {"rows": [], "activities": [], "gone": [], "users": [], "until": []}
    after = ""
    while True:
        page = pages[after]
        for key, entries in found.items():
            entries.extend(page[key] if key != "until" else [page[key]])
        after = page["next"]
        if not after:
            return found


def totals(name: str) -> dict[int, dict[str, int]]:
    """What the plugin told of all courses."""
    return next(
        {course.pop("courseid"): course for course in body["courses"]}
        for params, body in calls(name, "local_thaksa_get_totals")
        if "courseids" not in params and params["include"]["activities"]
    )


def checksum(entries: list[Any], time: str) -> int:
    return sum(entry["userid"] * entry[time] % 2147483647 for entry in entries)


def computed(course: int, rows: list[Any], activities: list[Any]) -> dict[str, int]:
    """What a client makes of the rows it was told."""
    here = [row for row in rows if row["courseid"] == course]
    completed = [row for row in here if row["completed"]]
    enrolled = [row for row in here if row["status"] != "none"]
    states = [state for state in activities if state["courseid"] == course]
    return {
        "completions": len(completed),
        "completionsum": checksum(completed, "timecompleted"),
        "enrolments": len(enrolled),
        "enrolmentsum": checksum(enrolled, "timeenrolled"),
        "activities": len(states),
        "activitysum": checksum(states, "timemodified"),
    }


@pytest.mark.parametrize("name", ["before", "after"])
def test_totals_are_those_of_the_rows(name: str) -> None:
    told = reading(name)
    expected = totals(name)
    assert len(expected) > 5
    for course, total in expected.items():
        assert computed(course, told["rows"], told["activities"]) == total


@pytest.mark.parametrize("name", ["before", "after"])
def test_small_pages_tell_what_a_large_one_tells(name: str) -> None:
    whole, paged = reading(name), reading(name, limit=10)
    assert (paged["rows"], paged["activities"]) == (whole["rows"], whole["activities"])
    assert len(set(paged["until"])) == 1 < len(paged["until"])


@pytest.mark.parametrize("name", ["before", "after"])
def test_an_active_row_is_what_core_tells(name: str) -> None:
    # A hidden course is told by core to those who may see it; the plugin marks it.
    hidden = {7} if name == "before" else set()
    core = {
        (params["userid"], course["id"]): (course["completed"], course["progress"], course["lastaccess"])
        for params, body in calls(name, "core_enrol_get_users_courses")
        for course in body
        if course["enablecompletion"] and course["id"] not in hidden
    }
    rows = {
        (row["userid"], row["courseid"]): (row["completed"], row["progress"], row["lastaccess"])
        for row in reading(name)["rows"]
        if row["status"] == "active" and row["courseid"] not in hidden
    }
    assert rows == core


def test_a_later_reading_and_the_totals_tell_all_that_changed() -> None:
    first, now = reading("before"), reading("after")
    later = reading("after", since=first["until"][0])
    deleted = {user["id"] for user in later["users"] if user["deleted"]}
    assert {14} == deleted
    dropped = {gone["courseid"] for gone in later["gone"] if gone["kind"] == "course"}
    rows = {(row["courseid"], row["userid"]): row for row in first["rows"] + later["rows"]}
    kept = [row for key, row in rows.items() if key[0] not in dropped and key[1] not in deleted]
    present = {(row["courseid"], row["userid"]): row for row in now["rows"]}
    stale = [row["courseid"] for row in kept if present[row["courseid"], row["userid"]] != row]
    assert len(kept) == len(present)
    assert set(stale) == {UNLOCKED}
    wrong = {
        course
        for course, total in totals("after").items()
        if computed(course, kept, [])["completionsum"] != total["completionsum"]
    }
    assert wrong == {UNLOCKED}


def test_completions_that_are_computed_again_keep_their_times() -> None:
    times = [
        {row["userid"]: row["timecompleted"] for row in reading(name)["rows"] if row["courseid"] == 3}
        for name in ("before", "after")
    ]
    assert times[0] == times[1]
    later = reading("after", since=reading("before")["until"][0])
    assert {row["userid"] for row in later["rows"] if row["courseid"] == 3} == set(times[0])


def test_recordings_hold_no_secrets() -> None:
    for name in ("before", "after"):
        text = gzip.decompress((RECORDINGS / f"{name}.jsonl.gz").read_bytes()).decode()
        assert "userprivateaccesskey" not in text
        assert "wstoken" not in text
