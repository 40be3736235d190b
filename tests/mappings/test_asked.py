"""Progress at another pair of times, on a connection that also computes the progress that is kept."""

from datetime import timedelta

from sqlalchemy import Connection, Engine, func, select

from lrs.clock import to_micros
from mappings.asked import Progress
from mappings.days import bangkok_day
from mappings.progress import refresh
from mappings.tables import parameter, person
from tests.mappings.world import BEGIN, NOW, minutes, people_with_accounts, send


def test_what_was_prepared_for_refreshes_means_their_tables_alone(engine: Engine) -> None:
    with engine.connect() as conn:
        people_with_accounts(conn, {"11": "สมชาย"})
        send(conn, "11", 2)
        conn.commit()
        # The driver forgets what it has prepared when a table is dropped, but not twice by the same words.
        assert [complete(conn), complete(conn)] == [1, 1]
        for again in range(8):
            send(conn, "11", 3)
            refresh(conn, NOW + minutes(again))
            conn.commit()
        assert complete(conn) == 2
        assert conn.execute(select(func.count()).select_from(parameter)).scalar_one() == 0


def complete(conn: Connection) -> int:
    """How many states are, the day after the world begins; as a page asks, in a transaction of its own."""
    everybody = select(person.c.id.label("person_id"))
    asked = Progress(conn, bangkok_day(BEGIN + timedelta(days=1)), to_micros(NOW), everybody)
    done = select(func.count()).select_from(asked.states).where(asked.states.c.state == 2)
    found: int = conn.execute(done).scalar_one()
    conn.commit()
    return found
