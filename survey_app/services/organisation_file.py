"""Units and their numbers as a table: what stands in each column, reading its rows, writing it as CSV or .xlsx.

What a table would change, and changing it, is `organisation_import`. What is written here is read again exactly.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import groupby
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from instruments.model import Audience
from instruments.wording import N_
from survey_app.models import Eligibility, UnitKind, UnitLevel
from survey_app.services.answer_cells import CellError
from survey_app.services.named_columns import NamedColumn, NamedRow, named_table
from survey_app.services.table_file import Grid, TableProblem
from survey_app.services.unit_tree import AnyUnit, unit_tree

Word = TypeVar("Word", bound=StrEnum)

COLUMNS = (
    NamedColumn("code", ("编号", "代码", "单位编号", "单位代码", "unit"), is_needed=True),
    NamedColumn("name", ("名称", "单位名称", "单位")),
    NamedColumn("level", ("层级", "级别")),
    NamedColumn("kind", ("类别", "类型")),
    NamedColumn("parent", ("上级", "上级编号", "上级代码", "所属单位")),
    NamedColumn("year", ("年度", "年份")),
    NamedColumn("reference_day", ("基准日", "参评基准日")),
    NamedColumn("member", ("党员", "党员人数", "members")),
    NamedColumn("staff", ("职工", "职工人数", "群众")),
)
LEVEL_WORDS = {
    UnitLevel.WORKS_COMMITTEE: ("工委", "机关工委", "党工委", "Works committee"),
    UnitLevel.COMMITTEE: ("党委", "机关党委", "基层党委", "Party committee"),
    UnitLevel.GENERAL_BRANCH: ("党总支", "总支", "General branch"),
    UnitLevel.BRANCH: ("党支部", "支部", "Branch"),
    UnitLevel.GROUP: ("党小组", "小组", "Party group"),
}
KIND_WORDS = {
    UnitKind.ORGAN: ("机关", "Organ"),
    UnitKind.ENTERPRISE: ("企业", "国企", "Enterprise"),
    UnitKind.VILLAGE: ("农村", "村", "Village"),
    UnitKind.COMMUNITY: ("社区", "Community"),
    UnitKind.SOCIAL: ("社会组织", "Social organisation"),
    UnitKind.UNIVERSITY: ("高校", "大学", "University"),
}
"""The first word is the one that is written in Chinese."""

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
LONGEST_CODE, LONGEST_NAME = 32, 100
YEARS = range(2000, 2101)
MOST_PEOPLE = 100_000
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,12}")
DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:T00:00:00)?")
FORMULA = ("=", "+", "-", "@")


@dataclass(frozen=True, slots=True)
class UnitRow:
    """A row as read: None where the cell is empty, which leaves things as they are."""

    number: int
    code: str
    name: str | None
    level: UnitLevel | None
    kind: UnitKind | None
    parent: str | None
    year: int | None
    reference_day: date | None
    people: Mapping[str, int]
    """By audience."""


@dataclass(frozen=True, slots=True)
class UnitTable:
    """A table of units as read; `headings` by key of the column, `problems` with single cells."""

    rows: tuple[UnitRow, ...]
    headings: Mapping[str, str]
    problems: tuple[TableProblem, ...]


def read_rows(grid: Grid, *, year: int | None = None) -> UnitTable:
    """The rows of a table of units. `year` is meant where a row names none.

    Raises: WholeFileError for headings that cannot be understood.
    """
    table = named_table(grid, COLUMNS)
    problems = list(table.problems)
    rows = tuple(_row(row, table.headings, year, problems) for row in table.rows)
    return UnitTable(rows, table.headings, tuple(problems))


def unit_rows(session: Session, units: Sequence[AnyUnit], *, year: int | None, chinese: bool) -> list[list[str]]:
    """Heading and rows of these units, parents before children, with the numbers of a year or of every year.

    Units that have ended are left out. A unit without numbers has one row; one with other days for members and for
    staff has a row for each.
    """
    words = 0 if chinese else None
    heading = [column.key if words is None else column.names[words] for column in COLUMNS]
    known = _numbers(session, units, year)
    codes = {place.id: place.code for place in unit_tree(session)}
    rows = [heading]
    for unit in units:
        if unit.ended_on is None:
            above = codes[unit.parent_id] if unit.parent_id else ""
            level = LEVEL_WORDS[unit.level][0] if chinese else unit.level.value
            kind = KIND_WORDS[unit.kind][0] if chinese else unit.kind.value
            rows += [
                [unit.code, unit.name, level, kind, above, *cells]
                for cells in _number_cells(known.get(unit.id, []), year)
            ]
    return rows


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """CSV with a mark, so that spreadsheet programs read it as UTF-8; what would begin a formula is held as text."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows([[held(cell) for cell in row] for row in rows])
    return text.getvalue().encode("utf-8-sig")


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    """A workbook of one sheet; numbers of people are numbers, everything else stays text."""
    from xlsxwriter.workbook import Workbook  # heavy, and not needed to answer

    stream = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(stream, options) as book:
        sheet, bold = book.add_worksheet(), book.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        for column, width in enumerate((14, 32, 12, 12, 14, 8, 12, 8, 8)):
            sheet.set_column(column, column, width)
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                if place and column in NUMBER_PLACES and cell:
                    sheet.write_number(place, column, int(cell))
                else:
                    sheet.write_string(place, column, held(cell) if cell[:1] == "'" else cell, None if place else bold)
    return stream.getvalue()


