"""Packages of OneRoster 1.2: units and staff; whole (bulk) or what changed (delta); folders and archives."""

import csv
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import Engine, select
from typer.testing import CliRunner, Result

from connector.cli import app
from mappings.people import import_units
from mappings.tables import change_log, identifier, membership, person, unit, unit_code
from tests.mappings.world import BEGIN, UNITS

ID = "1001000079196"
ORGS = """sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId
o-obec,,,สพฐ. (ตัวอย่าง),national,,
o-area,,,สพป.ตัวอย่าง เขต 1,district,9901,o-obec
o-s1,,,โรงเรียนหนึ่ง,school,0100000001,o-area
o-s2,,,โรงเรียนสอง,school,0100000002,o-area
"""
USERS = """sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,\
identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,resourceSourcedIds,\
preferredGivenName,preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns,metadata.rank
u-1,,,true,somchai,"{nationalId:1001000079196},{other:7}",สมชาย,ใจดี,,,Somchai@school.example,,,,,s3cret,,,,,,,,คศ.2
u-2,,,true,pupil,,เด็กชายหนึ่ง,เรียนดี,,,,,,,,s3cret,,,,,,,,
u-3,,,true,somying,,สมหญิง,มีสุข,,,,,,,,s3cret,,,,,,,,
u-4,,,false,admin,,สมศักดิ์,แสนดี,,,,,,,,,,,,,,,,
"""
ROLES = """sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,\
userProfileSourcedId
r-1,,,u-1,secondary,teacher,,,o-s2,
r-2,,,u-1,primary,teacher,2024-05-16,,o-s1,
r-3,,,u-2,primary,student,,,o-s1,
r-4,,,u-3,primary,principal,,,o-s2,
r-5,,,u-3,secondary,teacher,2020-01-01,2021-01-01,o-s1,
r-6,,,u-4,primary,siteAdministrator,,,o-s2,
"""
SECRET = "s3cret"


def manifest(mode: str = "bulk", version: str = "1.2", orgs: str = "bulk") -> str:
    files = {"orgs": orgs, "users": mode, "roles": mode, "classes": "absent"}
    lines = ("propertyName,value", "manifest.version,1.0", f"oneroster.version,{version}")
    return "\n".join((*lines, *(f"file.{name},{value}" for name, value in files.items())))


def package(tmp_path: Path, **files: str) -> Path:
    folder = tmp_path / "district"
    folder.mkdir(exist_ok=True)
    texts = {"manifest": manifest(), "orgs": ORGS, "users": USERS, "roles": ROLES} | files
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8-sig")
    return folder


@pytest.fixture(autouse=True)
def _database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THAKSA_DATABASE_URL", database_url)


def run(tmp_path: Path, path: Path, *options: str, fails: bool = False) -> str:
    arguments = ["import", "oneroster", str(path), "--data", str(tmp_path / "data"), *options]
    result: Result = CliRunner().invoke(app, arguments)
    assert (result.exit_code != 0) == fails, result.output
    return f"{result.output}{result.exception or ''}"


def staff(engine: Engine) -> dict[str, tuple[str, str, str]]:
    """given name -> unit, position, rank of those who are in a unit now."""
    columns = (person.c.given_name, unit.c.uid, membership.c.position_th, membership.c.rank_th)
    rows = select(*columns).select_from(membership).join(person).join(unit)
    with engine.begin() as conn:
        found = conn.execute(rows.where(membership.c.valid_to.is_(None))).all()
    return {row[0]: (row[1], row[2], row[3]) for row in found}


def test_units_and_staff_come_from_one_package(engine: Engine, tmp_path: Path) -> None:
    out = run(tmp_path, package(tmp_path))
    assert "4 added" in out
    assert "3 added" in out
    assert staff(engine) == {
        "สมชาย": ("o-s1", "ครู", "คศ.2"),
        "สมหญิง": ("o-s2", "ผู้อำนวยการสถานศึกษา", ""),
        "สมศักดิ์": ("o-s2", "siteAdministrator", ""),
    }
    with engine.begin() as conn:
        kinds = {row.uid: row.kind for row in conn.execute(select(unit.c.uid, unit.c.kind))}
        assert kinds == {"o-obec": "obec", "o-area": "area_office", "o-s1": "school", "o-s2": "school"}
        codes = set(conn.execute(select(unit_code.c.code)).scalars())
        assert codes == {"o-obec", "9901", "0100000001", "0100000002"}
        known = [tuple(row) for row in conn.execute(select(identifier.c.kind, identifier.c.value))]
        assert ("roster", "u-1") in known
        assert ("email", "somchai@school.example") in known
        first = select(membership.c.valid_from).order_by(membership.c.valid_from).limit(1)
        assert str(conn.execute(first).scalar_one()) == "2024-05-16"
        assert conn.execute(select(person.c.id_last4)).scalars().all().count(ID[-4:]) == 1
    again = run(tmp_path, package(tmp_path))
    assert "0 added, 0 changed, 4 unchanged" in again
    assert "0 added, 0 changed, 3 unchanged" in again


