"""The key behind national ids changes while everything runs: no link breaks, and every row follows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select
from typer.testing import CliRunner

from connector.cli import app
from connector.completion import Learner
from connector.imports import read_roster, read_units
from connector.key_file import read_keys, retire_key, rotate_key
from connector.person_erasure import erase, tombstones_of
from connector.platforms.moodle.replay import Replay
from connector.runs import Chosen, sync_platform
from connector.settings import FILE, Settings, SettingsError, load, write_secret
from connector.tables_imports import import_file
from connector.upgrade import upgrade
from connector.without_erased import WithoutErased
from mappings import shipped
from mappings.national_ids import HashKey, HashKeys, IdHash, RowsOfKey, rows_by_key
from mappings.people import (
    AccountSeen,
    PersonRow,
    import_roster,
    import_units,
    link_accounts,
    observe_accounts,
)
from mappings.roster_staging import stage_people
from mappings.tables import account, account_link, change_log, person, tombstone
from tests.connector.conftest import RECORDING, TOKEN
from tests.connector.erasing import Shows
from tests.connector.syncing import run
from tests.mappings.world import BEGIN, HOME, NOW, UNITS, a_person

ID = "1001000079196"
OLD, NEW = HashKey(b"one"), HashKey(b"two", "2")
BEFORE, BOTH = HashKeys(OLD), HashKeys(NEW, OLD)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Iterator[Settings]:
    with Replay(RECORDING, TOKEN) as replay:
        (tmp_path / FILE).write_text(
            f'database_url = "{database_url}"\n[platforms.moodle]\nkind = "moodle"\nurl = "{replay.url}"\n',
            encoding="utf-8",
        )
        write_secret(tmp_path / "secrets" / "moodle.token", TOKEN)
        yield load({}, data=tmp_path)


def key(settings: Settings, *arguments: str) -> str:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["key", *arguments, "--data", str(settings.data)])
    if isinstance(result.exception, SettingsError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def roster(settings: Settings, engine: Engine, now: datetime) -> None:
    """The sample's people, who have accounts, and one who has none."""
    keys = read_keys(settings)
    people: list[PersonRow] = list(read_roster(shipped.path(shipped.SAMPLE_ROSTER), keys).rows)
    other = fields(keys.hash("1999999999999"))
    people.append(a_person("ไม่มีบัญชี", unit_code="1050000101", row=999, **other))
    with engine.begin() as conn:
        import_roster(conn, people, now, "test")
        link_accounts(conn, now, "test")


def sync(settings: Settings, engine: Engine, now: datetime) -> None:
    sync_platform(settings, engine, "moodle", lambda: now, chosen=Chosen(full=True))


def rows(engine: Engine, table: Table, *hidden: str) -> list[tuple[Any, ...]]:
    columns = [column for column in table.c if column.name not in hidden]
    with engine.begin() as conn:
        return [tuple(row) for row in conn.execute(select(*columns).order_by(table.c.id))]


def by_key(engine: Engine) -> dict[str | None, RowsOfKey]:
    with engine.begin() as conn:
        return rows_by_key(conn)


def test_a_rotation_from_end_to_end(settings: Settings, engine: Engine) -> None:
    """Rotate, sync, import: what is linked stays linked at every step, and all rows get the new key."""
    upgrade(engine, BEGIN)
    with engine.begin() as conn:
        import_units(conn, read_units(shipped.path(shipped.SAMPLE_UNITS)).rows, BEGIN, "test")
    roster(settings, engine, BEGIN)
    sync(settings, engine, BEGIN)
    links, persons = rows(engine, account_link), rows(engine, person, "id_hmac", "id_key")
    accounts = rows(engine, account, "id_hmac", "id_key", "last_seen_at")
    first = by_key(engine)[None]
    assert len(links) > 50
    assert first.persons > 50
    assert first.accounts >= len(links)

    assert "Key 2 is made" in key(settings, "rotate", "national-id")
    sync(settings, engine, NOW)
    assert rows(engine, account_link) == links
    synced = by_key(engine)
    assert synced["2"].accounts == first.accounts
    assert synced[None] == RowsOfKey(persons=1)
    with pytest.raises(SettingsError, match="1 rows have a hash of the earlier key"):
        key(settings, "retire", "national-id")

    roster(settings, engine, NOW)
    assert rows(engine, account_link) == links
    assert rows(engine, person, "id_hmac", "id_key") == persons
    assert rows(engine, account, "id_hmac", "id_key", "last_seen_at") == accounts
    assert by_key(engine) == {"2": first}
    assert "earlier" in key(settings, "status")
    assert "Key 2 lives alone" in key(settings, "retire", "national-id")

    later = NOW + timedelta(days=2)
    sync(settings, engine, later)
    roster(settings, engine, later)
    assert (rows(engine, account_link), by_key(engine)) == (links, {"2": first})
    assert "earlier" not in key(settings, "status")


@pytest.mark.parametrize("first", ["account", "person"])
def test_an_account_of_the_new_key_and_a_person_of_the_old_are_one(engine: Engine, first: str) -> None:
    """And the other way round; whichever arrives first takes the other along."""
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        if first == "account":
            import_roster(conn, [a_person(**fields(BEFORE.hash(ID)))], BEGIN, "test")
            observe_accounts(conn, [seen(BOTH.hash(ID))], NOW)
        else:
            observe_accounts(conn, [seen(BEFORE.hash(ID))], BEGIN)
            import_roster(conn, [a_person(**fields(BOTH.hash(ID)))], NOW, "test")
        assert link_accounts(conn, NOW, "test") == 1
        stored = {conn.execute(select(table.c.id_hmac, table.c.id_key)).one() for table in (person, account)}
    assert stored == {(BOTH.hash(ID).hmac, "2")}


