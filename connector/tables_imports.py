"""What the connector remembers of the files that people brought, and of what it wrote because of them.

Instants (`…_at`) are microseconds since the epoch (`lrs.clock`).
"""

from sqlalchemy import BigInteger, Column, Date, ForeignKey, Index, Integer, String, Table, Text

from lrs.tables import Serial, metadata

# A file that was read: staged until somebody confirms it, then applied; or discarded.
import_file = Table(
    "import_file",
    metadata,
    Column("id", Serial, primary_key=True),
    # Stands in addresses.
    Column("uuid", String(36), nullable=False, unique=True),
    # units | roster | completions | attendance | claims
    Column("kind", String(12), nullable=False),
    # The file's name as it was brought, without folders, and the SHA-256 of its bytes, hex.
    Column("name", Text, nullable=False),
    Column("digest", String(64), nullable=False),
    # full: whoever is missing from a unit that the file names has left it; part: says nothing of others.
    Column("coverage", String(4), nullable=False),
    # What else was chosen for this file (a preset, the seminar's details), as JSON; empty: nothing.
    Column("options", Text, nullable=False, server_default=""),
    # The titles of its columns, as a JSON list of texts.
    Column("titles", Text, nullable=False, server_default=""),
    # reading | failed | staged | applied | discarded | withdrawn
    Column("state", String(9), nullable=False),
    Column("rows_total", Integer, nullable=False, server_default="0"),
    Column("rows_refused", Integer, nullable=False, server_default="0"),
    # What applying it does, or did: rows that add, change or leave as it is, and people who leave.
    Column("added", Integer, nullable=False, server_default="0"),
    Column("changed", Integer, nullable=False, server_default="0"),
    Column("unchanged", Integer, nullable=False, server_default="0"),
    Column("departed", Integer, nullable=False, server_default="0"),
    # What the check knew: the newest change of the log then, and the instant.
    Column("checked_change", Serial),
    Column("checked_at", BigInteger),
    Column("staged_at", BigInteger, nullable=False),
    Column("staged_by", Text, nullable=False),
    # The unit whose coordinator brought it: its rows are about nobody outside; null: about anybody.
    Column("unit_id", Serial),
    # Applied, discarded or withdrawn: the last thing that was done with it, and why.
    Column("done_at", BigInteger),
    Column("done_by", Text),
    Column("reason", Text),
    Index("ix_import_file_kind_state", "kind", "state"),
)

# A row that cannot be taken. Values are masked where a national id may stand.
import_refusal = Table(
    "import_refusal",
    metadata,
    Column("import_id", Serial, ForeignKey("import_file.id"), primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("column_title", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("reason", Text, nullable=False),
    # The whole row as a JSON list of texts, for the file to be corrected.
    Column("cells", Text, nullable=False, server_default=""),
)

# A good row of a file that is not a roster, as JSON, and the statement it became.
import_row = Table(
    "import_row",
    metadata,
    Column("import_id", Serial, ForeignKey("import_file.id"), primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("payload", Text, nullable=False),
    # ready | applied | withdrawn
    Column("state", String(9), nullable=False),
    Column("person_id", Serial, ForeignKey("person.id"), index=True),
    Column("statement_id", String(36)),
)

# A mapping of columns that somebody saved by name: ours -> the file's header, as JSON.
column_preset = Table(
    "column_preset",
    metadata,
    Column("name", Text, primary_key=True),
    Column("kind", String(12), nullable=False),
    Column("columns", Text, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("recorded_by", Text, nullable=False),
)

# A certificate that somebody says they have.
claim = Table(
    "claim",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("uuid", String(36), nullable=False, unique=True),
    Column("import_id", Serial, ForeignKey("import_file.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("person_id", Serial, ForeignKey("person.id"), nullable=False, index=True),
    # The certificate's code in one spelling, without the address around it.
    Column("code", Text, nullable=False, index=True),
    Column("url", Text, nullable=False, server_default=""),
    # What the row calls the course, and which course of the mappings it is; null: not known yet.
    Column("course_label", Text, nullable=False, server_default=""),
    Column("course_id", Serial, ForeignKey("course.id")),
    Column("completed_on", Date),
    # claimed | verified | rejected | duplicate
    Column("state", String(9), nullable=False, index=True),
    Column("duplicate_of_id", Serial, ForeignKey("claim.id")),
    Column("claimed_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("decided_by", Text),
    Column("reason", Text),
    Column("statement_id", String(36)),
)
