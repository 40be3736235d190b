"""Users from a file: name, display name, role, unit uid. Each good row is taken, whatever the others say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from connector.access import users
from connector.access.errors import AccessError
from connector.access.passwords import Passwords, initial_password
from connector.access.roles import ROLES
from connector.access.users import Place
from connector.imports.columns import Columns
from connector.imports.table_file import Row, stage
from mappings.people import Refusal

COLUMNS = Columns(
    {
        "name": ("ชื่อผู้ใช้", "username", "user", "login", "sign-in name"),
        "display_name": ("ชื่อที่แสดง", "ชื่อ-สกุล", "display name", "full name"),
        "role": ("บทบาท",),
        "unit_uid": ("unit", "uid", "รหัสอ้างอิง", "รหัสอ้างอิงหน่วยงาน", "area_id"),
    },
    needed=(("name", "role"),),
)
_COLUMN_OF = {"role": "role", "name": "name", "taken": "name", "person": "role"}


@dataclass(frozen=True, slots=True)
class UserRow:
    """A row of the file."""

    row: Row
    name: str
    display_name: str
    place: Place


@dataclass(slots=True)
class Imported:
    """What came of a file: initial passwords of new users by name, how many others changed or not."""

    passwords: dict[str, str] = field(default_factory=dict)
    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)


def read_users(path: Path) -> tuple[Sequence[UserRow], Sequence[Refusal]]:
    """The rows of a file, and those that cannot be read. Raises ImportFileError."""
    staged = stage(path, COLUMNS, _read)
    return staged.rows, staged.refused


def import_users(
    conn: Connection,
    rows: Sequence[UserRow],
    passwords: Passwords,
    now: datetime,
    by: str,
) -> Imported:
    """Create or change the users of the rows; those who are there keep their passwords."""
    done, known = Imported(), {users.name_key(one.name): one for one in users.list_users(conn)}
    for one in rows:
        user = known.get(users.name_key(one.name))
        try:
            # What a row wrote before it was refused is taken back.
            with conn.begin_nested():
                if user is None:
                    done.passwords[one.name] = _create(conn, one, passwords, now, by)
                elif users.change_user(conn, user, one.display_name, one.place, now, by):
                    done.changed += 1
                else:
                    done.unchanged += 1
        except AccessError as error:
            done.refused.append(_refusal(one.row, error))
    return done


def passwords_csv(passwords: Mapping[str, str]) -> str:
    """The initial passwords as a file for a spreadsheet."""
    return "\ufeffname,password\r\n" + "".join(f"{name},{word}\r\n" for name, word in passwords.items())


def _create(conn: Connection, one: UserRow, passwords: Passwords, now: datetime, by: str) -> str:
    password = initial_password()
    users.create_user(conn, one.name, one.display_name, one.place, passwords.hash(password), now, by)
    return password


def _read(row: Row) -> UserRow:
    name, role = row.text("name"), row.text("role")
    if (wrong := users.name_fault(name)) is not None:
        raise row.bad("name", wrong)
    named = {text: code for code, text in ROLES.items()}
    place = Place(named.get(role, role), row.text("unit_uid") or None)
    if place.role not in ROLES:
        raise row.bad("role", f"must be one of {', '.join(ROLES)}")
    return UserRow(row, name, row.text("display_name"), place)


def _refusal(row: Row, error: AccessError) -> Refusal:
    bad = row.bad(_COLUMN_OF.get(error.why, "unit_uid"), str(error))
    return Refusal(row.number, bad.column, bad.value, bad.reason)
