"""`thaksa backup` and `restore`: every table, on the other kind of database too, and back."""

import json
import shutil
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from threading import Event, Thread
from typing import Any
from zipfile import ZipFile

import pytest
from sqlalchemy import Column, Connection, Engine, Table, func, insert, select, text
from sqlalchemy.types import Boolean, Date, Float, Integer, LargeBinary, String
from starlette.testclient import TestClient

from connector.app import create_app
from connector.cli_backup import fingerprint
from connector.operations.backup import write_backup
from connector.operations.backup_file import MANIFEST, BackupError, tables_of
from connector.operations.readiness import newest_revision
from connector.operations.restore import read_backup
from connector.settings import Settings
from lrs.clock import utc_now
from lrs.credentials import create_credential
from lrs.database import connect
from lrs.tables import stale_agent, statement
from mappings.stale import mark_persons
from mappings.tables import person, stale_person
from tests.conftest import postgres_clone
from tests.lrs.mixed import attachment, body, headers, part
from tests.lrs.statements import simple
from tests.report.conftest import World, world
from tests.system.demo import thaksa

__all__ = ["world"]

XAPI = {"X-Experience-API-Version": "1.0.3"}


def silent(_stage: str, _done: int, _total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def postgres_empty(postgres_url: str) -> Iterator[str]:
    """A database on the server with nothing in it."""
    yield from postgres_clone(postgres_url, template="template1")


def fill(conn: Connection) -> None:
    """A row in every table that has none."""
    for table in tables_of(conn):
        if not conn.scalar(select(func.count()).select_from(table)):
            conn.execute(insert(table).values({one.name: made_up(conn, one) for one in table.columns}))


def made_up(conn: Connection, column: Column[Any]) -> Any:
    for reference in column.foreign_keys:
        return conn.scalar(select(func.min(reference.column)))
    if isinstance(column.type, Date):
        return date(2026, 10, 31)
    if isinstance(column.type, LargeBinary):
        return bytes(range(256))[: column.type.length]
    if isinstance(column.type, Boolean):
        return True
    if isinstance(column.type, Float):
        return 0.1 + 0.2
    if isinstance(column.type, Integer):
        return 1
    assert isinstance(column.type, String)
    return 'ก"\\\n\t\u2028😀'[: column.type.length]


def content(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as conn:
        return {table.name: rows_of(conn, table) for table in tables_of(conn)}


def rows_of(conn: Connection, table: Table) -> list[tuple[Any, ...]]:
    named = sorted(table.columns, key=lambda one: str(one.name))
    found = [tuple(row) for row in conn.execute(select(*named))]
    return sorted(found, key=repr)


def settings_of(engine: Engine, folder: Path) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    return Settings(data=folder, database_url=url, access="open")


def xapi(engine: Engine, folder: Path, key: tuple[str, str]) -> list[bytes]:
    """What the record store answers, to the octet."""
    with TestClient(create_app(settings_of(engine, folder))) as client:
        asked = ("?limit=3", "?format=canonical", "?attachments=true&limit=1", "?ascending=true")
        answers = [client.get(f"/xapi/statements{one}", auth=key, headers=XAPI) for one in asked]
        assert {one.status_code for one in answers} == {200}
        return [_with_one_boundary(one.content) for one in answers]


def _with_one_boundary(answer: bytes) -> bytes:
    """Between parts each answer has a line of its own."""
    line = answer.partition(b"\r\n")[0]
    return answer.replace(line, b"--") if line.startswith(b"--") else answer


def test_there_and_back(world: World, tmp_path: Path, postgres_empty: str) -> None:
    source = world.engine
    there = f"sqlite:///{tmp_path / 'there.db'}" if source.dialect.name == "postgresql" else postgres_empty
    back = postgres_empty if source.dialect.name == "postgresql" else f"sqlite:///{tmp_path / 'back.db'}"
    folders = [tmp_path / name for name in ("one", "two", "three")]
    settings = settings_of(source, folders[0])
    with source.begin() as conn:
        key = create_credential(
            conn, hash_key=settings.secret("credentials"), name="one", scopes=["all"], now=utc_now()
        )
        mark_persons(conn, [1, 2, 3])
        last = conn.scalar(select(func.max(stale_person.c.serial)))
        conn.execute(stale_person.delete().where(stale_person.c.serial == last))
        fill(conn)
    send_with_attachment(source, folders[0], key)
    before, engines = content(source), [source]
    assert all(before.values())
    for number, url in enumerate((there, back)):
        file, engine = tmp_path / f"{number}.zip", connect(url)
        made = write_backup(
            engines[-1], folders[number] / "attachments", fingerprint(settings), file, utc_now(), silent
        )
        assert made.attachments == 1
        read_backup(engine, folders[number + 1] / "attachments", file, silent)
        shutil.copytree(folders[0] / "secrets", folders[number + 1] / "secrets")
        assert content(engine) == before
        engines.append(engine)
    answers = [xapi(engine, folder, key) for engine, folder in zip(engines, folders, strict=True)]
    assert answers[0] == answers[1] == answers[2]
    for engine in engines:
        with engine.begin() as conn:
            mark_persons(conn, [1])
            assert conn.scalar(select(func.max(stale_person.c.serial))) == last + 1, (
                "no number is given twice"
            )
            new = conn.execute(insert(stale_agent).values(agent_id=1)).inserted_primary_key
            assert new is not None
    for engine in engines[1:]:
        engine.dispose()


def send_with_attachment(engine: Engine, folder: Path, key: tuple[str, str]) -> None:
    octets = bytes(range(256)) * 40
    sent = body(simple("77", attachments=[attachment(octets)]), part(octets))
    with TestClient(create_app(settings_of(engine, folder))) as client:
        answer = client.post("/xapi/statements", content=sent, auth=key, headers={**headers(), **XAPI})
        assert answer.status_code == 200, answer.text


@pytest.fixture
def small(engine: Engine) -> Engine:
    """A database with statements and nothing else."""
    with engine.begin() as conn:
        conn.execute(insert(stale_agent), [{"agent_id": number} for number in range(5000)])
    return engine


def backed_up(engine: Engine, tmp_path: Path) -> Path:
    file = tmp_path / "backup.zip"
    write_backup(engine, tmp_path / "attachments", "key", file, utc_now(), silent)
    return file


def refused(tmp_path: Path, file: Path, engine: Engine | None = None) -> str:
    target = engine or connect(f"sqlite:///{tmp_path / 'target.db'}")
    with pytest.raises(BackupError) as caught:
        read_backup(target, tmp_path / "unpacked", file, silent)
    if engine is None:
        with target.connect() as conn:
            assert tables_of(conn) == [], "nothing is left behind"
        target.dispose()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_backup_is_of_one_moment_and_locks_nobody(small: Engine, tmp_path: Path) -> None:
    """Rows that are written while it runs are in none of its tables."""
    written, wait = Event(), Event()

    def write() -> None:
        wait.wait(30)
        with small.begin() as conn:
            mark_persons(conn, [1])
            conn.execute(insert(stale_agent).values(agent_id=7))
        written.set()

    def tell(_stage: str, done: int, _total: int) -> None:
        if done:
            wait.set()
            assert written.wait(30), "a writer waits for the backup"

    writer = Thread(target=write)
    writer.start()
    made = write_backup(small, tmp_path / "none", "key", tmp_path / "b.zip", utc_now(), tell)
    writer.join()
    assert (made.tables["stale_agent"].rows, made.tables["stale_person"].rows) == (5000, 0)
    assert stat.S_IMODE((tmp_path / "b.zip").stat().st_mode) == 0o600
    with pytest.raises(BackupError, match="is there already"):
        write_backup(small, tmp_path / "none", "key", tmp_path / "b.zip", utc_now(), silent)


def test_a_target_with_anything_in_it_is_refused(small: Engine, tmp_path: Path) -> None:
    file = backed_up(small, tmp_path)
    assert "not empty (table stale_agent)" in refused(tmp_path, file, small)
    (tmp_path / "unpacked" / "ab").mkdir(parents=True)
    (tmp_path / "unpacked" / "ab" / "abc").touch()
    assert "unpacked is not empty" in refused(tmp_path, file)


def changed(file: Path, name: str, content: bytes) -> None:
    """One member of the zip has another content."""
    with ZipFile(file) as old:
        members = {one: old.read(one) for one in old.namelist()}
    with ZipFile(file, "w") as new:
        for one, octets in (members | {name: content}).items():
            new.writestr(one, octets)


def test_damage_and_other_revisions_are_named(small: Engine, tmp_path: Path) -> None:
    file = backed_up(small, tmp_path)
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    assert "is damaged, or no backup" in refused(tmp_path, file)
    flipped = bytearray(whole)
    flipped[whole.index(b"stale_agent.jsonl") + 60] ^= 0xFF
    file.write_bytes(flipped)
    assert "is damaged" in refused(tmp_path, file)
    file.write_bytes(whole)
    changed(file, "tables/stale_agent.jsonl", b"[1,1]\n")
    assert "the rows of the table stale_agent are not those" in refused(tmp_path, file)
    file.write_bytes(whole)
    with ZipFile(file) as zipped:
        manifest = json.loads(zipped.read(MANIFEST))
    changed(file, MANIFEST, json.dumps({**manifest, "revision": "0001"}).encode())
    said = refused(tmp_path, file)
    assert f"is of release {manifest['release']} and revision 0001" in said
    assert "thaksa upgrade" in said
    changed(file, MANIFEST, b"{}")
    assert "manifest.json is missing or wrong" in refused(tmp_path, file)
    assert "is not there" in refused(tmp_path, tmp_path / "nothing.zip")


def test_a_database_of_another_revision_is_not_backed_up(small: Engine, tmp_path: Path) -> None:
    with small.begin() as conn:
        conn.execute(text("update alembic_version set version_num = '0001'"))
    with pytest.raises(BackupError, match="run `thaksa upgrade`"):
        backed_up(small, tmp_path)
    # The next test has the same database.
    with small.begin() as conn:
        conn.execute(text("update alembic_version set version_num = :new"), {"new": newest_revision()})
    assert not list(tmp_path.glob("backup*")), "nothing half-written is left"


def test_commands(tmp_path: Path) -> None:
    one, two, file = tmp_path / "one", tmp_path / "two", tmp_path / "b.zip"
    assert "holds no database" in thaksa("backup", str(file), data=one).stderr
    assert thaksa("upgrade", data=one).returncode == 0
    done = thaksa("backup", str(file), data=one)
    assert done.returncode == 0, done.stderr
    assert "Not in it: the folder secrets/" in done.stdout
    done = thaksa("restore", str(file), data=two)
    assert done.returncode == 0, done.stderr
    assert "is not the key of that installation" in done.stderr
    assert "thaksa.db away" in thaksa("restore", str(file), data=two).stderr
    assert thaksa("upgrade", data=two).returncode == 0
    with connect(f"sqlite:///{two / 'thaksa.db'}").connect() as conn:
        assert conn.scalar(select(func.count()).select_from(statement)) == 0
        assert conn.scalar(select(func.count()).select_from(person)) == 0
