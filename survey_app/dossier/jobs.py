"""Files that take longer than a page may: asked for by one person, made apart, handed to nobody else, kept a week.

How one is worked off is `job_work`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, delete, select
from sqlalchemy.orm import Session, joinedload

from survey_app import services
from survey_app.clock import Clock
from survey_app.database import reading
from survey_app.exports import exporter
from survey_app.models import ExportJob, ExportPart, JobState, Survey, Unit, User

PACKAGE = "package"
"""Format of a job that is no exporter's: the evidence package of a unit and year."""
LARGE = 200_000
"""Cells of answers; a file that more lie behind is made apart."""
KEPT = timedelta(days=7)
LOST_AFTER = timedelta(minutes=2)
"""Without a sign of life: the process that made it has ended."""
MOST_FILES = 10
"""Of one person; the oldest goes when one more is asked for."""
UNFINISHED = (JobState.WAITING, JobState.RUNNING)


def should_wait(session: Session, survey: Survey, unit: Unit) -> bool:
    """Whether a file of this result is better made apart than while a page waits. Raises: NothingToReport."""
    dataset = services.load_dataset(session, survey)
    view = dataset.for_unit(unit.code) if unit.code in dataset.manifest.parents else dataset
    return view.rows * len(dataset.columns) > LARGE


def job_under_way(
    session: Session, survey: Survey, unit: Unit, wanted: str, *, language: str, by: User, clock: Clock, **options: Any
) -> ExportJob | None:
    """The job that already makes the same file for the same person."""
    same = select(ExportJob).where(
        _wish(survey, unit, wanted, by), ExportJob.language == language, ExportJob.state.in_(UNFINISHED)
    )
    now = clock.now()
    return next((job for job in session.scalars(same) if job.options == options and not is_lost(job, now)), None)


def start_job(
    session: Session, survey: Survey, unit: Unit, wanted: str, *, language: str, by: User, clock: Clock, **options: Any
) -> ExportJob:
    """Note down a wish, to be worked off by `run_job` once it is committed.

    Ends what it replaces: earlier files of the same kind for the same person, and the oldest where there are many.
    """
    purge_jobs(session, clock=clock)
    latest_first = select(ExportJob.id).where(ExportJob.user_id == by.id).order_by(ExportJob.asked_at.desc())
    too_many = list(session.scalars(latest_first.offset(MOST_FILES - 1)))
    remove_jobs(session, _wish(survey, unit, wanted, by) | ExportJob.id.in_(too_many))
    job = ExportJob(
        format=wanted, language=language, asked_at=clock.now(), survey=survey, unit=unit, user=by, options=options
    )
    session.add(job)
    session.flush()
    return job


def is_lost(job: ExportJob, now: datetime) -> bool:
    """Whether nobody works on it any more, so that it is better begun anew."""
    return job.state in UNFINISHED and now - (job.seen_at or job.asked_at) > LOST_AFTER


def takes_rows(job: ExportJob) -> bool:
    """Whether single answers are in the file, so that it needs the right to them."""
    made_by = exporter(job.format)
    return made_by.takes_rows if made_by else bool(job.options.get("with_rows"))


def jobs_of(session: Session, user: User, *, clock: Clock) -> list[ExportJob]:
    """What a person has asked for within the week, latest first; what is older is erased."""
    if session.scalar(select(ExportJob.id).where(_is_over(clock)).limit(1)):
        purge_jobs(session, clock=clock)
    found = select(ExportJob).where(ExportJob.user_id == user.id).order_by(ExportJob.asked_at.desc())
    return list(session.scalars(found.options(joinedload(ExportJob.survey), joinedload(ExportJob.unit))))


def kept_job(session: Session, job_id: UUID, user: User, *, clock: Clock) -> ExportJob | None:
    """A person's own job within the week."""
    return session.scalar(
        select(ExportJob).where(ExportJob.id == job_id, ExportJob.user_id == user.id, ~_is_over(clock))
    )


def kept_until(job: ExportJob) -> datetime:
    return job.asked_at + KEPT


def purge_jobs(session: Session, *, clock: Clock) -> None:
    """Erase all files and wishes older than a week, whoever they are of."""
    remove_jobs(session, _is_over(clock))


def remove_job(session: Session, job: ExportJob) -> None:
    remove_jobs(session, ExportJob.id == job.id)


def remove_jobs(session: Session, which: ColumnElement[bool]) -> None:
    """Erase jobs with their files; one that is being made ends with its next step."""
    chosen = list(session.scalars(select(ExportJob.id).where(which)))
    session.execute(delete(ExportPart).where(ExportPart.job_id.in_(chosen)))
    session.execute(delete(ExportJob).where(ExportJob.id.in_(chosen)))


def pieces_of(engine: Engine, job_id: UUID) -> Iterator[bytes]:
    """The file of a finished job, piece by piece; nothing is kept open while somebody's slow line takes the next."""
    for position in count():
        with Session(reading(engine)) as session:
            content = session.scalar(
                select(ExportPart.content).where(ExportPart.job_id == job_id, ExportPart.position == position)
            )
        if content is None:
            return
        yield content


def _wish(survey: Survey, unit: Unit, wanted: str, by: User) -> ColumnElement[bool]:
    return (
        (ExportJob.survey_id == survey.id)
        & (ExportJob.unit_id == unit.id)
        & (ExportJob.format == wanted)
        & (ExportJob.user_id == by.id)
    )


def _is_over(clock: Clock) -> ColumnElement[bool]:
    return ExportJob.asked_at < clock.now() - KEPT
