"""The list of surveys in words: by year, with what comes next for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from uuid import UUID

from flask import g, url_for
from flask_babel import gettext as _

from survey_app.models import State, Survey
from survey_app.services.participation import Total
from survey_app.text_filters import no_break
from survey_app.web.group_levels import MOST_ON_A_PAGE, Step, asked_page, steps_of
from survey_app.web.labels import audience_label, label

SURVEY, UNIT = UUID(int=1), UUID(int=2)
"""What stands in an address for the survey and the unit of a row."""
WITH_UNIT = ("results.show",)
MOST_AT_ONCE = 100
"""Surveys listed with all their years; where there are more, one year at a time."""


@dataclass(frozen=True, slots=True)
class SurveyRow:
    """All that the list says of a survey; an address is empty where there is nothing to go to."""

    title: str
    address: str
    audience: str
    unit: str
    state: str
    period: str
    took_part: str
    next: str
    next_address: str


@dataclass(frozen=True, slots=True)
class Allowed:
    """Units for which the person who looks may do what comes next."""

    run: frozenset[UUID]
    open_box: frozenset[UUID]
    read_results: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class Shown:
    """The surveys to be listed now, and where the others are."""

    surveys: tuple[UUID, ...]
    other_years: tuple[int, ...] = ()
    pages: tuple[Step, ...] = ()


def surveys_shown(by_year: Mapping[int, Sequence[UUID]], asked: int | None) -> Shown:
    """All, or those of the year asked for, and of many in one year a page."""
    together = tuple(survey_id for of_year in by_year.values() for survey_id in of_year)
    if len(together) <= MOST_AT_ONCE:
        return Shown(together)
    chosen = asked if asked is not None and asked in by_year else next(iter(by_year))
    of_year = by_year[chosen]
    page, pages = asked_page(len(of_year))
    return Shown(
        surveys=tuple(of_year[(page - 1) * MOST_ON_A_PAGE : page * MOST_ON_A_PAGE]),
        other_years=tuple(year for year in by_year if year != chosen),
        pages=steps_of(page, pages, year=chosen),
    )


def rows_by_year(
    surveys: Sequence[Survey], totals: Mapping[UUID, Total], allowed: Allowed, today: date
) -> list[tuple[int, list[SurveyRow]]]:
    """Surveys, latest year first, as rows of a table for each year."""
    words = {audience: audience_label(audience) for audience in {survey.audience for survey in surveys}}
    words |= {state: label(state) for state in {survey.state for survey in surveys}}
    return [
        (year, [_row(survey, totals.get(survey.id), allowed, today, words) for survey in of_year])
        for year, of_year in groupby(surveys, key=lambda survey: survey.year)
    ]


def period_words(survey: Survey) -> str:
    """From the day of opening to the last day; a draft has the latter only."""
    if survey.opened_at is None:
        return _("until %(day)s", day=survey.closes_on.isoformat())
    begun = survey.opened_at.astimezone().date().isoformat()
    ended = survey.closed_at or survey.withdrawn_at
    last = ended.astimezone().date() if ended is not None else survey.closes_on
    return f"{begun} – {last.isoformat()}"


def _row(survey: Survey, total: Total | None, allowed: Allowed, today: date, words: Mapping[str, str]) -> SurveyRow:
    following, address = _next(survey, allowed, today)
    return SurveyRow(
        title=survey.title,
        address=address_of("committee.show", survey),
        audience=words[survey.audience],
        unit=survey.unit.name,
        state=words[survey.state],
        period=period_words(survey),
        took_part=_took_part(survey, total),
        next=following,
        next_address=address,
    )


def _took_part(survey: Survey, total: Total | None) -> str:
    if total is None:
        return _("withdrawn") if survey.state is State.WITHDRAWN else _("not yet open")
    if total.eligible is not None and total.arrived == 0:
        return no_break(_("fewer than 5 of %(eligible)s", eligible=total.eligible))
    if total.eligible is None:
        return no_break(_("%(count)s people or more", count=total.arrived))
    return no_break(_("%(count)s or more of %(eligible)s", count=total.arrived, eligible=total.eligible))


def _next(survey: Survey, allowed: Allowed, today: date) -> tuple[str, str]:
    """What comes next, and where whoever may do it does it."""
    if survey.state is State.DRAFT:
        return _("Open the survey"), _address("committee.open_survey", survey, allowed.run)
    if survey.state is State.OPEN:
        if today > survey.closes_on:
            return _("The last day has passed: close it"), _address("committee.close", survey, allowed.run)
        return _("Remind people"), _address("reminders.index", survey, allowed.run)
    if survey.state is State.CLOSED:
        return _("Open and count"), _address("sealing.count", survey, allowed.open_box)
    if survey.state is State.SEALED and survey.unit_id in allowed.read_results:
        return _("Read the result"), address_of("results.show", survey)
    return _("nothing more"), ""


def _address(endpoint: str, survey: Survey, units: frozenset[UUID]) -> str:
    return address_of(endpoint, survey) if survey.unit_id in units else ""


def address_of(endpoint: str, survey: Survey) -> str:
    """The page of a survey and its unit. Built once for all rows: an address takes longer than the rest of a row."""
    patterns: dict[str, str] = g.setdefault("survey_addresses", {})
    if endpoint not in patterns:
        unit = {"unit_id": UNIT} if endpoint in WITH_UNIT else {}
        patterns[endpoint] = url_for(endpoint, survey_id=SURVEY, **unit)  # type: ignore[arg-type]
    return patterns[endpoint].replace(str(SURVEY), str(survey.id)).replace(str(UNIT), str(survey.unit_id))
