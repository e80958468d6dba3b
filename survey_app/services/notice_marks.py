"""What a person has read, or was sent, of their notices; and who wants to be sent any."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.models import NoticeMark, User
from survey_app.services.notices import Notice

READ = NoticeMark.read_at.is_not(None)
MAILED = NoticeMark.mailed_at.is_not(None)


def read_keys(session: Session, user: User, notices: Iterable[Notice]) -> frozenset[str]:
    """Keys of those that the person has read."""
    return _known(session, user, notices, READ)


def to_mail(session: Session, user: User, notices: Sequence[Notice]) -> list[Notice]:
    """Those that the person has neither been sent nor read."""
    known = _known(session, user, notices, or_(MAILED, READ))
    return [notice for notice in notices if notice.key not in known]


def mark_read(session: Session, user: User, keys: Collection[str], *, clock: Clock) -> None:
    for mark in _marks_to_set(session, user, keys):
        mark.read_at = mark.read_at or clock.now()


def mark_mailed(session: Session, user: User, keys: Collection[str], *, clock: Clock) -> None:
    for mark in _marks_to_set(session, user, keys):
        mark.mailed_at = clock.now()


def people_who_want_mail(session: Session) -> list[User]:
    wanted = select(User).where(User.is_active, User.wants_mail, User.email != "").order_by(User.login)
    return list(session.scalars(wanted))


def _known(session: Session, user: User, notices: Iterable[Notice], condition: ColumnElement[bool]) -> frozenset[str]:
    keys = [notice.key for notice in notices]
    if not keys:
        return frozenset()
    found = select(NoticeMark.key).where(NoticeMark.user_id == user.id, NoticeMark.key.in_(keys), condition)
    return frozenset(session.scalars(found))


def _marks_to_set(session: Session, user: User, keys: Collection[str]) -> Iterator[NoticeMark]:
    found = select(NoticeMark).where(NoticeMark.user_id == user.id, NoticeMark.key.in_(keys))
    known = {mark.key: mark for mark in session.scalars(found)}
    for key in keys:
        if key not in known:
            known[key] = NoticeMark(user_id=user.id, key=key)
            session.add(known[key])
        yield known[key]
