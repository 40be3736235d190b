"""Erasing a person from everything that the connector keeps: `mappings.erase`, and its own tables and files.

What syncs and files remember of accounts and rows is in tables that `mappings` does not know.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import structlog
from sqlalchemy import Connection, Engine, and_, delete, or_, select, update

from connector.access.users import forget_persons
from connector.reminders.queue import forget_reminders
from connector.report.queries.people_searches import forget_searches
from connector.settings import Settings
from connector.tables import enrolment, platform, take_back
from connector.tables_imports import claim, import_file, import_refusal, import_row
from lrs.attachments import Folder
from lrs.pseudonyms import Attached
from mappings.erase import CLEARED, Clearing, erase_again, erase_person
from mappings.held_person import HeldPerson, lock_accounts, read_held
from mappings.progress import refresh
from mappings.tombstones import Tombstones, read_tombstones

FILE_ROWS: Clearing = {
    import_row: {"payload": "{}"},
    claim: {"code": "", "url": "", "reason": None},
}
"""What files said of a person, beyond the statement that a row became."""

ALL_CLEARED: Clearing = {**CLEARED, **FILE_ROWS}

log = structlog.get_logger()


def tombstones_of(settings: Settings, conn: Connection) -> Tombstones:
    """Who was erased, with the key that this installation makes tombstones with."""
    return read_tombstones(conn, settings.secret("tombstones"))


def erase(
    settings: Settings, engine: Engine, uuid: str, now: datetime, by: str, *, dry_run: bool = False
) -> Mapping[str, int]:
    """Erase a person; how many rows of which table that changed. `dry_run`: nothing is kept.

    Raises MappingError: nobody has the UUID.
    """
    with engine.connect() as conn, conn.begin() as transaction:
        known = read_held(conn, uuid)
        lock_accounts(conn, known)
        subjects = file_subjects(conn, known)
        counts = _forget_syncs(conn, known) | _forget_refusals(conn, known)
        counts |= forget_reminders(conn, known.person_ids)
        if forgotten := forget_persons(conn, known.person_ids, now):
            counts["web_user"] = forgotten
        # Whatever name they were made for: their words are forgotten within hours in any case.
        if forgotten := forget_searches(conn):
            counts["people_search"] = forgotten
        tombstones = tombstones_of(settings, conn)
        erased = erase_person(conn, known, tombstones, now, by, FILE_ROWS, subjects)
        if dry_run:
            transaction.rollback()
    if not dry_run:
        _remove_files(settings, erased.attachments)
        with engine.begin() as conn:
            refresh(conn, now)
        log.info("person erased", id=uuid, rows=erased.counts)
    return {**counts, **erased.counts}


def file_subjects(conn: Connection, known: HeldPerson) -> list[tuple[str, str]]:
    """(subject, id) of the log of changes, for rows of files that became something of the person."""
    claims = select(claim.c.uuid).where(claim.c.person_id.in_(known.person_ids))
    rows = (
        select(import_file.c.uuid, import_row.c.row)
        .join(import_file, import_file.c.id == import_row.c.import_id)
        .where(import_row.c.person_id.in_(known.person_ids))
    )
    found = [("claim", str(uuid)) for uuid in conn.execute(claims).scalars()]
    return found + [("import_row", f"{row.uuid} {row.row}") for row in conn.execute(rows)]


def erase_returned(settings: Settings, engine: Engine) -> int:
    """Put pseudonyms in the place of erased people's accounts that came back; how many accounts did."""
    with engine.begin() as conn:
        replaced = erase_again(conn, tombstones_of(settings, conn))
    _remove_files(settings, replaced.attachments)
    if replaced.agents:
        log.info("erased accounts came back", accounts=replaced.agents, statements=replaced.statements)
    return replaced.agents


def _remove_files(settings: Settings, attachments: Iterable[Attached]) -> None:
    folder = Folder(settings.attachments_folder)
    for one in attachments:
        folder.remove(one.sha2, one.owner)


def _forget_syncs(conn: Connection, known: HeldPerson) -> dict[str, int]:
    counts = {"enrolment": 0, "take_back": 0}
    for row in known.accounts:
        site = select(platform.c.id).where(platform.c.home_page == row.home_page)
        for table in (enrolment, take_back):
            theirs = and_(table.c.platform_id.in_(site), table.c.account_name == row.name)
            counts[table.name] += conn.execute(delete(table).where(theirs)).rowcount
    return {name: count for name, count in counts.items() if count}


def _forget_refusals(conn: Connection, known: HeldPerson) -> dict[str, int]:
    """Rows that were refused belong to nobody: found by what they say."""
    cells, value = import_refusal.c.cells, import_refusal.c.value
    named = [
        and_(
            cells.contains(one.given_name, autoescape=True), cells.contains(one.family_name, autoescape=True)
        )
        for one in known.persons
        if one.given_name and one.family_name
    ]
    texts = [column.contains(one, autoescape=True) for one in known.texts() for column in (cells, value)]
    if not (named or texts):
        return {}
    said = or_(*named, *texts)
    found = conn.execute(update(import_refusal).where(said).values(cells="", value="")).rowcount
    return {"import_refusal": found} if found else {}
