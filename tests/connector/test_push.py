"""Statements that a site pushes with logstore_xapi, beside the syncs of the same site.

The pull is the truth and the push the fast way to it: a push counts by itself, and never twice with the pull.
All people in the recordings are invented.
"""

import gzip
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import Engine, func, select

from connector.completion import Course, Fact, Learner, Observation
from connector.imports import read_roster, read_units
from connector.platforms import Asked, Cursor, PlatformError
from connector.sync import sync
from lrs.clock import from_micros
from lrs.reading import count
from mappings import shipped
from mappings.files import parse_mappings
from mappings.load import load_mappings, load_shipped
from mappings.people import import_roster, import_units
from mappings.stored_views import create_views
from mappings.tables import competency, competency_state, learning_event
from tests.connector.pushing import (
    BEGIN,
    FIXTURES,
    HOME,
    KEYS,
    Lab,
    about,
    at_time,
    completed_at_site,
    course_completed,
    open_lab,
    recorded,
    shape,
    shapes,
)
from tests.mappings.world import people_with_accounts

BARS = {1: 135, 2: 121, 3: 136}
DL102, DL103 = 3, 4
NOON = datetime(2026, 11, 21, 5, 0, tzinfo=BEGIN.tzinfo)


@pytest.fixture
def lab(engine: Engine) -> Iterator[Lab]:
    yield from open_lab(engine)


@pytest.fixture
def people(engine: Engine) -> dict[str, int]:
    """สมชาย is account 3 of the site, สมหญิง its administrator."""
    with engine.begin() as conn:
        return people_with_accounts(conn, {"3": "สมชาย", "2": "สมหญิง"})


def proves(engine: Engine, path: str, *, verb: str = "completed", score: float | None = None) -> None:
    """Map a page of the site onto the competency D1.9."""
    text = f"""
framework: {{id: otepc-w4-2563, version: "1"}}
courses:
  - id: by-itself
    title_th: 'กิจกรรม'
    aliases: [{{activity_iri: "{HOME}{path}", label: X, valid_from: 2020-03-24}}]
    mappings:
      - status: approved
        approved_by: ทดสอบ
        reference: ทดสอบ
        delivery: online_self_paced
        valid_from: 2020-03-24
        competencies: [D1.9]
        criteria:
          level_at_most: 2
          verbs: ["{verb}"]
          progress_verbs: [registered]
          {f"score_at_least: {score}" if score is not None else ""}
"""
    with engine.begin() as conn:
        load_mappings(conn, parse_mappings(text, "test"), BEGIN - timedelta(days=30), "test")


class Kept(NamedTuple):
    state: int = 0
    level: int | None = None
    # 0: not complete
    completed_at: int = 0


def state_of(lab: Lab, person_id: int, code: str) -> Kept:
    """The kept state of a person in a competency; what is not started is not kept."""
    lab.refresh()
    kept = competency_state.c
    query = select(kept.state, kept.level, kept.completed_at).join(
        competency, competency.c.id == kept.competency_id
    )
    with lab.engine.begin() as conn:
        row = conn.execute(query.where(kept.person_id == person_id, competency.c.code == code)).one_or_none()
    return Kept() if row is None else Kept(row.state, row.level, row.completed_at or 0)


def events(engine: Engine) -> int:
    with engine.begin() as conn:
        return conn.execute(select(func.count()).select_from(learning_event)).scalar_one()


# ---- beside the syncs -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("when", "level"),
    [
        ("before", "platform-export"),
        ("after", "platform-export"),
        ("again", "platform-export"),
        ("always", "platform-api"),
    ],
)
def test_the_snapshots_have_as_many_completions_with_pushes(engine: Engine, when: str, level: str) -> None:
    """135, 121, 136: pushed before each sync, after it, from the beginning again, and all of that."""
    for lab in open_lab(engine, level):
        for number, bar in BARS.items():
            if when in ("before", "always"):
                lab.push(*completed_at_site(number))
            if when in ("again", "always"):
                lab.push(*completed_at_site(1))
            lab.sync(number)
            assert lab.completions == bar
            if when in ("after", "always"):
                lab.later(minutes=5)
                lab.push(*completed_at_site(number))
                assert lab.completions == bar
        again = lab.sync(3)
        assert (again.written, again.voided) == (0, 0)
        assert lab.completions == BARS[3]


