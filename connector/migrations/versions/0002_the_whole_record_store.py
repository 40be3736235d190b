"""The whole record store: one writer's numbers, lookups by related things, documents."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_FOREIGN = ("activity_id", "agent_id", "credential_id", "object_agent_id", "seq", "verb_id")
_OLD_INDEXES = (
    "activity_id",
    "agent_id_activity_id",
    "object_agent_id",
    "registration",
    "stored",
    "target_id",
    "verb_id",
)
_FACETS = ("of", "agent_id", "verb_id", "activity_id", "object_agent_id", "registration", "authority_id")


def upgrade() -> None:
    """Applies the revision. What is stored already gets its new rows from `lrs.index`."""
    # First what refers to statements: SQLite makes altered tables anew.
    _evidence()
    _statement()
    _reference()
    _related("agent", sa.Column("direct", sa.SmallInteger(), autoincrement=False, nullable=False))
    _related("activity")
    _document()
    op.add_column("activity", sa.Column("defined_seq", Serial, server_default="0", nullable=False))
    op.create_index("ix_activity_defined_seq", "activity", ["defined_seq"])
    op.add_column("credential", sa.Column("last_used_at", sa.BigInteger(), nullable=True))


def _statement() -> None:
    with op.batch_alter_table("statement") as table:
        table.drop_column("fingerprint")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("alter table statement alter column seq drop default")
        op.execute("drop sequence if exists statement_seq_seq")


def _evidence() -> None:
    for name in _OLD_INDEXES:
        op.drop_index(f"ix_evidence_{name}", "evidence")
    with op.batch_alter_table("evidence") as table:
        for name in _FOREIGN:
            table.drop_constraint(f"fk_evidence_{name}", type_="foreignkey")
        table.add_column(sa.Column("authority_id", Serial, nullable=True))
    for name in ("agent_id", "verb_id", "activity_id", "authority_id"):
        _index(name, "seq", "voided_at")
    _index("stored", "seq")
    for name in ("registration", "object_agent_id"):
        _index(name, "seq", "voided_at", where=sa.text(f"{name} IS NOT NULL"))
    _index("target_id", "seq", where=sa.text("target_id IS NOT NULL"))


def _index(*names: str, where: sa.TextClause | None = None) -> None:
    op.create_index(
        f"ix_evidence_{'_'.join(names)}",
        "evidence",
        list(names),
        sqlite_where=where,
        postgresql_where=where,
    )


def _reference() -> None:
    op.create_table(
        "reference",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("of", Serial, autoincrement=False, nullable=False),
        sa.Column("agent_id", Serial, nullable=False),
        sa.Column("verb_id", Serial, nullable=False),
        sa.Column("activity_id", Serial, nullable=True),
        sa.Column("object_agent_id", Serial, nullable=True),
        sa.Column("registration", sa.String(length=36), nullable=True),
        sa.Column("authority_id", Serial, nullable=True),
        sa.PrimaryKeyConstraint("seq", "of", name=op.f("pk_reference")),
    )
    for name in _FACETS:
        op.create_index(f"ix_reference_{name}_seq", "reference", [name, "seq"])


def _related(kind: str, *more: sa.Column[int]) -> None:
    keys = (f"{kind}_id", *(column.name for column in more), "seq", "of")
    op.create_table(
        f"related_{kind}",
        sa.Column(f"{kind}_id", Serial, autoincrement=False, nullable=False),
        *more,
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("of", Serial, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_related_{kind}")),
        sqlite_with_rowid=False,
    )


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("id", Serial, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("activity_id", Serial, nullable=False),
        sa.Column("agent_id", Serial, nullable=False),
        sa.Column("registration", sa.String(length=36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content_type", sa.Text(), nullable=False),
        sa.Column("etag", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
        sa.UniqueConstraint(
            "kind",
            "agent_id",
            "activity_id",
            "registration",
            "name",
            name=op.f("uq_document_kind_agent_id_activity_id_registration_name"),
        ),
    )
    op.create_index("ix_document_activity_id", "document", ["activity_id"])
