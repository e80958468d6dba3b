"""The annual report before it has a format: sections of words, tables, charts and the committee's own text.

Word and PDF render the same Outline. Every sentence with a figure comes from the Report through `wording`; what each
section tells is `outline_parts`, here it is put in order, numbered, and joined with what the committee wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from flask_babel import gettext as _

from instruments.checks import display_width
from survey_app.charts import CHARTS, WIDE, Drawing
from survey_app.clean_text import without_controls
from survey_app.exports.base import Material
from survey_app.exports.outline_parts import Told, told_in
from survey_app.exports.questionnaire_document import chinese_numeral
from survey_app.wording.cells import Table
from survey_app.wording.names import Names
from survey_app.wording.report import ReportSection, long_table_note, report_title, section_title
from survey_app.wording.report_marks import filled, values_of

LONGEST_TABLE = 60
"""Rows; of more the reader is sent to the workbook."""
LINE = 49.0
"""Chinese characters of a table's size in the width of the text."""
WIDEST_FIGURE, WIDEST_TEXT, WIDEST_HEAD, PADDING = 12.0, 16.0, 5.0, 1.4
"""Characters that a column asks for at most; a head may be broken, a figure should not."""
SPARE = 1.2
"""Digits of some fonts are wider than half a character."""


@dataclass(frozen=True, slots=True)
class OutlineTable:
    caption: str
    heads: tuple[str, ...]
    are_figures: tuple[bool, ...]
    rows: tuple[tuple[str, ...], ...]
    shares: tuple[float, ...]
    """Of the width of the text, one for each column; they add up to 1."""


@dataclass(frozen=True, slots=True)
class OutlineFigure:
    key: str
    """Of `CHARTS`."""
    caption: str
    drawing: Drawing
    reading: str
    """How to read it."""


@dataclass(frozen=True, slots=True)
class OutlinePart:
    heading: str
    """Empty of what stands directly below the heading of the section."""
    paragraphs: tuple[str, ...]
    figures: tuple[OutlineFigure, ...]
    tables: tuple[OutlineTable, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutlineSection:
    key: ReportSection
    heading: str
    parts: tuple[OutlinePart, ...]
    narrative: tuple[str, ...]
    """Paragraphs of the committee, figures filled in."""
    narrative_heading: str


@dataclass(frozen=True, slots=True)
class Outline:
    unit_name: str
    title: str
    sections: tuple[OutlineSection, ...]
    origin: str
    """What every figure goes back to."""


def outline_of(material: Material, language: str) -> Outline:
    """The report in the current language; a section that nothing is said of is left out.

    Needs an application context, for the words.
    """
    report, names = material.report, material.names(language)
    values, press = values_of(report, names), _Press(material, names, language)
    sections: list[OutlineSection] = []
    for key in ReportSection:
        told = told_in(key, material, names)
        narrative = narrative_paragraphs(material.narrative.get(key, ""), values)
        if told or narrative:
            heading = _numbered(len(sections) + 1, section_title(key), language)
            sections.append(_section(key, heading, told, narrative, press))
    origin = _("Sealed data: SHA-256 %(hash)s", hash=report.provenance.dataset_sha256)
    return Outline(report.unit_name, report_title(report), tuple(sections), origin)


def narrative_paragraphs(text: str, values: Mapping[str, str]) -> tuple[str, ...]:
    """The committee's text of a section, a line each, with its figures."""
    return tuple(line.strip() for line in without_controls(filled(text, values)).splitlines() if line.strip())


def _section(
    key: ReportSection, heading: str, told: Sequence[Told], narrative: tuple[str, ...], press: _Press
) -> OutlineSection:
    headings = count(1)
    parts = tuple(press.part(one, press.inner(next(headings), one.title) if one.title else "") for one in told)
    own = press.inner(next(headings), _("Explanation by the unit")) if narrative else ""
    return OutlineSection(key, heading, parts, narrative, own)


class _Press:
    """Numbers tables and charts in the order in which they come."""

    def __init__(self, material: Material, names: Names, language: str) -> None:
        self.report, self.names, self.language = material.report, names, language
        self._tables, self._figures = count(1), count(1)

    def inner(self, number: int, title: str) -> str:
        return _numbered(number, title, self.language, is_inner=True)

    def part(self, told: Told, heading: str) -> OutlinePart:
        tables = [table for table in told.tables if len(table.rows) <= LONGEST_TABLE]
        longer = [long_table_note(table.caption, len(table.rows)) for table in told.tables if table not in tables]
        return OutlinePart(
            heading,
            tuple(line for text in told.paragraphs for line in _lines(text)),
            tuple(self._drawn(told.charts)),
            tuple(self._table(table) for table in tables if table.rows),
            tuple(line for text in (*told.notes, *longer) for line in _lines(text)),
        )

    def _drawn(self, charts: Sequence[tuple[str, str]]) -> Iterator[OutlineFigure]:
        for key, reading in charts:
            drawing = CHARTS[key](self.report, self.names, WIDE)
            if drawing is not None:
                caption = _("Figure %(number)s: %(title)s", number=next(self._figures), title=drawing.title)
                yield OutlineFigure(key, caption, drawing, reading)

    def _table(self, table: Table) -> OutlineTable:
        heads = (table.corner, *(head for head, _is_figure in table.columns))
        rows = tuple(tuple(map(_cell, (row.head, *(cell.text for cell in row.cells)))) for row in table.rows)
        are_figures = (False, *(is_figure for _head, is_figure in table.columns))
        caption = _("Table %(number)s: %(title)s", number=next(self._tables), title=table.caption)
        return OutlineTable(caption, heads, are_figures, rows, _shares(heads, are_figures, rows))


def _shares(heads: Sequence[str], are_figures: Sequence[bool], rows: Sequence[Sequence[str]]) -> tuple[float, ...]:
    """Figures get the width of their longest; texts share what is left, at least half of what they ask for."""
    asked = [
        _asked(head, texts, is_figure)
        for head, texts, is_figure in zip(heads, zip(*rows, strict=True), are_figures, strict=True)
    ]
    firm = sum(width for width, is_figure in zip(asked, are_figures, strict=True) if is_figure)
    stretch = max((LINE - firm) / (sum(asked) - firm), 0.5)
    widths = [width if is_figure else width * stretch for width, is_figure in zip(asked, are_figures, strict=True)]
    return tuple(width / sum(widths) for width in widths)


def _asked(head: str, texts: Sequence[str], is_figure: bool) -> float:
    widest = max(0.0, *map(display_width, texts), min(display_width(head), WIDEST_HEAD))
    return PADDING + (min(widest, WIDEST_FIGURE) * SPARE if is_figure else min(widest, WIDEST_TEXT))


def _lines(text: str) -> Iterator[str]:
    """Of text that people typed, what a document carries."""
    return (line.strip() for line in without_controls(text).splitlines() if line.strip())


def _cell(text: str) -> str:
    return " ".join(_lines(text))


def _numbered(number: int, title: str, language: str, *, is_inner: bool = False) -> str:
    """``三、回收情况`` and within it ``（一）推荐意愿``; in English ``3. Returns``, ``(1) Recommendation``."""
    if language.startswith("en"):
        return f"({number}) {title}" if is_inner else f"{number}. {title}"
    return f"（{chinese_numeral(number)}）{title}" if is_inner else f"{chinese_numeral(number)}、{title}"
