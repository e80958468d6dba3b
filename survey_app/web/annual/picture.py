"""A chart of a result page as a picture for documents, sent to whoever may see the page."""

from __future__ import annotations

from flask import Response, abort

from analysis.tree import Report
from survey_app.charts import picture
from survey_app.wording.names import Names


def send_picture(report: Report, names: Names, key: str) -> Response:
    """404 where the page has no such chart."""
    drawn = picture(key, report, names)
    if drawn is None:
        abort(404)
    return Response(drawn, mimetype="image/png")
