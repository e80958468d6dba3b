"""Beyond two years and beyond one number: the course over several years, and how much of a change is who answered."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from analysis.multiplicity import holm
from analysis.tree import Comparability, CompositionResult, Rate, Report, TrendResult
from survey_app.wording import figures
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.sentences import paragraph

ALPHA = 0.05


def composition_sentence(report: Report, names: Names) -> str:
    """How much of the change in the overall rate is another make-up of those who answered; empty without a change."""
    change = next((change for change in report.changes if change.code == report.overall), None)
    if change is None or change.comparability is Comparability.NOT:
        return ""
    if not isinstance(change.earlier.rate, Rate) or not isinstance(change.later.rate, Rate):
        return ""
    found = report.composition
    if found is None:
        return _(
            "How much of the change in overall satisfaction lies in who answered cannot be told: there are too few "
            "people to look at parts of them."
        )
    split = found.change
    if abs(split.total) < _SMALLEST and abs(split.composition_effect) < _SMALLEST:
        return _("The overall rate is that of %(year)s, and no effect of who answered is to be seen.", year=found.year)
    total, composition = round(split.total * 100, 1), round(split.composition_effect * 100, 1)
    return _(
        "The overall rate differs from that of %(year)s by %(total)s percentage points: %(rate)s where people "
        "answered differently, %(composition)s where the make-up of those who answered is different (%(by)s).",
        year=found.year,
        total=figures.signed(total, 1),
        rate=figures.signed(total - composition, 1),  # so that the two parts add up as they are printed
        composition=figures.signed(composition, 1),
        by=_told_apart(found, names),
    )


_SMALLEST = 0.0005
"""A difference that would be written as 0.0 percentage points."""


def _points(difference: float) -> str:
    return figures.signed(difference * 100, 1)


def _told_apart(found: CompositionResult, names: Names) -> str:
    if found.by is None:
        return _("told apart by branch")
    return _("told apart by %(question)s", question=quoted(names.item(found.by)))


def trends_sentence(report: Report, names: Names) -> str:
    """Which main figures rise or fall over their years; empty under three years."""
    tested = [trend for trend in report.trends if trend.shares is not None]
    if not tested:
        return _no_trend(report)
    ways = _ways(tested)
    rising = [quoted(names.item(trend.code)) for trend, way in zip(tested, ways, strict=True) if way == "rising"]
    falling = [quoted(names.item(trend.code)) for trend, way in zip(tested, ways, strict=True) if way == "falling"]
    said = (
        (rising, _("rising: %(items)s", items=listed(rising))),
        (falling, _("falling: %(items)s", items=listed(falling))),
    )
    courses = _("; ").join(text for items, text in said if items)
    told = _("Over the years %(courses)s.", courses=courses)
    if not courses:
        told = _("Over the years no steady rise or fall is to be seen in the main figures (%(n)s).", n=len(tested))
    return paragraph((told, *_limits(tested)))


def _no_trend(report: Report) -> str:
    if report.trends:
        return _("Too few people answered to look for a course over the years.")
    if any(len(points) > 1 for _code, points in report.history):
        return _("A course over the years can be looked for from three comparable years on.")
    return ""


def _limits(tested: Sequence[TrendResult]) -> tuple[str, ...]:
    """What so few years cannot show."""
    longest = max(len(trend.years) for trend in tested)
    if longest < 4:
        return (_("Three years are few: neither a change a year nor the next year is estimated from them."),)
    if not any(trend.slope is not None and trend.slope.can_reach_5_percent for trend in tested):
        return (_("In so few years even a steady course can hardly be told from chance."),)
    return ()


def _ways(tested: Sequence[TrendResult]) -> list[str]:
    """Of each trend rising, falling or neither; adjusted for looking at all of them (Holm)."""
    adjusted = holm([trend.shares.p if trend.shares else None for trend in tested])
    return [
        "" if p is None or p > ALPHA or trend.shares is None else "rising" if trend.shares.z > 0 else "falling"
        for trend, p in zip(tested, adjusted, strict=True)
    ]


def trends_table(report: Report, names: Names) -> Table | None:
    """From four years on: the course, the change a year, and from five where the next year would lie."""
    long = [trend for trend in report.trends if trend.shares is not None and trend.slope is not None]
    if not long:
        return None
    tested = [trend for trend in report.trends if trend.shares is not None]
    ways = {trend.code: way for trend, way in zip(tested, _ways(tested), strict=True)}
    has_forecast = any(trend.forecast is not None for trend in long)
    next_year = report.context.year + 1
    columns = (
        (_("Years"), False),
        (_("Course"), False),
        (_("Change a year, points (interval, about 95%)"), True),
        *([(_("%(year)s, if it goes on so (95%% prediction interval)", year=next_year), True)] if has_forecast else []),
    )
    rows = tuple(Row(names.item(t.code), _trend_cells(t, ways[t.code], has_forecast=has_forecast)) for t in long)
    return Table(_("Course over the years"), _("Figure"), columns, rows)


def _trend_cells(trend: TrendResult, way: str, *, has_forecast: bool) -> tuple[Cell, ...]:
    words = {"rising": _("rises"), "falling": _("falls"), "": _("no course to be seen")}
    slope, forecast = trend.slope, trend.forecast
    change = _("not given")
    if slope is not None:
        low, high = (_points(end) for end in slope.ci)
        change = f"{_points(slope.slope)} {figures.interval_text(low, high)}"
    cells = [Cell(figures.range_text(trend.years[0], trend.years[-1])), Cell(words[way]), Cell(change)]
    if has_forecast:
        cells.append(Cell(figures.percent_interval((forecast.lower, forecast.upper)) if forecast else _("not given")))
    return tuple(cells)
