"""A person is erased: nothing names them anywhere in the database, and nothing that was counted changes."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import String, insert, select

from connector.completion import Learner
from connector.person_erasure import ALL_CLEARED, erase, erase_returned, tombstones_of
from connector.reminders.queue import FORGOTTEN
from connector.tables import enrolment
from connector.without_erased import WithoutErased
from mappings.erase import DELETED, PSEUDONYM
from mappings.errors import MappingError
from mappings.export import references
from mappings.progress import refresh
from mappings.roster import FaultyRow, check_people, faulty
from mappings.roster_staging import stage_people
from mappings.tables import (
    account,
    account_link,
    change_log,
    competency_state,
    group_assignment,
    identifier,
    learning_event,
    membership,
    person,
    tombstone,
)
from tests.connector.erasing import (
    ACCOUNT,
    FAMILY,
    GIVEN,
    ID,
    KEYS,
    MAIL,
    PERSONAL,
    SHOWN,
    USERNAME,
    Shows,
    World,
    push,
    world,
)
from tests.connector.syncing import run
from tests.mappings.world import HOME, NOW, a_person
from tests.report.conftest import web

__all__ = ["world"]


def test_nothing_in_the_database_names_the_person(world: World) -> None:
    before = world.everything()
    assert [one for one in PERSONAL if one not in before] == []
    world.erase()
    after = world.everything()
    assert [one for one in PERSONAL if one.lower() in after.lower()] == []
    assert "สมชาย" in after


def test_what_is_counted_stays(world: World) -> None:
    kept = (
        competency_state.c.person_id, competency_state.c.competency_id, competency_state.c.state,
        competency_state.c.completed_at, competency_state.c.evidence_seq,
    )  # fmt: skip
    states, events = sorted(world.rows(*kept)), sorted(world.rows(learning_event.c.evidence_seq))
    client = web(world.engine, now=NOW)
    paths = [f"/api/v1/aggregates?by={by}" for by in ("school", "group", "competency")]
    before = [client.get(path).json()["rows"] for path in paths]
    assert sum(row["complete"] for row in before[2]) == 2
    world.erase()
    assert (sorted(world.rows(*kept)), sorted(world.rows(learning_event.c.evidence_seq))) == (states, events)
    assert [client.get(path).json()["rows"] for path in paths] == before


def test_from_tomorrow_on_the_person_belongs_to_no_unit(world: World) -> None:
    world.erase()
    today = date(2026, 6, 1)
    for table in (membership, group_assignment):
        last = select(table.c.valid_to).join(person).where(person.c.uuid == world.uuid)
        with world.engine.begin() as conn:
            assert conn.execute(last).scalars().all() == [today]
    tomorrow = NOW + timedelta(days=1)
    with world.engine.begin() as conn:
        refresh(conn, tomorrow)
    client = web(world.engine, now=tomorrow)
    assert client.get("/api/v1/aggregates?by=school").json()["total"]["persons"] == 1


def test_pages_show_that_somebody_was_erased_and_offer_no_correction(world: World) -> None:
    world.erase()
    client = web(world.engine, now=NOW)
    assert "(ลบข้อมูลแล้ว)" in client.get("/people").text
    page = client.get(f"/people/{world.uuid}").text
    assert "<h1>(ลบข้อมูลแล้ว)</h1>" in page
    assert "แก้ไขข้อมูลบุคคล" not in page
    assert [one for one in PERSONAL if one in page] == []


def test_a_dry_run_tells_the_same_and_changes_nothing(world: World) -> None:
    before = world.everything()
    told = world.erase(dry_run=True)
    assert world.everything() == before
    assert told == world.erase()
    assert told["statement"] == 4
    assert {name: told[name] for name in ("person", "account", "identifier", "claim", "import_row")} == {
        "person": 1, "account": 1, "identifier": 3, "claim": 1, "import_row": 1,
    }  # fmt: skip


def test_erasing_again_finds_nothing(world: World) -> None:
    world.erase()
    before = world.everything()
    assert world.erase() == {}
    assert world.everything() == before


def test_nobody_has_the_id(world: World) -> None:
    with pytest.raises(MappingError, match="no person has the id"):
        erase(world.settings, world.engine, "nobody", NOW, "test")


def test_the_audit_names_the_erasure_and_no_values(world: World) -> None:
    world.erase()
    about = change_log.c.subject_id == world.uuid
    columns = (change_log.c.action, change_log.c.detail, change_log.c.by)
    with world.engine.begin() as conn:
        found = [tuple(row) for row in conn.execute(select(*columns).where(about).order_by(change_log.c.id))]
    assert found[-1] == ("erase", None, "test")
    assert {detail for _, detail, _ in found} == {None}


def test_the_next_sync_does_not_bring_the_person_back(world: World) -> None:
    world.erase()
    hashed = KEYS.hash(ID).hmac
    shown = (
        Learner(HOME, ACCOUNT, SHOWN, None),
        Learner(HOME, "400", SHOWN, hashed),
        Learner(HOME, "401", SHOWN, None, MAIL),
        Learner(HOME, "402", SHOWN, None, "", USERNAME),
        Learner(HOME, "5", "สมชาย ใจดี", "hash of สมชาย"),
    )
    key = world.settings.secret("tombstones")
    report = run(world.engine, WithoutErased(Shows(*shown), world.engine, key), NOW)
    assert (report.learners, report.written) == (1, 1)
    names = {name for (name,) in world.rows(account.c.name)}
    assert {name for name in names if not name.startswith(PSEUDONYM)} == {"5"}
    assert [one for one in PERSONAL if one in world.everything()] == []
    assert {name for (name,) in world.rows(enrolment.c.account_name)} == {"5"}


@pytest.mark.parametrize(
    "known_by",
    [
        {"id_hmac": KEYS.hash(ID).hmac},
        {"email": MAIL.upper()},
        {"roster_id": "R-4711"},
        {"usernames": {HOME: USERNAME}},
        {"given_name": GIVEN, "family_name": FAMILY},
        {"given_name": GIVEN, "family_name": FAMILY, "unit_code": "โรงเรียนหนึ่ง"},
    ],
    ids=["id", "email", "roster", "username", "name", "name at the unit by its name"],
)
def test_the_next_roster_does_not_bring_the_person_back(world: World, known_by: dict[str, Any]) -> None:
    world.erase()
    found = staged(world, {"id_hmac": None, "id_last4": None, **known_by})
    assert [one.refusal.reason for one in found] == ["this person was erased on request: leave the row out"]


def test_a_namesake_is_somebody_else(world: World) -> None:
    world.erase()
    name = {"given_name": GIVEN, "family_name": FAMILY}
    assert staged(world, {**name, "id_hmac": "another"}) == []
    assert staged(world, {**name, "id_hmac": None, "unit_code": "0100000002"}) == []


def staged(world: World, changes: dict[str, Any]) -> list[FaultyRow]:
    with world.engine.begin() as conn:
        row = (
            a_person("ใครก็ไม่รู้", **changes)
            if "given_name" not in changes
            else a_person(
                changes["given_name"], **{name: one for name, one in changes.items() if name != "given_name"}
            )
        )
        stage_people(conn, 77, [row], tombstones_of(world.settings, conn))
        check_people(conn, 77, NOW, full=False)
        return list(faulty(conn, 77))


def test_statements_that_come_later_are_nobodys_and_lose_their_names(world: World) -> None:
    """A client that was not told goes on sending; the nightly job finds it."""
    world.erase()
    with world.engine.begin() as conn:
        push(conn)
    assert SHOWN in world.everything()
    assert erase_returned(world.settings, world.engine) == 4
    after = world.everything()
    assert [one for one in PERSONAL if one in after] == []
    with world.engine.begin() as conn:
        links = select(account_link.c.id).where(account_link.c.unlinked_at.is_(None))
        assert len(conn.execute(links).all()) == 2


def test_an_email_that_others_share_is_left_alone(world: World) -> None:
    with world.engine.begin() as conn:
        others = select(person.c.id).where(person.c.uuid == world.other).scalar_subquery()
        row = {"kind": "email", "value": MAIL, "recorded_at": 1, "recorded_by": "test"}
        conn.execute(insert(identifier).values(person_id=others, **row))
    world.erase()
    assert {kind for (kind,) in world.rows(tombstone.c.kind)} >= {"account", "national_id", "name"}
    assert "email" not in {kind for (kind,) in world.rows(tombstone.c.kind)}


KEPT = {
    "account": {"home_page", "name"},
    "account_conflict": {"reason"},
    "account_link": {"method"},
    "claim": {"uuid", "course_label", "state", "statement_id", "decided_by"},
    "counted": {"group_code"},
    "group_assignment": {"group_code", "basis"},
    "group_assignment_past": {"group_code", "basis"},
    "import_row": {"state", "statement_id"},
    "person": {"uuid"},
    "person_merge": {"reason", "undone_by", "undone_reason"},
    "web_user": {"uuid", "name", "name_key", "display_name", "role", "password_hash"},
}
"""Texts that stay, or are cleared in other ways (tested above); `recorded_by` is never a learner's name."""


def test_whoever_adds_a_text_about_people_decides_whether_it_is_erased() -> None:
    for table in references():
        if table in (*DELETED, *FORGOTTEN) or table.name == "staged_person":
            continue
        texts = {one.name for one in table.c if isinstance(one.type, String)} - {"recorded_by"}
        blank = set(ALL_CLEARED.get(table, {}))
        if table in (person, account):
            blank = texts
        assert texts - blank - KEPT.get(table.name, set()) == set(), table.name
