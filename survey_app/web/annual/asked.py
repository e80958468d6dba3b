"""Blocks of what people answered: returns, objectives, dimensions and questions, choices."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content, filled
from survey_app.wording import dimensions, items, notes, recommendation, returns, sentences, tables
from survey_app.wording.approval import approval
from survey_app.wording.names import Names


def returns_block(report: Report, names: Names) -> Content:
    return Content(
        returns.returns_sentence(report),
        returns.returns_cannot(report),
        figure("returns", report, names),
        returns.returns_reading(report),
        tables=filled(returns.returns_table(report)),
    )


def objectives_block(report: Report, names: Names) -> Content | None:
    if not report.objectives:
        return None
    return Content(
        sentences.objectives_sentence(report, names),
        sentences.objectives_cannot(report),
        figure("objectives", report, names),
        sentences.objectives_reading(report),
        (tables.objectives_table(report, names),),
    )


def items_block(report: Report, names: Names) -> Content | None:
    """Overall satisfaction and dimensions first, then the questions."""
    if not report.items:
        return None
    whole = figure("dimensions", report, names, dimensions.reading(names))
    answers = figure("items", report, names, approval(names).reading)
    drawn = [chart for chart in (whole, answers) if chart is not None]
    return Content(
        items.items_sentence(report, names),
        items.items_cannot(report, names),
        drawn[0] if drawn else None,
        drawn[0].reading if drawn else "",
        tables=(*filled(dimensions.dimensions_table(report, names)), tables.items_table(report, names)),
        notes=notes.detail_notes(report, names),
        figures=tuple(drawn[1:]),
    )


def recommendation_block(report: Report, names: Names) -> Content | None:
    if not recommendation.asks_for_it(report):
        return None
    return Content(
        recommendation.recommendation_sentence(report, names),
        recommendation.recommendation_cannot(),
        tables=(recommendation.recommendation_table(report, names),),
    )


def choices_block(report: Report, names: Names) -> Content | None:
    if not report.choices:
        return None
    return Content(
        sentences.choices_sentence(report, names),
        sentences.choices_cannot(),
        tables=tables.choice_tables(report, names),
    )
