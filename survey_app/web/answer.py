"""Answering: landing page, sections, review, thanks. No cookie, no session, nothing stored before the last button.

Every page of a member carries the whole answer sheet in its own form, so a page that is sent twice, sent late or
refused loses nothing. What the sheet makes of it is `forms.sheet`; this file maps buttons to pages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from instruments.model import Section
from survey_app import services
from survey_app.errors import CodeRefused, CodeUsed
from survey_app.extensions import db, limiter
from survey_app.forms.sheet import AnswerSheet, count_of_questions
from survey_app.models import AccessMode, ReportingGroup, State, StateError, Survey
from survey_app.services.entrance import find_entrance
from survey_app.web.circumstances import clock, installation_secret
from survey_app.web.context import other_language, page_language

answer = Blueprint("answer", __name__)

REVIEW = "review"
CODE_BUTTONS = ("start", "submit")
CODE_REFUSED = (404, 409, 422)
"""Only refused codes count against the limit: a whole branch may share one address."""


@dataclass(frozen=True)
class Entry:
    """One request of a member: where they came in, what they have filled in, which button they pressed."""

    survey: Survey
    group: ReportingGroup
    sheet: AnswerSheet
    code: str
    at: str
    """Section the page showed, or `REVIEW`."""
    shown: tuple[str, ...]
    """Items the page showed."""
    button: str
    argument: str
    is_correcting: bool
    """The section was opened from the review page and leads back to it."""

    @property
    def needs_code(self) -> bool:
        return self.survey.access_mode is AccessMode.CODES


class NoEntryError(Exception):
    """Nobody can answer here (any more); carries what is known of the address."""

    def __init__(self, survey: Survey | None, group: ReportingGroup | None) -> None:
        super().__init__("no survey to answer at this address")
        self.survey, self.group = survey, group


@answer.get("/s/<survey_slug>/<group_slug>")
def landing(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    survey, group = _entrance(survey_slug, group_slug)
    if survey.state is not State.OPEN or clock().today() > survey.closes_on:
        raise NoEntryError(survey, group)  # who has begun before the day ended may finish until the survey is closed
    return _landing_page(_entry(survey, group))


@answer.post("/s/<survey_slug>/<group_slug>")
@limiter.limit(
    "120 per minute",
    exempt_when=lambda: request.form.get("go") not in CODE_BUTTONS,
    deduct_when=lambda response: response.status_code in CODE_REFUSED,
)
def step(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    survey, group = _entrance(survey_slug, group_slug)
    if survey.state is not State.OPEN:
        raise NoEntryError(survey, group)
    entry = _entry(survey, group)
    return BUTTONS.get(entry.button, show_next)(entry)


@answer.get("/s/<survey_slug>/<group_slug>/thanks")
def thanks(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    return _page("answer/thanks.html", *_entrance(survey_slug, group_slug))


@answer.errorhandler(NoEntryError)
def show_no_entry(refused: NoEntryError) -> ResponseReturnValue:
    """Why nobody can answer here: not open yet, closed, or an address that leads nowhere."""
    survey, group = refused.survey, refused.group
    if survey is not None and survey.state is State.DRAFT:
        return render_template("answer/not_open.html", survey=survey, is_sample=survey.is_sample), 409
    if survey is None or group is None:
        return render_template("answer/unknown.html"), 404
    return _page("answer/closed.html", survey, group, status=410)


@answer.after_request
def keep_nothing(response: Response) -> Response:
    """Pages with answers in them stay out of every cache."""
    if request.method == "POST":
        response.headers["Cache-Control"] = "no-store"
    return response


def start(entry: Entry) -> ResponseReturnValue:
    """From the landing page: is the code good? It is not used up yet."""
    if entry.needs_code:
        try:
            services.check_code(db.session, entry.survey, entry.group, entry.code, secret=installation_secret())
        except CodeRefused as refusal:
            return _landing_page(entry, refusal)
    return _section_page(entry, entry.sheet.path[0])


def show_next(entry: Entry) -> ResponseReturnValue:
    """Keep the section and go on: to questions it has added, to the next section, or to the review."""
    sheet = entry.sheet
    section = sheet.section(entry.at)
    added = sheet.added_to(section, entry.shown)
    errors = {code: words for code, words in sheet.errors_in(section).items() if code not in added}
    if errors or added:
        return _section_page(entry, section, errors=errors, added=added)
    following = None if entry.is_correcting else sheet.after(section)
    return _section_page(entry, following) if following else show_review(entry)


def show_previous(entry: Entry) -> ResponseReturnValue:
    return _section_page(entry, entry.sheet.before(entry.at), is_correcting=False)


def show_again(entry: Entry) -> ResponseReturnValue:
    """The same page once more, in the other language."""
    return show_review(entry) if entry.at == REVIEW else _section_page(entry, entry.sheet.section(entry.at))


def correct(entry: Entry) -> ResponseReturnValue:
    return _section_page(entry, entry.sheet.section(entry.argument), is_correcting=True)


def show_review(entry: Entry) -> ResponseReturnValue:
    """All answers for a last look; a section with something missing comes first."""
    section = entry.sheet.first_open_section()
    if section is None:
        return _review_page(entry)
    added = entry.sheet.unanswered_in(section)
    errors = {code: words for code, words in entry.sheet.errors_in(section).items() if code not in added}
    return _section_page(entry, section, errors=errors, added=added, is_correcting=True)


def submit(entry: Entry) -> ResponseReturnValue:
    """Use the code and cast the ballot, both or neither."""
    answers = entry.sheet.accepted()
    if answers is None:
        return show_review(entry)
    secret = installation_secret()
    try:
        if entry.needs_code:
            services.redeem_code(db.session, entry.survey, entry.group, entry.code, secret=secret)
        services.cast_ballot(db.session, entry.survey, entry.group, answers, secret=secret)
        db.session.commit()
    except CodeRefused as refusal:
        db.session.rollback()
        return _review_page(entry, refusal)
    except StateError:
        db.session.rollback()
        raise NoEntryError(entry.survey, entry.group) from None
    return redirect(_address(".thanks", entry.survey, entry.group, _chosen_language()), 303)


BUTTONS: Mapping[str, Callable[[Entry], ResponseReturnValue]] = {
    "start": start,
    "next": show_next,
    "back": show_previous,
    "again": show_again,
    "correct": correct,
    "review": show_review,
    "submit": submit,
}


def _entrance(survey_slug: str, group_slug: str) -> tuple[Survey, ReportingGroup]:
    """The survey and group of an address. Raises: NoEntryError."""
    survey, group = find_entrance(db.session, survey_slug, group_slug)
    if survey is None or group is None:
        raise NoEntryError(survey, group)
    return survey, group


def _entry(survey: Survey, group: ReportingGroup) -> Entry:
    button, _colon, argument = request.form.get("go", "next").partition(":")
    return Entry(
        survey=survey,
        group=group,
        sheet=AnswerSheet.posted(services.instrument_of(survey), request.form, page_language()),
        code=request.form.get("code", "")[:64],
        at=request.form.get("at", ""),
        shown=tuple(request.form.get("shown", "").split()),
        button=button,
        argument=argument,
        is_correcting=request.form.get("correcting") == "yes",
    )


def _landing_page(entry: Entry, refusal: CodeRefused | None = None) -> ResponseReturnValue:
    choices, texts = count_of_questions(entry.sheet.instrument)
    return _page(
        "answer/landing.html",
        entry.survey,
        entry.group,
        status=refusal.status if refusal else 200,
        entry=entry,
        instrument=entry.sheet.instrument,
        choices=choices,
        texts=texts,
        refusal=refusal_in_words(refusal),
    )


def _section_page(
    entry: Entry,
    section: Section,
    *,
    errors: Mapping[str, Any] | None = None,
    added: Collection[str] = (),
    is_correcting: bool | None = None,
) -> ResponseReturnValue:
    page = entry.sheet.page(section, errors=errors, added=added)
    return _page(
        "answer/section.html",
        entry.survey,
        entry.group,
        status=422 if page.mistakes else 200,
        entry=entry,
        page=page,
        carried=entry.sheet.carried(section),
        is_correcting=entry.is_correcting if is_correcting is None else is_correcting,
    )


def _review_page(entry: Entry, refusal: CodeRefused | None = None) -> ResponseReturnValue:
    return _page(
        "answer/review.html",
        entry.survey,
        entry.group,
        status=refusal.status if refusal else 200,
        entry=entry,
        parts=entry.sheet.review(),
        sections=len(entry.sheet.path),
        carried=entry.sheet.carried(),
        refusal=refusal_in_words(refusal),
    )


def _page(
    template: str, survey: Survey, group: ReportingGroup, *, status: int = 200, **shown: Any
) -> ResponseReturnValue:
    page = render_template(
        template,
        survey=survey,
        group=group,
        is_sample=survey.is_sample,
        here=_address(".step", survey, group, _chosen_language()),
        here_in_other_language=_address(".step", survey, group, other_language()),
        **shown,
    )
    return page, status


def _address(endpoint: str, survey: Survey, group: ReportingGroup, language: str | None) -> str:
    return url_for(endpoint, survey_slug=survey.slug, group_slug=group.slug, lang=language)


def refusal_in_words(refusal: CodeRefused | None) -> str:
    """Why a code was refused and what to do now; empty without a refusal."""
    if refusal is None:
        return ""
    if refusal.reason == "length" and not refusal.values["length"]:
        return str(_("Please type the code from your slip."))
    words = str(_(refusal.sentence, **refusal.values))
    if isinstance(refusal, CodeUsed):
        words = str(
            _("%(refusal)s If it was not you, please tell the scrutineer; another slip can be drawn.", refusal=words)
        )
    return words


def _chosen_language() -> str | None:
    """The language asked for in the address; without one the browser's preference goes on deciding."""
    return page_language() if "lang" in request.args else None
