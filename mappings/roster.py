"""Persons with their posts, groups and identifiers, as rosters say them; all dated, so that old reports stay
true. Persons come from rosters only.

A roster is staged (`roster_staging`), checked (`roster_matching`, `roster_changes`) and applied
(`roster_apply`), each in few commands whatever its size.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from lrs.database import chunks
from mappings.days import bangkok_day
from mappings.imported import ImportReport, Refusal
from mappings.roster_apply import Applying
from mappings.roster_changes import Counts, count_leaving, find_changes, holds_departures
from mappings.roster_faults import FAULTS
from mappings.roster_matching import match
from mappings.roster_row import PersonRow
from mappings.roster_staging import forget_people, stage_people
from mappings.tables import staged_person

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
    conn: Connection, import_id: int, now: datetime, *, full: bool, unsaid: Collection[str] = ()
) -> Checked:
    """Find what the staged rows mean and change, as of now; nothing but the staged rows is written.

    `full`: the file is the whole list of each unit that it names. `unsaid` as in `find_changes`.
    """
    match(conn, import_id, bangkok_day(now))
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
    s = staged_person.c
    rows = conn.execute(
        select(staged_person)
        .where(s.import_id == import_id, s.fault.is_not(None))
        .order_by(s.row)
        .execution_options(yield_per=_AT_ONCE)
    )
    for each in rows:
        row = PersonRow(
            prefix=each.prefix_th,
            given_name=each.given_name,
            family_name=each.family_name,
            position=each.position_th,
            rank=each.rank_th,
            line=each.line,
            group=each.group_code or None,
            unit_code=each.unit_code,
            id_hmac=each.id_hmac,
            id_last4=each.id_last4,
            row=each.row,
            email=each.email,
            roster_id=each.roster_id,
            valid_from=each.valid_from,
        )
        yield FaultyRow(_refusal(each.fault, row), row)


def _refusal(fault: str, row: PersonRow) -> Refusal:
    column, reason = FAULTS[fault]
    return Refusal(row.row, column, row.shown(column), reason)


def import_roster(conn: Connection, rows: Sequence[PersonRow], now: datetime, by: str) -> ImportReport:
    """Bring persons, memberships and groups to what the rows say, at once: for rows that no file brought."""
    for some in chunks(rows, _AT_ONCE):
        stage_people(conn, _UNSTAGED, some)
    counts = check_people(conn, _UNSTAGED, now, full=False).counts
    refused = tuple(each.refusal for each in faulty(conn, _UNSTAGED))
    apply_people(conn, _UNSTAGED, now, by)
    return ImportReport(counts.added, counts.changed, counts.unchanged, refused)
