"""Statements that an Open edX pushes with event-routing-backends, beside the syncs of the same site.

Their learners are named by an id that no call tells, so pushed and pulled accounts of one person differ. The
statements have the fields that event-routing-backends 10 gives them; all people are invented.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from connector.platforms import PLATFORMS, Reading
from connector.platforms.openedx.replay import Replay
from connector.sync import sync
from lrs.clock import from_micros
from lrs.reading import count
from mappings.files import parse_mappings
from mappings.load import load_mappings, load_shipped
from mappings.people import AccountSeen, import_roster, import_units, link_accounts, observe_accounts
from mappings.stored_views import create_views
from mappings.tables import competency, competency_state, learning_event, person
from tests.connector.pushing import BEGIN, KEYS, Lab, open_lab
from tests.connector.test_openedx_client import CLIENT, RECORDING
from tests.mappings.world import UNITS, a_person

RUN_1 = "course-v1:OBEC+DL101+2025_T1"
RUN_2 = "course-v1:OBEC+DL101+2025_T2"
PUSHED = "32e08e30-f8ae-4ce2-94a8-c2bfe38a70cb"
SOMCHAI, WICHAI = "101", "103"
NOON = datetime(2026, 11, 21, 5, 0, tzinfo=BEGIN.tzinfo)
ADL, TINCAN = "http://adlnet.gov/expapi/verbs/", "http://id.tincanapi.com/verb/"


@pytest.fixture
def replay() -> Iterator[Replay]:
    with Replay(RECORDING, CLIENT) as running:
        yield running


class Site:
    """A service that an Open edX pushes to, and that pulls from it."""

    def __init__(self, lab: Lab, replay: Replay) -> None:
        self.lab = lab
        self.home = replay.url
        self._auth = lab.credential("mooc", [replay.url])

    def push(self, *statements: dict[str, Any]) -> None:
        self.lab.push(*statements, auth=self._auth)

    def said(
        self, verb: str, at: datetime = NOON, *, run: str = RUN_1, score: float | None = None
    ) -> dict[str, Any]:
        """A statement about a run as the backend makes it: its id follows from learner, verb and time."""
        iri = (TINCAN if verb in ("earned", "unregistered") else ADL) + verb
        statement: dict[str, Any] = {
            "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{PUSHED} {iri} {run} {at.isoformat()}")),
            "actor": {"objectType": "Agent", "account": {"homePage": self.home, "name": PUSHED}},
            "verb": {"id": iri, "display": {"en": verb}},
            "object": {
                "objectType": "Activity",
                "id": f"{self.home}/course/{run}",
                "definition": {
                    "type": "http://adlnet.gov/expapi/activities/course",
                    "name": {"en": "ความฉลาดรู้ดิจิทัลสำหรับครู"},
                },
            },
            "timestamp": at.isoformat(),
            "version": "1.0.3",
        }
        if score is not None:
            statement["result"] = {"score": {"scaled": score, "raw": score, "min": 0.0, "max": 1.0}}
        return statement

    def pull(self, replay: Replay) -> None:
        self.lab.later(hours=1)
        platform = PLATFORMS["openedx"](url=replay.url, token=CLIENT, hash_keys=KEYS, reading=Reading())
        sync(self.lab.engine, platform, name="mooc", kind="openedx", now=self.lab.now)

    def state(self, code: str = "D1.1") -> tuple[int, datetime | None]:
        """State of สมชาย in a competency, and when it was complete."""
        self.lab.refresh()
        kept = competency_state.c
        query = (
            select(kept.state, kept.completed_at)
            .join(competency, competency.c.id == kept.competency_id)
            .join(person, person.c.id == kept.person_id)
            .where(person.c.given_name == "สมชาย", competency.c.code == code)
        )
        with self.lab.engine.begin() as conn:
            row = conn.execute(query).one_or_none()
        if row is None:
            return 0, None
        return row.state, None if row.completed_at is None else from_micros(row.completed_at)

    def hours(self) -> list[float]:
        """Of each learning event of สมชาย."""
        query = select(learning_event.c.hours).join(person, person.c.id == learning_event.c.person_id)
        with self.lab.engine.begin() as conn:
            return list(conn.execute(query.where(person.c.given_name == "สมชาย")).scalars())

    def map(self, criteria: str) -> None:
        """Both runs are one course of three hours that proves D1.1."""
        text = f"""
framework: {{id: otepc-w4-2563, version: "1"}}
courses:
  - id: mooc-dl101
    title_th: ความฉลาดรู้ดิจิทัลสำหรับครู
    aliases:
      - {{activity_iri: "{self.home}/course/{RUN_1}", label: DL101, valid_from: 2020-03-24}}
      - {{activity_iri: "{self.home}/course/{RUN_2}", label: DL101, valid_from: 2020-03-24}}
    mappings:
      - status: approved
        approved_by: ทดสอบ
        reference: ทดสอบ
        delivery: online_self_paced
        hours: 3
        valid_from: 2020-03-24
        competencies: [D1.1]
        criteria: {{level_at_most: 2, progress_verbs: [registered], {criteria}}}
