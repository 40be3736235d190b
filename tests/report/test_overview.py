import pytest
from sqlalchemy import Connection, event, select, update
from sqlalchemy.engine.interfaces import DBAPICursor, ExecutionContext

from connector.report.queries.learning import read_split
from connector.report.queries.overview import Overview, Row, compute_overview, read_overview
from lrs.clock import to_micros
from mappings import counted
from mappings.tables import competency, competency_state, membership, person
from tests.mappings.world import NOW
from tests.report.conftest import World, basis_of


def counts(row: Row, code: str) -> tuple[int, int, int]:
    [found] = [count for count in row.items if count.item.code == code]
    return found.complete, found.in_progress, found.persons


def rows(overview: Overview) -> dict[str, Row]:
    return {row.key: row for row in overview.rows}


def test_the_denominator_is_members_with_a_group(conn: Connection) -> None:
    found = read_overview(conn, basis_of(conn))
    assert {key: row.persons for key, row in rows(found).items()} == {"s1": 3, "s2": 1, "s3": 1}
    assert found.total.persons == 5
    assert len(found.total.items) == 10


def test_the_unclassified_stand_beside_and_are_in_no_count(conn: Connection) -> None:
    school = rows(read_overview(conn, basis_of(conn)))["s1"]
    assert (school.unclassified, school.outside) == (1, 1)
    assert counts(school, "D1.1") == (1, 1, 3)


def test_complete_and_in_progress_of_each_item(conn: Connection) -> None:
    total = read_overview(conn, basis_of(conn)).total
    assert counts(total, "D1.1") == (1, 1, 5)
    assert counts(total, "D1.2") == (1, 0, 5)
    assert counts(total, "D2.0") == (0, 0, 5)
    assert total.all_complete == 0


def test_groups_add_up_to_the_total(conn: Connection) -> None:
    found = read_overview(conn, basis_of(conn))
    assert {row.key: row.persons for row in found.groups} == {"M": 1, "A": 1, "S": 2, "T": 1}


def test_a_unit_counts_its_subtree_only(conn: Connection) -> None:
    found = read_overview(conn, basis_of(conn, "area-1"))
    assert sorted(rows(found)) == ["s1", "s2"]
    assert found.total.persons == 4


def test_everybody_who_has_all_items(world: World) -> None:
    with world.engine.begin() as conn:
        complete_everything(conn, "แก้ว")
        found = compute_overview(conn, basis_of(conn))
    assert rows(found)["s1"].all_complete == 1
    assert found.total.all_complete == 1


def test_a_person_with_two_memberships_is_counted_once(world: World) -> None:
    with world.engine.begin() as conn:
        held = conn.execute(select(membership).join(person).where(person.c.given_name == "ขวัญ")).one()
        school = conn.execute(select(membership.c.unit_id).join(person).where(person.c.given_name == "แก้ว"))
        again = {key: value for key, value in held._asdict().items() if key != "id"}
        conn.execute(membership.insert().values(again | {"unit_id": school.scalar_one()}))
        found = compute_overview(conn, basis_of(conn))
    assert {key: row.persons for key, row in rows(found).items()} == {"s1": 4, "s2": 0, "s3": 1}
    assert found.total.persons == 5


def test_who_left_before_the_day_is_not_counted(world: World) -> None:
    with world.engine.begin() as conn:
        basis = basis_of(conn)
        conn.execute(update(membership).values(valid_to=basis.as_of))
        assert compute_overview(conn, basis).total.persons == 5
        conn.execute(update(membership).values(valid_to=membership.c.valid_from))
        assert compute_overview(conn, basis).total.persons == 0


def test_many_units_are_shown_as_those_directly_below(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted, "MOST_ROWS", 2)
    found = compute_overview(conn, basis_of(conn))
    assert {key: row.persons for key, row in rows(found).items()} == {"area-1": 4, "area-2": 1}
    assert found.total.persons == 5
    assert rows(found)["area-1"].unclassified == 1


def test_the_number_of_selects_does_not_grow_with_units(world: World) -> None:
    asked: list[str] = []

    def note(
        _conn: Connection,
        _cursor: DBAPICursor,
        sql: str,
        _values: object,
        _context: ExecutionContext,
        _many: bool,
    ) -> None:
        asked.append(sql)

    with world.engine.connect() as conn:
        basis = basis_of(conn)
        event.listen(world.engine, "before_cursor_execute", note)
        read_overview(conn, basis)
    event.remove(world.engine, "before_cursor_execute", note)
    assert len([sql for sql in asked if sql.lstrip().upper().startswith(("SELECT", "WITH"))]) == 7


def test_hours_are_those_of_the_denominator(conn: Connection) -> None:
    split = read_split(conn, basis_of(conn))
    assert [(one.category.code if one.category else None, one.hours, one.events) for one in split.shares] == [
        ("LC70", 6.0, 2),
        ("LC20", 0.0, 0),
        ("LC10", 0.0, 0),
    ]
    assert split.sample


def complete_everything(conn: Connection, given_name: str) -> None:
    """As the views would say of somebody who proved each item: the shipped mappings do not reach all ten."""
    who = conn.execute(select(person.c.id).where(person.c.given_name == given_name)).scalar_one()
    conn.execute(competency_state.delete().where(competency_state.c.person_id == who))
    items = conn.execute(select(competency.c.id)).scalars().all()
    state = {"person_id": who, "state": 2, "completed_at": to_micros(NOW)}
    conn.execute(competency_state.insert(), [state | {"competency_id": item} for item in items])
