"""Points of one unit: each line from its rule and its fact, with the trace to the figure; totals rescaled for 免评."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from math import floor

from survey_app.assessment.figures import FigureValue, Missing, figure_for, origin_of
from survey_app.assessment.scheme import CheckPoint, Late, Linear, Rule, Scheme, Steps, UnitClass, YesNo

ZERO = Decimal()


class Why(StrEnum):
    """Where the points of a line come from, or why there are none."""

    FIGURE = "figure"
    STEP = "step"
    """Done in time or late, or not done at all."""
    MARK = "mark"
    TOO_FEW = "too_few"
    """免评: the figure is hidden."""
    NOT_MEASURED = "not_measured"
    """免评: no survey of the year asks it, or what it is compared with or a share of is not there."""
    EXEMPT = "exempt"
    """免评: found on site not to apply."""
    AWAITED_RESULT = "awaited_result"
    AWAITED_STEP = "awaited_step"
    AWAITED_MARK = "awaited_mark"
    AWAITED_SIGNATURE = "awaited_signature"

    @property
    def has_points(self) -> bool:
        return self in {Why.FIGURE, Why.STEP, Why.MARK}

    @property
    def is_exempt(self) -> bool:
        return self in {Why.TOO_FEW, Why.NOT_MEASURED, Why.EXEMPT}

    @property
    def is_awaited(self) -> bool:
        return not self.has_points and not self.is_exempt


@dataclass(frozen=True, slots=True)
class StepFact:
    due: date | None
    done_on: date | None
    is_missed: bool = False
    """Not done though the due day is over: no points. Otherwise a step that is not done is awaited."""


@dataclass(frozen=True, slots=True)
class SiteFact:
    """What a mark on site says: points or an exemption. It counts once it is signed by a second person."""

    points: Decimal | None
    exempt: bool = False
    note: str = ""
    is_signed: bool = False


@dataclass(frozen=True, slots=True)
class Trace:
    """What a line rests on: one of the three, or nothing where nothing is there."""

    figure: FigureValue | None = None
    step: StepFact | None = None
    mark: SiteFact | None = None
    threshold: Fraction | None = None
    """Of a rule of steps: the share that was met; None where not even the lowest was."""
    days_late: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One check point of a sheet. ``points``, ``low`` and ``high`` are None together: exempt, or awaited."""

    check_point: str
    category: str
    points: Decimal | None
    out_of: Decimal
    low: Decimal | None
    high: Decimal | None
    """Points at both ends of the figure's interval."""
    why: Why
    trace: Trace


@dataclass(frozen=True, slots=True)
class CategorySum:
    code: str
    points: Decimal
    """As given."""
    assessed_out_of: Decimal
    """Full points of the lines that have points."""
    out_of: Decimal
    rescaled: Decimal | None
    """As if the lines with points were the whole category; None where no line has any."""


@dataclass(frozen=True, slots=True)
class AssessmentSheet:
    unit_class: str
    lines: tuple[Line, ...]
    categories: tuple[CategorySum, ...]
    total: Decimal
    """As given."""
    assessed_out_of: Decimal
    out_of: Decimal
    """Full points of the class."""
    rescaled_total: Decimal | None
    """Out of ``out_of``; None where no line has points."""
    low: Decimal
    high: Decimal
    """Of the rescaled total: every figure at its lower (upper) end, every awaited line with no (all) points."""
    awaited: int
    """Lines still to come: the sheet is not final."""

    def line(self, check_point: str) -> Line | None:
        return next((line for line in self.lines if line.check_point == check_point), None)


