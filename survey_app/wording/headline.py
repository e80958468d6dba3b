"""The top of the annual result: what stands under the headline figure, and the year in a minute."""

from __future__ import annotations

from collections import Counter

from flask_babel import gettext as _

from analysis.findings import propose
from analysis.tree import ItemResult, ObjectiveResult, Rate, Report
from analysis.types import Measure
from survey_app.wording.approval import level_words
from survey_app.wording.figures import people, range_text, rate_percent, target_percent
from survey_app.wording.labels import GRADE_LABELS, comparability_label, listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.returns import returns_sentence
from survey_app.wording.sentences import counted_choices
from survey_app.wording.years import years_sentence

MOST_NAMED = 2
"""Answers chosen equally often that are still named together."""


def headline_figure(report: Report) -> str | None:
    """The overall rate, large: percent, or people where so few answered; None where it is hidden or not asked."""
    rate = _overall_rate(report)
    if rate is None:
        return None
    objective = overall_objective(report)
    return rate_percent(rate, objective.objective.threshold if objective else None) or people(rate)


def _overall(report: Report) -> ItemResult | None:
    return report.item(report.overall) if report.overall else None


def _overall_rate(report: Report) -> Rate | None:
    result = _overall(report)
    return result.rate if result is not None and isinstance(result.rate, Rate) else None


def objective_counts(report: Report) -> str:
    """``4 项目标：1 项有把握达成、1 项确定未达成``."""
    counts = Counter(str(result.judgement.grade) for result in report.objectives if result.judgement is not None)
    told = [
        _("%(n)s %(grade)s", n=counts[grade], grade=_(label)) for grade, label in GRADE_LABELS.items() if counts[grade]
    ]
    return _("%(n)s objectives: %(grades)s.", n=counts.total(), grades=listed(told)) if told else ""


def headline_parts(report: Report, names: Names) -> tuple[str, ...]:
    """What stands under the headline figure: people and levels, target, people of all, year."""
    rate = _overall_rate(report)
    if rate is None or report.overall is None:
        return ()
    levels = level_words(names.approving_levels(report.overall))
    parts = [_("%(people)s answered %(levels)s", people=people(rate), levels=levels)]
    objective = overall_objective(report)
    if objective is not None:
        parts.append(_("target not below %(target)s", target=target_percent(objective.objective.threshold)))
    bounds = (objective.people if objective is not None else None) or rate.people
    if bounds and rate.population:
        parts.append(_population_part(rate, bounds, names))
    change = next((c for c in report.changes if c.code == report.overall), None)
    if change is not None:
        comparability = comparability_label(change.comparability)
        parts.append(_("against %(year)s: %(comparability)s", year=change.earlier.year, comparability=comparability))
    return tuple(parts)


def _population_part(rate: Rate, bounds: tuple[int, int], names: Names) -> str:
    if rate.n == rate.population:
        return _("all %(n)s people are counted", n=rate.n)
    counts = {"population": rate.population, "people": range_text(*bounds)}
    if names.speaks_of_satisfaction():
        return _("of all %(population)s people an estimated %(people)s are satisfied (90%% bounds)", **counts)
    return _("of all %(population)s people an estimated %(people)s (90%% bounds)", **counts)


def overall_objective(report: Report) -> ObjectiveResult | None:
    """The objective on the overall rate that stands above, if one was set; others speak of another figure."""
    return next(
        (
            result
            for result in report.objectives
            if result.objective.measure is Measure.OVERALL and result.objective.is_usual_rate
        ),
        None,
    )


def minute_list(report: Report, names: Names) -> tuple[str, ...]:
    """The annual result in a minute: objectives, changes, where fewest are satisfied."""
    told = [objective_counts(report)]
    if report.changes:
        told.append(_("Against the year before: %(sentence)s", sentence=years_sentence(report, names)))
    found = propose(report)
    if found:
        first = [_("%(name)s (%(people)s)", name=names.item(f.item), people=people(f.rate)) for f in found]
        told.append(_("Worth discussing first: %(items)s.", items=listed(first)))
    if report.overall is None:
        told = [returns_sentence(report), *told, *_most_chosen(report, names)]
    return tuple(line for line in told if line)


def _most_chosen(report: Report, names: Names) -> list[str]:
    """Of each choice question that may say so, what most people chose, or put first."""
    told = []
    for choice in counted_choices(report):
        counts = [count for count in choice.counts if isinstance(count, int)]
        most = [words for words, count in zip(names.options(choice.code), choice.counts, strict=True)
                if count == max(counts)]  # fmt: skip
        if len(most) > MOST_NAMED:
            continue
        words = {"name": quoted(names.item(choice.code)), "answers": listed(most), "count": max(counts), "n": choice.n}
        if names.is_ranking(choice.code):
            told.append(_("%(name)s: put first most often: %(answers)s (%(count)s of %(n)s people).", **words))
        else:
            told.append(_("%(name)s: chosen most often: %(answers)s (%(count)s of %(n)s people).", **words))
    return told
