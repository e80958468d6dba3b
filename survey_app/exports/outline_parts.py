"""What each section of the annual report tells: sentences, charts and tables of the result pages, in its own order.

Nothing is formatted or numbered here. What a part cannot say is gathered in the appendix, as are tables of detail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from survey_app.exports.base import Material, PlanRow
from survey_app.wording import (
    actions,
    care,
    comments,
    compared_years,
    course,
    dimensions,
    groups,
    importance,
    items,
    method,
    notes,
    recommendation,
    reliability,
    report,
    returns,
    sentences,
    tables,
    units,
    validity,
    validity_details,
    validity_tables,
    years,
)
from survey_app.wording.approval import approval
from survey_app.wording.cells import Cell, Row, Table
from survey_app.wording.figures import target_percent
from survey_app.wording.labels import listed, quoted
from survey_app.wording.names import Names
from survey_app.wording.quadrants import quadrants_of
from survey_app.wording.questionnaire import Asked, parts_of, type_label
from survey_app.wording.report import ReportSection

STOPPED = "stopped"
"""`ActionStatus` of what is not done any more."""
OF_A_HIDDEN_REPORT = (
    ReportSection.BACKGROUND, ReportSection.DESIGN, ReportSection.RETURNS, ReportSection.OVERALL, ReportSection.PLAN,
    ReportSection.APPENDIX,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """One part of a section."""

    paragraphs: tuple[str, ...]
    charts: tuple[tuple[str, str], ...] = ()
    """Key of `CHARTS`, and how to read it."""
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    title: str = ""


def told_in(section: ReportSection, material: Material, names: Names) -> tuple[Told, ...]:
    """The parts of a section; none where the result has nothing for it."""
    if material.report.hidden is not None and section not in OF_A_HIDDEN_REPORT:
        return ()
    return tuple(_SECTIONS[section](material, names))


def _background(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    told = sentences.paragraph(report.background_sentences(found, names))
    yield Told((told,), tables=(report.set_objectives_table(found, names),))


def _design(material: Material, names: Names) -> Iterator[Told]:
    told = (
        report.design_sentences(material.report, names),
        report.questionnaire_sentences(material.report, names),
    )
    yield Told(tuple(map(sentences.paragraph, told)))


def _returns(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    yield Told(
        (returns.returns_sentence(found),),
        (("returns", returns.returns_reading(found)),),
        (returns.returns_table(found),),
    )


def _quality(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    scales, checked = reliability.scales_of(found), validity_tables.validity_table(found, names)
    if scales or checked.rows:
        said = [reliability.reliability_sentence(found, names)] if scales else []
        yield Told(
            (sentences.paragraph((*said, *validity.validity_sentences(found, names))),),
            (("reliability", reliability.reading(found)),),
            _open((*([reliability.reliability_table(found, names)] if scales else ()), checked)),
            reliability.reliability_notes(found),
        )
    noticed = care.care_table(found)
    if noticed.rows:
        yield Told((care.care_sentence(found),), tables=(noticed,), title=_("Care in answering"))


def _overall(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if found.hidden is not None:
        yield Told((sentences.hidden_sentence(found),))
        return
    told = tuple(report.overall_sentences(found, names))
    if told:
        yield Told(told)
    if found.objectives:
        yield Told(
            (sentences.objectives_sentence(found, names),),
            (("objectives", sentences.objectives_reading(found)),),
            (tables.objectives_table(found, names),),
            title=_("Objectives met"),
        )


def _items(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if found.items:
        yield Told(
            (items.items_sentence(found, names),),
            (("dimensions", dimensions.reading(names)), ("items", approval(names).reading)),
            (dimensions.dimensions_table(found, names), tables.items_table(found, names)),
            notes.detail_notes(found, names),
        )
    if recommendation.asks_for_it(found):
        said, counted = (
            recommendation.recommendation_sentence(found, names),
            recommendation.recommendation_table(found, names),
        )
        yield Told((said,), tables=(counted,), title=_("Recommendation"))
    if found.choices:
        chosen = sentences.choices_sentence(found, names)
        yield Told((chosen,), tables=tables.choice_tables(found, names), title=_("Choice questions"))


def _groups(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if found.groups:
        yield Told(
            (groups.groups_sentence(found, names),),
            (("groups", groups.groups_reading(found, names)),),
            groups.group_tables(found, names),
            groups.group_notes(found),
        )
    if found.units:
        yield Told(
            (units.units_sentence(found),),
            (("funnel", units.funnel_reading(found)),),
            (units.units_table(found, names),),
            units.unit_notes(found),
            _("Sub-units"),
        )
    if found.benchmark is not None:
        yield Told(
            (units.standing_sentence(found, found.benchmark),),
            (("caterpillar", units.standing_reading(found.benchmark)),),
            (units.standing_table(found, found.benchmark, names),),
            units.standing_notes(found, found.benchmark),
            _("Where units stand"),
        )
    if found.exemplars or found.pairings:
        yield Told(
            (units.learning_sentence(found, names),),
            (),
            units.learning_tables(found, names),
            units.learning_notes(found),
            _("Learning from each other"),
        )


def _years(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if not found.changes and not (found.items and names.instrument.is_annual):
        return
    told = (
        years.years_sentence(found, names),
        years.hints_sentence(found, names),
        course.composition_sentence(found, names),
        course.trends_sentence(found, names),
    )
    detail = (
        years.years_table(found, names),
        compared_years.wording_table(found, names),
        compared_years.reasons_table(found, names),
        course.trends_table(found, names),
    )
    yield Told(
        tuple(sentence for sentence in told if sentence),
        (("years", years.years_reading()),),
        _open(table for table in detail if table is not None),
        (*years.family_notes(found), *compared_years.question_notes(found, names)),
    )


def _weak(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    first = importance.first_items(found, names)
    if found.importance is None and not first:
        return
    placed = quadrants_of(found)
    named = tuple(_("%(term)s: %(text)s", term=quoted(item), text=why) for item, why in first)
    yield Told(
        (
            *([importance.importance_sentence(found, names)] if found.importance is not None else ()),
            *([report.first_sentence(len(first))] if first else ()),
            *named,
        ),
        (("importance", importance.importance_reading(found, placed, names)),) if placed else (),
        (importance.importance_table(placed, names),) if placed else (),
    )


def _comments(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if not found.comments:
        return
    yield Told(
        (comments.comments_sentence(found),),
        (("themes", ""),),
        comments.theme_tables(found, names),
        comments.comment_notes(found),
    )
    for question, by_theme in comments.voices(found, names):
        told = [line for theme, texts in by_theme for line in (*([theme] if theme else ()), *map(quoted, texts))]
        yield Told(tuple(told), title=question)


def _actions(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    if found.actions:
        yield Told(
            (actions.actions_sentence(found),),
            (("actions", actions.actions_reading()),),
            (actions.actions_table(found, names),),
        )


def _plan(material: Material, names: Names) -> Iterator[Told]:
    year = material.report.context.year
    rows = [row for row in material.plan if row.year == year and row.status != STOPPED]
    columns = (
        (_("Question"), False), (_("Baseline"), True), (_("Acceptance"), True), (_("Responsible"), False),
        (_("Due"), True),
    )  # fmt: skip
    planned = tuple(Row(row.measure or row.title, _plan_cells(row, names)) for row in rows)
    table = Table(_("Improvement plan"), _("What is done"), columns, planned)
    yield Told((report.plan_sentence(len(rows)),), tables=(table,))


def _plan_cells(row: PlanRow, names: Names) -> tuple[Cell, ...]:
    baseline = f"{row.baseline_satisfied}/{row.baseline_n}"
    words = (names.item(row.item), baseline, f"≥ {target_percent(row.acceptance)}", row.owner, row.due.isoformat())
    return tuple(map(Cell, words))


def _appendix(material: Material, names: Names) -> Iterator[Told]:
    found = material.report
    asked = tuple(_asked_tables(names))
    yield Told((), tables=asked, title=_("Questionnaire"))
    facts = tuple(Row(term, (Cell(text),)) for term, text in method.method_facts(found, names))
    told = Table(_("Definitions and origin of the figures"), _("What"), ((_("How"), False),), facts, "pairs")
    yield Told((), tables=(told,), title=_("Method"))
    detail = tuple(_detail_tables(material, names)) if found.hidden is None else ()
    if detail:
        yield Told((), tables=detail, title=_("Tables of detail"))
    yield Told(tuple(_limits(material, names)), title=_("What the result cannot say"))


def _asked_tables(names: Names) -> Iterator[Table]:
    """Every question with what could be answered, section by section."""
    for part in parts_of(names.instrument, names.language):
        questions = tuple(
            Row(f"{asked.number}. {asked.text}", (Cell(_answers(asked)),)) for block in part.blocks for asked in block
        )
        yield Table(part.title, _("Question"), ((_("What could be answered"), False),), questions, "pairs")


def _answers(asked: Asked) -> str:
    return listed([one.label for one in asked.offered]) or type_label(asked.item)


def _detail_tables(material: Material, names: Names) -> Iterator[Table]:
    found = material.report
    yield from _filled(
        (
            reliability.item_reliability_table(found.reliability, names),
            *validity_details.detail_tables(found, names),
            care.unanswered_table(found, names),
        )
    )


def _limits(material: Material, names: Names) -> Iterator[str]:
    """What each part of the result cannot say, in the order of the report."""
    found = material.report
    yield returns.returns_cannot(found)
    if found.hidden is None:
        parts: tuple[tuple[object, Callable[[], str]], ...] = (
            (reliability.scales_of(found), reliability.reliability_cannot),
            (found.validity, validity.validity_cannot),
            (found.objectives, lambda: sentences.objectives_cannot(found)),
            (found.items, lambda: items.items_cannot(found, names)),
            (found.groups, groups.groups_cannot),
            (found.units, units.units_cannot),
            (found.benchmark, units.standing_cannot),
            (found.changes, lambda: years.years_cannot(found, names)),
            (found.importance, importance.importance_cannot),
            (found.comments, comments.comments_cannot),
            (found.actions, actions.actions_cannot),
            (care.told_flags(found), care.care_cannot),
        )
        yield from (cannot() for is_told, cannot in parts if is_told)
    yield sentences.method_cannot(found)


def _open(told: Iterable[Table]) -> tuple[Table, ...]:
    """Tables that have something to say and are not of detail."""
    return tuple(table for table in _filled(told) if not table.folded)


def _filled(told: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(table for table in told if table.rows)


_SECTIONS: Mapping[ReportSection, Callable[[Material, Names], Iterator[Told]]] = {
    ReportSection.BACKGROUND: _background,
    ReportSection.DESIGN: _design,
    ReportSection.RETURNS: _returns,
    ReportSection.QUALITY: _quality,
    ReportSection.OVERALL: _overall,
    ReportSection.ITEMS: _items,
    ReportSection.GROUPS: _groups,
    ReportSection.YEARS: _years,
    ReportSection.WEAK: _weak,
    ReportSection.COMMENTS: _comments,
    ReportSection.ACTIONS: _actions,
    ReportSection.PLAN: _plan,
    ReportSection.APPENDIX: _appendix,
}
