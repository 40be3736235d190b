"""What is published of month-ends: once, with small counts hidden, for the whole organisation alone."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from connector.report.errors import NotFound
from connector.report.published import publish_months, read_published
from lrs.database import read_only
from mappings import vocabulary
from mappings.closings import close_months
from mappings.load import load_shipped
from mappings.people import AccountSeen, import_roster, import_units, link_accounts, observe_accounts
from mappings.progress import rebuild
from mappings.stored_views import create_views
from tests.kept import bring
from tests.mappings.world import BEGIN, HOME, NOW, a_person, send
from tests.report.conftest import DL101, UNITS

MAY = date(2026, 5, 31)
LATER = NOW + timedelta(hours=1)
SIZES = {1: 12, 2: 20, 3: 16}


@pytest.fixture
def country(engine: Engine) -> Engine:
    """Two offices: 20 of 32 people and 7 of 16 have finished a course; in the second two are executives."""
    bring(engine, _country)
    return engine


def _country(engine: Engine) -> None:
    with engine.begin() as conn:
        create_views(conn)
        load_shipped(conn, BEGIN, "test")
        import_units(conn, UNITS, BEGIN, "test")
        names = [(f"คน{school}-{n}", school, n) for school, size in SIZES.items() for n in range(size)]
        rows = [
            a_person(
                name,
                family_name="ใจดี",
                group="M" if (school, n) in ((3, 0), (3, 1)) else "S",
                unit_code=f"010000000{school}",
                position="ครู",
            )
            for name, school, n in names
        ]
        import_roster(conn, rows, BEGIN, "test")
        seen = [AccountSeen(HOME, name, name, f"hash of {name}") for name, _, _ in names]
        observe_accounts(conn, seen, BEGIN)
        link_accounts(conn, BEGIN, "test")
        for name, school, n in names:
            if n % 16 < (7 if school == 3 else 10):
                send(conn, name, DL101, verb=vocabulary.COMPLETED)
        rebuild(conn, NOW)
    close_months(engine, [date(2026, 4, 30), MAY], NOW)


def cells(engine: Engine, table: str) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    with read_only(engine).connect() as conn:
        found = read_published(conn, table, MAY)
    return {(one.row, one.column): (one.persons, one.complete) for one in found.cells}


def test_tables_of_a_month_end(country: Engine) -> None:
    assert publish_months(country, 5, LATER) == [date(2026, 4, 30), MAY]
    assert publish_months(country, 5, LATER) == []
    offices = cells(country, "office-competency")
    shown = {key: complete for key, (_, complete) in offices.items() if complete is not None}
    assert shown == {("area-1", "D1.1"): 24, ("area-2", "D1.1"): 7}
    assert cells(country, "months")[MAY.isoformat(), "D1.1"][1] == 31
    # Two executives, and the others with them: what two of 48 have done follows from nothing.
    assert {one for one, _ in cells(country, "competency-group")} == {"A", "M", "S", "T"}
    groups = cells(country, "competency-group")
    assert (groups["M", "D1.1"], groups["S", "D1.1"]) == ((None, None), (None, None))


def test_what_is_published_stays(country: Engine) -> None:
    publish_months(country, 5, LATER)
    before = cells(country, "office-competency")
    with country.begin() as conn:
        late = datetime.combine(MAY, BEGIN.time(), BEGIN.tzinfo)
        send(conn, "คน1-15", DL101, at=late, stored=LATER)
    assert MAY in close_months(country, None, LATER + timedelta(hours=1))
    assert publish_months(country, 5, LATER + timedelta(hours=2)) == []
    assert cells(country, "office-competency") == before
    with read_only(country).connect() as conn, pytest.raises(NotFound):
        read_published(conn, "office-competency", date(2026, 3, 31))
