"""Objectives, one row each: worst to best, 90 % bounds, the rate of those who answered, the target.

Bounds and the thin line are about all eligible people; a full census has neither. No zone is coloured.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flask_babel import gettext as _

from analysis.tree import Hidden, ObjectiveResult, Rate, Report, WeightedRate
from analysis.types import Measure
from survey_app.charts.layout import LINE_HEIGHT, WIDE, Axis, broken, stacked, text_width
from survey_app.charts.marks import Anchor, Box, Dot, Drawing, Label, Line, Mark
from survey_app.wording.definitions import (
    axis_share,
    definition_text,
    figure_name,
    target_number,
    threshold_text,
    value_text,
    value_with_people,
)
from survey_app.wording.figures import PERCENT_FROM, people, range_text, rate_text, rate_with_people
from survey_app.wording.labels import grade_label, hidden_label
from survey_app.wording.names import Names
from survey_app.wording.sentences import is_weighed, weighing
from survey_app.wording.tables import bounds_of_mean

_USUAL_LOW = 0.5
_FACT_ROOM = 160


@dataclass(frozen=True, slots=True)
class _Extents:
    """Where the marks of a row stand, as shares of the population."""

    point: float | None
    bounds: tuple[float, float] | None
    worst_best: tuple[float, float] | None
    target: float

    def lowest(self) -> float:
        ends: list[float] = [self.target, *(self.bounds or ()), *(self.worst_best or ())]
        return min(ends if self.point is None else [*ends, self.point])


def draw_objectives(report: Report, names: Names, width: int) -> Drawing | None:
    if not report.objectives:
        return None
    extents = [_extents(result, names) for result in report.objectives]
    low = _USUAL_LOW if min(row.lowest() for row in extents) >= _USUAL_LOW else 0.0
    draw = _wide if width == WIDE else _narrow
    marks, height = draw(report.objectives, extents, names, low)
    title = _("Objectives: dot, those who answered; thick line, 90% bounds; thin line, worst to best; dashes, target")
    if is_weighed(report):
        title = _(
            "Objectives: dot, those who answered, branches weighed by their people; thick line, 90% bounds; thin line, "
            "worst to best; dashes, target"
        )
    return Drawing(width, height, title, _described(report, names), tuple(marks))


def _extents(result: ObjectiveResult, names: Names) -> _Extents:
    objective = result.objective
    rate, target = result.rate, axis_share(objective, float(objective.threshold), names)
    if not objective.is_rate:
        return _extents_of_value(result, target, names)
    if isinstance(rate, float):
        return _Extents(rate, _bounds_of_mean(result), None, target)
    if not isinstance(rate, Rate):
        return _Extents(None, None, None, target)
    value = result.weighted.value if isinstance(result.weighted, WeightedRate) else rate.value
    point = value if rate.bound == "exact" else None
    if not rate.population or rate.n == rate.population:
        return _Extents(point, None, None, target)
    return _Extents(point, _shares(result.people, rate.population), _shares(rate.worst_best, rate.population), target)


def _extents_of_value(result: ObjectiveResult, target: float, names: Names) -> _Extents:
    """Of an index, a mean or a score: from the worst it could be to the best, as a share of the way."""
    bounds, objective = _bounds_of_mean(result), result.objective
    return _Extents(
        axis_share(objective, result.value, names) if isinstance(result.value, float) else None,
        None if bounds is None else (axis_share(objective, bounds[0], names), axis_share(objective, bounds[1], names)),
        None,
        target,
    )


def _bounds_of_mean(result: ObjectiveResult) -> tuple[float, float] | None:
    judgement = result.judgement
    if judgement is None or judgement.lower is None or judgement.upper is None:
        return None
    return (judgement.lower, judgement.upper) if judgement.lower < judgement.upper else None


def _shares(people_range: tuple[int, int] | None, population: int) -> tuple[float, float] | None:
    return None if people_range is None else (people_range[0] / population, people_range[1] / population)


def _wide(
    results: tuple[ObjectiveResult, ...], extents: list[_Extents], names: Names, low: float
) -> tuple[list[Mark], float]:
    words = max(
        max(text_width(_verdict(result)) * 1.05, text_width(_fact(result, _FACT_ROOM), 13)) for result in results
    )
    right = WIDE - max(words, 120)
    axis = Axis(low, 1, 226, right - 26)
    row_height, top = 66, 26
    bottom = top + row_height * len(results)
    heading = _("Share satisfied") if all(result.objective.is_rate for result in results) else _("Share, or points")
    marks: list[Mark] = [Label(0, 14, _("Objective"), "note"), Label(axis.start, 14, heading, "note")]
    marks.append(Label(right, 14, _("Verdict"), "note"))
    marks += _ticks(axis, 0.1 if low else 0.2, bottom, grid_from=top)
    for row, (result, extent) in enumerate(zip(results, extents, strict=True)):
        centre = top + row_height * row + row_height / 2 + 4
        name = broken(names.measure(result.objective), axis.start - 16)
        marks += stacked(0, centre - 10 - LINE_HEIGHT * (len(name) - 1) / 2, name, "strong")
        below = centre + 10 + LINE_HEIGHT * (len(name) - 1) / 2
        marks.append(Label(0, below, _not_below(result, names), "note"))
        marks += _row(extent, axis, centre)
        marks += _target_label(extent, axis, centre, result)
        marks.append(Label(right, centre - 10, _verdict(result), "strong"))
        marks.append(Label(right, centre + 10, _fact(result, _FACT_ROOM), "note"))
        if row:
            marks.append(Line(0, top + row_height * row, WIDE, top + row_height * row, "grid"))
    return marks, bottom + 26


def _narrow(
    results: tuple[ObjectiveResult, ...], extents: list[_Extents], names: Names, low: float
) -> tuple[list[Mark], float]:
    axis = Axis(low, 1, 8, 288)
    marks: list[Mark] = []
    y = 4.0
    for row, (result, extent) in enumerate(zip(results, extents, strict=True)):
        if row:
            marks.append(Line(0, y, 296, y, "grid"))
        verdict = _verdict(result)
        name = broken(names.measure(result.objective), 296 - text_width(verdict) - 12)
        marks += stacked(0, y + 22, name, "strong")
        marks.append(Label(296, y + 22, verdict, "strong", "right"))
        after = y + 22 + LINE_HEIGHT * len(name)
        marks.append(Label(0, after, _not_below(result, names), "note"))
        marks.append(Label(296, after, _fact(result, 180), "note", "right"))
        marks += _row(extent, axis, after + 22)
        y = after + 46
    marks += _ticks(axis, 0.1 if low else 0.2, y)
    return marks, y + 26


def _row(extent: _Extents, axis: Axis, y: float) -> Iterator[Mark]:
    if extent.worst_best:
        worst, best = axis(extent.worst_best[0]), axis(extent.worst_best[1])
        yield Line(worst, y, best, y, "range")
        yield Line(worst, y - 6, worst, y + 6, "range")
        yield Line(best, y - 6, best, y + 6, "range")
    if extent.bounds:
        yield Line(axis(extent.bounds[0]), y, axis(extent.bounds[1]), y, "bounds")
    if extent.point is not None:
        yield Dot(axis(extent.point), y, "now")
    yield Line(axis(extent.target), y - 15, axis(extent.target), y + 15, "goal")


def _target_label(extent: _Extents, axis: Axis, y: float, result: ObjectiveResult) -> Iterator[Mark]:
    words = _("target %(percent)s", percent=target_number(result.objective))
    half = text_width(words, 13) / 2
    yield Box(axis(extent.target) - half - 2, y - 30, 2 * half + 4, 14, "ground")
    yield Label(axis(extent.target), y - 19, words, "note", "center")


def _ticks(axis: Axis, step: float, bottom: float, grid_from: float | None = None) -> Iterator[Mark]:
    ticks = axis.ticks(step)
    if grid_from is not None:
        yield from (Line(axis(tick), grid_from, axis(tick), bottom, "grid") for tick in ticks)
    yield Line(axis.start, bottom, axis.end, bottom, "axis")
    for tick in ticks:
        is_last = tick == ticks[-1]
        anchor: Anchor = "right" if is_last and axis.end > 280 and axis.start < 10 else "center"
        x = axis.end + 8 if anchor == "right" else axis(tick)
        yield Label(x, bottom + 18, f"{tick * 100:.0f}" + ("%" if is_last else ""), "note", anchor)


def _not_below(result: ObjectiveResult, names: Names) -> str:
    objective = result.objective
    if objective.is_usual_rate:
        return _("not below %(target)s", target=threshold_text(objective))
    return _("%(figure)s not below %(target)s", figure=figure_name(objective, names), target=threshold_text(objective))


def _verdict(result: ObjectiveResult) -> str:
    if result.judgement is not None:
        return grade_label(result.judgement)
    return hidden_label(result.rate) if isinstance(result.rate, Hidden) else _("not judged")


def _fact(result: ObjectiveResult, room: float) -> str:
    """Percent and people where both fit, else people."""
    rate = result.rate
    if not result.objective.is_rate:
        both = value_with_people(result)
        return "" if isinstance(rate, Hidden) else both if text_width(both, 13) <= room else value_text(result)
    if not isinstance(rate, Rate):
        return "" if isinstance(rate, Hidden) else rate_text(rate, PERCENT_FROM, result.objective.threshold)
    both = rate_with_people(rate, result.objective.threshold)
    return both if text_width(both, 13) <= room else people(rate)


def _described(report: Report, names: Names) -> str:
    return _("; ").join(_spoken(result, names) for result in report.objectives)


def _spoken(result: ObjectiveResult, names: Names) -> str:
    told = _(
        "%(measure)s: %(figure)s, target %(target)s, %(verdict)s",
        measure=names.measure(result.objective),
        figure=hidden_label(result.rate) if isinstance(result.rate, Hidden) else _fact(result, WIDE),
        target=threshold_text(result.objective),
        verdict=_verdict(result),
    )
    said = (told, weighing(result), *_ranges(result), definition_text(result.objective, names))
    return _("; ").join(part for part in said if part)


def _ranges(result: ObjectiveResult) -> Iterator[str]:
    """What the lines say, in people or in the unit of the objective."""
    rate = result.rate
    if bounds := bounds_of_mean(result):
        yield _("90%% bounds %(bounds)s", bounds=bounds)
    if not isinstance(rate, Rate) or not rate.population or rate.n == rate.population or not result.objective.is_rate:
        return
    if result.people and result.objective.measure is not Measure.PARTICIPATION:
        yield _("90%% bounds %(bounds)s of %(n)s", bounds=range_text(*result.people), n=rate.population)
    if rate.worst_best:
        yield _("worst to best %(range)s of %(n)s", range=range_text(*rate.worst_best), n=rate.population)
