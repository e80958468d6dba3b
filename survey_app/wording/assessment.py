"""The assessment in words: what a rule says, what a line rests on, how points, places and grades are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from flask_babel import gettext as _

from instruments.wording import N_
from survey_app.assessment.figures import FigureValue, Missing
from survey_app.assessment.marking import AssessmentSheet, Line, StepFact, Why
from survey_app.assessment.ranking import Standing
from survey_app.assessment.scheme import CheckPoint, Scheme, StepName, Steps
from survey_app.wording.assessment_rules import STEPS, points_text, share_text, short_rule
from survey_app.wording.figures import PERCENT_FROM, percent

WHYS: Mapping[Why, str] = {
    Why.FIGURE: N_("From a figure"),
    Why.STEP: N_("From a day"),
    Why.MARK: N_("Given on site"),
    Why.TOO_FEW: N_("Exempt: too few people"),
    Why.NOT_MEASURED: N_("Exempt: not measured"),
    Why.EXEMPT: N_("Exempt: does not apply"),
    Why.AWAITED_RESULT: N_("Awaited: result"),
    Why.AWAITED_STEP: N_("Awaited: step"),
    Why.AWAITED_MARK: N_("Awaited: mark on site"),
    Why.AWAITED_SIGNATURE: N_("Awaited: second signature"),
}
MISSING: Mapping[Missing, str] = {
    Missing.TOO_FEW: N_("Too few people to show a figure; other points of the category count for it."),
    Missing.NOT_COMPARABLE: N_("Not comparable with the year before; other points of the category count for it."),
    Missing.NOT_KNOWN: N_("What it is a share of is not known; other points of the category count for it."),
}
COARSE = ("overall", "item", "objective")
"""Figures that a small group shows as a bound at its ends."""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One check point of a sheet in words."""

    line: Line
    title: str
    rule: str
    points: str
    """As given, or why there are none."""
    out_of: str
    between: str
    """Where chance alone could have put it; empty where that is the same."""
    rests_on: str
    step: str
    figure: str
    """Name of the figure it looks at, empty for others."""


@dataclass(frozen=True, slots=True)
class CategoryRows:
    title: str
    sum: str
    rows: tuple[SheetRow, ...]


def figure_text(figure: FigureValue, target: str | None = None) -> str:
    """A figure as it is shown on the result page: in people where they are few. Never rounded across ``target``."""
    kind = figure.name.partition(".")[2].partition(":")[0]
    if figure.value is None:
        return verdict(figure)
    if kind == "change":
        points = points_text(round(Decimal(figure.value.numerator * 100) / figure.value.denominator, 1))
        return _("%(points)s percentage points", points=points if figure.value < 0 else f"+{points}")
    told = percent(figure.value, figure.n or 0, target)
    if figure.satisfied is None or figure.n is None:
        return told
    people = f"{figure.satisfied}/{figure.n}"
    return _few(figure.satisfied, figure.n) if kind in COARSE and figure.n < PERCENT_FROM else f"{people} = {told}"


def _few(satisfied: int, n: int) -> str:
    """People of a small group, whose ends are bounds."""
    if satisfied == n - 1:
        return _("at least %(count)s", count=f"{satisfied}/{n}")
    return _("at most %(count)s", count=f"{satisfied}/{n}") if satisfied == 1 else f"{satisfied}/{n}"


def verdict(figure: FigureValue) -> str:
    """Of an objective; empty of other figures."""
    if figure.reached is None:
        return ""
    return _("reached") if figure.reached[0] else _("not reached")


def rests_on(line: Line, point: CheckPoint) -> str:
    """The fact behind a line, in one sentence."""
    trace = line.trace
    if trace.mark is not None and (line.why in {Why.MARK, Why.EXEMPT}):
        return trace.mark.note or _("seen on site")
    if trace.figure is not None:
        return _figure_fact(line, point, trace.figure)
    if trace.step is not None and point.step is not None:
        return _step_fact(trace.step, point.step, trace.days_late)
    if line.why is Why.NOT_MEASURED:
        return _("No survey of the year asks it; other points of the category count for it.")
    return ""


def _figure_fact(line: Line, point: CheckPoint, figure: FigureValue) -> str:
    if figure.missing is not None:
        return _(MISSING[figure.missing])
    shown = figure_text(figure, _missed(point, figure))
    if isinstance(point.rule, Steps):
        if line.trace.threshold is None:
            return _("%(figure)s: below every step", figure=shown)
        return _("%(figure)s: reaches %(step)s", figure=shown, step=share_text(line.trace.threshold))
    if figure.reached is not None and figure.value is not None:
        return _("%(figure)s: %(verdict)s", figure=shown, verdict=verdict(figure))
    return shown


def _missed(point: CheckPoint, figure: FigureValue) -> str | None:
    """The lowest threshold that a figure does not reach."""
    if not isinstance(point.rule, Steps) or figure.value is None:
        return None
    above = [share for share, _points in point.rule.thresholds if share > figure.value]
    return str(Decimal(min(above).numerator) / min(above).denominator) if above else None


def _step_fact(fact: StepFact, step: StepName, days_late: int) -> str:
    said = {"step": _(STEPS[step]), "due": fact.due.isoformat() if fact.due else ""}
    if fact.done_on is None:
        if fact.due is None:
            return _("%(step)s: not yet", **said)
        return _("%(step)s: not done by %(due)s", **said) if fact.is_missed else _("%(step)s: due %(due)s", **said)
    said["day"] = fact.done_on.isoformat()
    if days_late:
        return _("%(step)s on %(day)s, due %(due)s; days late: %(late)s", late=days_late, **said)
    return _("%(step)s on %(day)s, due %(due)s", **said) if fact.due else _("%(step)s on %(day)s", **said)


