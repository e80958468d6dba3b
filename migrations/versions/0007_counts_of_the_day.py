"""Several server processes (version 0.8.0): they show the same counts of a day, whichever is asked."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "participation_of_day",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("groups", sa.JSON(), nullable=False),
        sa.Column("units", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_participation_of_day_survey_id_survey")),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_participation_of_day")),
    )


def downgrade() -> None:
    """The day's counts are made anew by whoever looks next."""
    op.drop_table("participation_of_day")