def assess(
    scheme: Scheme,
    unit_class: UnitClass,
    figures: Mapping[str, FigureValue],
    steps: Mapping[str, StepFact],
    site: Mapping[str, SiteFact],
    *,
    awaited: AbstractSet[str] = frozenset(),
) -> AssessmentSheet:
    """The sheet of one unit.

    ``steps`` by `StepName`, ``site`` by check point; ``awaited`` names where results are still to come from
    ("member", "staff", "plan"): without it a figure that is not there is one that nobody asked for.

    A category's points are those of its lines with points times ``out_of / assessed_out_of``; the total likewise over
    the categories that have any. Points of a line are rounded to hundredths, half up; sums are exact, then rounded.
    """
    facts = Facts(figures, steps, site, awaited)
    lines = tuple(_line(point, category.code, out_of, facts) for category, point, out_of in scheme.of_class(unit_class))
    codes = tuple(dict.fromkeys(line.category for line in lines))
    by_category = {code: [line for line in lines if line.category == code] for code in codes}
    given = [line for line in lines if line.points is not None]
    return AssessmentSheet(
        unit_class=unit_class.code,
        lines=lines,
        categories=tuple(_category_sum(code, found) for code, found in by_category.items()),
        total=_exact_sum(line.points or ZERO for line in given),
        assessed_out_of=_exact_sum(line.out_of for line in given),
        out_of=_exact_sum(line.out_of for line in lines),
        rescaled_total=_rescaled(by_category.values(), lambda line: line.points),
        low=_rescaled(by_category.values(), lambda line: ZERO if line.why.is_awaited else line.low) or ZERO,
        high=_rescaled(by_category.values(), lambda line: line.out_of if line.why.is_awaited else line.high) or ZERO,
        awaited=sum(line.why.is_awaited for line in lines),
    )


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a unit."""

    figures: Mapping[str, FigureValue]
    steps: Mapping[str, StepFact]
    site: Mapping[str, SiteFact]
    awaited: AbstractSet[str]


Outcome = tuple[Why, tuple[Decimal, Decimal, Decimal] | None, Trace]
"""Points at face value, at the worst and at the best; None without any."""


def _line(point: CheckPoint, category: str, out_of: Decimal, facts: Facts) -> Line:
    mark = facts.site.get(point.code)
    if mark is not None and mark.exempt and mark.is_signed:
        why, points, trace = _without(Why.EXEMPT, Trace(mark=mark))
    elif point.figures:
        why, points, trace = _from_figure(point, out_of, facts)
    elif point.step is not None:
        why, points, trace = _from_step(point, out_of, facts.steps.get(point.step))
    else:
        why, points, trace = _from_mark(point, out_of, mark)
    face, low, high = points or (None, None, None)
    return Line(point.code, category, face, out_of, low, high, why, trace)


def _without(why: Why, trace: Trace) -> Outcome:
    return why, None, trace


def _from_figure(point: CheckPoint, out_of: Decimal, facts: Facts) -> Outcome:
    figure = figure_for(point, facts.figures)
    if figure is None:
        is_to_come = any(origin_of(name) in facts.awaited for name in point.figures)
        return _without(Why.AWAITED_RESULT if is_to_come else Why.NOT_MEASURED, Trace())
    if figure.missing is Missing.TOO_FEW:
        return _without(Why.TOO_FEW, Trace(figure=figure))
    if isinstance(point.rule, YesNo) and figure.reached is not None:
        face, low, high = (out_of if is_reached else ZERO for is_reached in figure.reached)
        return Why.FIGURE, (face, low, high), Trace(figure=figure)
    if figure.value is None or figure.low is None or figure.high is None or isinstance(point.rule, YesNo):
        return _without(Why.NOT_MEASURED, Trace(figure=figure))
    face, low, high = (points_of(point, out_of, share) for share in (figure.value, figure.low, figure.high))
    return Why.FIGURE, (face, low, high), Trace(figure=figure, threshold=threshold_met(point.rule, figure.value))


def points_of(point: CheckPoint, out_of: Decimal, share: Fraction) -> Decimal:
    """Points for a share by a rule of steps or a linear one. Never more for a smaller share."""
    if isinstance(point.rule, Linear):
        reached = (share - point.rule.start) / (point.rule.end - point.rule.start)
        return to_hundredths(min(max(reached, Fraction(0)), Fraction(1)) * Fraction(out_of))
    thresholds = point.rule.thresholds if isinstance(point.rule, Steps) else ()
    points = next((points for threshold, points in thresholds if share >= threshold), ZERO)
    return to_hundredths(Fraction(points) * Fraction(out_of) / Fraction(point.points))


def threshold_met(rule: Rule, share: Fraction) -> Fraction | None:
    thresholds = rule.thresholds if isinstance(rule, Steps) else ()
    return next((threshold for threshold, _ in thresholds if share >= threshold), None)


def _from_step(point: CheckPoint, out_of: Decimal, fact: StepFact | None) -> Outcome:
    if fact is None or (fact.done_on is None and not fact.is_missed):
        return _without(Why.AWAITED_STEP, Trace(step=fact))
    if fact.done_on is None:
        return _certain(Why.STEP, ZERO, Trace(step=fact))
    days = max((fact.done_on - fact.due).days, 0) if fact.due else 0
    points = out_of - _taken_off(point, out_of, days)
    return _certain(Why.STEP, max(points, ZERO), Trace(step=fact, days_late=days))


def _taken_off(point: CheckPoint, out_of: Decimal, days: int) -> Decimal:
    """Nothing of a yes-or-no step: it is done, if late."""
    if not isinstance(point.rule, Late):
        return ZERO
    periods = -(-days // point.rule.every_days)
    off = min(point.rule.off * periods, point.rule.at_most or point.points)
    return to_hundredths(Fraction(off) * Fraction(out_of) / Fraction(point.points))


def _from_mark(point: CheckPoint, out_of: Decimal, mark: SiteFact | None) -> Outcome:
    if mark is None or (mark.points is None and not mark.exempt):
        return _without(Why.AWAITED_MARK, Trace(mark=mark))
    if not mark.is_signed or mark.points is None:
        return _without(Why.AWAITED_SIGNATURE, Trace(mark=mark))
    points = min(max(mark.points, ZERO), out_of)
    if isinstance(point.rule, YesNo):
        points = out_of if points > 0 else ZERO
    return _certain(Why.MARK, points, Trace(mark=mark))


def _certain(why: Why, points: Decimal, trace: Trace) -> Outcome:
    return why, (points, points, points), trace


def _category_sum(code: str, lines: Sequence[Line]) -> CategorySum:
    given = [line for line in lines if line.points is not None]
    return CategorySum(
        code,
        points=_exact_sum(line.points or ZERO for line in given),
        assessed_out_of=_exact_sum(line.out_of for line in given),
        out_of=_exact_sum(line.out_of for line in lines),
        rescaled=_rescaled([lines], lambda line: line.points),
    )


def _rescaled(categories: Iterable[Sequence[Line]], points_of_line: Callable[[Line], Decimal | None]) -> Decimal | None:
    """Points within each category as if its lines with points were all of it, then over the categories alike."""
    points, live, full = Fraction(), Fraction(), Fraction()
    for lines in categories:
        given = [(value, line.out_of) for line in lines if (value := points_of_line(line)) is not None]
        out_of = Fraction(_exact_sum(line.out_of for line in lines))
        full += out_of
        if given:
            assessed = Fraction(_exact_sum(whole for _, whole in given))
            points += Fraction(_exact_sum(value for value, _ in given)) * out_of / assessed
            live += out_of
    return to_hundredths(points * full / live) if live else None


def _exact_sum(points: Iterable[Decimal]) -> Decimal:
    return sum(points, ZERO)


def to_hundredths(points: Fraction) -> Decimal:
    """Half up."""
    return Decimal(floor(points * 100 + Fraction(1, 2))).scaleb(-2)
