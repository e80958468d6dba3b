"""Questionnaires that committees make (version 0.4.0): drafts, owners of published ones, and local modules of surveys.

Questionnaires published so far belong to the unit at the top. A local module is fixed when its survey opens, by a
trigger: nobody can add questions to ballots under way.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

OPENED = "(select state <> 'draft' from survey where id = {row}.survey_id)"
EITHER = f"{OPENED.format(row='old')} or {OPENED.format(row='new')}"
FIXED = "the local questions of an opened survey are fixed"
IS_KEPT = "(select state in ('open', 'closed') and not is_sample from survey where id = old.survey_id)"


def upgrade() -> None:
    with op.batch_alter_table("instrument_version") as version:
        version.add_column(sa.Column("unit_id", sa.Uuid(), nullable=True))
        version.create_foreign_key(op.f("fk_instrument_version_unit_id_unit"), "unit", ["unit_id"], ["id"])
        version.create_index(op.f("ix_instrument_version_unit_id"), ["unit_id"])
    op.create_table(
        "questionnaire_draft",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("based_on_sha256", sa.String(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_questionnaire_draft_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["based_on_sha256"], ["instrument_version.sha256"],
            name=op.f("fk_questionnaire_draft_based_on_sha256_instrument_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questionnaire_draft")),
    )  # fmt: skip
    op.create_index(op.f("ix_questionnaire_draft_unit_id"), "questionnaire_draft", ["unit_id"])
    op.create_table(
        "local_module",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_local_module_survey_id_survey")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_local_module_unit_id_unit")),
        sa.ForeignKeyConstraint(
            ["instrument_sha256"], ["instrument_version.sha256"],
            name=op.f("fk_local_module_instrument_sha256_instrument_version"),
        ),
        sa.PrimaryKeyConstraint("survey_id", "unit_id", name=op.f("pk_local_module")),
    )  # fmt: skip
    op.create_table(
        "local_dataset",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("parquet", sa.LargeBinary(), nullable=False),
        sa.Column("comments", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["survey_id", "unit_id"], ["local_module.survey_id", "local_module.unit_id"],
            name=op.f("fk_local_dataset_survey_id_local_module"),
        ),
        sa.PrimaryKeyConstraint("survey_id", "unit_id", name=op.f("pk_local_dataset")),
    )  # fmt: skip
    _freeze()


def downgrade() -> None:
    """Drafts, local modules and what was answered to them are lost: the older version knows neither."""
    _thaw()
    op.drop_table("local_dataset")
    op.drop_table("local_module")
    op.drop_table("questionnaire_draft")
    with op.batch_alter_table("instrument_version") as version:
        version.drop_index(op.f("ix_instrument_version_unit_id"))
        version.drop_constraint(op.f("fk_instrument_version_unit_id_unit"), type_="foreignkey")
        version.drop_column("unit_id")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _freeze() -> None:
    if _is_postgresql():
        op.execute(
            f"""create function keep_local_module() returns trigger language plpgsql as $$ begin
            if (tg_op = 'INSERT' and {OPENED.format(row="new")}) or (tg_op = 'UPDATE' and ({EITHER}))
                or (tg_op = 'DELETE' and {IS_KEPT}) then
              raise exception '{FIXED}' using errcode = 'restrict_violation'; end if;
            if tg_op = 'DELETE' then return old; end if;
            return new; end $$"""
        )
        op.execute(
            "create trigger local_module_is_frozen before insert or update or delete on local_module "
            "for each row execute function keep_local_module()"
        )
        return
    for act, condition in (
        ("insert", OPENED.format(row="new")),
        ("update", EITHER),
        ("delete", IS_KEPT),
    ):
        op.execute(
            f"create trigger local_module_is_frozen_on_{act} before {act} on local_module when {condition} "
            f"begin select raise(abort, '{FIXED}'); end"
        )


def _thaw() -> None:
    if _is_postgresql():
        op.execute("drop trigger local_module_is_frozen on local_module")
        op.execute("drop function keep_local_module()")
        return
    for act in ("insert", "update", "delete"):
        op.execute(f"drop trigger local_module_is_frozen_on_{act}")
