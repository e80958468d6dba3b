"""The committee's year (version 0.5.0): calendar, notices, activities, suggestions, published figures, names to remind.

The record of acts becomes a chain: entries are numbered from 1 without gaps, and each carries the hash of the one
before it. Entries of before are chained as they stand.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NEW_TABLES = (
    "suggestion", "suggestion_round", "suggestion_channel", "activity", "published_year", "published_series",
    "column_map", "calendar_entry", "notice_mark", "user_session",
)  # fmt: skip


def upgrade() -> None:
    _widen()
    _chain_entries()
    _keep_entries()
    _make_tables()
    if _is_postgresql():
        op.execute("create schema roster_store")
    op.create_table(
        "roster_person",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_person")),
        schema="roster_store",
    )
    op.create_index(
        op.f("ix_roster_store_roster_person_survey_id"), "roster_person", ["survey_id"], schema="roster_store"
    )


def downgrade() -> None:
    """What only this version knows is lost; objectives defined otherwise than by a rate go, the rest stays."""
    op.execute("drop table if exists roster_store.roster_person")  # the file may not have been copied with the others
    if _is_postgresql():
        op.execute("drop schema roster_store")
    for table in NEW_TABLES:
        op.drop_table(table)
    _release_entries()
    op.drop_table("audit_head")
    op.drop_column("audit_entry", "hash")
    if _is_postgresql():
        op.execute("create sequence audit_entry_number_seq owned by audit_entry.number")
        op.execute(
            "select setval('audit_entry_number_seq', coalesce((select max(number) from audit_entry), 0) + 1, false)"
        )
        op.execute("alter table audit_entry alter column number set default nextval('audit_entry_number_seq')")
    op.execute("delete from objective where definition <> 'satisfied'")
    for column in ("definition", "satisfied_levels", "weights", "evaluated", "reaches_below"):
        op.drop_column("objective", column)
    op.drop_column("survey", "family")
    op.drop_column("membership", "until")
    with op.batch_alter_table("user_account") as account:
        account.drop_constraint(op.f("uq_user_account_calendar_key"), type_="unique")
        for column in ("email", "wants_mail", "totp_secret", "totp_step", "calendar_key"):
            account.drop_column(column)
    op.drop_column("unit", "ended_on")


def _is_postgresql() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _widen() -> None:
    """Single columns are added in place: making `survey` anew would lose its triggers."""
    op.add_column("unit", sa.Column("ended_on", sa.Date(), nullable=True))
    op.add_column("membership", sa.Column("until", sa.Date(), nullable=True))
    op.add_column("survey", sa.Column("family", sa.JSON(), nullable=True))
    with op.batch_alter_table("user_account") as account:
        account.add_column(sa.Column("email", sa.String(), nullable=False, server_default=""))
        account.add_column(sa.Column("wants_mail", sa.Boolean(), nullable=False, server_default=sa.false()))
        account.add_column(sa.Column("totp_secret", sa.LargeBinary(), nullable=True))
        account.add_column(sa.Column("totp_step", sa.Integer(), nullable=True))
        account.add_column(sa.Column("calendar_key", sa.LargeBinary(32), nullable=True))
        account.create_unique_constraint(op.f("uq_user_account_calendar_key"), ["calendar_key"])
    for column in (
        sa.Column("definition", sa.String(), nullable=False, server_default="satisfied"),
        sa.Column("satisfied_levels", sa.JSON(), nullable=True),
        sa.Column("weights", sa.JSON(), nullable=True),
        sa.Column("evaluated", sa.String(), nullable=False, server_default=""),
        sa.Column("reaches_below", sa.Boolean(), nullable=False, server_default=sa.true()),
    ):
        op.add_column("objective", column)


KEPT = "entries of the record of acts are neither changed nor removed"
ENTRY = sa.table(
    "audit_entry",
    sa.column("number", sa.Integer()), sa.column("at", sa.DateTime()), sa.column("actor", sa.String()),
    sa.column("act", sa.String()), sa.column("object_kind", sa.String()), sa.column("object_id", sa.String()),
    sa.column("unit_id", sa.Uuid()), sa.column("detail", sa.JSON()), sa.column("hash", sa.LargeBinary()),
)  # fmt: skip


def _chain_entries() -> None:
    op.add_column("audit_entry", sa.Column("hash", sa.LargeBinary(32), nullable=True))
    if _is_postgresql():
        op.execute("alter table audit_entry alter column number drop default")
        op.execute("drop sequence if exists audit_entry_number_seq")
    bind = op.get_bind()
    last = bytes(32)
    number = 0
    for entry in bind.execute(sa.select(ENTRY).order_by(ENTRY.c.number)).all():
        number += 1
        last = _hash(last, number, entry.at, entry)
        bind.execute(sa.update(ENTRY).where(ENTRY.c.number == entry.number).values(number=number, hash=last))
    with op.batch_alter_table("audit_entry") as entries:
        entries.alter_column("hash", existing_type=sa.LargeBinary(32), nullable=False)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    bind.execute(sa.text("insert into audit_head (id, number, hash) values (1, :n, :h)"), {"n": number, "h": last})


def _hash(previous: bytes, number: int, at: datetime, entry: sa.Row) -> bytes:
    """As `services.audit` computed it when this version was made."""
    said: Sequence[object] = (
        previous.hex(), number, at.isoformat(timespec="microseconds"), entry.actor, entry.act, entry.object_kind,
        entry.object_id, None if entry.unit_id is None else str(entry.unit_id), entry.detail,
    )  # fmt: skip
    return sha256(json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).digest()


def _keep_entries() -> None:
    """Nobody changes the record of acts by mistake with SQL; of whoever takes these away, `audit verify` tells."""
    if _is_postgresql():
        op.execute(
            f"""create function keep_audit_entry() returns trigger language plpgsql as $$ begin
            raise exception '{KEPT}' using errcode = 'restrict_violation'; end $$"""
        )
        op.execute(
            "create trigger audit_entry_is_kept before update or delete on audit_entry "
            "for each row execute function keep_audit_entry()"
        )
        op.execute(
            "create trigger audit_entry_is_not_emptied before truncate on audit_entry "
            "for each statement execute function keep_audit_entry()"
        )
        return
    for act in ("update", "delete"):
        op.execute(
            f"create trigger audit_entry_is_kept_on_{act} before {act} on audit_entry "
            f"begin select raise(abort, '{KEPT}'); end"
        )


def _release_entries() -> None:
    if _is_postgresql():
        op.execute("drop trigger audit_entry_is_kept on audit_entry")
        op.execute("drop trigger audit_entry_is_not_emptied on audit_entry")
        op.execute("drop function keep_audit_entry()")
        return
    for act in ("update", "delete"):
        op.execute(f"drop trigger audit_entry_is_kept_on_{act}")


def _make_tables() -> None:
    op.create_table(
        "user_session",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("device", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("user_session", "user_id", "user_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_session")),
    )
    op.create_index(op.f("ix_user_session_user_id"), "user_session", ["user_id"])
    op.create_table(
        "notice_mark",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("mailed_at", sa.DateTime(), nullable=True),
        _refers("notice_mark", "user_id", "user_account", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("pk_notice_mark")),
    )
    op.create_table(
        "calendar_entry",
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("is_left_out", sa.Boolean(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("calendar_entry", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_entry")),
        sa.UniqueConstraint("unit_id", "year", "kind", name=op.f("uq_calendar_entry_unit_id_year_kind")),
    )
    op.create_table(
        "column_map",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("column_map", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_map")),
        sa.UniqueConstraint("unit_id", "kind", "name", name=op.f("uq_column_map_unit_id_kind_name")),
    )
    op.create_index(op.f("ix_column_map_unit_id"), "column_map", ["unit_id"])
    op.create_table(
        "published_series",
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("published_series", "unit_id", "unit"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_published_series")),
        sa.UniqueConstraint("unit_id", "code", name=op.f("uq_published_series_unit_id_code")),
    )
    op.create_index(op.f("ix_published_series_unit_id"), "published_series", ["unit_id"])
    op.create_table(
        "published_year",
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("figures", sa.LargeBinary(), nullable=False),
        sa.Column("imported_at", sa.DateTime(), nullable=False),
        _refers("published_year", "series_id", "published_series"),
        sa.PrimaryKeyConstraint("series_id", "year", name=op.f("pk_published_year")),
    )
    op.create_table(
        "activity",
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("before_id", sa.Uuid(), nullable=True),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("activity", "unit_id", "unit"),
        _refers("activity", "before_id", "survey"),
        _refers("activity", "after_id", "survey"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("before_id", name=op.f("uq_activity_before_id")),
        sa.UniqueConstraint("after_id", name=op.f("uq_activity_after_id")),
    )
    op.create_index(op.f("ix_activity_unit_id"), "activity", ["unit_id"])
    _make_suggestions()


def _make_suggestions() -> None:
    op.create_table(
        "suggestion_channel",
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("instrument_sha256", sa.String(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("suggestion_channel", "unit_id", "unit"),
        _refers("suggestion_channel", "instrument_sha256", "instrument_version", column="sha256"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion_channel")),
        sa.UniqueConstraint("slug", name=op.f("uq_suggestion_channel_slug")),
    )
    op.create_index(op.f("ix_suggestion_channel_unit_id"), "suggestion_channel", ["unit_id"])
    op.create_table(
        "suggestion_round",
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("channel_id", sa.Uuid(), nullable=False),
        sa.Column("collected_on", sa.Date(), nullable=True),
        _refers("suggestion_round", "survey_id", "survey"),
        _refers("suggestion_round", "channel_id", "suggestion_channel"),
        sa.PrimaryKeyConstraint("survey_id", name=op.f("pk_suggestion_round")),
    )
    op.create_index(op.f("ix_suggestion_round_channel_id"), "suggestion_round", ["channel_id"])
    op.create_table(
        "suggestion",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("original", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("survey_id", sa.Uuid(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("action_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        _refers("suggestion", "survey_id", "suggestion_round", column="survey_id"),
        _refers("suggestion", "unit_id", "unit"),
        _refers("suggestion", "action_id", "action"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suggestion")),
    )
    op.create_index(op.f("ix_suggestion_survey_id"), "suggestion", ["survey_id"])
    op.create_index(op.f("ix_suggestion_unit_id"), "suggestion", ["unit_id"])


def _refers(
    table: str, name: str, other: str, *, column: str = "id", ondelete: str | None = None
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [name], [f"{other}.{column}"], name=op.f(f"fk_{table}_{name}_{other}"), ondelete=ondelete
    )
