"""The workbook as a reader opens it: numbers are numbers, hidden is a word, every sheet prints."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from hashlib import sha256

import openpyxl
import pytest
from flask import Flask
from flask_babel import force_locale
from python_calamine import CalamineWorkbook

from analysis.comments import ThemeCount
from analysis.tree import ActionResult, Hidden, Rate, Report
from analysis.types import ActionSpec
from survey_app.exports import ExportContext, Material, PlanRow, exporter, registry
from survey_app.exports.method_sheets import long_form
from survey_app.wording.names import Names
from tests.unit.analysis import synthetic

TODAY = date(2026, 12, 20)
A4 = 9
BIG = {"a": 90, "b": 60, "c": 30, "d": 12}
REPAIR = ActionResult(
    ActionSpec("one", "w3", 60, 100, "0.70", "=Repair(1)"), Rate(50, 100), 0.62, 0.55, 0.7, False, "worse", 9
)
PLANNED = PlanRow(
    year=2025, title="=Repair(1)", item="w3", finding="Rooms are cold", causes=("No heating", "No money"),
    measure="Heat them", process="Premises/Rooms", owner="Li", resources="", due=date(2026, 6, 30),
    done_on=date(2026, 5, 2), status="verified", baseline_satisfied=60, baseline_n=100, acceptance="0.70",
    rule="Heating is checked each October", stopped_because="", evidence=(("photo.jpg", "f" * 64),), verified_in=2026,
    result=REPAIR,
)  # fmt: skip


@pytest.fixture(scope="module")
def report() -> Report:
    return synthetic.report(years=(2024, 2025, 2026), units=BIG)


@pytest.fixture
def english(speaking_app: Flask):
    with speaking_app.app_context(), force_locale("en"):
        yield ExportContext("en", TODAY)


@pytest.fixture(scope="module")
def written(report: Report, speaking_app: Flask) -> bytes:
    """The workbook of that report, read by many."""
    with speaking_app.app_context(), force_locale("en"):
        return produced(report, ExportContext("en", TODAY))


@pytest.fixture(scope="module")
def book(written: bytes) -> openpyxl.Workbook:
    return opened(written)


@pytest.fixture(scope="module")
def chinese(report: Report, speaking_app: Flask) -> openpyxl.Workbook:
    with speaking_app.app_context(), force_locale("zh_Hans"):
        return opened(produced(report, ExportContext("zh_Hans", TODAY)))


@pytest.fixture(scope="module")
def acted(report: Report, speaking_app: Flask) -> openpyxl.Workbook:
    """Of a result with an action of last year, and with one question that too few answered."""
    with speaking_app.app_context(), force_locale("en"):
        return opened(made(acted_on(hiding(report)), ExportContext("en", TODAY)))


def produced(report: Report, context: ExportContext, identifier: str = "workbook") -> bytes:
    return exporter(identifier).whole(Material(report, synthetic.instrument()), context)


def made(material: Material, context: ExportContext) -> bytes:
    return exporter("workbook").whole(material, context)


def acted_on(report: Report) -> Material:
    """The same with an action of last year and its verification."""
    return Material(replace(report, actions=(REPAIR,)), synthetic.instrument(), plan=(PLANNED,))


def hiding(report: Report) -> Report:
    """The same with one question that too few answered."""
    hidden = replace(report.items[0], rate=Hidden.TOO_FEW, levels=Hidden.TOO_FEW, mean=Hidden.TOO_FEW)
    return replace(report, items=(hidden, *report.items[1:]))


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def cells_of(book: openpyxl.Workbook, name: str, *, as_cells: bool = False) -> list[list[object]]:
    """The cells that a name stands for."""
    (place,) = book.defined_names[name].destinations
    sheet, reference = place
    found = book[sheet][reference]
    rows = found if isinstance(found, tuple) else ((found,),)
    return [[cell if as_cells else cell.value for cell in row] for row in rows]


def rules_by_sheet(book: openpyxl.Workbook) -> dict[str, set[str]]:
    """What the conditional formats of each sheet compare with."""
    return {
        sheet.title: {
            formula for area in sheet.conditional_formatting for rule in area.rules for formula in rule.formula
        }
        for sheet in book
    }


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def table_under(rows: list[list[object]], head: str) -> list[dict[str, object]]:
    """The table whose first head cell is this, as records."""
    start = next(place for place, row in enumerate(rows) if row[0] == head)
    body = rows[start + 1 :]
    end = next((place for place, row in enumerate(body) if row[1:3] == ["", ""]), len(body))
    return [dict(zip(rows[start], row, strict=False)) for row in body[:end]]


def test_the_sheets_come_in_the_order_of_a_report(written):
    assert list(sheets(written)) == [
        "Cover", "Summary", "Returns", "Objectives", "Dimensions", "Question by question", "Answers level by level",
        "Groups", "Sub-units", "Year over year", "Reliability", "Validity", "Importance", "Care in answering",
        "Choices", "Comments", "Questionnaire", "Method", "Data", "Manifest",
    ]  # fmt: skip


def test_the_sheets_speak_chinese_by_default(chinese):
    assert all(re.search(r"[\u4e00-\u9fff]", name) for name in chinese.sheetnames)


def test_figures_are_unrounded_numbers_that_agree_with_the_report(report, written):
    questions = table_under(sheets(written)["Question by question"], "Question")
    labels = Names(synthetic.instrument(), "en")
    by_label = {row["Question"]: row for row in questions}
    assert len(by_label) == len(report.items)
    for item in report.items:
        row = by_label[labels.item(item.code)]
        assert isinstance(item.rate, Rate)
        assert row["Satisfaction rate"] == pytest.approx(item.rate.satisfied / item.rate.n, abs=1e-12)
        assert row["Scored"] == item.rate.n
        assert row["Mean"] == pytest.approx(item.mean, abs=1e-12)


def test_every_figure_stands_once_more_in_long_form(report, written, english):
    rows = table_under(sheets(written)["Data"], "Block")
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
    assert list(found) == ["Cover", "Summary", "Returns", "Questionnaire", "Method", "Data", "Manifest"]
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
    cells = {cell for row in sheets(data)["Comments"] for cell in row}
    assert set(comments.texts) <= cells
    book = opened(data)
    assert [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"] == []
    links = [cell.hyperlink for sheet in book for row in sheet.iter_rows() for cell in row if cell.hyperlink]
    assert len(links) == len(book.sheetnames) - 1, "the contents on the cover lead to sheets, and nothing leads out"
    assert {link.target for link in links} == {None}


def test_every_sheet_is_set_up_for_printing(report, book):
    for sheet in book:
        assert sheet.page_setup.paperSize == A4, sheet.title
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, sheet.title
        assert sheet.print_area, sheet.title
        assert report.unit_name in sheet.oddHeader.left.text
        assert f"sha256 {report.provenance.dataset_sha256[:16]}" in sheet.oddFooter.left.text
    assert {sheet.title for sheet in book if not sheet.freeze_panes} <= {"Cover", "Summary"}
    assert book["Summary"].page_setup.fitToHeight != book["Data"].page_setup.fitToHeight == 0
    assert book["Data"].print_title_rows == "$2:$2"


def test_what_was_written_last_is_still_printed(book):
    for sheet in book:
        area = sheet[sheet.print_area.split("!")[-1]]
        assert len(area) >= sheet.max_row, sheet.title
        assert len(area[0]) >= sheet.max_column, sheet.title


def test_a_unit_whose_name_begins_with_a_number_keeps_its_header(report, english):
    """Digits after the size of a font would be read as the size."""
    for name, told in (("3 号楼党支部", "3 号楼党支部"), ("甲" * 300, "甲" * 200), ("A&B " * 90, "A&&B " * 40)):
        sheet = opened(produced(replace(report, unit_name=name), english))["Cover"]
        assert sheet.oddHeader.left.text.strip().startswith(told.strip())
        assert str(sheet.oddHeader.left.size) == "9"


def test_objectives_dimensions_and_questions_have_charts_of_their_own_cells(written, book):
    charts = {sheet.title: sheet._charts for sheet in book if sheet._charts}
    assert set(charts) == {
        "Objectives", "Dimensions", "Question by question", "Answers level by level", "Year over year", "Importance",
    }  # fmt: skip
    dimensions = charts["Dimensions"][0]
    assert dimensions.series[0].val.numRef.f == "Dimensions!$D$3:$D$5"
    with zipfile.ZipFile(io.BytesIO(written)) as archive:
        drawings = [archive.read(name).decode() for name in archive.namelist() if "drawings/drawing" in name]
    assert all('descr="Chart: ' in drawing for drawing in drawings)


def test_names_lead_to_the_figures_they_promise(report, book):
    overall = report.item(report.overall).rate
    assert cells_of(book, "overall_rate") == [[pytest.approx(overall.value)]]
    assert cells_of(book, "overall_n") == [[overall.n]]
    assert cells_of(book, "eligible") == [[report.roster.eligible]]
    assert cells_of(book, "participation") == [[pytest.approx(report.roster.returned / report.roster.eligible)]]
    assert len(cells_of(book, "items")) == 1 + len(report.items)
    assert len(cells_of(book, "objectives")) == 1 + len(report.objectives)
    told = {row[0].value for row in book["Manifest"].iter_rows()}
    assert set(book.defined_names) <= told | {"manifest", "fingerprints", "rules"}


def test_names_are_the_same_in_every_language(book, chinese):
    assert set(book.defined_names) == set(chinese.defined_names)


def test_shares_and_days_are_numbers_with_a_format(acted):
    (value,) = cells_of(acted, "overall_rate", as_cells=True)[0]
    assert (value.data_type, value.number_format) == ("n", "0%")
    due = cells_of(acted, "plan", as_cells=True)[1][6]
    assert (due.value.date(), due.number_format) == (date(2026, 6, 30), "yyyy-mm-dd")
    assert all(cell.font.name in {"宋体", "微软雅黑"} for sheet in acted for row in sheet for cell in row if cell.value)


def test_rules_colour_what_missed_its_target_and_what_is_not_shown(acted):
    rules = rules_by_sheet(acted)
    assert {'"Not met at face value"', '"Certainly met"'} <= rules["Objectives"]
    assert '"Too few people"' in rules["Question by question"]
    assert "AND(ISNUMBER($E4),ISNUMBER($F4),$E4<$F4)" in rules["Question by question"]
    assert '"▼ Declined"' in rules["Year over year"]
    assert '"Worse"' in rules["Actions verified"]
    kinds = {rule.type for sheet in acted for rules in sheet.conditional_formatting for rule in rules.rules}
    assert kinds == {"cellIs", "expression"}, "the kinds that every spreadsheet program keeps"


def test_validity_and_importance_stand_as_numbers(english):
    large = synthetic.report(n=400, years=(2025, 2026))
    book = opened(produced(large, english))
    measures = {row[0]: row[1] for row in cells_of(book, "validity_measures")}
    assert measures["KMO"] == pytest.approx(large.validity.kmo.value.overall)
    assert measures["CFI"] == pytest.approx(large.validity.confirmation.value.fit.cfi)
    assert measures["RMSEA"] == pytest.approx(large.validity.confirmation.value.fit.rmsea)
    shares = {row[0]: row[1] for row in cells_of(book, "importance")[1:]}
    assert sum(shares.values()) == pytest.approx(1)
    assert len(shares) == len(large.importance.dimensions)


def test_the_plan_tells_finding_measure_and_what_came_of_it(acted):
    row = cells_of(acted, "plan")[1]
    assert row[:3] == ["=Repair(1)", 2025, "[短w3]"]
    assert row[3] == "Rooms are cold\n1. No heating\n2. No money"
    assert row[8] == "Verified"
    assert cells_of(acted, "plan_results")[1][1:5] == [2026, "Worse", "photo.jpg", "Heating is checked each October"]
    assert cells_of(acted, "actions")[1][10] == "Worse"
    assert ["Evidence of “=Repair(1)”: photo.jpg", "f" * 64] in cells_of(acted, "fingerprints")


def test_what_later_results_gave_rise_to_is_not_in_the_plan_of_a_year(report, english):
    later = replace(PLANNED, year=2027, title="Next year")
    book = opened(made(Material(report, synthetic.instrument(), plan=(later, PLANNED)), english))
    assert [row[0] for row in cells_of(book, "plan")[1:]] == ["=Repair(1)"]


def test_a_survey_of_an_occasion_does_not_tell_the_plan_of_the_year(report, english):
    occasion = Material(report, synthetic.instrument(annual=False), plan=(PLANNED,))
    assert "Improvement plan" not in opened(made(occasion, english)).sheetnames


def test_comments_stand_beside_their_themes_and_bands_read_at_least(report, english):
    asked = replace(
        report.comments[0], texts=("Heat the rooms", "Thank you"), themes_of=(("Rooms",), ()),
        themes=(ThemeCount("Rooms", 5),), words=(), bands=True,
    )  # fmt: skip
    book = opened(produced(replace(report, comments=(asked,)), english))
    assert [row[:2] for row in cells_of(book, "comments")[1:]] == [["Heat the rooms", "Rooms"], ["Thank you", None]]
    counted = next(row[1] for row in book["Comments"].iter_rows() if row[0].value == "Rooms")
    assert (counted.value, counted.number_format) == (5, '"≥ "0')


def test_the_questionnaire_tells_each_question_with_its_answers(book):
    rows = cells_of(book, "questionnaire")[1:]
    asked = synthetic.instrument().items
    assert [row[7] for row in rows] == [item.code for item in asked]
    assert [row[0] for row in rows] == list(range(1, len(asked) + 1))
    turned = next(row for row in rows if row[7] == "w4")
    assert "Keyed the other way round" in turned[4]
    assert "[非常满意]" in turned[3]


def test_the_manifest_names_data_rules_and_nothing_of_other_units(report, english):
    rules = {"threshold": 10, "family": ["overall"], "objectives": {"root": [], "a": [{"title": "Of branch a alone"}]}}
    book = opened(made(Material(report, synthetic.instrument(), rules=rules), english))
    known = {row[0]: row[1] for row in cells_of(book, "fingerprints")}
    assert known["Sealed data"] == report.provenance.dataset_sha256
    assert known["Questionnaire"] == report.provenance.instrument_sha256
    canonical = json.dumps(rules, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert known["Rules as locked"] == sha256(canonical.encode()).hexdigest()
    locked = {row[0]: row[1] for row in cells_of(book, "rules")}
    assert (locked["threshold"], locked["family"]) == ("10", '["overall"]')
    assert all(f"objectives.{result.objective.code}" in locked for result in report.objectives)
    assert "Of branch a alone" not in str([list(sheet.values) for sheet in book])


def test_a_text_longer_than_a_cell_is_cut_and_not_lost(report, english):
    long = replace(report.comments[0], texts=("长" * 40_000,), themes_of=())
    book = opened(produced(replace(report, comments=(long,)), english))
    assert cells_of(book, "comments")[1][0] == "长" * 32_767
    heights = [row.height for sheet in book for row in sheet.row_dimensions.values() if row.height]
    assert 400 < max(heights) <= 409, "a taller row makes programs ask whether to repair the file"


def test_the_same_report_gives_the_same_bytes(report, written, english):
    assert produced(report, english) == written


def test_the_figures_as_json_are_those_of_the_report(report, english):
    content = json.loads(produced(report, english, "json"))
    assert content["provenance"]["dataset_sha256"] == report.provenance.dataset_sha256
    assert content["items"][0]["rate"]["satisfied"] == report.items[0].rate.satisfied


def test_exporters_are_known_by_their_identifier():
    assert {"workbook", "json"} <= {one.identifier for one in registry()}
    assert exporter("pdf-of-nobody") is None
