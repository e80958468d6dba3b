"""The list of names of a survey: uploaded, counted by group, deleted. The names themselves are not shown here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.database import ROSTER_STORE, try_to_rewrite_boxes
from survey_app.errors import Refusal
from survey_app.extensions import csrf, db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.organisation import RosterForm
from survey_app.models import AccessMode, State, Survey
from survey_app.permissions import Right, requires, survey_in_scope
from survey_app.services.roster import (
    counted_by_unit,
    discard_roster,
    read_roster,
    roster_groups,
    store_roster,
    units_by_word,
)
from survey_app.services.table_file import AnswersFileError, TableProblem
from survey_app.web.circumstances import clock, person
from survey_app.web.labels import in_words

roster = Blueprint("roster", __name__, url_prefix="/committee/surveys")

LARGEST_REQUEST = 4 * 1024 * 1024

# The check before every view would read the file under the small limit of other pages; the forms check the token.
csrf.exempt(roster)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """How many people a reporting group has, how many of them are named, and how many with an e-mail address."""

    name: str
    eligible: int
    named: int
    with_email: int


@roster.route("/<uuid:survey_id>/roster", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def show(survey_id: UUID) -> ResponseReturnValue:
    survey = _survey_with_names(survey_id)
    request.max_content_length = LARGEST_REQUEST
    form = RosterForm()
    if not form.validate_on_submit():
        form.say_expired()
        return _page(survey, form, (), 422 if form.is_submitted() else 200)
    try:
        count = _store(survey, form)
    except AnswersFileError as error:
        db.session.rollback()
        return _page(survey, form, error.problems, 422)
    except Refusal as refusal:
        db.session.rollback()
        form.file.errors = [in_words(refusal)]
        return _page(survey, form, (), refusal.status)
    db.session.commit()
    try_to_rewrite_boxes(db.engine, (ROSTER_STORE,))  # a list that was there before
    flash(_("%(count)s names have been stored.", count=count))
    return redirect(url_for(".show", survey_id=survey.id))


@roster.route("/<uuid:survey_id>/roster/delete", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def discard(survey_id: UUID) -> ResponseReturnValue:
    survey = _survey_with_names(survey_id)
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("committee/roster_delete.html", survey=survey, unit=survey.unit, form=form)
        return page, 422 if form.is_submitted() else 200
    discard_roster(db.session, survey, by=person(), clock=clock())
    db.session.commit()
    try_to_rewrite_boxes(db.engine, (ROSTER_STORE,))
    flash(_("The list of names has been deleted."))
    return redirect(url_for(".show", survey_id=survey.id))


def _survey_with_names(survey_id: UUID) -> Survey:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    if not survey.has_credentials:
        abort(404)
    survey.require(State.DRAFT, State.OPEN)
    return survey


def _store(survey: Survey, form: RosterForm) -> int:
    units = units_by_word(services.existing(services.subtree(db.session, survey.unit)))
    groups = roster_groups(db.session, survey)
    rows = read_roster(form.file.data.read(), form.file.data.filename or "", units, groups=groups)
    return store_roster(db.session, survey, rows, by=person(), clock=clock())


def _page(survey: Survey, form: RosterForm, problems: Sequence[TableProblem], status: int) -> ResponseReturnValue:
    rows = [
        {"row": problem.row, "column": problem.column, "words": _(problem.template, **problem.values)}
        for problem in problems
    ]
    lines = _group_lines(survey)
    page = render_template(
        "committee/roster.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        problems=rows,
        lines=lines,
        named=sum(line.named for line in lines),
        is_personal=survey.access_mode is AccessMode.PERSONAL,
    )
    return page, status


def _group_lines(survey: Survey) -> list[GroupLine]:
    """None without names: there is nothing to count."""
    people = counted_by_unit(db.session, survey)
    lines = []
    for group in roster_groups(db.session, survey) if people else ():
        counts = [people[unit_id] for unit_id in group.units if unit_id in people]
        named, with_email = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0)
        lines.append(GroupLine(group.unit.name, group.eligible, named, with_email))
    return lines
