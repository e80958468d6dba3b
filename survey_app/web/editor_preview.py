"""How members would see questions that are being written: the parts of the answer sheet, made from plain data.

Each question is looked at by itself, so that one that is not finished does not hide the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from markupsafe import Markup

from instruments.form import understood
from instruments.model import OPTION_TYPES, Audience, Instrument, Item, ItemType, Section, Translation
from instruments.reading import Source
from survey_app.forms.editor_fields import as_typed
from survey_app.forms.questions import Question
from survey_app.forms.whole_sheet import WholeSheet
from survey_app.web.context import HTML_LANGUAGES, LANGUAGE_NAMES, page_language

NAMELESS = {"zh_Hans": "…"}
PREFIX = "preview"

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Screen:
    """One section on the phone, in one language."""

    title: str
    intros: tuple[str, ...]
    questions: tuple[Question, ...]
    words: tuple[str, ...]
    """Words to read after which nothing is asked yet."""
    unfinished: tuple[str, ...]
    """Why something is not shown."""


@dataclass(frozen=True, slots=True)
class Phone:
    """A phone with its screen drawn, in one language."""

    name: str
    html_lang: str
    screen: Markup


@dataclass(frozen=True, slots=True)
class Part:
    """A section with those of its items that can be shown, and why the others cannot."""

    section: Data
    ready: tuple[tuple[Item, Instrument], ...]
    unfinished: tuple[str, ...]


def phones_for(sections: Sequence[tuple[Data, Sequence[Data]]], scales: Mapping[str, Data]) -> list[Phone]:
    """A phone for each language, showing these sections with these items.

    Why something is not shown is told in the language of the page, to whoever writes the questionnaire.
    """
    parts = []
    for section, items in sections:
        found = [_item(item, scales, position) for position, item in enumerate(items)]
        ready = tuple(one for one in found if not isinstance(one, str))
        parts.append(Part(section, ready, tuple(one for one in found if isinstance(one, str))))
    return [_phone(parts, language, page_language()) for language in HTML_LANGUAGES]


def _phone(parts: Sequence[Part], language: str, told_in: str) -> Phone:
    with force_locale(language):
        screens, first = [], 1
        for part in parts:
            screen = _screen(part, language, first)
            screens.append(screen)
            first += len(screen.questions)
        page = render_template("editor/screen.html", screens=screens, told_in=HTML_LANGUAGES[told_in])
    return Phone(LANGUAGE_NAMES[language], HTML_LANGUAGES[language], Markup(page))  # noqa: S704  our own template


def _screen(part: Part, language: str, first: int) -> Screen:
    alone = _instrument([], {}, part.section)
    heading = alone.sections[0] if alone and part.section else None
    sheet = WholeSheet(_joined(part.ready), language=language)
    asked = sheet.pages[0].questions if sheet.path else ()
    prefix = f"{PREFIX}-{language}"
    return Screen(
        title=heading.title.in_language(language) if heading else "",
        intros=(heading.intro.in_language(language),) if heading and heading.intro else (),
        questions=tuple(_apart(question, prefix, number) for number, question in enumerate(asked, start=first)),
        words=tuple(item.text.in_language(language) for item in _words_at_end([one for one, _alone in part.ready])),
        unfinished=part.unfinished,
    )


def _item(part: Data, scales: Mapping[str, Data], position: int) -> tuple[Item, Instrument] | str:
    """The item in a questionnaire of its own, or why it cannot be shown yet."""
    alone = {key: value for key, value in part.items() if key not in ("visible_if", "role", "dimension")}
    alone["code"] = f"item{position}"
    code = as_typed(part.get("scale"))
    if part.get("type", ItemType.SCALE.value) == ItemType.SCALE.value and code not in scales:
        return _("A question is not shown yet: please choose its scale.")
    if "scale" in alone:
        alone["scale"] = f"scale{position}"
    instrument = _instrument([alone], {f"scale{position}": scales[code]} if code in scales else {}, {})
    if instrument is None:
        return _("A question is not shown yet: something in it cannot be understood.")
    item = instrument.sections[0].items[0]
    if item.type in OPTION_TYPES and not item.options:
        return _("A question is not shown yet: it has no options.")
    if item.type is ItemType.SCALE and not instrument.scale_of(item).levels:
        return _("A question is not shown yet: its scale has no levels.")
    return item, instrument


def _instrument(items: list[Data], scales: Mapping[str, Data], section: Data) -> Instrument | None:
    data = {
        "schema": 1,
        "code": "preview",
        "title": NAMELESS,
        "audience": "member",
        "scales": scales,
        "sections": [{"code": "preview", "title": NAMELESS, **_heading(section), "items": items}],
    }
    return understood(Source(data, {}, ()))[0]


def _heading(section: Data) -> dict[str, Any]:
    return {key: section[key] for key in ("title", "intro") if key in section}


def _joined(ready: Sequence[tuple[Item, Instrument]]) -> Instrument:
    """One questionnaire of the items that can be shown, each with its own scale."""
    items = tuple(item for item, _instrument in ready)
    scales = {code: scale for _item, instrument in ready for code, scale in instrument.scales.items()}
    nameless = Translation(zh_Hans=NAMELESS["zh_Hans"])
    return Instrument(
        schema_version=1,
        code="preview",
        title=nameless,
        audience=Audience.MEMBER,
        scales=scales,
        sections=(Section(code="preview", title=nameless, items=items),),
    )


def _words_at_end(items: Sequence[Item]) -> list[Item]:
    asked = [position for position, item in enumerate(items) if item.type is not ItemType.INFORMATION]
    return list(items[asked[-1] + 1 if asked else 0 :])


def _apart(question: Question, prefix: str, number: int) -> Question:
    """The question with names of its own, so that it is no part of any form on the page."""
    identifier = f"{prefix}-{number}"
    choices = tuple(
        replace(choice, id=f"{identifier}-{place}", name=identifier) for place, choice in enumerate(question.choices)
    )
    return replace(question, id=identifier, name=identifier, number=number, choices=choices)
