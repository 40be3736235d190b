"""What is said of an Open edX site, and whole syncs of it into both databases."""

import re
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import Engine, select
from structlog.testing import capture_logs

from connector.completion import Fact, Observation
from connector.platforms import PLATFORMS, Asked, Cursor, Pair, Platform, PlatformError, Reading, State
from connector.platforms.loopback import Answer
from connector.platforms.openedx.calls import CERTIFICATE, GRADES
from connector.platforms.openedx.replay import Replay
from connector.settings import load
from connector.sync import Options, sync
from connector.sync_store import SyncReport
from connector.tables import enrolment, platform_course
from lrs.reading import Held, held
from mappings.tables import account
from mappings.vocabulary import COMPLETED
from tests.connector.conftest import HASH_KEYS
from tests.connector.syncing import NOW, documents, rows, stored
from tests.connector.test_openedx_client import CLIENT, RECORDING

RUN_1 = "course-v1:OBEC+DL101+2025_T1"
RUN_2 = "course-v1:OBEC+DL101+2025_T2"
AI = "course-v1:OBEC+AI201+2025"
DATA = "course-v1:MU+DATA1+2024"


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, CLIENT, page_size=2) as running:
        yield running


def opened(replay: Replay, reading: Reading | None = None) -> Platform:
    return PLATFORMS["openedx"](
        url=replay.url + "/", token=CLIENT, hash_keys=HASH_KEYS, reading=reading or Reading()
    )


class Before:
    """What was said at earlier syncs."""

    def __init__(self, states: Mapping[Pair, Fact]) -> None:
        self.states = {pair: State(fact, None, None, None) for pair, fact in states.items()}

    def accounts(self) -> Collection[str]:
        return {name for (name, _), state in self.states.items() if state.fact is not Fact.UNSEEN}

    def of(self, account_names: Collection[str]) -> Mapping[Pair, State]:
        return {pair: state for pair, state in self.states.items() if pair[0] in account_names}

    def completed(self, course_id: str) -> Mapping[str, datetime | None]:
        return {name: state.at for (name, course), state in self.states.items() if course == course_id}


def observe(replay: Replay, asked: Asked | None = None, reading: Reading | None = None) -> list[Observation]:
    said = opened(replay, reading).observe(None, asked or Asked())
    return [one for one in said if isinstance(one, Observation)]


def told(said: list[Observation]) -> set[tuple[str, str, Fact]]:
    return {(one.learner.account_name, one.course.external_id, one.fact) for one in said}


def calls(replay: Replay, path: str) -> int:
    return sum(path.partition("{")[0] in call for call in replay.calls)


ENROLLED = {
    ("101", RUN_1), ("102", RUN_1), ("103", RUN_1), ("105", RUN_1),
    ("101", RUN_2), ("104", RUN_2), ("102", AI), ("106", AI),
}  # fmt: skip
PASSED = {("101", RUN_1), ("102", RUN_1), ("105", RUN_1), ("101", RUN_2)}


def test_passes_are_completions_and_what_is_no_pass_yet_says_nothing_of_it(replay: Replay) -> None:
    said = observe(replay)
    assert told(said) == {(*pair, Fact.ENROLLED) for pair in ENROLLED} | {
        (*pair, Fact.COMPLETED) for pair in PASSED
    }
    completed = {
        (one.learner.account_name, one.course.external_id): (one.at, one.grade)
        for one in said
        if one.fact is Fact.COMPLETED
    }
    assert completed == {
        ("101", RUN_1): (datetime(2025, 4, 1, 3, 0, tzinfo=UTC), 0.91),
        ("102", RUN_1): (None, 0.8),
        ("105", RUN_1): (datetime(2025, 4, 9, 4, 5, 6, 789012, tzinfo=UTC), 0.6),
        ("101", RUN_2): (datetime(2025, 9, 1, 3, 0, tzinfo=UTC), 1.0),
    }


