"""Asked again for a day, as known at a moment, a report gives the same answer, whatever came since."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select
from starlette.testclient import TestClient

from lrs.clock import to_iso
from mappings import shipped, vocabulary
from mappings.corrections import Correction, change_post, move, retire
from mappings.files import parse_mappings
from mappings.group_assignments import assign
from mappings.load import load_mappings
from mappings.merges import merge, split
from mappings.people import UnitRow, import_roster, import_units
from mappings.post_decisions import classifier, decide
from mappings.progress import rebuild, refresh
from mappings.tables import person, person_merge, unit
from tests.mappings.world import HOME, NOW, a_person, send, void
from tests.report.conftest import DL101, DL102, UNITS, World, web

DAY = timedelta(days=1)
MAY, TODAY = date(2026, 5, 20), NOW.date()
ASKED = ("/api/v1/aggregates?by=school", "/?unit=area-1", "/people?")

Step = Callable[[Connection, World, datetime], object]


def _id(conn: Connection, world: World, name: str) -> int:
    return int(conn.execute(select(person.c.id).where(person.c.uuid == world.uuids[name])).scalar_one())


def _why(now: datetime, day: date) -> Correction:
    return Correction("ทดสอบ", day, now, "test")


def _late_sync(conn: Connection, world: World, now: datetime) -> None:
    send(conn, "2", DL102, at=datetime(2026, 5, 1, tzinfo=NOW.tzinfo), stored=now)


def _void(conn: Connection, world: World, now: datetime) -> None:
    void(conn, world.statements["แก้ว"], stored=now)


def _move_person(conn: Connection, world: World, now: datetime) -> None:
    other = conn.execute(select(unit.c.id).where(unit.c.uid == "s3")).scalar_one()
    move(conn, world.uuids["แก้ว"], other, _why(now, date(2026, 5, 10)))


def _move_school(conn: Connection, world: World, now: datetime) -> None:
    moved = UnitRow("s1", "school", "โรงเรียนหนึ่ง", "area-2", "0100000001", 5)
    import_units(conn, [one if one.uid != "s1" else moved for one in UNITS], now, "test")


def _reimport(conn: Connection, world: World, now: datetime) -> None:
    rows = [
        a_person("เกษม", family_name="ใจดี", group="T", unit_code="0100000002"),
        a_person("มาใหม่", family_name="ใจดี", group="S", unit_code="0100000001"),
    ]
    assert import_roster(conn, rows, now, "test").refused == ()


def _assign(conn: Connection, world: World, now: datetime) -> None:
    assign(conn, world.uuids["กาญจนา"], "T", "คำสั่งที่ 1", date(2026, 4, 1), None, now, "test")


def _decide(conn: Connection, world: World, now: datetime) -> None:
    assert decide(conn, "", "ช่างซ่อม", "A", "ทดสอบ", now, "test") == 1


def _merge(conn: Connection, world: World, now: datetime) -> None:
    merge(conn, _id(conn, world, "กาญจนา"), _id(conn, world, "ขวัญ"), "ทดสอบ", now, "test")


def _split(conn: Connection, world: World, now: datetime) -> None:
    split(conn, conn.execute(select(person_merge.c.id)).scalar_one(), "ทดสอบ", now, "test")


def _remap(conn: Connection, world: World, now: datetime) -> None:
    """DL101's activity stands for nothing from now on, and what DL102 proves changes."""
    text = shipped.text(shipped.MAPPINGS[0]).replace(
        f"{HOME}/course/view.php?id=2", f"{HOME}/course/view.php?id=99"
    )
    assert load_mappings(conn, parse_mappings(text, "mine.yaml"), now, "test")


def _new_post(conn: Connection, world: World, now: datetime) -> None:
    change_post(conn, world.uuids["ขวัญ"], "ครู", "คศ.2", "", classifier(conn), _why(now, date(2026, 5, 30)))


def _retire(conn: Connection, world: World, now: datetime) -> None:
    retire(conn, world.uuids["เกษม"], _why(now, now.date()))


STEPS: tuple[Step, ...] = (
    _late_sync, _void, _move_person, _move_school, _reimport, _assign, _decide, _merge, _split, _remap,
    _new_post, _retire,
)  # fmt: skip


