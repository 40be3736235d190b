"""All SQL about who users are at an OpenID provider. Functions take a connection and never commit."""

from datetime import datetime

from sqlalchemy import Connection, select

from connector.access import users
from connector.access.errors import AccessError
from connector.access.openid import Identity
from connector.access.users import User
from connector.tables_access import web_identity, web_user
from lrs.clock import to_micros
from mappings.changes import Change, log_changes


def user_of(conn: Connection, who: Identity, now: datetime) -> User:
    """The user whom a provider means: known by its subject, the first time by the name that it says.

    Nobody is made a user by it. Raises AccessError: `unknown`, `another` subject had that name before, or
    the user is `disabled`.
    """
    i = web_identity.c
    known = select(web_user.c.uuid).join(web_identity, i.user_id == web_user.c.id)
    uuid = conn.execute(known.where(i.issuer == who.issuer, i.subject == who.subject)).scalar()
    user = _by_name(conn, who.name) if uuid is None else users.find_user_of(conn, uuid)
    if user.disabled is not None:
        raise AccessError("disabled", "the user is disabled")
    if uuid is None:
        _keep(conn, user, who, now)
    if user.must_change:
        # An initial password that nobody has used would stay good for ever.
        users.forget_password(conn, user, now, user.name)
    return user


def _by_name(conn: Connection, name: str) -> User:
    try:
        return users.find_user(conn, name)
    except AccessError:
        raise AccessError("unknown", "there is no user whom the provider means") from None


def _keep(conn: Connection, user: User, who: Identity, now: datetime) -> None:
    i = web_identity.c
    if conn.execute(select(i.subject).where(i.issuer == who.issuer, i.user_id == user.id)).first():
        raise AccessError("another", "the name was that of another subject of the provider")
    row = {"issuer": who.issuer, "subject": who.subject, "user_id": user.id}
    conn.execute(web_identity.insert().values(**row, recorded_at=to_micros(now), recorded_by=user.name))
    log_changes(conn, [Change("identify", "user", user.uuid, who.issuer)], now, user.name)