@pytest.mark.parametrize("by", ["roster", "sync"])
def test_one_who_was_erased_stays_erased_under_the_new_key(engine: Engine, tmp_path: Path, by: str) -> None:
    settings = load({}, data=tmp_path)
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        import_roster(conn, [a_person(**fields(BEFORE.hash(ID)))], BEGIN, "test")
        uuid = conn.execute(select(person.c.uuid)).scalar_one()
    erase(settings, engine, uuid, NOW, "test")
    if by == "sync":
        learner = Learner(HOME, "7", "ใครก็ตาม", **fields(BOTH.hash(ID)))
        run(engine, WithoutErased(Shows(learner), engine, settings.secret("tombstones")), NOW)
    with engine.begin() as conn:
        if by == "roster":
            row = a_person("ชื่อใหม่", **fields(BOTH.hash(ID)))
            stage_people(conn, 1, [row], tombstones_of(settings, conn))
        assert tombstones_of(settings, conn).has_id(HashKeys(NEW).hash(ID))
    assert by_key(engine) == {"2": RowsOfKey(erased=1)}


def test_two_persons_with_one_id_are_left_as_they_are(engine: Engine) -> None:
    """A command that began before the rotation brought the second: the hash is unique, so people decide."""
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        two = [a_person("หนึ่ง", **fields(BEFORE.hash(ID))), a_person("สอง", **fields(HashKeys(NEW).hash(ID)))]
        import_roster(conn, two, BEGIN, "test")
        observe_accounts(conn, [seen(BOTH.hash(ID))], NOW)
        held = {row.given_name: row.id_hmac for row in conn.execute(select(person))}
    assert held == {"หนึ่ง": BEFORE.hash(ID).hmac, "สอง": BOTH.hash(ID).hmac}


def seen(hashed: IdHash) -> AccountSeen:
    return AccountSeen(HOME, "7", "ใครก็ตาม", hashed.hmac, id_key=hashed.key, id_before=hashed.before)


def fields(hashed: IdHash) -> dict[str, Any]:
    return {"id_hmac": hashed.hmac, "id_key": hashed.key, "id_before": hashed.before}


def test_keys_are_kept_in_one_private_file(tmp_path: Path) -> None:
    settings = load({}, data=tmp_path)
    first = read_keys(settings)
    assert (first.before, first.current.name) == (None, None)
    both = rotate_key(settings)
    assert (both.before, both.current.name) == (first.current, "2")
    assert read_keys(settings) == both
    file = tmp_path / "secrets" / "national-id.keys"
    assert file.stat().st_mode & 0o777 == 0o600
    with pytest.raises(SettingsError, match="key 1 still lives beside key 2: retire it first"):
        rotate_key(settings)
    assert retire_key(settings) == HashKeys(both.current) == read_keys(settings)
    with pytest.raises(SettingsError, match="there is none to retire"):
        retire_key(settings)
    file.write_text("2 none\n")
    with pytest.raises(SettingsError, match=r"national-id\.keys is damaged"):
        read_keys(settings)


def test_no_rotation_while_files_wait(settings: Settings, engine: Engine) -> None:
    file = {"kind": "roster", "name": "r.csv", "digest": "0", "coverage": "part", "state": "staged"}
    with engine.begin() as conn:
        conn.execute(insert(import_file).values(uuid="u", staged_at=1, staged_by="test", **file))
    with pytest.raises(SettingsError, match="1 files wait"):
        key(settings, "rotate", "national-id")


def test_a_key_that_is_retired_by_force_leaves_no_hash_behind(settings: Settings, engine: Engine) -> None:
    """The person is known again by the roster id, and has the new key's hash then."""
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
        import_roster(conn, [a_person(roster_id="R-1", **fields(BEFORE.hash(ID)))], BEGIN, "test")
        observe_accounts(conn, [seen(BEFORE.hash(ID))], BEGIN)
        link_accounts(conn, BEGIN, "test")
        conn.execute(insert(tombstone).values(kind="national_id", hash="h", recorded_at=1, recorded_by="t"))
    key(settings, "rotate", "national-id")
    with pytest.raises(SettingsError, match="3 rows have a hash of the earlier key"):
        key(settings, "retire", "national-id")
    key(settings, "retire", "national-id", "--force")
    assert (by_key(engine), len(rows(engine, account_link))) == ({}, 1)
    with engine.begin() as conn:
        again = [a_person(roster_id="R-1", **fields(read_keys(settings).hash(ID)))]
        assert import_roster(conn, again, NOW, "test").refused == ()
    assert by_key(engine) == {"2": RowsOfKey(persons=1)}


def test_rotation_and_retirement_are_audited(settings: Settings, engine: Engine) -> None:
    key(settings, "rotate", "national-id")
    key(settings, "retire", "national-id")
    log = change_log.c
    of_keys = select(log.action, log.subject_id, log.detail, log.by).where(log.subject == "key")
    with engine.begin() as conn:
        found = [tuple(row) for row in conn.execute(of_keys.order_by(log.id))]
    assert found == [
        ("rotate", "national-id 2", "two keys live", "thaksa key"),
        ("retire", "national-id 2", "0 ids forgotten", "thaksa key"),
    ]
