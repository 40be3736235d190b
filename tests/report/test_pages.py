import re

import pytest
from sqlalchemy import Engine, update
from starlette.testclient import TestClient

from mappings.people import AccountSeen, link_accounts, observe_accounts
from mappings.tables import learning_event
from tests.mappings.world import HOME, NOW
from tests.report.conftest import INJECTION, World, web

PAGES = ("/", "/?unit=area-1", "/people", "/accounts", "/status", "/reconciliation")


def person_page(world: World, name: str) -> str:
    return f"/people/{world.uuids[name]}"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_says_its_times_and_asks_no_other_host(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert '<html lang="th">' in answer.text
    assert "ข้อมูล ณ วันที่ <strong>1 มิถุนายน 2569</strong>" in answer.text
    assert "ประมวลผลเมื่อ 1 มิ.ย. 2569 10:00 น." in answer.text
    assert not re.search(
        r"""(?:src|href|action)=["'](?!/|\#)|url\(|@import|<script(?! src="/)""", answer.text
    )


@pytest.mark.parametrize("path", PAGES)
def test_head_is_answered(client: TestClient, path: str) -> None:
    assert client.head(path).status_code == 200


def test_the_overview_shows_shares_with_their_numbers(client: TestClient) -> None:
    text = client.get("/").text
    assert '<span class="pct">33.3</span>' in text
    assert '<span class="frac">1/3</span>' in text
    assert "ยังไม่จัดกลุ่ม" in text
    assert "การใช้งานเพื่อความมั่นคงปลอดภัย" in text
    assert "คนไกล" not in text
    assert "โรงเรียนเก้า" not in text


def test_names_are_escaped(client: TestClient) -> None:
    text = client.get("/people").text
    assert INJECTION not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_states_are_words_and_not_colours_alone(client: TestClient) -> None:
    text = client.get("/people", params={"item": "D1.1", "state": "complete"}).text
    assert text.count('<span class="sr">ผ่าน</span>') == 1
    assert text.count('<span class="sr">ยังไม่เริ่ม</span>') == 9


def test_a_person_of_another_organisation_is_not_found(client: TestClient, world: World) -> None:
    answer = client.get(person_page(world, "คนไกล"))
    assert answer.status_code == 404
    assert "ไม่พบบุคคลนี้" in answer.text
    assert "คนไกล" not in answer.text + client.get("/people").text
    statement = world.statements["คนไกล"]
    assert client.get(f"{person_page(world, 'คนไกล')}/statements/{statement}").status_code == 404
    assert client.get(f"{person_page(world, 'แก้ว')}/statements/{statement}").status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/people?state=gone", 422),
        ("/people?item=D9.9", 422),
        ("/people?group=Z", 422),
        ("/people?page=first", 422),
        ("/people?page=0", 422),
        ("/people?own=2", 422),
        ("/people?school=s9", 404),
        ("/?unit=nowhere", 404),
        ("/people/nobody", 404),
    ],
)
def test_what_means_nothing_is_refused_in_thai(client: TestClient, path: str, status: int) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert "กลับไปหน้าภาพรวม" in answer.text


def test_a_person_leads_to_the_statement(client: TestClient, world: World) -> None:
    page = client.get(person_page(world, "แก้ว")).text
    statement = world.statements["แก้ว"]
    assert "1 มี.ค. 2569" in page
    assert "ข้อมูลจากแพลตฟอร์มโดยตรง" in page
    assert "ตัวอย่าง (sample, approved by nobody)" in page
    assert "ค่าตัวอย่าง" in page
    shown = client.get(f"{person_page(world, 'แก้ว')}/statements/{statement}").text
    assert "&#34;verb&#34;" in shown
    assert statement in shown


def test_a_voided_statement_is_shown_as_voided(client: TestClient, world: World) -> None:
    page = client.get(person_page(world, "กาญจนา")).text
    assert "ยกเลิกแล้ว" in page
    records = page.partition('id="records"')[2]
    assert records.count(f"/statements/{world.statements['voided']}") == 1


def test_unknown_hours_are_said_to_be_unknown(world: World) -> None:
    with world.engine.begin() as conn:
        conn.execute(update(learning_event).values(hours=None))
    page = web(world.engine).get(person_page(world, "แก้ว")).text
    assert "ไม่ทราบ" in page
    assert "อีก 1 ครั้งไม่ทราบชั่วโมง" in page
    assert "ค่าตัวอย่าง" not in page


def test_accounts_in_conflict_stand_side_by_side(world: World) -> None:
    twins = [
        AccountSeen(HOME, name, shown, "hash of ขวัญ") for name, shown in (("71", "ขวัญ"), ("72", "ใครอีกคน"))
    ]
    with world.engine.begin() as conn:
        observe_accounts(conn, twins, NOW)
        assert link_accounts(conn, NOW, "test") == 0
    text = web(world.engine).get("/accounts/conflicts").text
    conflict = text[text.index("เลขประจำตัวเดียวกัน") :]
    assert [word for word in ("71", "72", "ใครอีกคน", person_page(world, "ขวัญ")) if word not in conflict] == []


@pytest.mark.parametrize("path", ["/", "/people", "/accounts"])
def test_an_empty_database_says_what_to_run(engine: Engine, path: str) -> None:
    answer = web(engine).get(path)
    assert answer.status_code == 200
    assert "thaksa import units" in answer.text


def test_the_status_page_needs_no_units(engine: Engine) -> None:
    answer = web(engine).get("/status")
    assert answer.status_code == 200
    assert "ยังไม่เคยประมวลผลความก้าวหน้า" in answer.text
