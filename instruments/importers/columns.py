"""Rows of a form by what their columns mean, and which cells nobody has asked for.

Columns are recognised by pyxform's own rules (``caption`` is a label, ``relevance`` is ``relevant``). Whatever is left
in a row after all that has a place was taken is said: nothing falls away in silence.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from instruments.exporters.layout import unguarded
from instruments.importers.workbook import Sheet
from instruments.problems import Problem
from instruments.reading import FORBIDDEN
from instruments.wording import N_

Column = tuple[str, ...]
"""Such as ``("label", "English (en)")`` or ``("bind", "relevant")``."""
LONGEST_TEXT = 2000
LONGEST_SHOWN = 120
TAG = re.compile(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\)\s*$")
CHINESE_SIGN = re.compile("[\u4e00-\u9fff]")
LANGUAGE_NAMES: Mapping[str, str] = {
    **dict.fromkeys(("chinese", "simplified chinese", "zh", "zh_hans", "中文", "简体中文", "汉语"), "zh_Hans"),
    **dict.fromkeys(("english", "en", "英文", "英语"), "en"),
}
REFERENCE = re.compile(r"\$\{[^}]*\}")


def key_of_language(language: str) -> str | None:
    """Our name of a language an XLSForm column is in; None for those that we do not have."""
    tag = TAG.search(language)
    plain = (tag[1] if tag else language).strip().lower().replace("-", "_")
    if plain.startswith(("zh_hant", "zh_tw", "zh_hk", "zh_mo")):
        return None
    return LANGUAGE_NAMES.get(plain) or LANGUAGE_NAMES.get(plain.split("_")[0])


@dataclass(slots=True)
class Said:
    """What is to be told of the file; sentences that hold for many cells are counted and told once."""

    problems: list[Problem] = field(default_factory=list)
    substitutes: Counter[str] = field(default_factory=Counter)
    assumed: dict[str, Problem] = field(default_factory=dict)

    def say(self, place: str, template: str, **values: object) -> None:
        self.problems.append(Problem(place, None, template, values))

    def assume(self, place: str, template: str, **values: object) -> None:
        """Say once, at the first place."""
        self.assumed.setdefault(template, Problem(place, None, template, values))

    def say_called_by_name(self, place: str, name: str) -> None:
        self.say(place, N_("assumed: '%(name)s' is called by its name"), name=shown(name))

    def all(self) -> tuple[Problem, ...]:
        template = N_("there is no Chinese for %(count)s texts: the text in '%(language)s' stands in its place")
        substitutes = [
            Problem("", None, template, {"count": count, "language": language or "label"})
            for language, count in self.substitutes.items()
        ]
        return (*self.assumed.values(), *substitutes, *self.problems)


@dataclass(slots=True)
class Row:
    """One row, from which what has a place is taken cell by cell."""

    sheet: Sheet
    number: int
    cells: dict[Column, tuple[int, str]]
    """Position and text by column; empty cells are left out."""
    left: set[Column]

    def take(self, *column: str) -> str:
        self.left.discard(column)
        return self.cells.get(column, (0, ""))[1]

    def take_all(self) -> None:
        self.left.clear()

    def place(self, *column: str) -> str:
        """The cell, in any language; where it is empty, the first of the row."""
        nearest = [self.cells[full][0] for full in self.columns(*column)]
        return self.sheet.place(self.number, min(nearest or [position for position, _text in self.cells.values()]))

    def columns(self, *beginning: str) -> Iterator[Column]:
        """Filled columns that begin so, in the order of the sheet."""
        yield from (column for column in self.cells if column[: len(beginning)] == beginning)


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet by the meaning of its columns."""

    sheet: Sheet
    rows: tuple[Row, ...]

    def untaken(self) -> Iterator[Problem]:
        """Cells with no place: a column of which nothing was taken once, other cells each."""
        left: dict[Column, list[Row]] = {}
        for row in self.rows:
            for column in row.left:
                left.setdefault(column, []).append(row)
        for column, rows in sorted(left.items(), key=lambda part: part[1][0].cells[part[0]][0]):
            heading = self.sheet.headings[rows[0].cells[column][0]]
            filled = sum(column in row.cells for row in self.rows)
            if len(rows) == filled and filled > 1:
                template = N_("the column '%(column)s' has no place here (%(count)s cells)")
                place = self.sheet.place(1, rows[0].cells[column][0])
                yield Problem(place, None, template, {"column": heading, "count": filled})
                continue
            for row in rows:
                template = N_("'%(column)s' has no place here: %(text)s")
                yield Problem(
                    row.place(*column), None, template, {"column": heading, "text": shown(row.cells[column][1])}
                )


