"""What the pages of the assessment show: units of a scheme, its rules, a sheet with its traces, ranking and review."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from flask import url_for
from flask_babel import gettext as _

from survey_app.assessment.figures import FigureValue
from survey_app.assessment.loader import SchemeError
from survey_app.assessment.marking import AssessmentSheet
from survey_app.assessment.ranking import Standing, rank
from survey_app.assessment.scheme import Scheme
from survey_app.assessment.scrutiny import PointReview
from survey_app.extensions import db
from survey_app.models import AssessmentScheme, SiteMark, Survey, Unit
from survey_app.permissions import Right
from survey_app.services.assessment import assessed_units, out_of_sight
from survey_app.services.assessment_facts import Sheets
from survey_app.services.assessment_marks import MarkCount, mark_counts, unsigned_marks
from survey_app.services.shelf import Shelf
from survey_app.web.circumstances import may
from survey_app.web.context import page_language
from survey_app.web.labels import local_day
from survey_app.wording.assessment import (
    SheetRow,
    between,
    grade_text,
    place_text,
    places_text,
    ranking_sentence,
    sheet_notes,
    sheet_rows,
    total_sentence,
)
from survey_app.wording.assessment_rules import figure_name, grade_rule, points_text, rule_words
from survey_app.wording.labels import listed

RANKED: Shelf[tuple[Sheets, list[RankCard]]] = Shelf(8)
"""By sheets and language; the sheets stand beside, so that no other ones get their identity."""
WAITING_NAMED = 50
"""Marks without a second signature that a page names."""
BLOCKS: Mapping[str, str] = {
    **dict.fromkeys(("participation", "return_rate", "valid_rate"), "returns"),
    **dict.fromkeys(("objectives_met", "objective"), "objectives"),
    **dict.fromkeys(("overall", "item", "dimension"), "items"),
    "change": "years",
    **dict.fromkeys(("actions_worked", "actions_reached"), "actions"),
}
"""Kind of figure -> the block of the result page that shows it."""


@dataclass(frozen=True, slots=True)
class UnitRow:
    name: str
    class_title: str
    address: str
    marks: str


@dataclass(frozen=True, slots=True)
class Overview:
    """The units of a scheme, and marks of them that wait for a second signature."""

    units: tuple[UnitRow, ...]
    waiting: tuple[tuple[str, str, str], ...]
    """What is marked, who entered it, address."""


@dataclass(frozen=True, slots=True)
class ClassCard:
    key: str
    title: str
    full_points: str
    whom: str
    categories: tuple[tuple[str, str, tuple[tuple[str, str, str, str], ...]], ...]
    """Title, sum, and of each check point code, title, points and rule."""


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A check point with the way to what it rests on."""

    row: SheetRow
    code: str
    has_points: bool
    address: str
    """Of the block that shows the figure; empty where there is none."""
    source: str
    """Place in the JSON of the result, and the beginning of the dataset's hash."""
    mark: str
    """Who entered and signed."""
    is_on_site: bool


@dataclass(frozen=True, slots=True)
class SheetPage:
    title: str
    class_title: str
    sentence: str
    notes: tuple[str, ...]
    categories: tuple[tuple[str, str, tuple[SheetLine, ...]], ...]
    sources: tuple[tuple[str, str, str], ...]
    """Title, address and hash of each sealed result that figures come from."""


@dataclass(frozen=True, slots=True)
class RankRow:
    place: str
    name: str
    address: str
    points: str
    between: str
    could_be: str
    grade: str
    assessed: str
    """Points that could be given so far, of how many."""
    awaited: str


@dataclass(frozen=True, slots=True)
class RankCard:
    key: str
    title: str
    sentence: str
    rows: tuple[RankRow, ...]


def overview_of(scheme: AssessmentScheme) -> Overview:
    units = assessed_units(db.session, scheme)
    counts = mark_counts(db.session, scheme)
    language = page_language()
    titles = {one.unit_class.code: one.unit_class.title.in_language(language) for one in units}
    beginning = url_for("assessment.sheet", scheme_id=scheme.id, unit_id=scheme.unit_id)
    beginning = beginning.removesuffix(str(scheme.unit_id))
    unmarked = _("none")
    rows = tuple(
        UnitRow(
            one.place.name,
            titles[one.unit_class.code],
            f"{beginning}{one.place.id}",
            _marks_text(counts[one.place.id]) if one.place.id in counts else unmarked,
        )
        for one in units
    )
    ids = {one.place.id for one in units}
    waiting = unsigned_marks(db.session, scheme, ids, WAITING_NAMED) if may(Right.ASSESS, scheme.unit) else []
    return Overview(rows, tuple(_waiting(scheme, mark) for mark in waiting))


