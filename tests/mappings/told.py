"""Puts a generated history into a database: statements by way of the record store, the rest as rows."""

import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select

from lrs import store
from lrs.clock import to_iso, to_micros
from lrs.statement import Authority, Prepared, prepare
from lrs.tables import statement
from mappings import vocabulary
from mappings.tables import (
    PAST,
    account,
    account_link,
    competency,
    course,
    course_alias,
    evidence_hours,
    framework,
    framework_term,
    group_assignment,
    learning_category,
    mapping,
    mapping_competency,
    mapping_part,
    mapping_verb,
    membership,
    person,
    requirement,
    unit,
    unit_place,
)
from tests.mappings.histories import (
    ACCOUNTS,
    CODES,
    COURSES,
    PEOPLE,
    UNITS,
    Dated,
    Framework,
    Group,
    History,
    Mapping,
    Post,
    Statement,
)
from tests.mappings.world import BEGIN

_PAGES = frozenset(one.home_page for one in ACCOUNTS)
_CLERK = {"account": {"homePage": "https://example.org", "name": "test"}}
_KNOWN = {"recorded_at": to_micros(BEGIN), "recorded_by": "test"}


def tell(conn: Connection, history: History) -> list[int]:
    """Store all of it; the sequence number of each statement, ascending. Frameworks, courses, mappings,
    categories and people have their places in the history, counted from 1, as ids."""
    _people(conn, history)
    _frameworks(conn, history)
    _courses(conn, history)
    _moves(conn, history)
    return _statements(conn, history)


def competency_id(framework_place: int, code: str) -> int:
    """The row of a competency."""
    return framework_place * len(CODES) + CODES.index(code) + 1


def category_id(framework_place: int, category: int) -> int:
    """The row of a category."""
    return framework_place * 2 + category + 1


