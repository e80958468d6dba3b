"""A file of published figures -> years of organisations, every bad cell by row. What columns mean says `figures_map`.

Figures stay the text they were published as. Nothing is stored here; that is `published`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from instruments.wording import N_
from survey_app.services.figures_map import WORDING_ROLES, FiguresMap
from survey_app.services.table_file import AnswersFileError, Grid, TableProblem, read_grid

MOST_FIGURES = 500_000
LONGEST_NAME = 200
LONGEST_WORDING = 500
NOTHING = frozenset({"", "NA"})
_FIGURE = re.compile(r"[0-9]{1,4}(\.[0-9]{1,20})?")
_COUNT = re.compile(r"[0-9]{1,9}")
_YEAR = re.compile(r"19[0-9]{2}|20[0-9]{2}")
_BEGINS_FORMULA = ("=", "+", "-", "@")
"""A spreadsheet would reckon such a text; the download of what was imported must be harmless there."""


@dataclass(frozen=True, slots=True)
class ReadFigure:
    """One figure with the row it stands in."""

    row: int
    text: str
    n: int | None

    @property
    def value(self) -> Decimal:
        return Decimal(self.text)

    def percent(self, scale: str) -> Decimal:
        return self.value * (100 if scale == "share" else 1)


@dataclass(slots=True)
class ReadOrganisation:
    name: str
    group: str
    figures: dict[str, ReadFigure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OverHundred:
    """A figure above 100 %: kept as published if somebody confirms that it was published so."""

    row: int
    year: int
    organisation: str
    item: str
    text: str


@dataclass(frozen=True, slots=True)
class FiguresTable:
    """What a file says: organisations by year and name, in the order of the file; only those that have a figure."""

    years: Mapping[int, Mapping[str, ReadOrganisation]]
    over_100: tuple[OverHundred, ...]
    figures: int
    missing: int
    """Cells without a figure."""


@dataclass(frozen=True, slots=True)
class _Row:
    number: int
    year: int
    organisation: str
    group: str
    cells: tuple[tuple[str, str], ...]
    """Item and the text of its figure."""
    n: str


def read_figures(data: bytes, filename: str, said: FiguresMap) -> FiguresTable:
    """Read a long table (a row per organisation and item) or a wide one (a row per organisation).

    Raises: AnswersFileError with every problem found.
    """
    grid = read_grid(data, filename)
    problems = _header_problems(grid[0][1], said)
    if problems:
        raise AnswersFileError(problems)
    years: dict[int, dict[str, ReadOrganisation]] = {}
    figures = missing = 0
    for row in _rows(grid, said, problems):
        organisation = years.setdefault(row.year, {}).setdefault(
            row.organisation, ReadOrganisation(row.organisation, row.group)
        )
        if organisation.group != row.group:
            problems.append(
                TableProblem(N_("“%(name)s” has two groups in one year."), {"name": row.organisation}, row.number)
            )
        n = _number_of_answers(row, problems)
        for item, text in row.cells:
            if text in NOTHING or text in said.missing:
                missing += 1
            elif _is_figure(text, item, row, organisation, problems):
                organisation.figures[item] = ReadFigure(row.number, text, n)
                figures += 1
    problems += _missing_names(years, said) or _scale_problems(years, said)
    if figures > MOST_FIGURES:
        problems.append(TableProblem(N_("The file holds more than %(limit)s figures."), {"limit": MOST_FIGURES}))
    published = _with_figures(years)
    if not published and not problems:
        problems.append(TableProblem(N_("No cell of the file holds a figure.")))
    if problems:
        raise AnswersFileError(problems)
    return FiguresTable(published, tuple(_over_100(published, said)), figures, missing)


def _with_figures(years: Mapping[int, Mapping[str, ReadOrganisation]]) -> dict[int, dict[str, ReadOrganisation]]:
    """A row of which nothing was published says no more than a row that is not there."""
    kept = {year: {name: row for name, row in found.items() if row.figures} for year, found in years.items()}
    return {year: found for year, found in kept.items() if found}


def read_wordings(data: bytes, filename: str, said: FiguresMap) -> dict[int, dict[str, str]]:
    """Wordings by year and item: a table with the columns year, item and wording.

    Raises: AnswersFileError with every problem found.
    """
    grid = read_grid(data, filename)
    header = grid[0][1]
    roles = {name: role for name in header if (role := said.wordings.get(name, name)) is not None}
    problems = _header_of_wordings(header, roles)
    if problems:
        raise AnswersFileError(problems)
    place = {role: header.index(name) for name, role in roles.items()}
    found: dict[int, dict[str, str]] = {}
    for number, cells in grid[1:]:
        year, item, wording = (cells[place[role]] if place[role] < len(cells) else "" for role in WORDING_ROLES)
        texts = ((item, LONGEST_NAME), (wording, LONGEST_WORDING))
        fault, limit = next(((fault, limit) for text, limit in texts if (fault := _text_fault(text, limit))), (None, 0))
        if not _YEAR.fullmatch(year):
            problems.append(TableProblem(N_("“%(value)s” is not a year."), {"value": year}, number))
        elif fault is not None:
            problems.append(TableProblem(fault, {"limit": limit}, number))
        elif item in found.setdefault(int(year), {}):
            problems.append(TableProblem(N_("“%(name)s” stands twice for one year."), {"name": item}, number))
        else:
            found[int(year)][item] = wording
    if problems:
        raise AnswersFileError(problems)
    return found


def _header_of_wordings(header: Sequence[str], roles: Mapping[str, str]) -> list[TableProblem]:
    problems = [
        TableProblem(N_("The file of wordings has no column “%(role)s”."), {"role": role})
        for role in WORDING_ROLES
        if list(roles.values()).count(role) != 1
    ]
    return problems + [
        TableProblem(N_("The column “%(name)s” is neither mapped nor left out."), {"name": name}, 1, name)
        for name, role in roles.items()
        if name and role not in WORDING_ROLES
    ]


def _header_problems(header: Sequence[str], said: FiguresMap) -> list[TableProblem]:
    named = {**said.columns, **said.items}
    problems = [
        TableProblem(N_("The column “%(name)s” occurs %(times)s times."), {"name": name, "times": times}, 1, name)
        for name, times in Counter(header).items()
        if name and times > 1
    ]
    problems += [
        TableProblem(N_("The column map names “%(name)s”, which is not in the file."), {"name": name})
        for name in named
        if name not in header
    ]
    return problems + [
        TableProblem(N_("The column “%(name)s” is neither mapped nor left out."), {"name": name}, 1, name)
        for name in header
        if name and name not in named
    ]


def _rows(grid: Grid, said: FiguresMap, problems: list[TableProblem]) -> Iterator[_Row]:
    """Rows whose year and names can be read; what is wrong with the others goes to the problems."""
    header = grid[0][1]
    place = {role: header.index(name) for name, role in said.columns.items() if role}
    wide = [(code, header.index(name)) for name, code in said.items.items()]
    if len(grid) == 1:
        problems.append(TableProblem(N_("The file has a header but no figures.")))
    for number, cells in grid[1:]:
        if any(cells[len(header) :]):
            problems.append(TableProblem(N_("The row has more cells than the header."), {}, number))
            continue
        padded = [*cells, *[""] * (len(header) - len(cells))]
        text = {role: padded[position] for role, position in place.items()}
        year = str(said.year) if said.year else text["year"]
        names = [text["organisation"], text.get("item", "item"), text.get("group") or "group"]
        fault = next((fault for name in names if (fault := _text_fault(name, LONGEST_NAME))), None)
        if not _YEAR.fullmatch(year):
            problems.append(TableProblem(N_("“%(value)s” is not a year."), {"value": year}, number))
        elif fault is not None:
            problems.append(TableProblem(fault, {"limit": LONGEST_NAME}, number))
        else:
            cells_of = [(code, padded[position]) for code, position in wide] or [(text["item"], text["percent"])]
            yield _Row(
                number, int(year), text["organisation"], text.get("group", ""), tuple(cells_of), text.get("n", "")
            )


def _text_fault(text: str, longest: int) -> str | None:
    if not text:
        return N_("A name is missing.")
    if len(text) > longest:
        return N_("A text has more than %(limit)s characters.")
    if text.startswith(_BEGINS_FORMULA):
        return N_("A text begins with =, +, - or @, which spreadsheets take for a formula.")
    return None


def _number_of_answers(row: _Row, problems: list[TableProblem]) -> int | None:
    if row.n in NOTHING:
        return None
    if not _COUNT.fullmatch(row.n) or int(row.n) == 0:
        problems.append(TableProblem(N_("“%(value)s” is not a number of answers."), {"value": row.n}, row.number))
        return None
    return int(row.n)


def _is_figure(text: str, item: str, row: _Row, organisation: ReadOrganisation, problems: list[TableProblem]) -> bool:
    before = organisation.figures.get(item)
    if before is not None:
        values = {"row": before.row}
        problems.append(TableProblem(N_("The same figure stands in row %(row)s."), values, row.number, item))
    elif not _FIGURE.fullmatch(text):
        problems.append(
            TableProblem(N_("“%(value)s” is not a figure such as 66.7."), {"value": text}, row.number, item)
        )
    else:
        return True
    return False


def _missing_names(years: Mapping[int, Mapping[str, ReadOrganisation]], said: FiguresMap) -> list[TableProblem]:
    """References, participation and items that the map names and the file does not have."""
    names = {name for found in years.values() for name in found}
    items = {item for found in years.values() for one in found.values() for item in one.figures}
    problems = [
        TableProblem(N_("The map names the reference “%(name)s”, which is not in the file."), {"name": name})
        for name in said.references
        if name not in names
    ]
    if said.participation and said.participation not in items:
        values = {"name": said.participation}
        problems.append(
            TableProblem(N_("The map names the participation “%(name)s”, which is not in the file."), values)
        )
    return problems + [
        TableProblem(N_("The map gives a scale to “%(name)s”, which is not in the file."), {"name": name})
        for name in (*said.shares, *said.percents)
        if name not in items
    ]


def _scale_problems(years: Mapping[int, Mapping[str, ReadOrganisation]], said: FiguresMap) -> list[TableProblem]:
    """Shares taken for percentages, in the whole file or in some items, would show every figure as nothing."""
    by_item: dict[str, list[Decimal]] = {}
    for row in (row for found in years.values() for row in found.values()):
        for item, figure in row.figures.items():
            if said.scale_of(item) == "percent" and item not in said.percents:
                by_item.setdefault(item, []).append(figure.value)
    if _look_like_shares([value for found in by_item.values() for value in found]):
        return [
            TableProblem(
                N_(
                    "Half of the figures or more are not above 1 and none is above 2: these are shares. Please write "
                    "“values: share” in the map, or if they are percentages, name the items under “percents”."
                )
            )
        ]
    return [
        TableProblem(
            N_(
                "The figures of “%(name)s” look like shares, not percentages (highest: %(highest)s). Please name it "
                "in the map under “shares”, or if they are percentages, under “percents”."
            ),
            {"name": item, "highest": f"{max(values):f}"},
        )
        for item, values in by_item.items()
        if (len(values) > 1 or item == said.participation) and _look_like_shares(values)
    ]


def _look_like_shares(values: Sequence[Decimal]) -> bool:
    """Half of them or more are at most 1; a participation of more people than were counted may lie above."""
    return bool(values) and 0 < max(values) <= 2 and 2 * sum(value <= 1 for value in values) >= len(values)


def _over_100(years: Mapping[int, Mapping[str, ReadOrganisation]], said: FiguresMap) -> Iterator[OverHundred]:
    found = (
        OverHundred(figure.row, year, organisation.name, item, figure.text)
        for year, organisations in years.items()
        for organisation in organisations.values()
        for item, figure in organisation.figures.items()
        if figure.percent(said.scale_of(item)) > 100
    )
    return iter(sorted(found, key=lambda one: (one.row, one.item)))
