"""The list of processes that actions of a unit are sorted by."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app.errors import ProcessListImpossible
from survey_app.extensions import db
from survey_app.forms.plan import ProcessesForm
from survey_app.permissions import Right, requires, unit_in_scope
from survey_app.services.processes import processes_for, set_processes
from survey_app.web.circumstances import clock, person
from survey_app.web.labels import in_words

processes = Blueprint("processes", __name__, url_prefix="/committee/plan")


@processes.route("/<uuid:unit_id>/processes", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def edit(unit_id: UUID) -> ResponseReturnValue:
    unit = unit_in_scope(unit_id, Right.RUN_SURVEYS)
    known = processes_for(db.session, unit)
    form = ProcessesForm(source=known.source)
    if form.validate_on_submit():
        try:
            set_processes(db.session, unit, form.source.data or "", by=person(), clock=clock())
        except ProcessListImpossible as refusal:
            form.source.errors = [in_words(refusal)]
        else:
            db.session.commit()
            flash(_("The list of processes has been saved."))
            return redirect(url_for("plan.show", unit_id=unit.id))
    page = render_template("plan/processes.html", form=form, unit=unit, known=known)
    return page, 422 if form.is_submitted() else 200
