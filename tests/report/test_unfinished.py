"""The list to chase people with."""

import re
from html import unescape

import pytest
from sqlalchemy import Engine, insert, select, update
from starlette.testclient import TestClient

from mappings.tables import account, identifier, person
from tests.access.conftest import Service, service, world
from tests.report.conftest import World, web
from tests.report.test_overview import complete_everything

__all__ = ["service", "world"]


def text_of(page: str, name: str = "message") -> str:
    found = re.search(rf'<textarea id="{name}"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    return unescape(found[1]) if found else ""


def give_address(engine: Engine, name: str, address: str) -> None:
    with engine.begin() as conn:
        of = conn.execute(select(person.c.id).where(person.c.given_name == name)).scalar_one()
        row = {"person_id": of, "kind": "email", "value": address, "recorded_at": 1, "recorded_by": "test"}
        conn.execute(insert(identifier).values(row))


def test_the_message_says_who_and_what_school_by_school(client: TestClient, world: World) -> None:
    with world.engine.begin() as conn:
        complete_everything(conn, "เกษม")
    answer = web(world.engine).get("/people/unfinished?school=area-1")
    assert "ยังไม่ผ่าน 3 คน" in answer.text
    assert text_of(answer.text).splitlines() == [
        "ยังไม่ผ่าน สมรรถนะดิจิทัล: สพป.หนึ่ง",
        "ข้อมูล ณ วันที่ 1 มิ.ย. 2569",
        "",
        "โรงเรียนสอง (1 คน)",
        "1. นายขวัญ ใจดี: ทุกข้อ",
        "",
        "โรงเรียนหนึ่ง (2 คน)",
        "1. นายกาญจนา ใจดี: D1.1 D1.3 D1.4 D1.5 D1.6 D1.7 D1.8 D1.9 D2.0",
        "2. นายแก้ว ใจดี: D1.2 D1.3 D1.4 D1.5 D1.6 D1.7 D1.8 D1.9 D2.0",
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("school=area-1&item=D1.1", ["ขวัญ", "กาญจนา", "เกษม"]),
        ("school=area-1&group=S", ["กาญจนา", "แก้ว"]),
        ("school=area-1&own=1", []),
        ("school=s2", ["ขวัญ"]),
    ],
)
def test_filters(client: TestClient, query: str, names: list[str]) -> None:
    message = text_of(client.get(f"/people/unfinished?{query}").text)
    assert re.findall(r"\d\. นาย(\S+) ใจดี", message) == names
    assert ("item=" in query) == (message != "" and "ทุกข้อ" not in message and "D1.2" not in message)


def test_who_had_not_finished_on_another_day(client: TestClient, world: World) -> None:
    with world.engine.begin() as conn:
        complete_everything(conn, "เกษม")
    assert "เกษม" not in text_of(client.get("/people/unfinished?school=s1").text)
    page = client.get("/people/unfinished?school=s1&as_of=2026-05-20").text
    assert "ข้อมูล ณ วันที่ 20 พ.ค. 2569" in text_of(page)
    assert "นายเกษม ใจดี: ทุกข้อ" in text_of(page)
    assert f"/people/{world.uuids['เกษม']}?as_of=2026-05-20" in page


def test_addresses_are_ones_own(client: TestClient, world: World) -> None:
    for name, address in (
        ("แก้ว", "kaew@s1.example"),
        ("กาญจนา", "school@s1.example"),
        ("เกษม", "school@s1.example"),
        ("ขวัญ", "no address, <x@y>"),
    ):
        give_address(world.engine, name, address)
    with world.engine.begin() as conn:
        conn.execute(update(account).where(account.c.name == "3").values(email="kan@moodle.example"))
    page = client.get("/people/unfinished?school=area-1").text
    assert text_of(page, "addresses") == "kaew@s1.example, kan@moodle.example"
    assert "2 จาก 4 คน" in page


@pytest.mark.parametrize(("query", "status"), [("school=s9", 404), ("item=D9.9", 422), ("group=X", 422)])
def test_refusals(client: TestClient, query: str, status: int) -> None:
    assert client.get(f"/people/unfinished?{query}").status_code == status


def test_an_office_chases_its_own_people(service: Service) -> None:
    give_address(service.world.engine, "แก้ว", "kaew@s1.example")
    page = service.signed_in("office1").get("/people/unfinished").text
    assert "แก้ว" in text_of(page)
    other = service.signed_in("office2")
    assert other.get("/people/unfinished?school=s1").status_code == 404
    assert "แก้ว" not in other.get("/people/unfinished").text
    assert "kaew@s1.example" not in other.get("/people/unfinished").text
    for name in ("analyst", "learner"):
        answer = service.signed_in(name).get("/people/unfinished")
        assert (answer.status_code, "แก้ว" in answer.text) == (403, False)
