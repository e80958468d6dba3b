"""How a figure is written: percents, people, indices, intervals, differences.

Rounding happens here and nowhere before. What a figure is called is `labels`, whole sentences are `sentences`.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from flask_babel import gettext as _

from analysis.tree import Hidden, Rate
from survey_app.wording.labels import hidden_label

ONE_DECIMAL_FROM = 1000
"""People from whom on a percent carries one decimal."""
PERCENT_FROM = 20
"""Below, a rate is told in people only."""
INDEX_EXACT_FROM = 20
"""Below, an index is rounded to 5."""

_MOST_DECIMALS = 3


def percent(rate: float | Fraction, n: int, target: str | None = None) -> str:
    """A rate as percent, rounded last and half up: whole below n = 1000.

    Decimals are added where rounding would hide on which side of ``target`` (a decimal as written) the rate lies.
    """
    exact = Decimal(rate.numerator) / rate.denominator if isinstance(rate, Fraction) else Decimal(str(rate))
    places = 0 if n < ONE_DECIMAL_FROM else 1
    while target is not None and places < _MOST_DECIMALS and _side_hidden(exact, target, places):
        places += 1
    return f"{_rounded(exact * 100, places)}%"


def rate_percent(rate: Rate, target: str | None = None) -> str | None:
    """The percent of a rate, or None where only people are told (n < 20, "at least", "at most")."""
    if rate.n < PERCENT_FROM or rate.bound != "exact":
        return None
    return percent(Fraction(rate.satisfied, rate.n), rate.n, target)


def people(rate: Rate) -> str:
    """Satisfied of scored people: ``30/32 人``, ``至少 12/13 人``."""
    return _("%(count)s people", count=share_of_people(rate))


def share_of_people(rate: Rate) -> str:
    """The same without the measure word: ``30/32``, ``至少 12/13``, ``最多 1/13``."""
    count = f"{rate.satisfied}/{rate.n}"
    if rate.bound == "at_least":
        return _("at least %(count)s", count=count)
    if rate.bound == "at_most":
        return _("at most %(count)s", count=count)
    return count


def rate_text(rate: Rate | float | Hidden | None, n: int | Hidden | None = None, target: str | None = None) -> str:
    """A rate in a table cell: percent, else people where so few answered, else why it is not shown."""
    if isinstance(rate, Hidden):
        return hidden_label(rate)
    if rate is None:
        return _("not measured")
    if isinstance(rate, Rate):
        return rate_percent(rate, target) or people(rate)
    return percent(rate, n if isinstance(n, int) else 0, target)


def rate_with_people(rate: Rate, target: str | None = None) -> str:
    """Percent and people together: ``94%（30/32 人）``; people only where so few answered."""
    share = rate_percent(rate, target)
    return people(rate) if share is None else _("%(percent)s (%(people)s)", percent=share, people=people(rate))


def target_percent(threshold: str) -> str:
    """An objective's threshold as written: ``0.90`` gives ``90%``, ``0.925`` gives ``92.5%``."""
    return f"{(Decimal(threshold) * 100).normalize():f}%"


def index_text(index: float | Hidden, n: int | Hidden | None = None) -> str:
    """Index in points, whole; rounded to 5 for fewer than 20 answers."""
    if isinstance(index, Hidden):
        return hidden_label(index)
    if isinstance(n, int) and n < INDEX_EXACT_FROM:
        return _("about %(figure)s", figure=_rounded(Decimal(str(index)) / 5, 0) * 5)
    return str(_rounded(Decimal(str(index)), 0))


def decimal_text(value: float | Hidden | None, places: int = 2) -> str:
    """A mean, a coefficient: ``4.21``."""
    if isinstance(value, Hidden):
        return hidden_label(value)
    if value is None:
        return _("not measured")
    return minus(f"{_rounded(Decimal(str(value)), places)}")


def signed(value: float, places: int = 2) -> str:
    """A difference with its sign: ``+0.09``, ``−0.40``; nothing before zero."""
    rounded = _rounded(Decimal(str(value)), places)
    return minus(f"{rounded:+}") if rounded else f"{abs(rounded)}"


def net_score(score: float) -> str:
    """A net promoter score in points with its sign: ``+41``, ``−7``, ``0``."""
    return signed(score * 100, 0)


def net_interval(interval: tuple[float, float]) -> str:
    """Its interval: ``［12，63］``."""
    return interval_text(*(minus(str(_rounded(Decimal(str(end)) * 100, 0) + 0)) for end in interval))


def minus(number: str) -> str:
    """The minus sign of typesetting instead of the hyphen."""
    return number.replace("-", "\u2212")


def count_text(count: int | Hidden) -> str:
    return hidden_label(count) if isinstance(count, Hidden) else str(count)


def range_text(low: int, high: int) -> str:
    """A range of people: ``34–36``; one number where both are equal."""
    return str(low) if low == high else f"{low}–{high}"


def people_range(bounds: tuple[int, int]) -> str:
    """A range of people with the measure word: ``34–36 人``."""
    return _("%(count)s people", count=range_text(*bounds))


def percent_interval(interval: tuple[float, float] | Hidden | None) -> str:
    """An interval of a rate in whole percents: ``［82，98］``."""
    if isinstance(interval, Hidden):
        return hidden_label(interval)
    if interval is None:
        return _("not given")
    low, high = (str(_rounded(Decimal(str(min(max(end, 0.0), 1.0))) * 100, 0)) for end in interval)
    return interval_text(low, high)


def coefficient_interval(interval: tuple[float, float]) -> str:
    """An interval of a coefficient: ``［0.76，0.93］``."""
    return interval_text(*(decimal_text(end) for end in interval))


def interval_text(low: str, high: str) -> str:
    return _("[%(low)s, %(high)s]", low=low, high=high)


def _side_hidden(exact: Decimal, target: str, places: int) -> bool:
    aim = Decimal(target)
    rounded = _rounded(exact * 100, places) / 100
    return (exact >= aim) != (rounded >= aim)


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
