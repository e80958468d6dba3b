"""What is in a backup: its surveys under way, what opens them, its rows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import UUID
from zipfile import ZipFile

from alembic.script import ScriptDirectory

from survey_app import migrate
from survey_app.backup import archive
from survey_app.backup.boxes import UNDER_WAY
from survey_app.backup.tables import Row, TableShape, decode
from survey_app.crypto import guardians
from survey_app.crypto.blind import PublicKey
from survey_app.crypto.box import OpeningKey
from survey_app.crypto.keys import WrongSecretError, unwrap
from survey_app.errors import PassphraseRefused, SecretReplaced
from survey_app.services.audit_trail import Head
from survey_app.services.survey_keys import SIGNING, open_lock

BROKEN = (ValueError, TypeError, KeyError)
"""What reading bytes raises that are not ours."""


@dataclass(frozen=True, slots=True)
class SurveyUnderWay:
    """A survey of a backup with codes and ballots. `lock`: opens to its scrutineers; None: it has none."""

    id: UUID
    slug: str
    title: str
    year: int
    lock: guardians.Lock | None

    @property
    def needed(self) -> int:
        """Passphrases that open it together."""
        return self.lock.needed if self.lock else 0

    def unlock(self, passphrases: Sequence[str]) -> OpeningKey:
        """Raises: PassphraseRefused."""
        if self.lock is None:
            raise PassphraseRefused("count", needed=self.needed)
        return open_lock(self.lock, passphrases, survey_id=self.id)


class BackupFile:
    """An opened backup that is what its manifest says."""

    def __init__(self, path: Path, file: ZipFile, manifest: archive.Manifest) -> None:
        self.path, self.manifest, self._file = path, manifest, file

    def rows(self, shape: TableShape) -> Iterator[Row]:
        """Of a table. Raises: BackupRefused."""
        part = archive.table_part(shape)
        try:
            with self._file.open(part) as lines:
                for line in lines:
                    yield decode(shape, line)
        except BROKEN:
            raise archive.BackupRefused("altered", file=self.path, part=part) from None

    def blob(self, survey_id: UUID) -> IO[bytes]:
        """Codes and ballots of a survey, sealed. Raises: BackupRefused."""
        part = archive.boxes_part(survey_id)
        if part not in self.manifest.parts:
            raise archive.BackupRefused("altered", file=self.path, part=part)
        return self._file.open(part)

    def surveys_under_way(self) -> list[SurveyUnderWay]:
        """Those with codes and ballots, by year and title."""
        rows = [row for row in self._named("survey") if row["state"] in UNDER_WAY]
        found = [
            SurveyUnderWay(row["id"], row["slug"], row["title"], row["year"], _lock(row["opening_lock"]))
            for row in rows
        ]
        return sorted(found, key=lambda survey: (survey.year, survey.title))

    def require_secret(self, secret: bytes, surveys: Collection[UUID]) -> None:
        """Were the signing keys of these surveys wrapped under this installation secret? Raises: SecretReplaced."""
        for group in self._named("reporting_group"):
            if group["survey_id"] not in surveys or group["signing_key"] is None:
                continue
            key_id = PublicKey.from_der(group["public_key"]).key_id
            try:
                unwrap(secret, group["survey_id"], SIGNING, group["signing_key"], bound_to=key_id)
            except WrongSecretError:
                raise SecretReplaced from None

    def audit_head(self) -> Head | None:
        """Where the record of acts ended; None before it was a chain."""
        if "audit_head" not in {shape.name for shape in self.manifest.tables}:
            return None
        return next((Head(row["number"], row["hash"]) for row in self._named("audit_head")), None)

    def _named(self, table: str) -> Iterator[Row]:
        return self.rows(next(shape for shape in self.manifest.tables if shape.name == table))


@contextmanager
def opened_backup(path: Path) -> Iterator[BackupFile]:
    """Raises: BackupRefused."""
    with archive.opened(path) as (file, manifest):
        if manifest.revision not in _known_revisions():
            raise archive.BackupRefused("newer", file=path, software=manifest.software, revision=manifest.revision)
        yield BackupFile(path, file, manifest)


def _known_revisions() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(migrate.SCRIPTS)).walk_revisions()}


def _lock(data: bytes | None) -> guardians.Lock | None:
    return None if data is None else guardians.Lock.from_bytes(data)
