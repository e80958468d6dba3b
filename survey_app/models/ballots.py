"""Who may answer, and what was said: two boxes apart from each other and from everything else.

Each lies in a store of its own (a file beside the database, or a schema on PostgreSQL), is kept by a random key without
row numbers, and holds no moment in time. No row of one can be joined with a row of the other. What is stored in which
column, and why it leads to nobody, is printed by `branch-survey anonymity-check`.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.database import BALLOT_BOX, ISSUE_BOX
from survey_app.models.base import Base

MARK_BYTES = 32
UNUSED = bytes(MARK_BYTES)
VOID = b"\xff" * MARK_BYTES


class Invitation(Base):
    """A one-time code, kept only as its keyed hash."""

    __tablename__ = "invitation"
    __table_args__ = {"schema": ISSUE_BOX, "sqlite_with_rowid": False}  # noqa: RUF012

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(index=True)
    group_id: Mapped[UUID]
    mark: Mapped[bytes] = mapped_column(LargeBinary(MARK_BYTES), default=UNUSED)
    """`UNUSED`, `VOID` (handed in for paper, or replaced), else the SHA-256 of the blinded message that was signed: the
    row keeps its size, and the same message gets its signature again."""


class PlayedCount(Base):
    """How many ballots of a survey came from browsers for which the server played the voter."""

    __tablename__ = "played_count"
    __table_args__ = {"schema": ISSUE_BOX, "sqlite_with_rowid": False}  # noqa: RUF012

    survey_id: Mapped[UUID] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)


class Ballot(Base):
    """One answer, encrypted to the scrutineers and padded to the survey's fixed size until sealing."""

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("survey_id", "receipt"),
        {"schema": BALLOT_BOX, "sqlite_with_rowid": False},
    )

    spent: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    """SHA-256 of the credential's message: a credential counts once."""
    survey_id: Mapped[UUID]
    group_id: Mapped[UUID]
    receipt: Mapped[bytes] = mapped_column(LargeBinary(32))
    envelope: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
    is_paper: Mapped[bool] = mapped_column(default=False)
    """Typed in from a form of the urn."""
