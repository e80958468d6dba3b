"""The ballot box (version 0.3.0): codes and ballots in boxes of their own, keys of groups and envelopes, receipts.

Surveys that were open are closed: their ballots lie under the installation's key ("without ballot box"), and nobody may
believe otherwise while answering. What had arrived stays and is counted without scrutineers' passphrases.

From here on triggers keep a survey that has been opened from being given other rules, whoever asks.
"""

from datetime import UTC, datetime
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATES = "state in ('draft', 'open', 'closed', 'sealed', 'withdrawn')"
OLD_STATES = "state in ('draft', 'open', 'closed', 'sealed')"
MODES = "access_mode in ('codes', 'personal', 'open', 'imported')"
SCRUTINEERS = "scrutineers in (1, 3)"
SLIPS = "issued <= eligible + spares"

FROZEN = (
    "slug", "year", "audience", "reference_day", "unit_id", "instrument_sha256", "access_mode", "threshold",
    "is_sample", "scrutineers", "accepts_played", "has_receipts", "envelope_key", "envelope_size", "locked_rules",
)  # fmt: skip
"""Columns of a survey that opening fixes for good."""
FROZEN_OF_GROUP = ("slug", "eligible", "survey_id", "unit_id", "folded_units", "public_key")
STEPS = (("draft", "open"), ("open", "closed"), ("open", "withdrawn"), ("closed", "sealed"), ("closed", "withdrawn"))


def upgrade() -> None:
    _make_boxes()
    _widen_surveys()
    op.create_table(
        "receipt_list",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("receipts", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_receipt_list_survey_id_survey")),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_receipt_list")),
    )
    _move_into_boxes()
    op.execute(
        sa.text("update survey set state = 'closed', closed_at = :now where state = 'open'").bindparams(
            sa.bindparam("now", datetime.now(UTC).replace(tzinfo=None), sa.DateTime())
        )
    )
    _freeze()


