"""The planner in words: a row for every size of unit, and where small units are judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _

from analysis.planning import NeededMean
from analysis.types import Measure
from instruments.model import Instrument
from survey_app.errors import ObjectiveImpossible
from survey_app.models import ObjectiveRecord, Survey
from survey_app.services.organisation import ancestors
from survey_app.services.planner import Plan, PlannedObjective, SizeClass
from survey_app.services.unit_tree import AnyUnit
from survey_app.web.labels import in_words
from survey_app.wording import names_of
from survey_app.wording.definitions import definition_text, threshold_text
from survey_app.wording.labels import listed

NAMED = 3
"""Units of one size named in the table; the others are folded."""


@dataclass(frozen=True, slots=True)
class PlannedRow:
    eligible: int
    named: str
    more: str
    """How many units more; empty where all are named."""
    others: str
    cells: tuple[str, ...]
    verdict: str
    is_possible: bool


@dataclass(frozen=True, slots=True)
class FoldedRow:
    unit: str
    judged_at: str
    eligible: int


@dataclass(frozen=True, slots=True)
class PlannerPage:
    measured: str
    definition: str
    target: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[PlannedRow, ...]
    remarks: tuple[str, ...]
    folded: tuple[FoldedRow, ...]
    threshold_told: str

    @property
    def figure_columns(self) -> list[tuple[str, bool]]:
        """Headings for a table, each of a column of figures."""
        return [(words, True) for words in self.columns]


def plan_page(plan: Plan, instrument: Instrument | None) -> PlannerPage:
    """The one objective of the plan, or only how units fold where there is none."""
    planned = plan.objectives[0] if plan.objectives else None
    told = _threshold_told(plan)
    folded = tuple(
        FoldedRow(unit.name, part.judged_at.name, part.eligible) for part in plan.folded for unit in part.units
    )
    if planned is None:
        return PlannerPage("", "", "", "", (), (), (), folded, told)
    objective = planned.objective
    names = names_of(instrument) if instrument else None
    not_judged = planned.at_face_value and objective.measure is Measure.PARTICIPATION
    rows = tuple(_row(planned, one, plan.threshold) for one in planned.classes if not not_judged)
    return PlannerPage(
        measured=names.measure(objective) if names else objective.title,
        definition=definition_text(objective, names) if names else "",
        target=threshold_text(objective),
        summary=_summary(planned, rows),
        columns=_columns(planned),
        rows=rows,
        remarks=tuple(_remarks(plan, planned)),
        folded=folded if planned.record.reaches_below else (),
        threshold_told=told,
    )


def _columns(planned: PlannedObjective) -> tuple[str, ...]:
    if planned.objective.measure is Measure.PARTICIPATION:
        return (_("Ballots needed"), _("May stay away"), _("Ballots expected"))
    if planned.at_face_value:
        return (_("Expected"),)
    if planned.classes and isinstance(planned.classes[0].needed, NeededMean):
        return (
            _("Certain with so many best answers"),
            _("May give the worst answer"),
            _("Answers needed"),
            _("Expected"),
        )
    return (
        _("Satisfied people needed"), _("May be dissatisfied"), _("Answers needed"), _("Expected"),
        _("Of these satisfied"),
    )  # fmt: skip


def _row(planned: PlannedObjective, one: SizeClass, threshold: int) -> PlannedRow:
    others = one.units[NAMED:]
    verdict, is_possible = _verdict(planned, one, threshold)
    return PlannedRow(
        eligible=one.eligible,
        named=_names(one.units[:NAMED]),
        more=_("and %(count)s more", count=len(others)) if others else "",
        others=_names(others),
        cells=_cells(planned, one),
        verdict=verdict,
        is_possible=is_possible,
    )


def _cells(planned: PlannedObjective, one: SizeClass) -> tuple[str, ...]:
    needed = one.needed
    if planned.at_face_value:
        return (str(needed.expected_answers),)
    if isinstance(needed, NeededMean):
        figures = (needed.certain_answers, needed.lowest_allowed, needed.min_answers, needed.expected_answers)
        return tuple(map(str, figures))
    if planned.objective.measure is Measure.PARTICIPATION:
        return tuple(map(str, (needed.required, needed.dissent_allowed, needed.expected_answers)))
    figures = (needed.required, needed.dissent_allowed, needed.min_answers, needed.expected_answers)
    satisfied = _("not possible") if needed.satisfied_needed is None else str(needed.satisfied_needed)
    return (*map(str, figures), satisfied)


def _verdict(planned: PlannedObjective, one: SizeClass, threshold: int) -> tuple[str, bool]:
    """What can be expected of the result, and whether it is enough."""
    needed = one.needed
    if planned.objective.measure is Measure.PARTICIPATION and not isinstance(needed, NeededMean):
        is_met = needed.expected_answers >= needed.required
        return (_("would be met") if is_met else _("would be missed")), is_met
    if not one.is_shown:
        return _("no result: fewer than %(count)s answers are expected", count=threshold), False
    if planned.at_face_value:
        return _("at face value only"), False
    if needed.provable:
        return _("can be shown"), True
    return _("at face value only: %(count)s answers are needed", count=needed.min_answers), False


def _summary(planned: PlannedObjective, rows: Sequence[PlannedRow]) -> str:
    """The sentence to read out."""
    if planned.misfit is not None:
        return _misfit_told(planned.misfit)
    if planned.at_face_value:
        return _face_value_told(planned)
    if not rows:
        return _("No number of eligible people is known yet, so nothing can be reckoned.")
    units = sum(len(one.units) for one in planned.classes)
    possible = sum(len(one.units) for one, row in zip(planned.classes, rows, strict=True) if row.is_possible)
    if planned.objective.measure is Measure.PARTICIPATION:
        return _(
            "At this participation %(possible)s of %(units)s units would reach it.", possible=possible, units=units
        )
    return _(
        "At this participation it can be shown in %(possible)s of %(units)s units.", possible=possible, units=units
    )


def _misfit_told(misfit: ObjectiveImpossible) -> str:
    if misfit.reason == "not_asked":
        return _("The questionnaire of the year does not ask this, so it cannot be judged.")
    if misfit.reason == "questionnaire":
        return in_words(misfit)
    return _(
        "It does not fit the answer levels of the questionnaire of the year, so it cannot be judged. %(reason)s",
        reason=in_words(misfit),
    )


def _face_value_told(planned: PlannedObjective) -> str:
    if planned.objective.measure is Measure.PARTICIPATION:
        return _(
            "The survey is answered over an open link: nobody can know who took part, so participation is not judged."
        )
    return _(
        "Over an open link, or where a question is asked only of some, nobody can know how many people the answers "
        "stand for. It is judged at face value only, whatever their number."
    )


def _remarks(plan: Plan, planned: PlannedObjective) -> list[str]:
    told = []
    if plan.without_number:
        told.append(_("Of %(count)s units the number of eligible people is not known yet.", count=plan.without_number))
    if planned.replaced_in:
        units = listed([unit.name for unit in planned.replaced_in[:NAMED]])
        told.append(
            _(
                "%(count)s units have set one of their own in its place (%(units)s).",
                count=len(planned.replaced_in),
                units=units,
            )
        )
    if not planned.record.reaches_below:
        told.append(_("It holds for %(unit)s alone, not for units below.", unit=planned.record.unit.name))
    return told


def _threshold_told(plan: Plan) -> str:
    if plan.survey is None:
        return _(
            "No survey has been prepared yet: reckoned with the usual group threshold of %(count)s.",
            count=plan.threshold,
        )
    return _("Group threshold %(count)s, as in “%(title)s”.", count=plan.threshold, title=plan.survey.title)


def _names(units: Sequence[AnyUnit]) -> str:
    return listed([unit.name for unit in units])


def unfit_rows(
    survey: Survey, unfit: Sequence[tuple[ObjectiveRecord, ObjectiveImpossible]]
) -> list[tuple[str, str, str]]:
    """Of each objective that a survey could not judge its name, why, and the address of the register it stands in."""
    above = {unit.id for unit in ancestors(survey.unit)}
    return [
        (
            record.title if record.unit_id == survey.unit_id else f"{record.title} ({record.unit.name})",
            in_words(reason),
            url_for(
                "plan.objectives",
                unit_id=survey.unit_id if record.unit_id in above else record.unit_id,
                year=record.year,
                audience=record.audience,
            ),
        )
        for record, reason in unfit
    ]


def family_choices(instrument: Instrument) -> list[tuple[str, str]]:
    """Every scored question, in the order of the questionnaire."""
    names = names_of(instrument)
    return [(item.code, names.item(item.code)) for item in instrument.scored_items]
