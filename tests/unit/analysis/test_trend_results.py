"""Trends of primary items: which years belong to one, what it takes to say how much, what a report may show."""

from __future__ import annotations

import pytest

from analysis.coarsening import coarse_rate
from analysis.tree import Hidden, Rate, TrendResult, YearPoint
from analysis.trend import cochran_armitage, forecast, theil_sen
from analysis.trend_results import shown_trend, trends_of


def points(*satisfied: int, n: int = 50, last: int = 2026) -> list[YearPoint]:
    first = last - len(satisfied) + 1
    return [YearPoint(first + k, Rate(count, n)) for k, count in enumerate(satisfied)]


def trend(history: list[YearPoint]) -> TrendResult | None:
    return next(iter(trends_of([("overall", history)])), None)


@pytest.mark.parametrize(
    ("years", "figures"),
    [
        (3, {"shares"}),
        (4, {"shares", "monotone", "slope"}),
        (5, {"shares", "monotone", "slope", "forecast"}),
    ],
)
def test_what_is_said_of_a_trend_grows_with_the_years(years: int, figures: set[str]):
    found = trend(points(30, 34, 33, 38, 41)[-years:])
    given = {name for name in ("shares", "monotone", "slope", "forecast") if getattr(found, name) is not None}
    assert given == figures
    assert found.years == tuple(range(2027 - years, 2027))


def test_two_years_are_a_comparison_and_no_trend():
    assert trend(points(30, 34)) is None


def test_figures_are_those_of_the_years_rates():
    found = trend(points(30, 34, 33, 38, 41))
    years, rates = range(2022, 2027), [0.60, 0.68, 0.66, 0.76, 0.82]
    assert found.shares == cochran_armitage([30, 34, 33, 38, 41], [50] * 5, years)
    assert found.slope == theil_sen(rates, years)
    assert found.slope.slope == pytest.approx(0.05, abs=0.006)
    assert found.monotone.s == 8
    assert found.forecast == forecast(rates, years)
    assert found.forecast.lower < 0.85 < found.forecast.upper


def test_a_year_that_cannot_be_compared_begins_the_trend_anew():
    history = points(48, 47, 30, 34, 33, 38)
    history[1] = YearPoint(2022, Rate(47, 50), comparable=False)
    assert trend(history).years == (2023, 2024, 2025, 2026)
    history[3] = YearPoint(2024, Hidden.TOO_FEW)
    assert trend(history) is None


def test_a_year_without_a_survey_counts_as_time_that_passed():
    history = [point for point in points(30, 33, 36, 39, 42) if point.year != 2024]
    found = trend(history)
    assert found.years == (2022, 2023, 2025, 2026)
    assert found.slope.slope == pytest.approx(0.06)


def test_a_hidden_year_now_has_no_trend():
    assert trend([*points(30, 33, 36, last=2025), YearPoint(2026, Hidden.COMPLEMENTARY)]) is None


def test_everybody_satisfied_every_year_is_level_and_nothing_to_test():
    found = trend(points(50, 50, 50, 50, 50))
    assert (found.shares, found.monotone) == (None, None)
    assert found.slope.slope == 0
    assert (found.forecast.lower, found.forecast.expected, found.forecast.upper) == (1, 1, 1)


def test_a_report_shows_a_trend_only_where_every_rate_behind_it_stands_exactly():
    history = points(9, 8, 11, 7, n=12)
    found = trend(history)
    shown = [YearPoint(point.year, coarse_rate(point.rate)) for point in history]
    assert shown[2].rate.bound == "at_least"
    assert shown_trend(found, history) is found
    veiled = shown_trend(found, shown)
    assert veiled.years == found.years
    assert (veiled.shares, veiled.monotone, veiled.slope, veiled.forecast) == (None, None, None, None)
    assert shown_trend(found, [*history[:-1], YearPoint(2026, Hidden.TOO_FEW)]).slope is None
    assert shown_trend(found, history[1:]).slope is None


def test_years_before_the_trend_may_be_hidden():
    history = [YearPoint(2020, Hidden.TOO_FEW), *points(20, 21, 22)]
    found = trend(history)
    assert found.years == (2024, 2025, 2026)
    assert shown_trend(found, history) is found
