"""One person: details, the ten items with their evidence, accounts, and what was recorded of them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, and_, func, or_, select

from connector.report.errors import NamesHidden, NotFound
from connector.report.queries.basis import Basis, Item
from connector.report.queries.members import members
from connector.report.queries.people import full_name
from connector.report.queries.platforms import platform_names
from connector.report.words import gettext
from connector.tables import platform_course
from lrs.clock import from_micros, to_micros
from lrs.tables import activity, agent, evidence, statement, verb
from mappings.days import end_of_bangkok_day
from mappings.tables import (
    account,
    account_link,
    course,
    course_alias,
    mapping,
    person,
    unit,
)

# The page shows the latest ones; nothing is computed from this list.
MOST_RECORDS = 200
IMPORTED = "ไฟล์ที่นำเข้า"


@dataclass(frozen=True, slots=True)
class Details:
    """Who somebody is, on the report's day."""

    id: int
    uuid: str
    name: str
    id_last4: str | None
    position_th: str
    rank_th: str
    unit_uid: str
    unit_name: str
    group: str | None
    classified: bool


@dataclass(frozen=True, slots=True)
class Proof:
    """What makes an item complete. `platform_name` None: the platform is not one we synchronise."""

    statement_id: str
    platform_name: str | None
    home_page: str | None
    course_title: str
    level: int
    completed_at: datetime
    approved_by: str | None
    reference: str | None


@dataclass(frozen=True, slots=True)
class ItemState:
    """An item, its state 0, 1 or 2, whether it is asked of the person, and its proof when complete."""

    item: Item
    state: int
    required: bool
    proof: Proof | None


@dataclass(frozen=True, slots=True)
class Record:
    """A stored statement about this person's accounts."""

    statement_id: str
    verb_iri: str
    course_title: str
    at: datetime
    level: int
    voided: bool


def read_details(conn: Connection, basis: Basis, uuid: str) -> Details:
    """A person of the subtree; anybody else is not found, whoever they are."""
    if not basis.scope.names:
        raise NamesHidden
    people = members(basis.scope.unit_id, basis.as_of, basis.known, person.c.uuid == uuid)
    row = conn.execute(
        select(
            person,
            people.c.position_th,
            people.c.rank_th,
            people.c.group_code,
            people.c.classified,
            unit.c.uid.label("unit_uid"),
            unit.c.name_th.label("unit_name"),
        )
        .join(people, people.c.person_id == person.c.id)
        .join(unit, unit.c.id == people.c.unit_id)
        .where(person.c.uuid == uuid)
    ).first()
    if row is None:
        raise NotFound("ไม่พบบุคคลนี้ในขอบเขตที่ท่านดูได้")
    return Details(
        id=row.id,
        uuid=row.uuid,
        name=full_name(row.prefix_th, row.given_name, row.family_name),
        id_last4=row.id_last4,
        position_th=row.position_th,
        rank_th=row.rank_th,
        unit_uid=row.unit_uid,
        unit_name=row.unit_name,
        group=row.group_code,
        classified=bool(row.classified),
    )


def read_items(conn: Connection, basis: Basis, details: Details) -> list[ItemState]:
    """Every item of the framework with the person's state and proof, in one SELECT."""
    state, names = basis.states.c, platform_names()
    rows = conn.execute(
        select(
            state.competency_id,
            state.state,
            state.completed_at,
            state.level,
            statement.c.id.label("statement_id"),
            agent.c.home_page,
            agent.c.account_name,
            names.c.name.label("platform_name"),
            platform_course.c.title,
            course.c.title_th,
            activity.c.iri,
            mapping.c.approved_by,
            mapping.c.reference,
            mapping.c.part_count,
        )
        .outerjoin(statement, statement.c.seq == state.evidence_seq)
        .outerjoin(evidence, evidence.c.seq == state.evidence_seq)
        .outerjoin(agent, agent.c.id == evidence.c.agent_id)
        .outerjoin(activity, activity.c.id == evidence.c.activity_id)
        .outerjoin(platform_course, _course_of(agent.c.home_page))
        .outerjoin(names, names.c.home_page == agent.c.home_page)
        .outerjoin(mapping, mapping.c.id == state.mapping_id)
        .outerjoin(course, course.c.id == mapping.c.course_id)
        .where(state.person_id == details.id)
    )
    found = {row.competency_id: row for row in rows}
    required = basis.required_of(details.group)
    return [
        _item_state(item, found.get(item.id), details.uuid, required=item.id in required)
        for item in basis.items
    ]