def _ask(client: TestClient, path: str, day: date, known_at: datetime) -> str:
    """Without the form tokens and such: a page's numbers are all in its text."""
    answer = client.get(path, params=None) if not day else client.get(_at(path, day, known_at))
    assert answer.status_code == 200, answer.text
    return answer.text


def _at(path: str, day: date, known_at: datetime) -> str:
    sign = "&" if "?" in path else "?"
    return f"{path}{sign}as_of={day}&known_at={to_iso(known_at)}"


@pytest.fixture
def ask(world: World) -> Callable[[str, date, datetime], str]:
    client = web(world.engine, now=NOW + 99 * DAY)
    return lambda path, day, known_at: _ask(client, path, day, known_at)


def test_what_was_answered_once_is_answered_again(world: World, ask: Callable[..., str]) -> None:
    paths = (*ASKED, f"/people/{world.uuids['ขวัญ']}")
    held: dict[tuple[str, date, datetime], str] = {}
    for number, step in enumerate((None, *STEPS)):
        now = NOW + number * DAY
        if step is not None:
            with world.engine.begin() as conn:
                step(conn, world, now)
                refresh(conn, now)
        for path in paths:
            held |= {(path, day, now): ask(path, day, now) for day in (MAY, now.date())}
    assert [pair for pair in held if held[pair] != ask(*pair)] == []


def test_a_late_sync_is_seen_by_later_knowledge_alone(world: World, client: TestClient) -> None:
    def complete(known_at: datetime) -> Any:
        path = _at("/api/v1/aggregates?by=competency", MAY, known_at)
        return [row["complete"] for row in web(world.engine, now=NOW + 2 * DAY).get(path).json()["rows"]]

    with world.engine.begin() as conn:
        send(conn, "2", DL101, at=datetime(2026, 5, 1, tzinfo=NOW.tzinfo), stored=NOW + DAY)
    assert (complete(NOW)[0], complete(NOW + DAY)[0]) == (1, 2)


def test_computed_and_kept_agree(world: World) -> None:
    """The pair of the last refresh is read from kept rows, another moment that knows no more is computed."""
    with world.engine.begin() as conn:
        send(conn, "9", DL101, verb=vocabulary.REGISTERED)
        rebuild(conn, NOW)
    client = web(world.engine, now=NOW + DAY)
    later = NOW + timedelta(microseconds=1)
    for path in ASKED:
        kept, computed = (_words(client.get(_at(path, TODAY, moment)).text) for moment in (NOW, later))
        assert [one.replace(":00.000001Z", ":00Z") for one in computed] == kept, path


def _words(text: str) -> list[str]:
    return re.sub(r"<[^>]*>", " ", text).split()


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("as_of=2026-06-02", "as_of"),
        ("as_of=31/10/2569", "as_of"),
        ("known_at=2026-06-01T10:00:01%2B07:00", "known_at"),
        ("known_at=2026-05-01T10:00:00", "known_at"),
    ],
)
def test_times_that_mean_nothing_are_refused_by_name(client: TestClient, query: str, name: str) -> None:
    page, answer = client.get(f"/?{query}"), client.get(f"/api/v1/aggregates?by=school&{query}")
    assert (page.status_code, answer.status_code) == (422, 422)
    assert name in page.text
    assert answer.json()["detail"].startswith(f"{name} ")


def test_links_of_a_page_keep_the_two_times(client: TestClient, world: World) -> None:
    page = client.get("/people?as_of=2026-05-20&known_at=2026-06-01T10:00:00%2B07:00").text
    assert (
        f"/people/{world.uuids['แก้ว']}?as_of=2026-05-20&amp;known_at=2026-06-01T03%3A00%3A00.000000Z" in page
    )
    assert "20 พฤษภาคม 2569" in page


def test_the_permanent_link_of_a_report_asks_for_both_times(client: TestClient) -> None:
    page = client.get("/?unit=area-1").text
    (link,) = re.findall(r'href="([^"]*)">ลิงก์ถาวร', page)
    assert link == "/?unit=area-1&amp;as_of=2026-06-01&amp;known_at=2026-06-01T03%3A00%3A00%2B00%3A00"
    asked = client.get(link.replace("&amp;", "&"))
    assert "โรงเรียนหนึ่ง" in asked.text
