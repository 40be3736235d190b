"""A roster on its way: staged and checked, then applied at once.

A full list says who has left: whoever is in a unit that it names, and in none of its rows. While a row
cannot be taken nobody leaves, for it may be theirs.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

import orjson
from sqlalchemy import Connection, Engine, delete, func, select

from connector.imports.columns import (
    EMAIL,
    FAMILY,
    FIRST_DAY,
    FULL_NAME,
    GIVEN,
    GROUP,
    LINE,
    NATIONAL_ID,
    POSITION,
    PREFIX,
    RANK,
    ROSTER_ID,
    UNIT,
    UNIT_NAME,
    USERNAME,
    Columns,
    roster_columns,
    username_of,
)
from connector.imports.errors import ImportStateError
from connector.imports.import_files import APPLIED, FULL, Brought, ImportFile, change, count, find, move
from connector.imports.refusals import cells_of, refuse
from connector.imports.roster import RosterReader
from connector.imports.staging import Progress, stage
from connector.imports.table_file import RefusedRow
from connector.key_file import read_keys
from connector.settings import Settings
from connector.tables import platform
from connector.tables_imports import import_file, import_refusal
from lrs.clock import from_micros, to_micros
from mappings.days import bangkok_day
from mappings.people import HashKeys, PersonRow, Refusal, link_accounts
from mappings.roster import Checked, apply_people, check_people, faulty
from mappings.roster_staging import stage_people
from mappings.tables import change_log, staged_person
from mappings.tombstones import Tombstones, read_tombstones

ROSTER_KIND = "roster"

_SHRINK_SHARE, _SHRINK_AT_LEAST = 0.2, 50
_AT_ONCE = 2_000
_UNSAID = {POSITION: "position_th", RANK: "rank_th", LINE: "line", GROUP: "group_code"}
"""Columns that leave what is known as it is, where a file does not have them."""


@dataclass(frozen=True, slots=True)
class RosterTerms:
    """What rows are read with: keys of national ids, who was erased, platform's name -> home page."""

    hash_keys: HashKeys
    tombstones: Tombstones = field(default_factory=lambda: Tombstones(b""))
    home_pages: Mapping[str, str] = field(default_factory=dict)


def roster_terms(settings: Settings, conn: Connection) -> RosterTerms:
    """Those of this installation. A platform that was never synced has the address of the settings."""
    rows = conn.execute(select(platform.c.name, platform.c.home_page))
    learnt: dict[str, str] = {row.name: row.home_page for row in rows}
    home_pages = {name: learnt.get(name) or one.url for name, one in settings.platforms.items()}
    tombstones = read_tombstones(conn, settings.secret("tombstones"))
    return RosterTerms(read_keys(settings), tombstones, home_pages)


def stage_roster(
    engine: Engine, brought: Brought, terms: RosterTerms, now: datetime, progress: Progress | None = None
) -> int:
    """Read a roster and check it; its import id. Raises ImportFileError."""
    reader = RosterReader(terms.hash_keys, terms.home_pages)
    brought = replace(brought, options={**brought.options, "platforms": dict(terms.home_pages)})

    def write(conn: Connection, import_id: int, rows: Sequence[PersonRow]) -> None:
        stage_people(conn, import_id, rows, terms.tombstones)

    def check(conn: Connection, import_id: int) -> None:
        check_roster(conn, import_id, now)

    columns = roster_columns(terms.home_pages)
    return stage(engine, brought, columns, reader.read, write, now, progress, check)


def check_roster(conn: Connection, import_id: int, now: datetime) -> Checked:
    """Find anew what a staged roster does; people may have changed since the last time."""
    file = find(conn, import_id)
    columns = _columns(file)
    said = {columns.field(title) for title in file.titles}
    unsaid = [name for column, name in _UNSAID.items() if column not in said]
    full = file.coverage == FULL
    checked = check_people(conn, import_id, now, full=full, unsaid=unsaid, within=file.unit_id)
    if _forget_refusals(conn, import_id):
        # Rows that could not even be read.
        checked = checked._replace(counts=checked.counts._replace(departed=0), held=full)
    _refuse(conn, file, columns)
    count(conn, import_id, **checked.counts._asdict())
    beside = {"members": checked.members, "held": checked.held}
    change(
        conn,
        import_id,
        options=orjson.dumps({**file.options, **beside}).decode(),
        checked_change=_newest_change(conn),
        checked_at=to_micros(now),
    )
    return checked


