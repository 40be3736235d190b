"""`thaksa user …` and `thaksa token …`, as an operator types them."""

import csv
import json
import re
import stat
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from connector.access.errors import AccessError
from connector.access.passwords import Passwords
from connector.access.users import password_of
from connector.cli import app
from connector.settings import Settings
from connector.upgrade import upgrade
from lrs.clock import utc_now
from lrs.database import connect
from mappings.people import import_units
from mappings.tables import change_log
from tests.report.conftest import UNITS

FILE = """name,display_name,role,unit_uid
one,คนหนึ่ง,ผู้ประสานงานเขตพื้นที่,area-1
two,คนสอง,office_coordinator,area-2
bad name,,analyst,
one,,school_coordinator,s1
three,,school_coordinator,area-1
four,,office_coordinator,nowhere
five,,king,
six,,analyst,
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in (("DATA", str(tmp_path)), ("ARGON2_MEBIBYTES", "8"), ("ARGON2_PASSES", "1")):
        monkeypatch.setenv(f"THAKSA_{name}", value)
    monkeypatch.setenv("COLUMNS", "300")
    engine = connect(Settings(data=tmp_path).database)
    upgrade(engine, utc_now())
    with engine.begin() as conn:
        import_units(conn, UNITS, utc_now(), "test")
    engine.dispose()
    return tmp_path


def run(*words: str, status: int = 0, typed: str | None = None) -> str:
    done = CliRunner().invoke(app, list(words), input=typed)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == status, done.output
    return done.output


def opens(data: Path, name: str, password: str) -> bool:
    engine = connect(Settings(data=data).database)
    with engine.connect() as conn:
        found = password_of(conn, name)
    engine.dispose()
    return Passwords(8, 1).verify(found and found[1], password)


def test_the_first_administrator(data: Path) -> None:
    made = json.loads(run("user", "create", "admin", "--json"))
    assert opens(data, "admin", made["password"])
    with pytest.raises(AccessError, match="last administrator"):
        run("user", "disable", "admin")
    with pytest.raises(AccessError, match="already"):
        run("user", "create", "ADMIN")
    again = run("user", "passwd", "admin", "--ask", typed="ห้องสมุดริมน้ำ\nห้องสมุดริมน้ำ\n")
    assert "ห้องสมุดริมน้ำ" not in again
    assert opens(data, "admin", "ห้องสมุดริมน้ำ")
    [shown] = json.loads(run("user", "list", "--json"))
    assert (shown["role"], shown["mustChange"], shown["disabled"]) == ("administrator", True, None)


def test_coordinators_by_a_file(data: Path) -> None:
    file, out = data / "users.csv", data / "passwords.csv"
    file.write_text(FILE, encoding="utf-8")
    said = json.loads(run("user", "import", str(file), "--passwords-to", str(out), "--json", status=1))
    assert (said["created"], said["changed"], said["unchanged"]) == (3, 0, 0)
    assert [(one["row"], one["column"]) for one in said["refused"]] == [
        (4, "name"),
        (5, "name"),
        (6, "unit_uid"),
        (7, "unit_uid"),
        (8, "role"),
    ]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with out.open(encoding="utf-8-sig", newline="") as handed:
        passwords = {row["name"]: row["password"] for row in csv.DictReader(handed)}
    assert set(passwords) == {"one", "two", "six"}
    assert all(opens(data, name, password) for name, password in passwords.items())
    # Again, with one office changed: nobody gets another password, and no file is needed.
    file.write_text("name,role,unit_uid\none,office_coordinator,area-1\ntwo,office_coordinator,area-1\n")
    assert "0 created, 1 changed, 1 unchanged" in run("user", "import", str(file), "--passwords-to", str(out))
    assert opens(data, "two", passwords["two"])


def test_a_file_of_passwords_is_never_overwritten(data: Path) -> None:
    file, out = data / "users.csv", data / "passwords.csv"
    file.write_text("name,role\none,analyst\n")
    out.write_text("somebody else's")
    with pytest.raises(AccessError, match="there already"):
        run("user", "import", str(file), "--passwords-to", str(out))
    assert json.loads(run("user", "list", "--json")) == []


def test_the_right_to_approve_mappings(data: Path) -> None:
    run("user", "create", "one", "--role", "office_coordinator", "--unit", "area-1")
    run("user", "create", "two", "--role", "analyst")
    assert approves() == {"one": False, "two": False}
    run("user", "approval", "one", "--give")
    assert approves() == {"one": True, "two": False}
    assert re.search(r"one.*yes", run("user", "list"))
    with pytest.raises(AccessError, match="is for the role office_coordinator"):
        run("user", "approval", "two", "--give")
    run("user", "approval", "one", "--take")
    run("user", "approval", "one", "--take")
    assert approves() == {"one": False, "two": False}
    run("user", "approval", "one", status=2)
    assert changes_of_rights(data) == [("thaksa user", "change", "approves_mappings")] * 2


def approves() -> dict[str, bool]:
    return {one["name"]: one["approvesMappings"] for one in json.loads(run("user", "list", "--json"))}


def changes_of_rights(data: Path) -> list[tuple[str, str, str]]:
    """(by whom, what, of which field) of the changes of users, in order."""
    engine = connect(Settings(data=data).database)
    c = change_log.c
    with engine.connect() as conn:
        query = select(c.by, c.action, c.detail).where(c.subject == "user", c.action == "change")
        found = [(by, action, detail) for by, action, detail in conn.execute(query.order_by(c.id))]
    engine.dispose()
    return found


def test_tokens(data: Path) -> None:
    run("user", "create", "one", "--role", "analyst")
    words = ("--name", "warehouse", "--owner", "one")
    made = json.loads(run("token", "create", *words, "--scope", "aggregates", "--json"))
    with pytest.raises(AccessError, match="scopes are some of"):
        run("token", "create", *words, "--scope", "all")
    listed = run("token", "list", "--json")
    assert made["key"] in listed
    assert made["secret"] not in listed
    run("token", "revoke", "--name", "warehouse")
    assert json.loads(run("token", "list", "--json"))[0]["revoked"]
