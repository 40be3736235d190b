"""Names are searched for without standing in any address."""

from datetime import timedelta

from sqlalchemy import func, select
from starlette.testclient import TestClient

from connector.tables_people import people_search
from tests.access.conftest import Service, service, token_of, world
from tests.mappings.world import NOW
from tests.report.conftest import World, web

__all__ = ["service", "world"]


def searched(client: TestClient, words: str, **more: str) -> str:
    """The address that the form leads to."""
    answer = client.post("/people/search", data={**more, "words": words}, follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def test_a_search_goes_with_the_filters_over_all_pages(client: TestClient) -> None:
    address = searched(client, "ใจดี", school="s1", state="not_started", sort="most", page="7")
    assert address.startswith("/people?school=s1&state=not_started&sort=most&search=")
    page = client.get(address).text
    assert "พบ 0 คน" in page
    page = client.get(address.replace("state=not_started&", "")).text
    assert all(name in page for name in ("กาญจนา", "แก้ว", "เกษม"))
    assert 'name="words" value="ใจดี"' in page
    token = address.rpartition("=")[2]
    assert token in client.get(address).text or "ถัดไป" not in page


def test_a_form_without_words_needs_no_token(client: TestClient) -> None:
    assert searched(client, "  ", group="S", as_of="2026-05-20") == "/people?group=S&as_of=2026-05-20"
    assert searched(client, "") == "/people"


def test_a_search_ends_after_hours_and_is_forgotten(world: World) -> None:
    address = searched(web(world.engine), "กาญจนา")
    later = web(world.engine, now=NOW + timedelta(hours=13))
    assert later.get(address).status_code == 404
    searched(later, "เกษม")
    with world.engine.begin() as conn:
        assert conn.execute(select(func.count()).select_from(people_search)).scalar_one() == 1


def test_a_search_is_its_readers_alone(service: Service) -> None:
    office1, office2 = service.signed_in("office1"), service.signed_in("office2")
    token = token_of(office1.get("/people").text)
    address = searched(office1, "กาญจนา", csrf=token)
    assert "กาญจนา" in office1.get(address).text
    answer = office2.get(address)
    assert answer.status_code == 404
    assert "กาญจนา" not in answer.text
    mine = searched(office2, "กาญจนา", csrf=token_of(office2.get("/people").text))
    assert "พบ 0 คน" in office2.get(mine).text
