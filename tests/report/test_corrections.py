"""One person is corrected, moved, given another post or retired, on their page."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.report.api import router_api
from connector.report.pages import router_pages
from connector.report.person_forms import router_person_forms
from mappings.corrections import Correction, move
from mappings.people import import_roster
from mappings.progress import refresh
from mappings.tables import change_log, group_assignment, membership, person, stale_person, unit
from tests.mappings.world import BEGIN, NOW, a_person
from tests.report.conftest import World

WHY = "คำสั่งที่ 15/2569"
TODAY, MAY = date(2026, 6, 1), date(2026, 5, 10)


def pages(engine: Engine, now: datetime = NOW) -> TestClient:
    app = FastAPI()
    app.include_router(router_api(engine, lambda: now), prefix="/api/v1")
    app.include_router(router_pages(engine, lambda: now))
    app.include_router(router_person_forms(engine, lambda: now))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client(world: World) -> TestClient:
    return pages(world.engine)


def post(client: TestClient, world: World, form: str, name: str = "แก้ว", **fields: str) -> Any:
    return client.post(f"/people/{world.uuids[name]}/{form}", data={"reason": WHY} | fields)


def memberships(world: World, name: str = "แก้ว") -> list[tuple[Any, ...]]:
    """(unit, position, first day, last day), in the order recorded."""
    columns = (unit.c.uid, membership.c.position_th, membership.c.valid_from, membership.c.valid_to)
    theirs = select(*columns).join(unit, unit.c.id == membership.c.unit_id).join_from(membership, person)
    with world.engine.begin() as conn:
        rows = conn.execute(theirs.where(person.c.uuid == world.uuids[name]).order_by(membership.c.id))
        return [tuple(row) for row in rows]


def groups(world: World, name: str = "แก้ว") -> list[tuple[Any, ...]]:
    g = group_assignment.c
    theirs = select(g.group_code, g.basis, g.valid_from, g.valid_to).join(person)
    with world.engine.begin() as conn:
        rows = conn.execute(theirs.where(person.c.uuid == world.uuids[name]).order_by(g.id))
        return [tuple(row) for row in rows]


def by_school(world: World, now: datetime) -> dict[str, int]:
    """Persons a school, as the API reports them on a day."""
    with world.engine.begin() as conn:
        refresh(conn, now)
    rows = pages(world.engine, now).get("/api/v1/aggregates?by=school").json()["rows"]
    return {row["key"]: row["persons"] for row in rows}


def logged(world: World, name: str = "แก้ว") -> tuple[str, str, str]:
    log = change_log.c
    with world.engine.begin() as conn:
        last = select(log.action, log.detail, log.by).where(log.subject_id == world.uuids[name])
        row = conn.execute(last.order_by(log.id.desc()).limit(1)).one()
    return row.action, row.detail, row.by


def test_a_name_is_corrected(client: TestClient, world: World) -> None:
    answer = post(client, world, "name", prefix="นาง", given_name=" แก้วตา ", family_name="ใจงาม")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{world.uuids['แก้ว']}")
    assert "<h1>นางแก้วตา ใจงาม</h1>" in client.get(answer.headers["location"]).text
    assert logged(world) == ("correct name", WHY, "page")
    listed = client.get("/people").text
    assert listed.index("กาญจนา") < listed.index("แก้วตา") < listed.index("ขวัญ")


def test_a_move_is_dated_and_the_past_stays(client: TestClient, world: World) -> None:
    before = by_school(world, NOW)
    assert post(client, world, "unit", unit="0100000003", day="๑๐ พ.ค. ๒๕๖๙").status_code == 303
    assert memberships(world) == [
        ("s1", "ครู", BEGIN.date(), date(2026, 5, 9)),
        ("s3", "ครู", MAY, None),
    ]
    assert by_school(world, NOW) == before | {"s1": before["s1"] - 1, "s3": before["s3"] + 1}
    assert by_school(world, datetime(2026, 5, 9, 3, tzinfo=NOW.tzinfo)) == before
    assert logged(world) == ("move", WHY, "page")
    assert groups(world) == [("S", "roster", BEGIN.date(), None)]


def test_a_unit_may_be_named(client: TestClient, world: World) -> None:
    assert post(client, world, "unit", unit="โรงเรียนสาม", day="1/6/2569").status_code == 303
    assert memberships(world)[-1] == ("s3", "ครู", TODAY, None)


def test_another_post_brings_its_group(client: TestClient, world: World) -> None:
    """Where a roster gave the group it stays; where the post decides it follows."""
    fields = {"position": "ผู้อำนวยการโรงเรียน", "rank": "คศ.3", "line": "", "day": "1/6/2569"}
    assert groups(world, "ปริศนา") == []
    assert post(client, world, "post", "ปริศนา", **fields).status_code == 303
    assert memberships(world, "ปริศนา")[1] == ("s1", "ผู้อำนวยการโรงเรียน", TODAY, None)
    assert groups(world, "ปริศนา") == [("M", "position", TODAY, None)]
    assert post(client, world, "post", **fields).status_code == 303
    assert groups(world) == [("S", "roster", BEGIN.date(), None)]


def test_the_end_of_service_ends_post_and_group(client: TestClient, world: World) -> None:
    before = by_school(world, NOW)
    answer = post(client, world, "end", last_day="31/5/2569")
    assert (answer.status_code, answer.headers["location"]) == (303, "/people")
    last = date(2026, 5, 31)
    assert memberships(world) == [("s1", "ครู", BEGIN.date(), last)]
    assert groups(world) == [("S", "roster", BEGIN.date(), last)]
    assert by_school(world, NOW) == before | {"s1": before["s1"] - 1}
    assert by_school(world, NOW - timedelta(days=1)) == before
    assert logged(world) == ("retire", WHY, "page")


def test_a_later_roster_wins_and_says_so(client: TestClient, world: World) -> None:
    post(client, world, "unit", unit="0100000003", day="10/5/2569")
    post(client, world, "name", prefix="นาง", given_name="แก้วตา", family_name="ใจดี")
    tomorrow = NOW + timedelta(days=1)
    old = a_person("แก้ว", family_name="ใจดี", group="S", position="ครู")
    with world.engine.begin() as conn:
        report = import_roster(conn, [old], tomorrow, "test")
        assert (
            conn.execute(select(person.c.given_name).where(person.c.uuid == world.uuids["แก้ว"])).scalar()
            == "แก้ว"
        )
    assert (report.added, report.changed) == (0, 1)
    assert [row[0::2][0] for row in memberships(world)] == ["s1", "s3", "s1"]
    assert memberships(world)[1:] == [("s3", "ครู", MAY, TODAY), ("s1", "ครู", date(2026, 6, 2), None)]
    action, fields, _ = logged(world)
    assert action == "change"
    assert {"given_name", "unit_id"} <= set(fields.split())


def test_just_that_person_is_computed_anew(world: World) -> None:
    with world.engine.begin() as conn:
        refresh(conn, NOW)
        number = conn.execute(select(unit.c.id).where(unit.c.uid == "s2")).scalar_one()
        move(conn, world.uuids["แก้ว"], number, Correction(WHY, TODAY, NOW, "test"))
        marked = conn.execute(
            select(person.c.uuid).join(stale_person, stale_person.c.person_id == person.c.id)
        )
        assert marked.scalars().all() == [world.uuids["แก้ว"]]


@pytest.mark.parametrize(
    ("form", "fields", "told"),
    [
        ("name", {"given_name": "แก้ว", "family_name": " "}, "กรุณาระบุนามสกุล"),
        ("name", {"given_name": "ใหม่", "family_name": "ใจดี", "reason": " "}, "กรุณาระบุเหตุผล"),
        ("name", {"prefix": "นาย", "given_name": "แก้ว", "family_name": "ใจดี"}, "ไม่มีสิ่งใดเปลี่ยน"),
        ("unit", {"unit": "0999999999", "day": "1/6/2569"}, "ไม่พบหน่วยงานนี้"),
        ("unit", {"unit": "0100000009", "day": "1/6/2569"}, "ไม่พบหน่วยงานนี้"),
        ("unit", {"unit": "0100000001", "day": "1/6/2569"}, "ไม่มีสิ่งใดเปลี่ยน"),
        ("unit", {"unit": "0100000002", "day": "เมื่อวาน"}, "อ่านวันที่ไม่ได้"),
        ("unit", {"unit": "0100000002", "day": "2/6/2569"}, "ต้องไม่อยู่หลังวันนี้"),
        ("unit", {"unit": "0100000002", "day": "28/2/2569"}, "ก่อนวันเริ่ม"),
        ("post", {"position": "", "day": "1/6/2569"}, "กรุณาระบุตำแหน่ง"),
        ("end", {"last_day": ""}, "กรุณาระบุวันที่"),
        ("end", {"last_day": "28/2/2569"}, "ก่อนวันเริ่ม"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    client: TestClient, world: World, form: str, fields: dict[str, str], told: str
) -> None:
    before = (memberships(world), groups(world), logged(world))
    answer = post(client, world, form, **fields)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert (memberships(world), groups(world), logged(world)) == before


def test_whoever_is_elsewhere_cannot_be_corrected(client: TestClient, world: World) -> None:
    answer = post(client, world, "name", "คนไกล", given_name="ก", family_name="ข")
    assert answer.status_code == 404


def test_the_page_offers_the_forms_filled_in(client: TestClient, world: World) -> None:
    text = client.get(f"/people/{world.uuids['แก้ว']}").text
    for form in ("name", "unit", "post", "end"):
        assert f'action="/people/{world.uuids["แก้ว"]}/{form}" method="post"' in text
    assert 'name="given_name" required maxlength="200" value="แก้ว"' in text
