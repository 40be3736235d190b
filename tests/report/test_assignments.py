"""The forms of a person's page that assign a group by name."""

from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.report.assignments_page import router_assignments
from connector.report.pages import router_pages
from mappings.progress import refresh
from mappings.tables import group_assignment
from tests.mappings.world import NOW
from tests.report.conftest import World

ORDER = "คำสั่งที่ 15/2569"


def pages(engine: Engine, now: datetime = NOW) -> TestClient:
    app = FastAPI()
    app.include_router(router_pages(engine, lambda: now))
    app.include_router(router_assignments(engine, lambda: now))
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client(world: World) -> TestClient:
    return pages(world.engine)


def group_shown(world: World, name: str, now: datetime = NOW) -> str:
    """What the person's page says on a day."""
    with world.engine.begin() as conn:
        refresh(conn, now)
    text = pages(world.engine, now).get(f"/people/{world.uuids[name]}").text
    return text.partition("<dt>กลุ่ม</dt><dd>")[2].partition("<")[0]


def assign(client: TestClient, world: World, name: str = "แก้ว", **changes: str) -> int:
    form = {"group": "T", "reference": ORDER, "valid_from": "1 มิ.ย. 2569", "valid_to": ""}
    return client.post(f"/people/{world.uuids[name]}/groups", data=form | changes).status_code


def test_a_group_is_assigned_for_days_with_a_reference(client: TestClient, world: World) -> None:
    assert group_shown(world, "แก้ว") == "S ผู้ให้บริการ"
    assert assign(client, world, valid_to="๓/๖/๒๕๖๙") == 303
    assert group_shown(world, "แก้ว") == "T เทคโนโลยีดิจิทัล"
    assert group_shown(world, "แก้ว", NOW + timedelta(days=2)) == "T เทคโนโลยีดิจิทัล"
    assert group_shown(world, "แก้ว", NOW + timedelta(days=3)) == "S ผู้ให้บริการ"
    text = client.get(f"/people/{world.uuids['แก้ว']}").text
    assert ORDER in text
    assert "3 มิ.ย. 2569" in text


def test_an_assignment_is_ended(client: TestClient, world: World) -> None:
    assign(client, world)
    with world.engine.begin() as conn:
        of_it = group_assignment.c.basis == "assignment"
        number = conn.execute(select(group_assignment.c.id).where(of_it)).scalar_one()
    end = f"/people/{world.uuids['แก้ว']}/groups/{number}/end"
    assert client.post(end, data={"last_day": "วันนี้"}).status_code == 422
    other = f"/people/{world.uuids['เกษม']}/groups/{number}/end"
    assert client.post(other, data={"last_day": "1/6/2569"}).status_code == 422
    answer = client.post(end, data={"last_day": "1/6/2569"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/people/{world.uuids['แก้ว']}#groups")
    assert group_shown(world, "แก้ว") == "T เทคโนโลยีดิจิทัล"
    assert group_shown(world, "แก้ว", NOW + timedelta(days=1)) == "S ผู้ให้บริการ"


@pytest.mark.parametrize(
    "wrong",
    [
        {"group": "X"},
        {"reference": " "},
        {"valid_from": ""},
        {"valid_from": "31/2/2569"},
        {"valid_to": "31/5/2569"},
        {"valid_to": "เมื่อไหร่ก็ได้"},
    ],
)
def test_a_form_that_is_not_filled_in_is_refused(
    client: TestClient, world: World, wrong: dict[str, str]
) -> None:
    assert assign(client, world, **wrong) == 422
    assert group_shown(world, "แก้ว") == "S ผู้ให้บริการ"


def test_two_assignments_do_not_hold_at_once(client: TestClient, world: World) -> None:
    assert assign(client, world) == 303
    assert assign(client, world) == 422
    assert assign(client, world, valid_from="5/6/2569", group="A") == 303
    assert group_shown(world, "แก้ว", NOW + timedelta(days=5)) == "A นโยบายและวิชาการ"


def test_a_person_of_another_organisation_is_not_found(client: TestClient, world: World) -> None:
    assert assign(client, world, "คนไกล") == 404
