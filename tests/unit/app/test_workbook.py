"""The workbook as a reader opens it: numbers are numbers, hidden is a word, every sheet prints."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date

import pytest
from flask import Flask
from flask_babel import force_locale
from python_calamine import CalamineWorkbook

from analysis.tree import Hidden, Rate, Report
from survey_app.exports import ExportContext, Material, exporter, registry
from survey_app.exports.method_sheets import long_form
from survey_app.wording.names import Names
from tests.unit.analysis import synthetic

TODAY = date(2026, 12, 20)
BIG = {"a": 90, "b": 60, "c": 30, "d": 12}


@pytest.fixture(scope="module")
def report() -> Report:
    return synthetic.report(years=(2024, 2025, 2026), units=BIG)


@pytest.fixture
def english(app: Flask):
    with app.app_context(), force_locale("en"):
        yield ExportContext("en", TODAY)


def produced(report: Report, context: ExportContext, identifier: str = "workbook") -> bytes:
    return exporter(identifier).whole(Material(report, synthetic.instrument()), context)


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def table_under(rows: list[list[object]], head: str) -> list[dict[str, object]]:
    """The table whose first head cell is this, as records."""
    start = next(place for place, row in enumerate(rows) if row[0] == head)
    body = rows[start + 1 :]
    end = next((place for place, row in enumerate(body) if row[1:3] == ["", ""]), len(body))
    return [dict(zip(rows[start], row, strict=False)) for row in body[:end]]


def test_the_sheets_come_in_the_order_of_a_report(report, english):
    assert list(sheets(produced(report, english))) == [
        "Summary", "Returns", "Objectives", "Dimensions", "Question by question",
        "Answers level by level", "Reliability", "Care in answering", "Groups", "Sub-units",
        "Year over year", "Choices and comments", "Method", "Data",
    ]  # fmt: skip


def test_the_sheets_speak_chinese_by_default(report, app):
    with app.app_context(), force_locale("zh_Hans"):
        names = list(sheets(produced(report, ExportContext("zh_Hans", TODAY))))
    assert all(re.search(r"[\u4e00-\u9fff]", name) for name in names)


def test_figures_are_unrounded_numbers_that_agree_with_the_report(report, english):
    questions = table_under(sheets(produced(report, english))["Question by question"], "Question")
    labels = Names(synthetic.instrument(), "en")
    by_label = {row["Question"]: row for row in questions}
    assert len(by_label) == len(report.items)
    for item in report.items:
        row = by_label[labels.item(item.code)]
        assert isinstance(item.rate, Rate)
        assert row["Satisfaction rate"] == pytest.approx(item.rate.satisfied / item.rate.n, abs=1e-12)
        assert row["Scored"] == item.rate.n
        assert row["Mean"] == pytest.approx(item.mean, abs=1e-12)


def test_every_figure_stands_once_more_in_long_form(report, english):
    rows = table_under(sheets(produced(report, english))["Data"], "Block")
    found = {(row["Code"], row["Figure"]): row for row in rows if row["Block"] == "item"}
    overall = report.item("overall")
    assert found["overall", "rate"]["Value"] == pytest.approx(overall.rate.value)
    assert found["overall", "rate"]["Lower"] == pytest.approx(overall.rate.interval[0])
    assert len(rows) == len(list(long_form(report, Names(synthetic.instrument(), "en"))))


def test_a_small_group_is_told_in_words_and_leaves_no_number_behind(english):
    small = synthetic.report(n=14, years=(2026,))
    data = produced(small, english)
    questions = table_under(sheets(data)["Question by question"], "Question")
    assert {row["Scored"] for row in questions} <= {12.0, 13.0, 14.0}
    assert all(isinstance(row["Satisfaction rate"], str) and "/" in row["Satisfaction rate"] for row in questions)
    assert {row["Mean"] for row in questions} == {"Not listed"}


def test_below_the_threshold_there_is_nothing_but_the_returns(english):
    hidden = synthetic.report(n=7, years=(2026,))
    assert hidden.hidden is Hidden.TOO_FEW
    found = sheets(produced(hidden, english))
    assert list(found) == ["Summary", "Returns", "Method", "Data"]
    assert {row["Block"] for row in table_under(found["Data"], "Block")} == {"returns"}


def test_hidden_cells_carry_their_reason(report, english):
    hidden = replace(
        report.items[0], rate=Hidden.TOO_FEW, levels=Hidden.TOO_FEW, mean=Hidden.TOO_FEW, index=Hidden.TOO_FEW
    )
    changed = replace(report, items=(hidden, *report.items[1:]))
    questions = table_under(sheets(produced(changed, english))["Question by question"], "Question")
    row = next(row for row in questions if row["Question"] == Names(synthetic.instrument(), "en").item(hidden.code))
    assert (row["Satisfaction rate"], row["Scored"], row["Mean"]) == ("Too few people",) * 3


def test_text_that_looks_like_a_formula_stays_text(report, english):
    comments = replace(
        report.comments[0], texts=('=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "https://x.example")
    )
    data = produced(replace(report, comments=(comments,)), english)
    cells = {cell for row in sheets(data)["Choices and comments"] for cell in row}
    assert set(comments.texts) <= cells
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        written = "".join(archive.read(name).decode() for name in archive.namelist() if "worksheets/sheet" in name)
    assert "<f>" not in written
    assert "<hyperlink" not in written


def test_every_sheet_is_set_up_for_printing(report, english):
    data = produced(report, english)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(r"xl/worksheets/sheet\d+\.xml", name)]
        pages = [archive.read(name).decode() for name in names]
        book = archive.read("xl/workbook.xml").decode()
        charts = [name for name in archive.namelist() if name.startswith("xl/charts/chart")]
    for page in pages:
        assert 'paperSize="9"' in page
        assert 'fitToPage="1"' in page
        assert f"sha256 {report.provenance.dataset_sha256[:16]}" in page
    frozen = sum("<pane " in page for page in pages)
    assert frozen >= 8
    assert book.count("_xlnm.Print_Titles") >= 1
    assert len(charts) >= 3


def test_the_same_report_gives_the_same_bytes(report, english):
    assert produced(report, english) == produced(report, english)


def test_the_figures_as_json_are_those_of_the_report(report, english):
    content = json.loads(produced(report, english, "json"))
    assert content["provenance"]["dataset_sha256"] == report.provenance.dataset_sha256
    assert content["items"][0]["rate"]["satisfied"] == report.items[0].rate.satisfied


def test_exporters_are_known_by_their_identifier():
    assert {"workbook", "json"} <= {one.identifier for one in registry()}
    assert exporter("pdf-of-nobody") is None
