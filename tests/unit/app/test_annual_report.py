"""The annual report as its readers get it: one outline in Word and PDF, figures that follow the result."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from docx import Document
from flask import Flask
from flask_babel import force_locale
from pypdf import PdfReader

from analysis.tree import Rate, Report
from survey_app.exports import ExportContext, Material, exporter
from survey_app.exports.outline import Outline, outline_of
from survey_app.wording.report import ReportSection
from survey_app.wording.report_marks import filled, marks_of, misplaced, typed_figures, values_of
from survey_app.wording.returns import returns_sentence
from tests.unit.analysis import synthetic

TODAY = date(2026, 12, 20)
BRANCHES = {"a": 90, "b": 60, "c": 30, "d": 12}


@pytest.fixture(scope="module")
def report() -> Report:
    return synthetic.report(years=(2024, 2025, 2026), units=BRANCHES)


@pytest.fixture(scope="module")
def hidden() -> Report:
    """Of so few answers that nothing but the returns may be shown."""
    report = synthetic.report(years=(2026,), units={"a": 7})
    assert report.hidden is not None
    return report


@pytest.fixture(scope="module")
def material(report: Report) -> Material:
    return Material(report, synthetic.instrument(), narrative={"weak": "回收率为【Return rate】。\n\n请看下一年。"})


@pytest.fixture
def english(speaking_app: Flask) -> Iterator[ExportContext]:
    with speaking_app.app_context(), force_locale("en"):
        yield ExportContext("en", TODAY)


@pytest.fixture(scope="module")
def outline(material: Material, speaking_app: Flask) -> Outline:
    with speaking_app.app_context(), force_locale("en"):
        return outline_of(material, "en")


@pytest.fixture(scope="module")
def written(material: Material, speaking_app: Flask) -> bytes:
    """The report in Word."""
    with speaking_app.app_context(), force_locale("en"):
        return word(material, ExportContext("en", TODAY))


def told(outline: Outline, key: ReportSection) -> str:
    section = next(section for section in outline.sections if section.key is key)
    return "\n".join(text for part in section.parts for text in (*part.paragraphs, *part.notes))


def headings(outline: Outline) -> list[str]:
    """Those of sections and the parts within them, as they follow each other."""
    return [
        heading
        for section in outline.sections
        for heading in (section.heading, *(part.heading for part in section.parts), section.narrative_heading)
        if heading
    ]


def word(material: Material, context: ExportContext) -> bytes:
    return exporter("report-word").whole(material, context)


def pdf(material: Material, context: ExportContext) -> bytes:
    return exporter("report-pdf").whole(material, context)


# What it tells -------------------------------------------------------------------------------------------------------


def test_the_sections_come_in_the_order_of_reports_of_the_field(outline):
    keys = [section.key for section in outline.sections]
    assert keys == [section for section in ReportSection if section in keys]
    assert {ReportSection.BACKGROUND, ReportSection.RETURNS, ReportSection.ITEMS, ReportSection.APPENDIX} <= set(keys)
    assert [section.heading.split(".")[0] for section in outline.sections] == [str(n + 1) for n in range(len(keys))]


def test_it_says_in_the_same_words_what_the_page_of_the_result_says(outline, report, english):
    assert returns_sentence(report) in told(outline, ReportSection.RETURNS)
    assert f"Sealed data: SHA-256 {report.provenance.dataset_sha256}" == outline.origin


def test_charts_and_tables_are_numbered_through(outline):
    parts = [part for section in outline.sections for part in section.parts]
    for word_for, captions in (
        ("Figure", [figure.caption for part in parts for figure in part.figures]),
        ("Table", [table.caption for part in parts for table in part.tables]),
    ):
        assert len(captions) > 5
        assert [caption.split(":")[0] for caption in captions] == [
            f"{word_for} {number + 1}" for number in range(len(captions))
        ]


def test_every_table_fills_the_width_of_the_text(outline):
    tables = [table for section in outline.sections for part in section.parts for table in part.tables]
    for table in tables:
        assert sum(table.shares) == pytest.approx(1)
        assert min(table.shares) > 0.02
        assert all(len(row) == len(table.heads) == len(table.shares) for row in table.rows)


def test_a_unit_of_very_many_branches_is_sent_to_the_workbook_for_its_table(report, english):
    row = report.units[0]
    many = replace(report, units=tuple(replace(row, unit=f"u{number}") for number in range(200)))
    told_of_groups = told(outline_of(Material(many, synthetic.instrument()), "en"), ReportSection.GROUPS)
    assert "200 rows; they stand in the workbook" in told_of_groups


def test_of_a_hidden_result_nothing_but_the_returns_is_told(hidden, english):
    outline = outline_of(Material(hidden, synthetic.instrument()), "en")
    assert [section.key.value for section in outline.sections] == [
        "background", "design", "returns", "overall", "plan", "appendix",
    ]  # fmt: skip
    figures = [figure.key for section in outline.sections for part in section.parts for figure in part.figures]
    assert set(figures) <= {"returns"}
    assert "nothing is shown" in told(outline, ReportSection.OVERALL)


# What the committee adds ---------------------------------------------------------------------------------------------


def test_the_text_of_the_committee_stands_in_its_section_with_its_figures(outline, report):
    weak = next(section for section in outline.sections if section.key is ReportSection.WEAK)
    rate = f"{report.roster.returned / report.roster.issued:.0%}" if report.roster.issued else "not known"
    assert weak.narrative == (f"回收率为 {rate}。", "请看下一年。")


def test_every_mark_reads_what_the_tables_show(report, english):
    names = Material(report, synthetic.instrument()).names("en")
    read = {mark.name: mark.value for mark in marks_of(report, names)}
    overall = report.item(report.overall).rate
    assert isinstance(overall, Rate)
    assert read["overall satisfaction rate"].startswith(f"{round(overall.value * 100)}")
    assert read["overall, people"] == f"{overall.satisfied}/{overall.n} people"
    assert read["Valid"] == str(report.roster.valid)
    assert len(read) > 2 * len(report.items)


def test_a_text_written_in_chinese_is_read_in_english_with_the_same_figures(report, speaking_app):
    with speaking_app.app_context(), force_locale("zh_Hans"):
        here = values_of(report, Material(report, synthetic.instrument()).names("zh_Hans"))
    with speaking_app.app_context(), force_locale("en"):
        there = values_of(report, Material(report, synthetic.instrument()).names("en"))
    assert set(here) == set(there)
    assert filled("【参与率】", here) == filled("【参与率】", there) == filled("【Participation rate】", there)


def test_the_mark_of_a_hidden_figure_says_that_it_is_hidden(hidden, speaking_app):
    with speaking_app.app_context(), force_locale("en"):
        values = values_of(hidden, Material(hidden, synthetic.instrument()).names("en"))
    assert values["overall satisfaction rate"] == "not shown, too few people"
    assert values["number of last year’s actions"] == "not shown, too few people"
    assert values["Valid"] == "7"


def test_a_figure_is_set_off_from_chinese_words_and_not_from_their_punctuation():
    values = {"参与率": "89%", "结论": "数值达成"}
    assert filled("参与率为【参与率】，比【参与率】低，【结论】。", values) == "参与率为 89%，比 89% 低，数值达成。"


def test_what_is_no_mark_is_found_with_its_place():
    found = misplaced("【参与率】很高。\n【满意绿】也高。\n还有【半个", {"参与率"})
    assert [(one.line, one.text) for one in found] == [(2, "【满意绿】"), (3, "【")]
    assert misplaced("【 参与率 】", {"参与率"}) == ()


def test_numbers_typed_by_hand_are_noticed_and_those_in_marks_are_not():
    assert typed_figures("【总体满意率不低于 90%：结论】，约 85% 的人，共 12 项，又 85%。") == ("85%", "12")
    assert typed_figures("满意率为【总体满意率】。") == ()


# Word ----------------------------------------------------------------------------------------------------------------


def test_word_has_the_outline_as_headings_and_its_charts_in_words(written, outline):
    document = Document(io.BytesIO(written))
    styled = [p.text for p in document.paragraphs if p.style.name.startswith("Heading")]
    assert styled == headings(outline)
    drawn = document.element.xpath("//*[local-name()='docPr']/@descr")
    figures = [figure for section in outline.sections for part in section.parts for figure in part.figures]
    assert drawn == [figure.drawing.description for figure in figures]
    assert len(document.tables) == sum(len(part.tables) for section in outline.sections for part in section.parts)


def test_word_gives_the_same_bytes_at_any_time_and_no_other_day(material, written, english):
    assert word(material, english) == written
    with zipfile.ZipFile(io.BytesIO(written)) as parts:
        assert {part.date_time for part in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = parts.read("docProps/core.xml").decode()
    assert set(re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", core)) == {"2026-12-20T00:00:00Z"}


# PDF -----------------------------------------------------------------------------------------------------------------


def test_the_pdf_claims_to_be_accessible_and_has_a_bookmark_for_every_heading(material, outline, english):
    first, again = (pdf(material, english) for _time in range(2))
    assert first == again
    reader = PdfReader(io.BytesIO(first))
    assert reader.xmp_metadata is not None
    assert "<pdfuaid:part>1</pdfuaid:part>" in reader.xmp_metadata.stream.get_data().decode()
    assert bookmarks(reader.outline) == headings(outline)
    assert reader.metadata is not None
    assert reader.metadata.title == f"{outline.unit_name} {outline.title}"


def test_names_with_signs_of_markup_are_printed_as_they_are(hidden, english):
    odd = "#let x = 1 *党* $a$ @ref <b> \\ 支部"
    printed = PdfReader(io.BytesIO(pdf(Material(replace(hidden, unit_name=odd), synthetic.instrument()), english)))
    assert printed.metadata is not None
    assert (printed.metadata.title or "").startswith(odd)


def bookmarks(entries: list[object]) -> list[str]:
    found: list[str] = []
    for entry in entries:
        found += bookmarks(entry) if isinstance(entry, list) else [entry.title]
    return found
