"""Pages of the list of people are drawn once; whatever they say that changes is there at the next look."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Connection, event, select, update
from starlette.testclient import TestClient

from mappings.corrections import Correction, change_post, correct_name, move, retire
from mappings.people import import_units
from mappings.progress import refresh
from mappings.tables import person, unit
from tests.mappings.world import NOW, minutes, send
from tests.report.conftest import DL101, UNITS, World, web

LATER = NOW + minutes(5)
WHY = Correction("คำสั่ง", date(2026, 5, 1), NOW + minutes(1), "test")
MANY_TIMES = 50
"""Others write to the same PostgreSQL meanwhile, and what is read then is not remembered."""


@pytest.fixture
def client(world: World) -> TestClient:
    """One that has drawn the page already."""
    client = web(world.engine)
    for path in ("/people", "/people?school=s1", "/people?as_of=2026-05-31"):
        assert "แก้ว" in client.get(path).text
    return client


@contextmanager
def statements(world: World) -> Iterator[list[str]]:
    """The commands that are sent to the database."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(world.engine, "before_cursor_execute", note)
    yield sent
    event.remove(world.engine, "before_cursor_execute", note)


def test_a_second_look_asks_for_little(world: World, client: TestClient) -> None:
    few = []
    for _ in range(MANY_TIMES):
        with statements(world) as sent:
            client.get("/people")
        few = [one for one in sent if "SELECT" in one]
        if len(few) == 1:
            break
    assert len(few) == 1, few
    assert "change_log" in few[0]


def rename(conn: Connection, uuid: str) -> None:
    correct_name(conn, uuid, "ดร.", "แก้วตา", "ใจงาม", WHY)


def rename_unseen(conn: Connection, uuid: str) -> None:
    """By somebody who tells nobody."""
    conn.execute(update(person).where(person.c.uuid == uuid).values(prefix_th="ดร.", given_name="แก้วตา"))


def rename_school(conn: Connection, _uuid: str) -> None:
    import_units(conn, [replace(UNITS[3], name_th="โรงเรียนแก้วตา")], NOW, "test")


@pytest.mark.parametrize("path", ["/people", "/people?school=s1", "/people?as_of=2026-05-31"])
@pytest.mark.parametrize("change", [rename, rename_unseen, rename_school])
def test_names_of_today_are_there_at_once(
    world: World, client: TestClient, path: str, change: Callable[[Connection, str], None]
) -> None:
    assert "แก้วตา" not in client.get(path).text
    with world.engine.begin() as conn:
        change(conn, world.uuids["แก้ว"])
    page = client.get(path).text
    assert "แก้วตา" in page
    assert ("นายแก้ว ใจดี" in page) == (change is rename_school)
    if change is rename_school:
        # In the rows, the choice of a unit, and the heading where the school was asked for.
        assert "โรงเรียนหนึ่ง" not in page


def line_of(client: TestClient, world: World, name: str = "แก้ว", path: str = "/people") -> str | None:
    """The row of somebody."""
    rows = client.get(path).text.split("<tr>")
    return next((row for row in rows if world.uuids[name] in row), None)


def learn(conn: Connection, _uuid: str) -> None:
    send(conn, "2", DL101, stored=WHY.now)


def take_another_post(conn: Connection, uuid: str) -> None:
    change_post(conn, uuid, "ครูผู้ช่วย", "", "", lambda *_: ("M", "post"), WHY)


def move_away(conn: Connection, uuid: str) -> None:
    there = conn.execute(select(unit.c.id).where(unit.c.uid == "s2")).scalar_one()
    move(conn, uuid, there, WHY)


@pytest.mark.parametrize("change", [learn, take_another_post, move_away])
def test_what_progress_says_is_there_with_the_next_computation(
    world: World, client: TestClient, change: Callable[[Connection, str], None]
) -> None:
    name = "เกษม" if change is learn else "แก้ว"
    before = line_of(client, world, name)
    with world.engine.begin() as conn:
        change(conn, world.uuids[name])
    assert line_of(client, world, name) == before
    with world.engine.begin() as conn:
        refresh(conn, LATER)
    assert line_of(client, world, name) not in (before, None)


def test_whoever_has_left_is_gone_with_the_next_computation(world: World, client: TestClient) -> None:
    with world.engine.begin() as conn:
        retire(conn, world.uuids["แก้ว"], WHY)
    assert line_of(client, world) is not None
    with world.engine.begin() as conn:
        refresh(conn, LATER)
    assert line_of(client, world) is None


def test_links_keep_the_day_that_was_asked_for(world: World, client: TestClient) -> None:
    """On the day of the last computation too, which says the same of everybody."""
    today = f"/people?as_of={NOW.date().isoformat()}"
    for _ in range(2):
        asked, plain = line_of(client, world, path=today), line_of(client, world)
        assert asked is not None
        assert plain is not None
        assert f"/people/{world.uuids['แก้ว']}?as_of=" in asked
        assert "as_of" not in plain


def test_orders_of_the_same_people_stay_apart(world: World) -> None:
    client = web(world.engine)

    def places(sort: str) -> list[str]:
        page = client.get(f"/people?school=s1&sort={sort}").text
        found = {page.find(world.uuids[name]): name for name in ("กาญจนา", "เกษม", "แก้ว")}
        return [found[place] for place in sorted(found)]

    for _ in range(2):
        assert places("") == ["กาญจนา", "เกษม", "แก้ว"]
        assert places("most") == ["กาญจนา", "แก้ว", "เกษม"]
