"""The figure an objective names, in words: what it is called, how it is counted, its target and value in their unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from flask_babel import gettext as _

from analysis.scales import overall_item
from analysis.tree import Hidden, ObjectiveResult, Rate
from analysis.types import Definition, Measure, Objective
from instruments.model import Scale
from survey_app.wording import figures
from survey_app.wording.labels import hidden_label, listed
from survey_app.wording.names import Names

_MOST_DECIMALS = 3


def figure_name(objective: Objective, names: Names) -> str:
    """What the figure is called: ``满意率``, ``满意度指数``, ``百分制得分``."""
    if objective.measure is Measure.PARTICIPATION:
        return _("Participation rate")
    if objective.is_rate:
        return _("Satisfaction rate") if names.speaks_of_satisfaction() else _("Favourable rate")
    return {
        Definition.INDEX: _("Satisfaction index"),
        Definition.MEAN: _("Mean score"),
        Definition.SCORE100: _("Score out of 100"),
    }[objective.definition]


def definition_text(objective: Objective, names: Names) -> str:
    """How the figure is counted; stands with every one."""
    if objective.measure is Measure.PARTICIPATION:
        return _("returned ÷ eligible")
    if objective.is_rate:
        return _rate_text(objective, names)
    if objective.definition is Definition.INDEX:
        return _("index: (mean − lowest level) ÷ (highest − lowest level) × 100")
    scale = scale_of(objective, names)
    if objective.definition is Definition.MEAN:
        if scale is None:
            return _("mean in points of the scale")
        return _("mean in points of the scale, from %(low)s to %(high)s", low=scale.low, high=scale.high)
    return _("mean of points: %(points)s", points=_points(objective, names))


def _rate_text(objective: Objective, names: Names) -> str:
    """By the satisfied levels of the questionnaire, or by those that the objective names."""
    if objective.satisfied_levels is not None:
        named = [level_name(objective, level, names) for level in sorted(objective.satisfied_levels, reverse=True)]
        return _("share of %(levels)s, as the objective names them", levels=_(" or ").join(named))
    if objective.measure is Measure.DIMENSION:
        return _("mean of the rates of its questions")
    code = _item(objective, names)
    if code is None:
        return _("share of the satisfied levels")
    return _("share of %(levels)s", levels=_(" or ").join(names.approving_levels(code)))


def _points(objective: Objective, names: Names) -> str:
    weights = sorted((objective.weights or {}).items(), reverse=True)
    return listed([f"{level_name(objective, level, names)} {points}" for level, points in weights])


def level_name(objective: Objective, level: int, names: Names) -> str:
    """A level in the direction of the dimension, as the question words it."""
    code, scale = _item(objective, names), scale_of(objective, names)
    if code is None or scale is None or level not in scale.codes:
        return str(level)
    return names.level_group(code, (scale.low + scale.high - level if names.is_reversed(code) else level,))


def scale_of(objective: Objective, names: Names) -> Scale | None:
    """The scale that a figure's ends come from: of the question, or of the first of the dimension."""
    instrument, code = names.instrument, _item(objective, names)
    if objective.measure is Measure.DIMENSION:
        scored = [item.code for item in instrument.scored_items if item.dimension == objective.target]
        code = scored[0] if scored else None
    return None if code is None else instrument.scale_of(instrument.by_code[code])


def _item(objective: Objective, names: Names) -> str | None:
    code = overall_item(names.instrument) if objective.measure is Measure.OVERALL else objective.target
    is_asked = objective.measure is not Measure.DIMENSION and code is not None and names.knows(code)
    return code if is_asked else None


def threshold_text(objective: Objective) -> str:
    """The target as it is spoken of: ``90%``, ``85 分``."""
    if objective.is_rate:
        return figures.target_percent(objective.threshold)
    return _in_unit(objective, f"{Decimal(objective.threshold).normalize():f}")


def target_number(objective: Objective) -> str:
    """The target without its unit: ``90``, ``85``."""
    return threshold_text(objective).removesuffix("%") if objective.is_rate else f"{Decimal(objective.threshold):f}"


def value_text(result: ObjectiveResult) -> str:
    """The figure of an index, a mean or a score: ``86 分``; in words where it is rounded or not shown."""
    value, objective = result.value, result.objective
    if isinstance(value, Hidden):
        return hidden_label(value)
    if value is None:
        return hidden_label(result.rate) if isinstance(result.rate, Hidden) else _("not measured")
    if result.rounded:
        return _("about %(figure)s", figure=_in_unit(objective, f"{value:.0f}"))
    return _in_unit(objective, figures.minus(_rounded(value, objective)))


def value_with_people(result: ObjectiveResult) -> str:
    """The same with how many answered, where one question says so: ``86 分（32 人作答）``."""
    told, rate = value_text(result), result.rate
    if not isinstance(result.value, float) or not isinstance(rate, Rate):
        return told
    return _("%(figure)s (%(n)s answered)", figure=told, n=rate.n)


def interval_text(objective: Objective, lower: float, upper: float) -> str:
    """Bounds of the figure for all eligible people, in its unit."""
    places = _places(objective)
    return figures.interval_text(*(f"{_quantized(Decimal(str(end)), places)}" for end in (lower, upper)))


def unjudged_text(result: ObjectiveResult, names: Names) -> str:
    """Why an objective has neither figure nor verdict; empty where it has either, or is hidden."""
    objective = result.objective
    if result.judgement is not None or result.rate is not None:
        return ""
    if objective.measure is Measure.PARTICIPATION:
        return _("it is not known how many of the eligible people took part")
    if scale_of(objective, names) is None:
        return _("the questionnaire does not ask this")
    return _("does not fit the answer levels of the questionnaire")


def axis_share(objective: Objective, figure: float, names: Names) -> float:
    """Where a figure stands between the worst and the best: shares as they are, points out of 100, means on their
    scale."""
    if objective.is_rate:
        return figure
    scale = scale_of(objective, names)
    if objective.definition is not Definition.MEAN or scale is None:
        return figure / 100
    return (figure - scale.low) / (scale.high - scale.low)


def _in_unit(objective: Objective, figure: str) -> str:
    if objective.definition is Definition.MEAN:
        return _("%(figure)s scale points", figure=figure)
    return _("%(figure)s points", figure=figure)


def _places(objective: Objective) -> int:
    return 2 if objective.definition is Definition.MEAN else 0


def _rounded(value: float, objective: Objective) -> str:
    """Rounded half up, with more decimals where rounding would hide on which side of the target it lies."""
    exact, target = Decimal(str(round(value, 9))), Decimal(objective.threshold)
    places = _places(objective)
    while places < _MOST_DECIMALS and (exact >= target) != (_quantized(exact, places) >= target):
        places += 1
    return f"{_quantized(exact, places)}"


def _quantized(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
