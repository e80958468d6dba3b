"""Where a problem of a questionnaire is mended: from its path to the page, the form and the control."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from instruments.problems import Problem
from survey_app.forms.editor import DimensionForm, PartForm, ScaleForm, SectionForm, SettingsForm
from survey_app.forms.editor_item import ItemForm
from survey_app.models import QuestionnaireDraft
from survey_app.web.editor_reading import Look, Place

IN_ITEM = re.compile(r"sections\[(\d+)\]\.items\[(\d+)\](?:\.(.*))?")
IN_SECTION = re.compile(r"sections\[(\d+)\](?:\.(.*))?")
IN_DIMENSION = re.compile(r"dimensions\[(\d+)\](?:\.(.*))?")
IN_SCALE = re.compile(r"scales\.(\w+)(?:\.(.*))?", re.ASCII)
LISTS = ("sections", "dimensions", "scales")


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a questionnaire as pages know it: the part, its form, the place inside the part."""

    place: Place
    form: type[PartForm]
    rest: str

    @property
    def control(self) -> str | None:
        """Id of the control; empty for the part as a whole, None where only the text can be mended."""
        return self.form.control_at(self.rest) if self.rest else ""


def spot_of(path: str, look: Look) -> Spot | None:
    """Where a problem with this path is mended; None for lists as a whole and for what has no page."""
    if found := IN_ITEM.fullmatch(path):
        return Spot(("sections", int(found[1]), "items", int(found[2])), ItemForm, found[3] or "")
    if found := IN_SECTION.fullmatch(path):
        return Spot(("sections", int(found[1])), SectionForm, found[2] or "")
    if found := IN_DIMENSION.fullmatch(path):
        return Spot(("dimensions", int(found[1])), DimensionForm, found[2] or "")
    if (found := IN_SCALE.fullmatch(path)) and found[1] in look.scales:
        return Spot(("scales", found[1]), ScaleForm, found[2] or "")
    return Spot((), SettingsForm, path) if SettingsForm.control_at(path) else None


def address_of(draft: QuestionnaireDraft, look: Look, place: Place, anchor: str | None = None) -> str:
    """The form of a part."""
    here: dict[str, Any] = {"draft_id": draft.id, "_anchor": anchor or None}
    match place:
        case ("sections", section, "items", item):
            return url_for("editor_parts.item", section=section, item=item, **here)
        case ("sections", section):
            return url_for("editor_parts.section", section=section, **here)
        case ("dimensions", dimension):
            return url_for("editor_parts.dimension", dimension=dimension, **here)
        case ("scales", str(code)):
            codes = list(look.scales)
            return url_for("editor_parts.scale", scale=codes.index(code) if code in codes else len(codes), **here)
    return url_for("editor_parts.settings", **here)


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem or a hint: where, what, and the way to where it is mended."""

    where: str
    words: str
    address: str


def findings(draft: QuestionnaireDraft, look: Look, problems: Iterable[Problem]) -> list[Finding]:
    return [_finding(draft, look, problem) for problem in problems]


def _finding(draft: QuestionnaireDraft, look: Look, problem: Problem) -> Finding:
    spot = spot_of(problem.path, look)
    if spot is not None and spot.control is not None:
        address = address_of(draft, look, spot.place, spot.control or "form")
    elif problem.path in LISTS:
        address = url_for("editor.show", draft_id=draft.id, _anchor=problem.path)
    else:
        address = url_for("editor.text", draft_id=draft.id, line=problem.line, _anchor="source")
    return Finding(_where(look, spot, problem), in_words(problem), address)


def lines_of(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    """Problems as the text page lists them: line, place, words."""
    return [{"line": one.line, "path": one.path, "words": in_words(one)} for one in problems]


def in_words(problem: Problem) -> str:
    return _(problem.template, **problem.values)


def _where(look: Look, spot: Spot | None, problem: Problem) -> str:
    match spot.place if spot else None:
        case ("sections", int(section), "items", int(item)):
            number = look.numbers().get((section, item))
            return _("Question %(number)s", number=number) if number else _("Words to read")
        case ("sections", int(section)):
            return _("Section %(number)s", number=section + 1)
        case ("dimensions", int(dimension)):
            return _("Dimension %(number)s", number=dimension + 1)
        case ("scales", str(code)):
            return _("Scale %(code)s", code=code)
        case ():
            return _("Settings")
    return _("Line %(line)s", line=problem.line) if problem.line else _("The whole questionnaire")
