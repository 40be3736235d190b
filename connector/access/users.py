"""All SQL about users: create, change, disable, look up. Functions take a connection and never commit.

What is changed goes to the log of changes, as ids and the names of fields.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError

from connector.access.errors import AccessError
from connector.access.roles import ADMINISTRATOR, FAULTS, OFFICE, place_fault
from connector.tables_access import web_identity, web_session, web_user
from lrs.clock import from_micros_or_none, to_micros
from mappings.changes import Change, log_changes
from mappings.tables import person, unit

_LONGEST = 100
_THIRTEEN_DIGITS = re.compile(r"\D*(?:\d\D*){13}")


@dataclass(frozen=True, slots=True)
class Place:
    """A role, and of what: a unit's uid, or a learner's person."""

    role: str
    unit_uid: str | None = None
    person_uuid: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """A user as it may be shown."""

    id: int
    uuid: str
    name: str
    display_name: str
    place: Place
    unit_name: str | None
    must_change: bool
    disabled: datetime | None
    approves_mappings: bool

    def as_json(self) -> dict[str, Any]:
        """As the command line answers it."""
        return {
            "uuid": self.uuid,
            "name": self.name,
            "displayName": self.display_name,
            "role": self.place.role,
            "unit": self.place.unit_uid,
            "person": self.place.person_uuid,
            "mustChange": self.must_change,
            "disabled": None if self.disabled is None else self.disabled.isoformat(),
            "approvesMappings": self.approves_mappings,
        }


def name_key(name: str) -> str:
    """A sign-in name in one spelling."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def name_fault(name: str) -> str | None:
    """What is wrong with a sign-in name, as a line for an operator; None: nothing."""
    if not name.strip() or len(name) > _LONGEST or not name.isprintable() or " " in name.strip():
        return f"a name to sign in with is 1 to {_LONGEST} characters without spaces"
    if _THIRTEEN_DIGITS.fullmatch(name):
        return "a national id is no name to sign in with"
    return None


# ---- changing -----------------------------------------------------------------------------------


def create_user(
    conn: Connection, name: str, display_name: str, place: Place, password_hash: str, now: datetime, by: str
) -> str:
    """Store a user who must change the password at the first sign-in; the uuid. Raises AccessError."""
    if (wrong := name_fault(name)) is not None:
        raise AccessError("name", wrong)
    unit_id, person_id = _placed(conn, place)
    if conn.execute(select(web_user.c.id).where(web_user.c.name_key == name_key(name))).first():
        raise _taken()
    uuid = str(uuid4())
    row = {
        "uuid": uuid,
        "name": name.strip(),
        "name_key": name_key(name),
        "display_name": display_name.strip() or name.strip(),
        "role": place.role,
        "unit_id": unit_id,
        "person_id": person_id,
        "password_hash": password_hash,
        "must_change": True,
        "recorded_at": to_micros(now),
        "recorded_by": by,
    }
    try:
        conn.execute(web_user.insert().values(row))
    except IntegrityError:
        raise _taken() from None
    log_changes(conn, [Change("create", "user", uuid, place.role)], now, by)
    return uuid


def change_user(
    conn: Connection, user: User, display_name: str, place: Place, now: datetime, by: str
) -> bool:
    """Give a user another role, unit or name to be shown; whether anything changed. Raises AccessError."""
    shown = display_name.strip() or user.display_name
    if (place, shown) == (user.place, user.display_name):
        return False
    unit_id, person_id = _placed(conn, place)
    if place.role != ADMINISTRATOR:
        _must_not_be_last(conn, user)
    values = {"display_name": shown, "role": place.role, "unit_id": unit_id, "person_id": person_id}
    if place.role != OFFICE:
        values["approves_mappings"] = False
    _update(conn, user, values, "change", now, by)
    return True


def let_approve(conn: Connection, user: User, *, allowed: bool, now: datetime, by: str) -> None:
    """Give an office coordinator the right to approve mappings, or take it. Raises AccessError."""
    if allowed and user.place.role != OFFICE:
        raise AccessError("approves", f"the right to approve mappings is for the role {OFFICE}")
    if allowed != user.approves_mappings:
        _update(conn, user, {"approves_mappings": allowed}, "change", now, by)


def set_password(
    conn: Connection, user: User, password_hash: str, now: datetime, by: str, *, must_change: bool
) -> None:
    """Another password; every session of the user ends."""
    values = {"password_hash": password_hash, "must_change": must_change}
    _update(conn, user, values, "password", now, by)
    end_sessions(conn, user.id)


def forget_password(conn: Connection, user: User, now: datetime, by: str) -> None:
    """No password opens this user any more, until one is given again."""
    _update(conn, user, {"password_hash": "", "must_change": False}, "password", now, by)


def disable(conn: Connection, user: User, now: datetime, by: str) -> None:
    """The user signs in no more, and every session ends. Raises AccessError for the last administrator."""
    _must_not_be_last(conn, user)
    _update(conn, user, {"disabled_at": to_micros(now)}, "disable", now, by)
    end_sessions(conn, user.id)


