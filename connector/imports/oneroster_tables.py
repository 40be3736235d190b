"""OneRoster's orgs and users as tables of ours: row by row, with the same numbers.

A refused row is so told by its number in orgs.csv or users.csv.
"""

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from connector.imports.columns import GROUP, LINE, POSITION, PREFIX, RANK, ROSTER, username_of
from connector.imports.errors import ImportFileError
from connector.imports.oneroster import GONE, ORGS, ROLES, USERS, Package, Record
from mappings.units import KnownUnit

NOT_STAFF = frozenset({"student", "parent", "guardian", "relative"})
POSITIONS = {"teacher": "ครู", "principal": "ผู้อำนวยการสถานศึกษา"}
"""The posts that roles stand for; another role is the post's name as it is, for somebody to decide about."""

_PRIMARY = "primary"
_NATIONAL_ID_TYPES = frozenset({"nationalid", "citizenid", "thainationalid", "thaiid", "idcard"})
_USER_ID = re.compile(r"\{([^:{}]+):([^{}]*)\}")
_EXTENSIONS = (PREFIX, POSITION, RANK, LINE, GROUP)


@dataclass(frozen=True, slots=True)
class Role:
    """What somebody is at an organisation, and since when; `row`: its number in roles.csv."""

    name: str
    org: str
    since: str
    primary: bool
    row: int


def write_orgs(
    package: Package, out: Path, by_uid: Mapping[str, KnownUnit], by_code: Mapping[str, KnownUnit]
) -> None:
    """orgs.csv as a file of units. An organisation is a known unit by its sourcedId, else by its identifier;
    one without an identifier has its sourcedId for a code."""
    records = list(package.records(ORGS))
    known = {one["sourcedId"]: _known(one, by_uid, by_code) for one in records}
    uids = {sourced_id: unit.uid if unit else sourced_id for sourced_id, unit in known.items()}
    header = ("sourcedId", "type", "name", "parentSourcedId", "identifier")
    with out.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for one in records:
            unit = known[one["sourcedId"]]
            parent = one["parentSourcedId"] or (unit.parent_uid if unit else None) or ""
            code = one["identifier"] or ("" if unit else one["sourcedId"])
            row = (uids[one["sourcedId"]], one["type"], one["name"], uids.get(parent, parent), code)
            writer.writerow([] if one["status"] == GONE else row)


def _known(
    org: Record, by_uid: Mapping[str, KnownUnit], by_code: Mapping[str, KnownUnit]
) -> KnownUnit | None:
    return by_uid.get(org["sourcedId"]) or by_code.get(org["identifier"])


def org_codes(
    package: Package, by_uid: Mapping[str, KnownUnit], by_code: Mapping[str, KnownUnit]
) -> dict[str, str]:
    """sourcedId of an organisation -> a code that its unit has; what package and database know together."""
    codes: dict[str, str] = {}
    for code, unit in by_code.items():
        codes.setdefault(unit.uid, code)
    found = dict(codes)
    for one in package.records(ORGS) if package.has_orgs else ():
        known = _known(one, by_uid, by_code)
        if known is not None and known.uid in codes:
            found[one["sourcedId"]] = codes[known.uid]
    return found


def write_users(
    package: Package, out: Path, codes: Mapping[str, str], platform: str | None, today: date
) -> list[str]:
    """users.csv with roles.csv as a roster of the staff; the sourcedIds of those who are to be deleted.

    `codes`: as of `org_codes`; `platform`: whose usernames these are. Raises ImportFileError.
    """
    roles = _roles(package, today)
    extensions = _extensions(package.columns(USERS))
    gone: list[str] = []
    with out.open("w", encoding="utf-8", newline="") as file:
        beside = [field for field in extensions if field != POSITION]
        titles = [*_TITLES, *([username_of(platform)] if platform else []), *beside]
        writer = csv.DictWriter(file, titles)
        writer.writeheader()
        for user in package.records(USERS):
            role = roles.pop(user["sourcedId"], None)
            if user["status"] == GONE:
                gone.append(user["sourcedId"])
            elif role is not None:
                writer.writerow(_cells(user, role, codes, platform, extensions))
                continue
            # Nobody of the staff: the row's number stays.
            file.write("\r\n")
    _refuse_left(package, roles)
    return gone


_TITLES = ("sourcedId", "givenName", "familyName", "email", "userIds", "orgSourcedId", "beginDate", "role")


def _refuse_left(package: Package, left: Mapping[str, Role]) -> None:
    if left:
        row = min(role.row for role in left.values())
        raise ImportFileError(
            f"{package.name}: roles.csv: row {row}, column userSourcedId: is not in users.csv, "
            f"nor are {len(left) - 1} others: export users together with their roles"
        )


def _extensions(columns: Iterable[str]) -> dict[str, str]:
    """A roster's field -> the column of the metadata that has it, as in metadata.position."""
    metadata = {column: column.rpartition(".")[2] for column in columns if column.startswith("metadata.")}
    fields = ((ROSTER.field(title), column) for column, title in metadata.items())
    return {field: column for field, column in fields if field in _EXTENSIONS}


def _roles(package: Package, today: date) -> dict[str, Role]:
    """sourcedId of a user -> what they are as staff now: the primary role, else the first."""
    found: dict[str, Role] = {}
    for one in package.records(ROLES):
        primary = one["roleType"] == _PRIMARY
        ended = bool(one["endDate"]) and one["endDate"][:10] < today.isoformat()
        if one["role"] in NOT_STAFF or one["status"] == GONE or ended:
            continue
        held = found.get(one["userSourcedId"])
        if held is None or (primary and not held.primary):
            role = Role(one["role"], one["orgSourcedId"], one["beginDate"], primary, one.number)
            found[one["userSourcedId"]] = role
    return found


def _cells(
    user: Record, role: Role, codes: Mapping[str, str], platform: str | None, extensions: Mapping[str, str]
) -> dict[str, str]:
    """What a roster says of somebody; no more of the row is kept than this."""
    own = {name: user[name] for name in ("sourcedId", "givenName", "familyName", "email")}
    post = {
        "orgSourcedId": codes.get(role.org, role.org),
        "beginDate": role.since,
        "role": POSITIONS.get(role.name, role.name),
        "userIds": _national_id(user["userIds"]),
    }
    username = {username_of(platform): user["username"]} if platform else {}
    said = {field: user[column] for field, column in extensions.items() if user[column]}
    if POSITION in said:
        post["role"] = said.pop(POSITION)
    return own | post | username | said


def _national_id(user_ids: str) -> str:
    """Of the ids in {type:id}, the one whose type says that it is a national id."""
    for kind, value in _USER_ID.findall(user_ids):
        if re.sub(r"[^a-z]", "", kind.casefold()) in _NATIONAL_ID_TYPES:
            return str(value).strip()
    return ""
