"""What is shown of a running survey for a whole day, whichever server process is asked and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Executable, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from survey_app.models import ParticipationOfDay, Survey
from survey_app.services.unit_tree import ONLY_READS

Shown = Mapping[UUID, int | None]


@dataclass(frozen=True, slots=True)
class CountsOfDay:
    """Rounded down; None where a count is hidden."""

    groups: Shown
    """By reporting group."""
    units: Shown
    """The groups at and below each unit together."""


def counts_of_day(session: Session, survey: Survey, today: date, count: Callable[[], CountsOfDay]) -> CountsOfDay:
    """What the first look of the day has found; where nobody has looked yet, this one is the first."""
    return _stored(session, survey, today) or _stored_first(session, survey, today, count())


def _stored(session: Session, survey: Survey, today: date) -> CountsOfDay | None:
    kept = ParticipationOfDay
    row = session.execute(
        select(kept.groups, kept.units).where(kept.survey_id == survey.id, kept.day == today)
    ).one_or_none()
    return None if row is None else CountsOfDay(_read(row.groups), _read(row.units))


def _stored_first(session: Session, survey: Survey, today: date, counts: CountsOfDay) -> CountsOfDay:
    """Of two processes that look at the same moment both show what one of them has found."""
    is_page = bool(session.info.get(ONLY_READS))
    try:
        if is_page:  # SQLite: a transaction that has read must not begin to write
            _commit_as_is(session)
        session.execute(_put(session, survey, today, counts))
        found = _stored(session, survey, today)
        if is_page:
            _commit_as_is(session)
    except DatabaseError:
        if not is_page:
            raise
        session.rollback()  # a page is shown even while nothing can be written
        return counts
    return found or counts


def _put(session: Session, survey: Survey, today: date, counts: CountsOfDay) -> Executable:
    row = {"survey_id": survey.id, "day": today, "groups": _written(counts.groups), "units": _written(counts.units)}
    changed = {name: row[name] for name in ("day", "groups", "units")}
    is_another_day = ParticipationOfDay.day != today
    if session.get_bind().dialect.name == "sqlite":
        put = insert_sqlite(ParticipationOfDay).values(row)
        return put.on_conflict_do_update(index_elements=["survey_id"], set_=changed, where=is_another_day)
    put_postgresql = insert_postgresql(ParticipationOfDay).values(row)
    return put_postgresql.on_conflict_do_update(index_elements=["survey_id"], set_=changed, where=is_another_day)


def _commit_as_is(session: Session) -> None:
    """What has been loaded for the page stays loaded."""
    expires, session.expire_on_commit = session.expire_on_commit, False
    try:
        session.commit()
    finally:
        session.expire_on_commit = expires


def _written(shown: Shown) -> dict[str, Any]:
    return {str(identifier): count for identifier, count in shown.items()}


def _read(written: Mapping[str, Any]) -> Shown:
    return {UUID(identifier): count for identifier, count in written.items()}