def enable(conn: Connection, user: User, now: datetime, by: str) -> None:
    """The user may sign in again."""
    _update(conn, user, {"disabled_at": None}, "enable", now, by)


def end_sessions(conn: Connection, user_id: int) -> None:
    """Sign a user out everywhere."""
    conn.execute(delete(web_session).where(web_session.c.user_id == user_id))


def forget_persons(conn: Connection, person_ids: Sequence[int], now: datetime) -> int:
    """Learners who are erased sign in no more, and are not named any more; how many users that were."""
    theirs = web_user.c.person_id.in_(person_ids)
    ids = list(conn.execute(select(web_user.c.id).where(theirs)).scalars())
    for table in (web_session, web_identity):
        conn.execute(delete(table).where(table.c.user_id.in_(ids)))
    for one in ids:
        name = f"erased-{uuid4()}"
        gone = update(web_user).where(web_user.c.id == one)
        gone = gone.values(name=name, name_key=name, display_name=name, person_id=None)
        conn.execute(gone.values(password_hash="", disabled_at=to_micros(now)))
    return len(ids)


def keep_hash(conn: Connection, user_id: int, password_hash: str) -> None:
    """The same password, hashed with the parameters that are set now."""
    conn.execute(update(web_user).where(web_user.c.id == user_id).values(password_hash=password_hash))


def _update(
    conn: Connection, user: User, values: dict[str, Any], action: str, now: datetime, by: str
) -> None:
    conn.execute(update(web_user).where(web_user.c.id == user.id).values(values))
    log_changes(conn, [Change(action, "user", user.uuid, ", ".join(sorted(values)))], now, by)


def _placed(conn: Connection, place: Place) -> tuple[int | None, int | None]:
    """The ids of unit and person."""
    found = held = None
    if place.unit_uid:
        found = conn.execute(select(unit.c.id, unit.c.kind).where(unit.c.uid == place.unit_uid)).first()
        if found is None:
            raise AccessError("no_such_unit", f"there is no unit with the uid {place.unit_uid[:80]!r}")
    if place.person_uuid:
        held = conn.execute(
            select(person.c.id).where(person.c.uuid == place.person_uuid, person.c.erased_at.is_(None))
        ).scalar()
        if held is None:
            raise AccessError("no_such_person", "there is no person with this UUID")
    wrong = place_fault(place.role, None if found is None else found.kind, held is not None)
    if wrong is not None:
        raise AccessError(wrong, FAULTS[wrong])
    return None if found is None else found.id, held


def _must_not_be_last(conn: Connection, user: User) -> None:
    others = select(func.count()).where(
        web_user.c.role == ADMINISTRATOR, web_user.c.disabled_at.is_(None), web_user.c.id != user.id
    )
    if user.place.role == ADMINISTRATOR and user.disabled is None and not conn.execute(others).scalar_one():
        raise AccessError("last", "this is the last administrator: make another one first")


def _taken() -> AccessError:
    return AccessError("taken", "there is a user of that name already: choose another name")


# ---- reading ------------------------------------------------------------------------------------


def list_users(conn: Connection) -> Sequence[User]:
    """All of them, disabled ones too, in the order of their names."""
    return [_user(row) for row in conn.execute(_users().order_by(web_user.c.name_key))]


def has_users(conn: Connection) -> bool:
    """Whether anybody can sign in."""
    return (
        conn.execute(select(web_user.c.id).where(web_user.c.disabled_at.is_(None)).limit(1)).first()
        is not None
    )


def find_user(conn: Connection, name: str) -> User:
    """The user of a sign-in name. Raises AccessError."""
    row = conn.execute(_users().where(web_user.c.name_key == name_key(name))).first()
    if row is None:
        raise AccessError("no_such_user", "there is no user of that name")
    return _user(row)


def find_user_of(conn: Connection, uuid: str) -> User:
    """The user with a uuid. Raises AccessError."""
    row = conn.execute(_users().where(web_user.c.uuid == uuid)).first()
    if row is None:
        raise AccessError("no_such_user", "there is no such user")
    return _user(row)


def password_of(conn: Connection, name: str) -> tuple[int, str] | None:
    """The id and the password's hash of a user who may sign in."""
    row = conn.execute(
        select(web_user.c.id, web_user.c.password_hash).where(
            web_user.c.name_key == name_key(name), web_user.c.disabled_at.is_(None)
        )
    ).first()
    return None if row is None else (row.id, row.password_hash)


def _users() -> Select[Any]:
    return (
        select(
            web_user,
            unit.c.uid.label("unit_uid"),
            unit.c.name_th.label("unit_name"),
            person.c.uuid.label("person_uuid"),
        )
        .outerjoin(unit, unit.c.id == web_user.c.unit_id)
        .outerjoin(person, person.c.id == web_user.c.person_id)
    )


def _user(row: Any) -> User:
    return User(
        id=row.id,
        uuid=row.uuid,
        name=row.name,
        display_name=row.display_name,
        place=Place(row.role, row.unit_uid, row.person_uuid),
        unit_name=row.unit_name,
        must_change=row.must_change,
        disabled=from_micros_or_none(row.disabled_at),
        approves_mappings=row.approves_mappings,
    )
