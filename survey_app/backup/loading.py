"""Bringing a backup back into an empty database: into the shape it had, and from there into the present one.

Loading is one transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from typing import ClassVar
from uuid import UUID

import sqlalchemy as sa

from instruments.wording import N_
from survey_app.backup import boxes
from survey_app.backup.filling import being_filled, fill_table, is_empty
from survey_app.backup.reading import BROKEN, BackupFile, SurveyUnderWay
from survey_app.backup.tables import LEFT_BEHIND, Row, write_rows
from survey_app.crypto import sealed_blob
from survey_app.crypto.box import OpeningKey
from survey_app.database import build_engine, reading
from survey_app.errors import Refusal
from survey_app.migrate import downgrade, upgrade


class RestoreRefused(Refusal):
    """A database into which, or a survey for which, nothing can be restored."""

    sentences: ClassVar[dict[str, str]] = {
        "full": N_(
            "The database is not empty: a backup is restored into a new one. Please name an empty database in "
            "DATABASE_URL, or move the files of the present one away."
        ),
        "boxes": N_(
            "The codes and ballots of “%(title)s” cannot be opened: they were altered, or the installation secret is "
            "another one than then."
        ),
    }


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in the database now: rows by table, and the surveys that came back withdrawn."""

    rows: Mapping[str, int]
    withdrawn: tuple[SurveyUnderWay, ...]


def require_empty(engine: sa.Engine) -> None:
    """Raises: RestoreRefused if there is anything in the database but what `init` puts there."""
    with reading(engine).connect() as connection:
        _require_empty(connection)


def restore(
    url: str,
    backup: BackupFile,
    *,
    keys: Mapping[UUID, OpeningKey | None],
    secret: bytes,
    because: str,
    now: datetime,
) -> Restored:
    """Load a backup; surveys under way for which there is no entry in `keys` come back withdrawn.

    `keys`: by survey its opening key, None for one without scrutineers. `because`: the reason of withdrawing, for
    members. Raises: RestoreRefused, BackupRefused; then the database is as empty as before.
    """
    surveys = backup.surveys_under_way()
    withdrawn = tuple(survey for survey in surveys if survey.id not in keys)
    withdrawal = _Withdrawal({survey.id for survey in withdrawn}, because, now)
    engine = build_engine(url)
    try:
        require_empty(engine)  # tables of another installation's files would be in the way of making them
        _bring_to(url, backup.manifest.revision)
        with engine.begin() as connection:
            _require_empty(connection)
            with being_filled(connection):
                rows = _load_tables(connection, backup, withdrawal)
                for survey in surveys:
                    if survey.id in keys:
                        _load_boxes(connection, backup, survey, _unwrapping(survey, keys[survey.id], secret))
    finally:
        engine.dispose()
    upgrade(url)
    return Restored(rows, withdrawn)


@dataclass(frozen=True, slots=True)
class _Withdrawal:
    """What becomes of surveys that come back without codes and ballots: their keys are destroyed, too."""

    surveys: Collection[UUID]
    because: str
    now: datetime

    def applied(self, table: str, row: Row) -> Row:
        if table == "survey" and row["id"] in self.surveys:
            at = self.now.astimezone(UTC).replace(tzinfo=None)
            return row | {
                "state": "withdrawn", "withdrawn_at": at, "withdrawn_because": self.because, "opening_lock": None,
            }  # fmt: skip
        if table == "reporting_group" and row["survey_id"] in self.surveys:
            return row | {"signing_key": None}
        return row


def _bring_to(url: str, revision: str) -> None:
    """Into the shape of the backup, also from a newer one."""
    _before, after = upgrade(url, revision)
    if after != revision:
        downgrade(url, revision)


def _require_empty(connection: sa.Connection) -> None:
    if not is_empty(connection):
        raise RestoreRefused("full")


def _load_tables(connection: sa.Connection, backup: BackupFile, withdrawal: _Withdrawal) -> dict[str, int]:
    counts = {}
    for shape in backup.manifest.tables:
        if shape.name in LEFT_BEHIND:  # in earlier backups
            continue
        rows = (withdrawal.applied(shape.name, row) for row in backup.rows(shape))
        counts[shape.name] = fill_table(connection, shape, rows)
    return counts


def _load_boxes(
    connection: sa.Connection, backup: BackupFile, survey: SurveyUnderWay, unwrapping: sealed_blob.Wrapping
) -> None:
    """Raises: RestoreRefused."""
    shapes = {shape.name: shape for shape in backup.manifest.boxes}
    with backup.blob(survey.id) as blob:
        segments = sealed_blob.open_blob(blob, unwrapping, bound_to=boxes.bound_to(survey.id))
        try:
            for name, of_table in groupby(boxes.rows_in(segments, shapes), key=itemgetter(0)):
                write_rows(connection, shapes[name], (row for _name, row in of_table))
        except BROKEN:
            raise RestoreRefused("boxes", title=survey.title) from None


def _unwrapping(survey: SurveyUnderWay, key: OpeningKey | None, secret: bytes) -> sealed_blob.Wrapping:
    if key is None:
        return sealed_blob.by_installation(secret, survey.id)
    return sealed_blob.by_scrutineers(key)
