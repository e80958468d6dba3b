"""Blocks of what people wrote and of what was done: comments, verified actions."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.web.annual.content import Content
from survey_app.wording import sentences
from survey_app.wording.names import Names


def comments_block(report: Report, names: Names) -> Content | None:
    if not report.comments:
        return None
    return Content(
        sentences.comments_sentence(report),
        sentences.comments_cannot(),
        voices=tuple((names.comments(asked.code), asked.texts) for asked in report.comments if asked.texts),
    )
