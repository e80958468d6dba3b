"""The sheets of an XLSForm workbook: cells, columns in their order, and the file itself. Rows are made in `xlsform`."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType

from instruments.exporters.layout import (
    CHINESE,
    DIMENSION_SHEET,
    ENGLISH,
    LANGUAGES,
    OWN,
    OWN_SHEET,
    SCALE_SHEET,
    guarded,
)
from instruments.loader import content_hash
from instruments.model import Instrument, Translation
from instruments.problems import InstrumentError, Problem
from instruments.wording import N_

LONGEST_CELL = 32_767
Row = dict[str, str]


def texts(column: str, text: Translation | None) -> Row:
    """One column per language."""
    if text is None:
        return {}
    return {f"{column}::{LANGUAGES[language]}": guarded(part) for language, part in text if part is not None}


def own(**cells: str) -> Row:
    return {f"{OWN}::{key}": text for key, text in cells.items() if text}


def cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def settings_row(instrument: Instrument) -> Row:
    return {
        "form_title": guarded(instrument.title.zh_Hans),
        "form_id": instrument.code,
        "version": content_hash(instrument)[:12],
        "default_language": CHINESE,
    }


def own_rows(instrument: Instrument) -> list[Row]:
    """What holds for the questionnaire as a whole and has no column among the settings of XLSForm."""
    data: dict[str, object] = {
        "schema": instrument.schema_version,
        "title": texts("title", instrument.title).get(f"title::{ENGLISH}"),
        "note::zh_Hans": texts("note", instrument.note).get(f"note::{CHINESE}"),
        "note::en": texts("note", instrument.note).get(f"note::{ENGLISH}"),
        "audience": instrument.audience.value,
        "annual": instrument.is_annual,
        "minutes": instrument.minutes,
        "local_items": instrument.local_items,
    }
    return [{"key": key, "value": cell(value)} for key, value in data.items() if value is not None]


FIRST: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "survey": (
            "type", "name", f"label::{CHINESE}", f"label::{ENGLISH}", f"hint::{CHINESE}", f"hint::{ENGLISH}",
            "required", "relevant", "constraint", "appearance", "parameters",
        ),
        "choices": ("list_name", "name", f"label::{CHINESE}", f"label::{ENGLISH}"),
        "settings": ("form_title", "form_id", "version", "default_language"),
        OWN_SHEET: ("key", "value"),
        DIMENSION_SHEET: ("code", f"title::{CHINESE}", f"title::{ENGLISH}"),
        SCALE_SHEET: ("code", "list_name", "satisfied"),
    }
)  # fmt: skip
"""Columns that stand in every workbook, in their order."""


def columns_of(sheet: str, rows: Sequence[Row]) -> tuple[str, ...]:
    used = dict.fromkeys(key for row in rows for key, text in row.items() if text)
    return (*FIRST[sheet], *(key for key in used if key not in FIRST[sheet]))


def own_columns(columns: Mapping[str, Sequence[str]]) -> Iterator[Problem]:
    """Columns and sheets of ours, each said once."""
    for sheet in ("survey", "choices"):
        for position, column in enumerate(columns[sheet]):
            if column.startswith(OWN) and column not in (f"{OWN}::type", f"{OWN}::part", f"{OWN}::code"):
                template = N_("XLSForm applications pass over the column '%(column)s'")
                place = f"{sheet}!{letters_of(position)}1"
                yield Problem(place, None, template, {"column": column})
    for sheet in (OWN_SHEET, DIMENSION_SHEET, SCALE_SHEET):
        yield Problem(sheet, None, N_("XLSForm applications pass over the sheet '%(sheet)s'"), {"sheet": sheet})


def letters_of(position: int) -> str:
    """Letters of a column, counted from 0: A to Z, AA and on."""
    before, last = divmod(position, 26)
    return (letters_of(before - 1) if before else "") + chr(ord("A") + last)


def workbook(sheets: Mapping[str, Sequence[Row]], columns: Mapping[str, Sequence[str]]) -> bytes:
    """Every cell is text: what begins with = or @ is no formula, what looks like a number keeps its form."""
    import xlsxwriter

    stream = io.BytesIO()
    book = xlsxwriter.Workbook(stream, {"in_memory": True})
    book.set_properties({"created": datetime(2000, 1, 1, tzinfo=UTC)})
    heading, wrapped = book.add_format({"bold": True}), book.add_format({"text_wrap": True, "valign": "top"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(columns[name]) - 1, 24)
        for position, column in enumerate(columns[name]):
            sheet.write_string(0, position, column, heading)
            for line, row in enumerate(rows, start=1):
                text = row.get(column, "")
                if len(text) > LONGEST_CELL:
                    place = f"{name}!{letters_of(position)}{line + 1}"
                    template = N_("the text is longer than %(limit)s characters")
                    raise InstrumentError((Problem(place, None, template, {"limit": LONGEST_CELL}),))
                if text:
                    sheet.write_string(line, position, text, wrapped)
    book.close()
    return stream.getvalue()
