"""Somebody of the recorded site is erased: neither its next syncs nor the roster's file bring them back."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

from connector.imports import read_units
from connector.imports.import_files import Brought
from connector.imports.roster_import import apply_roster, roster_terms, stage_roster
from connector.person_erasure import erase
from connector.platforms.moodle.replay import Replay
from connector.runs import Chosen, preview_platform, sync_platform
from connector.settings import FILE, Settings, load, write_secret
from connector.tables_imports import import_refusal
from connector.upgrade import upgrade
from lrs.reading import count
from lrs.tables import metadata
from mappings import shipped
from mappings.people import import_units
from mappings.tables import account, account_link, competency_state, person
from tests.connector.conftest import RECORDING, TOKEN
from tests.connector.syncing import NOW

LATER = NOW + timedelta(days=2)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    with Replay(RECORDING, TOKEN) as replay:
        (tmp_path / FILE).write_text(
            f'database_url = "{database_url}"\n[platforms.moodle]\nkind = "moodle"\nurl = "{replay.url}"\n',
            encoding="utf-8",
        )
        write_secret(tmp_path / "secrets" / "moodle.token", TOKEN)
        yield load({}, data=tmp_path)


@pytest.fixture
def uuid(settings: Settings, engine: Engine) -> str:
    """Of somebody with completions, once the sample's people are on the roster and the site is synced."""
    upgrade(engine, NOW)
    with engine.begin() as conn:
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, NOW, "test")
    roster(settings, engine)
    sync_platform(settings, engine, "moodle", lambda: NOW)
    learnt = select(person.c.uuid).join(competency_state, competency_state.c.person_id == person.c.id)
    with engine.begin() as conn:
        return str(conn.execute(learnt.where(competency_state.c.state == 2).limit(1)).scalar_one())


def roster(settings: Settings, engine: Engine) -> list[str]:
    """The sample's roster as the whole list of its units; why rows were refused."""
    with engine.begin() as conn:
        terms = roster_terms(settings, conn)
    brought = Brought("roster", shipped.path(shipped.SAMPLE_ROSTER), "test", coverage="full")
    import_id = stage_roster(engine, brought, terms, NOW)
    with engine.begin() as conn:
        apply_roster(conn, import_id, NOW, "test")
        refused = select(import_refusal.c.reason).where(import_refusal.c.import_id == import_id)
        return list(conn.execute(refused).scalars())


def numbers(engine: Engine) -> tuple[int, ...]:
    """Persons, accounts, open links, statements, completed items."""
    with engine.begin() as conn:
        tables = [select(func.count()).select_from(table) for table in (person, account)]
        links = select(func.count()).select_from(account_link).where(account_link.c.unlinked_at.is_(None))
        complete = select(func.count()).select_from(competency_state).where(competency_state.c.state == 2)
        return (
            *(conn.execute(query).scalar_one() for query in (*tables, links)),
            count(conn),
            conn.execute(complete).scalar_one(),
        )


def names(engine: Engine, uuid: str) -> tuple[str, str]:
    with engine.begin() as conn:
        columns = (person.c.given_name, person.c.family_name)
        given, family = conn.execute(select(*columns).where(person.c.uuid == uuid)).one()
    return given, family


def everything(engine: Engine) -> str:
    with engine.begin() as conn:
        rows = [tuple(row) for table in metadata.sorted_tables for row in conn.execute(select(table))]
    return "\n".join(map(str, rows))


def test_syncs_and_rosters_leave_the_erased_alone(settings: Settings, engine: Engine, uuid: str) -> None:
    before, name = numbers(engine), " ".join(names(engine, uuid))
    given, family = names(engine, uuid)
    erase(settings, engine, uuid, NOW, "test")
    assert numbers(engine) == before
    seen = preview_platform(settings, engine, "moodle", lambda: LATER, chosen=Chosen(full=True))
    assert (sum(seen.write.values()), sum(seen.replace.values()), sum(seen.take_back.values())) == (0, 0, 0)
    report = sync_platform(settings, engine, "moodle", lambda: LATER, chosen=Chosen(full=True))
    assert (report.written, report.voided) == (0, 0)
    assert numbers(engine) == before
    assert roster(settings, engine) == ["this person was erased on request: leave the row out"]
    assert numbers(engine) == before
    assert names(engine, uuid) == ("", "")
    text = everything(engine)
    assert [one for one in (name, f"{given}', '{family}", f'"{given}","{family}"') if one in text] == []
