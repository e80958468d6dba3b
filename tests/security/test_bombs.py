"""Small files that would become large, beside those tried with each kind of file: refused, and the service lives on.

Questionnaires in YAML, JSON and XLSForm, evidence and far cells of spreadsheets are tried where these are read.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from survey_app.backup.archive import LARGEST_MANIFEST, MANIFEST, BackupRefused, opened
from survey_app.dossier.container import NotAPackage, unpacked
from survey_app.services import table_file
from survey_app.services.table_file import AnswersFileError, read_grid

SHEET = "xl/worksheets/sheet1.xml"
TEXTS = "xl/sharedStrings.xml"
KILOBYTE = 1024


def spreadsheet(rows: int = 1, columns: int = 1) -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as workbook:
        sheet = workbook.add_worksheet()
        for row in range(rows):
            sheet.write_row(row, 0, [f"{row}/{column}" for column in range(columns)])
    return stream.getvalue()


def changed(workbook: bytes, part: str, change: Callable[[bytes], bytes]) -> bytes:
    stream = io.BytesIO()
    with ZipFile(io.BytesIO(workbook)) as old, ZipFile(stream, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, change(content) if name == part else content)
    return stream.getvalue()


def test_a_table_that_unpacks_to_too_much_is_not_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_file, "MAXIMUM_UNPACKED", 200 * KILOBYTE)
    swollen = changed(spreadsheet(), SHEET, lambda xml: xml + b" " * 300 * KILOBYTE)
    assert len(swollen) < 10 * KILOBYTE
    with pytest.raises(AnswersFileError, match="unpacks to more than"):
        read_grid(swollen, "a.xlsx")


def test_a_table_whose_directory_lies_about_sizes_is_read_apart_and_within_bounds(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_file, "MAXIMUM_UNPACKED", 200 * KILOBYTE)
    honest = changed(spreadsheet(), SHEET, lambda xml: xml.replace(b"</worksheet>", b" " * 300_000 + b"</worksheet>"))
    with ZipFile(io.BytesIO(honest)) as archive:
        real = archive.getinfo(SHEET).file_size
    lying = honest.replace(real.to_bytes(4, "little"), (50).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(AnswersFileError, match="cannot be opened"):
        read_grid(lying, "a.xlsx")


def test_entities_in_a_table_are_not_unfolded():
    laughing = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'

    def declared(xml: bytes) -> bytes:
        head, end, rest = xml.partition(b"?>")
        return head + end + laughing + rest.replace(b"<t>0/0</t>", b"<t>&b;&f;</t>")

    hostile = changed(spreadsheet(), TEXTS, declared)
    try:
        said = str(read_grid(hostile, "a.xlsx"))
    except AnswersFileError as refused:
        said = str(refused)
    assert "haha" not in said
    assert "root" not in said


def test_a_table_of_very_many_columns_is_read_or_refused_by_its_cells(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table_file, "MOST_CELLS", 5_000)
    with pytest.raises(AnswersFileError, match="more than 5000 cells"):
        read_grid(spreadsheet(2, 5_000), "wide.xlsx")


def test_a_table_as_text_may_be_as_wide_as_it_likes_and_no_cell_longer_than_a_cell():
    wide = ",".join(f"c{column}" for column in range(20_000)).encode()
    assert len(read_grid(wide + b"\n1", "a.csv")[0][1]) == 20_000
    with pytest.raises(AnswersFileError, match="A cell has more than"):
        read_grid(b'a,b\n"' + b"x" * 200_000 + b'",1\n', "a.csv")


def test_a_package_with_anything_packed_in_it_is_not_unpacked():
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", b" " * 5_000 * KILOBYTE)
    assert len(stream.getvalue()) < 10 * KILOBYTE
    with pytest.raises(NotAPackage):
        unpacked(stream.getvalue())


def test_a_backup_whose_list_of_contents_swells_is_none(tmp_path: Path):
    file = tmp_path / "backup.zip"
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, b" " * (LARGEST_MANIFEST + 1))
    assert file.stat().st_size < 100 * KILOBYTE
    with pytest.raises(BackupRefused, match="not a backup"), opened(file):
        pass
