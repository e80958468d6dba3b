"""What the annual result page shows, put together from a Report: headline, numbered blocks, links.

Only arrangement: words are `wording`, pictures `charts`, and what may be shown was decided in `analysis.disclosure`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_babel import get_locale
from flask_babel import gettext as _

from analysis.tree import Report
from instruments.wording import N_
from survey_app.charts import Figure, figure
from survey_app.services.shelf import Shelf
from survey_app.wording import care, headline, method, notes, recommendation, sentences, tables
from survey_app.wording.approval import approval
from survey_app.wording.cells import Table
from survey_app.wording.labels import grade_classes, grade_label
from survey_app.wording.names import Names

LONGEST_OPEN_TABLE = 8
"""Rows above which a table is folded."""
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二", "十三")


@dataclass(frozen=True, slots=True)
class Headline:
    label: str
    number: str
    unit: str
    grade: str
    grade_classes: str
    parts: tuple[str, ...]
    minute: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """What a block says, before it has its number."""

    sentence: str
    cannot: str
    figure: Figure | None = None
    reading: str = ""
    """How to read the chart."""
    tables: tuple[Table, ...] = ()
    notes: tuple[str, ...] = ()
    voices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Question and the comments to it."""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    key: str
    title: str
    content: Content


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    headline: Headline | None
    hidden: str
    """Why nothing but the returns is shown; empty where more may be."""
    blocks: tuple[Block, ...]


PAGES: Shelf[tuple[Report, Page]] = Shelf(128)
"""By report and language; the report stands beside its page, so that no other one gets its identity meanwhile."""


def result_page(report: Report, names: Names) -> Page:
    """The whole page, kept as long as the same report is asked for."""
    return PAGES.get((id(report), names.language), lambda: (report, _page_of(report, names)))[1]


def _page_of(report: Report, names: Names) -> Page:
    """Of a hidden report: returns and method only."""
    wanted = [entry for entry in BLOCKS if report.hidden is None or entry[0] in ("returns", "method")]
    contents = [(key, title, make(report, names)) for key, title, make in wanted]
    present = [(key, title, content) for key, title, content in contents if content is not None]
    blocks = tuple(
        Block(key, numbered(number, _(title)), content) for number, (key, title, content) in enumerate(present)
    )
    if report.hidden is not None:
        return Page(report.title, None, sentences.hidden_sentence(report), blocks)
    return Page(report.title, _headline(report, names), "", blocks)


def numbered(number: int, title: str) -> str:
    """``一、回收情况``; Arabic numbers in English."""
    locale = get_locale()
    in_english = locale is not None and locale.language == "en"
    numeral = str(number + 1) if in_english or number >= len(_NUMERALS) else _NUMERALS[number]
    return _("%(numeral)s. %(title)s", numeral=numeral, title=title)


def _headline(report: Report, names: Names) -> Headline:
    if report.overall is None:
        return _counted_headline(report, names)
    told = headline.headline_figure(report) or _("Too few people")
    objective = headline.overall_objective(report)
    judgement = objective.judgement if objective else None
    return Headline(
        label=names.item(report.overall),
        number=told.removesuffix("%"),
        unit="%" if told.endswith("%") else "",
        grade=grade_label(judgement) if judgement else "",
        grade_classes=grade_classes(judgement) if judgement else "",
        parts=headline.headline_parts(report, names),
        minute=headline.minute_list(report, names),
    )


def _counted_headline(report: Report, names: Names) -> Headline:
    """Where nobody is asked about everything together: how many answered."""
    return Headline(
        _("Valid answers"), str(report.roster.valid), _("ballots"), "", "", (), headline.minute_list(report, names)
    )


def _returns(report: Report, names: Names) -> Content:
    return Content(
        sentences.returns_sentence(report),
        sentences.returns_cannot(report),
        figure("returns", report, names),
        tables=_filled(tables.returns_table(report)),
    )


