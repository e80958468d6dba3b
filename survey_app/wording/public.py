"""What the public page of a result says to members: plain sentences and figures of a Report."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import ActionResult, DimensionResult, Hidden, ItemResult, ObjectiveResult, Rate, Report, YearPoint
from analysis.types import Measure
from instruments.model import Role
from instruments.wording import N_
from survey_app.wording.actions import baseline_of
from survey_app.wording.approval import approval, approving
from survey_app.wording.cells import Cell, Row, Table, count_cell, people_cell, rate_cell
from survey_app.wording.definitions import figure_name, threshold_text, unjudged_text, value_text
from survey_app.wording.figures import people, percent, rate_percent, rate_text, share_of_people
from survey_app.wording.labels import (
    VERDICT_LABELS,
    change_label,
    grade_classes,
    grade_label,
    hidden_label,
    listed,
    quoted,
    verdict_of,
)
from survey_app.wording.names import Names
from survey_app.wording.sentences import margin, paragraph

_COUNTED = {
    "improved": N_("%(n)s improved"),
    "declined": N_("%(n)s declined"),
    "equivalent": N_("%(n)s about the same"),
    "no_clear_change": N_("%(n)s without clear change"),
}


@dataclass(frozen=True, slots=True)
class Card:
    """A figure with its verdict: the badge stands before the figure."""

    title: str
    grade: str
    grade_classes: str
    number: str
    unit: str
    parts: tuple[str, ...]


def thanks(report: Report) -> str:
    """``感谢您参加。应参评 38 人，33 人交回答卷，其中有效 32 份。``"""
    return paragraph((_("Thank you for taking part."), _returned(report)))


def _returned(report: Report) -> str:
    roster = report.roster
    counts = {"eligible": roster.eligible, "returned": roster.returned, "valid": roster.valid}
    if roster.eligible is None:
        return _("%(returned)s ballots came back, %(valid)s of them valid.", **counts)
    return _("Of %(eligible)s people %(returned)s returned a ballot; %(valid)s ballots are valid.", **counts)


def standing_for(unit: str, report: Report, others: int) -> str:
    """Said on top where the figures are those of a group above; empty where they are the unit's own."""
    told = {"unit": unit, "group": report.unit_name}
    if others:
        return _(
            "%(unit)s is too small for figures of its own. All figures here are those of %(group)s: of this unit and "
            "%(count)s others together.",
            count=others,
            **told,
        )
    return _(
        "%(unit)s is too small for figures of its own. All figures here are those of %(group)s, in which its people "
        "are counted.",
        **told,
    )


def caveats(report: Report) -> tuple[str, ...]:
    """What must be known before any figure is read."""
    told = []
    if report.hidden is not None:
        told.append(
            _(
                "Fewer than %(n)s ballots are valid. So that nobody can be recognised, no other figure is shown.",
                n=report.provenance.threshold,
            )
        )
    if not report.roster.verified:
        told.append(_("Unverified: anybody who had the link could answer, also more than once."))
    return tuple(told)


def not_shown(report: Report) -> str:
    return _("Figures of fewer than %(n)s answers are not shown.", n=report.provenance.threshold)


def objective_cards(report: Report, names: Names) -> tuple[Card, ...]:
    return tuple(_objective_card(result, names) for result in report.objectives)


def _objective_card(result: ObjectiveResult, names: Names) -> Card:
    objective, judgement = result.objective, result.judgement
    title = names.measure(objective)
    if not objective.is_usual_rate:
        title = _("%(measure)s: %(figure)s", measure=title, figure=figure_name(objective, names))
    number, unit, counted = _measured(result, names)
    target = _("target: not below %(target)s", target=threshold_text(objective))
    parts = (counted, target, margin(result) or unjudged_text(result, names))
    return Card(
        title=title,
        grade=grade_label(judgement) if judgement else "",
        grade_classes=grade_classes(judgement) if judgement else "",
        number=number,
        unit=unit,
        parts=tuple(part for part in parts if part),
    )


def _measured(result: ObjectiveResult, names: Names) -> tuple[str, str, str]:
    """The figure large, its unit, and the people behind it."""
    rate, objective = result.rate, result.objective
    if rate is None:
        return "", "", ""
    if isinstance(rate, Hidden):
        return "", "", hidden_label(rate)
    counted = people(rate) if isinstance(rate, Rate) else ""
    if not objective.is_rate:
        return value_text(result), "", _("%(n)s answered", n=rate.n) if isinstance(rate, Rate) else ""
    share = rate_text(rate, target=objective.threshold)
    number, unit = (share.removesuffix("%"), "%") if share.endswith("%") else (share, "")
    if not counted:
        return number, unit, _("mean of its questions")
    if objective.measure is Measure.PARTICIPATION:
        return number, unit, _("%(people)s took part", people=counted)
    code = objective.target if objective.measure is Measure.ITEM else _overall_code(names)
    return number, unit, approving(counted, code, names) if code and names.knows(code) else counted


