"""Bringing the store to what imported rows say: writes what is missing, voids what nobody vouches for.

Evidence levels come from the import, as authorities of their own: a platform's export and an organiser's
list of who attended, a certificate that somebody verified, what people say of themselves.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from connector.completion import Imported
from connector.imports.voucher_store import (
    FileRow,
    keep_hours,
    note,
    rows_of,
    standing_files,
    stored,
    voids,
    wait_for_others,
)
from connector.imports.vouchers import Issue, Plan, Source, Stored, Voucher, plan
from connector.sink import validated, write
from connector.statements import build_imported, voiding
from lrs.clock import Clock
from lrs.statement import Authority, Prepared
from mappings.days import start_of_bangkok_day
from mappings.events import EventFacts, end_event, keep_event
from mappings.own_accounts import link_own_accounts
from mappings.vocabulary import ATTENDED, COMPLETED, COURSE_TYPES, EVENT, OURS

COMPLETIONS, ATTENDANCE, CLAIMS = "completions", "attendance", "claims"
KINDS = (COMPLETIONS, ATTENDANCE, CLAIMS)
"""The kinds of files whose rows become statements."""

PLATFORM_EXPORT, VERIFIED_CERTIFICATE, SELF_REPORT = 2, 3, 4
"""Evidence levels of imports; 1 is a platform's own interface (`connector.sink`)."""

_NAMES = {PLATFORM_EXPORT: "export", VERIFIED_CERTIFICATE: "verified-certificate", SELF_REPORT: "self-report"}


@dataclass(frozen=True, slots=True)
class Setting:
    """Who settles, when, and our own home page; `clock` says when statements are stored."""

    home_page: str
    now: datetime
    by: str
    clock: Clock


@dataclass(frozen=True, slots=True)
class Settled:
    """What was written: rows whose statements are new, of these such that replaced another one; voids."""

    issued: frozenset[Source] = frozenset()
    replaced: frozenset[Source] = frozenset()
    voided: int = 0


def import_authority(kind: str, level: int, home_page: str) -> Authority:
    """Who vouches for rows of a kind of file: proven for accounts of that home page only."""
    agent = {"objectType": "Agent", "account": {"homePage": OURS, "name": f"import:{kind}:{_NAMES[level]}"}}
    return Authority(agent, level, frozenset({home_page}))


def settle_files(conn: Connection, kind: str, persons: Collection[int], setting: Setting) -> Settled:
    """Bring the statements of these persons to what completion lists or attendance sheets say of them."""
    wait_for_others(conn)
    rows = rows_of(conn, kind, persons)
    if kind == ATTENDANCE:
        _settle_events(conn, rows, setting)
    voucher = _attendance if kind == ATTENDANCE else _completion
    vouchers = [voucher(row, setting.home_page) for row in rows if row.stands and not row.is_erased]
    statement_ids = [row.statement_id for row in rows if not (row.stands and row.is_erased)]
    return settle(conn, kind, vouchers, statement_ids, setting)


def settle(
    conn: Connection,
    kind: str,
    vouchers: Collection[Voucher],
    statement_ids: Iterable[str | None],
    setting: Setting,
) -> Settled:
    """Write the difference; `statement_ids`: of all rows of these persons, those that stand no more too."""
    held = stored(conn, statement_ids)
    steps = plan(vouchers, held)
    if not (steps.voids or steps.issues):
        return Settled()
    voided = {one.statement_id for one in steps.voids}
    became = {one.source: None for one in vouchers if one.statement_id in voided}
    batch = _Batch(kind, setting, _occurrences(conn, steps))
    for one in steps.voids:
        batch.void(one)
    issued = {one.source: batch.issue(one) for one in steps.issues}
    write(conn, batch.prepared, setting.clock)
    note(conn, {**became, **issued})
    hours = {issued[one.source]: one.said.hours for one in steps.issues if one.said.hours is not None}
    keep_hours(conn, hours)
    return Settled(frozenset(issued), steps.replaced, len(steps.voids))


