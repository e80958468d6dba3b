"""The block of last year's actions: what this year's result says of each."""

from __future__ import annotations

from analysis.tree import Report
from survey_app.charts import figure
from survey_app.web.annual.content import Content
from survey_app.wording import actions
from survey_app.wording.names import Names


def actions_block(report: Report, names: Names) -> Content | None:
    if not report.actions:
        return None
    return Content(
        actions.actions_sentence(report),
        actions.actions_cannot(),
        figure("actions", report, names),
        reading=actions.actions_reading(),
        tables=(actions.actions_table(report, names),),
    )