def read_records(conn: Connection, basis: Basis, person_id: int) -> list[Record]:
    """What the store held about this person's accounts, the latest first, voided ones too."""
    rows = conn.execute(
        select(
            statement.c.id,
            verb.c.iri.label("verb_iri"),
            func.coalesce(platform_course.c.title, _mapped_title()).label("title"),
            activity.c.iri,
            evidence.c.timestamp,
            evidence.c.level,
            evidence.c.voided_at,
        )
        .select_from(account_link)
        .join(account, account.c.id == account_link.c.account_id)
        .join(agent, and_(agent.c.home_page == account.c.home_page, agent.c.account_name == account.c.name))
        .join(evidence, evidence.c.agent_id == agent.c.id)
        .join(statement, statement.c.seq == evidence.c.seq)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .outerjoin(platform_course, _course_of(agent.c.home_page))
        .where(account_link.c.person_id == person_id, *_told_by(basis))
        .order_by(evidence.c.timestamp.desc(), evidence.c.seq.desc())
        .limit(MOST_RECORDS)
    )
    return [
        Record(
            row.id, row.verb_iri, row.title or row.iri, from_micros(row.timestamp), row.level,
            _was_voided(basis, row.voided_at),
        )
        for row in rows
    ]  # fmt: skip


def _was_voided(basis: Basis, voided_at: int | None) -> bool:
    later = basis.asked and basis.known is not None and voided_at is not None and voided_at > basis.known
    return voided_at is not None and not later


def _told_by(basis: Basis) -> list[ColumnElement[bool]]:
    """Of accounts and statements: what is shown at the report's two times."""
    if not basis.asked or basis.known is None:
        return [account_link.c.unlinked_at.is_(None)]
    unlinked = account_link.c.unlinked_at
    return [
        account_link.c.linked_at <= basis.known,
        or_(unlinked.is_(None), unlinked > basis.known),
        evidence.c.stored <= basis.known,
        evidence.c.timestamp <= to_micros(end_of_bangkok_day(basis.as_of)),
    ]


def read_statement(conn: Connection, person_id: int, statement_id: str) -> bytes:
    """A stored statement as it is, if its actor is an account of this person; else not found."""
    body = conn.execute(
        select(statement.c.body)
        .join(evidence, evidence.c.seq == statement.c.seq)
        .join(agent, agent.c.id == evidence.c.agent_id)
        .join(account, and_(account.c.home_page == agent.c.home_page, account.c.name == agent.c.account_name))
        .join(account_link, account_link.c.account_id == account.c.id)
        .where(
            statement.c.id == statement_id,
            account_link.c.person_id == person_id,
            account_link.c.unlinked_at.is_(None),
        )
    ).scalar()
    if body is None:
        raise NotFound("ไม่พบบันทึกนี้ในรายการของบุคคลนี้")
    return bytes(body)


def _course_of(home_page: Any) -> Any:
    return and_(platform_course.c.activity_iri == activity.c.iri, platform_course.c.home_page == home_page)


def _mapped_title() -> ScalarSelect[str]:
    """What the mappings call the course of an activity that no platform has a title for, as an event."""
    return (
        select(func.min(course.c.title_th))
        .join(course_alias, course_alias.c.course_id == course.c.id)
        .where(course_alias.c.activity_iri == activity.c.iri)
        .scalar_subquery()
    )


def _item_state(item: Item, row: Any, uuid: str, *, required: bool) -> ItemState:
    if row is None:
        return ItemState(item, 0, required, None)
    proof = None
    if row.state == 2 and row.statement_id is not None:
        proof = Proof(
            statement_id=row.statement_id,
            # The account that stands for the person: what a file said of them.
            platform_name=row.platform_name or (gettext(IMPORTED) if row.account_name == uuid else None),
            home_page=row.home_page,
            course_title=(row.part_count == 1 and row.title) or row.title_th or row.iri or "",
            level=row.level,
            completed_at=from_micros(row.completed_at),
            approved_by=row.approved_by,
            reference=row.reference,
        )
    return ItemState(item, row.state, required, proof)
