"""The rows behind an explanation: all SQL of `mappings.explain`. It reads, and writes nothing."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, func, or_, select, union_all

from lrs.tables import activity, agent, evidence, statement, verb
from mappings.errors import MappingError
from mappings.explain_facts import Asking, Facts, Name, Part, Said, Source, Span, Term
from mappings.framework_terms import in_force
from mappings.group_assignments import ASSIGNMENT
from mappings.remembered import versions
from mappings.tables import (
    account,
    account_link,
    competency,
    course,
    course_alias,
    framework,
    framework_term,
    group_assignment,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    person,
    requirement,
)
from mappings.times import Times


def read_person(conn: Connection, uuid: str) -> int:
    """The row of a person; raises MappingError where there is none."""
    found = conn.execute(select(person.c.id).where(person.c.uuid == uuid)).scalar_one_or_none()
    if found is None:
        raise MappingError(f"person {uuid}: not found; the id stands in the address of the person's page")
    return int(found)


def read_competency(conn: Connection, code: str, times: Times) -> int:
    """The row of a competency in the framework in force on the day asked: of several the one that began
    last. Raises MappingError where none has the code."""
    f = framework_term.c
    found = conn.execute(
        select(competency.c.id)
        .join(framework_term, f.framework_id == competency.c.framework_id)
        .where(competency.c.code == code, in_force(times.as_of, times.known_at))
        .order_by(f.valid_from.desc(), f.framework_id.desc())
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise MappingError(f"competency {code}: in no framework that is in force on {times.as_of}")
    return int(found)


def read_group(conn: Connection, person_id: int, times: Times) -> str | None:
    """The person's group on the day asked, as was known; None: none, or not classified."""
    parts = [
        select(g.c.id, g.c.group_code, g.c.basis)
        .where(g.c.person_id == person_id, g.c.valid_from <= times.as_of, known)
        .where(or_(g.c.valid_to.is_(None), g.c.valid_to >= times.as_of))
        for g, known in versions(group_assignment, times.known_at)
    ]
    held = union_all(*parts).subquery().c
    last = (case((held.basis == ASSIGNMENT, 0), else_=1), held.id.desc())
    return conn.execute(select(held.group_code).order_by(*last).limit(1)).scalar_one_or_none()


def read_facts(conn: Connection, person_id: int, competency_ids: Collection[int]) -> dict[int, Facts]:
    """Competency -> all that bears on it and a person, of all times; in seven queries."""
    asking, sources = _asking(conn, competency_ids), _sources(conn, competency_ids)
    names = _names(conn, {part.course_id for some in sources.values() for one in some for part in one.parts})
    said = _said(conn, person_id, {one.activity_iri for one in names})
    return {id_: Facts(asking[id_], sources[id_], names, said) for id_ in competency_ids}


def _span(row: Any) -> Span:
    return Span(row.valid_from, row.valid_to, row.recorded_at)


def _asking(conn: Connection, competency_ids: Collection[int]) -> dict[int, Asking]:
    rows = conn.execute(
        select(framework, competency.c.id.label("competency_id"))
        .join(competency, competency.c.framework_id == framework.c.id)
        .where(competency.c.id.in_(competency_ids))
    ).all()
    terms = conn.execute(
        select(framework_term)
        .where(framework_term.c.framework_id.in_({row.id for row in rows}))
        .order_by(framework_term.c.id)
    ).all()
    asked = conn.execute(select(requirement).where(requirement.c.competency_id.in_(competency_ids))).all()

    def of(row: Any, column: str) -> tuple[str, ...]:
        same = (row.competency_id, row.id)
        return tuple(
            sorted({getattr(one, column) for one in asked if (one.competency_id, one.framework_id) == same})
        )

    def days(row: Any) -> tuple[Term, ...]:
        return tuple(Term(_span(one), one.superseded_at) for one in terms if one.framework_id == row.id)

    return {
        row.competency_id: Asking(
            row.code, row.version, row.document_no, days(row), of(row, "stage"), of(row, "group_code")
        )
        for row in rows
    }


