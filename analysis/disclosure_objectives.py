"""Objectives as a Report may show them: verdicts from exact counts, figures no finer than those they are about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from analysis.tree import Detail, DimensionResult, Hidden, ItemResult, ObjectiveResult, Rate
from analysis.types import Definition, Measure


def shown_objectives(
    objectives: Sequence[ObjectiveResult],
    items: Mapping[str, ItemResult],
    dimensions: Mapping[str, DimensionResult],
    overall: str | None,
) -> tuple[ObjectiveResult, ...]:
    """``items`` and ``dimensions`` as they are shown.

    Where a question is shown in classes, a verdict by its single levels tells a little more than these. So of several
    such objectives on one question or dimension only the first of the register has one: put together they could give
    all the levels away.
    """
    shown, told = [], set()
    for found in objectives:
        subject, is_full = _subject(found, items, dimensions, overall)
        one = _shown(found, items, dimensions, subject, is_full=is_full)
        if one.judgement is not None and not is_full and not found.objective.is_usual_rate:
            if subject in told:
                one = replace(one, judgement=None, silent_out_of=None)
            told.add(subject)
        shown.append(one)
    return tuple(shown)


def _subject(
    found: ObjectiveResult,
    items: Mapping[str, ItemResult],
    dimensions: Mapping[str, DimensionResult],
    overall: str | None,
) -> tuple[str, bool]:
    """The question or dimension, and whether all its levels are shown."""
    objective = found.objective
    subject = (overall if objective.measure is Measure.OVERALL else objective.target) or ""
    if objective.measure is Measure.DIMENSION and subject in dimensions:
        dimension = dimensions[subject]
        all_full = all(items[code].detail is Detail.FULL for code in dimension.items)
        return f"{objective.measure}:{subject}", all_full and not dimension.rounded
    return subject, subject in items and items[subject].detail is Detail.FULL


def _shown(
    found: ObjectiveResult,
    items: Mapping[str, ItemResult],
    dimensions: Mapping[str, DimensionResult],
    subject: str,
    *,
    is_full: bool,
) -> ObjectiveResult:
    """The verdict uses exact counts; its numbers go where they would give the exact count or the silent ones away."""
    objective = found.objective
    if objective.measure is Measure.PARTICIPATION or found.rate is None:
        return found
    if objective.measure is Measure.DIMENSION:
        dimension = dimensions[objective.target or ""]
        coarse = dimension.rounded or any(items[code].detail is Detail.TWO_WAY for code in dimension.items)
        return _objective(
            replace(found, value=_value(found, dimension.index, is_full=is_full)),
            dimension.rate,
            keep_numbers=is_full or (objective.is_rate and not coarse),
            keep_population=not coarse,
            rounded=not is_full,
        )
    item = items[subject]
    known = isinstance(item.rate, Rate) and item.rate.population is not None
    rate = item.rate
    if objective.satisfied_levels is not None and objective.is_rate and isinstance(rate, Rate):
        rate = found.rate if is_full and isinstance(found.rate, Rate) else Hidden.COARSENED
    exact = isinstance(rate, Rate) and rate.bound == "exact"
    return _objective(
        replace(found, value=_value(found, item.index, is_full=is_full)),
        rate,
        keep_numbers=known and exact and (is_full or objective.is_usual_rate),
        keep_population=known,
        rounded=not is_full,
    )


def _value(found: ObjectiveResult, index: float | Hidden, *, is_full: bool) -> float | Hidden | None:
    """An index as the question shows it; a mean or a score only where every level is shown."""
    if found.value is None or is_full:
        return found.value
    return index if found.objective.definition is Definition.INDEX else Hidden.COARSENED


def _objective(
    found: ObjectiveResult, rate: Rate | float | Hidden, *, keep_numbers: bool, keep_population: bool, rounded: bool
) -> ObjectiveResult:
    if found.judgement is None or (isinstance(rate, Hidden) and rate is not Hidden.COARSENED):
        hidden = rate if isinstance(rate, Hidden) and found.value is not None else None
        return ObjectiveResult(found.objective, rate, None, value=hidden)
    judgement = found.judgement
    if not keep_numbers:
        judgement = replace(judgement, lower=None, upper=None, silent_needed=None)
    if not keep_population:
        judgement = replace(judgement, required=None, silent=None)
    return replace(
        found,
        rate=rate,
        judgement=judgement,
        silent_out_of=found.silent_out_of if keep_population else None,
        rounded=rounded and isinstance(found.value, float),
    )
