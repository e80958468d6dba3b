"""The plan and its review (version 0.6.0): proposals, causes, evidence, management reviews, comments, public pages."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "publication", "theme_list", "comment_decision", "review_signature", "agenda_point", "reviewed_result", "review",
    "process_list", "action_evidence", "proposal",
)  # fmt: skip
COLUMNS = ("finding", "causes", "process", "resources", "done_on", "rule", "stopped_because", "stopped_at")


def upgrade() -> None:
    _widen_actions()
    _make_plan_tables()
    _make_review_tables()
    _make_public_tables()


def downgrade() -> None:
    """What only this version knows is lost; an action that was given up is planned again."""
    for table in NEW_TABLES:
        op.drop_table(table)
    op.execute("update action set status = 'planned' where status = 'stopped'")
    with op.batch_alter_table("action") as action:
        action.drop_constraint(op.f(_key("action", "owner_user_id")), type_="foreignkey")
        for column in ("owner_user_id", *COLUMNS):
            action.drop_column(column)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _string(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _reference(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{_other(column)}.id"], name=op.f(_key(table, column)))


def _other(column: str) -> str:
    return "user_account" if column.endswith("user_id") else column.removesuffix("_id")


def _key(table: str, column: str) -> str:
    return f"fk_{table}_{column}_{_other(column)}"


def _widen_actions() -> None:
    with op.batch_alter_table("action") as action:
        action.add_column(sa.Column("owner_user_id", sa.Uuid(), nullable=True))
        action.create_foreign_key(op.f(_key("action", "owner_user_id")), "user_account", ["owner_user_id"], ["id"])
        action.add_column(sa.Column("finding", sa.Text(), nullable=False, server_default=""))
        action.add_column(sa.Column("causes", sa.JSON(), nullable=False, server_default="[]"))
        action.add_column(sa.Column("process", sa.String(), nullable=False, server_default=""))
        action.add_column(sa.Column("resources", sa.String(), nullable=False, server_default=""))
        action.add_column(sa.Column("done_on", sa.Date(), nullable=True))
        action.add_column(sa.Column("rule", sa.Text(), nullable=False, server_default=""))
        action.add_column(sa.Column("stopped_because", sa.String(), nullable=False, server_default=""))
        action.add_column(sa.Column("stopped_at", sa.DateTime(), nullable=True))


def _make_plan_tables() -> None:
    op.create_table(
        "proposal",
        _string("item"),
        sa.Column("decision", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        _string("reason"),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_reference("proposal", column) for column in ("unit_id", "survey_id", "action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("unit_id", "survey_id", "item", name=op.f("uq_proposal_unit_id_survey_id_item")),
    )
    op.create_table(
        "action_evidence",
        sa.Column("action_id", sa.Uuid(), nullable=False),
        _string("name"),
        _string("media_type"),
        sa.Column("size", sa.Integer(), nullable=False),
        _string("sha256"),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _string("note"),
        sa.Column("id", sa.Uuid(), nullable=False),
        _reference("action_evidence", "action_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_action_evidence")),
    )
    op.create_index(op.f("ix_action_evidence_action_id"), "action_evidence", ["action_id"])
    op.create_table(
        "process_list",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        _text("source"),
        _reference("process_list", "unit_id"),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_process_list")),
    )


def _make_review_tables() -> None:
    op.create_table(
        "review",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        *(_string(name) for name in ("unit_name", "place", "chair", "recorder")),
        sa.Column("expected", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        _string("guests"),
        _text("closing"),
        sa.Column("signed_at", sa.DateTime(), nullable=True),
        _string("sha256"),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("present <= expected", name=op.f("ck_review_no_more_present_than_expected")),
        sa.CheckConstraint("expected >= 0 and present >= 0", name=op.f("ck_review_people_counted")),
        _reference("review", "unit_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
    )
    op.create_index(op.f("ix_review_unit_id"), "review", ["unit_id"])
    op.create_table(
        "reviewed_result",
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        _string("sha256"),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        *(_reference("reviewed_result", column) for column in ("review_id", "survey_id")),
        sa.PrimaryKeyConstraint("review_id", "survey_id", name=op.f("pk_reviewed_result")),
    )
    op.create_table(
        "agenda_point",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        _string("title"),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        _string("action_title"),
        *(_text(name) for name in ("facts", "discussion", "decision")),
        _string("responsible"),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_reference("agenda_point", column) for column in ("review_id", "action_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agenda_point")),
    )
    op.create_index(op.f("ix_agenda_point_review_id"), "agenda_point", ["review_id"])
    op.create_table(
        "review_signature",
        _string("name"),
        _string("role"),
        sa.Column("signed_at", sa.DateTime(), nullable=False),
        _string("sha256"),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_reference("review_signature", column) for column in ("review_id", "user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_signature")),
        sa.UniqueConstraint("review_id", "user_id", name=op.f("uq_review_signature_review_id_user_id")),
    )


def _make_public_tables() -> None:
    op.create_table(
        "comment_decision",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        _string("item"),
        _string("text_sha256"),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("decided_at", sa.DateTime(), nullable=False),
        _text("shown"),
        _string("reason"),
        sa.Column("themes", sa.JSON(), nullable=False),
        _reference("comment_decision", "survey_id"),
        _reference("comment_decision", "unit_id"),
        sa.PrimaryKeyConstraint("survey_id", "item", "text_sha256", "unit_id", name=op.f("pk_comment_decision")),
    )
    op.create_table(
        "theme_list",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        _text("source"),
        _reference("theme_list", "unit_id"),
        sa.PrimaryKeyConstraint("unit_id", name=op.f("pk_theme_list")),
    )
    op.create_table(
        "publication",
        _string("slug"),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        _text("foreword"),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("said_and_done", sa.JSON(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(_reference("publication", column) for column in ("unit_id", "survey_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("unit_id", "survey_id", name=op.f("uq_publication_unit_id_survey_id")),
        sa.UniqueConstraint("slug", name=op.f("uq_publication_slug")),
    )
