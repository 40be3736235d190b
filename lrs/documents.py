"""All SQL about documents (xAPI Communication 2.2). Functions take a connection and never commit.

Who changes documents holds a lock on their agent and activity to the end of the transaction, so that what
it has read is still so when it writes: SQLite has one writer at a time, PostgreSQL an advisory lock.
"""

from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Text, bindparam, delete, select, text

from lrs.bulk import upsert_ignore
from lrs.document import Document, Place
from lrs.statement import Actor
from lrs.tables import activity, agent, document

_LOCK = text("select pg_advisory_xact_lock(7461002, hashtext(:slot))").bindparams(
    bindparam("slot", type_=Text)
)
_COLUMNS = (document.c.content, document.c.content_type, document.c.etag, document.c.updated)


class Owners(NamedTuple):
    """The numbers of a document's agent and activity; 0: its kind has none."""

    agent_id: int
    activity_id: int


# ---- reading ------------------------------------------------------------------------------------


def find(conn: Connection, place: Place) -> Document | None:
    """The document there, if there is one."""
    owners = known_owners(conn, place)
    return None if owners is None else find_of(conn, place, owners)


def find_of(conn: Connection, place: Place, owners: Owners) -> Document | None:
    """As `find`, where the owners are known."""
    row = conn.execute(select(*_COLUMNS).where(*_where(place, owners))).first()
    return None if row is None else Document(bytes(row[0]), row[1], row[2], row[3])


def names(conn: Connection, place: Place) -> tuple[list[str], int | None]:
    """The names of the documents there, sorted, and when the last of them was changed, in microseconds."""
    owners = known_owners(conn, place)
    if owners is None:
        return [], None
    where = _where(place, owners)
    if place.since is not None:
        where.append(document.c.updated > place.since)
    rows = conn.execute(select(document.c.name, document.c.updated).where(*where)).all()
    return sorted({row[0] for row in rows}), max((row[1] for row in rows), default=None)


# ---- writing ------------------------------------------------------------------------------------


def known_owners(conn: Connection, place: Place) -> Owners | None:
    """The numbers of the agent and the activity; None: one of them is not known, and has no documents."""
    agent_id = 0 if place.agent is None else _number(conn, agent.c.key, place.agent.key)
    activity_id = 0 if place.activity is None else _number(conn, activity.c.iri, place.activity)
    return None if agent_id is None or activity_id is None else Owners(agent_id, activity_id)


def owners(conn: Connection, place: Place) -> Owners:
    """The same, each stored where it is new."""
    # Agent first, then activity, as statements do: so two that wait for each other cannot be.
    if place.agent is not None and _number(conn, agent.c.key, place.agent.key) is None:
        upsert_ignore(conn, agent, [_agent_row(place.agent)])
    if place.activity is not None and _number(conn, activity.c.iri, place.activity) is None:
        upsert_ignore(conn, activity, [{"iri": place.activity}])
    found = known_owners(conn, place)
    if found is None:
        raise LookupError("an agent or an activity vanished while a document was stored")
    return found


def _agent_row(actor: Actor) -> dict[str, str | None]:
    return {"key": actor.key, "home_page": actor.home_page, "account_name": actor.account_name}


def lock(conn: Connection, place: Place, owners: Owners) -> None:
    """From here to the end of the transaction no other changes documents of this kind and these owners."""
    if conn.dialect.name == "postgresql":
        conn.execute(_LOCK, {"slot": f"{place.kind}:{owners.agent_id}:{owners.activity_id}"})


def save(conn: Connection, place: Place, owners: Owners, new: Document) -> None:
    """Store the document there, in place of the one that may be there. The caller holds the lock."""
    values = {
        "content": new.content,
        "content_type": new.content_type,
        "etag": new.tag,
        "updated": new.updated,
    }
    done = conn.execute(document.update().where(*_where(place, owners)).values(**values))
    if not done.rowcount:
        conn.execute(
            document.insert().values(
                kind=place.kind,
                agent_id=owners.agent_id,
                activity_id=owners.activity_id,
                registration=place.registration or "",
                name=place.name,
                **values,
            )
        )


def remove(conn: Connection, place: Place, owners: Owners) -> None:
    """Delete the document there, or all of them."""
    conn.execute(delete(document).where(*_where(place, owners)))


# ---- where --------------------------------------------------------------------------------------


def _number(conn: Connection, key: Column[Any], name: str) -> int | None:
    return conn.execute(select(key.table.c.id).where(key == name)).scalar()


def _where(place: Place, owners: Owners) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [
        document.c.kind == place.kind,
        document.c.agent_id == owners.agent_id,
        document.c.activity_id == owners.activity_id,
    ]
    if place.name is not None:
        where += [document.c.name == place.name, document.c.registration == (place.registration or "")]
    elif place.registration is not None:
        where.append(document.c.registration == place.registration)
    return where
