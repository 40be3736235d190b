"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the key is declared INTEGER.
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applies the revision."""
    op.create_table(
        "account",
        sa.Column("id", Serial, nullable=False),
        sa.Column("home_page", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), server_default="", nullable=False),
        sa.Column("id_hmac", sa.String(length=64), nullable=True),
        sa.Column("first_seen_at", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("home_page", "name", name=op.f("uq_account_home_page_name")),
    )
    op.create_index(op.f("ix_account_id_hmac"), "account", ["id_hmac"], unique=False)
    op.create_table(
        "activity",
        sa.Column("id", Serial, nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.Column("definition", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("iri", name=op.f("uq_activity_iri")),
    )
    op.create_table(
        "agent",
        sa.Column("id", Serial, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("home_page", sa.Text(), nullable=True),
        sa.Column("account_name", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("key", name=op.f("uq_agent_key")),
    )
    op.create_index("ix_agent_account", "agent", ["home_page", "account_name"], unique=False)
    op.create_table(
        "batch_learner",
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("batch", "person_id", name=op.f("pk_batch_learner")),
    )
    op.create_table(
        "change_log",
        sa.Column("id", Serial, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_log")),
    )
    op.create_table(
        "course",
        sa.Column("id", Serial, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title_th", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
    )
    op.create_table(
        "credential",
        sa.Column("id", Serial, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("home_pages", sa.Text(), nullable=True),
        sa.Column("read_filter", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credential")),
        sa.UniqueConstraint("key", name=op.f("uq_credential_key")),
        sa.UniqueConstraint("name", name=op.f("uq_credential_name")),
    )
    op.create_table(
        "framework",
        sa.Column("id", Serial, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("title_th", sa.Text(), nullable=False),
        sa.Column("title_en", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_framework")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_framework_code_version")),
    )
    op.create_table(
        "parameter",
        sa.Column("batch", sa.String(length=36), nullable=False),
        sa.Column("as_of_day", sa.Date(), nullable=False),
        sa.Column("as_of_end", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("batch", name=op.f("pk_parameter")),
    )
    op.create_table(
        "person",
        sa.Column("id", Serial, nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("prefix_th", sa.Text(), server_default="", nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("id_hmac", sa.String(length=64), nullable=True),
        sa.Column("id_last4", sa.String(length=4), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("id_hmac", name=op.f("uq_person_id_hmac")),
        sa.UniqueConstraint("uuid", name=op.f("uq_person_uuid")),
    )
    op.create_index(op.f("ix_person_sort_key"), "person", ["sort_key"], unique=False)
    op.create_table(
        "platform",
        sa.Column("id", Serial, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("home_page", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform")),
        sa.UniqueConstraint("name", name=op.f("uq_platform_name")),
    )
    op.create_table(
        "platform_course",
        sa.Column("id", Serial, nullable=False),
        sa.Column("home_page", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("activity_iri", sa.Text(), nullable=False),
        sa.Column("shortname", sa.Text(), nullable=False),
        sa.Column("idnumber", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("last_seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_platform_course")),
        sa.UniqueConstraint(
            "home_page", "external_id", name=op.f("uq_platform_course_home_page_external_id")
        ),
    )
    op.create_index(
        op.f("ix_platform_course_activity_iri"), "platform_course", ["activity_iri"], unique=False
    )
    op.create_table(
        "refresh_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("as_of_day", sa.Date(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refresh_state")),
    )
    op.create_table(
        "stale_agent",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("agent_id", Serial, nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_stale_agent")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "stale_person",
        sa.Column("serial", Serial, nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_stale_person")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "statement",
        sa.Column("seq", Serial, nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_statement")),
        sa.UniqueConstraint("id", name=op.f("uq_statement_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "unit",
        sa.Column("id", Serial, nullable=False),
        sa.Column("uid", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("parent_id", Serial, nullable=True),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("sort_key", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["unit.id"], name=op.f("fk_unit_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("uid", name=op.f("uq_unit_uid")),
    )
    op.create_table(
        "verb",
        sa.Column("id", Serial, nullable=False),
        sa.Column("iri", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verb")),
        sa.UniqueConstraint("iri", name=op.f("uq_verb_iri")),
    )
    op.create_table(
        "account_link",
        sa.Column("id", Serial, nullable=False),
        sa.Column("account_id", Serial, nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("method", sa.String(length=12), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_account_link_account_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_link_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_link")),
    )
    op.create_index(op.f("ix_account_link_account_id"), "account_link", ["account_id"], unique=False)
    op.create_index(op.f("ix_account_link_person_id"), "account_link", ["person_id"], unique=False)
    op.create_table(
        "competency",
        sa.Column("id", Serial, nullable=False),
        sa.Column("framework_id", Serial, nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("dimension", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name_th", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_competency_framework_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_competency")),
        sa.UniqueConstraint("framework_id", "code", name=op.f("uq_competency_framework_id_code")),
    )
    op.create_table(
        "course_alias",
        sa.Column("id", Serial, nullable=False),
        sa.Column("course_id", Serial, nullable=False),
        sa.Column("activity_iri", sa.Text(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_alias_course_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_alias")),
    )
    op.create_index(op.f("ix_course_alias_activity_iri"), "course_alias", ["activity_iri"], unique=False)
    op.create_index(op.f("ix_course_alias_course_id"), "course_alias", ["course_id"], unique=False)
    op.create_table(
        "evidence",
        sa.Column("seq", Serial, autoincrement=False, nullable=False),
        sa.Column("agent_id", Serial, nullable=False),
        sa.Column("verb_id", Serial, nullable=False),
        sa.Column("object_type", sa.String(length=12), nullable=False),
        sa.Column("activity_id", Serial, nullable=True),
        sa.Column("activity_type", sa.Text(), nullable=True),
        sa.Column("object_agent_id", Serial, nullable=True),
        sa.Column("target_id", sa.String(length=36), nullable=True),
        sa.Column("registration", sa.String(length=36), nullable=True),
        sa.Column("success", sa.Boolean(), nullable=True),
        sa.Column("completion", sa.Boolean(), nullable=True),
        sa.Column("score_scaled", sa.Float(), nullable=True),
        sa.Column("progress", sa.Float(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("credential_id", Serial, nullable=True),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("stored", sa.BigInteger(), nullable=False),
        sa.Column("voided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_evidence_activity_id")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_evidence_agent_id")),
        sa.ForeignKeyConstraint(["credential_id"], ["credential.id"], name=op.f("fk_evidence_credential_id")),
        sa.ForeignKeyConstraint(["object_agent_id"], ["agent.id"], name=op.f("fk_evidence_object_agent_id")),
        sa.ForeignKeyConstraint(["seq"], ["statement.seq"], name=op.f("fk_evidence_seq")),
        sa.ForeignKeyConstraint(["verb_id"], ["verb.id"], name=op.f("fk_evidence_verb_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_activity_id", "evidence", ["activity_id"], unique=False)
    op.create_index("ix_evidence_agent_id_activity_id", "evidence", ["agent_id", "activity_id"], unique=False)
    op.create_index(
        "ix_evidence_object_agent_id",
        "evidence",
        ["object_agent_id"],
        unique=False,
        sqlite_where=sa.text("object_agent_id IS NOT NULL"),
        postgresql_where=sa.text("object_agent_id IS NOT NULL"),
    )
    op.create_index("ix_evidence_registration", "evidence", ["registration"], unique=False)
    op.create_index("ix_evidence_stored", "evidence", ["stored"], unique=False)
    op.create_index("ix_evidence_target_id", "evidence", ["target_id"], unique=False)
    op.create_index("ix_evidence_verb_id", "evidence", ["verb_id"], unique=False)
    op.create_table(
        "group_assignment",
        sa.Column("id", Serial, nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=True),
        sa.Column("basis", sa.String(length=12), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_group_assignment_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_group_assignment")),
    )
    op.create_index(op.f("ix_group_assignment_person_id"), "group_assignment", ["person_id"], unique=False)
    op.create_table(
        "learning_category",
        sa.Column("id", Serial, nullable=False),
        sa.Column("framework_id", Serial, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("description_th", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["framework_id"], ["framework.id"], name=op.f("fk_learning_category_framework_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_category")),
        sa.UniqueConstraint("framework_id", "code", name=op.f("uq_learning_category_framework_id_code")),
    )
    op.create_table(
        "membership",
        sa.Column("id", Serial, nullable=False),
        sa.Column("person_id", Serial, nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.Column("position_th", sa.Text(), server_default="", nullable=False),
        sa.Column("rank_th", sa.Text(), server_default="", nullable=False),
        sa.Column("line", sa.Text(), server_default="", nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_membership_person_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_membership_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_person_id"), "membership", ["person_id"], unique=False)
    op.create_index(op.f("ix_membership_unit_id"), "membership", ["unit_id"], unique=False)
    op.create_table(
        "sync_run",
        sa.Column("id", Serial, nullable=False),
        sa.Column("platform_id", Serial, nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("learners_seen", sa.Integer(), nullable=False),
        sa.Column("courses_seen", sa.Integer(), nullable=False),
        sa.Column("completions_seen", sa.Integer(), nullable=False),
        sa.Column("statements_written", sa.Integer(), nullable=False),
        sa.Column("statements_voided", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("error_is_permanent", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["platform_id"], ["platform.id"], name=op.f("fk_sync_run_platform_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_run")),
    )
    op.create_index("ix_sync_run_platform_id_id", "sync_run", ["platform_id", "id"], unique=False)
    op.create_table(
        "unit_code",
        sa.Column("id", Serial, nullable=False),
        sa.Column("unit_id", Serial, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_code_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_code")),
    )
    op.create_index(op.f("ix_unit_code_code"), "unit_code", ["code"], unique=False)
    op.create_index(op.f("ix_unit_code_unit_id"), "unit_code", ["unit_id"], unique=False)
    op.create_table(
        "unit_path",
        sa.Column("ancestor_id", Serial, autoincrement=False, nullable=False),
        sa.Column("unit_id", Serial, autoincrement=False, nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ancestor_id"], ["unit.id"], name=op.f("fk_unit_path_ancestor_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_unit_path_unit_id")),
        sa.PrimaryKeyConstraint("ancestor_id", "unit_id", name=op.f("pk_unit_path")),
    )
    op.create_index("ix_unit_path_unit_id", "unit_path", ["unit_id"], unique=False)
    op.create_table(
        "delivery_mode",
        sa.Column("category_id", Serial, autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["learning_category.id"], name=op.f("fk_delivery_mode_category_id")
        ),
        sa.PrimaryKeyConstraint("category_id", "code", name=op.f("pk_delivery_mode")),
    )
    op.create_table(
        "learning_event",
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("course_id", Serial, autoincrement=False, nullable=False),
        sa.Column("category_id", Serial, nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("completed_at", sa.BigInteger(), nullable=False),
        sa.Column("evidence_seq", Serial, nullable=False),
        sa.ForeignKeyConstraint(
            ["category_id"], ["learning_category.id"], name=op.f("fk_learning_event_category_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_learning_event_course_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_learning_event_person_id")),
        sa.PrimaryKeyConstraint("person_id", "course_id", name=op.f("pk_learning_event")),
    )
    op.create_table(
        "mapping",
        sa.Column("id", Serial, nullable=False),
        sa.Column("course_id", Serial, nullable=False),
        sa.Column("framework_id", Serial, nullable=False),
        sa.Column("category_id", Serial, nullable=True),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("hours", sa.Float(), nullable=True),
        sa.Column("hours_are_sample", sa.Boolean(), nullable=False),
        sa.Column("level_at_most", sa.SmallInteger(), nullable=False),
        sa.Column("score_at_least", sa.Float(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["category_id"], ["learning_category.id"], name=op.f("fk_mapping_category_id")
        ),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_mapping_course_id")),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_mapping_framework_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mapping")),
    )
    op.create_index(op.f("ix_mapping_course_id"), "mapping", ["course_id"], unique=False)
    op.create_table(
        "requirement",
        sa.Column("framework_id", Serial, autoincrement=False, nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("group_code", sa.String(length=1), nullable=False),
        sa.Column("competency_id", Serial, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["competency_id"], ["competency.id"], name=op.f("fk_requirement_competency_id")
        ),
        sa.ForeignKeyConstraint(["framework_id"], ["framework.id"], name=op.f("fk_requirement_framework_id")),
        sa.PrimaryKeyConstraint(
            "framework_id", "stage", "group_code", "competency_id", name=op.f("pk_requirement")
        ),
    )
    op.create_table(
        "competency_state",
        sa.Column("person_id", Serial, autoincrement=False, nullable=False),
        sa.Column("competency_id", Serial, autoincrement=False, nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.SmallInteger(), nullable=True),
        sa.Column("evidence_seq", Serial, nullable=True),
        sa.Column("mapping_id", Serial, nullable=True),
        sa.ForeignKeyConstraint(
            ["competency_id"], ["competency.id"], name=op.f("fk_competency_state_competency_id")
        ),
        sa.ForeignKeyConstraint(["mapping_id"], ["mapping.id"], name=op.f("fk_competency_state_mapping_id")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_competency_state_person_id")),
        sa.PrimaryKeyConstraint("person_id", "competency_id", name=op.f("pk_competency_state")),
    )
    op.create_index(
        "ix_competency_state_competency_id_state",
        "competency_state",
        ["competency_id", "state"],
        unique=False,
    )
    op.create_table(
        "mapping_competency",
        sa.Column("mapping_id", Serial, autoincrement=False, nullable=False),
        sa.Column("competency_id", Serial, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["competency_id"], ["competency.id"], name=op.f("fk_mapping_competency_competency_id")
        ),
        sa.ForeignKeyConstraint(
            ["mapping_id"], ["mapping.id"], name=op.f("fk_mapping_competency_mapping_id")
        ),
        sa.PrimaryKeyConstraint("mapping_id", "competency_id", name=op.f("pk_mapping_competency")),
    )
    op.create_table(
        "mapping_verb",
        sa.Column("mapping_id", Serial, autoincrement=False, nullable=False),
        sa.Column("verb_iri", sa.Text(), nullable=False),
        sa.Column("criterion", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(["mapping_id"], ["mapping.id"], name=op.f("fk_mapping_verb_mapping_id")),
        sa.PrimaryKeyConstraint("mapping_id", "verb_iri", "criterion", name=op.f("pk_mapping_verb")),
    )
