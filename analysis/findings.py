"""From results to what to talk about first, and from last year's actions to whether they worked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from math import sqrt

from analysis.multiplicity import holm
from analysis.tree import (
    ActionResult,
    ActionVerdict,
    AnnualResult,
    Change,
    Comparability,
    Hidden,
    ItemPair,
    ItemResult,
    Rate,
    Report,
)
from analysis.types import ActionSpec, Measure, Rules

FEWEST_CONTROLS = 10
CONFIDENCE = 0.95


class Kind(StrEnum):
    """Why an item is worth talking about, the strongest reason first."""

    OBJECTIVE_MISSED = "objective_missed"
    DECLINED = "declined"
    WEAKEST = "weakest"


@dataclass(frozen=True, slots=True)
class Finding:
    """An item to talk about first, for the reasons named; its rate as the Report shows it."""

    item: str
    dimension: str | None
    kinds: tuple[Kind, ...]
    rate: Rate


def propose(report: Report, *, most: int = 3) -> tuple[Finding, ...]:
    """At most so many items to discuss: missed objectives, shown declines, then the lowest rates.

    Within one reason the lower rate comes first, then the order of the questionnaire. Hidden items are never named,
    nor those that stand for the whole (overall satisfaction) or for the survey itself (candour).
    """
    missed = {
        found.objective.target or ""
        for found in report.objectives
        if found.objective.measure is Measure.ITEM and found.judgement is not None and not found.judgement.grade.is_met
    }
    declined = {change.code for change in report.changes if change.primary and change.verdict == "declined"}
    shown = [
        (item, item.rate)
        for item in report.items
        if isinstance(item.rate, Rate) and item.role in (None, "action_taken")
    ]
    lowest = sorted(shown, key=lambda pair: pair[1].value)[:most]
    reasons: dict[Kind, set[str]] = {
        Kind.OBJECTIVE_MISSED: missed,
        Kind.DECLINED: declined,
        Kind.WEAKEST: {item.code for item, rate in lowest if rate.satisfied < rate.n - 1},
    }
    found = [
        Finding(item.code, item.dimension, kinds, rate)
        for item, rate in shown
        if (kinds := tuple(kind for kind, codes in reasons.items() if item.code in codes))
    ]
    order = list(Kind)
    found.sort(key=lambda finding: (order.index(finding.kinds[0]), finding.rate.value))
    return tuple(found[:most])


def verify(action: ActionSpec, result: AnnualResult) -> ActionResult:
    """Whether an action worked: reached is a fact, shown a test against what would be expected without it."""
    return verify_plan([action], result.items, result.changes, Rules(), result.subtree)[0]


def verify_plan(
    actions: Sequence[ActionSpec],
    items: Sequence[ItemResult],
    changes: Sequence[Change],
    rules: Rules,
    subtree: Sequence[ItemPair] = (),
) -> tuple[ActionResult, ...]:
    """All actions of a plan together: Holm's correction runs over them.

    The rate to be expected without an action is the prediction, at the item's baseline, of the least-squares line
    ``later ~ earlier`` over the untouched comparable items (low items rebound by themselves: regression to the mean);
    where there are fewer than ten, over those of all branches of the unit (``subtree``); fewer again: no_control.
    ``worked``: acceptance figure reached and later rate above expectation, one-sided, Holm-adjusted p <= alpha;
    ``worse``: below the one-sided bound and below the baseline; else ``not_shown``.
    """
    touched = {action.item for action in actions}
    pairs = {
        change.code: (_exactly(change.earlier.rate), _exactly(change.later.rate))
        for change in changes
        if change.comparability is not Comparability.NOT
        and isinstance(change.earlier.rate, Rate)
        and isinstance(change.later.rate, Rate)
    }
    controls = [pair for code, pair in pairs.items() if code not in touched]
    if len(controls) < FEWEST_CONTROLS:
        controls = [(_exactly(pair.earlier), _exactly(pair.later)) for pair in subtree if pair.item not in touched]
    line = _line_through(controls) if len(controls) >= FEWEST_CONTROLS else None
    rates = {item.code: item.rate for item in items}
    outcomes = [_outcome(action, rates.get(action.item), action.item in pairs, line) for action in actions]
    adjusted = holm([outcome.p for outcome in outcomes])
    return tuple(
        _verified(outcome, p, len(controls), rules.alpha) for outcome, p in zip(outcomes, adjusted, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Line:
    """A least-squares line and what the error of a prediction from it needs.

    In fractions: items that all moved alike lie exactly on a line, and rounding is not to be taken for their scatter.
    """

    slope: Fraction
    intercept: Fraction
    centre: Fraction
    spread: Fraction
    """Sum of squares of the earlier rates around ``centre``."""
    residual_variance: Fraction
    n: int

    def prediction(self, earlier: Fraction) -> tuple[Fraction, float]:
        """Expected later rate and its standard error: ``s sqrt(1 + 1/n + (x - m)^2 / Sxx)``."""
        leverage = Fraction(1, self.n) + ((earlier - self.centre) ** 2 / self.spread if self.spread else 0)
        return self.intercept + self.slope * earlier, sqrt(self.residual_variance * (1 + leverage))

    def chance_above(self, action: ActionSpec, error: float) -> float:
        """The error by which a rise above the prediction is judged: that of the prediction, and the baseline's own.

        Items are chosen for being low, so chance has a larger part in their baseline than the controls' scatter knows.
        """
        x, n = action.baseline_satisfied, action.baseline_n
        return sqrt(error**2 + float(self.slope) ** 2 * x * (n - x) / n**3)


def _exactly(rate: Rate) -> Fraction:
    return Fraction(rate.satisfied, rate.n)


def _line_through(pairs: Sequence[tuple[Fraction, Fraction]]) -> _Line:
    n = len(pairs)
    x_mean = sum((x for x, _ in pairs), Fraction()) / n
    y_mean = sum((y for _, y in pairs), Fraction()) / n
    spread = sum(((x - x_mean) ** 2 for x, _ in pairs), Fraction())
    products = sum(((x - x_mean) * (y - y_mean) for x, y in pairs), Fraction())
    slope = products / spread if spread else Fraction()
    squares = sum(((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in pairs), Fraction())
    return _Line(slope, y_mean - slope * x_mean, x_mean, spread, squares / (n - 2), n)


@dataclass(frozen=True, slots=True)
class _Outcome:
    action: ActionSpec
    rate: Rate | Hidden | None
    is_comparable: bool
    expected: float | None = None
    lower: float | None = None
    upper: float | None = None
    p: float | None = None


def _outcome(action: ActionSpec, rate: Rate | Hidden | None, is_comparable: bool, line: _Line | None) -> _Outcome:
    if line is None or not is_comparable or not isinstance(rate, Rate):
        return _Outcome(action, rate, is_comparable)
    from scipy.special import stdtr, stdtrit

    prediction, error = line.prediction(Fraction(action.baseline_satisfied, action.baseline_n))
    expected, half = float(prediction), float(stdtrit(line.n - 2, CONFIDENCE)) * error
    above, chance = _exactly(rate) - prediction, line.chance_above(action, error)
    p = float(stdtr(line.n - 2, -float(above) / chance)) if chance else float(above <= 0)
    return _Outcome(action, rate, is_comparable, expected, expected - half, expected + half, p)


def _verified(outcome: _Outcome, p: float | None, controls: int, alpha: float) -> ActionResult:
    action, rate = outcome.action, outcome.rate
    reached = None
    if isinstance(rate, Rate):
        reached = Fraction(rate.satisfied, rate.n) >= Fraction(action.acceptance)
    return ActionResult(
        action=action,
        rate=Hidden.TOO_FEW if rate is None else rate,
        expected=outcome.expected,
        lower=outcome.lower,
        upper=outcome.upper,
        reached=reached,
        verdict=_action_verdict(outcome, p, reached, alpha),
        controls=controls,
    )


def _action_verdict(outcome: _Outcome, p: float | None, reached: bool | None, alpha: float) -> ActionVerdict:
    if not isinstance(outcome.rate, Rate) or not outcome.is_comparable:
        return "not_comparable"
    if outcome.lower is None or p is None:
        return "no_control"
    if reached and p <= alpha:
        return "worked"
    baseline = outcome.action.baseline_satisfied / outcome.action.baseline_n
    return "worse" if outcome.rate.value < min(outcome.lower, baseline) else "not_shown"
