"""XLSForm workbook (.xlsx) -> YAML of a questionnaire, and everything of the file that has no place in one.

What is refused is `package`, the rules of the form are pyxform's (`pyxform_rules`), rows become items in `questions`.
The other way, and what our own columns mean, is `instruments.exporters`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass

from instruments.exporters.layout import DIMENSION_SHEET, OWN_SHEET, OWN_SHEETS, SCALE_SHEET
from instruments.form import understood
from instruments.importers.choices import ChoiceList, Data, lists_of
from instruments.importers.columns import CHINESE_SIGN, Languages, Said, Table, languages_of, shown, table_of
from instruments.importers.form import Form
from instruments.importers.pyxform_rules import require_form
from instruments.importers.questions import Questions
from instruments.importers.scales import Scales, whole
from instruments.importers.workbook import Sheet, read_workbook
from instruments.loader import dump, round_trip
from instruments.model import Audience, Instrument
from instruments.problems import Problem
from instruments.reading import Source
from instruments.wording import N_

READ = ("survey", "choices", "settings", *OWN_SHEETS)
INSTRUMENT_CODE = re.compile(r"[a-z][a-z0-9-]{0,63}")
NOT_IN_CODES = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Imported:
    """YAML for `instruments.loader.load`, and what the file says beyond it, with its cells (``survey!C12``)."""

    source: str
    left_out: tuple[Problem, ...]


def read_xlsform(content: bytes, *, name: str = "") -> Imported:
    """The questionnaire in a workbook; ``name`` is the file's, for forms that have none.

    What XLSForm lacks is assumed and said, so the YAML is well formed, though not always fit to publish. Raises
    InstrumentError, with the cells, for a file that cannot be read, is refused or breaks the rules of XLSForm.
    """
    workbook = read_workbook(content)
    require_form(workbook.sheets)
    sheets = dict(workbook.sheets)
    if len(sheets) == 1:
        sheets = {"survey": next(iter(sheets.values()))}
    tables = {key: table for key in READ if (table := table_of(sheets.get(key))) is not None}
    said = Said()
    is_ours = OWN_SHEET in sheets
    languages = languages_of(tables.values(), default_language(tables), is_ours=is_ours, said=said)
    data = questionnaire(tables, languages, name)
    unread = tuple(unread_sheets(sheets))
    untaken = tuple(problem for table in tables.values() for problem in table.untaken())
    return Imported(yaml_of(data), (*workbook.problems, *said.all(), *unread, *untaken))


def default_language(tables: Mapping[str, Table]) -> str:
    settings = tables.get("settings")
    return settings.rows[0].take("default_language") if settings and settings.rows else ""


def questionnaire(tables: Mapping[str, Table], languages: Languages, name: str) -> Data:
    lists = lists_of(tables.get("choices"), languages)
    scales = Scales(languages)
    scales.add_own(tables.get(SCALE_SHEET), lists)
    data = head(tables, languages, name)
    form = Form(Questions(languages, lists, scales), languages, data["title"])
    sections = form.read(tables["survey"])
    say_unused(lists, languages)
    return {**data, "scales": scales.data, "dimensions": dimensions(tables, languages), "sections": sections}


def head(tables: Mapping[str, Table], languages: Languages, name: str) -> Data:
    """What holds for the questionnaire as a whole."""
    data = settings(tables, languages, name)
    own = tables.get(OWN_SHEET)
    rows = own.rows if own else ()
    values = {row.take("key"): languages.clean(row.take("value"), row.place("value")) for row in rows}
    if not own:
        template = N_("assumed: it asks members, takes %(minutes)s minutes and is not held against objectives")
        minutes = Instrument.model_fields["minutes"].default
        languages.said.say("settings", template, minutes=minutes)
        return {"schema": 1, **data, "audience": Audience.MEMBER.value, "annual": False}
    if "title" in values:
        data["title"]["en"] = values["title"]
    note = {key: values[f"note::{key}"] for key in ("zh_Hans", "en") if f"note::{key}" in values}
    return {
        "schema": whole(values.get("schema", "1")),
        **data,
        **({"note": note} if note else {}),
        "audience": values.get("audience", Audience.MEMBER.value),
        "annual": values.get("annual", "yes") == "yes",
        **{key: whole(values[key]) for key in ("minutes", "local_items") if key in values},
    }


def settings(tables: Mapping[str, Table], languages: Languages, name: str) -> Data:
    """Code and title, from the settings or the name of the file."""
    table = tables.get("settings")
    row = table.rows[0] if table and table.rows else None
    given = row.take("id_string") if row else ""
    title = row.take("title") if row else ""
    if row and languages.is_ours:
        row.take("version")
    code = given if INSTRUMENT_CODE.fullmatch(given) else instrument_code(given or name.rpartition(".")[0] or name)
    place = row.place("id_string") if row else "settings"
    if code != given:
        languages.said.say(place, N_("assumed: the code of the questionnaire is '%(code)s'"), code=code)
    if not title:
        title = given or name or code
        languages.said.say(place, N_("assumed: the title of the questionnaire is '%(title)s'"), title=shown(title))
    plain = languages.clean(title, place)
    is_chinese = languages.is_ours or CHINESE_SIGN.search(plain)
    return {"code": code, "title": {"zh_Hans": plain} | ({} if is_chinese else {"en": plain})}


def instrument_code(name: str) -> str:
    plain = NOT_IN_CODES.sub("-", name.lower()).strip("-")
    return (plain if plain[:1].isalpha() else f"form-{plain}").strip("-")[:64].rstrip("-")


def dimensions(tables: Mapping[str, Table], languages: Languages) -> list[Data]:
    table = tables.get(DIMENSION_SHEET)
    rows = [(row.take("code"), languages.text(row, "title")) for row in table.rows] if table else []
    return [{"code": code, "title": title or {"zh_Hans": code}} for code, title in rows if code]


def say_unused(lists: Mapping[str, ChoiceList], languages: Languages) -> None:
    for found in lists.values():
        if not found.is_used:
            languages.said.say(found.place, N_("no question uses the list '%(list)s'"), list=found.name)


def unread_sheets(sheets: Mapping[str, Sheet]) -> list[Problem]:
    template = N_("the sheet '%(sheet)s' has no place here")
    return [
        Problem(sheet.name, None, template, {"sheet": sheet.name})
        for key, sheet in sheets.items()
        if key not in READ and (sheet.headings or sheet.rows)
    ]


def yaml_of(data: Data) -> str:
    """The YAML; where the workbook was changed into something that is no questionnaire, for the loader to say so."""
    instrument, _problems = understood(Source(data, {}, ()))
    if instrument is not None:
        return dump(instrument)
    stream = io.StringIO()
    round_trip().dump(data, stream)
    return stream.getvalue()