def _marks_text(count: MarkCount) -> str:
    return _("%(entered)s entered, %(signed)s signed", entered=count.entered, signed=count.signed)


def _waiting(scheme: AssessmentScheme, mark: SiteMark) -> tuple[str, str, str]:
    address = url_for("assessment_marks.mark", scheme_id=scheme.id, unit_id=mark.unit_id, check_point=mark.check_point)
    return f"{mark.unit.name} · {mark.check_point}", mark.entered_by.name, address


def problem_rows(refused: SchemeError, text: str) -> list[tuple[str, str, str]]:
    """Line number, what stands there, and what is wrong, in the order of the file."""
    lines = text.split("\n")
    return [
        (
            str(problem.line or ""),
            lines[problem.line - 1].strip() if problem.line and problem.line <= len(lines) else problem.path,
            _(problem.template, **problem.values),
        )
        for problem in refused.problems
    ]


def class_cards(scheme: Scheme, language: str) -> list[ClassCard]:
    """Every class with its check points: one table a class only where classes differ in them."""
    return [
        ClassCard(
            f"class-{position}",
            unit_class.title.in_language(language),
            points_text(scheme.full_points(unit_class)),
            listed(sorted(unit_class.units)) if unit_class.units else "",
            tuple(
                (
                    category.title.in_language(language),
                    points_text(sum((points for _p, points in found), Decimal())),
                    tuple(
                        (point.code, point.title.in_language(language), points_text(points), rule_words(point, points))
                        for point, points in found
                    ),
                )
                for category in scheme.categories
                if (found := [(p, points) for of, p, points in scheme.of_class(unit_class) if of.code == category.code])
            ),
        )
        for position, unit_class in enumerate(scheme.classes)
    ]


def grade_rows(scheme: Scheme, language: str) -> list[tuple[str, str]]:
    return [(grade.title.in_language(language), grade_rule(grade)) for grade in scheme.grades]


def unasked(scheme: AssessmentScheme, language: str) -> list[str]:
    """Check points that would be exempt for everybody, as no survey of the year asks for their figure."""
    return [
        f"{point.code} {point.title.in_language(language)} · {figure_name(point.figures[0])}"
        for point in out_of_sight(db.session, scheme)
    ]


def sheet_page(sheet: AssessmentSheet, read: Scheme, unit: Unit, marks: Mapping[str, SiteMark]) -> SheetPage:
    """The sheet with a way from each line to what it rests on."""
    language = page_language()
    unit_class = read.class_named(sheet.unit_class)
    surveys = _surveys(sheet)
    return SheetPage(
        read.title.in_language(language),
        unit_class.title.in_language(language) if unit_class else "",
        total_sentence(sheet),
        sheet_notes(sheet, read, language),
        tuple(
            (found.title, found.sum, tuple(_line(row, unit, surveys, marks, read) for row in found.rows))
            for found in sheet_rows(sheet, read, language)
        ),
        tuple((survey.title, _result(survey.id, unit), digest) for survey, digest in surveys.values()),
    )


def _surveys(sheet: AssessmentSheet) -> dict[str, tuple[Survey, str]]:
    """Identifier -> survey and hash of its sealed data, of those that figures of a sheet come from."""
    sources = {
        line.trace.figure.source.survey: line.trace.figure.source.dataset_sha256
        for line in sheet.lines
        if line.trace.figure is not None and line.trace.figure.source.survey
    }
    return {key: (db.session.get_one(Survey, UUID(key)), digest) for key, digest in sources.items()}


def _line(
    row: SheetRow, unit: Unit, surveys: Mapping[str, tuple[Survey, str]], marks: Mapping[str, SiteMark], read: Scheme
) -> SheetLine:
    line = row.line
    point = read.check_point(line.check_point)
    mark = marks.get(line.check_point)
    return SheetLine(
        row,
        line.check_point,
        line.why.has_points,
        _figure_address(line.trace.figure, unit, surveys),
        _source(line.trace.figure),
        _mark_text(mark) if mark is not None else "",
        point is not None and point.is_on_site,
    )