def _columns(file: ImportFile) -> Columns:
    return roster_columns(file.options["platforms"])


def _newest_change(conn: Connection) -> int:
    return conn.execute(select(func.max(change_log.c.id))).scalar() or 0


def _forget_refusals(conn: Connection, import_id: int) -> int:
    """Those of an earlier check; how many are left, of rows that could not be read."""
    r, s = import_refusal.c, staged_person.c
    staged = select(s.row).where(s.import_id == import_id)
    conn.execute(delete(import_refusal).where(r.import_id == import_id, r.row.in_(staged)))
    left = conn.execute(select(func.count()).where(r.import_id == import_id)).scalar_one()
    change(conn, import_id, rows_refused=left)
    return left


def _refuse(conn: Connection, file: ImportFile, columns: Columns) -> None:
    """The rows in which the check found a fault, as the file has them."""
    titles = {columns.field(title): title for title in file.titles}
    home_pages = file.options["platforms"]
    refused = (
        RefusedRow(
            _titled(one.refusal, titles, home_pages),
            cells_of(file.titles, columns, _cells(one.row, home_pages)),
        )
        for one in faulty(conn, file.id)
    )
    while some := list(islice(refused, _AT_ONCE)):
        refuse(conn, file.id, some)


def _titled(refusal: Refusal, titles: Mapping[str | None, str], home_pages: Iterable[str]) -> Refusal:
    """The column as the file spells it."""
    others = {GIVEN: (FULL_NAME,), UNIT: (UNIT_NAME,), USERNAME: map(username_of, home_pages)}
    fields = (refusal.column, *others.get(refusal.column, ()))
    return replace(refusal, column=next((titles[one] for one in fields if one in titles), refusal.column))


def _cells(row: PersonRow, home_pages: Mapping[str, str]) -> dict[str, str]:
    usernames = {username_of(name): row.usernames.get(page, "") for name, page in home_pages.items()}
    return usernames | {
        PREFIX: row.prefix,
        GIVEN: row.given_name,
        FAMILY: row.family_name,
        FULL_NAME: f"{row.prefix}{row.given_name} {row.family_name}",
        POSITION: row.position,
        RANK: row.rank,
        LINE: row.line,
        GROUP: row.group or "",
        UNIT: row.unit_code,
        UNIT_NAME: row.unit_code,
        NATIONAL_ID: row.shown(NATIONAL_ID),
        ROSTER_ID: row.roster_id,
        EMAIL: row.email,
        FIRST_DAY: row.valid_from.isoformat() if row.valid_from else "",
    }


def apply_roster(
    conn: Connection, import_id: int, now: datetime, by: str, *, accept_shrink: bool = False
) -> int:
    """Bring people to what a staged roster says; how many accounts were linked because of it.

    Raises ImportStateError where that is done already, where people have changed so that it would do
    something else than was shown, and where more people than usual would leave.
    """
    move(conn, import_id, APPLIED, now, by)
    file = find(conn, import_id)
    _check_again(conn, file, now)
    if file.departed > max(_SHRINK_AT_LEAST, _SHRINK_SHARE * file.options["members"]) and not accept_shrink:
        raise ImportStateError(
            f"{file.name}: {file.departed} of {file.options['members']} people would leave: if the list is "
            "whole, apply it with --accept-shrink"
        )
    apply_people(conn, import_id, now, by, departures=file.departed > 0)
    return link_accounts(conn, now, by)


def _check_again(conn: Connection, file: ImportFile, now: datetime) -> None:
    """People and units may have changed since the check, and so may the day."""
    f = import_file.c
    known = conn.execute(select(f.checked_change, f.checked_at).where(f.id == file.id)).one()
    same_day = bangkok_day(from_micros(known.checked_at)) == bangkok_day(now)
    if same_day and known.checked_change == _newest_change(conn):
        return
    check_roster(conn, file.id, now)
    if _told(find(conn, file.id)) != _told(file):
        raise ImportStateError(f"{file.name}: people have changed since it was checked: check it again")


def _told(file: ImportFile) -> tuple[int, ...]:
    return (file.rows_refused, file.added, file.changed, file.unchanged, file.departed)