def _sources(conn: Connection, competency_ids: Collection[int]) -> dict[int, tuple[Source, ...]]:
    rows = conn.execute(
        select(mapping, course.c.code, course.c.title_th, mapping_competency.c.competency_id)
        .join(course, course.c.id == mapping.c.course_id)
        .join(mapping_competency, mapping_competency.c.mapping_id == mapping.c.id)
        .where(mapping_competency.c.competency_id.in_(competency_ids))
        .order_by(mapping.c.id)
    ).all()
    verbs = conn.execute(
        select(mapping_verb).where(mapping_verb.c.mapping_id.in_({row.id for row in rows}))
    ).all()
    parts = conn.execute(
        select(mapping_part.c.mapping_id, course.c.id, course.c.code, course.c.title_th)
        .join(course, course.c.id == mapping_part.c.course_id)
        .where(mapping_part.c.mapping_id.in_({row.id for row in rows}))
        .order_by(course.c.id)
    ).all()
    return {
        id_: tuple(_source(row, verbs, parts) for row in rows if row.competency_id == id_)
        for id_ in competency_ids
    }


def _source(row: Any, verbs: Sequence[Any], parts: Sequence[Any]) -> Source:
    own = [(one.criterion, one.verb_iri) for one in verbs if one.mapping_id == row.id]
    return Source(
        id=row.id,
        course_id=row.course_id,
        course_code=row.code,
        course_title=row.title_th,
        status=row.status,
        approved_by=row.approved_by,
        reference=row.reference,
        digest=row.digest,
        span=_span(row),
        ended_at=row.ended_at,
        level_at_most=row.level_at_most,
        score_at_least=row.score_at_least,
        completing=frozenset(iri for criterion, iri in own if criterion == "complete"),
        beginning=frozenset(iri for criterion, iri in own if criterion == "progress"),
        parts=tuple(Part(one.id, one.code, one.title_th) for one in parts if one.mapping_id == row.id),
    )


def _names(conn: Connection, course_ids: Collection[int]) -> tuple[Name, ...]:
    rows = conn.execute(
        select(course_alias)
        .where(course_alias.c.course_id.in_(course_ids), course_alias.c.activity_iri.is_not(None))
        .order_by(course_alias.c.id)
    )
    return tuple(Name(row.activity_iri, row.course_id, _span(row), row.ended_at) for row in rows)


def _said(conn: Connection, person_id: int, iris: Collection[str]) -> tuple[Said, ...]:
    """A statement stands here once for each link of its account, for one link may hold and another not."""
    rows: Iterable[Sequence[Any]] = conn.execute(
        select(
            evidence.c.seq,
            func.coalesce(statement.c.id, ""),
            agent.c.home_page,
            activity.c.iri,
            verb.c.iri,
            evidence.c.level,
            evidence.c.success,
            evidence.c.completion,
            evidence.c.score_scaled,
            evidence.c.timestamp,
            evidence.c.stored,
            evidence.c.voided_at,
            account_link.c.linked_at,
            account_link.c.unlinked_at,
        )
        .select_from(account_link)
        .join(account, account.c.id == account_link.c.account_id)
        .join(agent, and_(agent.c.home_page == account.c.home_page, agent.c.account_name == account.c.name))
        .join(evidence, evidence.c.agent_id == agent.c.id)
        .join(activity, activity.c.id == evidence.c.activity_id)
        .join(verb, verb.c.id == evidence.c.verb_id)
        .outerjoin(statement, statement.c.seq == evidence.c.seq)
        .where(account_link.c.person_id == person_id, activity.c.iri.in_(iris))
        .where(evidence.c.object_type == "activity")
        .order_by(evidence.c.seq, account_link.c.id)
    )
    return tuple(Said(*row) for row in rows)