def test_learners_and_courses_are_named_as_the_site_names_them(replay: Replay) -> None:
    said = observe(replay)
    learners = {one.learner.account_name: one.learner for one in said if one.fact is Fact.COMPLETED}
    assert (learners["101"].username, learners["101"].email) == ("somchai.j", "somchai.j@example.org")
    assert learners["101"].display_name == "สมชาย ใจดี"
    # Only the grade tells it.
    assert learners["105"].email == "teacher05@example.org"
    courses = {one.course.external_id: one.course for one in said}
    assert courses[RUN_1].activity_iri == f"{replay.url}/course/{RUN_1}"
    assert courses[AI].title == "ปัญญาประดิษฐ์ & การสอน"


def test_runs_of_a_course_are_courses_of_one_number(replay: Replay) -> None:
    courses = {one.course.external_id: one.course for one in observe(replay)}
    runs = {RUN_1: courses[RUN_1], RUN_2: courses[RUN_2]}
    assert {(one.shortname, one.idnumber) for one in runs.values()} == {("DL101", "OBEC+DL101")}
    assert len({one.activity_iri for one in runs.values()}) == 2


@pytest.mark.parametrize(
    ("wanted", "read"),
    [
        ({RUN_2}, {RUN_2}),
        ({"DL101"}, {RUN_1, RUN_2}),
        ({"OBEC+DL101", AI}, {RUN_1, RUN_2, AI}),
        ({"AI201", "nothing"}, {AI}),
    ],
)
def test_only_courses_that_are_asked_for_are_read(replay: Replay, wanted: set[str], read: set[str]) -> None:
    said = observe(replay, Asked(courses=frozenset(wanted)))
    assert {one.course.external_id for one in said} == read
    assert calls(replay, GRADES.path) == {1: 1, 2: 4, 3: 5}[len(read)]


def test_courses_that_are_not_there_are_an_error(replay: Replay) -> None:
    with pytest.raises(PlatformError, match="do not include NOPE: correct the names") as caught:
        observe(replay, Asked(courses=frozenset({"NOPE"})))
    assert caught.value.permanent
    replay.site["courses"] = []
    with pytest.raises(PlatformError, match="courses are shown none"):
        observe(replay)


def spoil_course(site: Any) -> None:
    del site["courses"][0]["id"], site["courses"][0]["course_id"]


def spoil_enrolment(site: Any) -> None:
    site["enrolments"][RUN_1][0]["created"] = "somchai.j yesterday"


def spoil_grade(site: Any) -> None:
    site["grades"][RUN_1][0]["percent"] = "somchai.j"


def spoil_certificate(site: Any) -> None:
    site["certificates"][RUN_1]["somchai.j"]["created_date"] = "somchai.j"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_course, "something else than courses"),
        (spoil_enrolment, f"something else than enrolments: .*{re.escape(RUN_1)}"),
        (spoil_grade, f"something else than grades: .*{re.escape(RUN_1)}"),
        (spoil_certificate, f"something else than certificates: .*{re.escape(RUN_1)}"),
    ],
)
def test_rows_of_another_shape_are_an_error_that_quotes_nobody(
    replay: Replay, spoil: Callable[[Any], None], says: str
) -> None:
    spoil(replay.site)
    with pytest.raises(PlatformError, match=says) as caught:
        observe(replay)
    assert caught.value.permanent
    assert "somchai" not in "".join(traceback.format_exception(caught.value))


def test_certificates_are_asked_for_new_passes_alone(replay: Replay) -> None:
    known = Before({("101", RUN_1): Fact.COMPLETED, ("102", RUN_1): Fact.COMPLETED})
    observe(replay, Asked(known))
    assert calls(replay, CERTIFICATE.path) == 2
    observe(replay, Asked(known, full=True))
    assert calls(replay, CERTIFICATE.path) == 2 + 4


