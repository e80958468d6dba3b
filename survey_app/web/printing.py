"""Paper for members and scrutineers: spare and personal slips, posters, and PDFs made from a page shown once.

Codes and passphrases come back from the page that showed them and go into the PDF; they are kept nowhere.
"""

from __future__ import annotations

from io import BytesIO
from typing import Literal
from uuid import UUID

from flask import Blueprint, Response, abort, render_template, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from survey_app import services
from survey_app.crypto.guardians import MalformedPassphraseError, normalise_passphrase
from survey_app.errors import TooManySlips
from survey_app.extensions import db
from survey_app.forms.committee import NamesForm, SpareForm
from survey_app.models import AccessMode, ReportingGroup, State, Survey
from survey_app.permissions import Right, requires, survey_in_scope
from survey_app.printing import recovery_pdf, slips_pdf
from survey_app.services.roster import names_of_group
from survey_app.web.circumstances import clock, installation_secret, person
from survey_app.web.context import page_language
from survey_app.web.labels import in_words
from survey_app.web.slips import (
    NamedCode,
    link,
    recovery_sheets,
    sheets_page,
    shown_once,
    slip_group,
    squares_of,
    typed_address,
    unnamed,
)
from survey_app.web.survey_page import group_of, member_address
from survey_app.wording.anonymity import sentence_for_slip

printing = Blueprint("printing", __name__, url_prefix="/committee/surveys")

PDF = "application/pdf"
TO_A_SHEET: dict[str, Literal[8, 12]] = {"8": 8, "12": 12}


