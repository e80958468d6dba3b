"""Recovery sheets: one page for each scrutineer, with the passphrase that helps to open the ballots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from flask_babel import force_locale
from flask_babel import gettext as _

from survey_app.printing.compile import Data, compile_pdf


@dataclass(frozen=True, slots=True)
class RecoverySheet:
    """What one scrutineer receives."""

    survey_title: str
    unit_name: str
    number: int
    scrutineers: Literal[1, 3]
    passphrase: str
    """As typed, in groups of four."""
    fingerprint: str


def recovery_pdf(sheets: Sequence[RecoverySheet], *, language: str) -> bytes:
    """One A4 page per sheet.

    Needs an application context, for the words. Raises: NoChineseFont; ValueError where there is no sheet to print.
    """
    if not sheets:
        raise ValueError("there is no sheet to print")
    return compile_pdf("recovery.typ", recovery_data(sheets, language=language))


def recovery_data(sheets: Sequence[RecoverySheet], *, language: str) -> dict[str, Data]:
    """What the template reads."""
    with force_locale(language):
        return {
            "lang": language[:2],
            "title": _("Recovery sheets: %(survey)s", survey=sheets[0].survey_title),
            "words": {
                "heading": _("Recovery sheet for a scrutineer"),
                "passphrase": _("Passphrase"),
                "spelled": _("The same, character by character"),
                "characters": _(
                    "The letters I, L, O and U never occur: what looks like them is 1 or 0 or V. "
                    "Capitals, spaces and hyphens make no difference."
                ),
                "fingerprint": _("Check print of the survey"),
                "compare": _("Before the count, compare it with the one on the survey's page."),
                "name": _("Full name"),
                "date": _("Date received"),
                "signature": _("Signature"),
            },
            "sheets": [_sheet_data(sheet) for sheet in sheets],
        }


def _sheet_data(sheet: RecoverySheet) -> Data:
    return {
        "survey": sheet.survey_title,
        "unit": sheet.unit_name,
        "who": _("Scrutineer %(number)s of %(scrutineers)s", number=sheet.number, scrutineers=sheet.scrutineers),
        "passphrase": sheet.passphrase,
        "groups": [list(group) for group in sheet.passphrase.split("-")],
        "fingerprint": sheet.fingerprint,
        "rules": [{"head": head, "text": text} for head, text in _rules(sheet.scrutineers)],
    }


def _rules(scrutineers: int) -> list[tuple[str, str]]:
    """What a scrutineer must know, each with its heading."""
    several = scrutineers > 1
    return [
        (
            _("What it is for"),
            _(
                "When the survey has closed, the ballots are opened with the passphrases of any two of the three "
                "scrutineers. One passphrase alone opens nothing."
            )
            if several
            else _("When the survey has closed, the ballots are opened with this passphrase. It alone is enough."),
        ),
        (
            _("Keep it sealed"),
            _(
                "Put this sheet into an envelope, seal it, sign across the flap and lock it away until the count. "
                "Never keep two sheets in one place."
            )
            if several
            else _("Put this sheet into an envelope, seal it, sign across the flap and lock it away until the count."),
        ),
        (
            _("Never photograph it"),
            _("No photograph, no copy, no message, and nobody else reads it: who has it can help to open ballots.")
            if several
            else _("No photograph, no copy, no message, and nobody else reads it: who has it can open the ballots."),
        ),
        (
            _("If it is lost"),
            _(
                "This is the only copy. If one of the three sheets is lost, the other two still open the ballots. "
                "If two are lost, nobody can open them any more and the survey must be withdrawn: "
                "please report a loss at once."
            )
            if several
            else _(
                "This is the only copy. If it is lost, nobody can open the ballots any more and the survey must be "
                "withdrawn: please report a loss at once."
            ),
        ),
    ]