def downgrade() -> None:
    """Ballots of the ballot box cannot be opened by the older version: unsealed surveys of it are closed for good."""
    _thaw()
    _move_out_of_boxes()
    op.drop_table("receipt_list")
    op.execute("update survey set state = 'closed' where state = 'withdrawn'")
    _narrow_surveys()
    for schema, table in (("ballot_box", "ballot"), ("issue_box", "played_count"), ("issue_box", "invitation")):
        op.drop_table(table, schema=schema)
    if _is_postgresql():
        op.execute("drop schema issue_box")
        op.execute("drop schema ballot_box")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _make_boxes() -> None:
    if _is_postgresql():
        op.execute("create schema issue_box")
        op.execute("create schema ballot_box")
    op.create_table(
        "invitation",
        sa.Column("code_hash", sa.LargeBinary(32), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("mark", sa.LargeBinary(32), nullable=False),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invitation")),
        schema="issue_box",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_issue_box_invitation_survey_id"), "invitation", ["survey_id"], schema="issue_box")
    op.create_table(
        "played_count",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_played_count")),
        schema="issue_box",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ballot",
        sa.Column("spent", sa.LargeBinary(32), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("receipt", sa.LargeBinary(32), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("is_paper", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("spent", name=op.f("pk_ballot")),
        sa.UniqueConstraint("survey_id", "receipt", name=op.f("uq_ballot_survey_id_receipt")),
        schema="ballot_box",
        sqlite_with_rowid=False,
    )


def _widen_surveys() -> None:
    with op.batch_alter_table("survey") as survey:
        survey.add_column(sa.Column("scrutineers", sa.Integer(), nullable=False, server_default="3"))
        survey.add_column(sa.Column("accepts_played", sa.Boolean(), nullable=False, server_default=sa.true()))
        survey.add_column(sa.Column("has_receipts", sa.Boolean(), nullable=False, server_default=sa.true()))
        survey.add_column(sa.Column("envelope_key", sa.LargeBinary(), nullable=True))
        survey.add_column(sa.Column("envelope_size", sa.Integer(), nullable=True))
        survey.add_column(sa.Column("opening_lock", sa.LargeBinary(), nullable=True))
        survey.add_column(sa.Column("counted_at", sa.DateTime(), nullable=True))
        survey.add_column(sa.Column("withdrawn_at", sa.DateTime(), nullable=True))
        survey.add_column(sa.Column("withdrawn_because", sa.String(), nullable=True))
        survey.add_column(sa.Column("played_ballots", sa.Integer(), nullable=True))
    with op.batch_alter_table("survey") as survey:
        survey.drop_constraint(op.f("ck_survey_state"), type_="check")
        survey.create_check_constraint(op.f("ck_survey_state"), STATES)
        survey.create_check_constraint(op.f("ck_survey_access_mode"), MODES)
        survey.create_check_constraint(op.f("ck_survey_scrutineers_one_or_three"), SCRUTINEERS)
    with op.batch_alter_table("reporting_group") as group:
        group.add_column(sa.Column("spares", sa.Integer(), nullable=False, server_default="0"))
        group.add_column(sa.Column("public_key", sa.LargeBinary(), nullable=True))
        group.add_column(sa.Column("signing_key", sa.LargeBinary(), nullable=True))
    op.execute("update reporting_group set spares = issued - eligible where issued > eligible")
    with op.batch_alter_table("reporting_group") as group:
        group.create_check_constraint(op.f("ck_reporting_group_no_more_slips_than_people_and_spares"), SLIPS)


def _narrow_surveys() -> None:
    with op.batch_alter_table("reporting_group") as group:
        group.drop_constraint(op.f("ck_reporting_group_no_more_slips_than_people_and_spares"), type_="check")
        for column in ("spares", "public_key", "signing_key"):
            group.drop_column(column)
    with op.batch_alter_table("survey") as survey:
        for name in ("ck_survey_state", "ck_survey_access_mode", "ck_survey_scrutineers_one_or_three"):
            survey.drop_constraint(op.f(name), type_="check")
        survey.create_check_constraint(op.f("ck_survey_state"), OLD_STATES)
        for column in (
            "scrutineers", "accepts_played", "has_receipts", "envelope_key", "envelope_size", "opening_lock",
            "counted_at", "withdrawn_at", "withdrawn_because", "played_ballots",
        ):  # fmt: skip
            survey.drop_column(column)


def _move_into_boxes() -> None:
    """Rows of before, in the order of random keys; a used code gets a mark that no message has."""
    bind = op.get_bind()
    used, unused = sha256(b"used before there was a ballot box").digest(), bytes(32)
    codes = bind.execute(sa.text("select code_hash, survey_id, group_id, used from invitation order by code_hash"))
    for code in codes.all():
        bind.execute(
            sa.text("insert into issue_box.invitation (code_hash, survey_id, group_id, mark) values (:h, :s, :g, :m)"),
            {"h": code.code_hash, "s": code.survey_id, "g": code.group_id, "m": used if code.used else unused},
        )
    ballots = bind.execute(sa.text("select key, survey_id, group_id, envelope from ballot order by key")).all()
    for ballot in ballots:
        bind.execute(
            sa.text(
                "insert into ballot_box.ballot (spent, survey_id, group_id, receipt, envelope, is_paper) "
                "values (:k, :s, :g, :r, :e, :paper)"
            ),
            {
                "k": sha256(ballot.key).digest(), "s": ballot.survey_id, "g": ballot.group_id,
                "r": sha256(ballot.envelope).digest(), "e": ballot.envelope, "paper": False,
            },
        )  # fmt: skip
    op.drop_table("invitation")
    op.drop_table("ballot")


def _move_out_of_boxes() -> None:
    op.create_table(
        "ballot",
        sa.Column("key", sa.LargeBinary(length=16), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["reporting_group.id"], name=op.f("fk_ballot_group_id_reporting_group")),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_ballot_survey_id_survey")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_ballot")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_ballot_survey_id"), "ballot", ["survey_id"])
    op.create_table(
        "invitation",
        sa.Column("code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("group_id", sa.Uuid(), nullable=False),
        sa.Column("used", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["reporting_group.id"], name=op.f("fk_invitation_group_id_reporting_group")
        ),
        sa.ForeignKeyConstraint(["survey_id"], ["survey.id"], name=op.f("fk_invitation_survey_id_survey")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_invitation")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_invitation_survey_id"), "invitation", ["survey_id"])
    bind = op.get_bind()
    codes = bind.execute(sa.text("select code_hash, survey_id, group_id, mark from issue_box.invitation")).all()
    for code in codes:
        bind.execute(
            sa.text("insert into invitation (code_hash, survey_id, group_id, used) values (:h, :s, :g, :u)"),
            {"h": code.code_hash, "s": code.survey_id, "g": code.group_id, "u": any(bytes(code.mark))},
        )
    ballots = bind.execute(sa.text("select spent, survey_id, group_id, envelope from ballot_box.ballot")).all()
    for ballot in ballots:
        bind.execute(
            sa.text("insert into ballot (key, survey_id, group_id, envelope) values (:k, :s, :g, :e)"),
            {"k": bytes(ballot.spent)[:16], "s": ballot.survey_id, "g": ballot.group_id, "e": ballot.envelope},
        )


def _freeze() -> None:
    if _is_postgresql():
        _freeze_postgresql()
    else:
        _freeze_sqlite()


def _steps(old: str, new: str) -> str:
    allowed = " or ".join(f"({old} = '{before}' and {new} = '{after}')" for before, after in STEPS)
    return f"({old} = {new} or {allowed} or ({old} = 'draft' and {new} = 'sealed' and new.access_mode = 'imported'))"


def _freeze_sqlite() -> None:
    changed = " or ".join(f"old.{column} is not new.{column}" for column in FROZEN)
    op.execute(
        f"create trigger survey_is_frozen before update on survey when old.state <> 'draft' and ({changed}) "
        "begin select raise(abort, 'an opened survey keeps its rules'); end"
    )
    op.execute(
        "create trigger survey_lock_is_frozen before update on survey when old.state <> 'draft' "
        "and new.opening_lock is not null and old.opening_lock is not new.opening_lock "
        "begin select raise(abort, 'an opened survey keeps its lock'); end"
    )
    op.execute(
        f"create trigger survey_goes_forward before update on survey when not {_steps('old.state', 'new.state')} "
        "begin select raise(abort, 'a survey goes forward only'); end"
    )
    op.execute(
        "create trigger survey_is_kept before delete on survey "
        "when old.state in ('open', 'closed') and not old.is_sample "
        "begin select raise(abort, 'a survey under way is not deleted'); end"
    )
    of_group = "(select state from survey where id = old.survey_id) <> 'draft'"
    changed = " or ".join(f"old.{column} is not new.{column}" for column in FROZEN_OF_GROUP)
    op.execute(
        f"create trigger group_is_frozen before update on reporting_group when {of_group} and ({changed} "
        "or new.spares < old.spares or (new.signing_key is not null and new.signing_key is not old.signing_key)) "
        "begin select raise(abort, 'the groups of an opened survey are fixed'); end"
    )
    op.execute(
        "create trigger group_comes_before_opening before insert on reporting_group "
        "when (select state <> 'draft' and access_mode <> 'imported' from survey where id = new.survey_id) "
        "begin select raise(abort, 'the groups of an opened survey are fixed'); end"
    )
    op.execute(
        "create trigger group_is_kept before delete on reporting_group "
        "when (select state in ('open', 'closed') and not is_sample from survey where id = old.survey_id) "
        "begin select raise(abort, 'the groups of an opened survey are fixed'); end"
    )


def _freeze_postgresql() -> None:
    changed = _any_distinct(FROZEN)
    op.execute(
        f"""create function keep_survey() returns trigger language plpgsql as $$ begin
        if tg_op = 'DELETE' then
          if old.state in ('open', 'closed') and not old.is_sample then
            raise exception 'a survey under way is not deleted' using errcode = 'restrict_violation'; end if;
          return old; end if;
        if old.state <> 'draft' and ({changed}) then
          raise exception 'an opened survey keeps its rules' using errcode = 'restrict_violation'; end if;
        if old.state <> 'draft' and new.opening_lock is not null
            and old.opening_lock is distinct from new.opening_lock then
          raise exception 'an opened survey keeps its lock' using errcode = 'restrict_violation'; end if;
        if not {_steps("old.state", "new.state")} then
          raise exception 'a survey goes forward only' using errcode = 'restrict_violation'; end if;
        return new; end $$"""
    )
    op.execute(
        "create trigger survey_is_frozen before update or delete on survey for each row execute function keep_survey()"
    )
    changed = _any_distinct(FROZEN_OF_GROUP)
    op.execute(
        f"""create function keep_group() returns trigger language plpgsql as $$ declare of record; begin
        select state, access_mode, is_sample into of from survey
          where id = case when tg_op = 'INSERT' then new.survey_id else old.survey_id end;
        if (tg_op = 'UPDATE' and of.state <> 'draft' and ({changed} or new.spares < old.spares
              or (new.signing_key is not null and new.signing_key is distinct from old.signing_key)))
            or (tg_op = 'INSERT' and of.state <> 'draft' and of.access_mode <> 'imported')
            or (tg_op = 'DELETE' and of.state in ('open', 'closed') and not of.is_sample) then
          raise exception 'the groups of an opened survey are fixed' using errcode = 'restrict_violation'; end if;
        if tg_op = 'DELETE' then return old; end if;
        return new; end $$"""
    )
    op.execute(
        "create trigger group_is_frozen before insert or update or delete on reporting_group "
        "for each row execute function keep_group()"
    )


def _any_distinct(columns: tuple[str, ...]) -> str:
    return " or ".join(f"{_compared('old', name)} is distinct from {_compared('new', name)}" for name in columns)


def _compared(row: str, column: str) -> str:
    """JSON has no equality of its own."""
    return f"{row}.{column}::text" if column in ("locked_rules", "folded_units") else f"{row}.{column}"


def _thaw() -> None:
    if _is_postgresql():
        op.execute("drop trigger survey_is_frozen on survey")
        op.execute("drop trigger group_is_frozen on reporting_group")
        op.execute("drop function keep_survey()")
        op.execute("drop function keep_group()")
        return
    for trigger in (
        "survey_is_frozen", "survey_lock_is_frozen", "survey_goes_forward", "survey_is_kept", "group_is_frozen",
        "group_comes_before_opening", "group_is_kept",
    ):  # fmt: skip
        op.execute(f"drop trigger {trigger}")