def shown(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def table_of(sheet: Sheet | None) -> Table | None:
    if sheet is None:
        return None
    columns = meanings(sheet)
    rows = []
    for number, line in enumerate(sheet.rows, start=2):
        cells = {columns[position]: (position, text) for position, text in enumerate(line) if text}
        rows.append(Row(sheet, number, cells, set(cells)))
    return Table(sheet, tuple(rows))


def meanings(sheet: Sheet) -> list[Column]:
    """What each column of a sheet means; a cell below no heading stands under its position."""
    from pyxform import aliases
    from pyxform.parsing.sheet_headers import process_header
    from pyxform.question import MultipleChoiceQuestion, Option
    from pyxform.survey import Survey

    known = {
        "survey": (aliases.survey_header, MultipleChoiceQuestion),
        "choices": (aliases.list_header, Option),
        "settings": (aliases.settings_header, Survey),
    }
    names, element = known.get(sheet.name.lower(), ({}, None))
    slots = set(element.get_slot_names()) if element else set()
    double = any("::" in (heading or "") for heading in sheet.headings)
    width = max((len(row) for row in sheet.rows), default=0)
    found: list[Column] = []
    for position in range(max(width, len(sheet.headings))):
        heading = sheet.headings[position] if position < len(sheet.headings) else None
        column = process_header(heading, double, names, slots)[1] if heading else ("", str(position))
        found.append(column if column not in found else (*column, str(position)))
    return found


# Texts in several languages -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Languages:
    """How texts are read: which language a column without one is in, and whether references are to be put together."""

    default: str | None
    """Ours; None where it is one that we do not have."""
    is_ours: bool
    said: Said

    def text(self, row: Row, *column: str) -> dict[str, str] | None:
        """A translation, Chinese always among it; None where nothing is written."""
        found: dict[str, str] = {}
        others: dict[str, Column] = {}
        for full in [*row.columns(*column)]:
            if len(full) > len(column) + 1:
                continue
            language = full[-1] if len(full) > len(column) else ""
            key = key_of_language(language) if language else self.default
            if key is None or key in found:
                others.setdefault(language, full)
                continue
            found[key] = self.clean(row.take(*full), row.place(*full))
        found = {key: text for key, text in found.items() if text}
        if "zh_Hans" in found:
            return found
        return self.substituted(row, found, others)

    def substituted(self, row: Row, found: dict[str, str], others: Mapping[str, Column]) -> dict[str, str] | None:
        """The text in another language, for the Chinese that is not there."""
        if "en" in found:
            self.said.substitutes["English"] += 1
            return {"zh_Hans": found["en"], **found}
        for language, column in others.items():
            text = self.clean(row.take(*column), row.place(*column))
            if text:
                self.said.substitutes[language] += 1
                return {"zh_Hans": text}
        return None

    def clean(self, text: str, place: str) -> str:
        """The text as a questionnaire can hold it."""
        plain = text.replace("\r\n", "\n").replace("\r", "\n")
        if FORBIDDEN.search(plain):
            plain = FORBIDDEN.sub("", plain)
            self.said.say(place, N_("control characters were taken out of the text"))
        plain = unguarded(plain) if self.is_ours else plain
        if not self.is_ours and REFERENCE.search(plain):
            self.said.say(place, N_("a text cannot show an answer here; it stands as it was written: %(text)s"),
                          text=shown(plain))  # fmt: skip
        if len(plain) > LONGEST_TEXT:
            self.said.say(place, N_("the text was cut after %(limit)s characters"), limit=LONGEST_TEXT)
        return plain[:LONGEST_TEXT].strip()


def languages_of(tables: Iterable[Table], default: str, *, is_ours: bool, said: Said) -> Languages:
    if default and default.lower() != "default":
        return Languages(key_of_language(default), is_ours, said)
    labels = [row.cells[("label",)][1] for table in tables for row in table.rows if ("label",) in row.cells]
    is_chinese = any(CHINESE_SIGN.search(label) for label in labels)
    return Languages("zh_Hans" if is_chinese else "en", is_ours, said)
