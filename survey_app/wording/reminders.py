"""Texts that ask people to take part: to be put up, sent to a group chat, said in a meeting, or mailed.

Everybody gets the same words: nobody knows who has answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from survey_app.text_filters import NO_BREAK_SPACE, long_date
from survey_app.wording.sentences import paragraph

CODES, PERSONAL = "codes", "personal"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a text to the people of one reporting group says. `took_part` None: too few to say, or nobody yet."""

    title: str
    unit: str
    is_annual: bool
    minutes: int
    last_day: date
    days_left: int
    access_mode: str
    address: str
    anonymity: str
    took_part: int | None
    eligible: int | None


@dataclass(frozen=True, slots=True)
class Texts:
    notice: str
    chat: str
    spoken: str


def texts_for(asked: Asked) -> Texts:
    """In the language of the moment, one paragraph on each line."""
    return Texts(_notice(asked), _chat(asked), _spoken(asked))


def subject_for(asked: Asked) -> str:
    return _("%(title)s: please take part until %(day)s", title=asked.title, day=_day(asked))


def reminder_text(asked: Asked) -> str:
    """A mail to everybody, whether they have answered or not; it carries no code."""
    return _notice(asked)


def personal_text(asked: Asked, link: str) -> str:
    """A mail with a link that works once; the link leads to nobody."""
    return _paragraphs(
        _greeting(asked),
        _invitation(asked),
        _("This link is yours and works once. Please do not pass it on:"),
        link,
        asked.anonymity,
        _("Who gets which link is written down nowhere, so a lost link cannot be looked up; please keep this mail."),
    )


def _notice(asked: Asked) -> str:
    return _paragraphs(
        asked.title,
        _greeting(asked),
        _invitation(asked),
        _way_in(asked),
        asked.address,
        asked.anonymity,
        _participation(asked),
        _thanks(),
    )


def _chat(asked: Asked) -> str:
    return _paragraphs(
        _("%(title)s: %(left)s, about %(minutes)s min.", title=asked.title, left=_left(asked), minutes=asked.minutes),
        _way_in(asked),
        asked.address,
        asked.anonymity,
        _thanks(),
    )


def _spoken(asked: Asked) -> str:
    slip = _("Please take out your slip, scan the square code and answer.") if asked.access_mode == CODES else ""
    return _paragraphs(
        _("The survey “%(title)s” runs until %(day)s.", title=asked.title, day=_day(asked)),
        _purpose(asked),
        slip,
        asked.anonymity,
        _("Nobody can see who has answered and who has not; whoever has need do nothing more."),
    )


def _greeting(asked: Asked) -> str:
    return _("To everybody in %(unit)s:", unit=asked.unit)


def _invitation(asked: Asked) -> str:
    until = _("Answers are taken until the end of %(day)s; %(left)s.", day=_day(asked), left=_left(asked))
    return paragraph((_purpose(asked), until))


def _purpose(asked: Asked) -> str:
    if asked.is_annual:
        return _(
            "Please take about %(minutes)s min to tell us how you have found the work of the branch this year.",
            minutes=asked.minutes,
        )
    return _("Please take about %(minutes)s min to answer a few questions.", minutes=asked.minutes)


def _way_in(asked: Asked) -> str:
    if asked.access_mode == PERSONAL:
        return _(
            "Scan the square code on your personal slip, or open the link that was sent to you alone. The address:"
        )
    if asked.access_mode == CODES:
        return _("Scan the square code on your slip, or open this address and type the code from it:")
    return _("Open this address:")


def _participation(asked: Asked) -> str:
    if not asked.took_part:
        return ""
    if asked.eligible is None:
        return _("So far at least %(count)s people have taken part.", count=asked.took_part)
    return _(
        "So far at least %(count)s of %(eligible)s people have taken part.",
        count=asked.took_part,
        eligible=asked.eligible,
    )


def _left(asked: Asked) -> str:
    if asked.days_left <= 0:
        return _("today is the last day")
    return _("%(days)s days are left", days=asked.days_left)


def _thanks() -> str:
    return _("If you have answered already, please ignore this. Nobody knows who has.")


def _day(asked: Asked) -> str:
    """With ordinary spaces: these texts leave the page for other programs."""
    return str(long_date(asked.last_day)).replace(NO_BREAK_SPACE, " ")


def _paragraphs(*parts: str) -> str:
    return "\n".join(part for part in parts if part)
