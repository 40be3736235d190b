"""Groups that are assigned by name, with a reference and days."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, select

from mappings.errors import MappingError
from mappings.group_assignments import AssignmentOverlaps, assign, end_assignment
from mappings.people import import_roster, import_units
from mappings.post_decisions import classifier
from mappings.tables import change_log, group_assignment, person, stale_person
from tests.mappings.test_post_decisions import DAY, groups, stale
from tests.mappings.world import BEGIN, NOW, UNITS, a_person


def days(number: int) -> timedelta:
    return timedelta(days=number)


@pytest.fixture
def conn(engine: Engine) -> Any:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        import_roster(conn, [a_person("ก"), a_person("ข")], BEGIN, "test")
        conn.execute(delete(stale_person))
        yield conn


def uuid_of(conn: Connection, given: str = "ก") -> str:
    uuid: str = conn.execute(select(person.c.uuid).where(person.c.given_name == given)).scalar_one()
    return uuid


def to_t(conn: Connection, first: int = 0, last: int | None = None) -> int:
    until = None if last is None else DAY + days(last)
    return assign(conn, uuid_of(conn), "T", "คำสั่งที่ 5/2569", DAY + days(first), until, NOW, "test")


def test_an_assignment_counts_on_its_days_and_the_post_on_all_others(conn: Connection) -> None:
    to_t(conn, 5, 8)
    told = {number: groups(conn, DAY + days(number))["ก"] for number in (0, 4, 5, 8, 9)}
    assert told == {0: "S", 4: "S", 5: "T", 8: "T", 9: "S"}
    assert groups(conn, DAY + days(5))["ข"] == "S"
    assert stale(conn) == {"ก"}
    (row,) = conn.execute(select(group_assignment).where(group_assignment.c.basis == "assignment"))
    assert (row.reference, row.recorded_by) == ("คำสั่งที่ 5/2569", "test")


def test_an_assignment_is_ended_on_a_day(conn: Connection) -> None:
    number = to_t(conn, -10)
    assert groups(conn)["ก"] == "T"
    stale(conn)
    end_assignment(conn, uuid_of(conn), number, DAY - days(1), classifier(conn), NOW, "test")
    assert groups(conn, DAY - days(1))["ก"] == "T"
    assert groups(conn)["ก"] == "S"
    assert stale(conn) == {"ก"}


def test_what_is_ended_before_its_first_day_was_never_in_force(conn: Connection) -> None:
    number = to_t(conn)
    end_assignment(conn, uuid_of(conn), number, DAY - days(1), classifier(conn), NOW, "test")
    assert groups(conn)["ก"] == "S"
    assert to_t(conn, -3) != number


def test_the_post_of_the_day_counts_after_an_assignment(conn: Connection) -> None:
    """A roster that came while it held leaves the assignment, and the new post counts once it has ended."""
    number = to_t(conn)
    later = NOW + days(3)
    import_roster(conn, [a_person("ก", position="ศึกษานิเทศก์")], later, "test")
    assert groups(conn, DAY + days(3))["ก"] == "T"
    end_assignment(conn, uuid_of(conn), number, DAY + days(3), classifier(conn), NOW + days(4), "test")
    assert groups(conn, DAY + days(3))["ก"] == "T"
    assert groups(conn, DAY + days(4))["ก"] == "A"


def test_an_assignment_that_goes_on_ends_where_the_next_begins(conn: Connection) -> None:
    to_t(conn)
    assign(conn, uuid_of(conn), "A", "คำสั่งที่ 6/2569", DAY + days(2), None, NOW, "test")
    assert [groups(conn, DAY + days(number))["ก"] for number in (0, 1, 2)] == ["T", "T", "A"]


def test_days_that_another_assignment_holds_on_are_refused(conn: Connection) -> None:
    to_t(conn, 5, 8)
    for first, last in ((4, None), (8, 9), (0, 5), (6, 7), (-5, 20)):
        with pytest.raises(AssignmentOverlaps, match="end that one first"):
            to_t(conn, first, last)
    to_t(conn, 9)
    to_t(conn, 0, 4)


def test_wrong_days_persons_and_ids_are_refused(conn: Connection) -> None:
    with pytest.raises(MappingError, match="lies before its first"):
        to_t(conn, 2, 1)
    with pytest.raises(MappingError, match="person nobody: there is none"):
        assign(conn, "nobody", "T", "x", DAY, None, NOW, "test")
    number = to_t(conn)
    with pytest.raises(MappingError, match="has no such assignment"):
        end_assignment(conn, uuid_of(conn, "ข"), number, DAY, classifier(conn), NOW, "test")
    by_post = conn.execute(select(group_assignment.c.id).where(group_assignment.c.basis == "position"))
    with pytest.raises(MappingError, match="has no such assignment"):
        end_assignment(conn, uuid_of(conn), by_post.scalars().all()[0], DAY, classifier(conn), NOW, "test")


def test_assignments_are_logged(conn: Connection) -> None:
    conn.execute(delete(change_log))
    number = to_t(conn)
    end_assignment(conn, uuid_of(conn), number, DAY, classifier(conn), NOW, "test")
    rows = conn.execute(select(change_log).order_by(change_log.c.id))
    assert [(row.action, row.subject_id, row.detail) for row in rows] == [
        ("assign", uuid_of(conn), "group"),
        ("end assignment", uuid_of(conn), "group"),
    ]
