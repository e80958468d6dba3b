"""Overall satisfaction, dimensions and questions in words: what stands out, and what these figures cannot say.

Strong and weak points are those whose whole interval lies on one side of the mean of the questions they stand among;
their order among each other is never told. Tables are `tables` and `dimensions`.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import gettext as _

from analysis.proportion import wilson
from analysis.tree import ItemResult, Rate, Report
from survey_app.wording.approval import approving, level_words
from survey_app.wording.dimensions import dimension_rate
from survey_app.wording.figures import people, rate_with_people
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.sentences import ENOUGH_ITEMS, paragraph, ranked, visible_change

MOST_NAMED = 3
"""Strong or weak points named at once."""


def items_sentence(report: Report, names: Names) -> str:
    shown = ranked(report)
    if not shown:
        return _("No question had enough answers to be shown.")
    if len(shown) == 1:
        levels = level_words(names.approving_levels(shown[0].code))
        told = {"people": _told(shown[0]), "levels": quoted(levels)}
        return _("One question is shown: %(people)s answered %(levels)s.", **told)
    return paragraph((*_overall(report, names), *_dimensions(report, names), *_standing_out(report, names)))


def _overall(report: Report, names: Names) -> tuple[str, ...]:
    rate = report.item(report.overall).rate if report.overall else None
    if not isinstance(rate, Rate) or report.overall is None:
        return ()
    return (_("Overall %(people)s.", people=approving(rate_with_people(rate), report.overall, names)),)


def _dimensions(report: Report, names: Names) -> tuple[str, ...]:
    """The dimensions with their rates in the order of the questionnaire; none where they are hidden or only one."""
    told = [
        _("%(name)s %(rate)s", name=names.dimension(found.code), rate=dimension_rate(found).text)
        for found in report.dimensions
        if isinstance(found.rate, float)
    ]
    return (_("By dimension: %(dimensions)s.", dimensions=listed(told)),) if len(told) > 1 else ()


def _standing_out(report: Report, names: Names) -> tuple[str, ...]:
    """Of the questions about the work: not of the overall one, nor of that about the survey itself (candour)."""
    shown = [item for item in ranked(report) if item.code != report.overall and item.role in (None, "action_taken")]
    if len(shown) < ENOUGH_ITEMS:
        return _one_by_one(shown, names)
    strong, weak = strong_points(shown), weak_points(shown)
    told = []
    if strong:
        named = _named(strong, names)
        told.append(_("Strong points, clearly above the mean of all questions: %(items)s.", items=named))
    if weak:
        named = _named(weak, names)
        told.append(_("Weak points, clearly below the mean of all questions: %(items)s.", items=named))
    if not told:
        least = listed([quoted(names.item(item.code)) for item in shown[-MOST_NAMED:]])
        told.append(_("No question stands out clearly; worth discussing first: %(items)s.", items=least))
    return tuple(told)


def _one_by_one(shown: Sequence[ItemResult], names: Names) -> tuple[str, ...]:
    """Too few to compare with each other: what was answered to each."""
    told = [f"{quoted(names.item(item.code))} {approving(_told(item), item.code, names)}" for item in shown]
    return (_("Question by question: %(items)s.", items=listed(told)),) if told else ()


def strong_points(shown: Sequence[ItemResult]) -> list[ItemResult]:
    """Questions whose whole interval lies above the mean of all rates, in the order they come in."""
    mean = _mean(shown)
    return [item for item in shown if (interval := _interval(item)) is not None and interval[0] > mean]


def weak_points(shown: Sequence[ItemResult]) -> list[ItemResult]:
    """Questions whose whole interval lies below the mean of all rates, the furthest first."""
    mean = _mean(shown)
    return [item for item in reversed(shown) if (interval := _interval(item)) is not None and interval[1] < mean]


def _interval(item: ItemResult) -> tuple[float, float] | None:
    """Of the way of working, of which these answers are one draw: even where everybody answered it has its width."""
    if not isinstance(item.rate, Rate) or item.rate.bound != "exact":
        return None
    return wilson(item.rate.satisfied, item.rate.n)


def _mean(shown: Sequence[ItemResult]) -> float:
    rates = [item.rate.value for item in shown if isinstance(item.rate, Rate)]
    return sum(rates) / len(rates)


def _named(points: Sequence[ItemResult], names: Names) -> str:
    first = listed([quoted(names.item(item.code)) for item in points[:MOST_NAMED]])
    rest = len(points) - MOST_NAMED
    return _("%(items)s and %(n)s more", items=first, n=rest) if rest > 0 else first


def _told(item: ItemResult) -> str:
    return people(item.rate) if isinstance(item.rate, Rate) else ""


def items_cannot(report: Report, names: Names) -> str:
    neighbours = _("Neighbouring questions often differ by one or two people; their order is no ranking.")
    by_chance = _("Among many questions a few stand out by chance.")
    return paragraph((neighbours, by_chance, *visible_change(report, names)))