def sheet_rows(sheet: AssessmentSheet, scheme: Scheme, language: str) -> tuple[CategoryRows, ...]:
    """The sheet of a unit category by category."""
    sums = {found.code: found for found in sheet.categories}
    found = []
    for category in scheme.categories:
        points = {point.code: point for point in category.check_points}
        lines = [line for line in sheet.lines if line.category == category.code]
        if not lines:
            continue
        total = sums[category.code]
        said = {"points": points_text(total.points), "out_of": points_text(total.out_of)}
        if total.rescaled is None:
            words = _("no points yet, out of %(out_of)s", **said)
        elif total.assessed_out_of == total.out_of:
            words = _("%(points)s out of %(out_of)s", **said)
        else:
            words = _(
                "%(points)s out of the %(assessed)s that could be assessed; brought to %(out_of)s: %(rescaled)s",
                assessed=points_text(total.assessed_out_of), rescaled=points_text(total.rescaled), **said,
            )  # fmt: skip
        rows = tuple(_sheet_row(line, points[line.check_point], language) for line in lines)
        found.append(CategoryRows(category.title.in_language(language), words, rows))
    return tuple(found)


def _sheet_row(line: Line, point: CheckPoint, language: str) -> SheetRow:
    return SheetRow(
        line,
        point.title.in_language(language),
        short_rule(point, line.out_of),
        points_text(line.points) if line.points is not None else _(WHYS[line.why]),
        points_text(line.out_of),
        between(line.low, line.high),
        rests_on(line, point),
        point.step.value if point.step else "",
        line.trace.figure.name if line.trace.figure else "",
    )


def between(low: Decimal | None, high: Decimal | None) -> str:
    """A range of points; nothing where both ends are the same."""
    if low is None or high is None or low == high:
        return ""
    return f"{points_text(low)}–{points_text(high)}"


def total_sentence(sheet: AssessmentSheet) -> str:
    """The sum of a sheet, to be read out."""
    said = {"out_of": points_text(sheet.out_of)}
    if sheet.rescaled_total is None:
        return _("No points yet: all check points are exempt or still to come.")
    said["points"] = points_text(sheet.rescaled_total)
    if sheet.low == sheet.high:
        return _("%(points)s out of %(out_of)s points.", **said)
    return _(
        "%(points)s out of %(out_of)s points; with the uncertainty of figures and all that is still to come between "
        "%(low)s and %(high)s.",
        low=points_text(sheet.low), high=points_text(sheet.high), **said,
    )  # fmt: skip


def sheet_notes(sheet: AssessmentSheet, scheme: Scheme, language: str) -> tuple[str, ...]:
    """What has to be known to read the sum: what is exempt, what is awaited, which grade the points reach."""
    exempt = sum(line.why.is_exempt for line in sheet.lines)
    notes = []
    if sheet.awaited:
        notes.append(_("Check points still to come: %(count)s. The sheet is not final.", count=sheet.awaited))
    if exempt:
        notes.append(_("Exempt check points: %(count)s. Others of their category count for them.", count=exempt))
    if sheet.rescaled_total is not None:
        notes.append(grade_by_points(sheet.rescaled_total, sheet.out_of, scheme, language))
    return tuple(notes)


def grade_by_points(points: Decimal, out_of: Decimal, scheme: Scheme, language: str) -> str:
    """The grade that points reach by themselves; where only some of a class get it, the ranking decides."""
    share = Fraction(points) / Fraction(out_of)
    grade = next(grade for grade in scheme.grades if share >= grade.at_least)
    title = grade.title.in_language(language)
    if grade.at_most is None:
        return _("By points: %(grade)s.", grade=title)
    return _(
        "By points: %(grade)s; at most %(share)s of the units of a class get it, which the ranking decides.",
        grade=title, share=share_text(grade.at_most),
    )  # fmt: skip


def place_text(standing: Standing) -> str:
    if standing.place is None:
        return _("no place yet")
    if standing.tied_with:
        return _("%(place)s (shared by %(count)s)", place=standing.place, count=len(standing.tied_with) + 1)
    return str(standing.place)


def places_text(standing: Standing) -> str:
    """Where the unit could be as well."""
    if standing.could_be is None:
        return ""
    best, worst = standing.could_be
    if best == worst:
        return _("certainly %(place)s", place=best)
    return _("may be from %(best)s to %(worst)s", best=best, worst=worst)


def grade_text(standing: Standing, scheme: Scheme, language: str) -> str:
    if standing.grade is None or standing.grade_could_be is None:
        return ""
    titles = {grade.code: grade.title.in_language(language) for grade in scheme.grades}
    if standing.grade_is_certain:
        return titles[standing.grade]
    best, worst = (titles[code] for code in standing.grade_could_be)
    return _("%(grade)s (may be from %(worst)s to %(best)s)", grade=titles[standing.grade], worst=worst, best=best)


def ranking_sentence(standings: Sequence[Standing]) -> str:
    """How much of the order of a class is certain."""
    placed = [standing for standing in standings if standing.could_be is not None]
    sure = sum(standing.could_be is not None and standing.could_be[0] == standing.could_be[1] for standing in placed)
    if not placed:
        return _("No unit of this class has points yet.")
    if len(placed) == 1:
        return _("The only unit of its class with points.")
    if not sure:
        return _("No place is certain: each unit could stand elsewhere as well, so small differences say nothing.")
    if sure == len(placed):
        return _("All places are certain.")
    return _(
        "%(sure)s of %(units)s units have a certain place; the others could stand elsewhere as well, so small "
        "differences say nothing.",
        sure=sure, units=len(placed),
    )  # fmt: skip
