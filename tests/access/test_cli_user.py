"""`thaksa user …` and `thaksa token …`, as an operator types them."""

import csv
import json
import stat
from pathlib import Path

import pytest
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
