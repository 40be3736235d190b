"""The part of a person's page that says why."""

from sqlalchemy import update
from starlette.testclient import TestClient

from connector import cli_explain
from connector.report.whys import WHYS
from lrs.clock import to_micros
from mappings.explain import Why
from mappings.files import parse_mappings
from mappings.load import load_mappings
from mappings.progress import rebuild
from mappings.tables import account_link
from tests.mappings.test_combinations import WHOLE
from tests.mappings.world import NOW
from tests.report.conftest import World
from tests.report.test_pages import person_page


def part(client: TestClient, world: World, name: str, code: str = "D1.1") -> str:
    """What stands under a competency."""
    text = client.get(person_page(world, name)).text
    assert f'<a href="#why-{code}"' in text
    return text.partition(f'<ul id="why-{code}">')[2].partition("</ul>")[0]


def test_what_is_complete_leads_over_the_mapping_to_the_statement(client: TestClient, world: World) -> None:
    text = part(client, world, "แก้ว")
    assert "ศธ 0206.7/ว 4" in text
    assert "สำหรับกลุ่ม A, M, S, T" in text
    assert "อนุมัติโดย" in text
    assert f'href="{person_page(world, "แก้ว")}/statements/{world.statements["แก้ว"]}"' in text
    assert "ระดับ 1" in text


def test_what_is_not_complete_says_what_is_missing(client: TestClient, world: World) -> None:
    voided = part(client, world, "กาญจนา")
    assert WHYS[Why.VOIDED] in voided
    assert "เรียนสำเร็จแล้วจะผ่าน" in voided
    assert WHYS[Why.VERB] in part(client, world, "เกษม")
    assert "ยังไม่มีบันทึกการเรียน" in part(client, world, "ขวัญ")


def test_statements_of_an_account_that_is_no_longer_theirs_are_not_named(
    client: TestClient, world: World
) -> None:
    with world.engine.begin() as conn:
        conn.execute(update(account_link).values(unlinked_at=to_micros(NOW)))
        rebuild(conn, NOW)
    text = part(client, world, "แก้ว")
    assert WHYS[Why.ACCOUNT] in text
    assert world.statements["แก้ว"] not in text


def test_of_several_parts_it_says_which_are_done_and_which_are_missing(
    client: TestClient, world: World
) -> None:
    with world.engine.begin() as conn:
        load_mappings(conn, parse_mappings(WHOLE, "mine.yaml"), NOW, "test")
        rebuild(conn, NOW)
    text = part(client, world, "แก้ว", "D1.9")
    assert "ชุดวิชา" in text
    assert "การใช้งานคอมพิวเตอร์: เรียนสำเร็จแล้ว" in text
    assert "แบบทดสอบ: <strong>ยังขาด</strong>" in text


def test_every_reason_has_its_words() -> None:
    assert set(WHYS) == set(cli_explain.WHYS) == set(Why)
