"""What is printed for members and scrutineers: slips with a code each, the poster of an open link, recovery sheets.

Codes and passphrases are shown on one page, once; what is printed is made from what that page carries. A square code
holds the address, behind its # the code and the check print of the survey's keys, which reach no server log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import make_response, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from survey_app import services
from survey_app.extensions import db
from survey_app.models import ReportingGroup, Survey
from survey_app.printing import PrintedSlip, RecoverySheet, SlipGroup
from survey_app.printing.square import square_codes
from survey_app.text_filters import long_date
from survey_app.web.survey_page import member_address
from survey_app.wording.anonymity import sentence_for_slip

PER_SHEET = 8


@dataclass(frozen=True, slots=True)
class NamedCode:
    """A code that was just made, and on personal slips whose it is."""

    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class CarriedCodes:
    """The new codes of a group, as the page carries them."""

    group: ReportingGroup
    codes: str
    names: str
    count: int


NewCodes = Mapping[str, Sequence[NamedCode]]
"""Codes just made, by slug of the group."""


@dataclass(frozen=True, slots=True)
class Slip:
    code: str
    name: str
    square: Markup


@dataclass(frozen=True, slots=True)
class SlipSheets:
    """The slips of one reporting group in sheets of eight, all with the same address."""

    group: ReportingGroup
    address: str
    """As it is typed: without the scheme, which browsers add."""
    sheets: tuple[tuple[Slip, ...], ...]


def unnamed(codes: Mapping[str, Sequence[str]]) -> NewCodes:
    """Codes for slips that are drawn."""
    return {slug: [NamedCode(code) for code in made] for slug, made in codes.items()}


def shown_once(survey: Survey, new: NewCodes, *, passphrases: Sequence[str] = (), **shown: Any) -> ResponseReturnValue:
    """The only page that ever shows codes and passphrases; no browser keeps it.

    It carries the codes and not the slips: with a square code each, those of a district would take 20 MB.
    """
    page = render_template(
        "committee/codes.html",
        survey=survey,
        unit=survey.unit,
        parts=[_carried(group, new[group.slug]) for group in survey.groups if new.get(group.slug)],
        passphrases=passphrases,
        fingerprint=services.fingerprint_of(survey),
        **shown,
    )
    return _kept_nowhere(page)


def sheets_page(survey: Survey, codes: NewCodes) -> ResponseReturnValue:
    """The slips as a page that the browser prints."""
    page = render_template(
        "committee/sheets.html",
        survey=survey,
        unit=survey.unit,
        parts=[_sheets_of(survey, group, codes[group.slug]) for group in survey.groups if codes.get(group.slug)],
        fingerprint=services.fingerprint_of(survey),
        sentence=sentence_for_slip(survey),
        minutes=max(services.asked_of(db.session, survey, group).minutes for group in survey.groups),
    )
    return _kept_nowhere(page)


def slip_group(survey: Survey, group: ReportingGroup, codes: Sequence[NamedCode]) -> SlipGroup:
    """The same for the printed sheets, in the language of the page."""
    address, fingerprint = member_address(survey, group), services.fingerprint_of(survey)
    return SlipGroup(
        unit_name=group.unit.name,
        survey_title=survey.title,
        address=typed_address(address),
        last_day=long_date(survey.closes_on),
        minutes=services.asked_of(db.session, survey, group).minutes,
        fingerprint=fingerprint,
        sentence=sentence_for_slip(survey),
        slips=[PrintedSlip(one.code, link(address, one.code, fingerprint), one.name or None) for one in codes],
    )


def recovery_sheets(survey: Survey, passphrases: Sequence[str]) -> list[RecoverySheet]:
    """One for each scrutineer."""
    fingerprint = services.fingerprint_of(survey)
    return [
        RecoverySheet(
            survey_title=survey.title,
            unit_name=survey.unit.name,
            number=number,
            scrutineers=1 if survey.scrutineers == 1 else 3,
            passphrase=passphrase,
            fingerprint=fingerprint,
        )
        for number, passphrase in enumerate(passphrases, start=1)
    ]


def link(address: str, code: str, fingerprint: str) -> str:
    """What a square code holds; through an open link there is no code."""
    return f"{address}#{code}.{fingerprint}"


def typed_address(address: str) -> str:
    return address.partition("://")[2]


def squares_of(links: Sequence[str]) -> list[Markup]:
    """Square codes as SVG for a page."""
    return [Markup(square) for square in square_codes(links)]  # noqa: S704  drawn by us, no text in it


def _carried(group: ReportingGroup, codes: Sequence[NamedCode]) -> CarriedCodes:
    names = [one.name for one in codes if one.name]
    return CarriedCodes(group, " ".join(one.code for one in codes), "\n".join(names), len(codes))


def _sheets_of(survey: Survey, group: ReportingGroup, codes: Sequence[NamedCode]) -> SlipSheets:
    address, fingerprint = member_address(survey, group), services.fingerprint_of(survey)
    squares = squares_of([link(address, one.code, fingerprint) for one in codes])
    slips = [Slip(one.code, one.name, square) for one, square in zip(codes, squares, strict=True)]
    sheets = tuple(tuple(slips[start : start + PER_SHEET]) for start in range(0, len(slips), PER_SHEET))
    return SlipSheets(group, typed_address(address), sheets)


def _kept_nowhere(page: str) -> ResponseReturnValue:
    response = make_response(page)
    response.headers["Cache-Control"] = "no-store"
    return response
