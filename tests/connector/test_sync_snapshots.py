"""One site recorded three times: learners complete, a course is reset and built up again."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert, select

from connector.completion import Fact
from connector.platforms import Reading
from connector.platforms.moodle.client import Client
from connector.platforms.moodle.platform import Moodle
from connector.platforms.moodle.replay import Replay
from connector.tables import enrolment, platform_course
from lrs.database import read_only
from lrs.reading import Held
from mappings.days import bangkok_day
from mappings.people import AccountCounts, account_counts, conflicts, link_accounts
from mappings.tables import account, person
from tests.connector.conftest import FIXTURES, HASH_KEYS, TOKEN
from tests.connector.syncing import HOME, NOW, completions, rows, rows_of_statements, run, stored
from tests.connector.test_moodle_platform import COMPLETIONS

DL103 = f"{HOME}/course/view.php?id=4"
DL104 = f"{HOME}/course/view.php?id=5"
ENROLMENT_SUSPENDED, ENROLMENT_EXPIRED, DELETED, SUSPENDED = "55", "56", "61", "62"
NO_IDNUMBER, TWIN, NO_EMAIL = "58", "59", "60"
"""Account names of the site's odd people."""


@contextmanager
def site(number: int, reading: Reading | None = None) -> Iterator[Moodle]:
    with Replay(FIXTURES / f"site-{number}.jsonl.gz", TOKEN) as replay:
        yield Moodle(Client(replay.url, TOKEN, sleep=lambda _: None), HASH_KEYS, reading)


def sync_site(engine: Engine, number: int, now: datetime = NOW, **options: Any) -> tuple[int, int, int]:
    """Current completions after it; statements written; statements voided."""
    with site(number) as moodle:
        report = run(engine, moodle, now, **options)
    return len(completions(engine)), report.written, report.voided


def test_three_snapshots(engine: Engine) -> None:
    assert sync_site(engine, 1)[0] == 135
    first = by_pair(engine)
    assert sync_site(engine, 1, NOW + timedelta(hours=1)) == (135, 0, 0)

    current, _, voided = sync_site(engine, 2, NOW + timedelta(hours=2))
    second = by_pair(engine)
    assert (current, voided) == (121, 15)
    assert Counter(iri for _, iri in first.keys() - second.keys()) == {DL103: 15}
    assert [iri for _, iri in second.keys() - first.keys()] == [DL104]
    assert sync_site(engine, 2, NOW + timedelta(hours=3)) == (121, 0, 0)

    current, _, voided = sync_site(engine, 3, NOW + timedelta(hours=4))
    third = by_pair(engine)
    assert (current, voided) == (136, 0)
    assert third.keys() == first.keys() | second.keys()
    assert {pair: one.timestamp for pair, one in third.items() if pair in first} == {
        pair: one.timestamp for pair, one in first.items()
    }
    assert all(
        third[pair].statement_id != one.statement_id for pair, one in first.items() if pair[1] == DL103
    )
    assert sync_site(engine, 3, NOW + timedelta(hours=5)) == (136, 0, 0)


def by_pair(engine: Engine) -> dict[tuple[str, str], Held]:
    current = completions(engine)
    pairs = {(one.account_name, one.activity_iri): one for one in current}
    assert len(pairs) == len(current)
    return pairs


def test_names_follow_without_a_statement(engine: Engine) -> None:
    sync_site(engine, 1)
    courses = {row.external_id: row.title for row in rows(engine, platform_course)}
    emails = {row.name: row.email for row in rows(engine, account)}
    sync_site(engine, 2, NOW + timedelta(hours=1))
    renamed = {row.external_id: row.title for row in rows(engine, platform_course)}
    assert {name for name, title in renamed.items() if courses[name] != title} == {"3"}
    changed = {row.name: row.email for row in rows(engine, account)}
    moved = [name for name, email in changed.items() if emails[name] != email]
    assert len(moved) == 1
    texts = "".join(bytes(row.body).decode() for row in rows_of_statements(engine))
    assert not [email for email in {*emails.values(), *changed.values()} if email and email in texts]


def test_odd_people(engine: Engine) -> None:
    """Without idnumber, without e-mail, two with one idnumber; deleted, suspended, expired, unenrolled."""
    sync_site(engine, 1)
    people = {row.name: row for row in rows(engine, account)}
    assert people[NO_IDNUMBER].id_hmac is None
    assert people[NO_EMAIL].email == ""
    assert people["3"].id_hmac == people[TWIN].id_hmac is not None
    assert people["3"].display_name != people[TWIN].display_name
    assert DELETED not in people
    done = {(one.account_name, one.activity_iri.rpartition("=")[2]) for one in completions(engine)}
    assert {("3", "7"), (TWIN, "7"), (SUSPENDED, "2")} <= done
    assert {(ENROLMENT_SUSPENDED, "2"), (ENROLMENT_EXPIRED, "2")}.isdisjoint(done)
    with engine.begin() as conn:
        assert account_counts(conn) == AccountCounts(0, 0, len(people), 0)
        teacher = {"uuid": "u", "given_name": "n", "family_name": "n", "sort_key": "", "recorded_by": "test"}
        conn.execute(insert(person).values(**teacher, id_hmac=people["3"].id_hmac, recorded_at=0))
        assert link_accounts(conn, NOW, "test") == 0
        assert account_counts(conn) == AccountCounts(1, 0, len(people) - 2, 2)
        waiting = [one.account_id for one in conflicts(conn, bangkok_day(NOW))]
    assert waiting == sorted(people[name].id for name in ("3", TWIN))


def test_an_idle_sync_writes_no_row_but_its_own(engine: Engine) -> None:
    sync_site(engine, 1)
    before = [everything(engine, table) for table in (account, enrolment, platform_course)]
    assert sync_site(engine, 1, NOW + timedelta(hours=1)) == (135, 0, 0)
    assert [everything(engine, table) for table in (account, enrolment, platform_course)] == before


def everything(engine: Engine, table: Any) -> set[Any]:
    with read_only(engine).begin() as conn:
        return {tuple(row) for row in conn.execute(select(table))}


def test_what_is_remembered_of_each_pair(engine: Engine) -> None:
    sync_site(engine, 1)
    remembered = Counter(row.state for row in everything_of_enrolment(engine))
    assert remembered[Fact.COMPLETED.value] == sum(COMPLETIONS.values())
    sync_site(engine, 2, NOW + timedelta(hours=2))
    dl103 = [row for row in everything_of_enrolment(engine) if row.course_id == "4"]
    assert {row.state for row in dl103 if row.not_completed_since is not None} <= {"enrolled", "in_progress"}
    assert not [row for row in dl103 if row.state == Fact.COMPLETED.value]
    assert stored(engine) > 0


def everything_of_enrolment(engine: Engine) -> list[Any]:
    with read_only(engine).begin() as conn:
        return list(conn.execute(select(enrolment)))


def test_activities_and_badges(engine: Engine) -> None:
    """Parts have statements of their own, and complete no course."""
    reading = Reading(activities=True, badges=True)
    with site(1, reading) as moodle:
        run(engine, moodle)
        assert run(engine, moodle, NOW + timedelta(hours=1)).written == 0
    assert len([one for one in completions(engine) if "/course/view.php" in one.activity_iri]) == 135
    parts = [one for one in completions(engine) if "/course/view.php" not in one.activity_iri]
    assert len(parts) > 135
