"""What the pages of files made apart say: where each stands, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext as _

from survey_app.dossier.jobs import PACKAGE, UNFINISHED, is_lost, kept_until
from survey_app.exports import exporter
from survey_app.models import ExportJob, JobState

KILOBYTE, MEGABYTE = 1000, 1_000_000


@dataclass(frozen=True, slots=True)
class JobCard:
    """One wished-for file."""

    id: UUID
    title: str
    unit_name: str
    survey_title: str
    asked_at: datetime
    standing: str
    """In one sentence."""
    done: int
    total: int
    """0: not known."""
    is_under_way: bool
    is_done: bool
    """Else neither: it may be begun anew."""
    size: str
    sha256: str
    filename: str
    kept_until: datetime


def job_card(job: ExportJob, now: datetime) -> JobCard:
    lost = is_lost(job, now)
    return JobCard(
        id=job.id,
        title=title_of(job.format),
        unit_name=job.unit.name,
        survey_title=job.survey.title,
        asked_at=job.asked_at,
        standing=_standing(job, lost),
        done=job.done,
        total=job.total,
        is_under_way=job.state in UNFINISHED and not lost,
        is_done=job.state is JobState.DONE,
        size=size_text(job.size),
        sha256=job.sha256,
        filename=job.filename,
        kept_until=kept_until(job),
    )


def title_of(wanted: str) -> str:
    """What is made, as the list of downloads calls it."""
    if wanted == PACKAGE:
        return _("Evidence package (.zip)")
    chosen = exporter(wanted)
    return _(chosen.label) if chosen else wanted


def size_text(size: int) -> str:
    """Bytes as people say them: ``34 kB``, ``12.5 MB``."""
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{max(size // KILOBYTE, 1)} kB"


def _standing(job: ExportJob, lost: bool) -> str:
    if lost:
        return _("The service was interrupted while it made this file. Please begin it anew.")
    if job.state is JobState.FAILED:
        return job.problem
    if job.state is JobState.DONE:
        return _("Ready to be downloaded.")
    if job.state is JobState.WAITING:
        return _("Another file is being made first; this one begins by itself.")
    if job.total:
        return _("Being made: %(share)s are done.", share=f"{100 * job.done // job.total}%")
    return _("Being made: the figures are reckoned first.")