"""
        with self.lab.engine.begin() as conn:
            mapped = parse_mappings(text, "test")
            load_mappings(conn, mapped, BEGIN - timedelta(days=30), "test")


@pytest.fixture
def site(engine: Engine, replay: Replay) -> Iterator[Site]:
    """สมชาย has the pushed account and the pulled one."""
    for lab in open_lab(engine):
        site = Site(lab, replay)
        with engine.begin() as conn:
            create_views(conn)
            load_shipped(conn, BEGIN, "test")
            import_units(conn, UNITS, BEGIN, "test")
            import_roster(conn, [a_person("สมชาย")], BEGIN, "test")
            hashed = "hash of สมชาย"
            seen = [AccountSeen(site.home, name, "สมชาย ใจดี", hashed) for name in (PUSHED, SOMCHAI)]
            observe_accounts(conn, seen, BEGIN)
            assert link_accounts(conn, BEGIN, "test") == 2
        site.map("verbs: [completed, passed]")
        yield site


def test_the_first_pass_is_the_completion(site: Site) -> None:
    """The grade is calculated anew again and again, and "passed" sent each time."""
    site.push(site.said("registered", NOON - timedelta(days=9)))
    assert site.state() == (1, None)
    site.push(*(site.said("passed", NOON + timedelta(hours=number)) for number in range(3)))
    assert site.state() == (2, NOON)
    assert site.hours() == [3]


def test_a_failure_means_not_yet(site: Site) -> None:
    """Before a pass it says nothing, and after one it takes nothing back: the platform is asked for that."""
    site.push(site.said("registered", NOON - timedelta(days=9)))
    site.push(site.said("failed", NOON - timedelta(days=1)))
    assert site.state() == (1, None)
    site.push(site.said("passed"), site.said("failed", NOON + timedelta(days=1)))
    assert site.state() == (2, NOON)
    with site.lab.engine.begin() as conn:
        assert count(conn) == 4


def test_a_statement_that_is_sent_again_is_the_same(site: Site) -> None:
    site.push(site.said("passed"))
    site.push(site.said("passed"))
    with site.lab.engine.begin() as conn:
        assert count(conn) == 1


def test_a_grade_is_earned_and_completes_where_a_mapping_asks_for_a_score(site: Site) -> None:
    """ "passed" carries no score; each new grade is sent as "earned", from the first exercise on."""
    site.map("verbs: [earned], score_at_least: 0.8")
    site.push(site.said("passed"), site.said("earned", NOON, score=0.02))
    assert site.state()[0] != 2
    site.push(site.said("earned", NOON + timedelta(hours=1), score=0.8))
    site.push(site.said("earned", NOON + timedelta(hours=2), score=0.95))
    assert site.state() == (2, NOON + timedelta(hours=1))


def test_a_grade_alone_completes_nothing_else(site: Site) -> None:
    site.push(site.said("earned", score=1.0))
    assert site.state() == (0, None)
    assert site.lab.completions == 0


def test_leaving_a_course_takes_nothing_back(site: Site) -> None:
    site.push(site.said("registered"), site.said("passed", NOON + timedelta(hours=1)))
    site.push(site.said("unregistered", NOON + timedelta(hours=2)))
    assert site.state() == (2, NOON + timedelta(hours=1))


def test_pulled_and_pushed_passes_of_one_person_count_once(site: Site, replay: Replay) -> None:
    """Two accounts, two runs, and a pass pushed in between: one course, three hours."""
    site.push(site.said("passed"), site.said("passed", NOON, run=RUN_2))
    site.pull(replay)
    state, at = site.state()
    # The platform's own call goes before what was pushed; of its two runs, the earlier pass.
    assert (state, at) == (2, datetime(2025, 4, 1, 3, 0, tzinfo=BEGIN.tzinfo))
    assert site.hours() == [3]


def test_several_runs_count_once_by_the_pull_alone(site: Site, replay: Replay) -> None:
    site.pull(replay)
    assert site.state()[0] == 2
    assert site.hours() == [3]
    replay.site["grades"][RUN_1][0]["passed"] = False
    site.pull(replay)
    # The other run is left, with its own day.
    assert site.state() == (2, datetime(2025, 9, 1, 3, 0, tzinfo=BEGIN.tzinfo))
    assert site.hours() == [3]


def test_a_sync_after_a_push_writes_what_it_would_have_written(site: Site, replay: Replay) -> None:
    """Of the pushed account the platform says nothing: it stays as it was pushed."""
    site.push(site.said("passed"))
    site.pull(replay)
    with site.lab.engine.begin() as conn:
        before = count(conn)
    site.pull(replay)
    with site.lab.engine.begin() as conn:
        assert count(conn) == before
    assert site.lab.completions == 4 + 1


def test_a_credential_of_another_site_proves_nothing(site: Site) -> None:
    site.lab.push(site.said("passed"), auth=site.lab.credential("elsewhere", ["https://other.example"]))
    assert site.state() == (0, None)
