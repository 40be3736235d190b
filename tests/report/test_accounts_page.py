"""The pages on which people decide whose an account is, and merge persons."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from sqlalchemy import Connection, Engine, func, select, update
from starlette.testclient import TestClient

from connector.same_origin import SameOrigin
from lrs.clock import to_micros
from lrs.statement import Authority, prepare
from lrs.store import insert as store
from lrs.tables import agent
from mappings import vocabulary
from mappings.accounts import account_of_actor
from mappings.errors import DecisionError
from mappings.people import link_accounts
from mappings.progress import refresh
from mappings.tables import account, account_link, change_log, identifier, link_refusal, person
from tests.mappings.linking import account_id, known_by, links, shown
from tests.mappings.world import NOW, course_iri, send
from tests.report.conftest import DL101, World, web

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def site(world: World) -> TestClient:
    return web(world.engine, now=LATER)


def person_id(conn: Connection, world: World, name: str) -> int:
    found: int = conn.execute(select(person.c.id).where(person.c.uuid == world.uuids[name])).scalar_one()
    return found


def decided(site: TestClient, number: int, **form: str) -> str:
    """Post a decision and follow to the page that it leads to."""
    answer = site.post(f"/accounts/{number}/decisions", data=form, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_accounts_of_nobody_are_counted_with_what_they_hold(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        shown(conn, "80", "ใครคนหนึ่ง", email="a.person@mail.example")
        send(conn, "80", DL101)
        link_accounts(conn, NOW, "test")
    page = site.get("/accounts").text
    assert "ใครคนหนึ่ง" in page
    row = re.search(r"<tr><th scope=\"row\">http://127.0.0.1:8080</th>(.*?)</tr>", page)
    assert row is not None
    assert re.findall(r">([\d,]+)<", row[1]) == ["6", "5", "1", "0", "1", "0"]


def test_names_are_searched_for_by_posting(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        number = shown(conn, "80", "ใครคนหนึ่ง ไกลโพ้น", email="a.person@mail.example")
    for words in ("ไกลโพ้น ใคร", "A.Person@mail.example", "80"):
        answer = site.post("/accounts/search", data={"words": words})
        assert answer.status_code == 200
        assert f'href="/accounts/{number}"' in answer.text
    assert "ไม่พบบัญชี" in site.post("/accounts/search", data={"words": "ไม่มีใคร"}).text
    assert "ไม่พบบัญชี" in site.post("/accounts/search", data={"words": "%"}).text


def test_a_conflict_is_decided_on_its_page(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        mine, other = shown(conn, "71", "ขวัญ ใจดี", "hash of ขวัญ"), shown(conn, "72", "ใคร", "hash of ขวัญ")
        link_accounts(conn, NOW, "test")
    page = site.get("/accounts/conflicts").text
    assert page.count("เป็นบัญชีของคนนี้</button>") == 2
    uuid = world.uuids["ขวัญ"]
    where = decided(site, mine, decision="link", person=uuid, back="/accounts/conflicts")
    assert where == "/accounts/conflicts"
    decided(site, other, decision="refuse", person=uuid, back="/accounts/conflicts")
    assert "ไม่มีบัญชีที่รอการตัดสิน" in site.get("/accounts/conflicts").text
    with world.engine.begin() as conn:
        assert links(conn)["71"] == (person_id(conn, world, "ขวัญ"), "decision")
        assert "72" not in links(conn)


def test_an_email_that_moved_is_kept_or_left(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        first = known_by(conn, person_id(conn, world, "แก้ว"), "email", "office@school.example")
        number = shown(conn, "80", "สำนักงาน", email="office@school.example")
        link_accounts(conn, NOW, "test")
        conn.execute(update(identifier).where(identifier.c.id == first).values(ended_at=to_micros(NOW)))
        known_by(conn, person_id(conn, world, "ขวัญ"), "email", "office@school.example")
        link_accounts(conn, NOW, "test")
    page = site.get("/accounts/conflicts").text
    assert "ข้อมูลย้ายไปเป็นของคนอื่น" in page
    assert "คงไว้กับคนเดิม" in page
    decided(site, number, decision="keep")
    assert "ไม่มีบัญชีที่รอการตัดสิน" in site.get("/accounts/conflicts").text
    with world.engine.begin() as conn:
        assert links(conn)["80"][1] == "email"


def test_a_name_is_proposed_accepted_and_refused(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        number = shown(conn, "80", "น.ส.ขวัญ  ใจดี")
        wrong = shown(conn, "81", "ลูกจ้าง ใจดี")
        link_accounts(conn, NOW, "test")
        assert links(conn).keys().isdisjoint({"80", "81"})
    page = site.get("/accounts/proposals").text
    assert "ข้อเสนอจากชื่อ 2 บัญชี" in page
    decided(site, number, decision="link", person=world.uuids["ขวัญ"], back="/accounts/proposals")
    decided(site, wrong, decision="refuse", person=world.uuids["ลูกจ้าง"], back="/accounts/proposals")
    assert "ข้อเสนอจากชื่อ 0 บัญชี" in site.get("/accounts/proposals").text
    with world.engine.begin() as conn:
        assert links(conn)["80"] == (person_id(conn, world, "ขวัญ"), "decision")
        assert conn.execute(select(func.count()).select_from(link_refusal)).scalar_one() == 1


def test_an_unknown_actor_counts_from_the_moment_of_linking(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        send(conn, "pushed-by-username", DL101)
    page = site.get("/accounts/unknown").text
    found = re.search(r"/accounts/unknown/(\d+)", page)
    assert found is not None
    assert "pushed-by-username" in page
    path = found[0]
    chosen = site.post(f"{path}/people", data={"words": "นายขวัญ"}).text
    assert world.uuids["ขวัญ"] in chosen
    form = {"decision": "link", "person": world.uuids["ขวัญ"], "reason": "asked"}
    answer = site.post(f"{path}/decisions", data=form, follow_redirects=False)
    assert answer.status_code == 303
    assert site.get(answer.headers["location"]).status_code == 200
    assert site.get(path).status_code == 404
    with world.engine.begin() as conn:
        refresh(conn, LATER)
    assert "ผ่านแล้ว</dt><dd>1 จาก" in site.get(f"/people/{world.uuids['ขวัญ']}").text


def test_actors_who_are_no_accounts_are_counted_and_not_linked(world: World, site: TestClient) -> None:
    about = {"verb": {"id": vocabulary.COMPLETED}, "object": {"id": course_iri(DL101)}}
    authority = Authority({"account": {"homePage": "https://example.org", "name": "test"}}, 1, None)
    with world.engine.begin() as conn:
        statement = {"actor": {"mbox": "mailto:learner@example.org"}, **about}
        store(conn, [prepare(statement, version="1.0.3", authority=authority)], lambda: NOW)
        number = conn.execute(select(agent.c.id).where(agent.c.key.contains("learner@"))).scalar_one()
    page = site.get("/accounts/unknown").text
    assert "ระบุด้วยอีเมล" in page
    assert "learner@example.org" not in page
    assert "/accounts/unknown/" not in page
    assert site.get(f"/accounts/unknown/{number}").status_code == 404
    form = {"decision": "link", "person": world.uuids["ขวัญ"]}
    assert site.post(f"/accounts/unknown/{number}/decisions", data=form).status_code == 404
    with world.engine.begin() as conn, pytest.raises(DecisionError, match="names no account"):
        account_of_actor(conn, number, NOW)


def test_a_persons_account_is_unlinked_with_a_reason(world: World, site: TestClient) -> None:
    path = f"/people/{world.uuids['แก้ว']}"
    with world.engine.begin() as conn:
        number = account_id(conn, "1")
    assert site.post(f"/accounts/{number}/decisions", data={"decision": "unlink"}).status_code == 422
    assert decided(site, number, decision="unlink", reason="not hers", back=path) == path
    assert "ยังไม่มีบัญชีที่เชื่อมโยง" in site.get(path).text
    assert "ปัจจุบัน" not in site.get(f"/accounts/{number}").text
    again = site.post(f"/accounts/{number}/decisions", data={"decision": "unlink", "reason": "again"})
    assert again.status_code == 422
    with world.engine.begin() as conn:
        logged = conn.execute(select(change_log).where(change_log.c.action == "unlink")).one()
        assert (logged.by, logged.subject_id) == ("page", str(number))
        assert conn.execute(select(func.count()).select_from(account_link)).scalar_one() == 5


def test_a_form_leads_to_pages_of_ours_only(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        number = account_id(conn, "1")
    for back in ("https://evil.example", "//evil.example", "/people/../x", "/accounts\nx"):
        form = {"decision": "refuse", "person": world.uuids["ขวัญ"], "back": back}
        assert decided(site, number, **form) == "/accounts"


def test_forms_of_other_sites_are_refused(world: World) -> None:
    site = web(world.engine)
    app = site.app
    assert isinstance(app, FastAPI)
    app.add_middleware(SameOrigin)
    foreign = {"sec-fetch-site": "cross-site"}
    answer = site.post("/accounts/1/decisions", data={"decision": "unlink", "reason": "x"}, headers=foreign)
    assert answer.status_code == 403


def test_persons_are_merged_and_split_on_their_pages(world: World, site: TestClient) -> None:
    kept, gone = world.uuids["แก้ว"], world.uuids["เกษม"]
    found = site.post(f"/people/{kept}/merge", data={"words": "เกษม"}).text
    assert f"/people/{kept}/merge/{gone}" in found
    assert "เกษม" in site.get(f"/people/{kept}/merge/{gone}").text
    path = f"/people/{kept}/merge/{gone}"
    assert site.post(path, data={"reason": "one and the same"}).status_code == 422
    assert site.post(path, data={"reason": " ", "seen": "1"}).status_code == 422
    done = site.post(path, data={"reason": "one and the same", "seen": "1"}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, f"/people/{kept}")
    assert "one and the same" in site.get(f"/people/{kept}").text
    away = site.get(f"/people/{gone}").text
    assert f'href="/people/{kept}"' in away
    assert "แยกกลับ" in away
    with world.engine.begin() as conn:
        refresh(conn, LATER)
    assert gone not in site.get("/people").text
    assert site.post(path, data={"reason": "again", "seen": "1"}).status_code == 422
    back = site.post(f"/people/{gone}/split", data={"reason": "two"}, follow_redirects=False)
    assert (back.status_code, back.headers["location"]) == (303, f"/people/{gone}")
    assert "แยกกลับ" not in site.get(f"/people/{gone}").text
    with world.engine.begin() as conn:
        refresh(conn, LATER)
    assert gone in site.get("/people").text
    assert site.post(f"/people/{gone}/split", data={"reason": "again"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/accounts/999999", None),
        ("/accounts/unknown/999999", None),
        ("/people/nobody/merge", None),
        ("/accounts/999999/decisions", {"decision": "unlink", "reason": "x"}),
        ("/accounts/unknown/999999/decisions", {"decision": "link", "person": "x"}),
    ],
)
def test_what_is_not_there_is_not_found(
    world: World, site: TestClient, path: str, form: dict[str, str] | None
) -> None:
    answer = site.get(path) if form is None else site.post(path, data=form)
    assert answer.status_code == 404


def test_strangers_are_not_offered(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        number = account_id(conn, "1")
    assert "ไม่พบบุคคลตามที่ค้นหา" in site.post(f"/accounts/{number}/people", data={"words": "คนไกล"}).text
    stranger = {"decision": "link", "person": world.uuids["คนไกล"]}
    assert site.post(f"/accounts/{number}/decisions", data=stranger).status_code == 404


def test_pages_go_on_after_the_last_account(world: World, site: TestClient) -> None:
    with world.engine.begin() as conn:
        for number in range(60):
            shown(conn, f"many-{number}", f"ผู้เรียน ที่{number}")
        total = conn.execute(select(func.count()).select_from(account)).scalar_one()
    first = site.get("/accounts").text
    found = re.search(r'href="(/accounts\?after=\d+)">หน้าถัดไป', first)
    assert found is not None
    second = site.get(found[1]).text
    assert "หน้าถัดไป" not in second
    shown_names = re.findall(r"บัญชี (many-\d+)<", first + second)
    assert len(shown_names) == len(set(shown_names)) == total - 5


def test_an_empty_database_says_what_to_run(engine: Engine) -> None:
    assert "thaksa import units" in web(engine).get("/accounts").text
