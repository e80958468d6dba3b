"""Blocks that compare: groups, earlier years, what matters beside what is weak."""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content, filled
from survey_app.wording import compared_years, course, groups, importance, years
from survey_app.wording.cells import Table
from survey_app.wording.names import Names
from survey_app.wording.quadrants import quadrants_of


def groups_block(report: Report, names: Names) -> Content | None:
    if not report.groups:
        return None
    drawn = figure("groups", report, names)
    return Content(
        groups.groups_sentence(report, names),
        groups.groups_cannot(),
        drawn,
        groups.groups_reading(report, names) if drawn else "",
        tables=groups.group_tables(report, names),
        notes=groups.group_notes(report),
    )


def years_block(report: Report, names: Names) -> Content | None:
    if not report.changes and not (report.items and names.instrument.is_annual):
        return None
    drawn = figure("years", report, names)
    return Content(
        years.years_sentence(report, names),
        years.years_cannot(report, names),
        drawn,
        years.years_reading() if drawn else "",
        points=_told(
            (_("Other questions"), years.hints_sentence(report, names)),
            (_("Who answered"), course.composition_sentence(report, names)),
            (_("Over the years"), course.trends_sentence(report, names)),
        ),
        tables=(
            *filled(years.years_table(report, names)),
            *_made(
                compared_years.wording_table(report, names),
                compared_years.reasons_table(report, names),
                course.trends_table(report, names),
            ),
        ),
        notes=(*years.family_notes(report), *compared_years.question_notes(report, names)),
    )


def importance_block(report: Report, names: Names) -> Content | None:
    """Of a questionnaire without overall satisfaction or dimensions nothing: a pulse asks a few things only."""
    if report.importance is None:
        return None
    found, first = quadrants_of(report), importance.first_items(report, names)
    return Content(
        importance.importance_sentence(report, names),
        importance.importance_cannot(),
        figure("importance", report, names),
        importance.importance_reading(report, found, names) if found else "",
        points_title=importance.first_items_title(len(first)),
        points=first,
        tables=(importance.importance_table(found, names),) if found else (),
    )


def _told(*points: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(point for point in points if point[1])


def _made(*tables: Table | None) -> tuple[Table, ...]:
    return tuple(table for table in tables if table is not None)
