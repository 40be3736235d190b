"""`thaksa rebuild --engine duckdb` on the recorded Moodle site and the sample's people."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, event, func, insert, select

from connector.imports.roster import read_roster
from connector.imports.units import read_units
from mappings import shares, shipped
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


@pytest.mark.parametrize("together", [False, True], ids=["alone", "together"])
def test_a_rebuild_mends_what_is_kept_and_nothing_else(
    site: Engine, monkeypatch: pytest.MonkeyPatch, together: bool
) -> None:
    monkeypatch.setattr(shares, "_TOGETHER", 1)
    expected = rebuilt(site)
    wrong = spoilt(site)
    told: list[tuple[str, int, int]] = []
    gone: list[int] = []

    def note(_conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("delete from competency_state"):
            gone.append(cursor.rowcount)

    event.listen(site, "after_cursor_execute", note)
    for _ in range(2):
        with site.begin() as conn:
            rebuild(conn, NOW, told=lambda *step: told.append(step), beside=site if together else None)
        assert kept(site) == expected
    event.remove(site, "after_cursor_execute", note)
    # What is right already is not written anew: as nothing of it goes, nothing of it can come.
    assert gone == [wrong + 1, 0]
    shared = together and site.dialect.name == "postgresql"
    assert ("compared", 8, 8) in told if shared else ("compared and written", 2, 2) in told


def test_what_ends_one_share_of_a_rebuild_ends_it_and_leaves_all_as_it_was(site: Engine) -> None:
    rebuilt(site)
    spoilt(site)
    before, open_before = kept(site), site.pool.checkedout()  # type: ignore[attr-defined]

    def broken(stage: str, done: int, _total: int) -> None:
        if stage.startswith("compared") and done:
            raise RuntimeError(f"broken while {stage}")

    with pytest.raises(RuntimeError, match="broken while compared"), site.begin() as conn:
        rebuild(conn, NOW, told=broken, beside=site)
    assert kept(site) == before
    assert site.pool.checkedout() == open_before  # type: ignore[attr-defined]


def rebuilt(site: Engine) -> dict[str, list[Any]]:
    with site.begin() as conn:
        rebuild(conn, NOW)
    return kept(site)


def spoilt(site: Engine) -> int:
    """Some of what is kept is lost, some is wrong, and one state is nobody's; how many states are wrong."""
    states = competency_state.c
    with site.begin() as conn:
        complete = select(states.person_id).where(states.state == 2).distinct().order_by(states.person_id)
        first, second, *_ = conn.execute(complete).scalars()
        conn.execute(delete(competency_state).where(states.person_id == first))
        wrong = conn.execute(competency_state.update().where(states.person_id == second).values(level=4))
        conn.execute(insert(competency_state).values(person_id=first + 10_000, competency_id=1, state=1))
        conn.execute(delete(learning_event))
    return wrong.rowcount
