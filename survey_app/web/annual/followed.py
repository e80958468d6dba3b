"""Blocks of what people wrote: comments, their themes, and the voices that were released."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content
from survey_app.wording import comments
from survey_app.wording.names import Names


def comments_block(report: Report, names: Names) -> Content | None:
    if not report.comments:
        return None
    return Content(
        comments.comments_sentence(report),
        comments.comments_cannot(),
        figure("themes", report, names),
        tables=comments.theme_tables(report, names),
        notes=comments.comment_notes(report),
        voices=comments.voices(report, names),
    )
