"""Slips: eight or twelve equal ones on a sheet of A4, each with the square code of its own link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from flask_babel import force_locale
from flask_babel import gettext as _

from survey_app.printing.compile import Data, compile_pdf
from survey_app.printing.square import square_codes


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    code: str
    """As typed, in groups of four."""
    link: str
    """For the square code: the whole address with ``#CODE.FINGERPRINT``."""
    name: str | None = None
    """On personal slips only."""


@dataclass(frozen=True, slots=True)
class SlipGroup:
    """The slips of one reporting group, in the order in which they are printed."""

    unit_name: str
    survey_title: str
    address: str
    """As it is typed, without the scheme."""
    last_day: str
    minutes: int
    fingerprint: str
    sentence: str
    """What the slip says about anonymity."""
    slips: Sequence[PrintedSlip]


def slips_pdf(sheets: Sequence[SlipGroup], *, per_page: Literal[8, 12], language: str) -> bytes:
    """A4 pages of slips to be cut along the dashed lines; every group begins on a new page.

    Needs an application context, for the words. Raises: NoChineseFont; ValueError where there is no slip to print.
    """
    groups = [group for group in sheets if group.slips]
    if not groups:
        raise ValueError("there is no slip to print")
    return compile_pdf("slips.typ", slips_data(groups, per_page=per_page, language=language))


def slips_data(groups: Sequence[SlipGroup], *, per_page: Literal[8, 12], language: str) -> dict[str, Data]:
    """What the template reads."""
    with force_locale(language):
        return {
            "lang": language[:2],
            "title": _("Slips: %(survey)s", survey=groups[0].survey_title),
            "per_page": per_page,
            "words": {
                "scan": _("Scan the square, or open"),
                "enter": _("and enter the code:"),
                "fingerprint": _("Check print, only to compare:"),
                "square": _("Square code of the link"),
            },
            "groups": [_group_data(group) for group in groups],
        }


def _group_data(group: SlipGroup) -> Data:
    squares = square_codes([slip.link for slip in group.slips])
    return {
        "title": group.survey_title,
        "unit": group.unit_name,
        "address": group.address,
        "until": _("until %(day)s, about %(minutes)s minutes", day=group.last_day, minutes=group.minutes),
        "fingerprint": group.fingerprint,
        "sentence": group.sentence,
        "slips": [
            {"code": slip.code, "name": slip.name, "square": square}
            for slip, square in zip(group.slips, squares, strict=True)
        ],
    }
