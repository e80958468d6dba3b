"""Answers that come as an SPSS file: labels, codes, missing values, and files that are none."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from random import Random

import pandas
import pyreadstat
import pytest

from instruments.loader import load
from instruments.model import Instrument
from survey_app.services.answers_file import read_answers, read_column_map
from survey_app.services.table_file import AnswersFileError, read_grid
from tests.unit.app.test_answers_file import QUESTIONNAIRE


@pytest.fixture(scope="module")
def questionnaire() -> Instrument:
    return load(QUESTIONNAIRE)


@pytest.fixture
def saved(tmp_path: Path):
    """The bytes of an SPSS file with these columns."""

    def saved(columns: dict[str, list[object]], **how: object) -> bytes:
        path = tmp_path / "made.sav"
        pyreadstat.write_sav(pandas.DataFrame(columns), path, **how)
        return path.read_bytes()

    return saved


def test_labels_are_read_as_labels_and_bare_codes_as_codes(saved, questionnaire):
    """In this file 1 is the best answer: its labels say so, and the codes alone would turn every answer round."""
    labels = {"lead1": {1: "非常满意", 2: "满意", 5: "非常不满意"}}
    data = saved({"lead1": [1, 2, 5], "overall": [4, 3, 2], "age": [1, 2, 1]}, variable_value_labels=labels)
    table = read_answers(data, "answers.sav", questionnaire)
    assert [row["lead1"] for row in table.rows] == [5, 4, 1]
    assert [row["overall"] for row in table.rows] == [4, 3, 2]


def test_what_the_file_declares_missing_is_not_an_answer(saved, questionnaire):
    columns = {"lead1": [5, 99, None], "overall": [4, 4, 4], "age": [1, 1, 1]}
    table = read_answers(saved(columns, missing_ranges={"lead1": [99]}), "answers.sav", questionnaire)
    assert [row["lead1"] for row in table.rows] == [5, None, None]


def test_a_compressed_file_texts_and_days_come_as_a_person_would_type_them(saved):
    data = saved({"名称": ["一支部 ", "", "二支部"], "day": [date(2024, 7, 1)] * 3, "n": [1.5, 2, 3]}, compress=True)
    assert data[:4] == b"$FL3"
    assert read_grid(data, "answers") == [
        (0, ["名称", "day", "n"]),
        (1, ["一支部", "2024-07-01", "1.5"]),
        (2, ["", "2024-07-01", "2"]),
        (3, ["二支部", "2024-07-01", "3"]),
    ]


def test_other_words_and_other_units_are_said_in_the_map(saved, questionnaire):
    said = """
        columns: {Q1: lead1, Q2: overall, Q3: age, nr: null}
        units: {第一支部: A1}
        values: {Strongly agree: 5, Q3: {older: 2}}
    """
    labels = {"Q1": {1: "Strongly agree"}, "Q3": {1: "older"}}
    columns = {"nr": [1, 2], "Q1": [1, 4], "Q2": [4, 4], "Q3": [1, 1], "where": ["第一支部", "A2"]}
    table = read_answers(
        saved(columns, variable_value_labels=labels), "a.sav", questionnaire,
        column_map=read_column_map(said.encode()), unit_column="where",
    )  # fmt: skip
    assert table.rows == ({"lead1": 5, "overall": 4, "age": 2}, {"lead1": 4, "overall": 4, "age": 2})
    assert table.units == ("A1", "A2")


def test_a_label_that_the_questionnaire_does_not_know_is_told_with_its_case(saved, questionnaire):
    data = saved({"lead1": [5, 1], "overall": [4, 4], "age": [1, 1]}, variable_value_labels={"lead1": {1: "Splendid"}})
    with pytest.raises(AnswersFileError) as refusal:
        read_answers(data, "answers.sav", questionnaire)
    assert [(problem.row, problem.column) for problem in refusal.value.problems] == [(2, "lead1")]


@pytest.mark.parametrize("data", [b"$FL2", b"$FL2" + bytes(400), b"$FL3" + b"\xff" * 400, b"lead1,overall\n5,4\n"])
def test_what_is_no_spss_file_is_refused_with_a_sentence(data):
    with pytest.raises(AnswersFileError, match="SPSS file cannot be read"):
        read_grid(data, "answers.sav")


def test_a_garbled_file_is_refused_or_read_but_never_breaks_anything(saved):
    columns = {"lead1": [5, 4] * 20, "say": ["多办实事", "好"] * 20}
    data, rng = saved(columns, variable_value_labels={"lead1": {5: "非常满意"}}), Random(7)
    for _ in range(6):
        garbled = bytearray(data)
        for _ in range(rng.randint(1, 12)):
            garbled[rng.randrange(4, len(garbled))] = rng.randrange(256)
        try:
            read_grid(bytes(garbled[: rng.randint(len(data) // 2, len(data))]), "a.sav")
        except AnswersFileError:
            continue


def test_a_file_that_unfolds_into_too_many_cells_is_refused(saved, monkeypatch):
    monkeypatch.setattr("survey_app.services.table_file.MOST_CELLS", 20)
    assert len(read_grid(saved({"a": [1] * 10, "b": [1] * 10}), "a.sav")) == 11
    with pytest.raises(AnswersFileError, match="more than 20 cells"):
        read_grid(saved({"a": [1] * 11, "b": [1] * 11}), "a.sav")


def test_a_gb18030_file_gives_the_same_answers(questionnaire):
    text = "lead1,overall,age,say\n非常满意,4,35 岁以下,㐂㒿多办实事\n"
    table = read_answers(text.encode("gb18030"), "answers.csv", questionnaire)
    assert table.rows == ({"lead1": 5, "overall": 4, "age": 1, "say": "㐂㒿多办实事"},)
