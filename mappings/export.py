"""All that is held about one person, for that person: rows, statements, documents (PDPA s.30, s.31).

Which tables say something about a person follows from the schema: whatever refers to a person or an account
is exported, column by column, so a table or a column that is added is exported too.
"""

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import orjson
from sqlalchemy import BigInteger, Column, Connection, Row, Table, and_, or_, select, tuple_

from lrs.attachments import listed
from lrs.clock import from_micros, to_iso
from lrs.mentions import agents_of, bodies, documents_of, statements_of
from lrs.tables import metadata
from mappings.held_person import HeldPerson
from mappings.tables import (
    account,
    change_log,
    competency,
    course,
    learning_category,
    person,
    staged_person,
    staged_username,
)

WORKING = frozenset({"batch_learner", "stale_account", "stale_person"})
"""Tables that hold ids for moments, and nothing about anybody."""

HIDDEN = "(a keyed hash)"
"""Stands for the hash of a national id or of a password: it says nothing, and never leaves the database."""

_HASHES = frozenset({"id_hmac", "password_hash"})

# What is meant by columns of these names where a table has no foreign keys.
_REFERENCES = {"person_id": person, "account_id": account}
_FURTHER = {"competency_id": competency, "course_id": course, "category_id": learning_category}
# What a reference is called in words.
_WORDS = {
    "unit": ("uid", "name_th"),
    "competency": ("code", "name_th"),
    "course": ("code", "title_th"),
    "learning_category": ("code",),
    "import_file": ("uuid", "name"),
}


class Section(NamedTuple):
    """A part of the export: its name, and its entries as they are read."""

    name: str
    entries: Iterator[Mapping[str, Any]]


def export_person(
    conn: Connection, known: HeldPerson, subjects: Sequence[tuple[str, str]] = ()
) -> Iterator[Section]:
    """Section by section, to be read in this order. `connector.tables_imports` has to be imported for its
    tables to be among them. `subjects`: of the log of changes, beyond the person and the accounts."""
    for table, columns in references().items():
        yield Section(table.name, _rows(conn, table, columns, known))
    yield Section("staged_username", _staged_usernames(conn, known))
    yield Section("change_log", _changes(conn, [*known.subjects(), *subjects]))
    ids = set(agents_of(conn, known.agent_keys()).values())
    yield Section("statements", _statements(conn, ids))
    yield Section("documents", _documents(conn, ids))


def references() -> dict[Table, list[tuple[Column[Any], Table]]]:
    """Table -> its columns that refer to a person or an account, the people themselves first."""
    found: dict[Table, list[tuple[Column[Any], Table]]] = {
        person: [(person.c.id, person)],
        account: [(account.c.id, account)],
    }
    for table in metadata.sorted_tables:
        columns = [(column, of) for column in table.c if (of := _refers_to(column)) is not None]
        if columns and table.name not in WORKING:
            found[table] = columns
    return found


def _refers_to(column: Column[Any]) -> Table | None:
    targets = {key.column.table for key in column.foreign_keys} & {person, account}
    return targets.pop() if targets else _REFERENCES.get(column.name)


def _rows(
    conn: Connection, table: Table, columns: list[tuple[Column[Any], Table]], known: HeldPerson
) -> Iterator[Mapping[str, Any]]:
    ids = {person: known.person_ids, account: known.account_ids}
    theirs = or_(*(column.in_(ids[of]) for column, of in columns))
    for row in conn.execute(select(table).where(theirs).order_by(*table.primary_key)).all():
        yield {**plain(table, row), **_in_words(conn, table, row)}


def plain(table: Table, row: Row[Any]) -> dict[str, Any]:
    """A row as JSON: days and instants in ISO 8601."""
    return {str(column.name): _value(column, getattr(row, column.name)) for column in table.c}


def _value(column: Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if column.name in _HASHES:
        return HIDDEN
    if isinstance(value, date):
        return value.isoformat()
    instant = column.name == "at" or column.name.endswith(("_at", "_since"))
    if instant and isinstance(column.type, BigInteger):
        return to_iso(from_micros(value))
    return value


def _in_words(conn: Connection, table: Table, row: Row[Any]) -> dict[str, Any]:
    said = {}
    for column in table.c:
        of, value = _means(column), getattr(row, column.name)
        if of is not None and of.name in _WORDS and value is not None:
            words = select(*(of.c[name] for name in _WORDS[of.name])).where(of.c.id == value)
            said[str(column.name).removesuffix("_id")] = list(conn.execute(words).one())
    return said


def _means(column: Column[Any]) -> Table | None:
    for key in column.foreign_keys:
        return key.column.table
    return _FURTHER.get(column.name)


def _staged_usernames(conn: Connection, known: HeldPerson) -> Iterator[Mapping[str, Any]]:
    one, other = staged_username.c, staged_person.c
    same = and_(one.import_id == other.import_id, one.row == other.row)
    theirs = select(staged_username).join(staged_person, same).where(other.person_id.in_(known.person_ids))
    for row in conn.execute(theirs.order_by(one.import_id, one.row, one.home_page)):
        yield plain(staged_username, row)


def _changes(conn: Connection, subjects: Sequence[tuple[str, str]]) -> Iterator[Mapping[str, Any]]:
    """What was done with their rows and accounts, by whom and why."""
    log = change_log.c
    about = select(change_log).where(tuple_(log.subject, log.subject_id).in_(subjects))
    for row in conn.execute(about.order_by(log.id)):
        yield plain(change_log, row)


def _statements(conn: Connection, agent_ids: Collection[int]) -> Iterator[Mapping[str, Any]]:
    """As they are stored; what is attached to them is described, the files themselves are not in it."""
    for kept in bodies(conn, statements_of(conn, agent_ids)):
        statement = orjson.loads(kept.body)
        yield {
            "statement": statement,
            "voided_at": None if kept.voided_at is None else to_iso(kept.voided_at),
            "attachments": [one for _, one in listed(statement)],
        }


def _documents(conn: Connection, agent_ids: Collection[int]) -> Iterator[Mapping[str, Any]]:
    """Content as text where it is text, else in base64."""
    for one in documents_of(conn, agent_ids):
        about = one._asdict() | {"updated": to_iso(one.updated), "encoding": "text"}
        try:
            yield about | {"content": one.content.decode()}
        except UnicodeDecodeError:
            yield about | {"content": base64.b64encode(one.content).decode(), "encoding": "base64"}
