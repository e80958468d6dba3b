"""Sheets about recommendation, care in answering, choices, and comments that the committee released."""

from __future__ import annotations

from collections.abc import Iterator

from flask_babel import gettext as _

from analysis.recommendation import NetPromoter
from analysis.tree import ChoiceResult, Comments, Hidden, ItemResult
from survey_app.exports.base import Material
from survey_app.exports.sheet import Cell, Column, Sheet
from survey_app.wording.care import FLAG_LABELS, care_cannot, care_sentence, told_flags
from survey_app.wording.comments import by_people, comment_notes, comments_cannot, comments_sentence
from survey_app.wording.labels import listed
from survey_app.wording.names import Names
from survey_app.wording.recommendation import recommendation_cannot, recommendation_sentence
from survey_app.wording.sentences import choices_cannot, choices_sentence


def recommendation(sheet: Sheet, material: Material, names: Names) -> None:
    """Promoters, passives, detractors and the score with its interval, in points."""
    report = material.report
    sheet.title(_("Recommendation"))
    sheet.paragraph(recommendation_sentence(report, names))
    columns = [
        Column(_("Question")), Column(_("Promoters (9 and 10)"), "count"), Column(_("Passives (7 and 8)"), "count"),
        Column(_("Detractors (0 to 6)"), "count"), Column(_("Scored"), "count"),
        Column(_("Net promoter score"), "points"), Column(_("Interval (95%), from"), "points"),
        Column(_("Interval (95%), to"), "points"),
    ]  # fmt: skip
    asked = [item for item in report.items if item.recommendation is not None]
    sheet.table(
        columns, [[names.item(item.code), *_score_cells(item)] for item in asked], freeze=True, name="recommendation"
    )
    sheet.closing(recommendation_cannot())


def _score_cells(item: ItemResult) -> list[Cell]:
    found = item.recommendation
    if not isinstance(found, NetPromoter):
        return [found or Hidden.TOO_FEW] * 7
    passives = found.n - found.promoters - found.detractors
    points = [100 * value for value in (found.score, *found.interval)]
    return [found.promoters, passives, found.detractors, found.n, *points]


def care(sheet: Sheet, material: Material, names: Names) -> None:
    """People flagged by each rule about careless answers; nobody is left out for it."""
    report = material.report
    sheet.title(_("Care in answering"))
    sheet.paragraph(care_sentence(report))
    rows: list[list[Cell]] = [[_(FLAG_LABELS[flag]), count] for flag, count in told_flags(report)]
    sheet.table([Column(_("What was noticed")), Column(_("People"), "count")], rows, freeze=True, name="care")
    sheet.closing(care_cannot())


def choices(sheet: Sheet, material: Material, names: Names) -> None:
    """Counts per option of questions that are not scored."""
    report = material.report
    sheet.title(_("Choices"), freeze=True)
    sheet.paragraph(choices_sentence(report, names))
    for number, choice in enumerate(report.choices, start=1):
        sheet.heading(names.question(choice.code))
        people = _("Put first by") if names.is_ranking(choice.code) else _("People")
        sheet.table(
            [Column(_("Answer")), Column(people, "count"), Column(_("Share"), "percent")],
            _choice_rows(choice, names),
            name=f"choices_{number}",
        )
    sheet.closing(choices_cannot())


def _choice_rows(choice: ChoiceResult, names: Names) -> list[list[Cell]]:
    counted = zip(names.options(choice.code), choice.counts, strict=True)
    return [[option, count, _share(count, choice.n)] for option, count in counted]


def _share(count: int | Hidden, n: int | Hidden) -> Cell:
    if isinstance(count, Hidden):
        return count
    return n if isinstance(n, Hidden) else (count / n if n else None)


def comments(sheet: Sheet, material: Material, names: Names) -> None:
    """Themes and words with their people, then the released comments in random order, each with its themes."""
    report = material.report
    sheet.title(_("Comments"), freeze=True)
    sheet.paragraph(comments_sentence(report))
    for asked in report.comments:
        if not (asked.themes or asked.words or asked.texts):
            continue
        sheet.heading(names.comments(asked.code))
        _counted(sheet, _("Theme"), [(theme.title, theme.people) for theme in by_people(asked.themes)], asked)
        _counted(sheet, _("Word used"), [(word.word, word.people) for word in asked.words], asked)
    rows = [row for asked in report.comments for row in _released(asked, names)]
    if rows:
        sheet.heading(_("Released comments"))
        sheet.table([Column(_("Comment")), Column(_("Themes")), Column(_("Question"))], rows, name="comments")
    sheet.notes(comment_notes(report))
    sheet.closing(comments_cannot())


def _counted(sheet: Sheet, head: str, counts: list[tuple[str, int]], asked: Comments) -> None:
    """How many people bring up each; a number that stands for its band says so by its format."""
    if counts:
        sheet.table([Column(head), Column(_("People"), "at_least" if asked.bands else "count")], counts)
        sheet.gap()


def _released(asked: Comments, names: Names) -> Iterator[list[Cell]]:
    themes = asked.themes_of or ((),) * len(asked.texts)
    for text, titles in zip(asked.texts, themes, strict=True):
        yield [text, listed(titles), names.comments(asked.code)]
