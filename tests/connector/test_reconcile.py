"""Pull and push of the recorded site side by side: what each has that the other lacks."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, func, select
from structlog.testing import capture_logs

from connector.platforms import PlatformError
from connector.reconcile import reconcile
from connector.report.sides import Kind, PlatformSides, Some
from connector.sync import sync
from lrs.tables import evidence
from tests.connector.pushing import BEGIN, HOME, Lab, completed_at_site, course_completed, open_lab, recorded
from tests.connector.test_push import DL102, DL103, NOON, NothingCompleted, variant

NOTHING = dict.fromkeys(Kind, 0)


@pytest.fixture
def lab(engine: Engine) -> Iterator[Lab]:
    yield from open_lab(engine)


def site(lab: Lab) -> PlatformSides:
    (one,) = reconcile(lab.engine, lab.now).platforms
    return one


def counts(one: PlatformSides) -> dict[Kind, int]:
    return {kind: one.count(kind) for kind in Kind if one.count(kind)}


def test_a_pull_alone(lab: Lab) -> None:
    lab.sync(1)
    one = site(lab)
    assert (one.name, one.home_page, one.received) == ("moodle", HOME, None)
    assert one.confirmed_to == BEGIN + timedelta(hours=1)
    assert counts(one) == {Kind.PULL_ONLY: 135}
    assert (one.accounts.pull_only, one.accounts.both, one.attention) == (
        len({user for user, _ in recorded(1)}), 0, False,
    )  # fmt: skip


def test_a_push_alone_is_not_confirmed(lab: Lab) -> None:
    lab.push(course_completed(3, DL102, NOON), course_completed(3, DL102, NOON + timedelta(hours=1)))
    lab.push(course_completed(4, DL102, NOON + timedelta(hours=2)))
    one = site(lab)
    assert (one.name, one.confirmed_to, one.received) == (None, None, BEGIN)
    assert [course.of(Kind.UNCONFIRMED) for course in one.courses] == [
        Some(2, NOON, NOON + timedelta(hours=2))
    ]
    assert one.accounts.unknown == 2


def test_both_sides_agree_after_the_sync(lab: Lab) -> None:
    lab.push(*completed_at_site(1))
    assert counts(site(lab)) == {Kind.UNCONFIRMED: 135}
    lab.sync(1)
    one = site(lab)
    assert counts(one) == {Kind.BOTH: 135}
    assert one.accounts.both == len({user for user, _ in recorded(1)})
    names = {course.shortname: course.of(Kind.BOTH).count for course in one.courses}
    assert names["DL106"] == 44


def test_what_one_side_lacks(lab: Lab) -> None:
    """One is pushed and unenrolled since, one pushed after the sync, and DL103 was not pushed at all."""
    lab.push(*(one for one in completed_at_site(1) if not one["object"]["id"].endswith(f"id={DL103}")))
    lab.push(course_completed(5, DL102, NOON))
    lab.sync(1)
    lab.later(minutes=1)
    lab.push(course_completed(7, 9, NOON))
    one = site(lab)
    assert counts(one) == {Kind.BOTH: 120, Kind.PULL_ONLY: 15, Kind.PUSH_ONLY: 1, Kind.UNCONFIRMED: 1}
    missing = next(course for course in one.courses if course.external_id == str(DL103)).of(Kind.PULL_ONLY)
    times = [at for (_, course), at in recorded(1).items() if course == DL103]
    assert missing == Some(15, min(times), max(times))
    assert one.received == lab.now


def test_contradictions_that_a_sync_may_not_take_back(lab: Lab) -> None:
    """The platform tells 60 completions to be none, 20 of them pushed too: the guard keeps all, and the
    report tells of the 20, and of one that was pushed alone.
    """
    lab.sync(1)
    pairs = list(recorded(1))[:60]
    alone = next((user, DL103) for user in range(3, 60) if (user, DL103) not in recorded(1))
    lab.push(*(course_completed(*pair, NOON) for pair in [*pairs[:20], alone]))
    lab.later(hours=1)
    platform = NothingCompleted([*pairs, alone])
    with pytest.raises(PlatformError, match="accept-shrink"):
        sync(lab.engine, platform, name="moodle", kind="moodle", now=lab.now)
    one = site(lab)
    assert counts(one) == {Kind.PULL_ONLY: 115, Kind.CONTRADICTED: 21}
    assert one.attention


def test_a_late_push_of_what_was_reset_waits_for_the_sync(lab: Lab) -> None:
    lab.sync(1)
    lab.sync(2)
    lab.push(*(course_completed(*pair, at) for pair, at in recorded(1).items() if pair[1] == DL103))
    assert counts(site(lab))[Kind.UNCONFIRMED] == 15
    lab.sync(2)
    assert counts(site(lab)) == {Kind.PULL_ONLY: 121}


def test_learners_by_other_names(lab: Lab) -> None:
    lab.sync(1)
    lab.push(*variant("mbox"))
    one = site(lab)
    assert (one.unproven, one.accounts.unknown, one.accounts.usernames) == (2, 1, 0)
    sent = variant("username_homepage")
    for each in sent:
        each["actor"]["account"]["homePage"] = HOME
    lab.push(*sent)
    one = site(lab)
    assert (one.accounts.unknown, one.accounts.usernames) == (2, 3)
    assert one.attention


def test_what_is_logged_is_numbers(lab: Lab) -> None:
    lab.sync(1)
    lab.push(*variant("mbox"))
    before = rows(lab.engine)
    with capture_logs() as events:
        reconcile(lab.engine, lab.now)
    (event,) = events
    assert (event["event"], event["log_level"], event["platform"]) == ("reconciliation", "warning", "moodle")
    assert (event["both"], event["pull_only"], event["unproven"]) == (1, 134, 2)
    assert "teacher" not in json.dumps(event)
    assert rows(lab.engine) == before


def rows(engine: Engine) -> int:
    with engine.begin() as conn:
        return conn.execute(select(func.count()).select_from(evidence)).scalar_one()


def test_the_api_and_the_page(lab: Lab) -> None:
    assert lab.get("reconciliation")["platforms"] == []
    assert "ยังไม่มีข้อมูล" in lab.client.get("/reconciliation").text
    lab.push(*completed_at_site(1), *variant("mbox"))
    lab.sync(1)
    answer = lab.get("reconciliation")
    (one,) = answer["platforms"]
    found = {course["shortname"]: course["both"]["count"] for course in one["courses"]}
    assert sum(found.values()) == 135
    assert (one["name"], one["unproven"]) == ("moodle", 2)
    page = lab.client.get("/reconciliation")
    assert page.status_code == 200
    assert "ต้องตรวจสอบ" in page.text
    assert "mbox" in page.text
    for text in (json.dumps(answer, ensure_ascii=False), page.text):
        assert "teacher" not in text
        assert "พิมพ์ชนก" not in text