def _figure_address(figure: FigureValue | None, unit: Unit, surveys: Mapping[str, tuple[Survey, str]]) -> str:
    if figure is None:
        return ""
    if figure.source.survey not in surveys:
        return url_for("plan.show", unit_id=unit.id)
    kind = figure.name.partition(".")[2].partition(":")[0]
    return _result(surveys[figure.source.survey][0].id, unit, BLOCKS.get(kind))


def _result(survey_id: UUID, unit: Unit, anchor: str | None = None) -> str:
    return url_for("results.show", survey_id=survey_id, unit_id=unit.id, _anchor=anchor)


def _source(figure: FigureValue | None) -> str:
    if figure is None or not figure.source.dataset_sha256:
        return ""
    return f"{figure.source.path} · sha256 {figure.source.dataset_sha256[:16]}"


def _mark_text(mark: SiteMark) -> str:
    said = {"name": mark.entered_by.name, "day": local_day(mark.entered_at)}
    if mark.second_by is None or mark.second_at is None:
        return _("Entered by %(name)s on %(day)s, not yet signed.", **said)
    return _(
        "Entered by %(name)s on %(day)s, signed by %(second)s on %(signed)s.",
        second=mark.second_by.name, signed=local_day(mark.second_at), **said,
    )  # fmt: skip


def ranking_cards(made: Sheets, read: Scheme, scheme: AssessmentScheme) -> list[RankCard]:
    """One table a class that has units; the same ones as long as the sheets are."""
    language = page_language()
    return RANKED.get((id(made), language), lambda: (made, _ranking_cards(made, read, scheme, language)))[1]


def _ranking_cards(made: Sheets, read: Scheme, scheme: AssessmentScheme, language: str) -> list[RankCard]:
    standings = rank(made.sheets, read)
    beginning = url_for("assessment.sheet", scheme_id=scheme.id, unit_id=scheme.unit_id)
    beginning = beginning.removesuffix(str(scheme.unit_id))
    cards = []
    for position, unit_class in enumerate(read.classes):
        found = [standing for standing in standings if standing.unit_class == unit_class.code]
        if found:
            rows = tuple(_rank_row(standing, read, made, beginning, language) for standing in found)
            title = unit_class.title.in_language(language)
            cards.append(RankCard(f"class-{position}", title, ranking_sentence(found), rows))
    return cards


def _rank_row(standing: Standing, read: Scheme, made: Sheets, beginning: str, language: str) -> RankRow:
    sheet = made.sheets[standing.unit]
    return RankRow(
        place_text(standing),
        made.names[standing.unit],
        f"{beginning}{made.ids[standing.unit]}",
        points_text(standing.points) if standing.points is not None else "",
        between(sheet.low, sheet.high) if standing.points is not None else "",
        places_text(standing),
        grade_text(standing, read, language),
        f"{points_text(sheet.assessed_out_of)} / {points_text(sheet.out_of)}",
        str(sheet.awaited or ""),
    )


def review_rows(reviewed: Sequence[PointReview], read: Scheme) -> list[tuple[str, ...]]:
    """Check point, units, exempt, full and no points, spread, share of the differences, and what follows."""
    language = page_language()
    titles = {point.code: point.title.in_language(language) for point in read.check_points}
    return [
        (
            f"{one.check_point} {titles[one.check_point]}",
            str(one.n),
            str(one.exempt),
            _percent(one.share_full),
            _percent(one.share_zero),
            "" if one.spread is None else f"{one.spread:.2f}",
            _percent(one.contribution) if one.n else "",
            _("tells nobody apart") if one.all_same else "",
        )
        for one in reviewed
    ]


def review_sentence(reviewed: Sequence[PointReview], read: Scheme) -> str:
    language = page_language()
    titles = {point.code: point.title.in_language(language) for point in read.check_points}
    same = [titles[one.check_point] for one in reviewed if one.all_same]
    judged = sum(one.n > 1 for one in reviewed)
    if not judged:
        return _("No check point has points of two units yet, so nothing can be said of the scheme.")
    if not same:
        return _("Each of the %(judged)s check points with points of several units tells units apart.", judged=judged)
    return _(
        "%(same)s of %(judged)s check points gave all units the same and tell nobody apart: %(which)s.",
        same=len(same), judged=judged, which=listed(same),
    )  # fmt: skip


def _percent(share: float | None) -> str:
    return "" if share is None else f"{round(share * 100)}%".replace("-", "−")
