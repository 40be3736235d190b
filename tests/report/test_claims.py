"""The page where people work through claims, and what their decisions do to numbers."""

import re
import time
from pathlib import Path

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, select
from starlette.testclient import TestClient

from connector.imports.kinds import import_kinds
from connector.report.claims_page import router_claims
from connector.report.imports_page import router_imports
from connector.report.pages import router_pages
from connector.same_origin import SameOrigin
from connector.settings import Settings
from connector.tables_imports import claim
from mappings.progress import refresh
from mappings.tables import change_log
from tests.connector.learning import NOW, OWN, a_file, attendance, claims, events, people, uuid_of
from tests.connector.test_import_attendance import SHEET as ATTENDANCE
from tests.connector.test_import_claims import SHEET, accept_level, uuid_of_claim


@pytest.fixture
def client(engine: Engine, tmp_path: Path) -> TestClient:
    people(engine)
    accept_level(engine, 3)
    claims(engine, a_file(tmp_path, SHEET))
    app = FastAPI()
    app.include_router(router_pages(engine, lambda: NOW))
    app.include_router(router_claims(engine, OWN, lambda: NOW))
    app.add_middleware(SameOrigin)
    return TestClient(app, follow_redirects=False)


def listed(client: TestClient, state: str) -> list[str]:
    """The codes on the page of a state."""
    return re.findall(r"<code>([^<]+)</code></label>", client.get(f"/claims?state={state}").text)


def test_the_queue_shows_whose_a_code_was_first(client: TestClient) -> None:
    assert listed(client, "claimed") == ["TM-001", "TM-002", "ABC-9", "DEF-8"]
    page = client.get("/claims?state=duplicate").text
    assert listed(client, "duplicate") == ["TM-001", "TM-001"]
    assert "นายแก้ว ใจดี</a> (รอตรวจ)" in page
    assert "ของ ตนเอง" in page
    assert 'href="https://certs.example/verify?code=tm-002"' in client.get("/claims").text
    assert client.get("/claims?state=nonsense").status_code == 422


def test_several_are_decided_at_once_and_the_numbers_follow(client: TestClient, engine: Engine) -> None:
    with engine.begin() as conn:
        kasem = conn.execute(select(claim.c.person_id).where(claim.c.code == "ABC-9")).scalar_one()
    chosen = [uuid_of_claim(engine, "ABC-9"), uuid_of_claim(engine, "DEF-8")]
    form = {"claim": chosen, "decision": "verified", "reason": "ตรวจที่แพลตฟอร์มแล้ว", "course": "sample-dl102"}
    answer = client.post("/claims/decisions", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/claims?state=claimed&changed=2")
    assert listed(client, "verified") == ["ABC-9", "DEF-8"]
    assert [hours for _, hours in events(engine, kasem)] == [3.0]
    assert "ตรวจที่แพลตฟอร์มแล้ว" in client.get("/claims?state=verified").text
    shown = client.get(f"/people/{uuid_of(engine, kasem)}").text
    assert "เกียรติบัตรที่ตรวจสอบแล้ว" in shown
    assert "ไฟล์ที่นำเข้า" in shown
    client.post("/claims/decisions", data=form | {"decision": "rejected", "reason": "ไม่พบ", "course": ""})
    assert events(engine, kasem) == []
    with engine.begin() as conn:
        log = conn.execute(select(change_log).where(change_log.c.subject == "claim")).all()
    assert {(row.action, row.by) for row in log} == {("verified", "page"), ("rejected", "page")}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"claim": []}, "กรุณาเลือกหลักฐานอย่างน้อยหนึ่งรายการ"),
        ({"reason": "  "}, "กรุณาระบุเหตุผล"),
        ({"decision": "perhaps"}, "กรุณาเลือกว่ารับหรือไม่รับ"),
        ({"course": "ไม่มีหลักสูตรนี้"}, "ไม่พบหลักสูตรนี้"),
        ({"claim": ["no-such-claim"]}, "ถูกถอนคืนแล้ว"),
    ],
)
def test_a_decision_that_cannot_be_taken_changes_nothing(
    client: TestClient, engine: Engine, change: dict[str, object], message: str
) -> None:
    form = {"claim": [uuid_of_claim(engine, "TM-002")], "decision": "verified", "reason": "ok", "course": ""}
    answer = client.post("/claims/decisions", data=form | change)
    assert answer.status_code == 422
    assert message in answer.text
    assert listed(client, "verified") == []


def test_no_name_is_in_an_address_and_other_sites_cannot_decide(client: TestClient, engine: Engine) -> None:
    form = {"claim": [uuid_of_claim(engine, "TM-002")], "decision": "verified", "reason": "ok"}
    foreign = client.post("/claims/decisions", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert listed(client, "verified") == []
    addresses = re.findall(r'(?:href|action)="([^"]+)"', client.get("/claims").text)
    assert not any("แก้ว" in one or "ใจดี" in one for one in addresses)


def test_the_person_s_page_names_the_event_and_its_hours(
    client: TestClient, engine: Engine, tmp_path: Path
) -> None:
    attendance(engine, a_file(tmp_path, ATTENDANCE))
    with engine.begin() as conn:
        kwan = conn.execute(select(claim.c.person_id).order_by(claim.c.id).offset(2)).scalars().first()
    assert kwan is not None
    page = client.get(f"/people/{uuid_of(engine, kwan)}").text
    assert "ตารางคำนวณขั้นต้น" in page.partition('id="events"')[2]
    assert "เข้าร่วม" in page.partition('id="records"')[2]
    assert "w3id.org" not in page.partition('id="records"')[2].partition("</section>")[0]


def test_a_file_is_handed_in_applied_and_taken_back_on_pages(engine: Engine, tmp_path: Path) -> None:
    ids = people(engine)
    app = FastAPI()
    settings = Settings(data=tmp_path)
    app.include_router(router_imports(engine, import_kinds(settings), tmp_path / "uploads", 1, lambda: NOW))
    with TestClient(app, follow_redirects=False) as client:
        files = {"file": ("sheet.csv", ATTENDANCE.strip().encode())}
        address = client.post("/imports", data={"kind": "attendance"}, files=files).headers["location"]
        for _ in range(500):
            page = client.get(address).text
            if "กำลังอ่านและตรวจไฟล์" not in page:
                break
            time.sleep(0.02)
        assert "ตารางคำนวณขั้นต้น" in page
        assert re.findall(r"เพิ่มใหม่</h2><p><b>(\d+)</b>", page) == ["2"]
        assert client.post(f"{address}/apply").status_code == 303
        assert hours_now(engine, ids["แก้ว"]) == [12.0]
        assert client.post(f"{address}/withdraw", data={"reason": " "}).status_code == 422
        wrong = client.post(f"{address}/withdraw", data={"reason": "x", "row": "99"})
        assert (wrong.status_code, "ไม่มีสิ่งที่จะถอนคืน" in wrong.text) == (422, True)
        assert client.post(f"{address}/withdraw", data={"reason": "ผิดไฟล์", "row": "9"}).status_code == 303
        assert hours_now(engine, ids["แก้ว"]) == []
        assert hours_now(engine, ids["ขวัญ"]) == [6.0]
        client.post(f"{address}/withdraw", data={"reason": "ผิดไฟล์"})
        assert hours_now(engine, ids["ขวัญ"]) == []
        assert "ถอนคืนแล้ว: ผิดไฟล์" in client.get(address).text


def hours_now(engine: Engine, person_id: int) -> list[float | None]:
    with engine.begin() as conn:
        refresh(conn, NOW)
    return [hours for _, hours in events(engine, person_id)]
