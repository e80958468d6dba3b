"""Units below whose action worked, with the share of false ones among them kept down over all units' actions.

What one unit's plan achieved is `findings.verify_plan`; here many plans are looked at together, and whoever looks at a
thousand finds some by chance. Named are only units whose own reports show both years' figures exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

from analysis.arrays import Array
from analysis.benchmark import FALSE_DISCOVERIES
from analysis.comparability import comparability
from analysis.counted import Counted
from analysis.findings import FEWEST_CONTROLS
from analysis.limits import item_limits
from analysis.multiplicity import benjamini_hochberg, holm
from analysis.pattern import is_exact
from analysis.scoring import satisfied_codes
from analysis.tables import Counts
from analysis.tree import Comparability, Detail, Exemplar, Hidden, Rate
from analysis.types import ActionSpec, Rules

NO_SCATTER = 1e-20
"""Variance under which nothing scatters but for rounding."""


@dataclass(frozen=True, slots=True)
class _Year:
    """Scored and satisfied people per item (rows) and unit with its subtree (columns), and what of it is shown."""

    rows: Mapping[str, int]
    columns: Mapping[str, int]
    n: Counts
    satisfied: Counts
    limits: Mapping[str, Mapping[str, Detail | Hidden]]

    def rate(self, item: str, unit: str) -> Rate:
        place = self.rows[item], self.columns[unit]
        return Rate(int(self.satisfied[place]), int(self.n[place]))

    def may_show(self, item: str, unit: str) -> bool:
        return isinstance(self.limits[item][unit], Detail)


@dataclass(frozen=True, slots=True)
class _Case:
    """An action of a unit with its rates in both years and the chance of such a rise by itself."""

    unit: str
    action: ActionSpec
    earlier: Rate
    later: Rate
    p: float
    holm: float
    """Over the unit's own plan."""
    is_exact: bool
    """The unit's own reports print both numbers as they are."""

    @property
    def is_reached(self) -> bool:
        return Fraction(self.later.satisfied, self.later.n) >= Fraction(self.action.acceptance)


def exemplars_of(
    survey: Counted,
    earlier: Counted | None,
    plans: Mapping[str, Sequence[ActionSpec]],
    threshold: int,
    rules: Rules,
) -> tuple[Exemplar, ...]:
    """Actions of units below that worked and stay so when all units' actions are looked at together.

    For each unit p is that of `findings.verify_plan`: the later rate against the prediction, at the baseline, of the
    least-squares line through the unit's own untouched comparable items, at least ten (of fewer nothing is said).
    Named are those that worked in the unit's own plan (acceptance figure reached, Holm's p at most alpha) and have
    Benjamini and Hochberg's q over the actions of all units (1995, JRSS B 57:289) at most .05; those that did not work
    enter with p = 1, since choosing after the correction would spoil it. Only items count whose figure the unit's own
    report prints exactly in both years. In the order of the manifest and of the plans.

    Parameters: ``earlier``, last year's survey seen from the same unit; ``plans``, actions by code of the unit, as
    fixed before this survey opened; ``threshold``, that of the result.
    """
    below = set(survey.units[1:])
    concerned = [unit for unit in survey.units if unit in below and plans.get(unit)]
    if earlier is None or not concerned:
        return ()
    codes = _comparable_items(survey, earlier)
    before, now = _year(earlier, codes, earlier.manifest.threshold), _year(survey, codes, threshold)
    known = set(earlier.units)
    cases = [
        case for unit in concerned if unit in known for case in _cases(unit, plans[unit], before, now) if case.is_exact
    ]
    worked = [case.is_reached and case.holm <= rules.alpha for case in cases]
    q = benjamini_hochberg([case.p if is_so else 1.0 for case, is_so in zip(cases, worked, strict=True)])
    return tuple(
        Exemplar(case.unit, survey.manifest.unit(case.unit).name, case.action, case.earlier, case.later)
        for case, is_so, adjusted in zip(cases, worked, q, strict=True)
        if is_so and adjusted is not None and adjusted <= FALSE_DISCOVERIES
    )


def _comparable_items(survey: Counted, earlier: Counted) -> tuple[str, ...]:
    found = comparability(earlier.instrument, survey.instrument, earlier.manifest.context, survey.manifest.context)
    return tuple(code for code, item in found.items() if item.status is not Comparability.NOT)