def test_a_push_counts_by_itself(lab: Lab, people: dict[str, int]) -> None:
    """The fast way: no sync has run, and the competency is complete at the credential's level."""
    lab.push(course_completed(3, DL102, NOON))
    assert lab.completions == 1
    state = state_of(lab, people["สมชาย"], "D1.2")
    assert (state.state, state.level, from_micros(state.completed_at)) == (2, 2, NOON)


def test_of_pull_and_push_the_pull_speaks(lab: Lab, people: dict[str, int]) -> None:
    """The time kept is the platform's own, not that of the event half a minute later, or a day earlier."""
    lab.push(course_completed(3, DL102, NOON - timedelta(days=1)), *completed_at_site(1))
    lab.sync(1)
    state = state_of(lab, people["สมชาย"], "D1.2")
    assert (state.level, from_micros(state.completed_at)) == (1, recorded(1)[3, DL102])


def test_people_are_counted_as_without_pushes(lab: Lab) -> None:
    """Counts by competency and learning events of the whole organisation are the same after the pushes."""
    with lab.engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, BEGIN, "test")
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, BEGIN, "test")
        import_roster(conn, read_roster(shipped.path(shipped.SAMPLE_ROSTER), KEYS).rows, BEGIN, "test")
    lab.sync(1)
    lab.refresh()
    before, learnt = lab.get("aggregates?by=competency")["rows"], events(lab.engine)
    assert sum(row["complete"] for row in before) > 50
    lab.push(*completed_at_site(1), *completed_at_site(1))
    lab.refresh()
    assert lab.get("aggregates?by=competency")["rows"] == before
    assert events(lab.engine) == learnt


def test_a_late_push_that_the_platform_contradicts_goes_at_the_next_sync(lab: Lab) -> None:
    """The 15 of DL103 were reset; a failed batch that is resent later brings them back until the sync."""
    lab.sync(1)
    assert lab.sync(2).voided >= 15
    reset = [course_completed(*pair, at) for pair, at in recorded(1).items() if pair[1] == DL103]
    lab.push(*reset)
    assert lab.completions == 121 + 15
    assert lab.sync(2).voided == 15
    assert lab.completions == 121


def test_what_the_platform_does_not_show_stays(lab: Lab) -> None:
    """Learner 5 was unenrolled after completing DL102: only a push tells of it, and no sync takes it back."""
    assert (5, DL102) not in recorded(1)
    lab.sync(1)
    lab.push(course_completed(5, DL102, NOON))
    assert lab.completions == 136
    lab.sync(1)
    assert lab.completions == 136


class NothingCompleted:
    """The site, telling that these pairs are not completed."""

    home_page = HOME

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        self._pairs = pairs

    def observe(self, cursor: Cursor | None, asked: Asked) -> Iterator[Observation | Cursor]:
        for user, number in self._pairs:
            iri = f"{HOME}/course/view.php?id={number}"
            course = Course(HOME, str(number), iri, f"DL{number}", "", "หลักสูตร", "")
            yield Observation(course, Learner(HOME, str(user), "ชื่อ", None), Fact.NOT_COMPLETED)
        yield Cursor(None, len(self._pairs), len(self._pairs))


def test_pushes_do_not_loosen_the_guard(lab: Lab) -> None:
    """60 of 135 completions are more than a fifth, however many activities were pushed as completed."""
    lab.sync(1)
    page = shape("core.event.course_module_completion_updated__completed")
    lab.push(
        *(at_time(about(_copy(page), user, f"/mod/page/view.php?id={number}"), NOON)
          for user in range(3, 33) for number in range(100, 120))
    )  # fmt: skip
    lab.later(hours=1)
    platform = NothingCompleted(list(recorded(1))[:60])
    with pytest.raises(PlatformError, match="accept-shrink"):
        sync(lab.engine, platform, name="moodle", kind="moodle", now=lab.now)
    assert lab.completions == 135


def _copy(statement: dict[str, Any]) -> dict[str, Any]:
    copied: dict[str, Any] = json.loads(json.dumps(statement))
    return copied


# ---- the plugin's oddities, as recorded -----------------------------------------------------------


