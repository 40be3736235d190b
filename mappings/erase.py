"""Erasing a person: whatever names them is gone, whatever is counted of them stays (docs/decisions/0013).

Rows of persons, accounts, statements and evidence remain, under pseudonyms that are random, so that no
report changes; memberships end today. Tombstones keep the next sync or roster from bringing them back.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, String, Table, and_, delete, func, or_, select, tuple_, update

from lrs.clock import to_micros
from lrs.pseudonyms import Attached, Replaced, replace_agents
from lrs.tables import agent
from mappings.changes import Change, log_changes
from mappings.days import bangkok_day
from mappings.held_person import HeldPerson
from mappings.national_ids import IdHash
from mappings.remembered import change
from mappings.stale import mark_persons
from mappings.tables import (
    account,
    account_conflict,
    change_log,
    group_assignment,
    group_assignment_past,
    identifier,
    membership,
    membership_past,
    merged_row,
    person,
    person_merge,
    staged_person,
    staged_username,
    unit,
    unit_code,
)
from mappings.tombstones import (
    Mark,
    Tombstones,
    account_mark,
    email_mark,
    name_mark,
    roster_mark,
    username_mark,
    write_tombstones,
)
from mappings.vocabulary import OURS

PSEUDONYM = "erased-"
"""What every pseudonym begins with."""

NOWHERE = f"{OURS}erased"
"""Home page of pseudonyms of agents that had none, as those known by an e-mail."""

Clearing = Mapping[Table, Mapping[str, str | None]]
"""Table with a `person_id` -> column -> what stands there afterwards."""

CLEARED: Clearing = {
    # In a small school a post names its holder.
    **{table: {"position_th": "", "rank_th": "", "line": ""} for table in (membership, membership_past)},
    **{table: {"reference": None} for table in (group_assignment, group_assignment_past)},
}
DELETED: tuple[Table, ...] = (identifier,)
"""Tables whose rows of the person go altogether."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: how many rows of which table; `attachments` are files to be removed after COMMIT."""

    counts: Mapping[str, int]
    attachments: frozenset[Attached] = field(default=frozenset())


def erase_person(
    conn: Connection,
    known: HeldPerson,
    tombstones: Tombstones,
    now: datetime,
    by: str,
    more: Clearing | None = None,
    subjects: Sequence[tuple[str, str]] = (),
) -> Erased:
    """Erase a person and whoever was merged with them. `more`: tables of other packages, `subjects`: of the
    log of changes, beyond the person and the accounts.

    Erasing again changes what has come since, and no more.
    """
    ids, uuids = known.person_ids, [row.uuid for row in known.persons]
    new = sum(row.erased_at is None for row in known.persons)
    hashes = list(_hashes(conn, known))
    counts = Counter({"tombstone": write_tombstones(conn, tombstones, _marks(conn, known), hashes, now, by)})
    counts.update(_forget_staged(conn, known, [one.hmac for one in hashes]))
    agents, names = _pseudonyms(known)
    replaced = replace_agents(conn, agents, known.texts())
    counts.update(agent=replaced.agents, statement=replaced.statements, document=replaced.documents)
    counts.update(attachment=len(replaced.attachments), account=_forget_accounts(conn, names))
    _end(conn, ids, now, by)
    counts.update(_clear(conn, ids, {**CLEARED, **(more or {})}), person=new)
    counts.update(_delete(conn, known))
    counts.update(change_log=_forget_reasons(conn, [*known.subjects(), *subjects]))
    gone = update(person).where(person.c.id.in_(ids), person.c.erased_at.is_(None))
    conn.execute(gone.values(**_blank(person, "uuid"), erased_at=to_micros(now)))
    mark_persons(conn, ids)
    if any(counts.values()):
        log_changes(conn, [Change("erase", "person", one) for one in uuids], now, by)
    return Erased(dict(+counts), replaced.attachments)


def erase_again(conn: Connection, tombstones: Tombstones) -> Replaced:
    """Put pseudonyms in the place of erased people's accounts that came back nevertheless: a client sent
    statements of one, or a sync was under way while somebody was erased. They are nobody's from now on."""
    if not tombstones.hashes:
        return Replaced()
    columns = (account.c.id, account.c.home_page, account.c.name)
    back = [row for row in conn.execute(select(*columns)) if tombstones.has(account_mark(*row[1:]))]
    columns = (agent.c.key, agent.c.home_page, agent.c.account_name)
    agents = {
        row.key: {"account": {"homePage": row.home_page or NOWHERE, "name": _pseudonym()}}
        for row in conn.execute(select(*columns))
        if any(tombstones.has(mark) for mark in _agent_marks(*row))
    }
    _forget_accounts(conn, {row.id: _pseudonym() for row in back})
    return replace_agents(conn, agents, ())


def _agent_marks(key: str, home_page: str | None, name: str) -> list[Mark]:
    if home_page is not None:
        return [account_mark(home_page, name), username_mark(home_page, name)]
    scheme, _, address = key.partition("mbox:mailto:")
    return [email_mark(address)] if address and not scheme else []


def _hashes(conn: Connection, known: HeldPerson) -> Iterable[IdHash]:
    """Of the persons, and of accounts that show an id where the rosters gave none, if it is nobody else's."""
    own = {row.id_hmac: row.id_key for row in known.persons if row.id_hmac}
    shown = {row.id_hmac: row.id_key for row in known.accounts if row.id_hmac} if not own else {}
    taken = select(person.c.id_hmac).where(person.c.id_hmac.in_(shown))
    others = set(conn.execute(taken).scalars()) if shown else set()
    return [IdHash(one, key) for one, key in {**shown, **own}.items() if one not in others]


