"""Published tables with known figures, some of them hidden."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, insert, select

from connector.report.published_tables import OFFICE_COMPETENCY, Key, Numbers
from connector.report.queries.published import write_publication
from connector.tables_published import publication, published_count
from lrs.clock import to_micros
from mappings.load import load_shipped
from mappings.people import import_units
from mappings.tables import closing, framework, unit
from tests.mappings.world import BEGIN, NOW
from tests.report.conftest import UNITS

APRIL, MAY = date(2026, 4, 30), date(2026, 5, 31)
THRESHOLD = 5
HIDDEN = Numbers()
Figures = dict[tuple[str, str], Numbers]

FIGURES: Figures = {
    ("area-1", "D1.1"): Numbers(persons=40, complete=30, in_progress=6),
    ("area-1", "D1.2"): Numbers(persons=40, complete=None, in_progress=7),
    ("area-2", "D1.1"): HIDDEN,
    ("area-2", ""): Numbers(persons=9, complete=None),
    ("", "D1.1"): Numbers(persons=60, complete=41),
}


def organise(engine: Engine) -> None:
    """The offices, and the framework."""
    with engine.begin() as conn:
        load_shipped(conn, BEGIN, "test")
        if conn.execute(select(unit.c.id)).first() is None:
            import_units(conn, UNITS, BEGIN, "test")


def publish_table(engine: Engine, day: date, figures: Figures, now: datetime = NOW) -> None:
    """Publish a month-end with these figures; one that was published before is withdrawn."""
    with engine.begin() as conn:
        _withdraw(conn, day)
        times = {"as_of_day": day, "known_at": to_micros(now - timedelta(minutes=1)), "evidence_seq": 0}
        chosen = conn.execute(select(framework.c.id)).scalars().first()
        added = insert(closing).values(**times, framework_id=chosen).returning(closing)
        row = conn.execute(added).one()
        cells = {Key(OFFICE_COMPETENCY, office, item): one for (office, item), one in figures.items()}
        write_publication(conn, row, THRESHOLD, to_micros(now), cells)


def _withdraw(conn: Connection, day: date) -> None:
    this = select(publication.c.id).where(publication.c.as_of_day == day)
    conn.execute(delete(published_count).where(published_count.c.publication_id.in_(this)))
    conn.execute(delete(publication).where(publication.c.as_of_day == day))