def test_one_of_each_shape_is_one_completion(lab: Lab, people: dict[str, int]) -> None:
    """Of 177 kinds of statements one completes a course: course_completed. An IMS content package calls
    itself a course, is an activity within one, and completes none.
    """
    lab.push(*shapes().values())
    assert lab.completions == 1
    assert state_of(lab, people["สมชาย"], "D1.2").state == 2


@pytest.mark.parametrize("order", [1, -1])
def test_uncompleted_then_completed_at_one_timestamp(lab: Lab, people: dict[str, int], order: int) -> None:
    """Every first view sends both. "Uncompleted" says nothing here, in whichever order the two are stored:
    the activity counts where a mapping names it, and no course does.
    """
    path = "/mod/page/view.php?id=3"
    proves(lab.engine, path)
    pair = [
        at_time(about(shape(f"core.event.course_module_completion_updated__{name}"), 3, path), NOON)
        for name in ("uncompleted", "completed")
    ]
    lab.push(*pair[::order])
    assert lab.completions == 0
    assert state_of(lab, people["สมชาย"], "D1.9").state == 2


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ("mod_quiz.event.attempt_submitted__completed", "/mod/quiz/view.php?id=8"),
        ("mod_quiz.event.attempt_abandoned__completed", "/mod/quiz/view.php?id=34"),
        ("mod_lesson.event.lesson_ended__completed", "/mod/lesson/view.php?id=53"),
        ("mod_scorm.event.status_submitted__completed", "/mod/scorm/view.php?id=54"),
    ],
)
def test_attempts_and_lessons_that_say_completed(
    lab: Lab, people: dict[str, int], event: str, path: str
) -> None:
    """An attempt at a quiz, a lesson's session and a SCORM object are things of their own: their end
    completes neither a course nor, where a mapping names it, the activity that they are attempts at.
    """
    proves(lab.engine, path)
    for name, one in shapes().items():
        if name.partition("_")[2].startswith(event):
            one["actor"]["account"]["name"] = "3"
            lab.push(one)
    assert lab.completions == 0
    assert state_of(lab, people["สมชาย"], "D1.9").state == 0


def test_a_failed_quiz_that_says_completion_true(lab: Lab, people: dict[str, int]) -> None:
    """`completed` with completion true and success false is a quiz that was failed: it proves nothing; the
    same with success true does.
    """
    path = "/mod/quiz/view.php?id=17"
    proves(lab.engine, path)
    quiz = about(shape("core.event.course_module_completion_updated__completed"), 3, path)
    lab.push(at_time({**quiz, "result": {"completion": True, "success": False}}, NOON))
    assert state_of(lab, people["สมชาย"], "D1.9").state == 0
    lab.push(at_time({**quiz, "result": {"completion": True, "success": True}}, NOON))
    assert state_of(lab, people["สมชาย"], "D1.9").state == 2


def test_a_course_that_was_not_completed_or_failed_is_not_counted(lab: Lab) -> None:
    """A course's own result is heeded too, in every number."""
    for result in ({"completion": False}, {"completion": True, "success": False}):
        lab.push({**course_completed(3, DL102, NOON), "result": result})
    assert lab.completions == 0


def test_a_historical_replay_that_turns_completions_into_uncompleted(
    lab: Lab, people: dict[str, int]
) -> None:
    """Replayed events of activities are all sent as "uncompleted": that takes nothing back. The platform
    alone does, when it is asked.
    """
    path = "/mod/page/view.php?id=3"
    proves(lab.engine, path)
    name = "core.event.course_module_completion_updated"
    lab.push(at_time(about(shape(f"{name}__completed"), 3, path), NOON), course_completed(3, DL102, NOON))
    lab.later(days=1)
    lab.push(at_time(about(shape(f"{name}__uncompleted"), 3, path), NOON))
    lab.push(at_time(about(shape(f"{name}__uncompleted"), 3, path), lab.now))
    assert state_of(lab, people["สมชาย"], "D1.9").state == 2
    assert lab.completions == 1


def test_no_statement_ids(lab: Lab, people: dict[str, int]) -> None:
    """An event that is sent again is one more statement, and counts once: in the status, and as learning."""
    one = course_completed(3, DL102, NOON)
    assert "id" not in one
    lab.push(one)
    lab.push(one, one)
    lab.refresh()
    with lab.engine.begin() as conn:
        assert count(conn) == 3
    assert (lab.completions, events(lab.engine)) == (1, 1)


