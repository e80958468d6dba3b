"""Working off a job: what its file is made of is read first, then the file is kept piece by piece.

Everything is written in short transactions, so that others can write meanwhile; one file at a time is made in a
process. A job that somebody has removed ends with its next step.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from threading import Lock
from typing import Any
from uuid import UUID

from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import Engine, delete, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.database import reading
from survey_app.dossier.jobs import PACKAGE
from survey_app.dossier.material import material_of
from survey_app.errors import Refusal
from survey_app.exports import ExportContext, exporter
from survey_app.exports.base import Progress
from survey_app.exports.row_groups import rows_of_unit
from survey_app.models import ExportJob, ExportPart, JobState

PART = 1024 * 1024
"""Bytes of one piece in the database."""
BETWEEN_SIGNS = timedelta(seconds=1)
LONGEST_SILENCE = 30
"""Seconds that a job waits for its turn before it gives a sign of life."""
TURN = Lock()
"""Held by the job that is being made in this process."""


class JobGone(Exception):  # noqa: N818 (nothing went wrong)
    """The job has been removed while it was made."""


@dataclass(frozen=True, slots=True)
class Product:
    """What comes out of a job."""

    filename: str
    mime: str
    pieces: Iterable[bytes]


def run_job(engine: Engine, job_id: UUID, *, clock: Clock, secret: bytes) -> None:
    """Make the file of a job from beginning to end; what goes wrong is told by the job itself.

    `secret`: of the installation, with which packages are signed.
    """
    watch = Watch(engine, job_id, clock)
    try:
        with _turn(watch):
            _make(engine, job_id, watch, secret)
    except JobGone:
        return
    except Exception as error:
        if not isinstance(error, Refusal) or error.status >= 500:
            logging.getLogger(__name__).exception("a file could not be made", extra={"event": "export.failed"})
        with suppress(JobGone):
            watch.fail(error)


def _make(engine: Engine, job_id: UUID, watch: Watch, secret: bytes) -> None:
    with Session(reading(engine)) as session:
        job = session.get(ExportJob, job_id)
        if job is None:
            raise JobGone
        watch.language = job.language
        with force_locale(job.language):
            if job.format == PACKAGE:
                product = _package(session, job, secret)
            else:
                product = _export(session, job, watch.progress, watch.clock.today())
            session.close()  # SQLite lets nobody write while somebody reads
            watch.write(state=JobState.RUNNING, filename=product.filename, mime=product.mime)
            watch.keep(product.pieces)


def _export(session: Session, job: ExportJob, progress: Progress, made_on: date) -> Product:
    chosen = exporter(job.format)
    if chosen is None:
        raise LookupError(job.format)
    material = material_of(session, job.survey, job.unit, with_rows=chosen.takes_rows)
    if chosen.takes_rows:
        rows_of_unit(material, job.unit.code)  # refuses a unit that is counted with others
    context = ExportContext(job.language, made_on, progress)
    return Product(chosen.filename(material.report), chosen.mime, chosen.produce(material, context))


def _package(session: Session, job: ExportJob, secret: bytes) -> Product:
    """Its steps are not told: it reads until it is complete, and what is told is written."""
    from survey_app.dossier.package import MIME, build_package  # loads what writes all its documents

    year, with_rows = int(job.options["year"]), bool(job.options.get("with_rows"))
    made = build_package(session, job.unit, year, secret=secret, with_rows=with_rows, language=job.language)
    return Product(made.manifest.filename, MIME, [made.content])


@contextmanager
def _turn(watch: Watch) -> Iterator[None]:
    while not TURN.acquire(timeout=LONGEST_SILENCE):
        watch.write()
    try:
        watch.write(state=JobState.RUNNING)
        yield
    finally:
        TURN.release()


class Watch:
    """Writes down how far a job is, at most once a second, and keeps its pieces."""

    def __init__(self, engine: Engine, job_id: UUID, clock: Clock) -> None:
        self.engine, self.job_id, self.clock = engine, job_id, clock
        self.language = "zh_Hans"
        self.told: datetime | None = None
        self.done = self.total = 0

    def progress(self, done: int, total: int) -> None:
        """Raises: JobGone."""
        self.done, self.total = done, total
        if self.told is not None and self.clock.now() - self.told < BETWEEN_SIGNS:
            return
        with suppress(OperationalError):  # somebody else writes for long: the next step tells it
            self.write()

    def write(self, **changes: Any) -> None:
        """Raises: JobGone."""
        with Session(self.engine) as session, session.begin():
            self._change(session, changes)

    def keep(self, pieces: Iterable[bytes]) -> None:
        """All pieces in the database, then what the whole is. Raises: JobGone, and whatever making them raises."""
        digest, size = sha256(), 0
        for position, content in enumerate(in_parts(pieces)):
            digest.update(content)
            size += len(content)
            with Session(self.engine) as session, session.begin():
                self._change(session, {})
                session.add(ExportPart(job_id=self.job_id, position=position, content=content))
        self.write(state=JobState.DONE, finished_at=self.clock.now(), size=size, sha256=digest.hexdigest())

    def fail(self, error: Exception) -> None:
        """Raises: JobGone."""
        with force_locale(self.language):
            said = (
                _(error.sentence, **error.values)
                if isinstance(error, Refusal)
                else _("The file could not be made. Please try again; if it fails again, tell the administrator.")
            )
        with Session(self.engine) as session, session.begin():
            session.execute(delete(ExportPart).where(ExportPart.job_id == self.job_id))
            self._change(session, {"state": JobState.FAILED, "problem": said})

    def _change(self, session: Session, changes: dict[str, Any]) -> None:
        self.told = self.clock.now()
        chosen = update(ExportJob).where(ExportJob.id == self.job_id)
        result = session.execute(
            chosen.values(seen_at=self.told, done=self.done, total=self.total, **changes).returning(ExportJob.id)
        )
        if result.first() is None:
            raise JobGone


def in_parts(pieces: Iterable[bytes], size: int = PART) -> Iterator[bytes]:
    """The same bytes in pieces of `size`, the last one shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= size:
            yield bytes(held[:size])
            del held[:size]
    if held:
        yield bytes(held)
