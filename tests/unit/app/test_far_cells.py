"""Small spreadsheets that claim to be huge: refused with a sentence, while the server lives on."""

from __future__ import annotations

import io

import pytest
import xlsxwriter

from survey_app.services.table_file import AnswersFileError, read_grid


def spreadsheet(*cells: tuple[int, int]) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        sheet = workbook.add_worksheet()
        for row, column in cells:
            sheet.write(row, column, f"{row}/{column}")
    return stream.getvalue()


def test_a_stray_cell_in_the_last_corner_brings_nothing_down():
    with pytest.raises(AnswersFileError, match="far outside the table"):
        read_grid(spreadsheet((0, 0), (1_048_575, 16_383)), "units.xlsx")


def test_a_table_of_more_cells_than_anybody_has_is_refused(monkeypatch):
    monkeypatch.setattr("survey_app.services.table_file.MOST_CELLS", 20)
    assert read_grid(spreadsheet((0, 0), (3, 4)), "a.xlsx")[-1] == (4, ["", "", "", "", "3/4"])
    with pytest.raises(AnswersFileError, match="more than 20 cells"):
        read_grid(spreadsheet((0, 0), (4, 4)), "a.xlsx")
