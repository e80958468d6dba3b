"""The public page of a result: what a committee chooses to show everybody, publishing it and taking it back.

What is chosen is blocks and words; every figure comes from the unit's Report, so that nothing is ever shown here that
the committee itself may not see.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey_app.clock import Clock
from survey_app.errors import NothingToReport, PublicationRefused
from survey_app.models import Action, Publication, State, Survey, Unit
from survey_app.services.audit import Actor, record
from survey_app.services.drafts import fresh_slug
from survey_app.services.plan import actions_of
from survey_app.services.questionnaires import instrument_of
from survey_app.services.results import report_for, result_surveys

if TYPE_CHECKING:
    from analysis.tree import ActionResult, Report

FEWEST_SAID = 3
"""From so many people on a page says that a theme was mentioned by several."""


class Part(StrEnum):
    """The blocks that may be shown, in the order of the page."""

    RETURNS = "returns"
    OBJECTIVES = "objectives"
    SATISFACTION = "satisfaction"
    """Overall and by dimension."""
    SAID_AND_DONE = "said_and_done"
    YEARS = "years"
    COMMENTS = "comments"
    RECEIPTS = "receipts"


SHOWN_OF_HIDDEN = frozenset({Part.RETURNS, Part.RECEIPTS})
"""What a page may carry of a result of which nothing but the returns may be shown."""
USUAL_PARTS = tuple(part for part in Part if part is not Part.COMMENTS)


@dataclass(frozen=True, slots=True)
class SaidAndDone:
    """What people said and what was done about it; how it stands is the action's own."""

    action: str
    """Identifier of the action."""
    said: str
    did: str
    theme: str = ""
    """The theme of the comments that says so; with it, a page tells that several people did."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a committee chooses to show."""

    foreword: str
    parts: tuple[Part, ...]
    said_and_done: tuple[SaidAndDone, ...]


@dataclass(frozen=True, slots=True)
class Deed:
    """An entry with its action, and what the latest result says of it."""

    entry: SaidAndDone
    action: Action
    verified: ActionResult | None


def publishable_surveys(session: Session, unit: Unit) -> list[Survey]:
    """Annual surveys with a result of the unit, latest first."""
    return [survey for survey in result_surveys(session, unit) if instrument_of(survey).is_annual]


def publication_of(session: Session, unit: Unit, survey: Survey) -> Publication | None:
    found = select(Publication).where(Publication.unit_id == unit.id, Publication.survey_id == survey.id)
    return session.scalar(found)


def publication_by_slug(session: Session, slug: str) -> Publication | None:
    return session.scalar(select(Publication).where(Publication.slug == slug))


def published_surveys(session: Session, unit: Unit) -> frozenset[UUID]:
    """Surveys whose result the unit shows to everybody now."""
    found = select(Publication.survey_id).where(Publication.unit_id == unit.id, Publication.published_at.is_not(None))
    return frozenset(session.scalars(found))


def chosen_of(publication: Publication | None) -> Chosen:
    """What was chosen; before anything was, the usual blocks."""
    if publication is None:
        return Chosen("", USUAL_PARTS, ())
    kept = [SaidAndDone(**entry) for entry in publication.said_and_done]
    return Chosen(publication.foreword, tuple(map(Part, publication.parts)), tuple(kept))


def themes_said(report: Report) -> list[str]:
    """Themes that the Report counts for enough people."""
    counted = [theme for asked in report.comments for theme in asked.themes]
    return list(dict.fromkeys(theme.title for theme in counted if theme.people >= FEWEST_SAID))


def actions_to_tell(session: Session, unit: Unit, survey: Survey) -> list[Action]:
    """The unit's actions that members of this survey may be told of: those on it and on earlier ones."""
    return [
        action
        for action in actions_of(session, unit)
        if action.survey.audience == survey.audience and action.survey.year <= survey.year
    ]


def deeds_of(session: Session, unit: Unit, survey: Survey, entries: Sequence[SaidAndDone]) -> list[Deed]:
    """Entries whose action is still in the plan, in their order."""
    if not entries:
        return []
    actions = {str(action.id): action for action in actions_to_tell(session, unit, survey)}
    verified = _verified(session, unit, survey)
    return [
        Deed(entry, actions[entry.action], verified.get(entry.action)) for entry in entries if entry.action in actions
    ]


def change_publication(
    session: Session, unit: Unit, survey: Survey, chosen: Chosen, *, by: Actor, clock: Clock
) -> Publication:
    """Write down what is to be shown; a page that is public changes at once.

    Raises: StateError before sealing, PublicationRefused where nothing is chosen.
    """
    survey.require(State.SEALED)
    if not chosen.parts:
        raise PublicationRefused("nothing")
    publication = publication_of(session, unit, survey)
    if publication is None:
        publication = Publication(slug=fresh_slug(), unit=unit, survey=survey)
        session.add(publication)
    publication.foreword = chosen.foreword
    publication.parts = [part.value for part in Part if part in chosen.parts]
    publication.said_and_done = [asdict(entry) for entry in chosen.said_and_done]
    _record(session, "publication.change", publication, by, clock, parts=publication.parts)
    return publication


def publish(session: Session, publication: Publication, *, by: Actor, clock: Clock) -> None:
    """Show the page to everybody; its day is that of the first time until it is withdrawn."""
    if publication.published_at is None:
        publication.published_at = clock.now()
    _record(session, "publication.publish", publication, by, clock)


def withdraw_publication(session: Session, publication: Publication, *, by: Actor, clock: Clock) -> None:
    """Show the page to nobody any more. Raises: PublicationRefused where it is not public."""
    if publication.published_at is None:
        raise PublicationRefused("not_public")
    publication.published_at = None
    _record(session, "publication.withdraw", publication, by, clock)


def _record(session: Session, act: str, publication: Publication, by: Actor, clock: Clock, **detail: list[str]) -> None:
    title = publication.survey.title
    record(session, by, act, publication, clock=clock, unit=publication.unit, title=title, **detail)


def _telling_of_deeds(session: Session, unit: Unit) -> frozenset[UUID]:
    """Surveys of which the unit shows everybody now what was done."""
    shown = select(Publication).where(Publication.unit_id == unit.id, Publication.published_at.is_not(None))
    return frozenset(page.survey_id for page in session.scalars(shown) if Part.SAID_AND_DONE in page.parts)


def _verified(session: Session, unit: Unit, survey: Survey) -> dict[str, ActionResult]:
    """By action what this result says of it or, where one is public, a later result: no page makes another public."""
    found: dict[str, ActionResult] = {}
    public = _telling_of_deeds(session, unit)
    for later in publishable_surveys(session, unit):
        if later.id != survey.id and later.id not in public:
            continue
        if later.audience != survey.audience or later.year < survey.year:
            continue
        try:
            report = report_for(session, later, unit)
        except NothingToReport:
            continue
        if report.hidden is None:
            found = {result.action.code: result for result in report.actions} | found
    return found
