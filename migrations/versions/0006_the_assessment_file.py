"""The assessment file (version 0.7.0): words of the annual report, schemes, marks given on site, long exports."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

NEW_TABLES = ("export_part", "export_job", "site_evidence", "site_mark", "assessment_scheme", "report_narrative")
PEOPLE = ("user_id", "entered_by_id", "second_by_id")


def upgrade() -> None:
    _make_report_table()
    _make_assessment_tables()
    _make_export_tables()


def downgrade() -> None:
    """What only this version knows is lost; data analysts, whom earlier ones do not know, lose their role."""
    for table in NEW_TABLES:
        op.drop_table(table)
    op.execute("delete from membership where role = 'analyst'")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _string(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def _id(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.Uuid(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(), nullable=nullable)


def _reference(table: str, column: str, other: str = "") -> sa.ForeignKeyConstraint:
    other = other or ("user_account" if column in PEOPLE else column.removesuffix("_id"))
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}_{other}"))


def _make_report_table() -> None:
    op.create_table(
        "report_narrative",
        _id("survey_id"),
        _id("unit_id"),
        _string("section"),
        _text("text"),
        _moment("changed_at"),
        _reference("report_narrative", "survey_id"),
        _reference("report_narrative", "unit_id"),
        sa.PrimaryKeyConstraint("survey_id", "unit_id", "section", name=op.f("pk_report_narrative")),
    )


def _make_assessment_tables() -> None:
    op.create_table(
        "assessment_scheme",
        sa.Column("year", sa.Integer(), nullable=False),
        _text("source"),
        _string("sha256"),
        _moment("changed_at"),
        _id("unit_id"),
        _moment("locked_at", nullable=True),
        _id("id"),
        _reference("assessment_scheme", "unit_id"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_scheme")),
        sa.UniqueConstraint("unit_id", "year", name=op.f("uq_assessment_scheme_unit_id_year")),
    )
    op.create_table(
        "site_mark",
        _string("check_point"),
        sa.Column("kind", sa.String(length=32), nullable=False),
        _moment("entered_at"),
        _id("scheme_id"),
        _id("unit_id"),
        _id("entered_by_id"),
        _id("second_by_id", nullable=True),
        _string("points"),
        _text("note"),
        _moment("second_at", nullable=True),
        _id("id"),
        sa.CheckConstraint(
            "second_by_id is null or second_by_id <> entered_by_id", name=op.f("ck_site_mark_second_is_another")
        ),
        _reference("site_mark", "scheme_id", "assessment_scheme"),
        *(_reference("site_mark", column) for column in ("unit_id", "entered_by_id", "second_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_mark")),
        sa.UniqueConstraint(
            "scheme_id", "unit_id", "check_point", name=op.f("uq_site_mark_scheme_id_unit_id_check_point")
        ),
    )
    op.create_index(op.f("ix_site_mark_scheme_id"), "site_mark", ["scheme_id"])
    op.create_table(
        "site_evidence",
        _string("name"),
        _string("media_type"),
        sa.Column("size", sa.Integer(), nullable=False),
        _string("sha256"),
        _moment("added_at"),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _id("mark_id"),
        _id("id"),
        _reference("site_evidence", "mark_id", "site_mark"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_site_evidence")),
    )
    op.create_index(op.f("ix_site_evidence_mark_id"), "site_evidence", ["mark_id"])


def _make_export_tables() -> None:
    op.create_table(
        "export_job",
        _string("format"),
        _string("language"),
        _moment("asked_at"),
        *(_id(column) for column in ("survey_id", "unit_id", "user_id")),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("done", "total")),
        _moment("seen_at", nullable=True),
        _moment("finished_at", nullable=True),
        *(_string(name) for name in ("filename", "mime")),
        sa.Column("size", sa.Integer(), nullable=False),
        *(_string(name) for name in ("sha256", "problem")),
        _id("id"),
        sa.CheckConstraint("done >= 0 and total >= 0", name=op.f("ck_export_job_progress_counted")),
        *(_reference("export_job", column) for column in ("survey_id", "unit_id", "user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_job")),
    )
    op.create_index(op.f("ix_export_job_user_id"), "export_job", ["user_id"])
    op.create_table(
        "export_part",
        _id("job_id"),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _reference("export_part", "job_id", "export_job"),
        sa.PrimaryKeyConstraint("job_id", "position", name=op.f("pk_export_part")),
    )
