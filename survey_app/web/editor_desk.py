"""A part of a draft on the desk: its form filled in, what can be chosen in it, its problems beside the controls.

What the buttons lead to is `editor_parts`; how a change gets into the text is `editor_changes`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask_babel import gettext as _

from instruments.library import LIBRARY
from instruments.model import BUILT_IN, ItemType
from instruments.problems import Problem
from survey_app.errors import DraftChanged
from survey_app.forms.editor import (
    UNSCORED,
    CodedForm,
    DimensionForm,
    PartForm,
    ScaleForm,
    SectionForm,
    SettingsForm,
)
from survey_app.forms.editor_fields import as_typed, mappings_in
from survey_app.forms.editor_item import READY, ROLES, TYPES, ItemForm, part_choices
from survey_app.forms.editor_rule import JOINTS, OPERATORS, Asked
from survey_app.models import QuestionnaireDraft
from survey_app.web.editor_changes import id_of, with_part
from survey_app.web.editor_findings import Spot, in_words
from survey_app.web.editor_page import levels_of, library_choices, words_of
from survey_app.web.editor_preview import Phone, phones_for
from survey_app.web.editor_reading import Look, Place, free_code, look_at

Part = Mapping[str, Any]
FindSpot = Callable[[str, Look], Spot | None]

NEW_SCALE = {"code": "", "zh": "", "en": "", "satisfied": ""}


@dataclass
class Desk:
    """One part being worked on."""

    draft: QuestionnaireDraft
    look: Look
    place: Place
    kind: str
    """`sections`, `items`, `scales`, `dimensions`, or `settings`."""
    present: Part | None
    """The part so far; None for a new one."""
    form: PartForm
    own: str
    """Code of the part; empty for a new one, and for the settings."""
    faults: list[str] = field(default_factory=list)
    """What is wrong with the part as a whole."""
    told: dict[str, str] = field(default_factory=dict)
    """What is wrong in a row, by the id of its control."""

    @property
    def template(self) -> str:
        return TEMPLATES[self.kind]

    @property
    def is_new(self) -> bool:
        return self.present is None

    @property
    def anchor(self) -> str | None:
        """What has the focus on the overview when one goes back."""
        if self.kind == "settings":
            return None
        if self.is_new:
            return id_of(self.place[:2]) if self.kind == "items" else self.kind
        return id_of(self.place, "edit")

    @property
    def saved_place(self) -> Place:
        """Where the part stands after saving."""
        return ("scales", self.form["code"].data) if self.kind == "scales" else self.place

    def require_revision(self, revision: int) -> None:
        """Raises: DraftChanged."""
        if revision != self.draft.revision:
            raise DraftChanged

    def changed(self) -> str:
        """The text of the draft as the form says."""
        return with_part(self.draft.source, self.place, self.form, self.present)

    def catch_up(self, draft: QuestionnaireDraft) -> None:
        """The draft is another now: what is typed may be saved over it only where the same part still stands."""
        now = desk_at(draft, self.place)
        if now is not None and now.own == self.form.was.data:
            self.form.revision.data = str(draft.revision)

    @property
    def is_another(self) -> bool:
        """Another part stands here than the one the form was opened on."""
        return self.own != (self.form.was.data or "")

    def place_now(self) -> Place:
        """Where that part stands now: it may have been moved, and a new one comes last; here if it is gone."""
        was, look = self.form.was.data or "", self.look
        match self.kind:
            case "items":
                inside = (self.place[0], self.place[1], "items", len(look.items_in(int(self.place[1]))))
                placed = (
                    ("sections", one, "items", two) for one, two, part in look.placed_items() if _code_of(part) == was
                )
                return next(placed, self.place) if was else inside
            case "sections" | "dimensions":
                parts = look.sections if self.kind == "sections" else look.dimensions
                found = ((self.kind, place) for place, part in enumerate(parts) if _code_of(part) == was)
                return next(found, self.place) if was else (self.kind, len(parts))
            case "scales":
                return ("scales", was) if not was or was in look.scales else self.place
        return self.place

    def tell(self, spot_of: FindSpot, problems: Iterable[Problem] | None = None) -> None:
        """Problems of this part beside their controls; by default those of the draft as it is stored."""
        for problem in self.look.problems if problems is None else problems:
            spot = spot_of(problem.path, self.look)
            if spot is None or spot.form is not type(self.form) or spot.place != self.saved_place:
                continue
            words, control = in_words(problem), spot.control
            if control in self.form:
                self.form[control].errors = [*self.form[control].errors, words]
            elif control is not None or problems is None:  # what only the text can mend does not stop saving
                self.faults.append(words)
                self.told.setdefault(control or "", words)

    def offer(self) -> None:
        """What can be chosen, given what is typed."""
        if isinstance(self.form, SettingsForm):
            self.form.offer()
        if isinstance(self.form, ItemForm):
            _offer_item(self.form, self.look, self.scales_and_ready)

    def phones(self) -> list[Phone]:
        """What members would see of the part as it is typed; nothing for parts that are not seen by themselves."""
        if self.kind == "items":
            return phones_for([({}, [self.form.written()])], self.scales_and_ready)
        if self.kind == "sections":
            items = self.look.items_in(int(self.place[1])) if self.present is not None else []
            return phones_for([(self.form.written(), items)], self.look.scales)
        if self.kind == "scales":
            sample = {"code": "sample", "text": {"zh_Hans": "……"}, "scale": "sample"}
            return phones_for([({}, [sample])], {"sample": self.form.written()})
        return []

    @property
    def scales_and_ready(self) -> Mapping[str, Part]:
        ready = {
            READY + name: one.scale.model_dump(mode="json", exclude_defaults=True) for name, one in LIBRARY.items()
        }
        return {**self.look.scales, **ready}

    @cached_property
    def earlier(self) -> dict[str, Asked]:
        """Questions a rule of this item can look at: those asked before it."""
        asked: dict[str, Asked] = {}
        numbers = self.look.numbers()
        for section, position, part in self.look.placed_items():
            if (section, position) >= (self.place[1], self.place[3]):
                break
            if (section, position) in numbers and part.get("code"):
                words = f"{numbers[section, position]} {words_of(part, 'text')[:30]}"
                asked[as_typed(part["code"])] = Asked(words, tuple(_answers(self.scales_and_ready, part)))
        return asked

    def answers_of(self, item: str) -> tuple[tuple[str, str], ...]:
        """Answers a rule can compare with, by code."""
        return self.earlier[item].answers if item in self.earlier else ()

    def offers(self, item: str, answer: str) -> bool:
        return answer in {code for code, _words in self.answers_of(item)}

    @property
    def all_answers(self) -> dict[str, tuple[tuple[str, str], ...]]:
        """For the script, which offers the answers of a question as soon as it is chosen."""
        return {code: asked.answers for code, asked in self.earlier.items()}

    @property
    def name(self) -> str:
        """What the part is called on its page."""
        part = self.present or {}
        if self.kind == "scales":
            return str(self.place[1])
        return words_of(part, "text" if self.kind == "items" else "title")

    @property
    def vocabulary(self) -> dict[str, Any]:
        """Words and columns of the rows in the form."""
        code, languages = ("code", _("Code"), "code"), (("zh", "中文", "text"), ("en", "English", "text"))
        return {
            "options": (
                code,
                *languages,
                ("exclusive", _("Chosen alone"), "tick"),
                ("other", _("With a line to write on"), "tick"),
            ),
            "levels": (code, *languages, ("satisfied", _("Satisfied"), "tick")),
            "ways": UNSCORED,
            "operators": OPERATORS,
            "joints": JOINTS,
        }


def desk_at(draft: QuestionnaireDraft, place: Place) -> Desk | None:
    """A part with its form as posted, or as the draft has it; None where no such part is or could be added."""
    look = look_at(draft.source)
    found = _part_at(look, place)
    if found is None:
        return None
    kind, part = found
    typed = FORMS[kind].typed_of(part or {}) | _beginning(look, place, kind, part)
    own = "" if part is None or kind == "settings" else str(place[1]) if kind == "scales" else _code_of(part)
    form = FORMS[kind](**typed, revision=str(draft.revision), was=own)
    if isinstance(form, CodedForm):
        form.taken = frozenset(code for code in look.codes(kind) if code != own)
    desk = Desk(draft, look, place, kind, part, form, own)
    desk.offer()
    return desk


def _part_at(look: Look, place: Place) -> tuple[str, Part | None] | None:
    """The kind of a place and the part there; None for the place right behind the last."""
    match place:
        case ():
            return "settings", look.data
        case ("sections", int(section)) if section <= len(look.sections):
            return "sections", _nth(look.sections, section)
        case ("sections", int(section), "items", int(item)) if section < len(look.sections):
            items = look.items_in(section)
            return ("items", _nth(items, item)) if item <= len(items) else None
        case ("dimensions", int(dimension)) if dimension <= len(look.dimensions):
            return "dimensions", _nth(look.dimensions, dimension)
        case ("scales", str(code)) if code in look.scales or not code:
            return "scales", look.scales.get(code)
    return None


def _nth(parts: list[Part], position: int) -> Part | None:
    return parts[position] if position < len(parts) else None


def _code_of(part: Part | None) -> str:
    return as_typed(part.get("code")) if part else ""


def _beginning(look: Look, place: Place, kind: str, part: Part | None) -> dict[str, Any]:
    """What a new part begins with; the code of a scale, which stands outside of it."""
    if part is not None:
        return {"code": place[1]} if kind == "scales" else {}
    if kind not in STEMS:
        return {}
    begun: dict[str, Any] = {"code": free_code(STEMS[kind], look.codes(kind))}
    if kind == "scales":
        begun["levels"] = [NEW_SCALE | {"code": str(code)} for code in range(5, 0, -1)]
    if kind == "items":
        before = look.items_in(int(place[1]))
        begun["scale"] = as_typed(before[-1].get("scale")) if before else next(iter(look.scales), "")
    return begun


def _offer_item(form: ItemForm, look: Look, scales: Mapping[str, Part]) -> None:
    form.type.offer([(kind.value, str(words)) for kind, words in TYPES.items()])
    own = part_choices((code, levels_of(scale)) for code, scale in look.scales.items())
    ready = [(READY + name, title) for name, title in library_choices()]
    form.scale.offer_groups({_("Of this questionnaire"): own, _("Ready ones, to be added"): ready})
    form.dimension.offer(part_choices((_code_of(part), words_of(part, "title")) for part in look.dimensions))
    form.role.offer([("", _("nothing else")), *((role.value, str(words)) for role, words in ROLES.items())])
    chosen = scales.get(form.scale.data or "", {})
    form.attention.offer([("", _("no check")), *_levels(chosen)])


def _answers(scales: Mapping[str, Part], part: Part) -> list[tuple[str, str]]:
    """What can be answered to a question, by code; nothing for numbers and words."""
    kind = as_typed(part.get("type", ItemType.SCALE.value))
    built_in = {one.value: scale.model_dump(mode="json") for one, scale in BUILT_IN.items()}
    if kind == ItemType.SCALE.value or kind in built_in:
        scale = built_in.get(kind) or scales.get(as_typed(part.get("scale")), {})
        ways = mappings_in(scale.get("unscored"))
        return [*_levels(scale), *((as_typed(way.get("kind")), words_of(way, "label")) for way in ways)]
    return [(_code_of(option), words_of(option, "label")) for option in mappings_in(part.get("options"))]


def _levels(scale: Part) -> list[tuple[str, str]]:
    return [(_code_of(level), words_of(level, "label")) for level in mappings_in(scale.get("levels"))]


FORMS: Mapping[str, type[PartForm]] = {
    "settings": SettingsForm,
    "sections": SectionForm,
    "items": ItemForm,
    "scales": ScaleForm,
    "dimensions": DimensionForm,
}
TEMPLATES = {
    "settings": "settings",
    "sections": "section",
    "items": "item",
    "scales": "scale",
    "dimensions": "dimension",
}
STEMS = {"sections": "section", "items": "q", "scales": "scale", "dimensions": "dimension"}
