"""The pages of one survey in words: its rules, its groups, and what each step will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from instruments.model import Instrument
from survey_app.models import AccessMode, ObjectiveRecord, ReportingGroup, State, Survey
from survey_app.services.grouping import PlannedGroup
from survey_app.services.participation import Participation
from survey_app.text_filters import iso_date
from survey_app.web.labels import audience_label, label

GROUPS_NAMED = 12
"""Groups named one by one before opening; more are only counted."""


@dataclass(frozen=True, slots=True)
class SurveyRow:
    survey: Survey
    has_begun: bool
    eligible: int | None
    taken: int | None
    is_exact: bool


@dataclass(frozen=True, slots=True)
class GroupRow:
    name: str
    folded: str
    eligible: int | None
    issued: int
    taken: int | None
    address: str
    slug: str


def member_address(survey: Survey, group: ReportingGroup) -> str:
    """The full address under which the people of a group answer."""
    return url_for("answer.landing", survey_slug=survey.slug, group_slug=group.slug, _external=True)


def survey_rows(surveys: Sequence[Survey], counts: Mapping[UUID, Participation]) -> list[SurveyRow]:
    return [_survey_row(survey, counts.get(survey.id)) for survey in surveys]


def _survey_row(survey: Survey, count: Participation | None) -> SurveyRow:
    if count is None:
        return SurveyRow(survey, has_begun=False, eligible=None, taken=None, is_exact=False)
    return SurveyRow(survey, True, count.eligible, count.arrived, count.is_exact)


def group_rows(survey: Survey, count: Participation | None) -> list[GroupRow]:
    """A row per reporting group, in the order of the tree."""
    if count is None:
        return []
    groups = {group.unit_id: group for group in survey.groups}
    return [
        GroupRow(
            name=row.unit.name,
            folded=_folded_words(groups[row.unit.id]),
            eligible=row.eligible,
            issued=row.issued,
            taken=row.arrived,
            address=member_address(survey, groups[row.unit.id]),
            slug=groups[row.unit.id].slug,
        )
        for row in count.groups
    ]


def _folded_words(group: ReportingGroup) -> str:
    return _("with %(count)s smaller units", count=len(group.folded_units)) if group.folded_units else ""


def rule_rows(survey: Survey, instrument: Instrument) -> list[tuple[str, object]]:
    """What holds for the survey, as term and text."""
    title = f"{survey.instrument.title} · {survey.instrument_sha256[:8]}"
    moments = (
        (_("Opened on"), survey.opened_at),
        (_("Closed on"), survey.closed_at),
        (_("Sealed on"), survey.sealed_at),
    )
    return [
        (_("Questionnaire"), title),
        (
            _("Number of questions"),
            _("%(count)s, about %(minutes)s minutes", count=len(instrument.items), minutes=instrument.minutes),
        ),
        (_("Audience"), audience_label(survey.audience)),
        (_("How members get in"), label(survey.access_mode)),
        (_("Reference day"), iso_date(survey.reference_day)),
        (_("Last day for answers"), iso_date(survey.closes_on)),
        (_("Group threshold"), survey.threshold),
        *((term, iso_date(moment.astimezone().date())) for term, moment in moments if moment is not None),
    ]


def opening_consequences(
    survey: Survey, planned: Sequence[PlannedGroup], objectives: Sequence[ObjectiveRecord]
) -> list[str]:
    """What opening fixes and makes."""
    people = sum(plan.eligible for plan in planned)
    fixed = _("%(people)s people are eligible, in %(groups)s reporting groups.", people=people, groups=len(planned))
    named = [_group_sentence(plan) for plan in planned] if len(planned) <= GROUPS_NAMED else []
    locked = (
        _("%(count)s objectives lock and are judged by the result.", count=len(objectives))
        if objectives
        else _("No objective has been set: none can be set afterwards, and nothing will be judged.")
    )
    access = (
        _("%(count)s codes are made and shown once, for printing.", count=people)
        if survey.access_mode is AccessMode.CODES
        else _("Whoever has the link can answer; the result is marked unverified.")
    )
    frozen = _("Questionnaire, reference day and group threshold can no longer be changed.")
    until = _("Answers are taken until the end of %(day)s.", day=iso_date(survey.closes_on))
    return [fixed, *named, locked, access, frozen, until]


def _group_sentence(plan: PlannedGroup) -> str:
    if not plan.folded:
        return _("%(unit)s: %(people)s people", unit=plan.unit.name, people=plan.eligible)
    return _(
        "%(unit)s with %(count)s smaller units: %(people)s people",
        unit=plan.unit.name,
        count=len(plan.folded),
        people=plan.eligible,
    )


def discarding_consequences(survey: Survey) -> list[str]:
    return [
        _(
            "The draft for %(unit)s, %(year)s, is deleted. Nobody has been asked anything yet.",
            unit=survey.unit.name,
            year=survey.year,
        ),
        _("The objectives of the year and the eligible numbers stay as they are."),
        _("The record of acts says that you did this."),
    ]


def closing_consequences(survey: Survey, today: date) -> list[str]:
    early = (
        [_("Its last day is %(day)s: it would be closed early.", day=iso_date(survey.closes_on))]
        if today <= survey.closes_on
        else []
    )
    return [
        *early,
        _("No more answers are taken, and unused codes stop working."),
        _("It cannot be opened again."),
        _("Afterwards a scrutineer seals it; until then no answer can be read."),
    ]


def sealing_consequences(survey: Survey) -> list[str]:
    return [
        _("The ballots of %(unit)s are decrypted, checked one by one and shuffled.", unit=survey.unit.name),
        _("Rare combinations of answers about the person are blanked, and comments are kept apart."),
        _("The sealed dataset gets its hash; from then on every figure can be traced to it."),
        _("All ballots and codes are destroyed. This cannot be undone."),
        _("Figures of fewer than %(threshold)s people stay hidden.", threshold=survey.threshold),
    ]


def participation_definition(survey: Survey, *, is_exact: bool) -> str:
    """What the count of people who took part counts."""
    if is_exact or survey.state is State.SEALED:
        return _("ballots received")
    if survey.access_mode is AccessMode.CODES:
        return _("codes used, rounded down to 5")
    return _("ballots received, rounded down to 5")