NUMBER_PLACES = [place for place, column in enumerate(COLUMNS) if column.key in ("year", *Audience)]


def held(cell: str) -> str:
    """A cell that no spreadsheet program takes for a formula; reading takes the apostrophe off again."""
    return f"'{cell}" if cell.lstrip("'").startswith(FORMULA) else cell


def released(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and held(cell) != cell else cell


def _row(row: NamedRow, headings: Mapping[str, str], year: int | None, problems: list[TableProblem]) -> UnitRow:
    def read(key: str, reader: Callable[[str], object]) -> object:
        cell = released(row.cells.get(key, ""))
        try:
            return reader(cell) if cell else None
        except CellError as bad:
            problems.append(TableProblem(bad.template, bad.values, row.number, headings[key]))
            return None

    found = {key: read(key, reader) for key, reader in READERS.items()}
    people = {str(audience): found.pop(audience.value) for audience in Audience}
    counted = {audience: count for audience, count in people.items() if isinstance(count, int)}
    code = found["code"]
    if code is None and not row.cells["code"]:
        problems.append(TableProblem(N_("The code is missing."), {}, row.number, headings["code"]))
    if found["year"] is None and not row.cells.get("year") and (counted or found["reference_day"]):
        found["year"] = year
        if year is None:
            problems.append(TableProblem(N_("The year that these numbers belong to is missing."), {}, row.number))
    return UnitRow(number=row.number, people=counted, **{**found, "code": code or ""})  # type: ignore[arg-type]


def _plain(cell: str) -> str:
    """Full-width digits and blanks as people type them on any keyboard."""
    return unicodedata.normalize("NFKC", cell).strip()


def _code(cell: str) -> str:
    if len(cell) > LONGEST_CODE or not CODE.fullmatch(cell):
        raise CellError(
            N_("“%(code)s” is no code: letters, digits, dots and hyphens, at most %(most)s."),
            code=cell, most=LONGEST_CODE,
        )  # fmt: skip
    return cell


def _name(cell: str) -> str:
    line = " ".join(cell.splitlines())
    if len(line) > LONGEST_NAME:
        raise CellError(N_("The name has more than %(most)s characters."), most=LONGEST_NAME)
    return line


def _year(cell: str) -> int:
    written = _plain(cell).removesuffix("年度").removesuffix("年")
    if not WHOLE_NUMBER.fullmatch(written) or int(written) not in YEARS:
        raise CellError(N_("“%(value)s” is no year such as 2026."), value=cell)
    return int(written)


def _day(cell: str) -> date:
    written = DAY.fullmatch(_plain(cell))
    try:
        day = date(*map(int, written.groups())) if written else None
    except ValueError:
        day = None
    if day is None or day.year not in YEARS:
        raise CellError(N_("“%(value)s” is no day such as 2026-11-30."), value=cell)
    return day


def _count(cell: str) -> int:
    written = _plain(cell)
    if not WHOLE_NUMBER.fullmatch(written):
        raise CellError(N_("“%(value)s” is not a whole number."), value=cell)
    if not 0 <= int(written) <= MOST_PEOPLE:
        raise CellError(N_("%(value)s is not a number from 0 to %(most)s."), value=written, most=MOST_PEOPLE)
    return int(written)


def _one_of(words: Mapping[Word, tuple[str, ...]], template: str) -> Callable[[str], Word]:
    known = {_plain(word).casefold(): kind for kind, said in words.items() for word in (kind.value, *said)}

    def read(cell: str) -> Word:
        found = known.get(_plain(cell).casefold())
        if found is None:
            raise CellError(template, value=cell)
        return found

    return read


READERS: Mapping[str, Callable[[str], object]] = {
    "code": _code,
    "name": _name,
    "level": _one_of(
        LEVEL_WORDS,
        N_("“%(value)s” is no level: works committee, party committee, general branch, branch or party group."),
    ),
    "kind": _one_of(
        KIND_WORDS,
        N_("“%(value)s” is no kind: organ, enterprise, village, community, social organisation or university."),
    ),
    "parent": str,
    "year": _year,
    "reference_day": _day,
    **{audience.value: _count for audience in Audience},
}


def _numbers(session: Session, units: Sequence[AnyUnit], year: int | None) -> dict[object, list[Eligibility]]:
    rows = select(Eligibility).where(Eligibility.unit_id.in_([unit.id for unit in units]))
    if year is not None:
        rows = rows.where(Eligibility.year == year)
    ordered = session.scalars(rows.order_by(Eligibility.unit_id, Eligibility.year, Eligibility.reference_day))
    return {unit_id: list(found) for unit_id, found in groupby(ordered, key=lambda row: row.unit_id)}


def _number_cells(rows: Sequence[Eligibility], year: int | None) -> Iterator[list[str]]:
    """Year, day and a number for each audience; empty ones where there are none."""
    if not rows:
        yield ["" if year is None else str(year), "", *["" for _ in Audience]]
    for (of, day), same in groupby(rows, key=lambda row: (row.year, row.reference_day)):
        people = {row.audience: str(row.people) for row in same}
        yield [str(of), day.isoformat(), *[people.get(audience.value, "") for audience in Audience]]
