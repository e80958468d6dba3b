"""Sheets about recommendation and about care in answering."""

from __future__ import annotations

from flask_babel import gettext as _

from analysis.recommendation import NetPromoter
from analysis.tree import Hidden, ItemResult, Report
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.care import FLAG_LABELS, care_cannot, care_sentence, told_flags
from survey_app.wording.names import Names
from survey_app.wording.recommendation import recommendation_cannot, recommendation_sentence


def recommendation(sheet: Sheet, report: Report, names: Names) -> None:
    """Promoters, passives, detractors and the score with its interval, in points."""
    sheet.title(_("Recommendation"))
    sheet.paragraph(recommendation_sentence(report, names))
    columns = [
        Column(_("Question")), Column(_("Promoters (9 and 10)"), "count"), Column(_("Passives (7 and 8)"), "count"),
        Column(_("Detractors (0 to 6)"), "count"), Column(_("Scored"), "count"),
        Column(_("Net promoter score"), "points"), Column(_("Interval (95%), from"), "points"),
        Column(_("Interval (95%), to"), "points"),
    ]  # fmt: skip
    asked = [item for item in report.items if item.recommendation is not None]
    sheet.table(columns, [[names.item(item.code), *_score_cells(item)] for item in asked], freeze=True)
    sheet.closing(recommendation_cannot())


def _score_cells(item: ItemResult) -> list[Cell]:
    found = item.recommendation
    if not isinstance(found, NetPromoter):
        return [found or Hidden.TOO_FEW] * 7
    passives = found.n - found.promoters - found.detractors
    points = [100 * value for value in (found.score, *found.interval)]
    return [found.promoters, passives, found.detractors, found.n, *points]


def care(sheet: Sheet, report: Report, names: Names) -> None:
    """People flagged by each rule about careless answers; nobody is left out for it."""
    sheet.title(_("Care in answering"))
    sheet.paragraph(care_sentence(report))
    rows: list[list[Cell]] = [[_(FLAG_LABELS[flag]), count] for flag, count in told_flags(report)]
    sheet.table([Column(_("What was noticed")), Column(_("People"), "count")], rows, freeze=True)
    sheet.closing(care_cannot())
