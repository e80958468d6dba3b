"""Who may answer, and what was said: two tables with no key, time or order in common.

Both are stored by random key without row numbers, and neither holds a moment in time.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from survey_app.models.base import Base


class Invitation(Base):
    """A one-time code, kept only as its keyed hash."""

    __tablename__ = "invitation"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), index=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_group.id"))
    used: Mapped[bool] = mapped_column(default=False)


class Ballot(Base):
    """One answer, encrypted and padded to the survey's fixed size until sealing."""

    __tablename__ = "ballot"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012

    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    survey_id: Mapped[UUID] = mapped_column(ForeignKey("survey.id"), index=True)
    group_id: Mapped[UUID] = mapped_column(ForeignKey("reporting_group.id"))
    envelope: Mapped[bytes] = mapped_column(LargeBinary, repr=False)
