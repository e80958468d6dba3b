"""Accounts of those who run and review surveys. Members who answer have no account."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from survey_app.models.base import Base, Identified
from survey_app.models.organisation import Unit


class UserRole(StrEnum):
    ADMINISTRATOR = "administrator"
    HIGHER_COMMITTEE = "higher_committee"
    SECRETARY = "secretary"
    COMMITTEE_MEMBER = "committee_member"
    SCRUTINEER = "scrutineer"
    ASSESSOR = "assessor"
    ANALYST = "analyst"
    """May take the single answers of sealed surveys, as sealing made them, out for study and for the archive."""


class User(Identified, Base):
    __tablename__ = "user_account"

    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    password_hash: Mapped[str] = mapped_column(repr=False)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sample: Mapped[bool] = mapped_column(default=False)
    """A sample login: refused from any address but loopback."""
    failed_logins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(default=None)
    session_version: Mapped[int] = mapped_column(default=0)
    """Raised to revoke every session of this account."""
    email: Mapped[str] = mapped_column(default="")
    wants_mail: Mapped[bool] = mapped_column(default=False)
    """Notices are sent to the address too."""
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary, default=None, repr=False)
    """Of the second step of signing in, encrypted under the installation secret; None: the password is enough."""
    totp_step: Mapped[int | None] = mapped_column(default=None)
    """Time step of the last one-time password taken: none is taken twice (RFC 6238, 5.2)."""
    calendar_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), default=None, repr=False, unique=True)
    """SHA-256 of the key in the address of this person's calendar."""

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="user", cascade="all, delete-orphan", default_factory=list, repr=False
    )

    is_authenticated = True
    is_anonymous = False

    def get_id(self) -> str:
        """What a signed-in session carries; it ends when `session_version` is raised."""
        return f"{self.id}:{self.session_version}"


class Membership(Identified, Base):
    """A role held over a unit and its whole subtree."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "unit_id", "role"),)

    unit_id: Mapped[UUID] = mapped_column(ForeignKey("unit.id"), init=False)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id"), init=False)
    role: Mapped[UserRole]
    unit: Mapped[Unit] = relationship(lazy="joined", innerjoin=True)
    until: Mapped[date | None] = mapped_column(default=None)
    """Last day on which the role is held; None: until it is taken away."""
    user: Mapped[User] = relationship(back_populates="memberships", default=None, repr=False)


class UserSession(Identified, Base):
    """One signed-in browser, which its owner or an administrator can sign out from elsewhere."""

    __tablename__ = "user_session"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    started_at: Mapped[datetime]
    device: Mapped[str]
    """Browser and system in two words, for its owner to know it by."""


class NoticeMark(Base):
    """What a person has read, or was sent, of the notices that follow from the state of things."""

    __tablename__ = "notice_mark"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    mailed_at: Mapped[datetime | None] = mapped_column(default=None)
