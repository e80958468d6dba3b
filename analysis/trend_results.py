"""Trends of primary items over their comparable years; the tests themselves are `trend`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import TypeVar

from analysis.errors import InsufficientData
from analysis.tree import Rate, TrendResult, YearPoint
from analysis.trend import cochran_armitage, forecast, mann_kendall, theil_sen

Figure = TypeVar("Figure")
FEWEST_YEARS = 3


def trends_of(history: Sequence[tuple[str, Sequence[YearPoint]]]) -> tuple[TrendResult, ...]:
    """One per item of the history (points oldest first, this year last) that has three years to compare.

    The years are the latest unbroken run of comparable points with a rate up to this year; a year without a survey does
    not break it. Scores and times are the years themselves, the forecast is for the year after. A figure is None where
    it needs more years (`TrendResult`) or does not exist: everybody, or nobody, satisfied in all of them.
    """
    runs = ((code, _latest_run(points)) for code, points in history)
    return tuple(_trend(code, run) for code, run in runs if len(run) >= FEWEST_YEARS)


def _latest_run(points: Sequence[YearPoint]) -> list[tuple[int, Rate]]:
    kept = takewhile(lambda point: point.comparable and isinstance(point.rate, Rate), reversed(points))
    return [(point.year, point.rate) for point in kept if isinstance(point.rate, Rate)][::-1]


def _trend(code: str, run: Sequence[tuple[int, Rate]]) -> TrendResult:
    years = [year for year, _ in run]
    rates = [rate.value for _, rate in run]
    return TrendResult(
        code=code,
        years=tuple(years),
        shares=_if_it_exists(
            lambda: cochran_armitage([rate.satisfied for _, rate in run], [rate.n for _, rate in run], years)
        ),
        monotone=_if_it_exists(lambda: mann_kendall(rates, years)),
        slope=_if_it_exists(lambda: theil_sen(rates, years)),
        forecast=_if_it_exists(lambda: forecast(rates, years)),
    )


def _if_it_exists(figure: Callable[[], Figure]) -> Figure | None:
    try:
        return figure()
    except InsufficientData:
        return None


def shown_trend(trend: TrendResult, points: Sequence[YearPoint]) -> TrendResult:
    """A trend without its figures unless every rate behind them stands exactly in the Report's history ``points``."""
    exact = {point.year for point in points if isinstance(point.rate, Rate) and point.rate.bound == "exact"}
    if exact.issuperset(trend.years):
        return trend
    return replace(trend, shares=None, monotone=None, slope=None, forecast=None)