def _put(conn: Connection, table: Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        conn.execute(insert(table), rows)


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else to_micros(moment)


def _dated(one: Dated) -> dict[str, Any]:
    times = {"valid_from": one.valid_from, "valid_to": one.valid_to}
    return times | {"recorded_at": to_micros(one.recorded_at), "recorded_by": "test"}


def _people(conn: Connection, history: History) -> None:
    names = {"given_name": "ก", "family_name": "ข", "sort_key": "กข"}
    _put(conn, person, [{"id": one, "uuid": f"uuid {one}", **names, **_KNOWN} for one in PEOPLE])
    seen = {"first_seen_at": to_micros(BEGIN), "last_seen_at": to_micros(BEGIN)}
    _put(conn, account, [{"id": n, **one._asdict(), **seen} for n, one in enumerate(ACCOUNTS, 1)])
    links = [
        {
            "account_id": ACCOUNTS.index(one.account) + 1,
            "person_id": one.person,
            "method": "decision",
            "linked_at": to_micros(one.linked_at),
            "unlinked_at": _micros(one.unlinked_at),
            "recorded_by": "test",
        }
        for one in history.links
    ]
    _put(conn, account_link, links)


def _frameworks(conn: Connection, history: History) -> None:
    versions = list(enumerate(history.frameworks))
    titles = {"title_th": "", "title_en": "", "document_no": "", "code": "f", "digest": ""}
    _put(conn, framework, [titles | _KNOWN | {"id": at + 1, "version": str(at)} for at, _ in versions])
    _put(
        conn,
        framework_term,
        [term | {"framework_id": at + 1} for at, one in versions for term in _terms(one)],
    )
    names = {"dimension": "", "name_th": "", "name_en": ""}
    items = [
        {"id": competency_id(place, code), "code": code, "position": at, "framework_id": place + 1} | names
        for place, _ in versions
        for at, code in enumerate(CODES)
    ]
    _put(conn, competency, items)
    required = [
        {"framework_id": place + 1, "stage": "early", "group_code": group}
        | {"competency_id": competency_id(place, code)}
        for place, one in versions
        for code in sorted(one.required)
        for group in "MA"
    ]
    _put(conn, requirement, required)
    words = {"weight": 70, "name_en": "", "description_th": ""}
    categories = [
        {"id": category_id(place, n), "code": f"LC{n}", "framework_id": place + 1} | words
        for place, _ in versions
        for n in (0, 1)
    ]
    _put(conn, learning_category, categories)


def _terms(one: Framework) -> Iterator[dict[str, Any]]:
    """A row, and the one that takes its place; it may be known only after that."""
    if one.retold is None:
        yield _dated(one) | {"superseded_at": None}
        return
    at, last = one.retold
    yield _dated(one) | {"superseded_at": to_micros(at)}
    yield _dated(replace(one, valid_to=last, recorded_at=max(at, one.recorded_at))) | {"superseded_at": None}


def _courses(conn: Connection, history: History) -> None:
    _put(conn, course, [{"id": one, "code": str(one), "title_th": "", **_KNOWN} for one in COURSES])
    aliases = [
        {"activity_iri": _iri(one.activity), "label": one.activity, "course_id": one.course}
        | {"ended_at": _micros(one.ended_at)}
        | _dated(one)
        for one in history.aliases
    ]
    _put(conn, course_alias, aliases)
    mappings = [({"mapping_id": place}, one) for place, one in enumerate(history.mappings, 1)]
    _put(conn, mapping, [_mapping(own["mapping_id"], one) for own, one in mappings])
    parts = [own | {"course_id": each} for own, one in mappings for each in one.parts or [one.course]]
    _put(conn, mapping_part, parts)
    proven = [
        own | {"competency_id": competency_id(one.framework, code)}
        for own, one in mappings
        for code in sorted(one.competencies)
    ]
    _put(conn, mapping_competency, proven)
    verbs = [
        own | {"verb_iri": verb, "criterion": word} for own, one in mappings for verb, word in _words(one)
    ]
    _put(conn, mapping_verb, verbs)


def _words(one: Mapping) -> list[tuple[str, str]]:
    completing = [(verb, "complete") for verb in sorted(one.verbs)]
    return completing + [(verb, "progress") for verb in sorted(one.progress_verbs)]


def _mapping(place: int, one: Mapping) -> dict[str, Any]:
    return _dated(one) | {
        "id": place,
        "course_id": one.course,
        "framework_id": one.framework + 1,
        "category_id": None if one.category is None else category_id(one.framework, one.category),
        "status": "approved" if one.approved else "draft",
        "hours": one.hours,
        "hours_are_sample": False,
        "level_at_most": one.level_at_most,
        "score_at_least": one.score_at_least,
        "part_count": len(one.parts) or 1,
        "digest": str(place),
        "ended_at": _micros(one.ended_at),
    }


def _moves(conn: Connection, history: History) -> None:
    if not history.posts:
        return
    names = {"kind": "school", "name_th": "", "sort_key": "", "parent_id": None}
    _put(conn, unit, [{"id": one, "uid": str(one), **names, **_KNOWN} for one in UNITS])
    lies = [(up, one) for one in UNITS for up in {1, one}]
    places = [{"ancestor_id": up, "unit_id": one, "depth": int(up != one)} for up, one in lies]
    _put(conn, unit_place, [one | {"recorded_at": 0} for one in places])
    texts = {"position_th": "", "rank_th": "", "line": ""}
    for post in history.posts:
        _remember(conn, membership, post, {"unit_id": post.unit} | texts)
    for group in history.groups:
        values = {"group_code": group.code, "basis": group.basis}
        _remember(conn, group_assignment, group, values)


def _remember(conn: Connection, table: Table, one: Post | Group, values: dict[str, Any]) -> None:
    row = {"id": one.line, "person_id": one.person} | values | _dated(one)
    if one.superseded_at is None:
        _put(conn, table, [row])
    else:
        _put(conn, PAST[table], [row | {"superseded_at": to_micros(one.superseded_at)}])


# ---- statements -----------------------------------------------------------------------------------


def _statements(conn: Connection, history: History) -> list[int]:
    """Moment by moment, voids after what came at the same moment."""
    ids = [str(uuid.UUID(int=place + 1, version=4)) for place in range(len(history.statements))]
    due: dict[datetime, list[Prepared]] = defaultdict(list)
    for id_, said in zip(ids, history.statements, strict=True):
        due[said.stored].append(_said(id_, said))
    for id_, said in zip(ids, history.statements, strict=True):
        if said.voided_at is not None:
            due[said.voided_at].append(_void(id_))
    for moment in sorted(due):
        store.insert(conn, due[moment], lambda at=moment: at)  # type: ignore[misc]
    numbers = {row.id: row.seq for row in conn.execute(select(statement.c.id, statement.c.seq))}
    told = [numbers[id_] for id_ in ids]
    hours = [(seq, said.hours) for seq, said in zip(told, history.statements, strict=True)]
    _put(conn, evidence_hours, [{"seq": seq, "hours": own} for seq, own in hours if own is not None])
    return told


def _said(id_: str, said: Statement) -> Prepared:
    told = {"success": said.success, "completion": said.completion}
    result: dict[str, Any] = {name: value for name, value in told.items() if value is not None}
    if said.score is not None:
        result["score"] = {"scaled": said.score}
    raw: dict[str, Any] = {
        "id": id_,
        "actor": {"account": {"homePage": said.account.home_page, "name": said.account.name}},
        "verb": {"id": said.verb},
        "object": {"id": _iri(said.activity)},
        "timestamp": to_iso(said.happened),
    }
    return _prepared(raw | ({"result": result} if result else {}), said.level)


def _void(id_: str) -> Prepared:
    raw = {
        "actor": {"account": {"homePage": ACCOUNTS[0].home_page, "name": "admin"}},
        "verb": {"id": vocabulary.VOIDED},
        "object": {"objectType": "StatementRef", "id": id_},
    }
    return _prepared(raw, 1)


def _prepared(raw: dict[str, Any], level: int) -> Prepared:
    authority = Authority(_CLERK, level, _PAGES if level < 9 else None)
    return prepare(raw, version="1.0.3", authority=authority)


def _iri(activity: str) -> str:
    return f"https://courses.example/{activity}"
