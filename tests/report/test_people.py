import pytest
from sqlalchemy import Connection, update

from connector.report.errors import NamesHidden, NotFound, UnknownFilter
from connector.report.queries import people as module
from connector.report.queries.accounts import read_accounts_page
from connector.report.queries.basis import narrowed, read_basis, root_scope
from connector.report.queries.people import read_people, read_schools
from connector.report.queries.people_filters import Filters
from connector.report.queries.people_orders import Orders
from connector.report.queries.person import read_details, read_statement
from mappings.changes import Change, log_changes
from mappings.people import Scope
from mappings.tables import person
from mappings.thai_text import sort_key
from tests.mappings.world import NOW
from tests.report.conftest import INJECTION, World, basis_of
from tests.report.test_overview import complete_everything


def names(conn: Connection, uid: str = "", **filters: str) -> list[str]:
    found = read_people(conn, basis_of(conn, uid), Filters(**filters))  # type: ignore[arg-type]
    assert found.total == len(found.rows)
    return [row.name.removeprefix("นาย").removesuffix(" ใจดี") for row in found.rows]


def test_the_list_is_the_denominator_in_thai_order(conn: Connection) -> None:
    listed = names(conn)
    assert [name for name in listed if name != INJECTION] == ["กาญจนา", "เกษม", "แก้ว", "ขวัญ"]
    assert INJECTION in listed


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"group": "S"}, ["กาญจนา", "แก้ว"]),
        ({"group": "unclassified"}, ["ปริศนา"]),
        ({"group": "outside"}, ["ลูกจ้าง"]),
        ({"item": "D1.1", "state": "complete"}, ["แก้ว"]),
        ({"item": "D1.1", "state": "in_progress"}, ["เกษม"]),
        ({"item": "D1.1", "state": "not_finished"}, ["กาญจนา", "เกษม", "ขวัญ"]),
        ({"item": "D1.1", "state": "not_started"}, ["กาญจนา", "ขวัญ"]),
        ({"state": "in_progress"}, ["กาญจนา", "เกษม", "แก้ว"]),
        ({"state": "not_started"}, ["ขวัญ"]),
        ({"state": "not_finished"}, ["กาญจนา", "เกษม", "แก้ว", "ขวัญ"]),
        ({"state": "complete"}, []),
    ],
)
def test_filters(conn: Connection, filters: dict[str, str], expected: list[str]) -> None:
    assert names(conn, "area-1", **filters) == expected


def test_not_finished_leaves_out_who_has_all(world: World) -> None:
    with world.engine.begin() as conn:
        complete_everything(conn, "แก้ว")
        assert names(conn, "s1", state="not_finished") == ["กาญจนา", "เกษม"]
        assert names(conn, "s1", state="complete") == ["แก้ว"]


@pytest.mark.parametrize("filters", [{"group": "X"}, {"item": "D9.9"}, {"state": "gone"}])
def test_unknown_filters_are_refused(conn: Connection, filters: dict[str, str]) -> None:
    with pytest.raises(UnknownFilter):
        names(conn, **filters)


def test_own_is_the_unit_without_those_below(conn: Connection) -> None:
    assert names(conn, "area-1", own="1") == []
    assert names(conn, "s2", own="1") == ["ขวัญ"]


