"""The rules of XLSForm, as pyxform knows them: whether a workbook is a form at all, said in our words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from instruments.importers.workbook import Sheet
from instruments.problems import InstrumentError, Problem
from instruments.wording import N_

ROW = re.compile(r"\[row : (\d+)\]\s*")
SHEET = re.compile(r"On the '(\w+)' sheet")
COLUMN = re.compile(r"the '([^']+)' value (?:'[^']*' )?is invalid")

MOST_REFERENCES = 3_000
"""Places at which an answer is named, ``${q1}``; with more, pyxform would be busy for minutes."""

SAID: Mapping[str, str] = {
    r"must have a sheet named 'survey'": N_("there is no sheet 'survey', where the questions stand"),
    r"should be a choices sheet": N_("there is no sheet 'choices', where the choices of questions stand"),
    r"List name not in choices sheet: (?P<list>.+)": N_("there is no list '%(list)s' in the sheet 'choices'"),
    r"Unmatched 'begin_(?P<part>\w+)'.*name '(?P<name>.*)'": N_("the group '%(name)s' begins here and ends nowhere"),
    r"Unmatched 'end_(?P<part>\w+)'": N_("a group ends here that begins nowhere"),
    r"Question with no type": N_("the type of the question is missing"),
    r"Question or group with no name": N_("the name is missing"),
    r"Unknown question type '(?P<type>.+?)'": N_("there is no question type '%(type)s'"),
    r"Could not find the name '(?P<name>.+?)'": N_("there is no question '%(name)s'"),
    r"The name '(?P<name>.+?)' appears more than once": N_("the name '%(name)s' stands more than once"),
    r"Reference variables must start with": N_("a reference to an answer is written ${name}"),
    r"Choice names must be unique": N_("the name stands twice in its list"),
    r"groups, and repeats must be unique": N_("the name stands twice in its group"),
    r"Names must begin with a letter": N_("a name begins with a letter and holds letters, digits, _, - or . only"),
    r"Choices must have a name": N_("the name is missing"),
    r"required column headers were not found: (?P<columns>[^.]+)": N_("these columns are missing: %(columns)s"),
}
"""What pyxform says of the usual slips, and how we say it."""


def require_form(sheets: Mapping[str, Sheet]) -> None:
    """Raises InstrumentError, with the place of each fault, where pyxform does not take the workbook for a form."""
    from pyxform import constants
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    require_few_references(sheets)
    if len(sheets) == 1:
        sheets = {constants.SURVEY: next(iter(sheets.values()))}
    forms = {name: sheet for name, sheet in sheets.items() if name in constants.SUPPORTED_SHEET_NAMES}
    data: dict[str, object] = {"sheet_names": [sheet.name for sheet in sheets.values()]}
    for name, sheet in forms.items():
        data[name] = [
            {heading: text for heading, text in zip(sheet.headings, row, strict=False) if heading and text}
            for row in sheet.rows
        ]
        data[f"{name}_header"] = [dict.fromkeys(heading for heading in sheet.headings if heading)]
    try:
        convert(data, validate=False)
    except PyXFormError as error:
        raise InstrumentError(tuple(problems_of(str(error), forms))) from None
    except RecursionError:
        raise InstrumentError((Problem("survey", None, N_("the file is nested too deeply")),)) from None
    except Exception:
        template = N_("the form breaks the rules of XLSForm in a way that cannot be placed")
        raise InstrumentError((Problem("", None, template),)) from None


def require_few_references(sheets: Mapping[str, Sheet]) -> None:
    count = sum(text.count("${") for sheet in sheets.values() for row in sheet.rows for text in row)
    if count > MOST_REFERENCES:
        template = N_("the form refers to answers more than %(limit)s times")
        raise InstrumentError((Problem("survey", None, template, {"limit": MOST_REFERENCES}),))


def problems_of(message: str, sheets: Mapping[str, Sheet]) -> Iterator[Problem]:
    lines = message.split("\n") if message.count("[row : ") > 1 else [message]
    for line in lines:
        yield problem_of(line, sheets)


def problem_of(message: str, sheets: Mapping[str, Sheet]) -> Problem:
    place = place_of(message, sheets)
    for pattern, template in SAID.items():
        found = re.search(pattern, message, re.DOTALL)
        if found:
            values = {key: text for key, text in found.groupdict().items() if f"%({key})s" in template}
            return Problem(place or place_of_value(sheets, values), None, template, values)
    reason = ROW.sub("", message).split("\n")[0][:300]
    return Problem(place, None, N_("the form breaks the rules of XLSForm: %(reason)s"), {"reason": reason})


def place_of_value(sheets: Mapping[str, Sheet], values: Mapping[str, str]) -> str:
    """The first cell of the survey that holds one of the values and nothing else."""
    survey = sheets.get("survey")
    cells = ((n, row) for n, row in enumerate(survey.rows, start=2)) if survey else ()
    found = ((n, row.index(text)) for n, row in cells for text in values.values() if text in row)
    return next((survey.place(n, column) for n, column in found if survey), "")


def place_of(message: str, sheets: Mapping[str, Sheet]) -> str:
    named, row = SHEET.search(message), ROW.search(message)
    if not named and not row:
        return ""
    sheet = sheets.get(named[1] if named else "survey")
    if sheet is None:
        return named[1] if named else ""
    if not row:
        return sheet.name
    column = COLUMN.search(message)
    wanted = column[1] if column else "name" if "with no name" in message else "type"
    headings = [(heading or "").lower() for heading in sheet.headings]
    position = headings.index(wanted.lower()) if wanted.lower() in headings else 0
    return sheet.place(int(row[1]), position)
