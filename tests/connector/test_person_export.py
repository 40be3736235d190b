"""All that is held about a person comes out, as one document; and of nobody else."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, Table, insert, select
from typer.testing import CliRunner

from connector.cli import app
from connector.person_export import write_export
from connector.tables import enrolment, platform
from connector.tables_imports import claim, import_file, import_row
from connector.upgrade import upgrade
from lrs.clock import to_iso, to_micros
from lrs.database import connect
from lrs.document import Document, Place
from lrs.documents import owners, save
from lrs.statement import actor_of
from lrs.tables import metadata
from mappings.errors import MappingError
from mappings.export import HIDDEN, WORKING, references
from mappings.people import AccountSeen, link_accounts, observe_accounts
from mappings.tables import account, account_link, change_log, identifier, person, staged_person
from tests.mappings.world import BEGIN, HOME, NOW, people_with_accounts, send, void

HERS = {"account": {"homePage": HOME, "name": "3"}}


@pytest.fixture
def uuid(engine: Engine) -> str:
    """Of a person about whom every part of the database says something."""
    with engine.begin() as conn:
        ids = people_with_accounts(conn, {"3": "สมหญิง", "4": "สมชาย"})
        hers = ids["สมหญิง"]
        other = AccountSeen(HOME, "33", "สมหญิง", None, "s@x.example", "somying")
        observe_accounts(conn, [other], BEGIN)
        number = conn.execute(select(account.c.id).where(account.c.name == "33")).scalar_one()
        link = {"account_id": number, "person_id": hers, "method": "decision", "linked_at": 1}
        conn.execute(insert(account_link).values(**link, recorded_by="test"))
        for row in ({"kind": "email", "value": "a@x.example"}, {"kind": "roster", "value": "R-1"}):
            conn.execute(insert(identifier).values(person_id=hers, recorded_at=1, recorded_by="t", **row))
        send(conn, "3", 2)
        void(conn, send(conn, "3", 3), stored=BEGIN)
        send(conn, "33", 4)
        send(conn, "4", 2)
        _files(conn, hers)
        _syncs(conn)
        place = Place("agent", None, actor_of(HERS), None, "p")
        made = Document(b'{"n": 1}', "application/json", "tag", to_micros(BEGIN))
        save(conn, place, owners(conn, place), made)
        return str(conn.execute(select(person.c.uuid).where(person.c.id == hers)).scalar_one())


def _files(conn: Any, person_id: int) -> None:
    file = {"uuid": "f", "kind": "claims", "name": "ใบประกาศ.xlsx", "digest": "0", "coverage": "part"}
    values = {**file, "state": "applied", "staged_at": 1, "staged_by": "test"}
    import_id = conn.execute(insert(import_file).values(values).returning(import_file.c.id)).scalar_one()
    row = {"import_id": import_id, "row": 2, "person_id": person_id}
    conn.execute(insert(import_row).values(**row, payload='{"code": "C-1"}', state="applied"))
    conn.execute(insert(claim).values(**row, uuid="c", code="C-1", state="claimed", claimed_at=1))
    log = {"at": 1, "by": "test", "action": "reject", "subject": "claim", "subject_id": "c"}
    conn.execute(insert(change_log).values(**log, detail="อ่านไม่ออก"))


def _syncs(conn: Any) -> None:
    site = {"name": "moodle", "kind": "moodle", "home_page": HOME}
    number = conn.execute(insert(platform).values(site).returning(platform.c.id)).scalar_one()
    for name in ("3", "4"):
        said = {"platform_id": number, "course_id": "2", "account_name": name, "state": "enrolled"}
        conn.execute(insert(enrolment).values(**said, first_seen_at=1))


def export(engine: Engine, uuid: str) -> dict[str, Any]:
    pieces: list[bytes] = []
    with engine.begin() as conn:
        write_export(conn, uuid, NOW, pieces.append)
    document: dict[str, Any] = json.loads(b"".join(pieces))
    return document


def test_the_document_holds_the_person_and_nobody_else(engine: Engine, uuid: str) -> None:
    found = export(engine, uuid)
    assert found["about"] == {"format": 1, "person": uuid, "exported_at": to_iso(NOW)}
    counts = {name: len(entries) for name, entries in found.items() if name != "about" and entries}
    assert counts | {"change_log": 0, "competency_state": 0} == {
        "person": 1, "account": 2, "account_link": 2, "membership": 1, "group_assignment": 1, "identifier": 2,
        "import_row": 1, "claim": 1, "enrolment": 1, "statements": 3, "documents": 1,
        "change_log": 0, "competency_state": 0,
    }  # fmt: skip
    assert "สมชาย" not in json.dumps(found, ensure_ascii=False)


def test_entries_say_what_they_mean(engine: Engine, uuid: str) -> None:
    found = export(engine, uuid)
    (her,), (post,) = found["person"], found["membership"]
    assert (her["given_name"], her["id_hmac"], her["id_last4"]) == ("สมหญิง", HIDDEN, "1234")
    assert her["recorded_at"].startswith("2026-03-01T03:00:00")
    assert (post["unit"], post["valid_from"]) == (["s1", "โรงเรียนหนึ่ง"], "2026-03-01")
    assert [one["voided_at"] is None for one in found["statements"]] == [True, False, True]
    assert found["statements"][0]["statement"]["actor"]["account"]["name"] == "3"
    assert found["documents"][0] | {"updated": ""} == {
        "kind": "agent", "activity": None, "registration": "", "name": "p", "encoding": "text",
        "content_type": "application/json", "updated": "", "content": '{"n": 1}',
    }  # fmt: skip
    assert "อ่านไม่ออก" in [one["detail"] for one in found["change_log"]]
    assert "hash of" not in json.dumps(found, ensure_ascii=False)


def test_every_column_of_every_table_about_people_comes_out(engine: Engine, uuid: str) -> None:
    """A table that refers to a person or an account cannot be forgotten, and no column of it."""
    about = {table for table in metadata.sorted_tables if _refers(table)} | {person, account}
    assert about - set(references()) == {one for one in about if one.name in WORKING}
    found = export(engine, uuid)
    for table in about - {one for one in about if one.name in WORKING}:
        for entry in found[table.name]:
            assert entry.keys() >= {column.name for column in table.c}, table.name


def _refers(table: Table) -> bool:
    targets = {key.column.table for key in table.foreign_keys}
    return bool(targets & {person, account}) or any(name in table.c for name in ("person_id", "account_id"))


def test_a_roster_that_waits_is_part_of_it(engine: Engine, uuid: str) -> None:
    with engine.begin() as conn:
        hers = conn.execute(select(person.c.id).where(person.c.uuid == uuid)).scalar_one()
        blank = {one.name: "" for one in staged_person.c if not one.nullable and one.server_default is None}
        row = {**blank, "import_id": 1, "row": 9, "given_name": "สมหญิง", "person_id": hers, "uuid": "u"}
        conn.execute(insert(staged_person).values(**row))
    assert [one["given_name"] for one in export(engine, uuid)["staged_person"]] == ["สมหญิง"]


def test_after_a_merge_both_come_out(engine: Engine, uuid: str) -> None:
    with engine.begin() as conn:
        ids = {row.given_name: row.id for row in conn.execute(select(person))}
        merge = metadata.tables["person_merge"]
        pair = {"from_id": ids["สมชาย"], "into_id": ids["สมหญิง"]}
        conn.execute(insert(merge).values(**pair, reason="ซ้ำ", recorded_at=1, recorded_by="test"))
    assert {one["given_name"] for one in export(engine, uuid)["person"]} == {"สมหญิง", "สมชาย"}


def test_nobody_has_the_id(engine: Engine) -> None:
    written: list[bytes] = []
    with engine.begin() as conn, pytest.raises(MappingError, match="no person has the id"):
        write_export(conn, "nobody", NOW, written.append)
    assert written == []


def test_the_command_writes_a_private_file(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'thaksa.db'}")
    upgrade(engine, BEGIN)
    with engine.begin() as conn:
        people_with_accounts(conn, {"3": "สมหญิง"})
        uuid = conn.execute(select(person.c.uuid)).scalar_one()
        link_accounts(conn, BEGIN, "test")
    engine.dispose()
    out = tmp_path / "copy.json"
    options = ["--out", str(out), "--data", str(tmp_path)]
    result = CliRunner().invoke(app, ["person", "export", uuid, *options])
    assert result.exit_code == 0, result.output
    assert out.stat().st_mode & 0o777 == 0o600
    assert json.loads(out.read_text())["person"][0]["uuid"] == uuid
    printed = CliRunner().invoke(app, ["person", "export", uuid, "--data", str(tmp_path)])
    assert json.loads(printed.stdout)["person"] == json.loads(out.read_text())["person"]


def test_the_command_erases_after_a_look(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'thaksa.db'}")
    upgrade(engine, BEGIN)
    with engine.begin() as conn:
        people_with_accounts(conn, {"3": "สมหญิง"})
        uuid = conn.execute(select(person.c.uuid)).scalar_one()

    def run(*options: str, answer: str = "") -> Any:
        arguments = ["person", "erase", uuid, *options, "--data", str(tmp_path)]
        return CliRunner().invoke(app, arguments, input=answer)

    def names() -> list[str]:
        with engine.begin() as conn:
            return list(conn.execute(select(person.c.given_name)).scalars())

    looked = run("--dry-run")
    assert (looked.exit_code, "would change" in looked.output, names()) == (0, True, ["สมหญิง"])
    refused = run(answer="n\n")
    assert (refused.exit_code, names()) == (1, ["สมหญิง"])
    done = run("--yes")
    assert (done.exit_code, "Erased." in done.output, names()) == (0, True, [""])
    assert "Nothing is left to erase." in run("--dry-run").output
    engine.dispose()
