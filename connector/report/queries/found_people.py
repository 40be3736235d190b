"""People found by name, or named by id, with where they work: to choose one of them."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, exists, or_, select

from connector.report.errors import NamesHidden
from connector.report.queries.people import full_name
from mappings.belonging import people_of_unit
from mappings.honorifics import split_honorific
from mappings.people import Scope
from mappings.tables import membership, person, person_merge, unit

MOST_FOUND = 30


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Somebody within the reader's scope; `units`: where they work, or worked last."""

    id: int
    uuid: str
    name: str
    id_last4: str | None
    position_th: str
    units: tuple[str, ...]


def read_persons(conn: Connection, scope: Scope, ids: Collection[int]) -> dict[int, PersonShown]:
    """By id, those of them who work within the scope, or worked there last."""
    return _read(conn, scope, person.c.id.in_(ids))


def find_persons(conn: Connection, scope: Scope, words: str) -> list[PersonShown]:
    """The first whose given or family name has each of the words, in Thai order; nobody who was merged away.

    Honorifics do not count.
    """
    if not scope.names:
        raise NamesHidden
    found = split_honorific(words)[1].split()
    if not found:
        return []
    merged = exists().where(person_merge.c.from_id == person.c.id, person_merge.c.undone_at.is_(None))
    c = person.c
    named = [
        or_(c.given_name.contains(word, autoescape=True), c.family_name.contains(word, autoescape=True))
        for word in found
    ]
    page = (
        select(c.id)
        .where(*named, ~merged, c.erased_at.is_(None), _within(scope))
        .order_by(c.sort_key, c.id)
        .limit(MOST_FOUND)
    )
    return list(_read(conn, scope, c.id.in_(page)).values())


def _within(scope: Scope) -> ColumnElement[bool]:
    return person.c.id.in_(people_of_unit(scope.unit_id))


def _read(conn: Connection, scope: Scope, which: ColumnElement[bool]) -> dict[int, PersonShown]:
    c = person.c
    rows = conn.execute(select(person).where(which, _within(scope)).order_by(c.sort_key, c.id)).all()
    posts = _posts(conn, [row.id for row in rows])
    return {
        row.id: PersonShown(
            id=row.id,
            uuid=row.uuid,
            name=full_name(row.prefix_th, row.given_name, row.family_name),
            id_last4=row.id_last4,
            position_th=next((position for _, position in posts[row.id]), ""),
            units=tuple(dict.fromkeys(name for name, _ in posts[row.id])),
        )
        for row in rows
    }


def _posts(conn: Connection, ids: Collection[int]) -> Mapping[int, list[tuple[str, str]]]:
    """(unit, position) of those that last; where none does, of the last one."""
    m = membership.c
    rows = conn.execute(
        select(m.person_id, m.valid_to, m.position_th, unit.c.name_th)
        .join(unit, unit.c.id == m.unit_id)
        .where(m.person_id.in_(ids))
        .order_by(m.person_id, m.valid_to.is_not(None), m.id.desc())
    )
    posts: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        if row.valid_to is None or not posts[row.person_id]:
            posts[row.person_id].append((row.name_th, row.position_th))
    return posts