@dataclass(slots=True)
class _Batch:
    """Statements made ready, in the order in which they are written."""

    kind: str
    setting: Setting
    occurrences: Counter[tuple[str, str, str, str]]
    prepared: list[Prepared] = field(default_factory=list)

    def void(self, one: Stored) -> None:
        authority = import_authority(self.kind, one.level, one.home_page)
        document = voiding(
            one.statement_id, home_page=self.setting.home_page, agent=authority.agent, now=self.setting.now
        )
        self.prepared += validated([document], authority)

    def issue(self, one: Issue) -> str:
        occurrence = 1 + self.occurrences[_key(one.said)]
        authority = import_authority(self.kind, one.level, one.said.home_page)
        (ready,) = validated([build_imported(one.said, occurrence=occurrence)], authority)
        self.prepared.append(ready)
        return ready.id


def _key(one: Stored | Imported) -> tuple[str, str, str, str]:
    return one.home_page, one.account_name, one.activity_iri, one.verb_iri


def _occurrences(conn: Connection, steps: Plan) -> Counter[tuple[str, str, str, str]]:
    """How many of the same are voided, those of this plan too."""
    said = [one.said for one in steps.issues]
    found = Counter(voids(conn, [(one.home_page, one.account_name, one.activity_iri) for one in said]))
    found.update(_key(one) for one in steps.voids)
    return found


def _completion(row: FileRow, home_page: str) -> Voucher:
    payload = row.payload
    day = date.fromisoformat(payload["day"]) if payload["day"] else None
    said = None
    if payload["passed"] and day is not None:
        said = Imported(
            kind=COMPLETIONS,
            home_page=payload["home_page"] or home_page,
            account_name=payload["account"],
            verb_iri=COMPLETED,
            activity_iri=payload["activity"],
            activity_type=COURSE_TYPES[0],
            title=payload["title"] if payload["activity"].startswith(OURS) else "",
            at=start_of_bangkok_day(day),
            grade=payload["score"],
            hours=None,
            file=row.file,
            row=row.source.row,
        )
    # Of one file the first pass counts, as of several attempts.
    rank = (row.source.import_id, said is not None, -(day.toordinal() if day else 0), -row.source.row)
    about = (row.person_id, payload["activity"])
    return Voucher(row.source, about, rank, said, PLATFORM_EXPORT, row.statement_id)


def _attendance(row: FileRow, home_page: str) -> Voucher:
    payload, event = row.payload, event_facts(row.options, row.file)
    said = None
    if payload["attended"]:
        said = Imported(
            kind=ATTENDANCE,
            home_page=home_page,
            account_name=payload["account"],
            verb_iri=ATTENDED,
            activity_iri=event.activity_iri,
            activity_type=EVENT,
            title=event.title,
            at=start_of_bangkok_day(date.fromisoformat(row.options["last"])),
            grade=None,
            hours=payload["hours"],
            file=row.file,
            row=row.source.row,
        )
    rank = (row.source.import_id, row.source.row)
    return Voucher(row.source, (row.person_id, event.key), rank, said, PLATFORM_EXPORT, row.statement_id)


def event_facts(options: Mapping[str, object], file: str) -> EventFacts:
    """The event of a file, as its options keep it."""
    hours = options["hours"]
    return EventFacts(
        key=str(options["event_key"]),
        title=str(options["title"]),
        first=date.fromisoformat(str(options["first"])),
        hours=float(hours) if isinstance(hours, int | float) else None,
        mode=str(options["mode"]),
        competencies=tuple(map(str, options["competencies"]))
        if isinstance(options["competencies"], list)
        else (),
        level=PLATFORM_EXPORT,
        reference=f"import {file}",
    )


def _settle_events(conn: Connection, rows: Collection[FileRow], setting: Setting) -> None:
    """Each event these rows are about, as the latest file says whose rows count."""
    told = {str(row.options["event_key"]): row for row in rows}
    for key, row in told.items():
        files = standing_files(conn, ATTENDANCE, "event_key", key)
        if files:
            keep_event(conn, event_facts(files[-1].options, files[-1].file), setting.now, setting.by)
        else:
            end_event(conn, event_facts(row.options, row.file), setting.now, setting.by)


def link_accounts_of(conn: Connection, rows: Iterable[FileRow], setting: Setting) -> None:
    """Link our own accounts that these rows speak of to their persons."""
    own = {
        str(row.payload["account"]): row.person_id
        for row in rows
        if not row.payload.get("home_page") and row.stands
    }
    link_own_accounts(conn, setting.home_page, own, setting.now, setting.by)
