"""`thaksa rebuild --engine duckdb` on the recorded Moodle site and the sample's people."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, insert, select

from connector.imports.roster import read_roster
from connector.imports.units import read_units
from mappings import shipped
from mappings.load import load_shipped
from mappings.people import import_roster, import_units, link_accounts
from mappings.progress import KEPT, rebuild
from mappings.tables import competency_state, learning_event, stale_person
from tests.connector.conftest import HASH_KEYS
from tests.connector.syncing import NOW
from tests.connector.test_sync_snapshots import sync_site
from tests.system.demo import thaksa


@pytest.fixture
def site(engine: Engine) -> Engine:
    with engine.begin() as conn:
        load_shipped(conn, NOW, "test")
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, NOW, "test")
        import_roster(conn, read_roster(shipped.path(shipped.SAMPLE_ROSTER), HASH_KEYS).rows, NOW, "test")
    sync_site(engine, 1)
    sync_site(engine, 2)
    with engine.begin() as conn:
        link_accounts(conn, NOW, "test")
    return engine


def kept(engine: Engine) -> dict[str, list[Any]]:
    with engine.begin() as conn:
        return {
            table.name: sorted((tuple(row) for row in conn.execute(select(table))), key=lambda row: row[:2])
            for table in KEPT
        }


def test_duckdb_keeps_what_the_database_keeps(site: Engine, database_url: str, tmp_path: Path) -> None:
    with site.begin() as conn:
        learners = rebuild(conn, NOW)
    expected = kept(site)
    with site.begin() as conn:
        complete = select(func.count()).where(competency_state.c.state == 2)
        assert conn.execute(complete).scalar_one() > 50
        for table in KEPT:
            conn.execute(delete(table))
        conn.execute(insert(stale_person).values(person_id=1))
    data = tmp_path / "data"
    done = thaksa("rebuild", "--engine", "duckdb", data=data, THAKSA_DATABASE_URL=database_url)
    assert (done.returncode, done.stdout) == (0, f"{learners} learners recomputed.\n"), done.stderr
    assert kept(site) == expected
    assert not (data / "archive").exists()
    with site.begin() as conn:
        assert conn.execute(select(stale_person)).all() == []


def test_a_rebuild_mends_what_is_kept_and_nothing_else(site: Engine) -> None:
    with site.begin() as conn:
        rebuild(conn, NOW)
    expected = kept(site)
    states = competency_state.c
    with site.begin() as conn:
        first, second, *_ = conn.execute(
            select(states.person_id).where(states.state == 2).distinct()
        ).scalars()
        conn.execute(delete(competency_state).where(states.person_id == first))
        conn.execute(competency_state.update().where(states.person_id == second).values(level=4))
        conn.execute(insert(competency_state).values(person_id=first + 10_000, competency_id=1, state=1))
        conn.execute(delete(learning_event))
    written: list[int] = []

    def note(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("delete from competency_state", "insert into competency_state")):
            written.append(cursor.rowcount)

    event.listen(site, "after_cursor_execute", note)
    for _ in range(2):
        with site.begin() as conn:
            rebuild(conn, NOW)
        assert kept(site) == expected
    event.remove(site, "after_cursor_execute", note)
    lost, wrong = (
        len([row for row in expected["competency_state"] if row[0] == one]) for one in (first, second)
    )
    # Deleted and inserted: of the mending, and of another rebuild.
    assert written == [wrong + 1, lost + wrong, 0, 0]
