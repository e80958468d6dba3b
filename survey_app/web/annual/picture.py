"""A chart of a result page as a picture for documents, sent to whoever may see the page."""

from __future__ import annotations

from flask import Response, abort, request

from analysis.tree import Report
from survey_app.charts import picture
from survey_app.wording.names import Names

KEPT_FOR = 300
"""Seconds a browser may show it again without asking; no other cache keeps it."""


def send_picture(report: Report, names: Names, key: str) -> Response:
    """404 where the page has no such chart."""
    drawn = picture(key, report, names)
    if drawn is None:
        abort(404)
    response = Response(drawn, mimetype="image/png")
    response.headers["Cache-Control"] = f"private, max-age={KEPT_FOR}"
    response.add_etag()
    response.make_conditional(request)
    return response
