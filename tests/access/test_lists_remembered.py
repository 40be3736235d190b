"""What was drawn for one reader is not shown to another, nor in another language."""

import pytest
from sqlalchemy import func, select

from connector.tables_access import audit_log
from tests.access.conftest import Service
from tests.report.conftest import INJECTION

SEEN = {
    "admin": ("แก้ว", "ขวัญ", "โรงเรียนสาม", "สพป.สอง"),
    "office1": ("แก้ว", "ขวัญ"),
    "school1": ("แก้ว",),
    "office2": ("โรงเรียนสาม",),
}
EVERYTHING = ("แก้ว", "ขวัญ", "โรงเรียนสอง", "โรงเรียนสาม", "สพป.สอง", "คนไกล")


@pytest.mark.parametrize("first", ["admin", "school1"])
def test_each_reader_sees_their_own_unit(service: Service, first: str) -> None:
    clients = {name: service.signed_in(name) for name in SEEN}
    alone = {name: clients[name].get("/people").text for name in sorted(SEEN, key=lambda one: one != first)}
    for _ in range(2):
        for name, client in clients.items():
            page = client.get("/people").text
            assert page == alone[name]
            assert INJECTION not in page
            for text in SEEN[name]:
                assert text in page, (name, text)
    assert not any(text in alone["school1"] for text in EVERYTHING[1:])
    assert not any(text in alone["office1"] for text in EVERYTHING[3:])
    assert not any(text in alone["office2"] for text in EVERYTHING[:3])


def test_units_outside_are_refused_whoever_has_looked(service: Service) -> None:
    office1, office2 = service.signed_in("office1"), service.signed_in("office2")
    for _ in range(2):
        assert office1.get("/people?school=s1").status_code == 200
        assert office2.get("/people?school=s1").status_code == 404
    assert service.signed_in("analyst").get("/people?school=s1").status_code == 403


def test_every_look_is_in_the_log(service: Service) -> None:
    client = service.signed_in("office1")
    looks = select(func.count()).select_from(audit_log).where(audit_log.c.route == "GET /people")
    for number in range(1, 4):
        assert client.get("/people").status_code == 200
        with service.world.engine.connect() as conn:
            assert conn.execute(looks).scalar_one() == number


def test_each_language_has_its_own_rows(service: Service) -> None:
    thai, english = service.signed_in("office1"), service.signed_in("office1")
    english.cookies.set("thaksa_language", "en")
    for _ in range(2):
        assert "ยังไม่เริ่ม" in thai.get("/people").text.partition("<tbody>")[2].partition("</tbody>")[0]
        rows = english.get("/people").text.partition("<tbody>")[2].partition("</tbody>")[0]
        assert "ยังไม่เริ่ม" not in rows
        assert "Not started" in rows
