"""Instrument -> XLSForm workbook (.xlsx). What XLSForm has no words for stands in our own columns and sheets.

The layout, shared with reading, is `layout`; reading back is `instruments.importers.xlsform`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from types import MappingProxyType

from instruments.exporters.choice_lists import ChoiceLists
from instruments.exporters.layout import (
    DIMENSION_SHEET,
    FIELDS,
    INTRODUCTION,
    OTHER_LINE,
    OWN,
    OWN_SHEET,
    RECOMMENDATION_STEPS,
    SAID_BY_XLSFORM,
    SCALE_SHEET,
    SECTION,
    TABLE,
    Question,
    free_name,
    relevant_of,
)
from instruments.exporters.sheets import (
    Row,
    cell,
    columns_of,
    own,
    own_columns,
    own_rows,
    settings_row,
    texts,
    workbook,
)
from instruments.model import OPTION_TYPES, Instrument, Item, ItemType, Section, Translation, other_lines
from instruments.problems import Problem
from instruments.wording import N_

RESERVED = ("meta", "audit", "instanceID", "instanceName")
"""Names that XLSForm keeps for itself."""


@dataclass(frozen=True, slots=True)
class Exported:
    """The workbook, and what XLSForm applications will not understand of it."""

    content: bytes
    left_out: tuple[Problem, ...]


def write_xlsform(instrument: Instrument) -> Exported:
    """A workbook that pyxform converts and that reads back to the same content (`loader.content_hash`).

    Raises InstrumentError where a text is longer than a cell of a workbook can be.
    """
    writing = Writing(instrument, ChoiceLists(instrument))
    sheets = {
        "survey": writing.survey(),
        "choices": writing.lists.rows,
        "settings": [settings_row(instrument)],
        OWN_SHEET: own_rows(instrument),
        DIMENSION_SHEET: [{"code": part.code, **texts("title", part.title)} for part in instrument.dimensions],
        SCALE_SHEET: [
            {"code": code, "list_name": writing.lists.of_scale.get(code, ""), "satisfied": " ".join(map(str, best))}
            for code, best in ((code, scale.satisfied) for code, scale in instrument.scales.items())
        ],
    }
    columns = {name: columns_of(name, rows) for name, rows in sheets.items()}
    return Exported(workbook(sheets, columns), (*writing.problems, *own_columns(columns)))


@dataclass(slots=True)
class Writing:
    """One pass over the questionnaire: the rows of the sheet ``survey``, and what was found on the way."""

    instrument: Instrument
    lists: ChoiceLists
    names: set[str] = field(default_factory=lambda: set(RESERVED))
    questions: list[Question] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def survey(self) -> list[Row]:
        self.names.update(item.code for section in self.instrument.sections for item in section.items)
        seen: set[str] = set(RESERVED)
        for section in self.instrument.sections:
            self.section(section, seen)
        return self.rows

    def section(self, section: Section, seen: set[str]) -> None:
        name = self.new_name(section.code)
        begin = self.row("begin_group", name, section.title, appearance="field-list")
        begin |= own(part=SECTION, code=section.code if section.code != name else "")
        begin |= own(shuffled="yes" if section.shuffled else "")
        if section.intro is not None:
            self.row("note", self.new_name(f"{name}_{INTRODUCTION}"), section.intro).update(own(part=INTRODUCTION))
        for table, items in self.tables(section):
            inner = self.new_name(table) if table else ""
            if table:
                self.row("begin_group", inner, None, appearance="table-list").update(own(part=TABLE))
            for item in items:
                self.item(item, seen)
            if table:
                self.row("end_group", inner, None)
        self.row("end_group", name, None)

    def tables(self, section: Section) -> Iterator[tuple[str, list[Item]]]:
        """Neighbours that make a table, with its code; other items under no code."""

        def table(item: Item) -> tuple[str, str]:
            has_list = item.type is ItemType.SCALE and item.scale in self.lists.of_scale
            return (item.matrix, item.scale or "") if item.matrix and has_list else ("", "")

        for (code, _scale), items in groupby(section.items, key=table):
            together = list(items)
            yield (code if len(together) > 1 else ""), together

    def item(self, item: Item, seen: set[str]) -> None:
        name = item.code if item.code.lower() not in {one.lower() for one in seen} else self.new_name(item.code)
        seen.add(name)
        self.names.add(name)
        row = self.row(self.kind_of(item), name, item.text)
        row |= texts("hint", item.hint) | texts(f"{OWN}::short", item.short)
        row |= own(type=item.type.value, code=item.code if item.code != name else "")
        row["required"] = "yes" if item.required and item.type is not ItemType.INFORMATION else ""
        row["constraint"] = constraint_of(item, self.lists)
        row["parameters"] = RECOMMENDATION_STEPS if item.type is ItemType.RECOMMEND else ""
        row["appearance"] = "multiline" if item.type is ItemType.TEXT and not item.is_short else ""
        row |= own(**self.fields(item))
        self.rule(item.visible_if, row)
        self.questions.append(Question(name, item.code, item.type, self.lists.codes_of(item)))
        if item.type in (ItemType.SINGLE, ItemType.MULTIPLE):
            for line in other_lines(item):
                self.other_line(line)

    def kind_of(self, item: Item) -> str:
        """The type of the row; a question without its list is words to read, as XLSForm has no empty lists."""
        if item.type in PLAIN_KINDS:
            return PLAIN_KINDS[item.type]
        name = self.lists.of(item)
        if name is not None:
            return f"{LIST_KINDS[item.type]} {name}"
        template = N_("'%(code)s' has nothing to choose from, so it is written as words to read")
        self.problems.append(Problem(self.place("type"), None, template, {"code": item.code}))
        return "note"

    def fields(self, item: Item) -> dict[str, str]:
        """Keys of the item that need a column of ours."""
        said = SAID_BY_XLSFORM[item.type]
        if item.type is ItemType.SCALE and item.scale in self.lists.of_scale:
            said |= {"scale"}
        data = item.model_dump(mode="json", by_alias=True, exclude_defaults=True)
        found = {key: cell(data[key]) for key in FIELDS if key in data and key not in said}
        if item.options and item.type not in OPTION_TYPES:
            found["options"] = self.lists.of_options(item) or ""
        return found

    def rule(self, rule: str | None, row: Row) -> None:
        if rule is None:
            return
        row |= own(visible_if=rule)
        relevant = relevant_of(rule, self.questions)
        row["relevant"] = relevant or ""
        if relevant is None:
            template = N_("the rule “%(rule)s” cannot be said in XLSForm, so everybody is asked there")
            self.problems.append(Problem(self.place("relevant"), None, template, {"rule": rule}))

    def other_line(self, line: Item) -> None:
        name = self.new_name(line.code)
        row = self.row("text", name, line.text)
        row |= own(part=OTHER_LINE)
        row["constraint"] = constraint_of(line, self.lists)
        row["relevant"] = relevant_of(line.visible_if or "", self.questions) or ""
        self.questions.append(Question(name, line.code, line.type))

    def row(self, kind: str, name: str, label: Translation | None, *, appearance: str = "") -> Row:
        row = {"type": kind, "name": name, **texts("label", label), "appearance": appearance}
        self.rows.append(row)
        return row

    def new_name(self, wanted: str) -> str:
        name = free_name(wanted, self.names)
        self.names.add(name)
        return name

    def place(self, column: str) -> str:
        """The cell of the row that is written next, for a column that stands in every workbook."""
        letters = {"type": "A", "relevant": "H"}
        return f"survey!{letters[column]}{len(self.rows) + (1 if column == 'relevant' else 2)}"


PLAIN_KINDS: Mapping[ItemType, str] = MappingProxyType(
    {
        ItemType.RECOMMEND: "range",
        ItemType.NUMBER: "integer",
        ItemType.DATE: "date",
        ItemType.TEXT: "text",
        ItemType.INFORMATION: "note",
    }
)
LIST_KINDS: Mapping[ItemType, str] = MappingProxyType(
    {
        ItemType.SCALE: "select_one",
        ItemType.YES_NO: "select_one",
        ItemType.SINGLE: "select_one",
        ItemType.MULTIPLE: "select_multiple",
        ItemType.RANKING: "rank",
    }
)


def constraint_of(item: Item, lists: ChoiceLists) -> str:
    """What an answer has to fulfil, as far as the row's type does not say it already."""
    match item.type:
        case ItemType.NUMBER:
            limits = ((">=", item.minimum), ("<=", item.maximum))
            said = [f". {sign} {limit}" for sign, limit in limits if limit is not None]
        case ItemType.DATE:
            days = ((">=", item.earliest), ("<=", item.latest))
            said = [f". {sign} date('{day.isoformat()}')" for sign, day in days if day is not None]
        case ItemType.TEXT:
            said = [f"string-length(.) <= {item.max_length}"]
        case ItemType.MULTIPLE:
            names = [name for name, option in lists.options_of(item) if option.exclusive]
            said = [f"not(selected(., '{name}') and count-selected(.) > 1)" for name in names]
        case _:
            said = []
    return " and ".join(said)
