"""The views as a database stores them, for whoever asks it by themselves."""

from sqlalchemy import Connection, text

from mappings.steps import view_texts

FORMER = (
    "learner_evidence",
    "part_complete",
    "completion",
    "competency_completion",
    "competency_complete",
    "competency_first",
)
"""Views of earlier versions that an upgrade finds."""


def drop_views(conn: Connection) -> None:
    """Before an upgrade: a table that a view reads cannot be changed."""
    names = [*view_texts(), *FORMER]
    # PostgreSQL wants those that build on each other named in one command, SQLite each in its own.
    at_once = [", ".join(names)] if conn.dialect.name == "postgresql" else names
    for some in at_once:
        conn.execute(text(f"drop view if exists {some}"))


def create_views(conn: Connection) -> None:
    """Drop and create the views; at every upgrade."""
    drop_views(conn)
    for name, body in view_texts().items():
        conn.execute(text(f"create view {name} as {body}"))
