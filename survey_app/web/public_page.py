"""The public page in words: what was chosen, joined with what the Report shows. Preview and page are the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from analysis.tree import Report
from survey_app import services
from survey_app.charts import Figure, figure
from survey_app.extensions import db
from survey_app.models import Survey, Unit
from survey_app.services.comments import comments_to_show
from survey_app.services.publications import (
    SHOWN_OF_HIDDEN,
    Chosen,
    Deed,
    Part,
    deeds_of,
    themes_said,
)
from survey_app.services.receipts import Receipts
from survey_app.services.shelf import Shelf
from survey_app.services.year import FINISHED
from survey_app.web.labels import label
from survey_app.wording import public
from survey_app.wording.actions import action_verdict
from survey_app.wording.cells import Table
from survey_app.wording.comments import comments_cannot
from survey_app.wording.headline import overall_objective
from survey_app.wording.names import Names, names_of
from survey_app.wording.sentences import objectives_cannot

YEAR_FIGURES: Shelf[tuple[Report, Figure | None]] = Shelf(64)
"""By report and language; the report stands beside its chart, so that no other one gets its identity meanwhile."""


@dataclass(frozen=True, slots=True)
class Objectives:
    cards: tuple[public.Card, ...]
    cannot: str


@dataclass(frozen=True, slots=True)
class Satisfaction:
    overall: public.Card | None
    dimensions: Table
    not_shown: str


@dataclass(frozen=True, slots=True)
class ToldDeed:
    """What people said, what was done, how it stands."""

    said: str
    is_theme: bool
    """Several people said so in the comments."""
    did: str
    outcome: str
    state: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class Years:
    sentence: str
    figure: Figure | None
    table: Table
    cannot: str


@dataclass(frozen=True, slots=True)
class Comments:
    voices: tuple[tuple[str, tuple[str, ...]], ...]
    """Question and the comments to it."""
    cannot: str


@dataclass(frozen=True, slots=True)
class PublicPage:
    """What was not chosen, and what the result does not have, is None."""

    unit: Unit
    survey: Survey
    told_on: date | None
    """The day on which it was published."""
    foreword: str
    standing_for: str
    caveats: tuple[str, ...]
    returns: str | None
    objectives: Objectives | None
    satisfaction: Satisfaction | None
    deeds: tuple[ToldDeed, ...]
    years: Years | None
    comments: Comments | None
    receipts: Receipts | None


def public_page(unit: Unit, survey: Survey, chosen: Chosen, *, told_on: date | None, today: date) -> PublicPage:
    """`today`: what is overdue by now. Raises: StateError, NothingToReport, DatasetAltered."""
    report, names = services.report_for(db.session, survey, unit), names_of(services.instrument_of(survey))
    spoken = comments_to_show(db.session, survey, report)
    parts = frozenset(parts_offered(spoken, survey)).intersection(chosen.parts)

    def shown(part: Part) -> bool:
        return part in parts

    return PublicPage(
        unit=unit,
        survey=survey,
        told_on=told_on,
        foreword=chosen.foreword,
        standing_for=_standing_for(unit, survey, report),
        caveats=public.caveats(report),
        returns=public.thanks(report) if shown(Part.RETURNS) else None,
        objectives=_objectives(report, names) if shown(Part.OBJECTIVES) else None,
        satisfaction=_satisfaction(report, names, chosen) if shown(Part.SATISFACTION) else None,
        deeds=_deeds(unit, survey, chosen, spoken, today) if shown(Part.SAID_AND_DONE) else (),
        years=_years(report, names) if shown(Part.YEARS) else None,
        comments=_comments(spoken, names) if shown(Part.COMMENTS) else None,
        receipts=services.receipts_of(db.session, survey) if shown(Part.RECEIPTS) else None,
    )


def parts_offered(report: Report, survey: Survey) -> list[Part]:
    """What there is to be shown of a result; `report` has released comments only."""
    held: dict[Part, object] = {
        Part.OBJECTIVES: report.objectives,
        Part.SATISFACTION: report.items,
        Part.YEARS: any(len(points) > 1 for _code, points in report.history),
        Part.COMMENTS: any(asked.texts for asked in report.comments),
        Part.RECEIPTS: survey.has_receipts,
    }
    may_show = SHOWN_OF_HIDDEN if report.hidden is not None else frozenset(Part)
    return [part for part in Part if part in may_show and held.get(part, True)]


def _standing_for(unit: Unit, survey: Survey, report: Report) -> str:
    if report.unit == unit.code:
        return ""
    return public.standing_for(unit.name, report, services.units_counted_with(db.session, survey, report, unit))


def _objectives(report: Report, names: Names) -> Objectives:
    return Objectives(public.objective_cards(report, names), objectives_cannot(report))


def _satisfaction(report: Report, names: Names, chosen: Chosen) -> Satisfaction:
    """The overall rate only where no objective has told it above."""
    is_told = Part.OBJECTIVES in chosen.parts and overall_objective(report) is not None
    overall = None if is_told else public.overall_card(report, names)
    return Satisfaction(overall, public.dimensions_table(report, names), public.not_shown(report))


def _deeds(unit: Unit, survey: Survey, chosen: Chosen, report: Report, today: date) -> tuple[ToldDeed, ...]:
    themes = themes_said(report)
    return tuple(
        _told(deed, is_theme=deed.entry.theme in themes, today=today)
        for deed in deeds_of(db.session, unit, survey, chosen.said_and_done)
    )


def _told(deed: Deed, *, is_theme: bool, today: date) -> ToldDeed:
    """A verdict where a result has one, else how far the action has come."""
    entry, action, verified = deed.entry, deed.action, deed.verified
    if verified is not None:
        outcome = public.action_outcome(verified, names_of(services.instrument_of(action.survey)))
        return ToldDeed(entry.said, is_theme, entry.did, outcome, action_verdict(verified.verdict), is_late=False)
    state, is_late = label(action.status), action.status not in FINISHED and action.due < today
    if is_late:
        state = _("%(state)s · overdue", state=state)
    return ToldDeed(entry.said, is_theme, entry.did, "", state, is_late)


def _years(report: Report, names: Names) -> Years:
    drawn = YEAR_FIGURES.get((id(report), names.language), lambda: (report, figure("years", report, names)))[1]
    return Years(public.years_sentence(report), drawn, public.years_table(report, names), public.years_cannot(report))


def _comments(report: Report, names: Names) -> Comments:
    voices = tuple((names.comments(asked.code), asked.texts) for asked in report.comments if asked.texts)
    return Comments(voices, comments_cannot())
