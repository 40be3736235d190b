"""People's identifiers, posts that were decided, merges, erasures; files staged before they are applied."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    _columns()
    _people()
    _links()
    _files()
    _frameworks()


def _columns() -> None:
    op.add_column("account", sa.Column("id_key", sa.String(length=8), nullable=True))
    op.add_column("account", sa.Column("name_key", sa.Text(), server_default="", nullable=False))
    op.add_column("person", sa.Column("id_key", sa.String(length=8), nullable=True))
    op.add_column("framework", sa.Column("text", sa.Text(), nullable=True))
    op.add_column("person", sa.Column("erased_at", sa.BigInteger(), nullable=True))


def _files() -> None:
    op.create_table(
        "column_preset",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_column_preset"),
    )
    op.create_table(
        "import_file",
        sa.Column("id", Serial, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("coverage", sa.String(length=4), nullable=False),
        sa.Column("options", sa.Text(), server_default="", nullable=False),
        sa.Column("titles", sa.Text(), server_default="", nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("rows_total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rows_refused", sa.Integer(), server_default="0", nullable=False),
        sa.Column("added", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unchanged", sa.Integer(), server_default="0", nullable=False),
        sa.Column("departed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checked_change", Serial, nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("staged_at", sa.BigInteger(), nullable=False),
        sa.Column("staged_by", sa.Text(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_import_file"),
        sa.UniqueConstraint("uuid", name="uq_import_file_uuid"),
    )
    op.create_index("ix_import_file_kind_state", "import_file", ["kind", "state"], unique=False)
    op.create_table(
        "staged_person",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("prefix_th", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("position_th", sa.Text(), nullable=False),
        sa.Column("rank_th", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("id_hmac", sa.String(length=64), nullable=True),
        sa.Column("id_key", sa.String(length=8), nullable=True),
        sa.Column("id_last4", sa.String(length=4), nullable=True),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("roster_id", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("unit_id", Serial, nullable=True),
        sa.Column("person_id", Serial, nullable=True),
        sa.Column("fault", sa.String(length=16), nullable=True),
        sa.Column("changes", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("import_id", "row", name="pk_staged_person"),
    )
    op.create_table(
        "staged_username",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("home_page", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "row", "home_page", name="pk_staged_username"),
    )
    op.create_table(
        "staged_unit",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.PrimaryKeyConstraint("import_id", "unit_code", name="pk_staged_unit"),
    )
    op.create_table(
        "staged_post",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("position_th", sa.Text(), nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=True),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("import_id", "line", "position_th", name="pk_staged_post"),
    )
    op.create_table(
        "evidence_hours",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("hours", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_evidence_hours"),
    )
    op.create_table(
        "claim",
        sa.Column("id", Serial, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("import_id", Serial, nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), server_default="", nullable=False),
        sa.Column("course_label", sa.Text(), server_default="", nullable=False),
        sa.Column("course_id", Serial, nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("duplicate_of_id", Serial, nullable=True),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("statement_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name="fk_claim_course_id"),
        sa.ForeignKeyConstraint(["duplicate_of_id"], ["claim.id"], name="fk_claim_duplicate_of_id"),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name="fk_claim_import_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_claim_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_claim"),
        sa.UniqueConstraint("uuid", name="uq_claim_uuid"),
    )
    op.create_index("ix_claim_code", "claim", ["code"], unique=False)
    op.create_index("ix_claim_import_id", "claim", ["import_id"], unique=False)
    op.create_index("ix_claim_person_id", "claim", ["person_id"], unique=False)
    op.create_index("ix_claim_state", "claim", ["state"], unique=False)
    op.create_table(
        "import_refusal",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("column_title", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("cells", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name="fk_import_refusal_import_id"),
        sa.PrimaryKeyConstraint("import_id", "row", name="pk_import_refusal"),
    )
    op.create_table(
        "import_row",
        sa.Column("import_id", Serial, autoincrement=False, nullable=False),
        sa.Column("row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=9), nullable=False),
        sa.Column("person_id", Serial, nullable=True),
        sa.Column("statement_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import_file.id"], name="fk_import_row_import_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_import_row_person_id"),
        sa.PrimaryKeyConstraint("import_id", "row", name="pk_import_row"),
    )
    op.create_index("ix_import_row_person_id", "import_row", ["person_id"], unique=False)


def _people() -> None:
    op.create_table(
        "post_decision",
        sa.Column("id", Serial, nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("position", sa.Text(), nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_post_decision"),
    )
    op.create_index("ix_post_decision_position", "post_decision", ["position"], unique=False)
    op.create_table(
        "identifier",
        sa.Column("id", Serial, nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("home_page", sa.Text(), server_default="", nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_identifier_person_id"),
        sa.PrimaryKeyConstraint("id", name="pk_identifier"),
    )
    op.create_index("ix_identifier_kind_value", "identifier", ["kind", "value"], unique=False)
    op.create_index("ix_identifier_person_id", "identifier", ["person_id"], unique=False)
    op.create_table(
        "unit_alias",
        sa.Column("id", Serial, nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_key", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name="fk_unit_alias_unit_id"),
        sa.PrimaryKeyConstraint("id", name="pk_unit_alias"),
    )
    op.create_index("ix_unit_alias_name_key", "unit_alias", ["name_key"], unique=False)
    op.create_index("ix_unit_alias_unit_id", "unit_alias", ["unit_id"], unique=False)


def _links() -> None:
    _accounts()
    _merges()


def _accounts() -> None:
    op.create_index(
        "uq_account_link_open",
        "account_link",
        ["account_id"],
        unique=True,
        sqlite_where=sa.text("unlinked_at IS NULL"),
        postgresql_where=sa.text("unlinked_at IS NULL"),
    )
    op.create_table(
        "stale_account",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("account_id", Serial, nullable=False),
        sa.PrimaryKeyConstraint("serial", name="pk_stale_account"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "account_conflict",
        sa.Column("account_id", Serial, autoincrement=False, nullable=False),
        sa.Column("reason", sa.String(length=8), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_account_conflict_account_id"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account_conflict"),
    )
    op.create_table(
        "link_refusal",
        sa.Column("account_id", Serial, autoincrement=False, nullable=False),
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name="fk_link_refusal_account_id"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_link_refusal_person_id"),
        sa.PrimaryKeyConstraint("account_id", "person_id", name="pk_link_refusal"),
    )


def _merges() -> None:
    op.create_table(
        "tombstone",
        sa.Column("id", Serial, nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id_key", sa.String(length=8), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_tombstone"),
    )
    op.create_index("ix_tombstone_hash", "tombstone", ["hash"], unique=False)
    op.create_table(
        "person_merge",
        sa.Column("id", Serial, nullable=False),
        sa.Column("from_id", Serial, nullable=False),
        sa.Column("into_id", Serial, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["from_id"], ["person.id"], name="fk_person_merge_from_id"),
        sa.ForeignKeyConstraint(["into_id"], ["person.id"], name="fk_person_merge_into_id"),
        sa.PrimaryKeyConstraint("id", name="pk_person_merge"),
    )
    op.create_index("ix_person_merge_from_id", "person_merge", ["from_id"], unique=False)
    op.create_index("ix_person_merge_into_id", "person_merge", ["into_id"], unique=False)
    op.create_index(
        "uq_person_merge_open",
        "person_merge",
        ["from_id"],
        unique=True,
        sqlite_where=sa.text("undone_at IS NULL"),
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "merged_row",
        sa.Column("merge_id", Serial, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("row_id", Serial, autoincrement=False, nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["merge_id"], ["person_merge.id"], name="fk_merged_row_merge_id"),
        sa.PrimaryKeyConstraint("merge_id", "kind", "row_id", name="pk_merged_row"),
    )


def _frameworks() -> None:
    op.create_table(
        "competency_crosswalk",
        sa.Column("old_id", Serial, autoincrement=False, nullable=False),
        sa.Column("new_id", Serial, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(["old_id"], ["competency.id"], name="fk_competency_crosswalk_old_id"),
        sa.ForeignKeyConstraint(["new_id"], ["competency.id"], name="fk_competency_crosswalk_new_id"),
        sa.PrimaryKeyConstraint("old_id", "new_id", name="pk_competency_crosswalk"),
    )
