"""Reminding people of an open survey: texts to be passed on, and mail to everybody on the list of names.

No mail is kept. What could not be sent is told on one page, and the codes meant for it are taken back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale
from flask_babel import gettext as _

from survey_app import services
from survey_app.errors import Refusal, TooManySlips
from survey_app.extensions import db
from survey_app.forms.committee import ConfirmForm
from survey_app.models import AccessMode, ReportingGroup, State, Survey
from survey_app.permissions import Right, requires, survey_in_scope, survey_reaching
from survey_app.services import reminders as by_mail
from survey_app.services.groups import GroupRow
from survey_app.services.mail import Mail, MailRefused, mail_settings, required_mail_settings
from survey_app.services.participation import Participation
from survey_app.web.circumstances import clock, installation_secret, may, person, units_under
from survey_app.web.context import HTML_LANGUAGES
from survey_app.web.labels import in_words
from survey_app.web.slips import link
from survey_app.web.survey_page import group_of, member_address
from survey_app.wording.anonymity import sentence_for_slip
from survey_app.wording.reminders import Asked, Texts, personal_text, reminder_text, subject_for, texts_for

reminders = Blueprint("reminders", __name__, url_prefix="/committee/surveys")


@dataclass(frozen=True, slots=True)
class InLanguage:
    """The texts for one group in one language."""

    html_lang: str
    texts: Texts


@reminders.get("/<uuid:survey_id>/remind")
@requires(Right.RUN_SURVEYS)
def index(survey_id: UUID) -> ResponseReturnValue:
    """Also for a branch that the survey of a unit above asks: the texts for its own people."""
    return _texts_page(_open(survey_reaching(survey_id)))


@reminders.post("/<uuid:survey_id>/remind")
@requires(Right.RUN_SURVEYS)
def send(survey_id: UUID) -> ResponseReturnValue:
    survey = _open(survey_in_scope(survey_id))
    if not ConfirmForm().validate_on_submit():
        return _texts_page(survey), 422
    try:
        settings = required_mail_settings(current_app.config)
        recipients = by_mail.begin_reminder(db.session, survey, by=person(), clock=clock())
    except (MailRefused, by_mail.ReminderRefused) as refusal:
        db.session.rollback()
        return _texts_page(survey, refused=in_words(refusal)), 422
    words = _words_by_group(survey, {one.group.id: one.group for one in recipients})
    mails = [Mail(one.email, *words[one.group.id]) for one in recipients]
    db.session.commit()
    outcome = by_mail.deliver(settings, mails)
    sent = len(outcome.reached)
    by_mail.end_reminder(db.session, survey, sent=sent, people=len(mails), by=person(), clock=clock())
    db.session.commit()
    if outcome.stopped is not None:
        return _texts_page(survey, refused=_broken_off(sent, len(mails), outcome.stopped)), 502
    flash(_("%(sent)s of %(all)s mails went out.", sent=sent, all=len(mails)))
    if sent < len(mails):
        flash(_("Addresses that the mail server did not take are not reached: please look at the list of names."))
    return redirect(url_for(".index", survey_id=survey.id))


@reminders.route("/<uuid:survey_id>/personal-links", methods=["GET", "POST"])
@requires(Right.RUN_SURVEYS)
def personal_links(survey_id: UUID) -> ResponseReturnValue:
    """A code for everybody on the list of names, straight to the mail server."""
    survey, form = _open(survey_in_scope(survey_id)), ConfirmForm()
    if survey.access_mode is not AccessMode.PERSONAL:
        abort(404)
    if not form.validate_on_submit():
        return _links_page(survey, form), 422 if form.is_submitted() else 200
    try:
        settings = required_mail_settings(current_app.config)
        links = by_mail.make_personal_links(
            db.session, survey, only=_asked_for(), by=person(), clock=clock(), secret=installation_secret()
        )
    except (MailRefused, by_mail.ReminderRefused, TooManySlips) as refusal:
        db.session.rollback()
        if isinstance(refusal, TooManySlips):
            services.record_refused_slips(db.session, survey, by=person(), clock=clock())
            db.session.commit()
        return _links_page(survey, form, refusal), 422
    mails = _personal_mails(survey, links)
    db.session.commit()  # what a mail says has to work when it is read
    outcome = by_mail.deliver(settings, mails)
    unsent = [one for place, one in enumerate(links) if place not in outcome.reached]
    by_mail.end_personal_links(
        db.session, survey, unsent, people=len(links), by=person(), clock=clock(), secret=installation_secret()
    )
    db.session.commit()
    return _outcome_page(survey, form, unsent, people=len(links), stopped=outcome.stopped)


def _open(survey: Survey) -> Survey:
    survey.require(State.OPEN)
    return survey


def _asked_for() -> frozenset[UUID]:
    """People whom the page before says were not reached; nothing: everybody."""
    try:
        return frozenset(UUID(written) for written in request.form.get("only", "").split())
    except ValueError:
        abort(400)


def _groups_in_scope(survey: Survey) -> Sequence[GroupRow]:
    """All groups of a survey that is one's own; of one from above those in which one's own people answer."""
    groups = services.group_rows(db.session, survey)
    if may(Right.RUN_SURVEYS, survey.unit):
        return groups
    own = {unit.code for unit in units_under(Right.RUN_SURVEYS)}
    return [group for group in groups if own & {group.unit.code, *group.folded_units}]


def _texts_page(survey: Survey, refused: str = "") -> str:
    groups = _groups_in_scope(survey)
    slugs = [one.slug for one in groups] or abort(404)
    asked = request.args.get("group", "")
    group = group_of(survey, asked if asked in slugs else slugs[0])
    count = services.participation(db.session, survey, clock=clock())
    is_own = may(Right.RUN_SURVEYS, survey.unit)
    return render_template(
        "committee/remind.html",
        survey=survey,
        unit=survey.unit,
        form=ConfirmForm(),
        refused=refused,
        groups=groups,
        group=group,
        in_languages=[_in_language(survey, group, count, locale) for locale in HTML_LANGUAGES],
        is_past_last_day=clock().today() > survey.closes_on,
        may_send=is_own,
        has_mail=mail_settings(current_app.config) is not None,
        addresses=by_mail.count_addresses(db.session, survey) if is_own else 0,
        was_reminded=is_own and by_mail.was_reminded_today(db.session, survey, clock=clock()),
    )


def _in_language(survey: Survey, group: ReportingGroup, count: Participation, locale: str) -> InLanguage:
    with force_locale(locale):
        return InLanguage(HTML_LANGUAGES[locale], texts_for(_asked(survey, group, count)))


def _words_by_group(survey: Survey, groups: Mapping[UUID, ReportingGroup]) -> dict[UUID, tuple[str, str]]:
    """Subject and text of the mail to each group, in the language of the page."""
    count = services.participation(db.session, survey, clock=clock())
    asked = {group_id: _asked(survey, group, count) for group_id, group in groups.items()}
    return {group_id: (subject_for(one), reminder_text(one)) for group_id, one in asked.items()}


def _personal_mails(survey: Survey, links: list[by_mail.PersonalLink]) -> list[Mail]:
    count, fingerprint = services.participation(db.session, survey, clock=clock()), services.fingerprint_of(survey)
    groups = {one.recipient.group.id: one.recipient.group for one in links}
    asked = {group_id: _asked(survey, group, count) for group_id, group in groups.items()}
    mails = []
    for one in links:
        words = asked[one.recipient.group.id]
        address = link(words.address, one.code, fingerprint)
        mails.append(Mail(one.recipient.email, subject_for(words), personal_text(words, address)))
    return mails


def _asked(survey: Survey, group: ReportingGroup, count: Participation) -> Asked:
    instrument = services.asked_of(db.session, survey, group)
    row = next(row for row in count.groups if row.unit.id == group.unit_id)
    return Asked(
        title=survey.title,
        unit=group.unit.name,
        is_annual=instrument.is_annual,
        minutes=instrument.minutes,
        last_day=survey.closes_on,
        days_left=(survey.closes_on - clock().today()).days,
        access_mode=survey.access_mode.value,
        address=member_address(survey, group),
        anonymity=sentence_for_slip(survey),
        took_part=row.arrived,
        eligible=row.group.eligible,
    )


def _links_page(survey: Survey, form: ConfirmForm, refusal: Refusal | None = None) -> str:
    return render_template(
        "committee/personal_links.html",
        survey=survey,
        unit=survey.unit,
        form=form,
        refused="" if refusal is None else in_words(refusal),
        has_mail=mail_settings(current_app.config) is not None,
        addresses=by_mail.count_addresses(db.session, survey),
        were_made=any(group.issued for group in services.group_rows(db.session, survey)),
    )


def _outcome_page(
    survey: Survey, form: ConfirmForm, unsent: list[by_mail.PersonalLink], *, people: int, stopped: MailRefused | None
) -> ResponseReturnValue:
    """Names of those not reached are on this page only, so that something can be done for them."""
    shown: dict[str, Any] = {"unsent": [one.recipient for one in unsent], "sent": people - len(unsent), "all": people}
    told = "" if stopped is None else _broken_off(people - len(unsent), people, stopped)
    page = render_template(
        "committee/links_sent.html", survey=survey, unit=survey.unit, form=form, refused=told, **shown
    )
    response = make_response(page, 200 if stopped is None else 502)
    response.headers["Cache-Control"] = "no-store"
    return response


def _broken_off(sent: int, people: int, why: MailRefused) -> str:
    return _("%(sent)s of %(all)s mails went out, then it broke off. %(why)s", sent=sent, all=people, why=in_words(why))