def test_administrators_as_actors(lab: Lab, people: dict[str, int]) -> None:
    """Who creates, edits and enrols is an actor too. None of it is learning, though the account is a person's
    and the object a course.
    """
    sent = [one for one in shapes().values() if one["actor"]["account"]["name"] == "2"]
    assert len(sent) == 41
    lab.push(*sent)
    assert lab.completions == 0
    states = {state_of(lab, people["สมหญิง"], f"D1.{area}").state for area in range(1, 10)}
    assert states == {0}


@pytest.mark.parametrize(("score", "state"), [(0.6, 2), (0.62, 0)])
def test_a_score_spread_over_both_signs(lab: Lab, people: dict[str, int], score: float, state: int) -> None:
    """61 of 100 is sent as scaled 0.22. It is read as 0.61: a mapping's least score means what it says."""
    path = "/mod/assign/view.php?id=7#submission"
    proves(lab.engine, path, verb="https://w3id.org/xapi/tla/verbs/scored", score=score)
    sent = shape("mod_assign.event.submission_graded")
    assert sent["result"]["score"]["scaled"] == pytest.approx(0.22)
    lab.push(about(sent, 3, path))
    assert state_of(lab, people["สมชาย"], "D1.9").state == state


def variant(name: str) -> list[dict[str, Any]]:
    """What was recorded with another setting of the plugin: DL102 completed by learners 3, 60, 61 and 62."""
    found: list[dict[str, Any]] = json.loads(
        gzip.decompress((FIXTURES / "logstore_xapi" / "posts" / f"{name}.json.gz").read_bytes())
    )
    return found


def test_the_default_setting_names_learners_by_their_ids(lab: Lab) -> None:
    """The site's address and the user id, as in the pull. Learner 61 was deleted before the first sync: who
    was never seen on a site that is synced is not counted; the statement stays.
    """
    lab.sync(1)
    lab.push(*variant("default"))
    others = {60, 62} - {user for user, course in recorded(1) if course == DL102}
    assert lab.completions == 135 + len(others)


@pytest.mark.parametrize("name", ["mbox", "mbox_noname"])
def test_mail_addresses_for_actors(lab: Lab, name: str) -> None:
    """With mbox an actor is an address, which says nothing of the site: it proves nothing. Learners
    without an address fall back to their account, and count as always.
    """
    lab.push(*variant(name))
    assert lab.completions == 2
    lab.sync(1)
    assert lab.completions == 135 + ((60, DL102) not in recorded(1))


def test_usernames_of_another_home_page(lab: Lab) -> None:
    """With send_username the home page can be any: the credential speaks for the Moodle's own alone."""
    lab.push(*variant("username_homepage"))
    assert lab.completions == 0
    lab.sync(1)
    assert lab.completions == 135


def test_usernames_and_the_made_up_name_of_a_deleted_user(lab: Lab) -> None:
    """Under the Moodle's own home page usernames look like accounts of it. A sync has never seen them, nor
    the "email.timestamp" that a deleted user's name is made of: they are not counted beside the ids.
    """
    lab.sync(1)
    sent = variant("username_homepage")
    for one in sent:
        one["actor"]["account"]["homePage"] = HOME
    assert sent[2]["actor"]["account"]["name"].startswith("teacher059@")
    lab.push(*sent)
    assert lab.completions == 135


def test_registrations_mean_nothing(lab: Lab, people: dict[str, int]) -> None:
    """It is one for all learners of a run and another in the next: neither joins nor parts completions."""
    first, other = course_completed(3, DL102, NOON), course_completed(4, DL102, NOON)
    assert first["context"]["registration"] == other["context"]["registration"]
    again = course_completed(3, DL102, NOON)
    again["context"]["registration"] = "c7e84092-2f9f-5702-b911-7896aaa94c8b"
    lab.push(first, other, again)
    lab.refresh()
    assert (lab.completions, events(lab.engine)) == (2, 1)


def test_a_credential_for_no_home_page_proves_nothing(lab: Lab, people: dict[str, int]) -> None:
    """Nor one for another site: what it sends is kept, and completes nothing."""
    for number, pages in enumerate((None, ["https://other.example"])):
        lab.push(course_completed(3, DL102, NOON), auth=lab.credential(f"other {number}", pages))
    assert lab.completions == 0
    assert state_of(lab, people["สมชาย"], "D1.2").state == 0
