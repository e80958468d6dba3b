"""The map of a file of published figures: which column holds what, which rows are references, what the figures mean.

Reading the file with it is `published_file`; maps of files of answers are read by `answers_file`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from instruments.reading import Source
from instruments.wording import N_
from survey_app.services.answers_file import read_map
from survey_app.services.table_file import AnswersFileError, TableProblem, refuse

ROLES = ("year", "organisation", "group", "item", "percent", "n")
WORDING_ROLES = ("year", "item", "wording")
SCALES = ("percent", "share")
LONGEST_TEXT = 300
CODE_NEEDED = N_("The map needs “series”: a short name of small letters, digits and hyphens, such as staff-survey.")


@dataclass(frozen=True, slots=True)
class FiguresMap:
    """What a map says; `columns` and `items` go from the name in the file to what it is, None leaves a column out."""

    series: str
    title: str
    """Empty, as the next two, where the map does not say it."""
    origin: str
    """Who published the figures, and under which licence."""
    measure: str
    """What the percentages are of, such as “agree or strongly agree”."""
    columns: Mapping[str, str | None]
    items: Mapping[str, str] = field(default_factory=dict)
    """For a table with one row per organisation: column -> item code."""
    wordings: Mapping[str, str | None] = field(default_factory=dict)
    """Columns of the file of wordings, where they are not called year, item and wording."""
    year: int | None = None
    values: str = "percent"
    shares: tuple[str, ...] = ()
    """Items whose figures are shares, whatever `values` says."""
    percents: tuple[str, ...] = ()
    """Items whose figures are percentages, whatever `values` says and however small they are."""
    participation: str | None = None
    references: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Cells that stand for an unpublished figure, besides empty ones and NA."""

    @property
    def is_wide(self) -> bool:
        return bool(self.items)

    def scale_of(self, item: str) -> str:
        return "share" if item in self.shares else "percent" if item in self.percents else self.values


def read_figures_map(data: bytes) -> FiguresMap:
    """Raises: AnswersFileError with every problem of the map."""
    source = read_map(data)
    if not isinstance(source.data, dict):
        raise refuse(N_("The map says nothing: it begins with “series: …”, then “columns:”."))
    problems: list[TableProblem] = []
    said: dict[str, Any] = {}
    for key, value in source.data.items():
        if key not in _KEYS:
            problems.append(_problem(source, key, N_("Line %(line)s of the map: “%(name)s” is not known."), name=key))
        elif not _KEYS[key](value):
            problems.append(
                _problem(source, key, N_("Line %(line)s of the map: “%(name)s” is not as needed."), name=key)
            )
        else:
            said[key] = value
    problems += _misfits(said) if not problems else []
    if problems:
        raise AnswersFileError(problems)
    return FiguresMap(
        series=said["series"],
        title=said.get("title", ""),
        origin=said.get("origin", ""),
        measure=said.get("measure", ""),
        columns=_roles(said.get("columns", {})),
        items={name: code for name, code in said.get("items", {}).items() if code},
        wordings=_roles(said.get("wordings", {})),
        year=said.get("year"),
        values=said.get("values", "percent"),
        shares=tuple(str(item) for item in said.get("shares", ())),
        percents=tuple(str(item) for item in said.get("percents", ())),
        participation=said.get("participation"),
        references=tuple(said.get("references", ())),
        missing=tuple(str(cell) for cell in said.get("missing", ())),
    )


def _problem(source: Source, key: str, template: str, **values: object) -> TableProblem:
    return TableProblem(template, {"line": source.line_of((key,)) or 1, **values})


def _roles(part: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name: role or None for name, role in part.items()}


def _misfits(said: Mapping[str, Any]) -> list[TableProblem]:
    """What is missing, double or does not go together."""
    problems = [] if "series" in said else [TableProblem(CODE_NEEDED)]
    given = [role for role in said.get("columns", {}).values() if role]
    needed = ["organisation"] + ([] if "year" in said else ["year"])
    needed += [] if said.get("items") else ["item", "percent"]
    problems += [
        TableProblem(N_("The map does not say which column holds “%(role)s”."), {"role": role})
        for role in needed
        if role not in given
    ]
    problems += [
        TableProblem(N_("The map gives “%(role)s” to two columns."), {"role": role})
        for role in ROLES
        if given.count(role) > 1
    ]
    if "year" in said and "year" in given:
        problems.append(TableProblem(N_("The map gives the year twice: as a column and as a number.")))
    if said.get("items") and {"item", "percent"} & set(given):
        problems.append(TableProblem(N_("The map has “items”: then no column holds “item” or “percent”.")))
    problems += [
        TableProblem(N_("The map names “%(name)s” under “shares” and under “percents”."), {"name": item})
        for item in said.get("shares", ())
        if item in said.get("percents", ())
    ]
    return problems


def _is_text(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value.strip()) <= LONGEST_TEXT


def _is_code(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 40 and value.replace("-", "").isalnum() and value.isascii()


def _is_list(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str | int) and not isinstance(one, bool) for one in value)


def _gives(roles: tuple[str, ...]) -> Callable[[object], bool]:
    return lambda value: isinstance(value, dict) and all(role in (None, "", *roles) for role in value.values())


_KEYS: Mapping[str, Callable[[Any], bool]] = {
    "series": _is_code,
    "title": _is_text,
    "origin": _is_text,
    "measure": _is_text,
    "columns": _gives(ROLES),
    "items": lambda value: isinstance(value, dict) and all(code is None or _is_text(code) for code in value.values()),
    "wordings": _gives(WORDING_ROLES),
    "year": lambda value: isinstance(value, int) and not isinstance(value, bool) and 1949 <= value <= 2100,
    "values": lambda value: value in SCALES,
    "shares": _is_list,
    "percents": _is_list,
    "participation": _is_text,
    "references": _is_list,
    "missing": _is_list,
}
"""What may stand in a map, and what each part has to be."""
