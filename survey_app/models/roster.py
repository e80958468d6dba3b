"""Names of people to be invited or reminded: in a store of its own, and purged when the survey is sealed.

Nothing here says who has answered, and no code is kept beside a name.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from survey_app.database import ROSTER_STORE
from survey_app.models.base import Base, Identified


class RosterPerson(Identified, Base):
    __tablename__ = "roster_person"
    __table_args__ = {"schema": ROSTER_STORE}  # noqa: RUF012

    survey_id: Mapped[UUID] = mapped_column(index=True)
    unit_id: Mapped[UUID]
    """The unit that the file names; the group follows from it."""
    name: Mapped[str]
    email: Mapped[str] = mapped_column(default="")
