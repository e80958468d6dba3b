"""Files of answers as people keep them: every way they are written, every fault named with its place."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import xlsxwriter

from instruments.loader import load
from instruments.model import Instrument
from survey_app.services.answers_file import AnswersTable, read_answers, read_column_map
from survey_app.services.table_file import PROBLEMS_LISTED, AnswersFileError

DATA = Path(__file__).parents[2] / "data"
QUESTIONNAIRE = """
schema: 1
code: branch-check
title: {zh_Hans: 支部小测, en: Branch check}
audience: member
scales:
  agree:
    levels:
      - {code: 5, label: {zh_Hans: 非常满意, en: Very satisfied}}
      - {code: 4, label: {zh_Hans: 满意, en: Satisfied}}
      - {code: 3, label: {zh_Hans: 一般, en: Neutral}}
      - {code: 2, label: {zh_Hans: 不满意, en: Dissatisfied}}
      - {code: 1, label: {zh_Hans: 非常不满意, en: Very dissatisfied}}
    satisfied: [5, 4]
    unscored:
      - {kind: dont_know, label: {zh_Hans: 不了解, en: No opinion}}
sections:
  - code: main
    title: {zh_Hans: 工作}
    items:
      - {code: lead1, scale: agree, text: {zh_Hans: 您对班子是否满意？}, short: {zh_Hans: 班子}}
      - {code: overall, scale: agree, role: overall, text: {zh_Hans: 总体是否满意？}, short: {zh_Hans: 总体}}
      - code: topics
        type: multiple
        required: false
        text: {zh_Hans: 哪些方面需要改进？}
        visible_if: overall <= 2
        options:
          - {code: 1, label: {zh_Hans: 学习, en: Study}}
          - {code: 2, label: {zh_Hans: 活动, en: Activities}}
          - {code: 3, label: {zh_Hans: 服务, en: Service}}
      - code: age
        type: single
        grouping: true
        text: {zh_Hans: 年龄}
        options:
          - {code: 1, label: {zh_Hans: 35 岁以下, en: Under 35}}
          - {code: 2, label: {zh_Hans: 35 岁以上, en: 35 or over}}
      - {code: years, type: number, required: false, minimum: 0, maximum: 60, text: {zh_Hans: 党龄}}
      - {code: say, type: text, required: false, max_length: 20, text: {zh_Hans: 意见}}
