"""What the pages of people remember: searches for hours, reminders, and who wants none.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text

from lrs.tables import Serial, metadata
from mappings.tables.columns import recorded

# Words that somebody searches names for stand here, and what stands for them in addresses.
people_search = Table(
    "people_search",
    metadata,
    Column("token", String(32), primary_key=True),
    # Whoever searches, and nobody else may use the token; null: where there are no users.
    Column("user_id", Serial, ForeignKey("web_user.id"), index=True),
    Column("words", Text, nullable=False),
    Column("searched_at", BigInteger, nullable=False, index=True),
)

# An e-mail that tells somebody what is missing; to which address is looked up when it is sent.
reminder = Table(
    "reminder",
    metadata,
    Column("id", Serial, primary_key=True),
    # Stands in the Message-ID.
    Column("uuid", String(36), nullable=False, unique=True),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False),
    # A name of connector.reminders.states
    Column("state", String(10), nullable=False),
    # How often it was handed to the mail server, and when last.
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("tried_at", BigInteger),
    # Not before this moment.
    Column("due_at", BigInteger, nullable=False),
    # What the server answered last, without its words: they may hold an address.
    Column("error", String(40)),
    # Nothing more is done about it since; null: it waits, or is being sent.
    Column("ended_at", BigInteger),
    *recorded(),
    Index("ix_reminder_person_id_ended_at", "person_id", "ended_at"),
    Index("ix_reminder_tried_at", "tried_at"),
)
Index(
    "uq_reminder_open",
    reminder.c.person_id,
    unique=True,
    sqlite_where=reminder.c.ended_at.is_(None),
    postgresql_where=reminder.c.ended_at.is_(None),
)

# Who is sent no reminders.
reminder_stop = Table(
    "reminder_stop",
    metadata,
    Column("person_id", Serial, ForeignKey("person.id"), primary_key=True, autoincrement=False),
    # A user's name; null: they asked for it themselves, by the link in a reminder.
    Column("stopped_by", Text),
    Column("stopped_at", BigInteger, nullable=False),
)