def test_a_zip_with_a_folder_in_it(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "district.zip"
    with ZipFile(path, "w") as archive:
        for file in package(tmp_path).iterdir():
            archive.write(file, f"export/{file.name}")
    assert "3 added" in run(tmp_path, path)
    assert set(staff(engine)) == {"สมชาย", "สมหญิง", "สมศักดิ์"}


def test_who_is_missing_from_a_bulk_package_has_left(engine: Engine, tmp_path: Path) -> None:
    run(tmp_path, package(tmp_path))
    users = "".join(line for line in USERS.splitlines(keepends=True) if not line.startswith("u-4"))
    roles = "".join(line for line in ROLES.splitlines(keepends=True) if ",u-4," not in line)
    smaller = package(tmp_path, users=users, roles=roles)
    assert "สมศักดิ์" in run(tmp_path, smaller, "--dry-run")
    assert "สมศักดิ์" in staff(engine)
    run(tmp_path, smaller, "--yes")
    assert set(staff(engine)) == {"สมชาย", "สมหญิง"}


def test_a_delta_package_says_who_is_to_be_deleted(engine: Engine, tmp_path: Path) -> None:
    run(tmp_path, package(tmp_path))
    header, first, _, third, *_ = USERS.splitlines()
    gone = third.replace("u-3,,", "u-3,tobedeleted,2026-06-01T00:00:00.000Z")
    changed = first.replace("u-1,,", "u-1,active,2026-06-01T00:00:00.000Z").replace("ใจดี", "ใจงาม")
    roles = "\n".join(ROLES.splitlines()[:3])
    delta = package(
        tmp_path, manifest=manifest("delta"), users="\n".join((header, changed, gone)), roles=roles
    )
    assert "leaving: 1" in run(tmp_path, delta, "--dry-run")
    assert "สมหญิง" in staff(engine)
    assert "0 added, 1 changed" in run(tmp_path, delta, "--yes")
    assert set(staff(engine)) == {"สมชาย", "สมศักดิ์"}
    with engine.begin() as conn:
        assert "ใจงาม" in conn.execute(select(person.c.family_name)).scalars().all()
        left = select(change_log.c.subject_id).where(change_log.c.action == "depart")
        assert len(conn.execute(left).scalars().all()) == 1
    run(tmp_path, delta, "--yes")
    with engine.begin() as conn:
        assert len(conn.execute(left).scalars().all()) == 1


def test_organisations_are_the_units_that_have_their_code(engine: Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        import_units(conn, UNITS, BEGIN, "test")
    schools = "\n".join(line for line in ORGS.splitlines() if "o-obec," not in line and "o-area," not in line)
    out = run(tmp_path, package(tmp_path, orgs=schools.replace(",o-area", ",")))
    assert "0 added, 0 changed, 2 unchanged" in out
    assert {post[0] for post in staff(engine).values()} == {"s1", "s2"}
    with engine.begin() as conn:
        parents = select(unit.c.parent_id).where(unit.c.kind == "school")
        assert None not in conn.execute(parents).scalars().all()


def test_a_refused_user_is_told_by_row_and_column_of_users_csv(engine: Engine, tmp_path: Path) -> None:
    wrong = ID.replace("196", "197")
    users = USERS.replace(ID, wrong).replace("สมหญิง,มีสุข", "สมหญิง,")
    out = tmp_path / "refused.csv"
    path = package(tmp_path, users=users, roles=ROLES.replace("o-s2", "o-s9"))
    text = run(tmp_path, path, "--refused", str(out), fails=True)
    assert wrong not in text
    content = out.read_text("utf-8-sig")
    assert wrong not in content
    assert SECRET not in content
    rows = [(row["แถว"], row["คอลัมน์"], row["ค่า"]) for row in csv.DictReader(content.splitlines())]
    assert rows == [
        ("2", "userIds", "xxxxxxxxxxx97"),
        ("4", "familyName", ""),
        ("5", "orgSourcedId", "o-s9"),
    ]
    assert staff(engine) == {}


def test_a_dry_run_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    out = run(tmp_path, package(tmp_path), "--dry-run")
    assert "4 added" in out
    assert "People can be checked once these units are there" in out
    with engine.begin() as conn:
        assert conn.execute(select(unit)).all() == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"manifest": manifest(version="1.1")}, "oneroster.version is 1.1; packages of 1.2"),
        ({"manifest": "propertyName,value"}, "oneroster.version is missing"),
        ({"manifest": manifest("absent")}, "file.users is absent and file.roles is absent"),
        ({"manifest": manifest("some")}, "file.users is some; it must be bulk, delta, absent"),
        ({"users": USERS.replace("givenName", "firstName", 1)}, "users.csv lacks the column givenName"),
        ({"roles": ROLES.replace("u-4", "u-5")}, "roles.csv: row 7, column userSourcedId: is not in users"),
    ],
)
def test_a_package_that_cannot_be_read_says_which_file_and_why(
    engine: Engine, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    text = run(tmp_path, package(tmp_path, **files), fails=True)
    assert f"district: {message}" in text.replace("manifest.csv: ", "")


def test_what_is_no_package_at_all(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_text("no archive")
    assert "a.zip: is neither a folder nor a .zip" in run(tmp_path, tmp_path / "a.zip", fails=True)
    (tmp_path / "empty").mkdir()
    assert "empty: manifest.csv cannot be opened" in run(tmp_path, tmp_path / "empty", fails=True)
    assert "none.zip: cannot be opened" in run(tmp_path, tmp_path / "none.zip", fails=True)


def test_usernames_need_to_know_their_platform(engine: Engine, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    sites = "".join(
        f'[platforms.{name}]\nkind = "moodle"\nurl = "https://{name}.example"\n' for name in ("one", "two")
    )
    (data / "thaksa.toml").write_text(sites)
    path = package(tmp_path)
    assert "they have: one, two" in run(tmp_path, path, "--platform", "three", fails=True)
    run(tmp_path, path)
    usernames = select(identifier.c.home_page, identifier.c.value).where(identifier.c.kind == "username")
    with engine.begin() as conn:
        assert conn.execute(usernames).all() == []
    run(tmp_path, path, "--platform", "two")
    with engine.begin() as conn:
        assert ("https://two.example", "somchai") in [tuple(row) for row in conn.execute(usernames)]