"""
HEADER = "lead1,overall,topics,age,years,say"


@pytest.fixture(scope="module")
def questionnaire() -> Instrument:
    return load(QUESTIONNAIRE)


def read(text: str | bytes, instrument: Instrument, filename: str = "answers.csv", **how: object) -> AnswersTable:
    return read_answers(text if isinstance(text, bytes) else text.encode(), filename, instrument, **how)


def faults(text: str | bytes, instrument: Instrument, **how: object) -> list[tuple[int | None, str | None, str]]:
    with pytest.raises(AnswersFileError) as refusal:
        read(text, instrument, **how)
    return [(problem.row, problem.column, problem.message) for problem in refusal.value.problems]


def test_codes_labels_and_words_of_either_language_give_the_same_answers(questionnaire):
    table = read(f"{HEADER}\n5,2,1;3,1,12,好\n非常满意,Dissatisfied,学习；服务,under 35,12.0,好\n", questionnaire)
    assert table.rows[0] == table.rows[1]
    assert table.rows[0] == {"lead1": 5, "overall": 2, "topics": (1, 3), "age": 1, "years": 12, "say": "好"}


def test_no_opinion_is_an_answer_and_an_empty_cell_is_none(questionnaire):
    table = read(f"{HEADER}\n不了解,4,,2,,\ndont_know,4,,2,NA,\n-1,,,,,\n", questionnaire)
    assert [row["lead1"] for row in table.rows] == [-1, -1, -1]
    assert table.rows[1]["years"] is None
    assert table.rows[2]["overall"] is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_every_usual_encoding_and_delimiter_is_read(questionnaire, encoding, delimiter):
    text = f"{HEADER}\n满意,4,,1,3,多办实事\n".replace(",", delimiter)
    table = read(text.encode(encoding), questionnaire)
    assert table.rows == ({"lead1": 4, "overall": 4, "age": 1, "years": 3, "say": "多办实事"},)


def test_a_spreadsheet_gives_the_same_answers_as_its_csv(questionnaire):
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([HEADER.split(","), [5, 2, "1;3", "35 岁以下", 12, "好"], ["满意", 4, None, 2]]):
            sheet.write_row(row, 0, cells)
    from_sheet = read(stream.getvalue(), questionnaire, "answers.xlsx")
    assert from_sheet == read(f"{HEADER}\n5,2,1;3,1,12,好\n4,4,,2\n", questionnaire)


def test_options_may_stand_in_columns_of_their_own(questionnaire):
    table = read("lead1,overall,topics.1,topics.2,topics.3,age\n5,1,1,0,1,1\n5,1,,,,1\n", questionnaire)
    assert table.rows[0]["topics"] == (1, 3)
    assert "topics" not in table.rows[1]


def test_a_column_map_renames_and_leaves_out_columns(questionnaire):
    column_map = read_column_map("满意度: overall\n班子: lead1\n备注:\n年龄: age\n".encode())
    table = read("班子,满意度,备注,年龄\n5,4,随便写,1\n", questionnaire, column_map=column_map)
    assert table.rows == ({"lead1": 5, "overall": 4, "age": 1},)


def test_values_of_all_columns_hold_for_chosen_answers_and_never_for_units_numbers_or_texts(questionnaire):
    column_map = read_column_map(b"units: {'1': B01}\nvalues: {1: 5, 2: 4, 4: 2, 5: 1, age: {2: 1}}")
    table = read(
        "lead1,overall,age,years,say,unit\n1,2,2,5,1,1\n", questionnaire, column_map=column_map, unit_column="unit"
    )
    assert table.rows == ({"lead1": 5, "overall": 4, "age": 1, "years": 5, "say": "1"},)
    assert table.units == ("B01",)


def test_values_of_one_column_hold_whatever_it_holds(questionnaire):
    column_map = read_column_map("values: {years: {十年: 10}, unit: {一: B01}, say: {'-': }}".encode())
    table = read(
        "lead1,overall,age,years,say,unit\n5,4,1,十年,-,一\n", questionnaire, column_map=column_map, unit_column="unit"
    )
    assert (table.rows[0]["years"], table.rows[0]["say"], table.units) == (10, None, ("B01",))


def test_each_choice_of_a_cell_with_several_is_put_into_its_code(questionnaire):
    column_map = read_column_map(b"values: {A: 1, C: 3}")
    table = read(f"{HEADER}\n5,2,A; C,1,,A;C\n", questionnaire, column_map=column_map)
    assert (table.rows[0]["topics"], table.rows[0]["say"]) == ((1, 3), "A;C")


def test_parts_of_a_map_may_be_empty(questionnaire):
    empty = read_column_map(b"columns:\nunits:\nvalues:\n")
    assert (empty.columns, empty.units, empty.values) == ({}, {}, {})
    assert read_column_map(b"columns: {Q1: lead1}\nunits:\n").columns == {"Q1": "lead1"}
    assert read_column_map(b"units:\n").columns == {"units": None}
    assert read("lead1,overall,age\n5,4,1\n", questionnaire, column_map=empty).rows[0]["lead1"] == 5


def test_a_row_number_without_a_name_and_the_unit_column_are_no_items(questionnaire):
    table = read('"",lead1,overall,age,支部\n"1",5,4,1,B01\n"2",5,4,1,B02\n', questionnaire, unit_column="支部")
    assert table.units == ("B01", "B02")
    assert table.rows[0] == {"lead1": 5, "overall": 4, "age": 1}


def test_an_answer_to_a_question_not_asked_is_noted_and_not_counted(questionnaire):
    table = read(f"{HEADER}\n5,4,1;3,1,,\n", questionnaire)
    assert "topics" not in table.rows[0]
    assert [(note.row, note.column) for note in table.notes] == [(2, "topics")]


def test_all_faults_are_told_at_once_with_row_column_and_value(questionnaire):
    found = faults(f"{HEADER},colour\n6,4,,1,,\n5,高,4,1,ten,\n5,4,,1,99,{'长' * 21}\n", questionnaire)
    assert found == [
        (1, "colour", "The questionnaire branch-check has no item “colour”."),
        (2, "lead1", "6 is not one of the answers (1 to 5)."),
        (3, "overall", "“高” is neither a number nor one of the answers."),
        (3, "topics", "4 is not one of the answers (1 to 3)."),
        (3, "years", "“ten” is not a whole number."),
        (4, "years", "99 lies outside 0 to 60."),
        (4, "say", "The text has 21 characters; 20 are allowed."),
    ]


def test_many_faults_are_counted_and_the_first_listed(questionnaire):
    with pytest.raises(AnswersFileError) as refusal:
        read(f"{HEADER}\n" + "9,4,,1,,\n" * 80, questionnaire)
    assert refusal.value.count == 80
    assert len(refusal.value.problems) == PROBLEMS_LISTED + 1
    assert refusal.value.problems[-1].message == "30 more problems are not listed."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The file is empty."),
        (" \n\n", "The file is empty."),
        (HEADER + "\n", "The file has a header but no answers."),
        ("lead1,age\n5,1\n", "The column of the item “overall” is missing."),
        ("lead1,overall,overall,age\n5,4,4,1\n", "The column “overall” occurs 2 times."),
        ("lead1,overall,age\n5,4,1,7\n", "The row has more cells than the header."),
        ('lead1,overall,age\n"5,4,1\n', "Cannot be read as CSV: a quotation mark is not closed or misplaced."),
        (
            b"lead1,overall,age\n5,4,\xff\xff\n",
            "The file is neither UTF-8 nor GB18030 text. Save it as “CSV UTF-8” or as .xlsx and send it again.",
        ),
        ("lead1,overall,age\n-2,4,1\n", "The code -2 (no scored answer) is not offered by this item."),
        (b"PK\x03\x04 not a workbook", "The spreadsheet cannot be opened: it is damaged or protected by a password."),
    ],
)  # fmt: skip
def test_bad_files_get_a_clear_answer(questionnaire, text, message):
    assert message in [said for _, _, said in faults(text, questionnaire)]


def test_a_map_or_unit_column_that_does_not_fit_the_file_is_told(questionnaire):
    found = faults("lead1,overall,age\n5,4,1\n", questionnaire, column_map={"q9": "lead1"}, unit_column="unit")
    assert [said for _, _, said in found] == [
        "The column map names “q9”, which is not in the file.",
        "The unit column “unit” is not in the file.",
    ]


def test_two_columns_for_one_item_are_refused(questionnaire):
    found = faults("lead1,l1,overall,age\n5,4,4,1\n", questionnaire, column_map={"l1": "lead1"})
    assert "Two columns carry the item “lead1”." in [said for _, _, said in found]


@pytest.mark.parametrize(("name", "items"), [("satisfaction", 28), ("mobi", 24)])
def test_the_real_surveys_are_read_whole(name, items):
    instrument = load((DATA / f"{name}.yaml").read_text(encoding="utf-8"))
    table = read((DATA / f"{name}.csv").read_bytes(), instrument)
    assert len(table.rows) == 250
    assert all(len(row) == items for row in table.rows)
    assert table.notes == ()
