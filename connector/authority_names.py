"""Authorities as people name them: by the name of a credential, or as an agent in JSON."""

import json

from sqlalchemy import Connection

from lrs.credentials import agent_key, authority_key, key_of
from lrs.errors import BadRequest, BadStatement


def authority_named(conn: Connection, text: str) -> str:
    """The agent key (`lrs.statement.Actor.key`); raises NotFound and BadRequest."""
    if not text.lstrip().startswith("{"):
        return authority_key(key_of(conn, text))
    try:
        return agent_key(json.loads(text))
    except (ValueError, BadStatement) as error:
        raise BadRequest(f"authority: not an agent in JSON: {error}") from None