@printing.route("/<uuid:survey_id>/spare-code", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def spare_code(survey_id: UUID) -> ResponseReturnValue:
    survey = _open_survey(survey_id)
    form = SpareForm()
    form.offer([(group.slug, group.unit.name) for group in services.group_rows(db.session, survey)])
    if not form.validate_on_submit():
        page = render_template("committee/spare.html", survey=survey, unit=survey.unit, form=form)
        return page, 422 if form.is_submitted() else 200
    group = group_of(survey, form.group.data)
    code = services.issue_spare_code(
        db.session, survey, group, by=person(), clock=clock(), secret=installation_secret()
    )
    db.session.commit()
    return shown_once(survey, unnamed({group.slug: [code]}), is_spare=True)


@printing.route("/<uuid:survey_id>/personal-slips/<group_slug>", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def personal_slips(survey_id: UUID, group_slug: str) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    group = group_of(survey, group_slug)
    survey.require(State.OPEN)
    if survey.access_mode is not AccessMode.PERSONAL:
        abort(404)
    listed = names_of_group(db.session, survey, group)
    form = NamesForm(typed="\n".join(listed))
    if not form.validate_on_submit():
        return _names_page(survey, group, form, len(listed)), 422 if form.is_submitted() else 200
    try:
        made = services.issue_personal_slips(
            db.session, survey, group, form.names, by=person(), clock=clock(), secret=installation_secret()
        )
    except TooManySlips as refusal:
        db.session.rollback()
        services.record_refused_slips(db.session, survey, by=person(), clock=clock())
        db.session.commit()
        form.typed.errors = [in_words(refusal)]
        return _names_page(survey, group, form, len(listed)), 422
    db.session.commit()
    slips = [NamedCode(code, name) for name, code in made]
    return shown_once(survey, {group.slug: slips}, repeated=form.repeated)


def _names_page(survey: Survey, group: ReportingGroup, form: NamesForm, listed: int) -> str:
    return render_template(
        "committee/personal.html", survey=survey, unit=survey.unit, group=group, form=form, listed=listed
    )


@printing.get("/<uuid:survey_id>/poster/<group_slug>")
@requires(Right.VIEW_SURVEYS)
def poster(survey_id: UUID, group_slug: str) -> ResponseReturnValue:
    survey = survey_in_scope(survey_id, Right.VIEW_SURVEYS)
    group = group_of(survey, group_slug)
    survey.require(State.OPEN)
    address, fingerprint = member_address(survey, group), services.fingerprint_of(survey)
    return render_template(
        "committee/poster.html",
        survey=survey,
        unit=survey.unit,
        group=group,
        address=typed_address(address),
        fingerprint=fingerprint,
        sentence=sentence_for_slip(survey),
        square_code=squares_of([link(address, "", fingerprint)])[0],
        minutes=services.asked_of(db.session, survey, group).minutes,
    )


@printing.post("/<uuid:survey_id>/slips.pdf")
@requires(Right.RUN_SURVEYS)
def slips(survey_id: UUID) -> ResponseReturnValue:
    survey = _open_survey(survey_id)
    per_page = TO_A_SHEET.get(request.form.get("per_page", "")) or abort(400)
    groups = [slip_group(survey, group, codes) for group in survey.groups if (codes := _posted_codes(survey, group))]
    if not groups:
        abort(400)
    title = _file_name(survey, _("Slips"))
    _write_down("survey.print_slips", survey, slips=sum(len(group.slips) for group in groups))
    # committed by now: setting many slips takes a while, and nobody has to wait for it
    return _attached(slips_pdf(groups, per_page=per_page, language=page_language()), title)


@printing.post("/<uuid:survey_id>/slips")
@requires(Right.RUN_SURVEYS)
def slips_in_browser(survey_id: UUID) -> ResponseReturnValue:
    """For whom the PDF will not do: a server without Chinese font, a printer of its own kind."""
    survey = _open_survey(survey_id)
    codes = {group.slug: _posted_codes(survey, group) for group in survey.groups}
    page = sheets_page(survey, codes)
    _write_down("survey.print_slips", survey, slips=sum(map(len, codes.values())))
    return page


@printing.post("/<uuid:survey_id>/recovery-sheets.pdf")
@requires(Right.RUN_SURVEYS)
def recovery(survey_id: UUID) -> ResponseReturnValue:
    survey = _open_survey(survey_id)
    passphrases = request.form.get("passphrases", "").split()
    if len(passphrases) != survey.scrutineers or not all(map(_is_passphrase, passphrases)):
        abort(400)
    sheets, title = recovery_sheets(survey, passphrases), _file_name(survey, _("Recovery sheets"))
    _write_down("survey.print_recovery", survey)
    return _attached(recovery_pdf(sheets, language=page_language()), title)


def _write_down(act: str, survey: Survey, **detail: int) -> None:
    services.record(db.session, person(), act, survey, clock=clock(), unit=survey.unit, **detail)
    db.session.commit()


def _open_survey(survey_id: UUID) -> Survey:
    survey = survey_in_scope(survey_id, Right.RUN_SURVEYS)
    survey.require(State.OPEN)
    return survey


def _posted_codes(survey: Survey, group: ReportingGroup) -> list[NamedCode]:
    """What the page carried for a group: unused codes of this very group, or it is refused with the reason."""
    codes = request.form.get(f"codes-{group.slug}", "").split()
    names = request.form.get(f"names-{group.slug}", "").splitlines()
    if names and len(names) != len(codes):
        abort(400)
    for code in codes:
        services.check_code(db.session, survey, group, code, secret=installation_secret())
    return [NamedCode(code, name) for code, name in zip(codes, names or [""] * len(codes), strict=True)]


def _is_passphrase(typed: str) -> bool:
    try:
        normalise_passphrase(typed)
    except MalformedPassphraseError:
        return False
    return True


def _file_name(survey: Survey, words: str) -> str:
    title = "".join(" " if character in '\\/:*?"<>|' else character for character in survey.title)
    return f"{words} {title}.pdf"


def _attached(pdf: bytes, name: str) -> Response:
    """A download that no browser and no proxy keeps a copy of."""
    response = send_file(BytesIO(pdf), PDF, as_attachment=True, download_name=name)
    response.headers["Cache-Control"] = "no-store"
    return response
