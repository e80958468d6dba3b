"""The public page of a result as the committee sees it: choosing what it shows, preview, publishing, withdrawing."""

from __future__ import annotations

from io import BytesIO
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import PublicationRefused
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.forms.publications import PublicationForm, publication_form
from survey_app.models import Action, Publication, Survey, Unit
from survey_app.permissions import Right, requires, survey_in_scope, unit_in_scope
from survey_app.printing.notice import Notice, notice_pdf
from survey_app.services.comments import comments_to_show
from survey_app.services.publications import (
    Chosen,
    Part,
    SaidAndDone,
    actions_to_tell,
    change_publication,
    chosen_of,
    publication_of,
    publish,
    publishable_surveys,
    published_surveys,
    themes_said,
    withdraw_publication,
)
from survey_app.web.circumstances import clock, home_unit, may, person, unit_choices, units_under
from survey_app.web.context import page_language
from survey_app.web.labels import label
from survey_app.web.member_pages import chosen_language
from survey_app.web.public_page import parts_offered, public_page
from survey_app.web.slips import typed_address
from survey_app.wording.names import names_of
from survey_app.wording.public import notice_sentence

publications = Blueprint("publications", __name__, url_prefix="/committee/publications")


@publications.get("/")
@requires(Right.VIEW_RESULTS)
def index() -> ResponseReturnValue:
    """The latest annual result of a unit, of the first one unless another is asked for."""
    asked = request.args.get("unit", type=UUID)
    unit = unit_in_scope(asked) if asked else home_unit(Right.VIEW_RESULTS)
    surveys = publishable_surveys(db.session, unit)
    if surveys:
        return redirect(url_for(".show", unit_id=unit.id, survey_id=surveys[0].id))
    return render_template("publications/none.html", unit=unit, units=_units())