def test_a_pass_that_is_no_more_is_not_completed(replay: Replay) -> None:
    replay.site["grades"][RUN_1][0]["passed"] = False
    assert ("101", RUN_1, Fact.NOT_COMPLETED) not in told(observe(replay))
    known = Before({("101", RUN_1): Fact.COMPLETED, ("103", RUN_1): Fact.ENROLLED})
    said = told(observe(replay, Asked(known)))
    assert {one for one in said if one[2] is Fact.NOT_COMPLETED} == {("101", RUN_1, Fact.NOT_COMPLETED)}
    # Whoever was not seen in between may have been passed by nobody knows what.
    unseen = Before({("101", RUN_1): Fact.UNSEEN})
    assert ("101", RUN_1, Fact.NOT_COMPLETED) not in told(observe(replay, Asked(unseen)))


def test_grades_are_left_out_where_they_are_not_wanted(replay: Replay) -> None:
    said = observe(replay, reading=Reading(grades=False))
    assert {one.grade for one in said} == {None}
    assert sum(one.fact is Fact.COMPLETED for one in said) == 4


def test_whoever_is_enrolled_no_more_is_unseen(replay: Replay) -> None:
    known = Before(
        {
            ("104", RUN_1): Fact.COMPLETED,  # Not active any more.
            ("107", RUN_1): Fact.COMPLETED,  # The account is gone.
            ("999", RUN_1): Fact.ENROLLED,  # Listed no more.
            ("101", RUN_1): Fact.COMPLETED,
            ("106", RUN_2): Fact.UNSEEN,
            ("101", "course-v1:OLD+GONE+1"): Fact.COMPLETED,  # A course that is not listed tells nothing.
            ("101", DATA): Fact.COMPLETED,  # An empty list tells nothing.
        }
    )
    said = told(observe(replay, Asked(known)))
    assert {one[:2] for one in said if one[2] is Fact.UNSEEN} == {
        ("104", RUN_1), ("107", RUN_1), ("999", RUN_1),
    }  # fmt: skip
    said = told(observe(replay, Asked(known, courses=frozenset({RUN_2}))))
    assert Fact.UNSEEN not in {fact for _, _, fact in said}


def test_a_pass_goes_on_from_each_of_its_cursors(replay: Replay) -> None:
    platform = opened(replay)
    items = list(platform.observe(None, Asked()))
    places = [number for number, item in enumerate(items) if isinstance(item, Cursor)]
    for place in places[:-1]:
        cursor = items[place]
        assert isinstance(cursor, Cursor)
        rest = [one for one in platform.observe(cursor, Asked()) if isinstance(one, Observation)]
        expected = [one for one in items[place:] if isinstance(one, Observation)]
        # Within a course, those without a grade yet are told again: enrolled.
        assert [one for one in rest if one in expected] == expected
        assert {one.fact for one in rest if one not in expected} <= {Fact.ENROLLED}


def test_a_course_right_behind_another_is_not_passed_over(replay: Replay) -> None:
    """Ids that begin alike, as of runs "2025" and "2025b"."""
    run = f"{AI}b"
    replay.site["courses"].append({**replay.site["courses"][2], "id": run, "course_id": run})
    replay.site["enrolments"][run] = replay.site["grades"][run] = []
    platform = opened(replay)
    cursors = [one for one in platform.observe(None, Asked()) if isinstance(one, Cursor)]
    behind = cursors[[str(one.state).startswith(AI) for one in cursors].index(True)]
    replay.calls.clear()
    list(platform.observe(behind, Asked()))
    asked = [call for call in replay.calls if "/api/grades" in call]
    assert "AI201%2B2025b/" in asked[0]


def run(engine: Engine, replay: Replay, now: datetime = NOW, options: Options | None = None) -> SyncReport:
    return sync(engine, opened(replay), name="thaimooc", kind="openedx", now=now, options=options)


def remembered(engine: Engine) -> list[Any]:
    with engine.begin() as conn:
        return list(conn.execute(select(enrolment).order_by(enrolment.c.course_id, enrolment.c.account_name)))


def completions(engine: Engine, replay: Replay) -> list[Held]:
    with engine.begin() as conn:
        return [one for one in held(conn, replay.url) if one.verb_iri == COMPLETED and not one.voided]