def _objectives(report: Report, names: Names) -> Content | None:
    if not report.objectives:
        return None
    return Content(
        sentences.objectives_sentence(report, names),
        sentences.objectives_cannot(report),
        figure("objectives", report, names),
        _(
            "How to read it: ● is the rate of those who answered; the thick line is the 90% bounds for all eligible; "
            "the thin line runs from “all not counted are dissatisfied” to “all are satisfied”; dashes are the target."
        ),
        (tables.objectives_table(report, names),),
    )


def _items(report: Report, names: Names) -> Content | None:
    if not report.items:
        return None
    return Content(
        sentences.items_sentence(report, names),
        sentences.items_cannot(report),
        figure("items", report, names),
        approval(names).reading,
        (*_filled(tables.dimensions_table(report, names)), tables.items_table(report, names)),
        notes.detail_notes(report, names),
    )


def _recommendation(report: Report, names: Names) -> Content | None:
    if not recommendation.asks_for_it(report):
        return None
    return Content(
        recommendation.recommendation_sentence(report, names),
        recommendation.recommendation_cannot(),
        tables=(recommendation.recommendation_table(report, names),),
    )


def _care(report: Report, names: Names) -> Content | None:
    table = care.care_table(report)
    if not table.rows:
        return None
    return Content(care.care_sentence(report), care.care_cannot(), tables=(table,))


def _reliability(report: Report, names: Names) -> Content | None:
    if not sentences.scales_of(report):
        return None
    drawn = figure("reliability", report, names)
    members = tables.item_reliability_table(report.reliability, names)
    return Content(
        sentences.reliability_sentence(report, names),
        sentences.reliability_cannot(),
        drawn,
        tables=(tables.reliability_table(report, names), *((members,) if members else ())),
        notes=notes.reliability_notes(report),
    )


def _groups(report: Report, names: Names) -> Content | None:
    if not report.groups:
        return None
    return Content(
        sentences.groups_sentence(report),
        sentences.groups_cannot(),
        tables=tuple(tables.group_table(table, report, names) for table in report.groups),
        notes=notes.group_notes(report),
    )


def _years(report: Report, names: Names) -> Content | None:
    if not report.changes and not (report.items and names.instrument.is_annual):
        return None
    return Content(
        sentences.years_sentence(report, names),
        sentences.years_cannot(report),
        figure("years", report, names),
        tables=_filled(tables.years_table(report, names)),
        notes=notes.family_notes(report),
    )


def _choices(report: Report, names: Names) -> Content | None:
    if not report.choices:
        return None
    return Content(
        sentences.choices_sentence(report, names),
        sentences.choices_cannot(),
        tables=tables.choice_tables(report, names),
    )


def _comments(report: Report, names: Names) -> Content | None:
    if not report.comments:
        return None
    return Content(
        sentences.comments_sentence(report),
        sentences.comments_cannot(),
        voices=tuple((names.comments(asked.code), asked.texts) for asked in report.comments if asked.texts),
    )


def _units(report: Report, names: Names) -> Content | None:
    if not report.units:
        return None
    return Content(
        sentences.units_sentence(report),
        sentences.units_cannot(),
        tables=(tables.units_table(report, names),),
        notes=notes.unit_notes(report),
    )


def _method(report: Report, names: Names) -> Content:
    return Content(
        sentences.method_sentence(report), sentences.method_cannot(report), facts=method.method_facts(report, names)
    )


def _filled(table: Table) -> tuple[Table, ...]:
    return (table,) if table.rows else ()


BLOCKS: tuple[tuple[str, str, Callable[[Report, Names], Content | None]], ...] = (
    ("returns", N_("Returns"), _returns),
    ("objectives", N_("Objectives met"), _objectives),
    ("items", N_("Dimensions and questions"), _items),
    ("recommendation", N_("Recommendation"), _recommendation),
    ("reliability", N_("Reliability"), _reliability),
    ("care", N_("Care in answering"), _care),
    ("groups", N_("Groups"), _groups),
    ("years", N_("Against earlier years"), _years),
    ("choices", N_("Choice questions"), _choices),
    ("comments", N_("Comments"), _comments),
    ("units", N_("Sub-units"), _units),
    ("method", N_("Method"), _method),
)
