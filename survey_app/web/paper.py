"""Answering on paper: an unopened slip is handed in, the form goes into the urn and is typed in, counted apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import CodeRefused, PaperWithoutSlip, SlipNotUnopened
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm, SlipForm
from survey_app.forms.sheet import AnswerSheet, SectionPage
from survey_app.forms.whole_sheet import WholeSheet
from survey_app.models import ReportingGroup, State, StateError, Survey
from survey_app.permissions import Right, requires, survey_in_scope
from survey_app.services.groups import GroupRow
from survey_app.web.circumstances import clock, installation_secret, person
from survey_app.web.context import page_language
from survey_app.web.group_levels import TOGETHER, Level, level_shown
from survey_app.web.labels import in_words
from survey_app.web.survey_page import group_of


@dataclass(frozen=True, slots=True)
class PaperRow:
    """A group, or several below a unit: those have no slug, but an address that leads to them."""

    name: str
    handed_in: int
    typed_in: int
    slug: str
    below: str


paper = Blueprint("paper", __name__, url_prefix="/committee/surveys")


@paper.route("/<uuid:survey_id>/paper", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def index(survey_id: UUID) -> ResponseReturnValue:
    """Hand in a slip, or choose the group whose forms are typed in."""
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    _require_paper(survey)
    form = SlipForm()
    if not form.validate_on_submit():
        return _paper_page(survey, form), 422 if form.is_submitted() else 200
    try:
        group = services.void_slip(
            db.session, survey, form.code.data, by=person(), clock=clock(), secret=installation_secret()
        )
    except (CodeRefused, SlipNotUnopened) as refusal:
        db.session.rollback()
        form.code.errors = [in_words(refusal)]
        return _paper_page(survey, form), 422
    db.session.commit()
    flash(_("The slip no longer counts. The paper form goes into the urn of: %(unit)s.", unit=group.unit.name))
    return redirect(url_for(".index", survey_id=survey.id))


@paper.route("/<uuid:survey_id>/paper/<group_slug>", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def type_in(survey_id: UUID, group_slug: str) -> ResponseReturnValue:
    """All questions on one page; after each form the next empty one."""
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    group, form = group_of(survey, group_slug), ConfirmForm()
    _require_paper(survey)
    typed = AnswerSheet.posted(services.asked_of(db.session, survey, group), request.form, page_language())
    if not form.validate_on_submit():
        return _form_page(survey, group, form, typed)
    answers = typed.accepted()
    if answers is None:
        return _form_page(survey, group, form, typed, errors=_errors_of(typed)), 422
    try:
        services.enter_paper_ballot(db.session, survey, group, answers, by=person(), clock=clock())
    except PaperWithoutSlip as refusal:
        db.session.rollback()
        return _form_page(survey, group, form, typed, refused=in_words(refusal)), 422
    db.session.commit()
    flash(_("The form has been put into the box. Here is the next one."))
    return redirect(url_for(".type_in", survey_id=survey.id, group_slug=group.slug))


def _require_paper(survey: Survey) -> None:
    """Raises: StateError unless the survey is open or closed, and not counted yet."""
    survey.require(State.OPEN, State.CLOSED)
    if survey.counted_at is not None or not survey.has_ballot_box:
        raise StateError(survey, State.OPEN)


def _paper_page(survey: Survey, form: SlipForm) -> str:
    handed_in = services.marks_by_group(db.session, survey)[1]
    typed_in = services.paper_ballots_by_group(db.session, survey)
    groups = services.group_rows(db.session, survey)
    listed: Sequence[GroupRow] = groups
    if survey.has_credentials and len(groups) > TOGETHER:
        listed = [group for group in groups if handed_in.get(group.id) or typed_in.get(group.id)]
    level = level_shown(survey, [group.unit for group in listed])
    return render_template(
        "committee/paper.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        rows=_paper_rows(level, listed, handed_in, typed_in),
        level=level,
        leaves_out=len(listed) < len(groups),
    )


def _paper_rows(
    level: Level, groups: Sequence[GroupRow], handed_in: Mapping[UUID, int], typed_in: Mapping[UUID, int]
) -> list[PaperRow]:
    found = []
    for limb in level.limbs:
        of_limb = [groups[place] for place in limb.groups]
        slips, forms = (sum(counts.get(group.id, 0) for group in of_limb) for counts in (handed_in, typed_in))
        slug = "" if limb.address else of_limb[0].slug
        found.append(PaperRow(limb.unit.name, slips, forms, slug=slug, below=limb.address))
    return found


def _errors_of(typed: AnswerSheet) -> Mapping[str, Any]:
    """Sentences by item code, of the questions that these answers ask."""
    return {code: words for section in typed.path for code, words in typed.errors_in(section).items()}


def _form_page(
    survey: Survey,
    group: ReportingGroup,
    form: ConfirmForm,
    typed: AnswerSheet,
    *,
    errors: Mapping[str, Any] | None = None,
    refused: str = "",
) -> str:
    whole = WholeSheet(typed.instrument, typed.typed, typed.language)
    pages: list[SectionPage] = [whole.page(section, errors=errors) for section in whole.path]
    return render_template(
        "committee/paper_form.html",
        survey=survey,
        unit=survey.unit,
        group=group,
        form=form,
        pages=pages,
        mistakes=[ask for page in pages for ask in page.mistakes],
        refused=refused,
        handed_in=services.marks_by_group(db.session, survey)[1].get(group.id, 0),
        typed_in=services.paper_ballots(db.session, survey, group),
    )