def test_a_sync_arrives_and_the_second_writes_nothing(engine: Engine, replay: Replay) -> None:
    report = run(engine, replay)
    assert (report.learners, report.courses, report.completions, report.written) == (6, 3, 4, 12)
    assert report.learners_total == 8
    current = completions(engine, replay)
    assert {(one.account_name, one.activity_iri.partition("/course/")[2]) for one in current} == PASSED
    before, kept = stored(engine), remembered(engine)
    replay.calls.clear()
    again = run(engine, replay, NOW + timedelta(hours=6))
    assert (again.completions, again.written, again.voided) == (4, 0, 0)
    assert (stored(engine), remembered(engine)) == (before, kept)
    assert calls(replay, CERTIFICATE.path) == 0
    # Everything read again says the same.
    full = run(engine, replay, NOW + timedelta(days=7), Options(full=True))
    assert (full.written, full.voided) == (0, 0)


def test_a_sync_that_was_broken_off_goes_on(engine: Engine, replay: Replay) -> None:
    grades = GRADES.path.format(course=quote(RUN_1, safe=""))
    replay.instead = [(grades, Answer(403, "application/json", b"{}"))]
    with pytest.raises(PlatformError, match="grades are refused"):
        run(engine, replay)
    assert stored(engine) == 2
    replay.calls.clear()
    run(engine, replay, NOW + timedelta(minutes=15))
    assert stored(engine) == 12
    assert not any("AI201" in call for call in replay.calls)
    assert run(engine, replay, NOW + timedelta(minutes=30)).written == 0


def test_statements_hold_no_personal_data(engine: Engine, replay: Replay) -> None:
    with capture_logs() as logs:
        run(engine, replay)
    written = str(documents(engine)) + str(logs)
    for one in replay.site["accounts"]:
        assert one["username"] not in written
        assert not one["email"] or one["email"] not in written
        assert not one["name"] or one["name"] not in written
    (somchai,) = [row for row in rows(engine, account) if row.name == "101"]
    assert (somchai.username, somchai.email) == ("somchai.j", "somchai.j@example.org")


def test_runs_of_a_course_are_kept_by_themselves(engine: Engine, replay: Replay) -> None:
    run(engine, replay)
    both = [one for one in completions(engine, replay) if one.account_name == "101"]
    assert len({one.activity_iri for one in both}) == 2
    shown = {row.external_id: (row.shortname, row.idnumber) for row in rows(engine, platform_course)}
    assert shown[RUN_1] == shown[RUN_2] == ("DL101", "OBEC+DL101")


def test_what_changes_on_the_site_changes_here(engine: Engine, replay: Replay) -> None:
    run(engine, replay)
    grades: Any = replay.site["grades"]
    grades[RUN_1][0]["passed"] = False
    grades[RUN_1][2] |= {"passed": True, "percent": 0.75}
    grades[AI] = []
    replay.site["enrolments"][AI][0]["is_active"] = False
    later = run(engine, replay, NOW + timedelta(days=1))
    assert (later.written, later.voided) == (1, 1)
    assert {one.account_name for one in completions(engine, replay) if one.activity_iri.endswith(RUN_1)} == {
        "102", "103", "105",
    }  # fmt: skip
    left = [row for row in remembered(engine) if row.unseen_since is not None]
    assert [(row.account_name, row.course_id) for row in left] == [("102", AI)]
    quiet = run(engine, replay, NOW + timedelta(days=2))
    assert (quiet.written, quiet.voided) == (0, 0)


def test_leaving_a_course_takes_nothing_back(engine: Engine, replay: Replay) -> None:
    run(engine, replay)
    replay.site["enrolments"][RUN_1][0]["is_active"] = False
    del replay.site["grades"][RUN_1][0]
    later = run(engine, replay, NOW + timedelta(days=1))
    assert (later.written, later.voided) == (0, 0)
    assert len(completions(engine, replay)) == 4


def test_the_example_of_the_documentation_can_be_read(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "openedx.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (tmp_path / "thaksa.toml").write_text(example, encoding="utf-8")
    chosen = load(data=tmp_path).platforms["thaimooc"]
    assert chosen.kind == "openedx"
    assert chosen.courses == ("DL101", "OBEC+AI201")
