"""The page where people decide about posts, and what their decisions do to the numbers of reports."""

import re
from datetime import datetime, timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.report.pages import router_pages
from connector.report.posts_page import router_posts
from connector.report.queries.basis import narrowed, read_basis, root_scope
from connector.report.queries.overview import Row, read_overview
from connector.same_origin import SameOrigin
from mappings.people import import_roster
from mappings.progress import refresh
from mappings.tables import change_log, post_decision
from tests.mappings.world import NOW, a_person
from tests.report.conftest import World

ROSTER = [
    a_person("ก", position="ช่างซ่อม", unit_code="0100000002"),
    a_person("ข", position="เจ้าหน้าที่กลุ่มอำนวยการ", line="สนับสนุน", unit_code="0100000001"),
    a_person("ค", position="เจ้าหน้าที่ กลุ่มอํานวยการ", line="สนับสนุน", unit_code="0100000003"),
    a_person("ง", position=" ", unit_code="0100000003"),
    a_person("จ", position="ช่างซ่อม", unit_code="0100000009"),
]


def pages(engine: Engine, now: datetime = NOW) -> TestClient:
    app = FastAPI()
    app.include_router(router_pages(engine, lambda: now))
    app.include_router(router_posts(engine, lambda: now))
    app.add_middleware(SameOrigin)
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client(world: World) -> TestClient:
    with world.engine.begin() as conn:
        import_roster(conn, ROSTER, NOW, "test")
        refresh(conn, NOW)
    return pages(world.engine)


def total(world: World, now: datetime = NOW, uid: str = "") -> Row:
    """The organisation's line of the overview as it stands at a moment."""
    with world.engine.begin() as conn:
        refresh(conn, now)
        return read_overview(conn, read_basis(conn, narrowed(conn, root_scope(conn), uid), now)).total


def rows(text: str, section: str) -> list[str]:
    """The posts of a section with the number of their people."""
    part = text.partition(f'aria-labelledby="{section}"')[2].partition("</section>")[0]
    plain = [re.sub(r"<[^>]+>", " ", row) for row in re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)[1:]]
    return [" ".join(row.split()) for row in plain]


def decide(client: TestClient, position: str, group: str, line: str = "", reason: str = "คำสั่งที่ 9") -> int:
    form = {"line": line, "position": position, "group": group, "reason": reason}
    return client.post("/posts/decisions", data=form).status_code


def test_posts_without_a_group_are_listed_with_their_people(client: TestClient) -> None:
    text = client.get("/posts").text
    listed = rows(text, "open")
    assert [row.partition(" เลือกกลุ่ม")[0] for row in listed] == [
        "ช่างซ่อม 2 โรงเรียนสอง โรงเรียนหนึ่ง",
        "เจ้าหน้าที่กลุ่มอำนวยการ สนับสนุน 2 โรงเรียนสาม โรงเรียนหนึ่ง",
        "ไม่ระบุตำแหน่ง 1 โรงเรียนสาม แก้ไขในทะเบียนบุคลากรแล้วนำเข้าใหม่",
    ]
    assert "ใจดี" not in text
    assert "โรงเรียนเก้า" not in text


def test_a_decision_moves_people_into_the_denominator(client: TestClient, world: World) -> None:
    before = total(world)
    assert (before.persons, before.unclassified, before.outside) == (5, 5, 1)
    answer = client.post("/posts/decisions", data={"position": "ช่างซ่อม", "group": "S", "reason": "มติที่ประชุม"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/posts?changed=3")
    after = total(world)
    assert (after.persons, after.unclassified, after.outside) == (7, 3, 1)
    assert decide(client, "เจ้าหน้าที่กลุ่มอำนวยการ", "-", "สนับสนุน") == 303
    last = total(world)
    assert (last.persons, last.unclassified, last.outside) == (7, 1, 3)
    shown = client.get("/posts?changed=3").text
    assert "มีผลกับบุคลากร 3 คน" in shown
    assert [row.removesuffix(" เลิกใช้") for row in rows(shown, "decided")] == [
        "เจ้าหน้าที่กลุ่มอำนวยการ สนับสนุน นอกกรอบแนวทาง 2 คำสั่งที่ 9 1 มิ.ย. 2569 10:00 น.",
        "ช่างซ่อม S ผู้ให้บริการ 2 มติที่ประชุม 1 มิ.ย. 2569 10:00 น.",
    ]
    assert len(rows(shown, "open")) == 1


def test_a_report_as_of_a_past_day_does_not_move(client: TestClient, world: World) -> None:
    before, later = total(world), NOW + timedelta(days=1)
    decided_later = pages(world.engine, later)
    assert decide(decided_later, "ช่างซ่อม", "S") == 303
    assert total(world) == before
    assert total(world, later).persons == before.persons + 2


def test_a_decision_is_undone(client: TestClient, world: World) -> None:
    before = total(world)
    decide(client, "ช่างซ่อม", "T")
    with world.engine.begin() as conn:
        number = conn.execute(select(post_decision.c.id)).scalar_one()
    undo = f"/posts/decisions/{number}/undo"
    assert client.post(undo, data={"reason": " "}).status_code == 422
    assert client.post(undo, data={"reason": "ผิด"}).headers["location"] == "/posts?changed=3"
    assert total(world) == before
    again = client.post(undo, data={"reason": "ผิด"})
    assert again.status_code == 422
    assert "ถูกเลิกใช้ไปแล้ว" in again.text
    with world.engine.begin() as conn:
        log = conn.execute(select(change_log).where(change_log.c.subject == "post").order_by(change_log.c.id))
        assert [(row.action, row.detail, row.by) for row in log] == [
            ("decide", "คำสั่งที่ 9", "page"),
            ("undo", "ผิด", "page"),
        ]


@pytest.mark.parametrize(
    ("form", "says"),
    [
        ({"position": "ช่างซ่อม", "group": "", "reason": "x"}, "กรุณาเลือกกลุ่ม"),
        ({"position": "ช่างซ่อม", "group": "X", "reason": "x"}, "กรุณาเลือกกลุ่ม"),
        ({"position": "ช่างซ่อม", "group": "S", "reason": " "}, "กรุณาระบุเหตุผล"),
        ({"position": " ", "group": "S", "reason": "x"}, "ไม่มีชื่อตำแหน่ง"),
        ({"group": "S", "reason": "x"}, "ไม่ถูกต้อง"),
    ],
)
def test_a_form_that_is_not_filled_in_is_refused(
    client: TestClient, world: World, form: dict[str, str], says: str
) -> None:
    answer = client.post("/posts/decisions", data=form)
    assert answer.status_code == 422
    assert says in answer.text
    with world.engine.begin() as conn:
        assert conn.execute(select(post_decision)).all() == []


def test_another_site_decides_nothing(client: TestClient) -> None:
    form = {"position": "ช่างซ่อม", "group": "S", "reason": "x"}
    answer = client.post("/posts/decisions", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
