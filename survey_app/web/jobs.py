"""Files made apart from the page: begun, watched, downloaded, begun anew, removed. Each is its asker's alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _

from survey_app import services
from survey_app.dossier.job_work import run_job
from survey_app.dossier.jobs import (
    PACKAGE,
    job_under_way,
    jobs_of,
    kept_job,
    pieces_of,
    remove_job,
    start_job,
    takes_rows,
)
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.models import ExportJob, JobState, Survey, Unit
from survey_app.permissions import Right, requires, unit_in_scope, units_in_scope
from survey_app.web.circumstances import clock, installation_secret, person
from survey_app.web.job_page import job_card, title_of

jobs = Blueprint("jobs", __name__, url_prefix="/committee/jobs")

SECONDS_BETWEEN_LOOKS = 5
ACTS = {PACKAGE: "package.make"}
"""What a download is written down as; of other formats by whether single answers are in it."""


def make_apart(survey: Survey, unit: Unit, wanted: str, **options: Any) -> ResponseReturnValue:
    """Begin a file in the background, or find the one under way, and lead to its page.

    Whether the person may have it is for the caller to have checked, and is checked again when it is downloaded.
    """
    wish = {"language": str(get_locale() or "zh_Hans"), "by": person(), "clock": clock(), **options}
    known = job_under_way(db.session, survey, unit, wanted, **wish)
    if known is not None:
        return redirect(url_for("jobs.show", job_id=known.id))
    job_id = start_job(db.session, survey, unit, wanted, **wish).id
    db.session.commit()  # before the work begins, which has a session of its own
    _work_off(job_id)
    return redirect(url_for("jobs.show", job_id=job_id))


@jobs.get("/")
@requires(Right.EXPORT)
def index() -> ResponseReturnValue:
    own = jobs_of(db.session, person(), clock=clock())
    now = clock().now()
    cards = [job_card(job, now) for job in own if _may_have(job)]
    db.session.commit()
    return render_template("jobs/index.html", cards=cards)


@jobs.get("/<uuid:job_id>")
@requires(Right.EXPORT)
def show(job_id: UUID) -> ResponseReturnValue:
    """Looks again by itself while the file is made, unless the reader would rather not."""
    card = job_card(_own_job(job_id), clock().now())
    stands_still = bool(request.args.get("still"))
    page = Response(render_template("jobs/show.html", card=card, form=ConfirmForm(), stands_still=stands_still))
    if card.is_under_way and not stands_still:
        page.headers["Refresh"] = str(SECONDS_BETWEEN_LOOKS)
    return page


@jobs.get("/<uuid:job_id>/file")
@requires(Right.EXPORT)
def fetch(job_id: UUID) -> ResponseReturnValue:
    job = _own_job(job_id)
    if job.state is not JobState.DONE:
        abort(404)
    act = ACTS.get(job.format, "rows.export" if takes_rows(job) else "result.export")
    answer = Response(pieces_of(db.engine, job_id), mimetype=job.mime)
    answer.headers.set("Content-Disposition", "attachment", filename=job.filename)
    answer.content_length = job.size
    services.record(db.session, person(), act, job.survey, clock=clock(), unit=job.unit, format=job.format)
    db.session.commit()
    return answer


@jobs.post("/<uuid:job_id>/anew")
@requires(Right.EXPORT)
def anew(job_id: UUID) -> ResponseReturnValue:
    job = _own_job(job_id)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    return make_apart(job.survey, job.unit, job.format, **job.options)


@jobs.post("/<uuid:job_id>/remove")
@requires(Right.EXPORT)
def remove(job_id: UUID) -> ResponseReturnValue:
    job = _own_job(job_id)
    if not ConfirmForm().validate_on_submit():
        abort(400)
    said = _("%(file)s has been removed.", file=title_of(job.format))
    remove_job(db.session, job)
    db.session.commit()
    flash(said)
    return redirect(url_for(".index"))


def _own_job(job_id: UUID) -> ExportJob:
    """The person's own job, or 404; also once the right to what is in it is gone."""
    job = kept_job(db.session, job_id, person(), clock=clock())
    if job is None:
        abort(404)
    unit_in_scope(job.unit_id, _needed(job))
    return job


def _may_have(job: ExportJob) -> bool:
    return job.unit_id in units_in_scope(person(), _needed(job))


def _needed(job: ExportJob) -> Right:
    return Right.EXPORT_ROWS if takes_rows(job) else Right.EXPORT


def _work_off(job_id: UUID) -> None:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    engine, its_clock, secret = db.engine, clock(), installation_secret()

    def work() -> None:
        with app.app_context():  # translations need one
            run_job(engine, job_id, clock=its_clock, secret=secret)

    app.config["BACKGROUND"](work)
