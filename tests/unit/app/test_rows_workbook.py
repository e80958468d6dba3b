"""The workbook of single answers: what is read back is what was sealed, and no file of it stays behind."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from flask_babel import force_locale
from python_calamine import CalamineWorkbook

from analysis.dataset import NOT_ANSWERED
from survey_app.errors import RowsRefused
from survey_app.exports import ExportContext, exporter
from survey_app.exports.formats import rows_workbook
from survey_app.exports.rows import row_batches, row_columns
from tests.unit.app.test_rows_exports import material, sealed

DAY = date(2026, 12, 20)


@pytest.fixture
def context(app: Flask):
    with app.app_context(), force_locale("en"):
        yield ExportContext("en", DAY)


def made(given, context: ExportContext) -> bytes:
    return exporter("rows-workbook").whole(given, context)


def sheets(data: bytes) -> dict[str, list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def codes_of(dataset) -> list[list[object]]:
    """As the sheet should have them: the unit's code, then numbers, nothing where nothing was answered."""
    units = row_columns(dataset, "en")[0].levels
    return [
        [units[row[0]], *("" if code == NOT_ANSWERED else code for code in row[1:])]
        for batch in row_batches(dataset)
        for row in batch.tolist()
    ]


def test_every_answer_is_read_back_as_a_number_under_the_name_of_its_column(context):
    dataset = sealed()
    head, *rows = sheets(made(material(dataset), context))["Answers"]
    assert head == ["unit.code", *dataset.columns]
    assert rows == codes_of(dataset)


def test_the_other_sheets_say_what_columns_and_codes_mean(context):
    dataset = sealed()
    read = sheets(made(material(dataset), context))
    columns = row_columns(dataset, "en")
    assert [row[:2] for row in read["Columns"][1:]] == [[column.name, column.label] for column in columns]
    meanings = {(str(row[0]), row[1]): (row[2], row[3]) for row in read["Codes"][1:]}
    for column in columns[1:]:
        assert all(meanings[column.name, code] == (word, "") for code, word in column.levels.items())
        assert all(meanings[column.name, code] == (word, "not scored") for code, word in column.missing.items())
    assert meanings["unit.code", "first"][0] == dataset.manifest.units[1].name
    assert dataset.sha256 in {cell for row in read["About these rows"] for cell in row}


def test_a_unit_called_like_a_formula_stays_text(context):
    odd = {"first": "=1+1", "second": "@second", "third": "-3"}
    plain = sealed()
    units = tuple(replace(unit, code=odd.get(unit.code, unit.code)) for unit in plain.manifest.units)
    rosters = {odd.get(code, code): roster for code, roster in plain.manifest.rosters.items()}
    dataset = replace(plain, manifest=replace(plain.manifest, units=units, rosters=rosters), whole=None)
    data = made(material(dataset), context)
    assert {row[0] for row in sheets(data)["Answers"][1:]} == set(odd.values())
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not any(b"<f>" in archive.read(name) for name in archive.namelist())


def test_more_rows_than_a_sheet_holds_go_on_the_next_one(context, monkeypatch):
    monkeypatch.setattr(rows_workbook, "ROWS_OF_A_SHEET", 100)
    dataset = sealed()
    read = sheets(made(material(dataset), context))
    names = [name for name in read if name.startswith("Answers")]
    assert names == ["Answers", "Answers 2", "Answers 3"]
    assert all(read[name][0] == ["unit.code", *dataset.columns] for name in names)
    assert [row for name in names for row in read[name][1:]] == codes_of(dataset)


def test_the_same_rows_give_the_same_bytes_and_progress_counts_them(context):
    told: list[tuple[int, int]] = []
    given = material(sealed())
    watched = ExportContext("en", DAY, lambda done, total: told.append((done, total)))
    assert made(given, context) == made(given, watched)
    assert told[-1] == (250, 250)


def test_a_unit_gets_its_own_rows_alone_and_too_few_are_refused(context):
    rows = sheets(made(material(sealed(), "second"), context))["Answers"][1:]
    assert {row[0] for row in rows} == {"second"}
    assert len(rows) == 90
    with pytest.raises(RowsRefused):
        made(material(sealed({"first": 120, "second": 90, "third": 4}), "third"), context)


def test_nothing_of_it_stays_on_the_disk_even_if_nobody_takes_the_rest(context, tmp_path: Path, monkeypatch):
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    pieces = iter(exporter("rows-workbook").produce(material(sealed()), context))
    next(pieces)
    (folder,) = place.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in folder.iterdir())
    pieces.close()
    assert list(place.iterdir()) == []
