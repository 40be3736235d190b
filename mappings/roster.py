"""Persons with their posts, groups and identifiers, as rosters say them; all dated, so that old reports stay
true. Persons come from rosters only.

A roster is staged (`roster_staging`), checked (`roster_matching`, `roster_changes`) and applied
(`roster_apply`), each in few commands whatever its size.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from lrs.database import chunks
from mappings.days import bangkok_day
from mappings.imported import ImportReport, Refusal
from mappings.roster_apply import Applying
from mappings.roster_changes import Counts, count_leaving, find_changes, holds_departures
from mappings.roster_faults import FAULTS
from mappings.roster_matching import match
from mappings.roster_row import PersonRow
from mappings.roster_staging import forget_people, stage_people
from mappings.tables import staged_person, staged_username

_AT_ONCE = 5_000
_UNSTAGED = 0
"""The import id of rows that no file brought."""


class Checked(NamedTuple):
    """What applying a staged roster does. `held`: nobody leaves, because a row that cannot be taken may mean
    one of those who seem to; `members`: how many people the units have now that the file names."""

    counts: Counts
    members: int = 0
    held: bool = False


class FaultyRow(NamedTuple):
    """A staged row that cannot be taken; `refusal` names the column by its usual title."""

    refusal: Refusal
    row: PersonRow


def check_people(
    conn: Connection,
    import_id: int,
    now: datetime,
    *,
    full: bool,
    unsaid: Collection[str] = (),
    within: int | None = None,
) -> Checked:
    """Find what the staged rows mean and change, as of now; nothing but the staged rows is written.

    `full`: the file is the whole list of each unit that it names. `unsaid` as in `find_changes`. `within`: id
    of the unit whose people and units the rows may be about; None: any.
    """
    match(conn, import_id, bangkok_day(now), within)
    counts = find_changes(conn, import_id, unsaid)
    if not full:
        return Checked(counts)
    departed, members = count_leaving(conn, import_id)
    held = holds_departures(conn, import_id)
    return Checked(counts._replace(departed=0 if held else departed), members, held)


def apply_people(
    conn: Connection, import_id: int, now: datetime, by: str, *, departures: bool = False
) -> None:
    """Bring persons to what the checked rows say, from the rows' own first day or today in Bangkok on; the
    staged rows are gone then. Persons whom no row means stay as they are, unless `departures`."""
    applying = Applying(conn, import_id, bangkok_day(now), now, by)
    applying.people()
    if departures:
        applying.departures()
    forget_people(conn, import_id)


def faulty(conn: Connection, import_id: int) -> Iterator[FaultyRow]:
    """The staged rows that cannot be taken, in their order."""
    s, last = staged_person.c, 0
    ours = select(staged_person).where(s.import_id == import_id, s.fault.is_not(None)).order_by(s.row)
    while some := conn.execute(ours.where(s.row > last).limit(_AT_ONCE)).all():
        last = some[-1].row
        usernames = _usernames(conn, import_id, [each.row for each in some])
        for each in some:
            row = _row(each, usernames.get(each.row, {}))
            yield FaultyRow(_refusal(each.fault, row), row)


def _usernames(conn: Connection, import_id: int, rows: Sequence[int]) -> dict[int, dict[str, str]]:
    """Row -> home page -> username."""
    u = staged_username.c
    found: dict[int, dict[str, str]] = {}
    for each in conn.execute(select(staged_username).where(u.import_id == import_id, u.row.in_(rows))):
        found.setdefault(each.row, {})[each.home_page] = each.value
    return found


def _row(staged: Row[Any], usernames: Mapping[str, str]) -> PersonRow:
    return PersonRow(
        prefix=staged.prefix_th,
        given_name=staged.given_name,
        family_name=staged.family_name,
        position=staged.position_th,
        rank=staged.rank_th,
        line=staged.line,
        group=staged.group_code or None,
        unit_code=staged.unit_code,
        id_hmac=staged.id_hmac,
        id_last4=staged.id_last4,
        row=staged.row,
        email=staged.email,
        roster_id=staged.roster_id,
        usernames=usernames,
        valid_from=staged.valid_from,
    )


def _refusal(fault: str, row: PersonRow) -> Refusal:
    column, reason = FAULTS[fault]
    return Refusal(row.row, column, row.shown(column), reason)


def import_roster(conn: Connection, rows: Sequence[PersonRow], now: datetime, by: str) -> ImportReport:
    """Bring persons, memberships and groups to what the rows say, at once: for rows that no file brought.

    No two rows have the same number. Refused rows name the column by its usual title.
    """
    for some in chunks(rows, _AT_ONCE):
        stage_people(conn, _UNSTAGED, some)
    counts = check_people(conn, _UNSTAGED, now, full=False).counts
    refused = tuple(each.refusal for each in faulty(conn, _UNSTAGED))
    apply_people(conn, _UNSTAGED, now, by)
    return ImportReport(counts.added, counts.changed, counts.unchanged, refused)