def _marks(conn: Connection, known: HeldPerson) -> list[Mark]:
    marks = [account_mark(row.home_page, row.name) for row in known.accounts if not _is_pseudonym(row.name)]
    marks += [email_mark(one) for one in known.emails()]
    marks += [username_mark(*one) for one in known.usernames()]
    marks += [roster_mark(row.value) for row in known.identifiers if row.kind == "roster"]
    places = _places(conn, known.person_ids)
    names = {(row.given_name, row.family_name) for row in known.persons if row.erased_at is None}
    return [*marks, *(name_mark(place, *name) for place in places for name in names)]


def _places(conn: Connection, ids: Sequence[int]) -> set[str]:
    """How files call the units where they work, or worked last."""
    units = conn.execute(select(membership.c.unit_id).where(membership.c.person_id.in_(ids)).distinct())
    found = units.scalars().all()
    codes = conn.execute(select(unit_code.c.code).where(unit_code.c.unit_id.in_(found))).scalars()
    return {*codes, *conn.execute(select(unit.c.name_th).where(unit.c.id.in_(found))).scalars()}


def _is_pseudonym(name: str) -> bool:
    return name.startswith(PSEUDONYM)


def _pseudonyms(known: HeldPerson) -> tuple[dict[str, dict[str, Any]], dict[int, str]]:
    """Agent key -> the agent to be put in its place; account -> its new name."""
    names = {row.id: _pseudonym() for row in known.accounts if not _is_pseudonym(row.name)}
    of_key = {
        f"account:{row.home_page} {row.name}": names[row.id] for row in known.accounts if row.id in names
    }
    agents = {
        key: {"account": {"homePage": home_page or NOWHERE, "name": of_key.get(key) or _pseudonym()}}
        for key, home_page in known.agent_keys().items()
        if key in of_key or not key.startswith("account:") or not _is_pseudonym(key.rpartition(" ")[2])
    }
    return agents, names


def _pseudonym() -> str:
    return f"{PSEUDONYM}{uuid4()}"


def _blank(table: Table, *kept: str) -> dict[str, str | None]:
    """Nothing in every column that holds a text, but `kept` and who recorded the row."""
    return {
        column.name: None if column.nullable else ""
        for column in table.c
        if isinstance(column.type, String) and column.name not in {*kept, "recorded_by"}
    }


def _forget_accounts(conn: Connection, names: Mapping[int, str]) -> int:
    for account_id, name in names.items():
        values = {**_blank(account, "home_page"), "name": name}
        conn.execute(update(account).where(account.c.id == account_id).values(**values))
        conn.execute(delete(account_conflict).where(account_conflict.c.account_id == account_id))
    return len(names)


def _forget_staged(conn: Connection, known: HeldPerson, hashes: Sequence[str]) -> dict[str, int]:
    """Rows of rosters that nobody has applied yet."""
    row = staged_person.c
    names = [
        and_(row.given_name == one.given_name, row.family_name == one.family_name, row.id_hmac.is_(None))
        for one in known.persons
        if one.given_name
    ]
    theirs = or_(
        row.person_id.in_(known.person_ids),
        row.id_hmac.in_(hashes),
        func.lower(row.email).in_(known.emails()),
        *names,
    )
    found = conn.execute(select(row.import_id, row.row).where(theirs)).all()
    for table in (staged_username, staged_person):
        for one in found:
            here = and_(table.c.import_id == one.import_id, table.c.row == one.row)
            conn.execute(delete(table).where(here))
    return {"staged_person": len(found)}


def _clear(conn: Connection, ids: Sequence[int], clearing: Clearing) -> dict[str, int]:
    """How many rows of each table said something."""
    counts = {}
    for table, values in clearing.items():
        said = or_(*(table.c[name].is_distinct_from(value) for name, value in values.items()))
        done = conn.execute(update(table).where(table.c.person_id.in_(ids), said).values(**values))
        counts[table.name] = done.rowcount
    return counts


def _delete(conn: Connection, known: HeldPerson) -> dict[str, int]:
    ids = known.person_ids
    counts = {
        table.name: conn.execute(delete(table).where(table.c.person_id.in_(ids))).rowcount
        for table in DELETED
    }
    merged = or_(person_merge.c.from_id.in_(ids), person_merge.c.into_id.in_(ids))
    why = {"reason": "", "undone_reason": None}
    said = or_(person_merge.c.reason != "", person_merge.c.undone_reason.is_not(None))
    undo = select(person_merge.c.id).where(merged)
    conn.execute(delete(merged_row).where(merged_row.c.merge_id.in_(undo)))
    counts["person_merge"] = conn.execute(update(person_merge).where(merged, said).values(**why)).rowcount
    return counts


def _end(conn: Connection, ids: Sequence[int], now: datetime, by: str) -> None:
    """Today is the last day on which they are counted anywhere."""
    today = bangkok_day(now)
    for table in (group_assignment, membership):
        lasts = or_(table.c.valid_to.is_(None), table.c.valid_to > today)
        change(conn, table, and_(table.c.person_id.in_(ids), lasts), {"valid_to": today}, now, by)


def _forget_reasons(conn: Connection, subjects: Iterable[tuple[str, str]]) -> int:
    """What people wrote about changes may name the person; that there was a change stays."""
    log = change_log.c
    about = tuple_(log.subject, log.subject_id).in_(list(subjects))
    return conn.execute(update(change_log).where(about, log.detail.is_not(None)).values(detail=None)).rowcount