@publications.get("/<uuid:unit_id>/<uuid:survey_id>")
@requires(Right.VIEW_RESULTS)
def show(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit, survey = _unit_and_survey(unit_id, survey_id)
    publication = publication_of(db.session, unit, survey)
    return render_template(
        "publications/show.html",
        unit=unit,
        survey=survey,
        publication=publication,
        parts=[label(part) for part in chosen_of(publication).parts] if publication else [],
        address=_public_address(publication) if publication else "",
        surveys=publishable_surveys(db.session, unit),
        published=published_surveys(db.session, unit),
        units=_units(),
        may_publish=may(Right.RUN_SURVEYS, unit),
    )


@publications.route("/<uuid:unit_id>/<uuid:survey_id>/change", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def change(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit, survey = _unit_and_survey(unit_id, survey_id)
    form = _form(unit, survey)
    if not form.validate_on_submit():
        page = render_template("publications/change.html", unit=unit, survey=survey, form=form)
        return page, 422 if form.is_submitted() else 200
    told = tuple(SaidAndDone(**entry) for entry in form.told_actions)
    chosen = Chosen(form.foreword.data or "", tuple(map(Part, form.chosen_parts)), told)
    change_publication(db.session, unit, survey, chosen, by=person(), clock=clock())
    db.session.commit()
    flash(_("Saved. Please look at the preview."))
    return redirect(url_for(".show", unit_id=unit.id, survey_id=survey.id))


@publications.get("/<uuid:unit_id>/<uuid:survey_id>/preview")
@requires(Right.VIEW_RESULTS)
def preview(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    """Exactly the public page, marked as a preview."""
    unit, survey = _unit_and_survey(unit_id, survey_id)
    publication = publication_of(db.session, unit, survey)
    published_at = publication.published_at if publication else None
    today = clock().today()
    return render_template(
        "publications/preview.html",
        page=public_page(
            unit,
            survey,
            chosen_of(publication),
            told_on=published_at.astimezone().date() if published_at else today,
            today=today,
        ),
        is_public=published_at is not None,
        receipts_address=url_for("anonymity.receipts", survey_slug=survey.slug, lang=chosen_language()),
    )


@publications.route("/<uuid:unit_id>/<uuid:survey_id>/publish", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def make_public(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit, survey = _unit_and_survey(unit_id, survey_id)
    publication = publication_of(db.session, unit, survey)
    if publication is None:
        raise PublicationRefused("unprepared")
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("publications/publish.html", unit=unit, survey=survey, form=form)
        return page, 422 if form.is_submitted() else 200
    publish(db.session, publication, by=person(), clock=clock())
    db.session.commit()
    flash(_("Published: everybody who has the address can read the page."))
    return redirect(url_for(".show", unit_id=unit.id, survey_id=survey.id))


@publications.route("/<uuid:unit_id>/<uuid:survey_id>/withdraw", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def withdraw(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit, survey = _unit_and_survey(unit_id, survey_id)
    publication = _public(unit, survey)
    form = ConfirmForm()
    if not form.validate_on_submit():
        page = render_template("publications/withdraw.html", unit=unit, survey=survey, form=form)
        return page, 422 if form.is_submitted() else 200
    withdraw_publication(db.session, publication, by=person(), clock=clock())
    db.session.commit()
    flash(_("Withdrawn: the address now says so."))
    return redirect(url_for(".show", unit_id=unit.id, survey_id=survey.id))


@publications.get("/<uuid:unit_id>/<uuid:survey_id>/notice.pdf")
@requires(Right.VIEW_RESULTS)
def notice(unit_id: UUID, survey_id: UUID) -> ResponseReturnValue:
    unit, survey = _unit_and_survey(unit_id, survey_id)
    publication = _public(unit, survey)
    report, chosen = services.report_for(db.session, survey, unit), chosen_of(publication)
    parts = frozenset(chosen.parts)
    address = _public_address(publication)
    pdf = notice_pdf(
        Notice(
            survey_title=survey.title,
            unit_name=report.unit_name if report.unit != unit.code else unit.name,
            sentence=notice_sentence(
                report,
                names_of(services.instrument_of(survey)),
                tells_rate=not parts.isdisjoint({Part.OBJECTIVES, Part.SATISFACTION}),
                tells_returns=Part.RETURNS in parts,
            ),
            link=address,
            address=typed_address(address),
        ),
        language=page_language(),
    )
    return send_file(
        BytesIO(pdf), "application/pdf", as_attachment=True, download_name=f"{_('Notice')} {survey.year}.pdf"
    )


def _units() -> list[tuple[str, str]]:
    return unit_choices(units_under(Right.VIEW_RESULTS))


def _unit_and_survey(unit_id: UUID, survey_id: UUID) -> tuple[Unit, Survey]:
    """A unit in scope, and an annual survey with a result of it; the survey may be that of a unit above."""
    unit, survey = unit_in_scope(unit_id), survey_in_scope(survey_id, Right.VIEW_RESULTS)
    return (unit, survey) if survey in publishable_surveys(db.session, unit) else abort(404)


def _public(unit: Unit, survey: Survey) -> Publication:
    publication = publication_of(db.session, unit, survey)
    if publication is None or publication.published_at is None:
        raise PublicationRefused("not_public")
    return publication


def _form(unit: Unit, survey: Survey) -> PublicationForm:
    """Holds what was chosen last; of actions not told yet, the plan's own words."""
    report = comments_to_show(db.session, survey, services.report_for(db.session, survey, unit))
    actions = actions_to_tell(db.session, unit, survey)
    chosen = chosen_of(publication_of(db.session, unit, survey))
    offered = parts_offered(report, survey)
    kind = publication_form(
        [(part.value, label(part)) for part in offered],
        [(str(action.id), _titled(action)) for action in actions] if Part.SAID_AND_DONE in offered else [],
        themes_said(report),
    )
    told = {entry.action: entry for entry in chosen.said_and_done}
    known: dict[str, object] = {f"part_{part.value}": part in chosen.parts for part in offered}
    for action in actions:
        key, entry = str(action.id), told.get(str(action.id))
        known |= {
            f"tell_{key}": entry is not None,
            f"said_{key}": entry.said if entry else "",
            f"theme_{key}": entry.theme if entry else "",
            f"did_{key}": entry.did if entry else action.measure,
        }
    return kind(foreword=chosen.foreword, **known)


def _titled(action: Action) -> str:
    """With where it stands, so that nobody promises what was given up."""
    return _("%(title)s (%(status)s)", title=action.title, status=label(action.status))


def _public_address(publication: Publication) -> str:
    return url_for("public_result.show", slug=publication.slug, _external=True)
