"""Files of mappings against what people decided about their entries."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from mappings import shipped
from mappings.files import parse_mappings
from mappings.framework import load_yaml
from mappings.load import load_framework, load_mappings, load_shipped
from mappings.mapping_decisions import Decider, approve, end_on, withdraw
from mappings.mapping_lines import read_overruled
from mappings.tables import course, mapping
from tests.mappings.world import BEGIN, NOW

SAMPLE = shipped.text(shipped.MAPPINGS[0])
PERSON = Decider("ครูใหญ่", NOW)
LATER = NOW + timedelta(days=1)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as conn:
        load_shipped(conn, BEGIN, "test")
        yield conn


def standing(conn: Connection, code: str = "sample-dl101") -> list[tuple[int, str, str]]:
    """The versions that stand of a course's mappings: id, status, who recorded it."""
    rows = conn.execute(
        select(mapping.c.id, mapping.c.status, mapping.c.recorded_by)
        .join(course, course.c.id == mapping.c.course_id)
        .where(course.c.code == code, mapping.c.ended_at.is_(None))
    )
    return [(row.id, row.status, row.recorded_by) for row in rows]


def reload(conn: Connection, text: str) -> list[tuple[str, str]]:
    """Load the file; whose decisions it takes the place of."""
    file = parse_mappings(text, "mine.yaml")
    overruled = [(one.course_code, one.by) for one in read_overruled(conn, file)]
    load_mappings(conn, file, LATER, "test")
    return overruled


def test_an_unchanged_file_brings_back_nothing(conn: Connection) -> None:
    ((first, _, _),) = standing(conn)
    withdraw(conn, first, "ผิด", PERSON)
    assert reload(conn, SAMPLE) == []
    assert standing(conn) == []


def test_an_upgrade_takes_nothing_back_that_a_file_or_a_person_said(conn: Connection) -> None:
    """Of mappings that come with the product; the others of the file follow it as before."""
    mine = SAMPLE[: SAMPLE.index("  - id: sample-dl102")].replace("hours: 3", "hours: 5")
    load_mappings(conn, parse_mappings(mine, "mine.yaml"), NOW, "thaksa import")
    ((second, _, _),) = standing(conn, "sample-dl102")
    withdraw(conn, second, "ผิด", PERSON)
    before = conn.execute(select(mapping).order_by(mapping.c.id)).all()
    assert [by for _, _, by in standing(conn)] == ["thaksa import"]
    load_shipped(conn, LATER, "test")
    assert conn.execute(select(mapping).order_by(mapping.c.id)).all() == before


def test_a_shipped_course_leaves_the_activities_of_others_alone(engine: Engine) -> None:
    own = SAMPLE[: SAMPLE.index("  - id: sample-dl102")].replace("id: sample-dl101", "id: mine")
    with engine.begin() as conn:
        load_framework(conn, load_yaml(shipped.text(shipped.FRAMEWORK)), BEGIN, "test")
        load_mappings(conn, parse_mappings(own, "mine.yaml"), NOW, "thaksa import")
        load_shipped(conn, LATER, "test")
        assert (len(standing(conn, "mine")), standing(conn, "sample-dl101")) == (1, [])
        assert len(standing(conn, "sample-dl102")) == 1


def test_an_unchanged_file_undoes_nothing(conn: Connection) -> None:
    draft = SAMPLE.replace("status: approved", "status: draft")
    reload(conn, draft)
    ((first, _, _),) = standing(conn)
    approve(conn, first, "มติ 3", PERSON)
    (second,) = standing(conn)
    assert second[1:] == ("approved", "ครูใหญ่")
    assert reload(conn, draft) == []
    assert standing(conn) == [second]


@pytest.mark.parametrize("withdrawn", [True, False])
def test_a_changed_entry_takes_the_place_of_a_decision_and_says_whose(
    conn: Connection, withdrawn: bool
) -> None:
    ((first, _, _),) = standing(conn)
    if withdrawn:
        withdraw(conn, first, "ผิด", PERSON)
    else:
        end_on(conn, first, NOW.date(), "เลิก", PERSON)
    changed = SAMPLE.replace("hours: 3\n", "hours: 5\n", 1)
    assert reload(conn, changed) == [("sample-dl101", "ครูใหญ่")]
    ((third, status, by),) = standing(conn)
    assert (third > first, status, by) == (True, "approved", "test")
    assert reload(conn, changed) == []
    assert [one[0] for one in standing(conn)] == [third]


def test_a_file_touches_no_mapping_that_it_never_brought(conn: Connection) -> None:
    ((first, _, _),) = standing(conn, "sample-dl102")
    other = SAMPLE.replace("hours: 3\n", "hours: 5\n", 1)
    assert reload(conn, other) == []
    assert [one[0] for one in standing(conn, "sample-dl102")] == [first]
