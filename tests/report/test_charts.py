"""The overview's heat table and its chart of months."""

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from connector.report.charts import HEIGHT, WIDTH, chart_of
from connector.report.heat import shade
from connector.report.queries.past_months import PastMonths, Point
from mappings.closings import close_months
from mappings.people import UnitRow, import_units
from mappings.progress import rebuild
from tests.mappings.world import NOW, send
from tests.report.conftest import DL102, World, basis_of, web


def names(page: str) -> list[str]:
    body = page.split("<tbody>", 1)[1].split("</tbody>", 1)[0]
    return re.findall(r'<th scope="row" class="first"><a [^>]*>([^<]+)</a>', body)


def test_columns_sort_the_rows(client: TestClient) -> None:
    page = client.get("/?unit=area-1").text
    assert names(page) == ["โรงเรียนสอง", "โรงเรียนหนึ่ง"]
    assert 'href="/?unit=area-1&amp;sort=D1.1#by-unit"' in page
    assert names(client.get("/?unit=area-1&sort=persons").text) == ["โรงเรียนสอง", "โรงเรียนหนึ่ง"]
    assert names(client.get("/?unit=area-1&sort=-persons").text) == ["โรงเรียนหนึ่ง", "โรงเรียนสอง"]
    turned = client.get("/?unit=area-1&sort=-D1.1").text
    assert names(turned) == ["โรงเรียนหนึ่ง", "โรงเรียนสอง"]
    assert turned.count('aria-sort="descending"') == 1
    assert client.get("/?sort=nothing").status_code == 422


def test_a_cell_leads_to_whom_it_counts_out(client: TestClient) -> None:
    page = client.get("/?unit=area-1&as_of=2026-01-31").text
    address = "/people?school=s1&amp;as_of=2026-01-31&amp;item=D1.1&amp;state=not_finished"
    assert f'<a href="{address}" title="D1.1 ' in page
    assert client.get(address.replace("&amp;", "&")).status_code == 200


def test_names_of_units_are_escaped(world: World) -> None:
    with world.engine.begin() as conn:
        conn.exec_driver_sql("update unit set name_th = '<b>&\"' where uid = 's1'")
    page = web(world.engine).get("/").text
    assert "&lt;b&gt;&amp;&#34;" in page
    assert "<b>&" not in page


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [
        (0, 0, "heat-none"),
        (0, 9, "heat-0"),
        (1, 2000, "heat-1"),
        (1, 5, "heat-2"),
        (1999, 2000, "heat-5"),
        (7, 7, "heat-6"),
    ],
)
def test_shades_tell_nobody_and_everybody_apart(part: int, whole: int, expected: str) -> None:
    assert shade(part, whole) == expected


def test_what_is_remembered_follows_names_and_refreshes(world: World) -> None:
    client = web(world.engine)
    assert names(client.get("/?unit=area-1").text) == ["โรงเรียนสอง", "โรงเรียนหนึ่ง"]
    later = NOW + timedelta(minutes=5)
    with world.engine.begin() as conn:
        import_units(conn, [UnitRow("s2", "school", "โรงเรียนใหม่", "area-1", "0100000002", 6)], later, "test")
        send(conn, "1", DL102)
        rebuild(conn, later)
    page = client.get("/?unit=area-1").text
    assert names(page) == ["โรงเรียนหนึ่ง", "โรงเรียนใหม่"]
    assert page == web(world.engine).get("/?unit=area-1").text


def test_a_chart_lies_within_its_picture() -> None:
    points = [Point(date(2024 + n // 12, n % 12 + 1, 28), 10, n % 11) for n in range(25)]
    chart = chart_of([Point(date(2023, 12, 31), 0, 0), *points])
    assert chart is not None
    assert len(chart.marks) == 25
    assert all(0 < mark.x < WIDTH and 0 < mark.y < HEIGHT for mark in chart.marks)
    assert [mark.percent for mark in chart.marks[:3]] == [0.0, 10.0, 20.0]
    assert chart.marks[0].y > chart.marks[1].y
    assert (chart.marks[-1].named, sum(mark.named for mark in chart.marks)) == (True, 13)
    assert chart_of(points[:1]) is None


def test_the_chart_tells_closed_months_and_today(world: World) -> None:
    client = web(world.engine)
    assert "<svg class=" not in client.get("/").text
    close_months(world.engine, [date(2026, 4, 30)], NOW)
    page = client.get("/?unit=area-1").text
    assert '<svg class="chart"' in page
    table = page.split("<details><summary>ดูเป็นตาราง", 1)[1]
    rows = re.findall(
        r'<th scope="row">([^<]+)</th><td class="num">(\d+)</td><td class="num">(\d+)</td>', table
    )
    assert rows[0] == ("30 เม.ย. 2569", "4", "0")
    assert rows[-1][1:] == ("4", "0")


def test_months_that_were_read_are_remembered(world: World, conn: Connection) -> None:
    close_months(world.engine, [date(2026, 4, 30)], NOW)
    past = PastMonths()
    with world.engine.begin() as conn:
        first = past.read(conn, basis_of(conn))
        conn.exec_driver_sql("delete from unit_count where closing_id <> 0")
        assert past.read(conn, basis_of(conn)) == first
        assert [point.persons for point in past.read(conn, basis_of(conn, "area-1"))] == [0]
    assert [point.persons for point in first] == [5]
