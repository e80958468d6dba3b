"""What an objective may name as its figure, and between which ends the threshold of each figure lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

from analysis.scales import items_measured
from analysis.types import Definition, Measure, Objective
from instruments.model import Instrument, Scale
from survey_app.errors import ObjectiveImpossible

NEEDS_TARGET = (Measure.ITEM, Measure.DIMENSION)
MOST_POINTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """A definition as it is kept: only what it needs, levels from the best down."""

    definition: Definition
    satisfied_levels: tuple[int, ...] | None = None
    weights: dict[int, str] | None = None


def require_possible(  # noqa: PLR0917
    measure: Measure,
    target: str | None,
    threshold: str,
    definition: Definition = Definition.SATISFIED,
    satisfied_levels: Sequence[int] | None = None,
    weights: Mapping[int, str] | None = None,
    instrument: Instrument | None = None,
) -> Wanted:
    """The definition, checked. Raises: ObjectiveImpossible, whose reason says which field is wrong."""
    if measure in NEEDS_TARGET and not target:
        raise ObjectiveImpossible("target")
    if measure is Measure.PARTICIPATION:
        _require_within(threshold, 0, 1, "threshold")
        return Wanted(Definition.SATISFIED)
    scales = () if instrument is None else scales_of(instrument, measure, target)
    if instrument is not None and not scales:
        raise ObjectiveImpossible("not_asked")
    if definition is Definition.SATISFIED:
        _require_within(threshold, 0, 1, "threshold")
        return Wanted(definition, _required_levels(measure, scales, satisfied_levels))
    if not scales:
        raise ObjectiveImpossible("questionnaire")
    if definition is Definition.INDEX:
        _require_within(threshold, 0, MOST_POINTS, "threshold_points")
        return Wanted(definition)
    if definition is Definition.MEAN:
        low, high = _common_ends(scales)
        _require_within(threshold, low, high, "threshold_points")
        return Wanted(definition)
    points = _required_weights(measure, scales, weights)
    worth = [_exact(number) for number in points.values()]
    _require_within(threshold, min(worth), max(worth), "threshold_points")
    return Wanted(definition, weights=points)


def misfit(objective: Objective, instrument: Instrument | None) -> ObjectiveImpossible | None:
    """Why an objective cannot be held against a questionnaire, perhaps another than it was set for; None where it can.

    Agrees with `analysis.objective_results.fits`, by which results are judged.
    """
    try:
        require_possible(
            objective.measure,
            objective.target,
            objective.threshold,
            definition=objective.definition,
            satisfied_levels=objective.satisfied_levels,
            weights=objective.weights,
            instrument=instrument,
        )
    except ObjectiveImpossible as refusal:
        return refusal
    return None


def scales_of(instrument: Instrument, measure: Measure, target: str | None) -> tuple[Scale, ...]:
    """The scales of the questions that a measure is about; none where the questionnaire does not ask it."""
    return tuple(instrument.scale_of(item) for item in items_measured(instrument, measure, target))


def _required_levels(measure: Measure, scales: Sequence[Scale], levels: Sequence[int] | None) -> tuple[int, ...] | None:
    """The best so many levels, not all of them; None for those of the scale."""
    if not levels:
        return None
    if measure is Measure.DIMENSION:
        raise ObjectiveImpossible("levels_of_dimension")
    if not scales:
        raise ObjectiveImpossible("questionnaire")
    (scale,) = scales
    best_first = scale.codes[::-1]
    named = tuple(sorted(set(levels), reverse=True))
    if named != best_first[: len(named)] or len(named) == len(best_first):
        raise ObjectiveImpossible("levels")
    return None if set(named) == set(scale.satisfied) else named


def _required_weights(measure: Measure, scales: Sequence[Scale], weights: Mapping[int, str] | None) -> dict[int, str]:
    """Points of every level, the better never less; best first."""
    if measure is Measure.DIMENSION:
        raise ObjectiveImpossible("weights_of_dimension")
    (scale,) = scales
    given = weights or {}
    if set(given) != set(scale.codes):
        raise ObjectiveImpossible("weights")
    try:
        worth = [_exact(given[code]) for code in scale.codes]
    except ValueError:
        raise ObjectiveImpossible("weights") from None
    if worth != sorted(worth) or worth[0] == worth[-1] or worth[0] < 0 or worth[-1] > MOST_POINTS:
        raise ObjectiveImpossible("weights_order")
    return {code: given[code] for code in scale.codes[::-1]}


def _common_ends(scales: Sequence[Scale]) -> tuple[int, int]:
    ends = {(scale.low, scale.high) for scale in scales}
    if len(ends) > 1:
        raise ObjectiveImpossible("mean_of_scales")
    return ends.pop()


def _require_within(threshold: str, low: Fraction | int, high: Fraction | int, reason: str) -> None:
    """Above the lower end, which everybody reaches, and not above the upper one."""
    ends = {"low": f"{float(low):g}", "high": f"{float(high):g}"}
    try:
        exact = _exact(threshold)
    except ValueError:
        raise ObjectiveImpossible(reason, **ends) from None
    if not low < exact <= high:
        raise ObjectiveImpossible(reason, **ends)


def _exact(written: str) -> Fraction:
    """A decimal as written: what stands in the register is printed with all its digits, so 1/3 has none. Raises:
    ValueError."""
    try:
        number = Decimal(written)
    except InvalidOperation:
        raise ValueError(written) from None
    if not number.is_finite():
        raise ValueError(written)
    return Fraction(number)
