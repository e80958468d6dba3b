"""How far surveys have come, asked within the transaction that acts on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from survey_app.models import Standing, Survey
from survey_app.prepared import Prepared

STANDING = (Survey.state, Survey.closes_on, Survey.closed_at, Survey.counted_at)
"""The columns that `Standing` takes, in its order."""
FOUND = select(*STANDING).where(Survey.id == bindparam("survey"))
LOOKED_AT, HELD = Prepared(FOUND), Prepared(FOUND.with_for_update(read=True))


def standings(connection: Connection, surveys: Iterable[UUID], *, hold_still: bool = False) -> Mapping[UUID, Standing]:
    """By survey. With `hold_still` none of them is counted, sealed or withdrawn before this transaction has ended."""
    asked = HELD if hold_still else LOOKED_AT
    rows = {survey: asked.row(connection, survey=survey) for survey in sorted(set(surveys))}
    return {survey: Standing(*row) for survey, row in rows.items() if row is not None}