def _year(survey: Counted, codes: Sequence[str], threshold: int) -> _Year:
    """Counts of whole subtrees: every unit's own, added to those above it from the leaves up."""
    tables, instrument, manifest = survey.tables, survey.instrument, survey.manifest
    asked = [instrument.by_code[code] for code in codes]
    columns = {group: position for position, group in enumerate(tables.groups)}
    nobody = np.zeros((0, len(columns)), np.int64)
    n = [tables.by_group(item.code, instrument.scale_of(item).codes) for item in asked]
    satisfied = [tables.by_group(item.code, satisfied_codes(instrument, item)) for item in asked]
    counts = np.stack([np.vstack([nobody, *n]), np.vstack([nobody, *satisfied])])
    parents = manifest.parents
    for unit in reversed(manifest.subtree(manifest.root)):
        above = parents[unit]
        if above is not None:
            counts[:, :, columns[above]] += counts[:, :, columns[unit]]
    rows = {code: position for position, code in enumerate(codes)}
    hidden = dict.fromkeys(manifest.hidden_units, Hidden.TOO_FEW)
    limits = {code: {**found, **hidden} for code, found in item_limits(survey.whole, threshold).items() if code in rows}
    return _Year(rows, columns, counts[0], counts[1], limits)


def _cases(unit: str, plan: Sequence[ActionSpec], before: _Year, now: _Year) -> Iterator[_Case]:
    """The actions of one plan, as far as there is something to hold them against."""
    column = before.columns[unit], now.columns[unit]
    compared = [
        code
        for code, row in now.rows.items()
        if before.may_show(code, unit) and before.n[row, column[0]] and now.n[row, column[1]]
    ]
    touched = {action.item for action in plan}
    controls = [now.rows[code] for code in compared if code not in touched]
    if len(controls) < FEWEST_CONTROLS:
        return
    earlier = before.satisfied[controls, column[0]] / before.n[controls, column[0]]
    later = now.satisfied[controls, column[1]] / now.n[controls, column[1]]
    actions = [action for action in plan if action.item in compared]
    pairs = [(before.rate(action.item, unit), now.rate(action.item, unit)) for action in actions]
    p = [
        chance_by_itself(
            earlier,
            later,
            action.baseline_satisfied / action.baseline_n,
            rate.value,
            baseline_n=action.baseline_n,
        )
        for action, (_earlier, rate) in zip(actions, pairs, strict=True)
    ]
    for action, (first, second), own, adjusted in zip(actions, pairs, p, holm(p), strict=True):
        is_shown = before.may_show(action.item, unit) and now.may_show(action.item, unit)
        is_exact_in_both = is_exact(first.n, first.satisfied) and is_exact(second.n, second.satisfied)
        yield _Case(unit, action, first, second, own, adjusted or 0.0, is_shown and is_exact_in_both)


def chance_by_itself(
    earlier: Array, later: Array, baseline: float, rate: float, *, baseline_n: int | None = None
) -> float:
    """One-sided p of a later ``rate`` at this ``baseline``, from the line through pairs of rates of other items.

    ``t = (rate - a - b baseline) / sqrt(s² (1 + 1/n + (baseline - m)² / Sxx) + b² baseline (1 - baseline) / N)`` with
    n - 2 degrees of freedom: the prediction of least squares, and the chance in a baseline of N = ``baseline_n``
    answers, as in `findings.verify_plan`. Where N is None the baseline is taken as known; then it agrees with R
    ``predict(lm(later ~ earlier), interval = "prediction", level = .90)``, whose upper bound is where p is .05.
    Without scatter p is 0 above the line and 1 elsewhere.
    """
    from scipy.special import stdtr

    n, deviations = earlier.size, earlier - earlier.mean()
    spread = float(deviations @ deviations)
    slope = float(deviations @ later) / spread if spread > 0 else 0.0
    residuals = later - later.mean() - slope * deviations
    leverage = 1 / n + ((baseline - float(earlier.mean())) ** 2 / spread if spread > 0 else 0.0)
    variance = float(residuals @ residuals) / (n - 2) * (1 + leverage)
    if baseline_n is not None:
        variance += slope**2 * baseline * (1 - baseline) / baseline_n
    above = rate - float(later.mean()) - slope * (baseline - float(earlier.mean()))
    if variance <= NO_SCATTER:
        return float(above <= sqrt(NO_SCATTER))
    return float(stdtr(n - 2, -above / sqrt(variance)))
