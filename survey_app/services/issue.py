"""Codes at the door: is it good, and using it up. Nothing here knows what is said.

The ballot box protocol later puts a blind-signed credential between `redeem_code` and `cast.cast_ballot`.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.engine import CursorResult
from sqlalchemy.orm import Session

from survey_app.crypto.codes import code_hash
from survey_app.errors import CodeUnknown, CodeUsed
from survey_app.models import Invitation, ReportingGroup, State, Survey


def check_code(session: Session, survey: Survey, group: ReportingGroup, code: str, *, secret: bytes) -> None:
    """Is this a good code of this group, not used yet? It is not used up.

    Raises: StateError, CodeMalformed, CodeUnknown, CodeUsed.
    """
    survey.require(State.OPEN)
    used = session.scalar(select(Invitation.used).where(_invitation(survey, group, code, secret)))
    if used is None:
        raise CodeUnknown
    if used:
        raise CodeUsed


def redeem_code(session: Session, survey: Survey, group: ReportingGroup, code: str, *, secret: bytes) -> None:
    """Use a code up, by compare-and-set in the database: of two at the same instant one succeeds.

    Raises: StateError, CodeMalformed, CodeUnknown, CodeUsed.
    """
    survey.require(State.OPEN)
    unused = and_(_invitation(survey, group, code, secret), Invitation.used.is_(False))
    changed = session.execute(
        update(Invitation).where(unused).values(used=True).execution_options(synchronize_session=False)
    )
    if isinstance(changed, CursorResult) and changed.rowcount == 1:
        return
    check_code(session, survey, group, code, secret=secret)
    raise CodeUsed


def _invitation(survey: Survey, group: ReportingGroup, code: str, secret: bytes) -> ColumnElement[bool]:
    return and_(
        Invitation.code_hash == code_hash(secret, survey.id, code),
        Invitation.survey_id == survey.id,
        Invitation.group_id == group.id,
    )
