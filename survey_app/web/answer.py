"""Answering: the landing page, and the way without JavaScript. No cookie, no session, nothing kept half-way.

With JavaScript the landing page fetches a pass (static/landing.js) and leads to the questionnaire of `sheet`. Without,
every page carries the whole answer sheet in its own form, so a page that is sent twice, sent late or refused loses
nothing, and the server plays the voter at the end. What the sheet makes of it is `forms.sheet`; this file maps buttons
to pages.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import ImmutableMultiDict, MultiDict

from instruments.model import Instrument, Section
from survey_app import services
from survey_app.crypto.box import ATTEMPT_BYTES, printed_receipt
from survey_app.errors import CodeRefused, CodeUsed, PlayedNotAccepted, Refusal
from survey_app.extensions import db, limiter
from survey_app.forms.sheet import AnswerSheet, count_of_questions
from survey_app.kept_answers import Source
from survey_app.models import ReportingGroup, State, StateError, Survey
from survey_app.web.circumstances import clock, installation_secret
from survey_app.web.context import page_language
from survey_app.web.member_pages import (
    NoEntryError,
    door_at,
    entrance,
    kept_page,
    member_address,
    member_page,
    no_entry,
    show_no_entry,
)

answer = Blueprint("answer", __name__)

REVIEW = "review"
CODE_BUTTONS = ("start", "submit")
CODE_REFUSED = (404, 409, 422)
"""Only refused codes count against the limit: a whole branch may share one address."""
NOTHING_SENT: MultiDict[str, str] = ImmutableMultiDict()
"""For the page that all members share, even where a request to read it carries a form."""
ATTEMPT = re.compile(f"[0-9a-f]{{{2 * ATTEMPT_BYTES}}}")


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
    attempt: str
    """Random, carried from the first section on: whoever goes back and sends again repeats the same ballot."""

    @property
    def needs_code(self) -> bool:
        return self.survey.has_credentials

    @property
    def is_in_time(self) -> bool:
        """Who has begun may finish while ballots are taken; after closing no code is good for its first pass."""
        if self.survey.state is State.OPEN:
            return self.button != "start" or clock().today() <= self.survey.closes_on
        goes_on = self.button == "submit" if self.needs_code else self.button != "start"
        return goes_on and self.survey.takes_ballots(clock().now())


@answer.get("/s/<survey_slug>/<group_slug>")
def landing(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    door = door_at(survey_slug, group_slug)
    today = clock().today
    source = Source(door, lambda standing: standing.gives_passes(today()))
    if not source.may_be_shown(door.standing):  # who has begun may finish until the survey is closed
        raise no_entry(survey_slug, group_slug)
    return kept_page(
        "answer/landing.html",
        source,
        lambda survey, group, instrument: _on_landing(_entry(survey, group, instrument, NOTHING_SENT)),
        names_host=not door.accepts_played,
    )


@answer.post("/s/<survey_slug>/<group_slug>")
@limiter.limit(
    "120 per minute",
    exempt_when=lambda: request.form.get("go") not in CODE_BUTTONS,
    deduct_when=lambda response: response.status_code in CODE_REFUSED,
)
def step(survey_slug: str, group_slug: str) -> ResponseReturnValue:
    request.form.keys()  # read before a transaction begins: a request that stalls must not keep others waiting
    survey, group = entrance(survey_slug, group_slug)
    entry = _entry(survey, group, services.asked_of(db.session, survey, group), request.form)
    if not entry.is_in_time:
        raise NoEntryError(survey, group)
    if not survey.accepts_played:
        return _landing_page(entry, PlayedNotAccepted())
    return BUTTONS.get(entry.button, show_next)(entry)


answer.register_error_handler(NoEntryError, show_no_entry)


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
    entry = replace(entry, attempt=entry.attempt or secrets.token_hex(ATTEMPT_BYTES))
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
    """Play the voter in memory: a pass for the code, then the ballot. Sent again, it repeats the same messages."""
    survey, group, answers = entry.survey, entry.group, entry.sheet.accepted()
    if answers is None or not entry.attempt:
        return show_review(entry)
    attempt, secret = bytes.fromhex(entry.attempt), installation_secret()
    try:
        cast = services.cast_played(
            db.session, survey, group, entry.code, attempt, answers, secret=secret, clock=clock()
        )
    except CodeRefused as refusal:
        db.session.rollback()
        return _review_page(entry, refusal)
    except StateError:
        db.session.rollback()
        raise NoEntryError(survey, group) from None
    receipt = printed_receipt(cast.receipt) if survey.has_receipts else ""
    return member_page("answer/thanks.html", survey, group, receipt=receipt, is_earlier=cast.is_earlier)


BUTTONS: Mapping[str, Callable[[Entry], ResponseReturnValue]] = {
    "start": start,
    "next": show_next,
    "back": show_previous,
    "again": show_again,
    "correct": correct,
    "review": show_review,
    "submit": submit,
}


def _entry(survey: Survey, group: ReportingGroup, instrument: Instrument, form: MultiDict[str, str]) -> Entry:
    button, _colon, argument = form.get("go", "next").partition(":")
    attempt = form.get("attempt", "")
    return Entry(
        survey=survey,
        group=group,
        sheet=AnswerSheet.posted(instrument, form, page_language()),
        code=form.get("code", "")[:64],
        at=form.get("at", ""),
        shown=tuple(form.get("shown", "").split()),
        button=button,
        argument=argument,
        is_correcting=form.get("correcting") == "yes",
        attempt=attempt if ATTEMPT.fullmatch(attempt) else "",
    )


def _landing_page(entry: Entry, refusal: Refusal | None = None) -> ResponseReturnValue:
    status = refusal.status if refusal else 200
    shown = _on_landing(entry, refusal)
    return member_page("answer/landing.html", entry.survey, entry.group, status=status, **shown)


def _on_landing(entry: Entry, refusal: Refusal | None = None) -> dict[str, Any]:
    choices, texts = count_of_questions(entry.sheet.instrument)
    return {
        "entry": entry,
        "instrument": entry.sheet.instrument,
        "choices": choices,
        "texts": texts,
        "refusal": refusal_in_words(refusal),
        "keys_address": member_address("ballot_box.keys", entry.survey, entry.group),
        "sheet_address": member_address("sheet.show", entry.survey, entry.group),
        "anonymity_address": member_address("anonymity.explain", entry.survey, entry.group),
    }


def _section_page(
    entry: Entry,
    section: Section,
    *,
    errors: Mapping[str, Any] | None = None,
    added: Collection[str] = (),
    is_correcting: bool | None = None,
) -> ResponseReturnValue:
    page = entry.sheet.page(section, errors=errors, added=added)
    return member_page(
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
    return member_page(
        "answer/review.html",
        entry.survey,
        entry.group,
        status=refusal.status if refusal else 200,
        entry=entry,
        parts=entry.sheet.review(),
        sections=len(entry.sheet.path),
        carried=entry.sheet.carried(),
        attempt=entry.attempt or secrets.token_hex(ATTEMPT_BYTES),
        refusal=refusal_in_words(refusal),
    )


def refusal_in_words(refusal: Refusal | None) -> str:
    """Why nothing was taken and what to do now; empty without a refusal."""
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
