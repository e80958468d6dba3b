"""The notice for the board: one A4 page that leads to the public page of a result."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel import gettext as _

from survey_app.printing.compile import Data, compile_pdf
from survey_app.printing.square import square_codes


@dataclass(frozen=True, slots=True)
class Notice:
    survey_title: str
    unit_name: str
    """Whose figures the page shows."""
    sentence: str
    """The result in one sentence; may be empty."""
    link: str
    """For the square code."""
    address: str
    """As it is typed, without the scheme."""


def notice_pdf(notice: Notice, *, language: str) -> bytes:
    """One A4 page. Needs an application context, for the words. Raises: NoChineseFont."""
    return compile_pdf("notice.typ", notice_data(notice, language=language))


def notice_data(notice: Notice, *, language: str) -> dict[str, Data]:
    """What the template reads."""
    with force_locale(language):
        return {
            "lang": language[:2],
            "title": _("Result of “%(survey)s”", survey=notice.survey_title),
            "unit": notice.unit_name,
            "sentence": notice.sentence,
            "square": square_codes([notice.link])[0],
            "address": notice.address,
            "words": {
                "kind": _("Notice to members"),
                "invitation": _("What came of it, what you said and what we did:"),
                "scan": _("Scan the square code, or open"),
                "square": _("Square code of the public page"),
                "open": _("The page needs no sign-in and keeps nothing of who reads it."),
            },
        }