def _overall_code(names: Names) -> str | None:
    overall = names.instrument.item_with_role(Role.OVERALL)
    return overall.code if overall else None


def overall_card(report: Report, names: Names) -> Card | None:
    """The rate of overall satisfaction; None where it is not asked or not shown."""
    result = report.item(report.overall) if report.overall else None
    if result is None or not isinstance(result.rate, Rate):
        return None
    return Card(names.item(result.code), "", "", *_share(result.rate), (_approving(result, result.rate, names),))


def _share(rate: Rate) -> tuple[str, str]:
    share = rate_percent(rate)
    return (people(rate), "") if share is None else (share.removesuffix("%"), "%")


def _approving(result: ItemResult, rate: Rate, names: Names) -> str:
    return approving(people(rate), result.code, names)


def dimensions_table(report: Report, names: Names) -> Table:
    columns = ((approval(names).rate, True), (_("Answered"), True))
    rows = tuple(Row(names.dimension(one.code), (_rate(one), count_cell(one.n))) for one in report.dimensions)
    return Table(_("Satisfaction by area"), _("Area of work"), columns, rows, shape="pairs")


def _rate(dimension: DimensionResult) -> Cell:
    if dimension.rounded and isinstance(dimension.rate, float):
        return Cell(_("about %(figure)s", figure=percent(dimension.rate, 0)))
    return rate_cell(dimension.rate, dimension.n)


def years_sentence(report: Report) -> str:
    """``6 项主要指标：1 项改善、1 项下降、4 项无明显变化。``"""
    counts = Counter(verdict for change in report.changes if (verdict := verdict_of(change)))
    if not counts:
        return _("No main figure can be compared with the year before.")
    told = [_(_COUNTED[verdict], n=counts[verdict]) for verdict in VERDICT_LABELS if counts[verdict]]
    return _("%(n)s main figures against the year before: %(counts)s.", n=counts.total(), counts=listed(told))


def years_cannot(report: Report) -> str:
    unclear = _("“No clear change” does not mean “no change”, only that so few people cannot show it.")
    return paragraph((unclear, not_shown(report)))


def years_table(report: Report, names: Names) -> Table:
    """The main figures in all years shown, people satisfied of people who answered."""
    courses = [(code, points) for code, points in report.history if len(points) > 1]
    changes = {change.code: change for change in report.changes}
    years = sorted({point.year for _code, points in courses for point in points})
    columns = (*((str(year), True) for year in years), (_("Judgement"), False))
    rows = tuple(
        Row(
            names.item(code),
            (
                *_year_cells(points, years),
                Cell(change_label(changes[code]) if code in changes else _("No verdict")),
            ),
        )
        for code, points in courses
    )
    return Table(_("Satisfied of those who answered, by year"), _("Main figure"), columns, rows)


def _year_cells(points: tuple[YearPoint, ...], years: list[int]) -> tuple[Cell, ...]:
    told = {point.year: point.rate for point in points}
    return tuple(people_cell(told[year]) if year in told else Cell(_("not measured")) for year in years)


def action_outcome(verified: ActionResult, names: Names) -> str:
    """Facts in people, then and now: ``“意见答复”：当时 11/31 人满意，现在 22/30 人。``"""
    action, rate = verified.action, verified.rate
    item = quoted(names.item(action.item))
    if not isinstance(rate, Rate):
        return _("%(item)s: %(reason)s", item=item, reason=hidden_label(rate))
    return _(
        "%(item)s: then %(before)s people satisfied, now %(now)s.",
        item=item,
        before=share_of_people(baseline_of(action)),
        now=share_of_people(rate),
    )


def notice_sentence(report: Report, names: Names, *, tells_rate: bool, tells_returns: bool) -> str:
    """The one sentence of the notice for the board; nothing that the page itself does not tell."""
    rate = report.item(report.overall).rate if tells_rate and report.overall and report.hidden is None else None
    if isinstance(rate, Rate):
        told = rate_percent(rate)
        counted = _returned(report) if tells_returns else ""
        words = {"name": names.item(report.overall or ""), "people": people(rate)}
        if told is None:
            return paragraph(filter(None, (_("%(name)s: %(people)s.", **words), counted)))
        return paragraph(filter(None, (_("%(name)s: %(percent)s (%(people)s).", percent=told, **words), counted)))
    return _returned(report) if tells_returns else ""