def test_pages_follow_each_other(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 3)
    basis = basis_of(conn, "area-1")
    pages = [read_people(conn, basis, Filters(page=number)) for number in (1, 2, 3)]
    assert [len(page.rows) for page in pages] == [3, 1, 0]
    assert pages[0].pages == 2
    assert len({row.uuid for page in pages for row in page.rows}) == 4


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["กาญจนา", "เกษม", "แก้ว", "ขวัญ"]),
        ("school", ["ขวัญ", "กาญจนา", "เกษม", "แก้ว"]),
        ("fewest", ["เกษม", "ขวัญ", "กาญจนา", "แก้ว"]),
        ("most", ["กาญจนา", "แก้ว", "เกษม", "ขวัญ"]),
    ],
)
def test_orders(conn: Connection, sort: str, expected: list[str]) -> None:
    assert names(conn, "area-1", sort=sort) == expected


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("กาญ", ["กาญจนา"]),
        ("ใจดี", ["กาญจนา", "เกษม", "แก้ว", "ขวัญ"]),
        ("นางสาวกาญจนา  ใจดี", ["กาญจนา"]),
        ("ใจดี แก้ว", ["แก้ว"]),
        ("100%", []),
        ("คนไกล", []),
    ],
)
def test_search_by_parts_of_names(conn: Connection, words: str, found: list[str]) -> None:
    people = read_people(conn, basis_of(conn, "area-1"), Filters(), words)
    assert [row.name.removeprefix("นาย").removesuffix(" ใจดี") for row in people.rows] == found


def test_an_order_is_found_once_until_something_changes(world: World) -> None:
    orders = Orders()

    def shown() -> list[str]:
        with world.engine.begin() as conn:
            people = read_people(conn, basis_of(conn, "s1"), Filters(), "", orders)
            return [row.name.removeprefix("นาย") for row in people.rows]

    assert shown() == ["กาญจนา ใจดี", "เกษม ใจดี", "แก้ว ใจดี"]
    with world.engine.begin() as conn:
        values = {"given_name": "ฮ", "sort_key": sort_key("ฮ", "ใจดี")}
        conn.execute(update(person).where(person.c.uuid == world.uuids["กาญจนา"]).values(values))
    assert shown()[0] == "ฮ ใจดี"
    with world.engine.begin() as conn:
        log_changes(conn, [Change("rename", "person", world.uuids["กาญจนา"])], NOW, "test")
    assert shown() == ["เกษม ใจดี", "แก้ว ใจดี", "ฮ ใจดี"]


def test_the_choice_of_units_stays_short(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    top = root_scope(conn)
    chosen = narrowed(conn, top, "area-1")
    assert {uid for uid, _ in read_schools(conn, top, chosen)} == {
        "obec",
        "area-1",
        "area-2",
        "s1",
        "s2",
        "s3",
    }
    monkeypatch.setattr(module, "MOST_CHOICES", 2)
    assert [uid for uid, _ in read_schools(conn, top, chosen)][-2:] == ["s2", "s1"]
    assert {uid for uid, _ in read_schools(conn, top, top)} == {"obec", "area-1", "area-2"}


def test_a_stranger_is_not_found(world: World, conn: Connection) -> None:
    next_office = basis_of(conn, "area-2")
    with pytest.raises(NotFound):
        read_details(conn, next_office, world.uuids["แก้ว"])
    assert read_details(conn, basis_of(conn, "area-1"), world.uuids["แก้ว"]).unit_uid == "s1"


def test_a_unit_outside_the_scope_is_not_found(conn: Connection) -> None:
    office = narrowed(conn, root_scope(conn), "area-1")
    with pytest.raises(NotFound):
        narrowed(conn, office, "s3")
    with pytest.raises(NotFound):
        narrowed(conn, root_scope(conn), "s9")


def test_counts_only_shows_no_names(world: World, conn: Connection) -> None:
    counts_only = Scope(unit_id=root_scope(conn).unit_id, names=False)
    basis = read_basis(conn, counts_only, NOW)
    with pytest.raises(NamesHidden):
        read_people(conn, basis, Filters())
    with pytest.raises(NamesHidden):
        read_details(conn, basis, world.uuids["แก้ว"])
    with pytest.raises(NamesHidden):
        read_accounts_page(conn, counts_only)


def test_a_statement_belongs_to_its_person(world: World, conn: Connection) -> None:
    basis = basis_of(conn)
    mine, theirs = (read_details(conn, basis, world.uuids[name]).id for name in ("แก้ว", "เกษม"))
    assert world.statements["แก้ว"].encode() in read_statement(conn, mine, world.statements["แก้ว"])
    with pytest.raises(NotFound):
        read_statement(conn, theirs, world.statements["แก้ว"])
