"""The sheets to hand in hold one's own unit, and whoever takes names along is in the log."""

import io

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from connector.tables_access import audit_log
from tests.access.conftest import Service

FILES = ("/people.xlsx?school={}", "/people.csv?school={}", "/summary.xlsx?unit={}", "/summary.csv?unit={}")


@pytest.mark.parametrize(("name", "unit"), [("office2", "area-1"), ("office2", "s1"), ("school1", "s2")])
def test_the_next_office_gets_nothing(service: Service, name: str, unit: str) -> None:
    client = service.signed_in(name)
    for path in FILES:
        answers = [client.get(path.format(one)) for one in (unit, "no-such-unit")]
        assert [one.status_code for one in answers] == [404, 404], path
        assert answers[0].text == answers[1].text
        assert client.get(path.format("")).status_code == 200
    assert "แก้ว" not in client.get("/people.csv").text or name == "school1"
    assert "ขวัญ" not in client.get("/people.csv").text


@pytest.mark.parametrize("name", ["analyst", "learner"])
def test_who_sees_no_lists_gets_none(service: Service, name: str) -> None:
    client = service.signed_in(name)
    for path in FILES:
        assert client.get(path.format("")).status_code == 403


def test_a_file_of_names_is_in_the_log(service: Service) -> None:
    client = service.signed_in("office1")
    content = client.get("/people.xlsx?school=s1").content
    names = {row[2] for row in load_workbook(io.BytesIO(content))["รายบุคคล"].iter_rows(values_only=True)}
    assert {"แก้ว", "เกษม"} <= names
    with service.world.engine.begin() as conn:
        looks = conn.execute(select(audit_log.c.route, audit_log.c.unit_uid)).all()
    assert ("GET /people.xlsx", "s1") in [tuple(one) for one in looks]
